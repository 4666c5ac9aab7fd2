//! The page `/hashrate`.

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, Uri},
    response::Response,
};
use hashwatch_metrics::{Estimate, Interval, wilson};

use super::{
    difficulty::{Adjustment, Now, adjustments, change_words, now, retargets},
    hashrate::{Clock, estimate, usual},
    revenue::Revenue,
};
use crate::{
    asked::Asked,
    chart_box::ChartBox,
    charts::{SPAN, is_log},
    error::WebError,
    method::Method,
    page::{Page, shown},
    params::{Params, query},
    shares::{CONFIDENCE, Range},
    state::WebState,
    window_links::{Choice, range_words, window_links},
    wording::{btc, difficulty_words, hashrate_unit, percent, significant, thousands, utc, utc_day},
};

/// Changes of difficulty listed at most.
const MOST_CHANGES: usize = 60;

#[derive(Template)]
#[template(path = "hashrate/hashrate.html")]
struct HashratePage {
    page: Page,
    answer: String,
    windows: Vec<Choice>,
    axes: Vec<Choice>,
    charts: Vec<ChartBox>,
    groups: Vec<Group>,
    changes: Vec<ChangeRow>,
    method: Method,
}

struct Group {
    title: &'static str,
    facts: Vec<Fact>,
}

struct Fact {
    label: String,
    value: String,
    interval: String,
    note: String,
}

struct ChangeRow {
    height: String,
    href: String,
    day: String,
    difficulty: String,
    change: String,
}

/// `GET /hashrate`.
pub(crate) async fn page(State(state): State<WebState>, headers: HeaderMap, uri: Uri) -> Response {
    shown(&state, &headers, "/hashrate", read(&state, &uri)).await
}

async fn read(state: &WebState, uri: &Uri) -> Result<HashratePage, WebError> {
    let mut params = Params::of(uri);
    let (window, log) = (params.window(SPAN)?, is_log(&mut params)?);
    let asked = Asked::page(state, params).await?;
    let chain = asked.view.chain().await?;
    let (range, scale) = (Range::of(&chain, window), state.origin().hash_scale);
    let places = chain.place(range.from).zip(chain.place(range.to));
    let (first, last) = places.ok_or_else(|| WebError::Draw("a window beside the chain".to_owned()))?;
    let (week, words) = (Range::of(&chain, crate::shares::USUAL), range_words(range));
    let answer = sentence(state, &asked, usual(state, &chain, week), week);
    let revenue = Revenue::of(&chain, first, last, scale);
    let now = now(&chain, state.origin().network, scale);
    let by = |clock, range| estimate(&chain, range, clock, scale);
    let said = said(state);
    let computed = "Work over time: the expected hashes of the blocks, by medians of eleven header times, which no single miner can move. \
                    Intervals at 95 % speak of the chance that finding blocks is. The next change is the median of what the pace so far \
                    leaves open. Revenue is what coinbases paid, over the hashes that their blocks were expected to take."
        .to_owned();
    let pin = format!("window={window}&{}", asked.view.pin());
    let method = Method::new(state, &asked, &format!("hashrate, difficulty and revenue over {words}"), computed);
    let mut links = vec![
        ("Hashrate (JSON)", format!("/api/v1/hashrate?{pin}")),
        ("Difficulty (JSON)", format!("/api/v1/difficulty?{pin}")),
        ("Revenue (JSON)", format!("/api/v1/revenue?{pin}")),
    ];
    links.push(("CSV of the changes", format!("/api/v1/difficulty?{pin}&format=csv")));
    let mut groups = vec![Group {
        title: "Hashrate",
        facts: [
            ("Of the last week", by(Clock::Medians, week), "by medians of header times"),
            ("Of the window", by(Clock::Medians, range), "by medians of header times"),
            ("The same by first and last header", by(Clock::Headers, range), "whose times their miners choose"),
        ]
        .into_iter()
        .map(|(label, found, note)| rate_fact(label, found, note))
        .chain(said)
        .collect(),
    }];
    groups.push(Group { title: "Difficulty", facts: difficulty_facts(state, &asked, &now) });
    groups.push(Group { title: "Revenue of the window", facts: revenue_facts(&revenue) });
    Ok(HashratePage {
        page: Page::new(state, "/hashrate", "Hashrate", &answer),
        windows: window_links("/hashrate", window, &kept(&asked, log)),
        axes: [("linear", false), ("log", true)]
            .into_iter()
            .map(|(label, log_axis)| Choice {
                label: label.to_owned(),
                href: format!("/hashrate?window={window}{}", query::further(&kept(&asked, log_axis))),
                current: log == log_axis,
            })
            .collect(),
        charts: charts(
            &words,
            &format!("window={window}{}&{}", if log { "&scale=log" } else { "" }, asked.view.pin()),
            &answer,
        ),
        groups,
        changes: adjustments(&chain, first, last, scale)
            .iter()
            .rev()
            .take(MOST_CHANGES)
            .map(|it| change_row(&asked, it))
            .collect(),
        method: method.with(links),
        answer,
    })
}

/// What other links keep of the question.
fn kept(asked: &Asked, log: bool) -> String {
    let parts = [log.then(|| "scale=log".to_owned()), (!asked.kept.is_empty()).then(|| asked.kept.clone())];
    parts.into_iter().flatten().collect::<Vec<_>>().join("&")
}

