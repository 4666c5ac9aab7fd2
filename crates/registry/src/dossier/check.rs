//! What entries do to each other: slugs twice, companies and announcements that are not there, contradictions that only one
//! side knows of, what happened before it was announced, values of the same time.

use std::collections::{HashMap, HashSet};

use super::{
    Entries,
    announcement::{Announcement, Stage},
    figure::Scope,
    market::MarketValue,
    read_market::{report_entry, value_entry},
};
use crate::{Registry, fields::Problems, problem::Reason, read::shortened};

/// Puts updates into the announcements that they are of, and lets values that supersede others take their places.
pub(super) fn merge(entries: &mut Entries, problems: &mut Problems) {
    for update in std::mem::take(&mut entries.updates) {
        problems.file(&update.file);
        match entries.announcements.iter_mut().find(|it| it.slug == update.announcement) {
            Some(announcement) => {
                announcement.status.extend(update.status);
                announcement.contradicts.extend(update.contradicts);
            }
            None => {
                let slug = shortened(&update.announcement);
                problems.add(&format!("update of {slug}"), Reason::UnknownAnnouncement(slug));
            }
        }
    }
    let (news, mut standing): (Vec<_>, Vec<_>) =
        std::mem::take(&mut entries.values).into_iter().partition(|value| value.supersedes);
    values(&standing, problems);
    values(&news, problems);
    for value in news {
        match standing.iter_mut().find(|old| (old.what, old.at) == (value.what, value.at)) {
            Some(old) => *old = value,
            None => {
                problems.file(&value.file);
                problems.add(&value_entry(value.what, value.at), Reason::SupersedesNothing);
            }
        }
    }
    entries.values = standing;
}

/// One value of a kind and time: else there is no latest.
fn values(values: &[MarketValue], problems: &mut Problems) {
    for (index, value) in values.iter().enumerate() {
        if let Some(first) = values[..index].iter().find(|old| (old.what, old.at) == (value.what, value.at)) {
            problems.file(&value.file);
            let reason = Reason::Duplicate { what: "this kind and time", first: first.source.url.clone() };
            problems.add(&value_entry(value.what, value.at), reason);
        }
    }
}

/// All problems between entries, of whatever files.
pub(super) fn check(entries: &Entries, registry: &Registry, problems: &mut Problems) {
    let known: HashSet<&str> = registry.miners().iter().map(|miner| miner.slug.as_str()).collect();
    slugs("announcement", entries.announcements.iter().map(|it| (&it.slug, &it.file)), problems);
    slugs("machine", entries.machines.iter().map(|it| (&it.slug, &it.file)), problems);
    slugs("published_cost", entries.costs.iter().map(|it| (&it.slug, &it.file)), problems);
    let by_slug: HashMap<&str, &Announcement> =
        entries.announcements.iter().map(|announcement| (announcement.slug.as_str(), announcement)).collect();
    for announcement in &entries.announcements {
        problems.file(&announcement.file);
        if !known.contains(announcement.miner.as_str()) {
            problems.add(&announcement.entry(), Reason::UnknownMiner(shortened(&announcement.miner)));
        }
        about(announcement, &by_slug, problems);
        contradictions(announcement, &by_slug, problems);
        story(announcement, problems);
    }
    let mut seen = HashSet::new();
    for report in &entries.reports {
        problems.file(&report.file);
        if !known.contains(report.miner.as_str()) {
            let reason = Reason::UnknownMiner(shortened(&report.miner));
            problems.add(&report_entry(&report.miner, report.period), reason);
        }
        if !seen.insert((&report.miner, report.period.first(), report.period.last(), &report.source.url)) {
            let reason = Reason::Duplicate { what: "this period", first: report.source.url.clone() };
            problems.add(&report_entry(&report.miner, report.period), reason);
        }
    }
}

fn slugs<'e>(what: &str, all: impl Iterator<Item = (&'e String, &'e String)>, problems: &mut Problems) {
    let mut seen = HashSet::new();
    // an entry without a slug has its problem already
    for (slug, file) in all.filter(|(slug, _)| !slug.is_empty()) {
        if !seen.insert(slug) {
            problems.file(file);
            problems.add(&format!("{what} {slug}"), Reason::Duplicate { what: "the slug", first: slug.clone() });
        }
    }
}

/// The first announcement on a matter is there, of the same company, about no other, and no later.
fn about(announcement: &Announcement, by_slug: &HashMap<&str, &Announcement>, problems: &mut Problems) {
    let Some(slug) = &announcement.about else { return };
    let Some(first) = by_slug.get(slug.as_str()).filter(|_| *slug != announcement.slug) else {
        return problems.add(&announcement.entry(), Reason::UnknownAnnouncement(shortened(slug)));
    };
    let against = [
        (first.about.is_some(), "is about another itself"),
        (first.miner != announcement.miner, "is of another miner"),
        (first.on.first() > announcement.on.last(), "came later"),
    ];
    for (_, why) in against.into_iter().filter(|(against, _)| *against) {
        problems.add(&announcement.entry(), Reason::About { first: slug.clone(), why });
    }
}

/// Both sides say so, and both are about the same: else one of them is counted as if it were something else.
fn contradictions(announcement: &Announcement, by_slug: &HashMap<&str, &Announcement>, problems: &mut Problems) {
    for slug in &announcement.contradicts {
        let reason = match by_slug.get(slug.as_str()).filter(|_| *slug != announcement.slug) {
            None => Reason::UnknownAnnouncement(shortened(slug)),
            Some(other) if !other.contradicts.contains(&announcement.slug) => Reason::OneSided(slug.clone()),
            Some(other) if other.matter() != announcement.matter() => Reason::OtherMatter(slug.clone()),
            Some(_) => continue,
        };
        problems.add(&announcement.entry(), reason);
    }
}

/// Nothing became of it before it was announced, nothing twice at a time; and one total of a measure.
fn story(announcement: &Announcement, problems: &mut Problems) {
    for (index, status) in announcement.status.iter().enumerate().skip(1) {
        if status.on.last() < announcement.on.first() {
            let reason = Reason::TooEarly { is: status.is.name(), on: status.on.to_string() };
            problems.add(&announcement.entry(), reason);
        }
        let twice = status.is == Stage::Announced
            || announcement.status[..index].iter().any(|other| (other.on, other.is) == (status.on, status.is));
        if twice {
            let reason = Reason::Duplicate { what: "this status", first: announcement.slug.clone() };
            problems.add(&announcement.entry(), reason);
        }
    }
    let totals = announcement.figures.iter().filter(|figure| figure.of == Scope::Total).map(|figure| figure.what);
    let mut seen = HashSet::new();
    for what in totals.filter(|what| !seen.insert(*what)) {
        problems.add(&announcement.entry(), Reason::Duplicate { what: "the total", first: what.name().to_owned() });
    }
}
