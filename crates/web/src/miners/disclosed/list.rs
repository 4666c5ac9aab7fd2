//! `GET /api/v1/miners`: what each listed company disclosed last, and hashrate before and after announcements.

use axum::{
    extract::State,
    http::{HeaderMap, Uri},
    response::Response,
};
use hashwatch_registry::{HashrateKind, Registry, Report};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{
    answer::{BeforeAfterStudy, CompanyListing, DisclosedFields, ReportedFigure, disclosed, listing, reported, study},
    history::History,
    home,
    network::Networks,
    study::Study,
};
use crate::{
    error::WebError,
    mainnet::{Mainnet, MainnetParams, Told, told},
    openapi::{FormatParam, Refusals},
    params::Params,
    shares::CONFIDENCE,
    state::WebState,
    table::Table,
};

/// A figure of reports: what it is called, and how it is read.
pub(super) type ReportFigure = (&'static str, fn(&Report) -> Option<f64>);

/// Figures of reports that are told of.
pub(super) const FIGURES: [ReportFigure; 5] = [
    ("btc_produced", |report| report.btc_produced),
    ("btc_held", |report| report.btc_held),
    ("joules_per_terahash", |report| report.joules_per_terahash),
    ("power_mw", |report| report.power_mw),
    ("usd_per_btc", |report| report.usd_per_btc),
];

/// Everything that is told of all companies.
pub(super) struct All<'a> {
    pub(super) who: &'a Registry,
    /// In the registry's order.
    pub(super) companies: Vec<History<'a>>,
    pub(super) study: Study<'a>,
}

impl<'a> All<'a> {
    pub(super) async fn read(state: &'a WebState, asked: &'a Mainnet) -> Result<All<'a>, WebError> {
        let (networks, who, day) = (Networks::read(state, asked).await?, asked.who(state), asked.day);
        let of = |miner| History::read(&asked.dossier, miner, &networks, day);
        let study = Study::read(&asked.dossier, who, &networks, day);
        Ok(All { who, companies: who.miners().iter().map(of).collect(), study })
    }
}

/// Listed companies that mine.
#[derive(Serialize, ToSchema)]
pub(crate) struct CompaniesFields {
    /// Of every interval: a part of one.
    confidence: f64,
    companies: Vec<CompanyRow>,
    study: BeforeAfterStudy,
}

/// A company, and what it disclosed last.
#[derive(Serialize, ToSchema)]
struct CompanyRow {
    /// Its slug.
    id: String,
    name: String,
    tickers: Vec<CompanyListing>,
    /// Where it is told of on the site; the last part is what `/api/v1/miners/{ticker}` takes, too.
    page: String,
    /// The newest hashrate of each kind.
    disclosed: Vec<DisclosedFields>,
    #[schema(required)]
    btc_produced: Option<ReportedFigure>,
    #[schema(required)]
    btc_held: Option<ReportedFigure>,
    #[schema(required)]
    joules_per_terahash: Option<ReportedFigure>,
    #[schema(required)]
    power_mw: Option<ReportedFigure>,
    #[schema(required)]
    usd_per_btc: Option<ReportedFigure>,
    announcements: usize,
    /// Months and quarters without a report, from that of the first report on.
    months_without_report: usize,
    quarters_without_report: usize,
}

fn row(it: &History<'_>, who: &Registry) -> CompanyRow {
    let (miner, day) = (it.miner, it.day);
    let [btc_produced, btc_held, joules_per_terahash, power_mw, usd_per_btc] =
        FIGURES.map(|(_, of)| it.latest_figure(of).map(|found| reported(found, day)));
    CompanyRow {
        id: miner.slug.clone(),
        name: miner.name_on(day).to_owned(),
        tickers: miner.listings.iter().map(listing).collect(),
        page: home(who, miner, day),
        disclosed: it.latest_of_each().into_iter().map(|said| disclosed(said, day)).collect(),
        btc_produced,
        btc_held,
        joules_per_terahash,
        power_mw,
        usd_per_btc,
        announcements: it.announcements.len(),
        months_without_report: it.months_without.len(),
        quarters_without_report: it.quarters_without.len(),
    }
}

fn table(all: &All<'_>) -> Table {
    let kinds = HashrateKind::ALL.map(HashrateKind::name);
    let of_kinds = kinds.iter().flat_map(|kind| [format!("{kind}_hashes_per_second"), format!("{kind}_period")]);
    let of_figures = FIGURES.iter().flat_map(|(name, _)| [(*name).to_owned(), format!("{name}_period")]);
    let head = ["id", "name", "tickers", "page"].map(str::to_owned);
    let tail = ["announcements", "months_without_report", "quarters_without_report"].map(str::to_owned);
    Table {
        file: "listed-miners".to_owned(),
        columns: head.into_iter().chain(of_kinds).chain(of_figures).chain(tail).collect(),
        rows: all.companies.iter().map(|it| cells(it, all.who)).collect(),
    }
}

fn cells(it: &History<'_>, who: &Registry) -> Vec<Value> {
    let (miner, day) = (it.miner, it.day);
    let tickers: Vec<&str> = miner.listings_on(day).map(|it| it.ticker.as_str()).collect();
    let mut row =
        vec![json!(miner.slug), json!(miner.name_on(day)), json!(tickers.join(" ")), json!(home(who, miner, day))];
    let latest = it.latest_of_each();
    for kind in HashrateKind::ALL {
        let said = latest.iter().find(|said| said.it.kind == kind);
        row.push(json!(said.map(|said| said.it.hashes_per_second)));
        row.push(json!(said.map(|said| said.it.period.to_string())));
    }
    for (_, of) in FIGURES {
        let found = it.latest_figure(of);
        row.push(json!(found.map(|(_, value)| value)));
        row.push(json!(found.map(|(report, _)| report.period.to_string())));
    }
    row.extend([it.announcements.len(), it.months_without.len(), it.quarters_without.len()].map(|it| json!(it)));
    row
}

/// Listed companies that mine, and what each disclosed last.
///
/// Of mainnet, from published figures with their sources, whatever chain is followed here; the share of the network by our own blocks
/// where these are mainnet's. And disclosed hashrate before and after announcements of leases, cloud contracts and the end of mining.
#[utoipa::path(
    get,
    operation_id = "miners",
    path = "/api/v1/miners",
    tag = "Who mines",
    params(MainnetParams, FormatParam),
    responses(
        (status = 200, description = "Companies by slug", content(
            (Told<CompaniesFields> = "application/json"), (String = "text/csv")
        )),
        Refusals
    )
)]
pub(crate) async fn api(State(state): State<WebState>, headers: HeaderMap, uri: Uri) -> Result<Response, WebError> {
    let asked = Mainnet::api(&state, Params::of(&uri), &headers).await?;
    let all = All::read(&state, &asked).await?;
    let fields = || CompaniesFields {
        confidence: CONFIDENCE,
        companies: all.companies.iter().map(|it| row(it, all.who)).collect(),
        study: study(&all.study),
    };
    told(&state, &asked, "what listed miners disclosed last", fields, || table(&all))
}
