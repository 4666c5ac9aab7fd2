//! `GET /api/v1/economics`: what it means in money. JSON has all of it; as CSV one table at a time.

use axum::{
    extract::State,
    http::{HeaderMap, Uri},
    response::Response,
};
use hashwatch_registry::{Quantity, Registry};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{
    PublishedValueFields,
    costs::{CoinCostFields, SilentFields, costs, silent},
    leases::{LeaseFields, leases},
    power::{HostedFields, MinedFields, hashprice, hosted, mined},
    sales::{SaleFields, sales},
    sites::{SiteFields, sites},
    value_fields,
};
use crate::{
    error::WebError,
    mainnet::{Mainnet, MainnetParams, Told, told},
    openapi::{
        FormatParam, Refusals,
        words::{texts, words},
    },
    params::Params,
    pivots::answer::{TotalsFields, totals},
    state::WebState,
    table::Table,
};

/// Tables of the answer.
pub(super) const TABLES: [&str; 6] = ["costs", "mined", "hosted", "contracts", "sales", "sites"];

texts! {
    /// A table of the answer.
    EconomicsTableWord: words(TABLES);
}

/// Costs, prices and promises, with their sources.
#[derive(Serialize, ToSchema)]
pub(crate) struct EconomicsFields {
    /// The newest published by the day; null where there is none, here and below.
    #[schema(required)]
    pub(crate) hashprice: Option<PublishedValueFields>,
    #[schema(required)]
    pub(crate) btc_usd: Option<PublishedValueFields>,
    /// The hashprice at which a site is said to earn as much when let.
    #[schema(required)]
    pub(crate) ai_crossover_hashprice: Option<PublishedValueFields>,
    /// Costs of a coin, the newest period first.
    pub(crate) costs: Vec<CoinCostFields>,
    /// Companies that report, and state no cost of a coin.
    pub(crate) without_cost: Vec<SilentFields>,
    /// By efficiency, the best first.
    pub(crate) mined: Vec<MinedFields>,
    /// Leases before clouds, the newest first.
    pub(crate) hosted: Vec<HostedFields>,
    /// Of contracts that stand on the day, nothing twice.
    pub(crate) totals: TotalsFields,
    /// Signed ones first, the largest first.
    pub(crate) contracts: Vec<LeaseFields>,
    /// Coins sold, the newest first.
    pub(crate) sales: Vec<SaleFields>,
    pub(crate) sites: Vec<SiteFields>,
}

impl EconomicsFields {
    pub(super) fn of(asked: &Mainnet, who: &Registry) -> EconomicsFields {
        let (dossier, day) = (&*asked.dossier, asked.day);
        let latest = |what| dossier.latest(what, day).map(|value| value_fields(value, day));
        EconomicsFields {
            hashprice: hashprice(dossier, day).map(|value| value_fields(value, day)),
            btc_usd: latest(Quantity::BtcUsd),
            ai_crossover_hashprice: latest(Quantity::AiCrossover),
            costs: costs(dossier, who, day),
            without_cost: silent(dossier, who, day),
            mined: mined(dossier, who, day),
            hosted: hosted(dossier, day),
            totals: totals(dossier, day),
            contracts: leases(dossier, who, day),
            sales: sales(dossier, who, day),
            sites: sites(dossier, who, day),
        }
    }
}

/// What mining costs and earns, what is promised for hosting, and what was sold.
///
/// From published values and announcements alone, each with its source and its age; the arithmetic is in
/// [the methodology](/methodology/pivots#usd-per-kwh). What no source tells is null.
#[utoipa::path(
    get,
    operation_id = "economics",
    path = "/api/v1/economics",
    tag = "Pivots and prices",
    params(
        ("table" = inline(Option<EconomicsTableWord>), Query, description = "The table that a CSV has; else costs. JSON has all"),
        MainnetParams, FormatParam
    ),
    responses(
        (status = 200, description = "Costs, prices and promises", content(
            (Told<EconomicsFields> = "application/json"), (String = "text/csv")
        )),
        Refusals
    )
)]
pub(crate) async fn api(State(state): State<WebState>, headers: HeaderMap, uri: Uri) -> Result<Response, WebError> {
    let mut params = Params::of(&uri);
    let chosen = params.word_of("table", &TABLES)?;
    if let Some(table) = chosen {
        params.asked("table", &table);
    }
    let asked = Mainnet::api(&state, params, &headers).await?;
    let found = EconomicsFields::of(&asked, asked.who(&state));
    let name = chosen.unwrap_or(TABLES[0]);
    let table = table(name, &found);
    told(&state, &asked, "What mining costs and earns, and what hosting is promised", || found, || table)
}

/// The columns of a table, each a place in its rows' JSON.
fn columns(name: &str) -> &'static [&'static str] {
    match name {
        "mined" => &[
            "joules_per_terahash",
            "miner",
            "period",
            "usd_per_kwh.low",
            "usd_per_kwh.value",
            "usd_per_kwh.high",
            "usd_per_mw_day.low",
            "usd_per_mw_day.value",
            "usd_per_mw_day.high",
            "efficiency_source.source",
        ],
        "hosted" => &[
            "what",
            "at",
            "low",
            "value",
            "high",
            "usd_per_kwh.low",
            "usd_per_kwh.value",
            "usd_per_kwh.high",
            "age_days",
            "note",
            "source",
        ],
        "contracts" => &[
            "matter",
            "miner",
            "counterparty",
            "site",
            "signed",
            "critical_it_mw.low",
            "critical_it_mw.value",
            "critical_it_mw.high",
            "live_critical_it_mw.low",
            "live_critical_it_mw.value",
            "live_critical_it_mw.high",
            "contract_usd.low",
            "contract_usd.value",
            "contract_usd.high",
            "term_years",
            "usd_per_mw_year.value",
            "usd_per_kwh.value",
        ],
        "sales" => &[
            "slug",
            "miner",
            "on",
            "sold_btc.value",
            "of",
            "held_btc.value",
            "proceeds_usd.value",
            "usd_per_btc",
            "note",
            "source",
        ],
        "sites" => &[
            "miner",
            "site",
            "region",
            "still_mining",
            "mining_until",
            "mining_note",
            "mining_announcement",
            "owner",
            "owner_kind",
            "owner_source.source",
        ],
        _ => &[
            "miner",
            "period",
            "cost_usd.low",
            "cost_usd.value",
            "cost_usd.high",
            "cash",
            "note",
            "btc_usd.value",
            "btc_usd.at",
            "hashprice.value",
            "hashprice.at",
            "cost_source.source",
        ],
    }
}

fn table(name: &str, found: &EconomicsFields) -> Table {
    let rows = match name {
        "mined" => json!(found.mined),
        "hosted" => json!(found.hosted),
        "contracts" => json!(found.contracts),
        "sales" => json!(found.sales),
        "sites" => json!(found.sites),
        _ => json!(found.costs),
    };
    let columns = columns(name);
    let cell = |row: &Value, at: &str| at.split('.').fold(row.clone(), |found, key| found[key].clone());
    let row = |row: &Value| columns.iter().map(|at| cell(row, at)).collect();
    let rows = rows.as_array().into_iter().flatten().map(row).collect();
    let names: Vec<String> = columns.iter().map(|at| at.replace('.', "_")).collect();
    Table { file: format!("economics-{name}"), columns: names, rows }
}
