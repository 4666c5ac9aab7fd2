//! The page `/scenario`.

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, Uri},
    response::Response,
};
use jiff::civil::Date;

use super::{
    Played,
    answer::{fields, title},
    ask::{ALL, Wanted},
    figures::{EpochRow, FigureRow, ShareRow, epoch_rows, figures, share_rows},
    play::read,
    rows::{CompanyRow, InputRow, LeaverRow, NothingRow, companies, input_rows, leavers, nothing, pays_words},
    words::{sentence, silent},
};
use crate::{
    chart_box::ChartBox,
    error::WebError,
    inputs::Given,
    mainnet::Mainnet,
    method::Method,
    page::{Page, shown},
    params::{Params, query},
    registry::row::{SourceLink, source_link},
    state::WebState,
    wording::{counted, significant, without_zeros},
};

#[derive(Template)]
#[template(path = "scenario/scenario.html")]
struct ScenarioPage {
    page: Page,
    answer: String,
    notes: Vec<String>,
    form: Form,
    charts: Vec<ChartBox>,
    figures: Vec<FigureRow>,
    leavers: Vec<LeaverRow>,
    nothing: Vec<NothingRow>,
    epochs: Vec<EpochRow>,
    shares: Vec<ShareRow>,
    shares_of: String,
    shares_source: Option<SourceLink>,
    inputs: Vec<InputRow>,
    method: Method,
}

/// What the form holds.
struct Form {
    all: bool,
    pivoted: String,
    companies: Vec<CompanyRow>,
    listed_share: f64,
    retired_share: f64,
    disclosed: String,
    by: Date,
    until: Date,
    least: Date,
    most: Date,
    numbers: Vec<Number>,
    fleet: String,
    /// Pins, as name and value.
    kept: Vec<(String, String)>,
}

/// A number that may be given.
struct Number {
    name: &'static str,
    label: &'static str,
    value: String,
    /// What it is where it is left empty.
    usual: String,
}

/// `GET /scenario`.
pub(crate) async fn page(State(state): State<WebState>, headers: HeaderMap, uri: Uri) -> Response {
    shown(&state, &headers, "/scenario", read_page(&state, &uri)).await
}

async fn read_page(state: &WebState, uri: &Uri) -> Result<ScenarioPage, WebError> {
    let mut params = Params::of_form(uri);
    let wanted = read(&mut params)?;
    let asked = Mainnet::priced_page(state, params).await?;
    let played = Played::of(state, &asked, wanted).await?;
    let (answer, who) = (sentence(&played), asked.who(state));
    let fields = fields(&played, &asked.dossier, who);
    Ok(ScenarioPage {
        page: Page::of_mainnet(state, "/scenario", "Scenario", &answer),
        notes: notes(&played, &asked),
        form: form(&played, &asked, who),
        charts: charts(&played, &asked, &answer),
        figures: figures(&played),
        leavers: leavers(&played, who, &asked.kept_unpriced),
        nothing: nothing(&played.leaving.nothing),
        epochs: epoch_rows(&played),
        shares: share_rows(&fields.shares),
        shares_of: played.counted.words.clone(),
        shares_source: played.counted.source.as_ref().map(source_link),
        inputs: input_rows(played.inputs.iter()),
        method: method(&played, &asked),
        answer,
    })
}

/// What has to be known beside the answer.
fn notes(played: &Played, asked: &Mainnet) -> Vec<String> {
    let mut all = Vec::new();
    if played.wanted.all {
        all.push(
            "The first figure takes each company's last disclosed hashrate as a whole; the lower end is what the announcements \
             themselves say ends."
                .to_owned(),
        );
    }
    all.extend(silent(played));
    if !played.begins.own {
        all.push(
            "Where in its epoch the chain stands is not published: the path begins at the start of one, and heights are reckoned at \
             ten minutes a block from block 973,413."
                .to_owned(),
        );
    }
    if !played.missing.is_empty() {
        let names: Vec<&str> = played.missing.iter().map(|it| it.meaning).collect();
        all.push(format!("No cost of an attack: nobody has published {}.", names.join(", ")));
    }
    if played.usd_per_btc.is_none() {
        all.push("No hashprice: no price of a coin is published by then.".to_owned());
    }
    all.extend(pays_words(played, &asked.dossier));
    all
}

