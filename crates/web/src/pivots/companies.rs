//! Megawatts against hashes, company by company: what its contracts add up to, and what it has said of its hashrate.

use hashwatch_registry::{Amount, Dossier, HashrateKind, Miner, Registry, Source};
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use super::{called, entry::AmountFields};
use crate::{
    openapi::words::{WhenText, texts, words},
    registry::claims::{SourceFields, source_fields},
};

texts! {
    /// What a disclosed hashrate means.
    HashrateKindWord: words(HashrateKind::ALL.map(HashrateKind::name));
}

/// A company as of a day.
pub(crate) struct Company {
    pub(crate) slug: String,
    pub(crate) name: String,
    pub(crate) tickers: Vec<String>,
    pub(crate) announcements: usize,
    /// MW of critical IT load: signed, delivered of it, proposed or planned. None where no source tells any.
    pub(crate) announced: Option<Amount>,
    pub(crate) live: Option<Amount>,
    pub(crate) unsigned: Option<Amount>,
    pub(crate) hashrate: Option<Said>,
}

/// The newest hashrate that a company has told of.
pub(crate) struct Said {
    pub(crate) hashes_per_second: f64,
    pub(crate) kind: &'static str,
    pub(crate) period: String,
    /// For how many days it has been carried forward; none where that is longer than any figure is.
    pub(crate) stale_days: Option<u32>,
    pub(crate) source: Source,
}

/// Every company that had announced something by a day, that with most megawatts under contract first.
pub(crate) fn companies(who: &Registry, dossier: &Dossier, day: Date) -> Vec<Company> {
    let contracts = dossier.contracts_on(day);
    let mut slugs: Vec<&str> =
        dossier.announcements().iter().filter(|it| it.on.first() <= day).map(|it| it.miner.as_str()).collect();
    slugs.sort_unstable();
    let counted = slugs.chunk_by(|a, b| a == b).map(|same| (same[0], same.len()));
    let company = |(slug, announcements): (&str, usize)| {
        let own = || contracts.iter().filter(|it| it.announcements.iter().any(|first| first.miner == slug));
        let (name, tickers) = called(who, slug, day);
        Company {
            slug: slug.to_owned(),
            name,
            tickers,
            announcements,
            announced: own().filter(|it| it.signed).filter_map(|it| it.critical_it_mw).reduce(|a, b| a + b),
            live: own().filter(|it| it.signed).filter_map(|it| it.live_critical_it_mw).reduce(|a, b| a + b),
            unsigned: own().filter(|it| !it.signed).filter_map(|it| it.critical_it_mw).reduce(|a, b| a + b),
            hashrate: who.miner(slug).and_then(|miner| said(miner, day)),
        }
    };
    let mut all: Vec<Company> = counted.map(company).collect();
    let size = |it: &Company, of: fn(&Company) -> Option<Amount>| of(it).map_or(0.0, |amount| amount.value);
    all.sort_by(|a, b| {
        let by = |of| size(b, of).total_cmp(&size(a, of));
        by(|it| it.announced).then_with(|| by(|it| it.unsigned)).then_with(|| a.name.cmp(&b.name))
    });
    all
}

/// What holds on the day; else the last that did, called stale.
fn said(miner: &Miner, day: Date) -> Option<Said> {
    let (found, stale_days) = (miner.last_disclosure_on(day)?, miner.disclosure_on(day).map(|(_, days)| days));
    Some(Said {
        hashes_per_second: found.hashes_per_second,
        kind: found.kind.name(),
        period: found.period.to_string(),
        stale_days,
        source: found.source.clone(),
    })
}

