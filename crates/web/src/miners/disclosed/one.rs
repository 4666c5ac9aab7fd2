//! `GET /api/v1/miners/{ticker}`: one listed company over time.

use axum::{
    extract::{Path, State, rejection::PathRejection},
    http::{HeaderMap, Uri},
    response::Response,
};
use hashwatch_registry::Report;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{
    age_days,
    answer::{BeforeAfterFields, CompanyListing, DisclosedFields, before_after, disclosed, listing},
    company,
    facts::{CompanyAnnouncement, CompanyPool, ProductionCheck, announcement_fields, check_fields, pool_fields},
    history::History,
    home,
    list::FIGURES,
    network::Networks,
    study::Study,
};
use crate::{
    error::WebError,
    mainnet::{Mainnet, MainnetParams, Told, told},
    openapi::{FormatParam, Refusals, words::WhenText},
    params::{Params, segment},
    registry::claims::{SourceFields, source_fields},
    shares::CONFIDENCE,
    state::WebState,
    table::Table,
};

/// A listed company over time.
#[derive(Serialize, ToSchema)]
pub(crate) struct CompanyFields {
    /// Of every interval: a part of one.
    confidence: f64,
    /// Its slug.
    id: String,
    name: String,
    former_names: Vec<String>,
    tickers: Vec<CompanyListing>,
    page: String,
    /// The oldest first.
    disclosures: Vec<DisclosedFields>,
    /// The oldest first; of one period there may be several, from several sources.
    reports: Vec<CompanyReport>,
    /// Days since the end of the newest period with a disclosed hashrate, and of that with a report; null where there is none.
    #[schema(required)]
    hashrate_age_days: Option<u32>,
    #[schema(required)]
    report_age_days: Option<u32>,
    /// Months that had ended, from that of the first report on, of which there is none of their own.
    #[schema(value_type = Vec<WhenText>)]
    months_without_report: Vec<String>,
    /// Quarters of which there is neither a report of their own nor one of any of their months.
    #[schema(value_type = Vec<WhenText>)]
    quarters_without_report: Vec<String>,
    production_checks: Vec<ProductionCheck>,
    /// Announcements with hashrate disclosed before and after.
    before_after: Vec<BeforeAfterFields>,
    announcements: Vec<CompanyAnnouncement>,
    pools: Vec<CompanyPool>,
}

/// What it reported of a period.
#[derive(Serialize, ToSchema)]
struct CompanyReport {
    #[schema(value_type = WhenText)]
    period: String,
    #[schema(required)]
    btc_produced: Option<f64>,
    /// At the period's end.
    #[schema(required)]
    btc_held: Option<f64>,
    #[schema(required)]
    joules_per_terahash: Option<f64>,
    /// What it is of stands in the note.
    #[schema(required)]
    power_mw: Option<f64>,
    /// What a coin mined cost; what is counted stands in the note.
    #[schema(required)]
    usd_per_btc: Option<f64>,
    #[schema(required)]
    note: Option<String>,
    #[serde(flatten)]
    source: SourceFields,
}

fn report_fields(it: &Report) -> CompanyReport {
    CompanyReport {
        period: it.period.to_string(),
        btc_produced: it.btc_produced,
        btc_held: it.btc_held,
        joules_per_terahash: it.joules_per_terahash,
        power_mw: it.power_mw,
        usd_per_btc: it.usd_per_btc,
        note: it.note.clone(),
        source: source_fields(&it.source),
    }
}

fn fields(it: &History<'_>, study: &Study<'_>, page: String) -> CompanyFields {
    let (miner, day) = (it.miner, it.day);
    let own = study.events.iter().filter(|event| event.miner.slug == miner.slug);
    CompanyFields {
        confidence: CONFIDENCE,
        id: miner.slug.clone(),
        name: miner.name_on(day).to_owned(),
        former_names: miner.former.iter().map(|former| former.name.clone()).collect(),
        tickers: miner.listings.iter().map(listing).collect(),
        page,
        disclosures: it.said.iter().map(|said| disclosed(said, day)).collect(),
        reports: it.reports.iter().map(|report| report_fields(report)).collect(),
        hashrate_age_days: it.latest().map(|said| age_days(said.it.period, day)),
        report_age_days: it.reports.last().map(|report| age_days(report.period, day)),
        months_without_report: it.months_without.iter().map(ToString::to_string).collect(),
        quarters_without_report: it.quarters_without.iter().map(ToString::to_string).collect(),
        production_checks: it.checks.iter().map(check_fields).collect(),
        before_after: own.map(before_after).collect(),
        announcements: it.announcements.iter().map(|it| announcement_fields(it, day)).collect(),
        pools: miner.pools.iter().map(pool_fields).collect(),
    }
}

/// Every figure by itself: what it is called has its unit.
fn table(it: &History<'_>) -> Table {
    let date = |source: &hashwatch_registry::Source| json!(source.date.map(|date| date.to_string()));
    let hashrates = it.said.iter().map(|said| {
        let part = said.part();
        let (low, high) = part.and_then(|part| part.bounds).unzip();
        let (all, source) = (said.network.as_ref().map(|all| all.value), &said.it.source);
        vec![
            json!(said.it.period.to_string()),
            json!("hashes_per_second"),
            json!(said.it.kind.name()),
            json!(said.it.hashes_per_second),
            json!(part.map(|part| part.value)),
            json!(low),
            json!(high),
            json!(all),
            Value::Null,
            json!(source.url),
            date(source),
        ]
    });
    let figures = it.reports.iter().flat_map(|report| {
        FIGURES.iter().filter_map(move |(name, of)| {
            let value = of(report)?;
            let mut row = vec![json!(report.period.to_string()), json!(name), Value::Null, json!(value)];
            row.extend(std::iter::repeat_n(Value::Null, 4));
            row.extend([json!(report.note), json!(report.source.url), date(&report.source)]);
            Some(row)
        })
    });
    let columns = [
        "period",
        "figure",
        "kind",
        "value",
        "share_of_network",
        "share_low",
        "share_high",
        "network_hashes_per_second",
        "note",
        "source",
        "source_date",
    ];
    Table::new(&format!("miner-{}", it.miner.slug), &columns, hashrates.chain(figures).collect())
}

/// A listed company over time.
///
/// Disclosed hashrate by kind and its share of the network, production, holdings, efficiency and power by period, the periods without
/// a report, production against expectation, and its announcements. Of mainnet, from published figures with their sources.
#[utoipa::path(
    get,
    operation_id = "miner",
    path = "/api/v1/miners/{ticker}",
    tag = "Who mines",
    params(
        ("ticker" = String, Path, description = "A ticker that the company has or had, in any case, or its slug", example = "IREN"),
        MainnetParams, FormatParam
    ),
    responses(
        (status = 200, description = "The company", content(
            (Told<CompanyFields> = "application/json"), (String = "text/csv")
        )),
        Refusals
    )
)]
pub(crate) async fn api(
    State(state): State<WebState>,
    headers: HeaderMap,
    path: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Result<Response, WebError> {
    let asked = Mainnet::api(&state, Params::of(&uri), &headers).await?;
    let (who, day) = (asked.who(&state), asked.day);
    let miner = company(who, &segment(path, "ticker")?, day)?;
    let networks = Networks::read(&state, &asked).await?;
    let history = History::read(&asked.dossier, miner, &networks, day);
    let study = Study::read(&asked.dossier, who, &networks, day);
    let title = format!("what {} disclosed of its mining", miner.name_on(day));
    let page = home(who, miner, day);
    told(&state, &asked, &title, || fields(&history, &study, page), || table(&history))
}
