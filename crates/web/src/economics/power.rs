//! What a kilowatt hour earns: mined, by the efficiency of the machines, and let for AI hosting.

use hashwatch_economics::mining::{break_even_usd_per_kwh, mining_usd_per_mw_day};
use hashwatch_registry::{Amount, Dossier, MarketValue, Quantity, Registry, Report};
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use super::{PublishedValueFields, value_fields};
use crate::{
    openapi::words::WhenText,
    pivots::{called, entry::AmountFields},
    registry::claims::{SourceFields, source_fields},
};

/// Efficiencies that are told of whoever has such machines, J/TH: from the newest to those that are hardly sold any more. They are a
/// scale and no claim.
pub(super) const SCALE: [f64; 6] = [10.0, 15.0, 20.0, 25.0, 30.0, 40.0];
/// Hours of a year as power contracts count it, and kilowatts of a megawatt.
const KWH_OF_MW_YEAR: f64 = 8_760.0 * 1_000.0;

/// What mining earns at an efficiency, before any cost, at the newest published hashprice.
#[derive(Serialize, ToSchema)]
pub(crate) struct MinedFields {
    pub(crate) joules_per_terahash: f64,
    /// Whose machines are so; null where it is a step of the scale.
    #[schema(required)]
    pub(crate) miner: Option<String>,
    #[schema(required)]
    pub(crate) name: Option<String>,
    /// What the company's report is of.
    #[schema(required, value_type = Option<WhenText>)]
    pub(crate) period: Option<String>,
    /// USD per kWh at the machines: also the price of power at which they earn just that.
    pub(crate) usd_per_kwh: AmountFields,
    pub(crate) usd_per_mw_day: AmountFields,
    /// Where the efficiency is from.
    #[schema(required)]
    pub(crate) efficiency_source: Option<SourceFields>,
}

/// What a megawatt of critical IT load earns when it is let, or as a cloud of one's own processors.
#[derive(Serialize, ToSchema)]
pub(crate) struct HostedFields {
    /// As published, USD per MW and year.
    #[serde(flatten)]
    pub(crate) value: PublishedValueFields,
    pub(crate) usd_per_kwh: AmountFields,
}

/// The newest hashprice of a day, or of a moment.
pub(super) fn hashprice(dossier: &Dossier, day: Date) -> Option<&MarketValue> {
    dossier.latest(Quantity::Hashprice, day)
}

/// A figure of each of three numbers, as the crate that computes it has it; none where one of them is refused.
fn each(amount: Amount, of: impl Fn(f64) -> hashwatch_economics::Result<f64>) -> Option<AmountFields> {
    let of = |value| of(value).ok();
    Some(AmountFields { low: of(amount.low)?, value: of(amount.value)?, high: of(amount.high)? })
}

fn mined_at(hashprice: Amount, joules: f64) -> Option<MinedFields> {
    Some(MinedFields {
        joules_per_terahash: joules,
        miner: None,
        name: None,
        period: None,
        usd_per_kwh: each(hashprice, |price| break_even_usd_per_kwh(price, joules))?,
        usd_per_mw_day: each(hashprice, |price| mining_usd_per_mw_day(price, joules))?,
        efficiency_source: None,
    })
}

/// The scale, and the newest efficiency that each company has reported by a day; nothing without a hashprice.
pub(super) fn mined(dossier: &Dossier, who: &Registry, day: Date) -> Vec<MinedFields> {
    let Some(price) = hashprice(dossier, day).map(|value| value.amount) else { return Vec::new() };
    let mut all: Vec<MinedFields> = SCALE.iter().filter_map(|joules| mined_at(price, *joules)).collect();
    let newest = |slug: &str| {
        let told = dossier.reports_of(slug).filter(|it| it.joules_per_terahash.is_some() && it.period.last() <= day);
        told.max_by_key(|it| (it.period.last(), it.period.first()))
    };
    let own = |report: &Report| {
        let found = mined_at(price, report.joules_per_terahash?)?;
        Some(MinedFields {
            miner: Some(report.miner.clone()),
            name: Some(called(who, &report.miner, day).0),
            period: Some(report.period.to_string()),
            efficiency_source: Some(source_fields(&report.source)),
            ..found
        })
    };
    all.extend(who.miners().iter().filter_map(|miner| newest(&miner.slug).and_then(own)));
    all.sort_by(|a, b| a.joules_per_terahash.total_cmp(&b.joules_per_terahash).then_with(|| a.name.cmp(&b.name)));
    all
}

/// USD per kWh of USD per MW and year.
pub(super) fn per_kwh(amount: AmountFields) -> AmountFields {
    let AmountFields { low, value, high } = amount;
    AmountFields { low: low / KWH_OF_MW_YEAR, value: value / KWH_OF_MW_YEAR, high: high / KWH_OF_MW_YEAR }
}

/// Published rents by a day, the newest first, leases before clouds.
pub(super) fn hosted(dossier: &Dossier, day: Date) -> Vec<HostedFields> {
    let of = |what: Quantity| {
        let known = dossier.values().iter().rev().filter(move |it| it.what == what && it.at.first() <= day);
        known.map(|it| HostedFields { value: value_fields(it, day), usd_per_kwh: per_kwh(it.amount.into()) })
    };
    of(Quantity::HpcLeaseUsdPerMwYear).chain(of(Quantity::GpuCloudUsdPerMwYear)).collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn near(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-4 * expected, "{found} is not {expected}");
    }

    /// 35.88 USD per PH/s and day at 20 J/TH; a mean lease of 1.73 million USD per MW and year.
    #[test]
    fn a_kilowatt_hour_mined_and_let() {
        let (dossier, day) = (Dossier::builtin(), date(2026, 6, 1));
        let all = mined(dossier, Registry::builtin(), day);
        let twenty = all.iter().find(|it| it.miner.is_none() && it.joules_per_terahash == 20.0).unwrap();
        near(twenty.usd_per_kwh.value, 0.074_75);
        near(twenty.usd_per_mw_day.value, 1_794.0);
        let let_for = hosted(dossier, day);
        near(let_for[0].usd_per_kwh.value, 0.197_49);
        assert!(let_for[0].usd_per_kwh.low < let_for[0].usd_per_kwh.value && let_for[0].value.age_days == 210);
        // companies stand among the steps of the scale, each with where its efficiency is from
        assert!(all.iter().filter(|it| it.miner.is_some()).all(|it| it.efficiency_source.is_some()));
        assert!(all.windows(2).all(|pair| pair[0].usd_per_kwh.value >= pair[1].usd_per_kwh.value));
    }

    #[test]
    fn nothing_is_known_before_it_was_published() {
        assert!(mined(Dossier::builtin(), Registry::builtin(), date(2015, 1, 1)).is_empty());
        assert!(hosted(Dossier::builtin(), date(2025, 8, 13)).is_empty());
    }
}
