//! What contracts promise, each matter once: by megawatt and year, and by kilowatt hour.

use hashwatch_registry::{Announcement, Contract, Dossier, Measure, Registry, Scope};
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use super::power::per_kwh;
use crate::pivots::{
    called,
    entry::{AmountFields, ContractFields, contract_fields},
};

/// A contract, or what might become one.
#[derive(Serialize, ToSchema)]
pub(crate) struct LeaseFields {
    #[serde(flatten)]
    pub(crate) contract: ContractFields,
    pub(crate) name: String,
    /// With whom.
    #[schema(required)]
    pub(crate) counterparty: Option<String>,
    #[schema(required)]
    pub(crate) site: Option<String>,
    /// Base term; null where none is told, or parts have terms of their own.
    #[schema(required)]
    pub(crate) term_years: Option<f64>,
    /// Revenue by critical IT load and term; null where one of the three is not told, or they are not of the same parts.
    #[schema(required)]
    pub(crate) usd_per_mw_year: Option<AmountFields>,
    #[schema(required)]
    pub(crate) usd_per_kwh: Option<AmountFields>,
}

/// All that stand on a day, signed ones first, each after its size.
pub(super) fn leases(dossier: &Dossier, who: &Registry, day: Date) -> Vec<LeaseFields> {
    let mut all: Vec<LeaseFields> = dossier.contracts_on(day).iter().map(|it| lease(who, it, day)).collect();
    let size = |it: &LeaseFields| {
        let usd = it.contract.contract_usd.map_or(0.0, |usd| usd.value);
        (usd, it.contract.critical_it_mw.map_or(0.0, |mw| mw.value))
    };
    all.sort_by(|a, b| {
        let ((usd, mw), (other_usd, other_mw)) = (size(a), size(b));
        let by_size = other_usd.total_cmp(&usd).then(other_mw.total_cmp(&mw));
        b.contract.signed.cmp(&a.contract.signed).then(by_size)
    });
    all
}

fn lease(who: &Registry, it: &Contract<'_>, day: Date) -> LeaseFields {
    let contract = contract_fields(it);
    let term_years = term_years(&it.announcements);
    let rent = contract.contract_usd.zip(contract.critical_it_mw).zip(term_years);
    let rent = rent.filter(|_| are_of_the_same(&it.announcements));
    let rent = rent.map(|((usd, mw), years)| AmountFields {
        low: usd.low / mw.high / years,
        value: usd.value / mw.value / years,
        high: usd.high / mw.low / years,
    });
    LeaseFields {
        name: called(who, &contract.miner, day).0,
        counterparty: it.announcements.iter().find_map(|one| one.counterparty.clone()),
        site: it.announcements.iter().find_map(|one| one.site.clone()),
        term_years,
        usd_per_mw_year: rent,
        usd_per_kwh: rent.map(per_kwh),
        contract,
    }
}

/// The base term of all of it: the last that is told of the whole, else the one that all parts have.
fn term_years(all: &[&Announcement]) -> Option<f64> {
    let terms = || all.iter().flat_map(|it| it.figures_of(Measure::TermYears)).filter(|it| it.of != Scope::Part);
    if let Some(whole) = terms().filter(|it| it.of == Scope::Total).last() {
        return Some(whole.amount.value);
    }
    let first = terms().next()?.amount.value;
    terms().all(|it| it.amount.value.total_cmp(&first).is_eq()).then_some(first)
}

/// Whether megawatts and revenue are of the same announcements: each that tells one tells the other, or a later whole holds it.
/// Else a rent would be the revenue of a part by the megawatts of more.
fn are_of_the_same(all: &[&Announcement]) -> bool {
    let tells = |it: &Announcement, what| it.figures_of(what).any(|figure| figure.of != Scope::Part);
    let whole = |what| all.iter().rposition(|it| it.figures_of(what).any(|figure| figure.of == Scope::Total));
    let held = |one, other| {
        let last = whole(other).unwrap_or_default();
        all.iter().enumerate().all(|(at, it)| !tells(it, one) || tells(it, other) || at < last)
    };
    held(Measure::CriticalItMw, Measure::ContractUsd) && held(Measure::ContractUsd, Measure::CriticalItMw)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_rent_is_revenue_by_megawatts_and_years() {
        let all = leases(Dossier::builtin(), Registry::builtin(), date(2025, 9, 30));
        let of = |matter: &str| all.iter().find(|it| it.contract.matter == matter).unwrap();
        // 3 billion USD, 168 MW, ten years
        let cipher = of("cipher-fluidstack-2025-09");
        assert!((cipher.usd_per_mw_year.unwrap().value - 3e9 / 1_680.0).abs() < 1e-3);
        assert!((cipher.usd_per_kwh.unwrap().value - 3e9 / 1_680.0 / 8_760_000.0).abs() < 1e-12);
        // of early 2024 neither megawatts of critical IT load nor a term
        let austin = of("core-scientific-austin-2024-03");
        assert!(austin.usd_per_mw_year.is_none() && austin.term_years.is_none());
        assert!(all.iter().skip_while(|it| it.contract.signed).all(|it| !it.contract.signed));
    }

    #[test]
    fn a_rent_is_not_of_a_part_by_the_megawatts_of_more() {
        let rent = |matter: &str, day| {
            let all = leases(Dossier::builtin(), Registry::builtin(), day);
            all.into_iter().find(|it| it.contract.matter == matter).unwrap().usd_per_mw_year.map(|rent| rent.value)
        };
        // 8.7 billion USD for 500 MW; of the 590 that were told later no revenue is
        let coreweave = "core-scientific-coreweave-2024-06";
        assert!(rent(coreweave, date(2025, 1, 1)).is_some_and(|usd| (usd - 8.7e9 / 6_000.0).abs() < 1.0));
        assert_eq!(rent(coreweave, date(2026, 10, 1)), None);
        // 6.7 billion USD are of both parts
        let mariner = rent("terawulf-fluidstack-2025-08-14", date(2025, 9, 1));
        assert!(mariner.is_some_and(|usd| (usd - 6.7e9 / 3_600.0).abs() < 1.0));
    }
}
