//! Disclosed hashrate before and after announcements, over all companies: what it did beside the network, and how little that
//! says. No cause is claimed.

use hashwatch_metrics::{Middle, change, change_of_share, middle};
use hashwatch_registry::{Announcement, AnnouncementKind, Disclosure, Dossier, HashrateKind, Miner, Registry, When};
use jiff::civil::Date;

use super::{
    disclosures,
    network::{NetworkRate, Networks},
    newness,
};
use crate::shares::CONFIDENCE;

/// Kinds of announcements after which power may go from mining to something else.
pub(super) const KINDS: [AnnouncementKind; 3] =
    [AnnouncementKind::Lease, AnnouncementKind::Cloud, AnnouncementKind::WindDown];
/// Two quarters: how far before and after an announcement a disclosure may lie.
pub(super) const WINDOW_DAYS: u32 = 184;

/// An announcement with a figure of one kind on both sides.
pub(super) struct Event<'a> {
    pub(super) miner: &'a Miner,
    pub(super) announcement: &'a Announcement,
    pub(super) before: &'a Disclosure,
    pub(super) after: &'a Disclosure,
    /// Of the network at the time of the two, where that is known.
    pub(super) networks: Option<(NetworkRate, NetworkRate)>,
    /// A part of what it was.
    pub(super) change: f64,
    /// The same of the share of the network.
    pub(super) change_of_share: Option<f64>,
    /// The company's first: the one that is counted.
    pub(super) counted: bool,
    /// The company's first of which the change of the share is known.
    pub(super) share_counted: bool,
}

/// All of them, and their middle.
pub(super) struct Study<'a> {
    /// By time.
    pub(super) events: Vec<Event<'a>>,
    /// Announcements of these kinds as of the day.
    pub(super) announcements: usize,
    /// Over companies.
    pub(super) change: Option<Middle>,
    pub(super) change_of_share: Option<Middle>,
}

impl<'a> Study<'a> {
    pub(super) fn read(dossier: &'a Dossier, who: &'a Registry, networks: &Networks<'_>, day: Date) -> Study<'a> {
        let of_kind = |it: &&Announcement| KINDS.contains(&it.kind) && it.on.first() <= day;
        let all: Vec<&Announcement> = dossier.announcements().iter().filter(of_kind).collect();
        let mut events: Vec<Event<'a>> = all
            .iter()
            .filter_map(|it| {
                let miner = who.miner(&it.miner)?;
                event(miner, it, networks, day)
            })
            .collect();
        count(&mut events);
        let values: Vec<f64> = events.iter().filter(|it| it.counted).map(|it| it.change).collect();
        let shares: Vec<f64> =
            events.iter().filter(|it| it.share_counted).filter_map(|it| it.change_of_share).collect();
        Study {
            announcements: all.len(),
            change: middle(&values, CONFIDENCE),
            change_of_share: middle(&shares, CONFIDENCE),
            events,
        }
    }
}

/// One company counts once: its announcements lie so close that what follows one follows the other, too.
fn count(events: &mut [Event<'_>]) {
    let (mut seen, mut seen_share) = (Vec::new(), Vec::new());
    for event in events {
        let slug = event.miner.slug.clone();
        event.counted = !seen.contains(&slug);
        event.share_counted = event.change_of_share.is_some() && !seen_share.contains(&slug);
        if event.share_counted {
            seen_share.push(slug.clone());
        }
        seen.push(slug);
    }
}

fn event<'a>(miner: &'a Miner, it: &'a Announcement, networks: &Networks<'_>, day: Date) -> Option<Event<'a>> {
    let (before, after) = sides(&disclosures(miner, day).collect::<Vec<_>>(), it.on)?;
    let all = networks.of(before).zip(networks.of(after));
    let (from, to) = (before.hashes_per_second, after.hashes_per_second);
    Some(Event {
        miner,
        announcement: it,
        before,
        after,
        change: change(from, to)?,
        change_of_share: all.as_ref().and_then(|(first, last)| change_of_share(from, to, first.value, last.value)),
        networks: all,
        counted: false,
        share_counted: false,
    })
}