/// A company: its megawatts against its hashes.
#[derive(Serialize, ToSchema)]
pub(crate) struct PivotCompanyFields {
    miner: String,
    name: String,
    tickers: Vec<String>,
    announcements: usize,
    /// MW of critical IT load under contract; null where no source tells any, here and below.
    #[schema(required)]
    critical_it_mw: Option<AmountFields>,
    /// Of it, what is delivered.
    #[schema(required)]
    live_critical_it_mw: Option<AmountFields>,
    /// Proposed or planned, and not signed.
    #[schema(required)]
    unsigned_critical_it_mw: Option<AmountFields>,
    /// The newest disclosed hashrate.
    #[schema(required)]
    hashrate: Option<CarriedHashrateFields>,
}

/// A disclosed hashrate, as carried to the day of the answer.
#[derive(Serialize, ToSchema)]
struct CarriedHashrateFields {
    hashes_per_second: f64,
    #[schema(value_type = HashrateKindWord)]
    kind: &'static str,
    #[schema(value_type = WhenText)]
    period: String,
    /// Days since its period ended; null above 400, from where on no figure is carried forward.
    #[schema(required)]
    stale_days: Option<u32>,
    #[serde(flatten)]
    source: SourceFields,
}

impl From<&Company> for PivotCompanyFields {
    fn from(it: &Company) -> PivotCompanyFields {
        PivotCompanyFields {
            miner: it.slug.clone(),
            name: it.name.clone(),
            tickers: it.tickers.clone(),
            announcements: it.announcements,
            critical_it_mw: it.announced.map(Into::into),
            live_critical_it_mw: it.live.map(Into::into),
            unsigned_critical_it_mw: it.unsigned.map(Into::into),
            hashrate: it.hashrate.as_ref().map(|said| CarriedHashrateFields {
                hashes_per_second: said.hashes_per_second,
                kind: said.kind,
                period: said.period.clone(),
                stale_days: said.stale_days,
                source: source_fields(&said.source),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn companies_add_up_to_the_whole() {
        let (dossier, day) = (Dossier::builtin(), date(2026, 10, 1));
        let all = companies(Registry::builtin(), dossier, day);
        let whole = dossier.critical_it_mw_on(day);
        let sum = |of: fn(&Company) -> Option<Amount>| all.iter().filter_map(of).fold(Amount::ZERO, |a, b| a + b);
        for (found, expected) in [
            (sum(|it| it.announced), whole.announced),
            (sum(|it| it.live), whole.live),
            (sum(|it| it.unsigned), whole.unsigned),
        ] {
            assert!((found.value - expected.value).abs() < 1e-6 && (found.high - expected.high).abs() < 1e-6);
        }
        assert!(all.windows(2).all(|pair| {
            let of = |it: &Company| it.announced.map_or(0.0, |amount| amount.value);
            of(&pair[0]) >= of(&pair[1])
        }));
        let known = dossier.announcements().iter().filter(|it| it.on.first() <= day).count();
        assert_eq!(all.iter().map(|it| it.announcements).sum::<usize>(), known);
    }

    /// Of April 2024 there are 3.44 EH/s operating and 5.50 operational: what is nearest to what hashes counts, as in a scenario.
    #[test]
    fn of_one_month_the_one_that_hashes_counts() {
        let all = companies(Registry::builtin(), Dossier::builtin(), date(2026, 11, 28));
        let said = all.into_iter().find(|it| it.slug == "hut-8").and_then(|it| it.hashrate).unwrap();
        assert_eq!((said.kind, said.period.as_str(), said.stale_days), ("operating", "2024-04", None));
        assert!((said.hashes_per_second - 3.44e18).abs() < 1e16, "{}", said.hashes_per_second);
    }

    #[test]
    fn an_old_figure_is_called_stale() {
        let riot = |day| {
            let all = companies(Registry::builtin(), Dossier::builtin(), day);
            all.into_iter().find(|it| it.slug == "riot-platforms").and_then(|it| it.hashrate)
        };
        assert!(riot(date(2025, 6, 1)).is_some_and(|said| said.stale_days.is_some_and(|days| days < 400)));
        assert!(riot(date(2031, 1, 1)).is_some_and(|said| said.stale_days.is_none()));
    }
}