fn sentence(state: &WebState, asked: &Asked, found: Option<Estimate>, range: Range) -> String {
    let tip = thousands(u64::from(asked.view.mark().tip.height));
    let simulated = if state.origin().simulated { "simulated " } else { "" };
    match found {
        None => format!("Too few blocks to estimate the {simulated}hashrate, as of block {tip}."),
        Some(Estimate { rate, .. }) => {
            let (unit, size) = hashrate_unit(rate.value);
            format!(
                "The {simulated}hashrate over {} is estimated at {}\u{a0}{unit} ({} to {}\u{a0}{unit}), as of block {tip}.",
                range_words(range),
                significant(rate.value / size),
                significant(rate.low / size),
                significant(rate.high / size),
            )
        }
    }
}

fn charts(words: &str, query: &str, answer: &str) -> Vec<ChartBox> {
    let one = |name, title: String| ChartBox::new(name, title, answer.to_owned(), query, 0);
    vec![
        one("hashrate", format!("Hashrate over {words}")),
        one("difficulty", format!("Difficulty over {words}")),
        one("hashprice", format!("Revenue per hash over {words}")),
    ]
}

fn fact(label: &str, value: String, interval: String, note: String) -> Fact {
    Fact { label: label.to_owned(), value, interval, note }
}

fn rate_fact(label: &str, found: Option<Estimate>, note: &str) -> Fact {
    let Some(Estimate { rate, .. }) = found else {
        return fact(label, "no estimate".to_owned(), String::new(), "too few blocks".to_owned());
    };
    let (unit, size) = hashrate_unit(rate.value);
    let words = |value: f64| significant(value / size);
    let interval = format!("{} to {} {unit}", words(rate.low), words(rate.high));
    fact(label, format!("{} {unit}", words(rate.value)), interval, format!("estimate, {note}"))
}

/// What nodes say of it.
fn said(state: &WebState) -> Vec<Fact> {
    let nodes = state.status.borrow().nodes.clone();
    let said = nodes.into_iter().filter_map(|node| {
        let rate = node.network_hashes_per_second?;
        let (unit, size) = hashrate_unit(rate);
        let value = format!("{} {unit}", significant(rate / size));
        let note = "getnetworkhashps over its last 120 blocks: its word, without an interval".to_owned();
        Some(fact(&format!("Node {} says", node.name), value, String::new(), note))
    });
    said.collect()
}

fn difficulty_facts(state: &WebState, asked: &Asked, now: &Now) -> Vec<Fact> {
    let mut facts = vec![
        fact("Now", difficulty_words(now.difficulty), String::new(), format!("bits {:08x}", now.bits)),
        fact("Epoch", format!("{} of 2,016 blocks", thousands(now.blocks)), String::new(), String::new()),
    ];
    match (&now.next, retargets(state.origin().network)) {
        (Some(next), _) => {
            let (value, low, high) = change_words(next.change);
            facts.push(fact(
                "Next change",
                format!("{value} %"),
                format!("{low} to {high} %"),
                "prediction".to_owned(),
            ));
            let at = f64::from(asked.view.mark().time);
            let days = |seconds: f64| format!("{:.1}", seconds / 86_400.0);
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "`as` saturates, which is meant"
            )]
            let when = utc((at + next.seconds.value) as u32);
            let interval = format!("{} to {} days", days(next.seconds.low), days(next.seconds.high));
            facts.push(fact("Expected", format!("in {} days", days(next.seconds.value)), interval, when));
        }
        (None, false) => facts.push(fact(
            "Next change",
            "none".to_owned(),
            String::new(),
            "this network does not follow mainnet's rule".to_owned(),
        )),
        (None, true) => {
            facts.push(fact("Next change", "not known".to_owned(), String::new(), "too little is stored".to_owned()))
        }
    }
    facts
}

fn revenue_facts(revenue: &Revenue) -> Vec<Fact> {
    let sats = |sats: u64| btc(i64::try_from(sats).unwrap_or(i64::MAX));
    let fees = revenue.fee_share().map_or_else(String::new, |part| format!("{} % of it", percent(part)));
    let empty = wilson(revenue.empty, revenue.blocks, CONFIDENCE);
    let interval = |it: Interval| format!("{} % ({} to {} %)", percent(it.value), percent(it.low), percent(it.high));
    let price = revenue.hashprice().map_or_else(|| "none".to_owned(), |price| format!("{} sats", significant(price)));
    vec![
        fact(
            "Paid to miners",
            sats(revenue.reward),
            String::new(),
            format!("for {} blocks", thousands(revenue.blocks)),
        ),
        fact("Fees", btc(revenue.fees()), String::new(), fees),
        fact("Per TH/s and day", price, String::new(), String::new()),
        fact("Empty blocks", thousands(revenue.empty), empty.map_or_else(String::new, interval), String::new()),
    ]
}

fn change_row(asked: &Asked, it: &Adjustment) -> ChangeRow {
    let change = it.change.map(|change| change_words(Interval { value: change, low: change, high: change }).0);
    ChangeRow {
        height: thousands(u64::from(it.height)),
        href: asked.view.link(format!("/blocks/{}", it.height)),
        day: utc_day(it.time),
        difficulty: difficulty_words(it.difficulty),
        change: change.map_or_else(|| "the first stored".to_owned(), |change| format!("{change} %")),
    }
}
