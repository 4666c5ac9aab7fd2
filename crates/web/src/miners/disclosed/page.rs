//! The page `/miners/{ticker}`.

use askama::Template;
use axum::{
    extract::{Path, State, rejection::PathRejection},
    http::{HeaderMap, Uri},
    response::Response,
};
use hashwatch_registry::{HashrateKind, Miner, Registry, Stage};

use super::{
    age_days, company,
    history::History,
    home,
    network::Networks,
    part::{EventRow, event_row},
    periods::{PeriodRow, rows},
    study::Study,
    tickers,
    words::{age_words, coins, exahashes, how_source, how_words, network_words, share_words, unbroken},
};
use crate::{
    chart_box::ChartBox,
    error::WebError,
    mainnet::Mainnet,
    method::Method,
    page::{Page, shown},
    params::{Params, query, segment},
    registry::row::{SourceLink, source_link},
    state::WebState,
    window_links::Choice,
    wording::{counted, from_to, percent, significant, thousands},
};

#[derive(Template)]
#[template(path = "miners/miner.html")]
struct MinerPage {
    page: Page,
    answer: String,
    tickers: String,
    former: String,
    kinds: Vec<Choice>,
    chart: Option<ChartBox>,
    silence: String,
    rows: Vec<PeriodRow>,
    checks: Vec<CheckRow>,
    events: Vec<EventRow>,
    announcements: Vec<AnnouncementRow>,
    pools: Vec<PoolRow>,
    method: Method,
}

/// Production against expectation.
struct CheckRow {
    period: String,
    produced: String,
    source: SourceLink,
    hashrate: String,
    kind: &'static str,
    hashrate_source: SourceLink,
    share: String,
    network: String,
    network_source: Option<SourceLink>,
    blocks: String,
    counted: &'static str,
    expected: String,
    interval: String,
    ratio: String,
    outside: bool,
}

struct AnnouncementRow {
    on: String,
    dated: &'static str,
    href: String,
    what: String,
    status: &'static str,
    source: SourceLink,
}

struct PoolRow {
    name: String,
    own: bool,
    when: String,
    source: SourceLink,
}

