//! What a coin costs its miner, beside its price and the hashprice of the same time.

use hashwatch_registry::{Amount, Dossier, MarketValue, Quantity, Registry, Source, When};
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use super::{PublishedValueFields, value_fields};
use crate::{
    openapi::words::WhenText,
    pivots::{called, entry::AmountFields},
    registry::claims::{SourceFields, source_fields},
};

/// A stated or published cost of a coin.
#[derive(Serialize, ToSchema)]
pub(crate) struct CoinCostFields {
    /// Whose it is; null where it is of several miners, or of all.
    #[schema(required)]
    pub(crate) miner: Option<String>,
    #[schema(required)]
    pub(crate) name: Option<String>,
    #[schema(value_type = WhenText)]
    pub(crate) period: String,
    /// USD per coin.
    pub(crate) cost_usd: AmountFields,
    /// Without what costs no cash, such as depreciation; null where what it counts is not told.
    #[schema(required)]
    pub(crate) cash: Option<bool>,
    #[schema(required)]
    pub(crate) note: Option<String>,
    /// A published price of the same time; null where there is none.
    #[schema(required)]
    pub(crate) btc_usd: Option<PublishedValueFields>,
    /// The same of hashprice.
    #[schema(required)]
    pub(crate) hashprice: Option<PublishedValueFields>,
    pub(crate) cost_source: SourceFields,
}

/// A company that has reported and has stated no cost.
#[derive(Serialize, ToSchema)]
pub(crate) struct SilentFields {
    pub(crate) miner: String,
    pub(crate) name: String,
}

/// Of several published values the most exact that has a day in common with a period, then the newest.
fn of_the_time(dossier: &Dossier, what: &[Quantity], period: When, day: Date) -> Option<PublishedValueFields> {
    let shared = |it: &&MarketValue| {
        what.contains(&it.what)
            && it.at.first() <= day
            && it.at.first() <= period.last()
            && period.first() <= it.at.last()
    };
    let length = |it: &MarketValue| it.at.last().since(it.at.first()).map_or(i32::MAX, |span| span.get_days());
    let found = dossier.values().iter().filter(shared).min_by_key(|it| (length(it), std::cmp::Reverse(it.at.first())));
    found.map(|it| value_fields(it, day))
}

/// All costs that were known by a day, the newest period first.
pub(super) fn costs(dossier: &Dossier, who: &Registry, day: Date) -> Vec<CoinCostFields> {
    let cost = |period: When, amount: Amount, note: &Option<String>, source: &Source| CoinCostFields {
        miner: None,
        name: None,
        period: period.to_string(),
        cost_usd: amount.into(),
        cash: None,
        note: note.clone(),
        btc_usd: of_the_time(dossier, &[Quantity::BtcUsd], period, day),
        hashprice: of_the_time(dossier, &[Quantity::Hashprice, Quantity::HashpriceMean], period, day),
        cost_source: source_fields(source),
    };
    let own = dossier.reports().iter().filter(|it| it.period.first() <= day).filter_map(|it| {
        let found = cost(it.period, Amount::exact(it.usd_per_btc?), &it.note, &it.source);
        let (miner, name) = (Some(it.miner.clone()), Some(called(who, &it.miner, day).0));
        Some((it.period, CoinCostFields { miner, name, ..found }))
    });
    let kinds = [Quantity::CostPerBtc, Quantity::CashCostPerBtc];
    let published = dossier.values().iter().filter(|it| kinds.contains(&it.what) && it.at.first() <= day);
    let published = published.map(|it| {
        let found = cost(it.at, it.amount, &it.note, &it.source);
        (it.at, CoinCostFields { cash: Some(it.what == Quantity::CashCostPerBtc), ..found })
    });
    let mut all: Vec<(When, CoinCostFields)> = own.chain(published).collect();
    all.sort_by(|(a, one), (b, other)| {
        (b.last(), b.first()).cmp(&(a.last(), a.first())).then(one.name.cmp(&other.name))
    });
    all.into_iter().map(|(_, found)| found).collect()
}

/// Companies with reports by a day, of which none states a cost.
pub(super) fn silent(dossier: &Dossier, who: &Registry, day: Date) -> Vec<SilentFields> {
    let reports = |slug: &str| dossier.reports_of(slug).filter(|it| it.period.first() <= day).collect::<Vec<_>>();
    let silent = |slug: &str| {
        let known = reports(slug);
        !known.is_empty() && known.iter().all(|it| it.usd_per_btc.is_none())
    };
    let found = who.miners().iter().filter(|miner| silent(&miner.slug));
    found.map(|it| SilentFields { miner: it.slug.clone(), name: it.name_on(day).to_owned() }).collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_price_is_of_the_same_time_or_unknown() {
        let all = costs(Dossier::builtin(), Registry::builtin(), date(2026, 10, 1));
        let of =
            |period: &str, usd: f64| all.iter().find(|it| it.period == period && it.cost_usd.value == usd).unwrap();
        // February 2026: 63,000 on the 24th, and hashprice of that day
        let february = of("2026-02", 84_300.0);
        assert_eq!(february.btc_usd.as_ref().map(|it| it.amount.value), Some(63_000.0));
        assert_eq!(february.hashprice.as_ref().map(|it| it.at.as_str()), Some("2026-02-24"));
        // of the second quarter of 2024 no price is published here, and no other stands in for it
        assert!(of("2024-Q2", 49_500.0).btc_usd.is_none());
        let mara = all.iter().find(|it| it.miner.as_deref() == Some("mara-holdings")).unwrap();
        assert_eq!((mara.cost_usd.value, mara.cash), (28_801.0, None));
        assert!(
            all.windows(2).all(
                |pair| When::parse(&pair[0].period).unwrap().last() >= When::parse(&pair[1].period).unwrap().last()
            )
        );
    }

    #[test]
    fn who_states_no_cost_is_named() {
        let silent = silent(Dossier::builtin(), Registry::builtin(), date(2026, 10, 1));
        let has = |slug: &str| silent.iter().any(|it| it.miner == slug);
        assert!(has("cleanspark") && !has("mara-holdings") && !has("whitefiber"));
    }
}