fn form(played: &Played, asked: &Mainnet, who: &hashwatch_registry::Registry) -> Form {
    let wanted: &Wanted = &played.wanted;
    let companies = companies(played, who, &asked.kept_unpriced);
    Form {
        all: wanted.all,
        pivoted: counted(played.leaving.pivoted, "listed miner"),
        companies,
        listed_share: wanted.listed_share,
        retired_share: wanted.retired_share,
        disclosed: significant(played.leaving.disclosed),
        by: played.days.by,
        until: played.days.until,
        least: played.days.start,
        most: played.days.start.saturating_add(jiff::ToSpan::years(10)),
        numbers: numbers(played),
        fleet: wanted.fleet_words(),
        kept: query::fields(&asked.kept),
    }
}

/// Numbers that may be given, with what they are otherwise.
fn numbers(played: &Played) -> Vec<Number> {
    let given: &Given = &played.wanted.market;
    let number = |name: &'static str, label: &'static str| Number {
        name,
        label,
        value: given.get(name).map_or_else(String::new, |range| crate::inputs::Span(range).to_string()),
        usual: played.inputs.central(name).map_or_else(|| "not known".to_owned(), plain),
    };
    let joules = played.wanted.joules;
    vec![
        Number {
            name: "joules_per_terahash",
            label: "Machines that leave, J/TH",
            value: joules.map_or_else(String::new, |range| crate::inputs::Span(range).to_string()),
            usual: "as reported".to_owned(),
        },
        number("network_exahashes_per_second", "Network, EH/s"),
        number("usd_per_btc", "Price of a coin, USD"),
        number("reward_btc", "Pay of a block, BTC"),
        number("usd_per_kwh", "Power, USD per kWh"),
        number("attack_days", "Attack lasts, days"),
    ]
}

/// Without digits that say nothing.
fn plain(value: f64) -> String {
    without_zeros(&format!("{value:.4}")).to_owned()
}

fn charts(played: &Played, asked: &Mainnet, answer: &str) -> Vec<ChartBox> {
    let pin = asked.pin();
    let chart = |(show, title): (&str, &str)| {
        let title = format!("{title}, {} to {}", played.days.start, played.days.until);
        let alt = format!("{title}. {answer}");
        ChartBox::new("scenario", title, alt, &format!("show={show}&{pin}"), 0).keyed(format!("scenario-{show}"))
    };
    let all = [("difficulty", "Difficulty"), ("hashrate", "Hashrate of the network"), ("hashprice", "Hashprice")];
    let priced = played.usd_per_btc.is_some() && played.reward_btc.is_some();
    all.into_iter().filter(|(show, _)| *show != "hashprice" || priced).map(chart).collect()
}

fn method(played: &Played, asked: &Mainnet) -> Method {
    let computed = "A scenario and no forecast: whoever leaves stops on its date, nobody else grows, and the price of a coin stays what it \
                    is. Each retarget measures the blocks of its epoch; intervals at 95 % are the luck of finding blocks, of a \
                    thousand courses drawn, and the ends beside them are how much leaves. Amounts are what an announcement states, else \
                    megawatts by the efficiency of the machines, else all that the company discloses, and never more than that."
        .to_owned();
    let pin = asked.pin();
    asked.method(&title(played), computed).with([
        ("How a scenario is played", "/methodology/scenario".to_owned()),
        ("JSON", format!("/api/v1/scenario?{pin}")),
        ("CSV of the retargets", format!("/api/v1/scenario?{pin}&format=csv")),
    ])
}

/// The value that stands for all who announced a pivot.
pub(super) const fn all_value() -> &'static str {
    ALL
}