/// `GET /miners/{ticker}`.
pub(crate) async fn page(
    State(state): State<WebState>,
    headers: HeaderMap,
    path: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Response {
    shown(&state, &headers, "/miners", read(&state, path, &uri)).await
}

async fn read(state: &WebState, path: Result<Path<String>, PathRejection>, uri: &Uri) -> Result<MinerPage, WebError> {
    let mut params = Params::of(uri);
    let wanted = params.word_of("kind", &HashrateKind::ALL.map(HashrateKind::name))?;
    if let Some(kind) = wanted {
        params.asked("kind", &kind);
    }
    let asked = Mainnet::page(state, params).await?;
    let (who, day) = (asked.who(state), asked.day);
    let miner = company(who, &segment(path, "ticker")?, day)?;
    let networks = Networks::read(state, &asked).await?;
    let history = History::read(&asked.dossier, miner, &networks, day);
    let study = Study::read(&asked.dossier, who, &networks, day);
    let (answer, here) = (sentence(&history), home(who, miner, day));
    let shown = HashrateKind::ALL.into_iter().find(|kind| Some(kind.name()) == wanted).or_else(|| usual(&history));
    let own = study.events.iter().filter(|event| event.miner.slug == miner.slug);
    let name = miner.name_on(day);
    Ok(MinerPage {
        page: Page::of_mainnet(state, "/miners", name, &answer),
        kinds: choices(&history, shown, &asked, &here),
        chart: shown.filter(|_| !history.said.is_empty()).map(|kind| chart(&asked, miner, kind, &answer)),
        silence: silence(&history),
        rows: rows(&history),
        checks: history.checks.iter().map(check_row).collect(),
        events: own.map(|event| event_row(event, who, day, &asked.kept)).collect(),
        announcements: announcements(&history, &asked.kept),
        pools: pools(miner, who),
        method: method(&asked, name, &here),
        tickers: tickers(miner, day).join(", "),
        former: former(miner, &history),
        answer,
    })
}

/// The kind with most figures: the picture says most of it.
fn usual(it: &History<'_>) -> Option<HashrateKind> {
    let figures = |kind: &HashrateKind| it.said.iter().filter(|said| said.it.kind == *kind).count();
    // of several the one nearest to what hashes
    HashrateKind::ALL.into_iter().rev().max_by_key(figures)
}

fn sentence(it: &History<'_>) -> String {
    let (name, day) = (it.miner.name_on(it.day), it.day);
    let Some(said) = it.latest() else {
        return format!("No disclosed hashrate of {name} is known here as of {day}.");
    };
    let (rate, kind, period) = (exahashes(said.it.hashes_per_second), said.it.kind.name(), said.it.period);
    let age = age_words(age_days(period, day));
    let part = said.part().zip(said.network.as_ref()).map_or_else(
        || "what part of the network that was is not known".to_owned(),
        |(part, network)| {
            let between = part.bounds.map(|(low, high)| format!(" ({})", from_to(low, high, percent)));
            let between = between.unwrap_or_default();
            format!("{}\u{a0}%{between} of the network then, {}", percent(part.value), how_words(&network.how))
        },
    );
    unbroken(&format!("{name} last disclosed {rate} {kind}, for {period}, {age} as of {day}: {part}."))
}

/// Names that it had and has laid down, and tickers likewise.
fn former(miner: &Miner, it: &History<'_>) -> String {
    let names = miner.former.iter().filter(|former| former.until.last() < it.day).map(|former| former.name.clone());
    let today: Vec<&str> = miner.listings_on(it.day).map(|listing| listing.ticker.as_str()).collect();
    let mut laid_down: Vec<String> = names.collect();
    for listing in &miner.listings {
        if !today.contains(&listing.ticker.as_str()) && !laid_down.contains(&listing.ticker) {
            laid_down.push(listing.ticker.clone());
        }
    }
    laid_down.join(", ")
}

fn choices(it: &History<'_>, shown: Option<HashrateKind>, asked: &Mainnet, here: &str) -> Vec<Choice> {
    let kept = query::further(&asked.kept);
    let there = HashrateKind::ALL.into_iter().filter(|kind| it.said.iter().any(|said| said.it.kind == *kind));
    let choice = |kind: HashrateKind| Choice {
        label: kind.name().to_owned(),
        href: format!("{here}?kind={}{kept}", kind.name()),
        current: shown == Some(kind),
    };
    there.map(choice).collect()
}

fn chart(asked: &Mainnet, miner: &Miner, kind: HashrateKind, answer: &str) -> ChartBox {
    let query = format!("miner={}&kind={}&{}", miner.slug, kind.name(), asked.pins());
    let title = format!("Hashrate that {} disclosed, {}, by month", miner.name_on(asked.day), kind.name());
    let alt = format!(
        "{answer} The picture shows what it disclosed as {} month by month; months without a figure are gaps.",
        kind.name()
    );
    ChartBox::new("disclosed", title, alt, &query, 0)
}

/// What is missing, and how old the newest report is.
fn silence(it: &History<'_>) -> String {
    let Some(last) = it.reports.last() else {
        return "No report of its production, its coins, its machines or its power is known here.".to_owned();
    };
    let age = age_words(age_days(last.period, it.day));
    let first = it.reports.iter().map(|report| report.period.first()).min().unwrap_or(it.day);
    let without = |spans: usize, what: &str| match spans {
        0 => format!("no {what}"),
        spans => counted(spans, what),
    };
    format!(
        "The newest report is of {}, {age}. Since {}, {} passed without a report of their own and {} without any, as far as is known here.",
        last.period,
        first.strftime("%Y-%m"),
        without(it.months_without.len(), "month"),
        without(it.quarters_without.len(), "quarter"),
    )
}

#[allow(clippy::cast_precision_loss, reason = "no period has 2^53 blocks")]
fn check_row(it: &super::check::Check<'_>) -> CheckRow {
    let (low, high) = (it.coins(it.expected.low as f64), it.coins(it.expected.high as f64));
    CheckRow {
        period: it.report.period.to_string(),
        produced: coins(it.produced),
        source: source_link(&it.report.source),
        hashrate: exahashes(it.hashes_per_second),
        kind: it.kind.name(),
        share: share_words(it.part),
        hashrate_source: source_link(it.source),
        network: network_words(&it.network),
        network_source: how_source(&it.network.how).map(source_link),
        blocks: thousands(it.blocks.count),
        counted: if it.blocks.own { "counted here" } else { "as published" },
        expected: significant(it.coins(it.expected.mean)),
        interval: format!("{} – {}", significant(low), significant(high)),
        ratio: percent(it.ratio()),
        outside: it.is_outside(),
    }
}

fn announcements(it: &History<'_>, kept: &str) -> Vec<AnnouncementRow> {
    let query = query::first(kept);
    let row = |told: &&hashwatch_registry::Announcement| {
        let with =
            [told.counterparty.as_deref(), told.site.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(", ");
        let with = if with.is_empty() { with } else { format!(": {with}") };
        AnnouncementRow {
            on: told.on.to_string(),
            dated: told.dated.name(),
            href: format!("/pivots{query}#{}", told.slug),
            what: format!("{}{with}", told.kind.name()),
            status: told.status_on(it.day).map_or(Stage::Announced, |status| status.is).name(),
            source: source_link(&told.source),
        }
    };
    it.announcements.iter().rev().map(row).collect()
}

fn pools(miner: &Miner, who: &Registry) -> Vec<PoolRow> {
    let row = |with: &hashwatch_registry::MinesWith| {
        let (from, until) = (with.period.from, with.period.until);
        let from = from.map(|from| format!("from {from}"));
        let until = until.map(|until| format!("until {until}"));
        PoolRow {
            name: who.pool(&with.pool).map_or(with.pool.clone(), |pool| pool.name.clone()),
            own: with.own,
            when: [from, until].into_iter().flatten().collect::<Vec<_>>().join(" "),
            source: source_link(&with.source),
        }
    };
    miner.pools.iter().map(row).collect()
}

fn method(asked: &Mainnet, name: &str, here: &str) -> Method {
    let computed = "What companies disclose is shown as they say it, by kind, and kinds are never joined. A share of the network is the \
                    disclosed hashrate over the network's of that time: our own estimate where the blocks followed here are mainnet's \
                    and hold the period, else the published value that lies nearest, within 31 days. Production is expected from that \
                    share and the blocks of the period; its interval is a Poisson prediction at 95 % for a miner by itself, while \
                    pools mostly pay by expectation."
        .to_owned();
    let (api, pins) = (format!("/api/v1{here}"), asked.pins());
    asked
        .method(&format!("what {name} disclosed of its mining"), computed)
        .with([("JSON", format!("{api}?{pins}")), ("CSV", format!("{api}?{pins}&format=csv"))])
}
