//! The section `[market]` of the configuration, and what is wrong with it.

use std::path::PathBuf;

use hashwatch_model::{Moving, Quantity, ValueOrigin};
use hashwatch_outbound::{AllowList, Target};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::Deserialize;

use crate::BadUsage;

/// HTTP sources.
const MOST: usize = 20;

/// What moves, and where it is from.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct MarketSection {
    btc_usd: Option<Stated>,
    hashprice_usd_per_ph_day: Option<Stated>,
    rental_btc_per_eh_day: Option<Stated>,
    csv: Option<PathBuf>,
    http: Vec<HttpSection>,
    allow: Vec<String>,
    contact: Option<String>,
}

/// A value that the operator wrote down, and of when it is.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stated {
    value: f64,
    at: String,
}

/// Where a value can be asked for.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct HttpSection {
    what: String,
    url: String,
    pointer: String,
    unit: String,
    at_pointer: Option<String>,
}

/// The section, settled.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) stated: Vec<Moving>,
    pub(super) csv: Option<PathBuf>,
    pub(super) sources: Vec<Source>,
    pub(super) allowed: AllowList,
    pub(super) contact: Option<String>,
}

/// Whom to ask, and where in the answer the value is.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) what: Quantity,
    pub(super) target: Target,
    /// RFC 6901.
    pub(super) pointer: String,
    pub(super) at_pointer: Option<String>,
    /// From its unit to that of the quantity.
    pub(super) factor: f64,
}

/// Units by quantity, each with the factor to the quantity's own.
fn units(what: Quantity) -> &'static [(&'static str, f64)] {
    match what {
        Quantity::BtcUsd => &[("USD", 1.0)],
        Quantity::HashpriceUsdPerPhDay => &[("USD/PH/day", 1.0), ("USD/TH/day", 1e3), ("USD/EH/day", 1e-3)],
        Quantity::RentalBtcPerEhDay => &[("BTC/EH/day", 1.0), ("BTC/PH/day", 1e3), ("BTC/TH/day", 1e6)],
    }
}

impl MarketSection {
    pub(super) fn settle(&self, now: u64) -> Result<Settings, BadUsage> {
        let wrong = |what: String| BadUsage(format!("market.{what}"));
        let mut stated = Vec::new();
        let all = [&self.btc_usd, &self.hashprice_usd_per_ph_day, &self.rental_btc_per_eh_day];
        for (what, said) in Quantity::ALL.into_iter().zip(all) {
            let Some(said) = said else { continue };
            let at = time(&said.at)
                .ok_or_else(|| wrong(format!("{what}: at = {:?} is no day or time such as \"2026-11-27\"", said.at)))?;
            let value = Moving::new(what, said.value, at, now, ValueOrigin::Settings);
            stated.push(value.map_err(|error| wrong(format!("{what}: {error}")))?);
        }
        if self.http.len() > MOST {
            return Err(wrong(format!("http: there are more than {MOST}")));
        }
        let allowed = AllowList::parse(&self.allow).map_err(|error| wrong(format!("allow: {error}")))?;
        let sources = self.http.iter().map(|source| settled(source).map_err(|error| wrong(format!("http: {error}"))));
        let sources = sources.collect::<Result<_, _>>()?;
        Ok(Settings { stated, csv: self.csv.clone(), sources, allowed, contact: self.contact.clone() })
    }
}

fn settled(source: &HttpSection) -> Result<Source, String> {
    let what = Quantity::named(&source.what).ok_or_else(|| {
        let names = Quantity::ALL.map(Quantity::name).join(", ");
        format!("what = {:?} is none of {names}", source.what)
    })?;
    let unit = units(what).iter().find(|(unit, _)| *unit == source.unit);
    let (_, factor) = unit.ok_or_else(|| {
        let known: Vec<&str> = units(what).iter().map(|(unit, _)| *unit).collect();
        format!("{what}: unit = {:?} is none of {}", source.unit, known.join(", "))
    })?;
    let pointers = [Some(&source.pointer), source.at_pointer.as_ref()];
    if let Some(bad) = pointers.into_iter().flatten().find(|pointer| !pointer.is_empty() && !pointer.starts_with('/')) {
        return Err(format!("{what}: {bad:?} is no JSON pointer such as /data/price"));
    }
    let target = Target::parse(&source.url).map_err(|error| format!("{what}: {error}"))?;
    let (pointer, at_pointer) = (source.pointer.clone(), source.at_pointer.clone());
    Ok(Source { what, target, pointer, at_pointer, factor: *factor })
}

/// Unix seconds of a day (its beginning, in UTC) or a time.
pub(super) fn time(text: &str) -> Option<i64> {
    let day = || text.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok().map(|day| day.timestamp());
    // a date reads as a civil time too, but not as a timestamp, which has an offset
    text.parse::<Timestamp>().ok().or_else(day).map(Timestamp::as_second)
}
