//! `GET /api/v1/pivots`: announcements with their figures, and what adds up of them.

use axum::{
    extract::State,
    http::{HeaderMap, Uri},
    response::Response,
};
use hashwatch_registry::{Announcement, AnnouncementKind, Dossier, Figure, Registry, Stage};
use jiff::civil::Date;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use super::{
    Wanted,
    companies::{PivotCompanyFields, companies},
    entry::{AmountFields, ContractFields, PivotFields, PivotKindWord, StageWord, contract_fields, pivot_fields},
};
use crate::{
    error::WebError,
    mainnet::{Mainnet, MainnetParams, Told, told},
    openapi::{FormatParam, Refusals},
    params::Params,
    state::WebState,
    table::Table,
};

/// Announcements, and what adds up.
#[derive(Serialize, ToSchema)]
pub(crate) struct PivotsFields {
    /// Of all that was announced by the day, whatever else is asked for.
    totals: TotalsFields,
    /// What the totals are of, each matter once, by the slug of its first announcement.
    contracts: Vec<ContractFields>,
    /// That with most under contract first.
    companies: Vec<PivotCompanyFields>,
    /// Those that are asked for, the newest first.
    pivots: Vec<PivotFields>,
}

/// What adds up, nothing twice; between bounds where sources contradict each other.
#[derive(Serialize, ToSchema)]
pub(crate) struct TotalsFields {
    pub(crate) announcements: usize,
    pub(crate) companies: usize,
    /// Contracts that are signed and stand.
    pub(crate) signed_contracts: usize,
    /// Of these, those of which no source tells megawatts of critical IT load: they are missing in the sum.
    pub(crate) signed_without_critical_it_mw: usize,
    /// Signed, delivered or not.
    pub(crate) critical_it_mw: AmountFields,
    /// Of it, what is delivered.
    pub(crate) live_critical_it_mw: AmountFields,
    /// Proposed or planned, and not signed.
    pub(crate) unsigned_critical_it_mw: AmountFields,
    /// Revenue that signed contracts promise over their base terms. Not what is still to come of them.
    pub(crate) contract_usd: AmountFields,
}

/// All totals as of a day.
pub(crate) fn totals(dossier: &Dossier, day: Date) -> TotalsFields {
    let known = || dossier.announcements().iter().filter(|it| it.on.first() <= day);
    let mut companies: Vec<&str> = known().map(|it| it.miner.as_str()).collect();
    companies.sort_unstable();
    companies.dedup();
    let contracts = dossier.contracts_on(day);
    let signed = || contracts.iter().filter(|it| it.signed);
    let capacity = dossier.critical_it_mw_on(day);
    TotalsFields {
        announcements: known().count(),
        companies: companies.len(),
        signed_contracts: signed().count(),
        signed_without_critical_it_mw: signed().filter(|it| it.critical_it_mw.is_none()).count(),
        critical_it_mw: capacity.announced.into(),
        live_critical_it_mw: capacity.live.into(),
        unsigned_critical_it_mw: capacity.unsigned.into(),
        contract_usd: dossier.contract_usd_on(day).into(),
    }
}

/// Those of `/api/v1/pivots`.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "described, not read: pivots/mod.rs reads")]
pub(crate) struct PivotsParams {
    /// The slug or a ticker of a listed miner.
    miner: Option<String>,
    #[param(inline)]
    kind: Option<PivotKindWord>,
    /// How far it has come by the day of the answer.
    #[param(inline)]
    status: Option<StageWord>,
    /// Announced on this day or later. A month, a quarter or a year that is named counts from its first day.
    #[param(pattern = "^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")]
    from: Option<String>,
    /// Announced on this day or before.
    #[param(pattern = "^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")]
    to: Option<String>,
}

