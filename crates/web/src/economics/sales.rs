//! Coins that listed miners sold, as dated events.

use hashwatch_registry::{Amount, Announcement, AnnouncementKind, Dossier, Figure, Measure, Registry};
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    openapi::words::WhenText,
    pivots::{
        called,
        entry::{AmountFields, ScopeWord},
    },
    registry::claims::{SourceFields, source_fields},
};

/// An announcement that coins were sold, or will be.
#[derive(Serialize, ToSchema)]
pub(crate) struct SaleFields {
    /// The announcement, as /api/v1/pivots has it.
    pub(crate) slug: String,
    pub(crate) miner: String,
    pub(crate) name: String,
    #[schema(value_type = WhenText)]
    pub(crate) on: String,
    /// Coins sold; null where it is not told, here and below.
    #[schema(required)]
    pub(crate) sold_btc: Option<AmountFields>,
    /// What the number is of: another announcement may count the same coins.
    #[schema(required, value_type = Option<ScopeWord>)]
    pub(crate) of: Option<&'static str>,
    #[schema(required)]
    pub(crate) held_btc: Option<AmountFields>,
    #[schema(required)]
    pub(crate) proceeds_usd: Option<AmountFields>,
    /// Proceeds by coins sold.
    #[schema(required)]
    pub(crate) usd_per_btc: Option<f64>,
    pub(crate) contradicts: Vec<String>,
    #[schema(required)]
    pub(crate) note: Option<String>,
    #[serde(flatten)]
    pub(crate) source: SourceFields,
}

/// All that were announced by a day, the newest first.
pub(super) fn sales(dossier: &Dossier, who: &Registry, day: Date) -> Vec<SaleFields> {
    let known = dossier.announcements().iter().rev();
    let known = known.filter(|it| it.kind == AnnouncementKind::TreasurySale && it.on.first() <= day);
    known.map(|it| sale(who, it, day)).collect()
}

fn sale(who: &Registry, it: &Announcement, day: Date) -> SaleFields {
    let figure = |what: Measure| it.figures_of(what).next();
    let amount = |what: Measure| figure(what).map(|figure| AmountFields::from(figure.amount));
    let (sold, proceeds) = (figure(Measure::CoinsSoldBtc), figure(Measure::ProceedsUsd));
    let same = |sold: &Figure, proceeds: &Figure| (sold.of == proceeds.of).then_some((sold.amount, proceeds.amount));
    let price = sold.zip(proceeds).and_then(|(sold, proceeds)| same(sold, proceeds));
    let notes: Vec<&str> = it.figures.iter().filter_map(|it| it.note.as_deref()).chain(it.note.as_deref()).collect();
    SaleFields {
        slug: it.slug.clone(),
        miner: it.miner.clone(),
        name: called(who, &it.miner, day).0,
        on: it.on.to_string(),
        sold_btc: sold.map(|figure| figure.amount.into()),
        of: sold.map(|figure| figure.of.name()),
        held_btc: amount(Measure::CoinsHeldBtc),
        proceeds_usd: amount(Measure::ProceedsUsd),
        usd_per_btc: price.map(|(sold, proceeds): (Amount, Amount)| proceeds.value / sold.value),
        contradicts: it.contradicts.clone(),
        note: (!notes.is_empty()).then(|| notes.join("; ")),
        source: source_fields(&it.source),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn sales_are_events_with_a_day() {
        let all = sales(Dossier::builtin(), Registry::builtin(), date(2026, 10, 1));
        let of = |slug: &str| all.iter().find(|it| it.slug == slug).unwrap();
        assert!(all.len() >= 11 && all[0].on >= all[all.len() - 1].on);
        // 208.3 million USD for 2,385 coins
        assert!((of("core-scientific-treasury-2026-05").usd_per_btc.unwrap() - 87_337.5).abs() < 1.0);
        assert_eq!(of("mara-treasury-2026-05").of, Some("total"), "a quarter's sum holds what was told before");
        let bitdeer = of("bitdeer-treasury-2026-02");
        assert_eq!((bitdeer.sold_btc, bitdeer.held_btc.map(|it| it.value)), (None, Some(0.0)));
        assert_eq!(
            of("mara-treasury-2026-03").contradicts,
            Vec::<String>::new(),
            "part of the quarter, no other figure of it"
        );
    }
}
