//! The page `/attack`.

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, Uri},
    response::Response,
};
use hashwatch_economics::{cost::NETWORK, selfish::threshold};

use super::{
    Kind, Question,
    answer::answered,
    beside::{self, PresetRow},
    cost::Found,
    form::{FormRow, rows},
    parameters,
    race::{SHOWN, USUAL_RISK},
    rows::{self, RaceRow, StepRow, SwingRow, Triple},
    today::{Today, today},
    words::{between, label, span, to_do, what},
};
use crate::{
    chart_box::ChartBox,
    error::WebError,
    inputs::{self, DAYS, Given, Inputs, refused},
    mainnet::Mainnet,
    method::Method,
    money::rounded_usd,
    page::{Page, shown},
    params::{Params, query},
    scenario::all_leave,
    state::WebState,
    window_links::Choice,
    wording::{from_to, percent, significant},
};

#[derive(Template)]
#[template(path = "attack/attack.html")]
struct AttackPage {
    page: Page,
    answer: String,
    /// The way to what happens if miners leave.
    leave: Choice,
    kinds: Vec<Choice>,
    kind: &'static str,
    what: String,
    /// The share as it was given, where the kind has one.
    share: Option<String>,
    blocks: u32,
    hidden: Vec<(String, String)>,
    /// Without what was given, and still of the same day and block.
    forget: String,
    sourced: Vec<FormRow>,
    unsourced: Vec<FormRow>,
    left_out: Vec<(String, String)>,
    missing: Vec<String>,
    figures: Vec<Triple>,
    course: Vec<String>,
    rented: Vec<String>,
    limits: Vec<String>,
    swings: Vec<SwingRow>,
    steps: Vec<StepRow>,
    curve: ChartBox,
    history: ChartBox,
    confirmations: [u64; 7],
    races: Vec<RaceRow>,
    races_of: String,
    races_source: Option<String>,
    selfish: String,
    presets: Vec<PresetRow>,
    preset: Option<String>,
    method: Method,
}

/// `GET /attack`.
pub(crate) async fn page(State(state): State<WebState>, headers: HeaderMap, uri: Uri) -> Response {
    shown(&state, &headers, "/attack", read(&state, &uri)).await
}

async fn read(state: &WebState, uri: &Uri) -> Result<AttackPage, WebError> {
    let mut params = Params::of_form(uri);
    let mut question = Question::read(&mut params)?;
    let asked = Mainnet::priced_page(state, params).await?;
    let (inputs, found) = answered(state, &mut question, &asked).await?;
    let sourced = match question.preset {
        Some(_) => inputs.clone(),
        None => inputs::of(state, &asked, &parameters(), &Given::default()).await?,
    };
    let largest = today(state, &asked).await?;
    drawn(state, &asked, &question, (&inputs, &sourced), (&found, largest.as_ref()))
}

fn drawn(
    state: &WebState,
    asked: &Mainnet,
    question: &Question,
    (inputs, known): (&Inputs, &Inputs),
    (found, today): (&Found, Option<&Today>),
) -> Result<AttackPage, WebError> {
    let told = |error| refused(&error, &parameters());
    let answer = sentence(question, inputs, found);
    let (sourced, unsourced) = rows(question, inputs, known);
    let owned = found.owned.as_ref();
    let kept = &asked.kept;
    Ok(AttackPage {
        page: Page::of_mainnet(state, "/attack", "What a majority costs", &answer),
        leave: all_leave(asked),
        kinds: kinds(question, kept),
        kind: question.kind.word(),
        what: what(question),
        share: (question.kind != Kind::Match).then(|| question.share.to_string()),
        blocks: question.blocks,
        hidden: query::fields(kept),
        forget: format!("/attack?kind={}{}", question.kind.word(), query::further(kept)),
        left_out: left_out(inputs),
        missing: inputs.missing().iter().map(|parameter| parameter.meaning.to_owned()).collect(),
        sourced,
        unsourced,
        figures: owned.map_or_else(Vec::new, rows::owned),
        course: rows::course(found, inputs),
        rented: rows::rented(found, inputs),
        limits: rows::limits(found),
        swings: owned.map_or_else(Vec::new, |owned| rows::swings(owned, inputs)),
        steps: owned.map_or_else(Vec::new, rows::steps),
        curve: chart(asked, "supply", format!("{answer} The picture shows the cost by how much hashrate is bought.")),
        history: chart(
            asked,
            "attack",
            format!("{answer} The picture shows how the cost of machines followed difficulty."),
        ),
        confirmations: SHOWN,
        races: today.map_or(Ok(Vec::new()), |today| rows::races(today, USUAL_RISK)).map_err(told)?,
        races_of: today.map_or_else(String::new, |today| today.of.clone()),
        races_source: today.and_then(|today| today.source.clone()),
        selfish: selfish(today).map_err(told)?,
        presets: beside::presets(asked.dossier.published_costs(), &asked.dossier, kept).map_err(told)?,
        preset: question.preset.clone(),
        method: method(asked, question),
        answer,
    })
}