/// What listed miners announced about AI and HPC, their sites and their coins.
///
/// Each with every figure, what it means and where it can be read, and how far it has come by the day; and what adds up of them
/// without counting anything twice. As CSV a row is a figure, and an announcement without one is a row without one.
#[utoipa::path(
    get,
    operation_id = "pivots",
    path = "/api/v1/pivots",
    tag = "Pivots and prices",
    params(PivotsParams, MainnetParams, FormatParam),
    responses(
        (status = 200, description = "Announcements, the newest first, and totals", content(
            (Told<PivotsFields> = "application/json"), (String = "text/csv")
        )),
        Refusals
    )
)]
pub(crate) async fn api(State(state): State<WebState>, headers: HeaderMap, uri: Uri) -> Result<Response, WebError> {
    let mut params = Params::of(&uri);
    let wanted = Wanted::between(&mut params)?;
    let asked = Mainnet::api(&state, params, &headers).await?;
    let (who, day) = (asked.who(&state), asked.day);
    let miner = wanted.whom(who)?;
    let found = wanted.of(&asked.dossier, miner, day);
    let fields = || PivotsFields {
        totals: totals(&asked.dossier, day),
        contracts: asked.dossier.contracts_on(day).iter().map(contract_fields).collect(),
        companies: companies(who, &asked.dossier, day).iter().map(PivotCompanyFields::from).collect(),
        pivots: found.iter().map(|it| pivot_fields(who, it, day)).collect(),
    };
    told(&state, &asked, "What listed miners announced", fields, || table(who, &found, day))
}

fn table(who: &Registry, found: &[&Announcement], day: Date) -> Table {
    let columns = [
        "slug",
        "miner",
        "name",
        "announced",
        "dated",
        "kind",
        "counterparty",
        "site",
        "region",
        "matter",
        "contradicts",
        "status",
        "status_since",
        "mining_wound_down",
        "figure",
        "figure_of",
        "low",
        "value",
        "high",
        "figure_note",
        "note",
        "source",
        "source_date",
        "also",
    ];
    let rows = found.iter().flat_map(|it| {
        let figures: Vec<Option<&Figure>> =
            if it.figures.is_empty() { vec![None] } else { it.figures.iter().map(Some).collect() };
        figures.into_iter().map(|figure| row(who, it, figure, day)).collect::<Vec<_>>()
    });
    Table::new("pivots", &columns, rows.collect())
}

fn row(who: &Registry, it: &Announcement, figure: Option<&Figure>, day: Date) -> Vec<Value> {
    let status = it.status_on(day);
    vec![
        json!(it.slug),
        json!(it.miner),
        json!(super::called(who, &it.miner, day).0),
        json!(it.on.to_string()),
        json!(it.dated.name()),
        json!(AnnouncementKind::name(it.kind)),
        json!(it.counterparty),
        json!(it.site),
        json!(it.region),
        json!(it.matter()),
        json!(it.contradicts.join(" ")),
        json!(status.map(|status| Stage::name(status.is))),
        json!(status.map(|status| status.on.to_string())),
        json!(it.mining.as_ref().map(|mining| mining.wound_down.name())),
        json!(figure.map(|figure| figure.what.name())),
        json!(figure.map(|figure| figure.of.name())),
        json!(figure.map(|figure| figure.amount.low)),
        json!(figure.map(|figure| figure.amount.value)),
        json!(figure.map(|figure| figure.amount.high)),
        json!(figure.and_then(|figure| figure.note.as_deref())),
        json!(it.note),
        json!(it.source.url),
        json!(it.source.date.map(|date| date.to_string())),
        json!(it.also.iter().map(|source| source.url.as_str()).collect::<Vec<_>>().join(" ")),
    ]
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn totals_are_the_dossiers() {
        let (dossier, day) = (Dossier::builtin(), date(2025, 11, 30));
        let found = totals(dossier, day);
        assert_eq!(found.critical_it_mw, dossier.critical_it_mw_on(day).announced.into());
        assert_eq!(found.contract_usd, dossier.contract_usd_on(day).into());
        assert!(found.signed_contracts > found.signed_without_critical_it_mw && found.companies > 10);
        let before = totals(dossier, date(2020, 1, 1));
        assert_eq!((before.announcements, before.signed_contracts, before.critical_it_mw.high), (0, 0, 0.0));
    }

    #[test]
    fn a_row_is_a_figure() {
        let (dossier, day) = (Dossier::builtin(), date(2026, 10, 1));
        let of = |slug| vec![dossier.announcement(slug).unwrap()];
        let rows = table(Registry::builtin(), &of("core-scientific-coreweave-2024-10"), day).rows;
        assert_eq!(rows.len(), 5);
        let totals = rows.iter().filter(|row| row[14] == "critical-it-mw" && row[15] == "total");
        assert_eq!(totals.map(|row| row[17].as_f64()).collect::<Vec<_>>(), [Some(500.0)]);
        let rows = table(Registry::builtin(), &of("core-scientific-vote-2025-10"), day).rows;
        assert_eq!((rows.len(), rows[0][14].is_null()), (1, true));
    }
}
