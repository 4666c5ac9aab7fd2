//! What one company has disclosed and reported, what it announced, and of which periods there is nothing.

use hashwatch_registry::{Announcement, Disclosure, Dossier, HashrateKind, Miner, Report, When};
use jiff::civil::Date;

use super::{
    check::{Check, checks},
    disclosures, known,
    network::{NetworkRate, Networks},
    newness, reports,
};

/// One company as of a day.
pub(super) struct History<'a> {
    pub(super) miner: &'a Miner,
    pub(super) day: Date,
    /// The oldest first.
    pub(super) said: Vec<Said<'a>>,
    /// The oldest first; of one period there may be several, from several sources.
    pub(super) reports: Vec<&'a Report>,
    /// The oldest first.
    pub(super) announcements: Vec<&'a Announcement>,
    /// Months and quarters that had ended, from that of the first report on, of which there is none.
    pub(super) months_without: Vec<When>,
    pub(super) quarters_without: Vec<When>,
    pub(super) checks: Vec<Check<'a>>,
}

/// A disclosed hashrate beside that of the network.
pub(super) struct Said<'a> {
    pub(super) it: &'a Disclosure,
    pub(super) network: Option<NetworkRate>,
}

/// A part of the network's hashrate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Part {
    pub(super) value: f64,
    /// By the bounds of the network's hashrate; what the company says is taken as it is.
    pub(super) bounds: Option<(f64, f64)>,
}

impl Said<'_> {
    pub(super) fn part(&self) -> Option<Part> {
        let network = self.network.as_ref()?;
        let of = |rate: f64| self.it.hashes_per_second / rate;
        Some(Part { value: of(network.value), bounds: network.bounds.map(|(low, high)| (of(high), of(low))) })
    }
}

impl<'a> History<'a> {
    pub(super) fn read(dossier: &'a Dossier, miner: &'a Miner, networks: &Networks<'_>, day: Date) -> History<'a> {
        let mut said: Vec<Said<'a>> = disclosures(miner, day).map(|it| Said { it, network: networks.of(it) }).collect();
        said.sort_by_key(|said| (newness(said.it.period), said.it.kind));
        let mut reported: Vec<&Report> = reports(dossier, &miner.slug, day).collect();
        reported.sort_by_key(|report| newness(report.period));
        let announced = dossier.announcements_of(&miner.slug).filter(|it| it.on.first() <= day);
        let missing = |spans: Vec<When>| without(spans, dossier, miner, day);
        History {
            miner,
            day,
            checks: checks(&reported, &said, networks),
            said,
            announcements: announced.collect(),
            months_without: missing(dossier.months_without_report(&miner.slug, day)),
            quarters_without: missing(dossier.quarters_without_report(&miner.slug, day)),
            reports: reported,
        }
    }

    /// The newest of each kind, that nearest to what hashes first.
    pub(super) fn latest_of_each(&self) -> Vec<&Said<'a>> {
        let newest = |kind: HashrateKind| {
            self.said.iter().filter(|said| said.it.kind == kind).max_by_key(|said| newness(said.it.period))
        };
        HashrateKind::ALL.into_iter().filter_map(newest).collect()
    }

    /// The newest of all; of those of one period what is nearest to what hashes.
    pub(super) fn latest(&self) -> Option<&Said<'a>> {
        self.said.iter().max_by_key(|said| (newness(said.it.period), std::cmp::Reverse(said.it.kind)))
    }

    /// The newest report that has a figure, and the figure.
    pub(super) fn latest_figure(&self, of: impl Fn(&Report) -> Option<f64>) -> Option<(&'a Report, f64)> {
        let told = self.reports.iter().filter_map(|report| Some((*report, of(report)?)));
        told.max_by_key(|(report, _)| newness(report.period))
    }
}

/// The spans of which nothing was reported as of a day. The dossier knows what was reported later, too: what it counts as the first
/// report may be such a one, and where none was known there is nothing to miss.
fn without(spans: Vec<When>, dossier: &Dossier, miner: &Miner, day: Date) -> Vec<When> {
    let first = reports(dossier, &miner.slug, day).map(|report| report.period.first()).min();
    let Some(first) = first else { return Vec::new() };
    // published after the day: until then nobody had it
    let later = dossier.reports_of(&miner.slug).filter(|it| !known(it.period, &it.source, day));
    let is_span = |period: When| spans.first().is_some_and(|span| months(*span) == months(period));
    let told = |period: When| reports(dossier, &miner.slug, day).any(|it| within(it.period, period));
    let late: Vec<When> =
        later.map(|it| it.period).filter(|period| is_span(*period) && period.last() <= day && !told(*period)).collect();
    let mut all: Vec<When> = spans.into_iter().chain(late).filter(|span| span.last() >= first).collect();
    all.sort_by_key(|span| newness(*span));
    all.dedup();
    all
}

/// How many months a period has.
fn months(period: When) -> i8 {
    period.last().month() - period.first().month()
}

fn within(inner: When, outer: When) -> bool {
    outer.first() <= inner.first() && inner.last() <= outer.last()
}

#[cfg(test)]
mod tests {
    use hashwatch_registry::Registry;
    use jiff::civil::date;

    use super::*;
    use crate::miners::disclosed::company;

    fn of(name: &str, day: Date) -> History<'static> {
        let (who, dossier) = (Registry::builtin(), Dossier::builtin());
        History::read(dossier, company(who, name, day).unwrap(), &Networks::published(dossier, day), day)
    }

    #[test]
    fn the_newest_counts_and_kinds_stay_apart() {
        let iren = of("IREN", date(2026, 11, 28));
        let kinds: Vec<HashrateKind> = iren.latest_of_each().iter().map(|said| said.it.kind).collect();
        assert_eq!(kinds, [HashrateKind::Operating, HashrateKind::Operational, HashrateKind::Installed]);
        let latest = iren.latest().unwrap();
        assert_eq!((latest.it.kind, latest.it.period.to_string()), (HashrateKind::Installed, "2026-03".to_owned()));
        // 38 EH/s of 903 to 948 as somebody put it on the 21st, who gives no other value
        let part = latest.part().unwrap();
        let (low, high) = part.bounds.unwrap();
        assert!((part.value - 38.0 / 925.5).abs() < 1e-9, "{part:?}");
        assert!((low - 38.0 / 948.0).abs() < 1e-9 && (high - 38.0 / 903.0).abs() < 1e-9, "{part:?}");
    }

    #[test]
    fn as_of_an_earlier_day_less_was_known() {
        let (now, then) = (of("RIOT", date(2026, 11, 28)), of("RIOT", date(2025, 1, 10)));
        assert!(then.said.len() < now.said.len() && then.reports.len() < now.reports.len());
        assert!(then.announcements.iter().all(|it| it.on.first() <= date(2025, 1, 10)));
        assert!(then.said.iter().all(|said| said.it.period.first() <= date(2025, 1, 10)));
        // a month whose report came on the 6th of the next is missing until then
        let month = When::parse("2024-12").unwrap();
        assert!(of("RIOT", date(2025, 1, 5)).months_without.contains(&month));
        assert!(!of("RIOT", date(2025, 1, 6)).months_without.contains(&month));
        assert_eq!(of("RIOT", date(2015, 1, 1)).months_without, []);
    }

    #[test]
    fn who_says_nothing_has_nothing_to_miss() {
        let bitzero = of("bitzero-holdings", date(2026, 11, 28));
        assert!(bitzero.said.is_empty() && bitzero.latest().is_none() && bitzero.months_without.is_empty());
        assert!(bitzero.latest_figure(|report| report.btc_held).is_none() && bitzero.checks.is_empty());
    }
}