/// Today's answer with its range, what it is for, and what it hangs on.
fn sentence(question: &Question, inputs: &Inputs, found: &Found) -> String {
    let (Some(network), Some(owned)) = (inputs.central(NETWORK), &found.owned) else {
        return format!("What a majority cost by {} cannot be said: nothing is published that tells it.", inputs.day);
    };
    let gross = owned.ranged.gross_usd;
    let parts = owned.parts.iter().take(3).zip(["machines", "sites", "power"]);
    let parts: Vec<&str> = parts.filter(|((_, range), _)| range.high > 0.0).map(|(_, word)| word).collect();
    let parts = match parts[..] {
        [] => "nothing that is known".to_owned(),
        [one] => one.to_owned(),
        [ref first @ .., last] => format!("{} and {last}", first.join(", ")),
    };
    let most = owned.ranged.sensitivity.first().and_then(|swing| inputs.get(swing.parameter));
    let most = most.map_or_else(String::new, |input| format!(" The {} matters most.", input.parameter.meaning));
    let time = match owned.years {
        years if years > 0.0 => {
            format!(" The machines are {} years of the industry\u{2019}s output.", significant(years))
        }
        _ => String::new(),
    };
    let (doing, days) = (to_do(question, network), span(inputs.central(DAYS).unwrap_or_default()));
    format!("{doing} for {days} costs {}{} in {parts}.{time}{most}", rounded_usd(gross.central), between(gross))
}

fn kinds(question: &Question, kept: &str) -> Vec<Choice> {
    let given: Vec<String> = question
        .given
        .names()
        .filter(|name| *name != inputs::RETIRED.name)
        .filter_map(|name| {
            let range = question.given.get(name)?;
            Some(format!("&{name}={}", inputs::Span(range)))
        })
        .collect();
    let kept = query::further(kept);
    let choice = |kind: Kind| Choice {
        label: label(kind).to_owned(),
        href: format!("/attack?kind={}{}{kept}", kind.word(), given.concat()),
        current: kind == question.kind && question.preset.is_none(),
    };
    Kind::ALL.into_iter().map(choice).collect()
}

/// What no source tells, and what that does to the answer.
fn left_out(inputs: &Inputs) -> Vec<(String, String)> {
    let told = |input: &inputs::Input| match input.origin {
        inputs::Origin::LeftOut(why) => Some((input.parameter.meaning.to_owned(), why.to_owned())),
        _ => None,
    };
    inputs.left_out().filter_map(told).collect()
}

fn chart(asked: &Mainnet, name: &'static str, alt: String) -> ChartBox {
    let title = match name {
        "supply" => "Machines, sites and power by hashrate from outside",
        _ => "Machines to match the network over time, at today\u{2019}s price of machines",
    };
    ChartBox::new(name, title.to_owned(), alt, &asked.pin(), 0)
}

/// From which share on selfish mining pays, and how near the largest is.
fn selfish(today: Option<&Today>) -> hashwatch_economics::Result<String> {
    let (alone, half) = (threshold(0.0)?, threshold(0.5)?);
    let from = format!(
        "Selfish mining pays from {} % of the hashrate where nobody else builds on its branch, from {} % where half of the others do",
        percent(alone),
        percent(half)
    );
    // of equal ones the first: a pool before who stands behind it
    let largest = today.and_then(|today| {
        today.largest.iter().reduce(|most, one| if one.share.value > most.share.value { one } else { most })
    });
    Ok(match largest {
        Some(one) => format!(
            "{from}; the largest, {}, has {} % ({} %).",
            one.name,
            percent(one.share.value),
            from_to(one.share.low, one.share.high, percent)
        ),
        None => format!("{from}."),
    })
}

fn method(asked: &Mainnet, question: &Question) -> Method {
    let computed = "Machines at their price, sites by the power that they draw, power over the time of the attack; each parameter with its range, \
                    all at those ends together that make the cost lowest or highest. Values are the newest of our own chain or of what is published, \
                    with their age; what no source tells is left out and listed. Probabilities are of a share that stays as it is."
        .to_owned();
    let pin = asked.pin();
    let what = format!("cost of an attack of the kind {}", label(question.kind));
    asked.method(&what, computed).with([
        ("JSON", format!("/api/v1/attack-cost?{pin}")),
        ("CSV", format!("/api/v1/attack-cost?{pin}&format=csv")),
        ("Double spends (JSON)", format!("/api/v1/double-spend?{}", asked.pins())),
        ("Double spends (CSV)", format!("/api/v1/double-spend?{}&format=csv", asked.pins())),
    ])
}