/// The last disclosure before an announcement and the last one after it, of one kind, neither further off than the window; of
/// several kinds the one nearest to what hashes. Each period lies wholly on its side, whatever day the announcement was made.
fn sides<'a>(said: &[&'a Disclosure], on: When) -> Option<(&'a Disclosure, &'a Disclosure)> {
    let within = |from: Date, to: Date| {
        to.since(from).is_ok_and(|span| (1..=i64::from(WINDOW_DAYS)).contains(&i64::from(span.get_days())))
    };
    HashrateKind::ALL.into_iter().find_map(|kind| {
        let newest = |holds: &dyn Fn(When) -> bool| {
            said.iter().filter(|it| it.kind == kind && holds(it.period)).max_by_key(|it| newness(it.period)).copied()
        };
        let before = newest(&|period| within(period.last(), on.first()))?;
        let after = newest(&|period| period.first() > on.last() && within(on.last(), period.last()))?;
        Some((before, after))
    })
}

#[cfg(test)]
mod tests {
    use hashwatch_registry::Source;
    use jiff::civil::date;

    use super::*;

    fn said(period: &str, kind: HashrateKind, exahashes: f64) -> Disclosure {
        let source = Source { url: "https://example.org".to_owned(), date: None };
        let period = When::parse(period).unwrap();
        Disclosure { period, kind, hashes_per_second: exahashes * 1e18, source }
    }

    #[test]
    fn both_sides_are_of_one_kind_and_near() {
        use HashrateKind::{Deployed, Operating};
        let all = [
            said("2025-06", Deployed, 1.0),
            said("2025-09", Deployed, 2.0),
            said("2025-10", Operating, 9.0),
            said("2025-11", Deployed, 3.0),
            said("2026-01", Deployed, 4.0),
            said("2026-04", Deployed, 5.0),
            said("2026-06", Deployed, 6.0),
        ];
        let all: Vec<&Disclosure> = all.iter().collect();
        let of = |on: &str| {
            sides(&all, When::parse(on).unwrap()).map(|(a, b)| (a.hashes_per_second / 1e18, b.hashes_per_second / 1e18))
        };
        // the month of the announcement is on neither side; June lies more than two quarters after
        assert_eq!(of("2025-11-03"), Some((2.0, 5.0)));
        assert_eq!(of("2025-11"), Some((2.0, 5.0)));
        assert_eq!(of("2026-05-20"), Some((5.0, 6.0)));
        assert_eq!(of("2026-07-01"), None, "nothing after");
        assert_eq!(of("2024-01-01"), None, "nothing near before");
        assert_eq!(of("2025"), None, "a year has no middle");
    }

    #[test]
    fn of_the_dossier_each_company_counts_once() {
        let (who, dossier, day) = (Registry::builtin(), Dossier::builtin(), date(2026, 11, 28));
        let study = Study::read(dossier, who, &Networks::published(dossier, day), day);
        let counted: Vec<&str> = study.events.iter().filter(|it| it.counted).map(|it| it.miner.slug.as_str()).collect();
        let mut once = counted.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), counted.len());
        assert_eq!(study.change.unwrap().n, counted.len());
        assert!(study.change_of_share.is_some_and(|it| it.n <= counted.len()));
        // IREN had 50 EH/s installed in June 2025 and 38 in March 2026: 24 % less
        let iren = study.events.iter().find(|it| it.miner.slug == "iren").unwrap();
        assert_eq!(
            (iren.announcement.slug.as_str(), iren.before.kind),
            ("iren-microsoft-2025-11", HashrateKind::Installed)
        );
        assert!((iren.change + 0.24).abs() < 1e-12, "{}", iren.change);
        for event in &study.events {
            assert_eq!(event.before.kind, event.after.kind);
            assert!(event.before.period.last() < event.announcement.on.first());
            assert!(event.after.period.first() > event.announcement.on.last());
        }
        let then = Study::read(dossier, who, &Networks::published(dossier, date(2024, 1, 1)), date(2024, 1, 1));
        assert!(then.events.is_empty() && then.change.is_none());
    }
}
