//! Announcements that can be chosen, and what each takes off the network by itself.

use hashwatch_economics::Range;
use hashwatch_registry::{Announcement, AnnouncementKind, Dossier, Miner, Registry, Source, When};
use jiff::civil::Date;

use super::{
    amounts::{Efficiency, Rule, amount, power_of, why_not},
    ask::{Days, Wanted},
    leaving::{Said, stated},
};
use crate::error::WebError;

/// An announcement that can be chosen, and what it takes off the network by itself.
#[derive(Clone, Debug)]
pub(super) struct Offer {
    pub(super) slug: String,
    pub(super) miner: String,
    pub(super) name: String,
    pub(super) on: When,
    pub(super) kind: AnnouncementKind,
    pub(super) site: Option<String>,
    /// The last day that it states for its end of mining.
    pub(super) by: Option<Date>,
    /// None where the miner discloses no hashrate, and where it has left already.
    pub(super) ends: Option<(Rule, Range)>,
    pub(super) gone: bool,
    pub(super) megawatts: Option<Range>,
    pub(super) source: Source,
    pub(super) chosen: bool,
}

/// Announcements that can be chosen, by miner.
pub(super) fn choices<'a>(dossier: &'a Dossier, who: &Registry, day: Date) -> Vec<&'a Announcement> {
    let known = |it: &&Announcement| who.miners().iter().any(|miner| miner.slug == it.miner);
    let mut all: Vec<&Announcement> =
        dossier.announcements().iter().filter(|it| why_not(it, day).is_none()).filter(known).collect();
    all.sort_by(|one, other| one.miner.cmp(&other.miner));
    all
}

/// What an announcement ends by itself.
pub(super) fn offer(
    (it, all): (&Announcement, &[&Announcement]),
    miner: &Miner,
    (said, joules): (Option<&Said>, Option<&Efficiency>),
    (days, wanted): (Days, &Wanted),
) -> Offer {
    let by = stated(&[it]);
    let gone = by.is_some_and(|day| day < days.start);
    let ends = said.map(|said| amount((&[it], all), said.exahashes_per_second(), said.silent(), joules));
    Offer {
        slug: it.slug.clone(),
        miner: miner.slug.clone(),
        name: miner.name.clone(),
        on: it.on,
        kind: it.kind,
        site: it.site.clone(),
        by,
        gone,
        megawatts: ends.and_then(|(.., power)| power).or_else(|| power_of(&[it], all)),
        ends: ends.filter(|_| !gone).map(|(rule, amount, _)| (rule, amount)),
        source: it.source.clone(),
        chosen: wanted.slugs.contains(&it.slug),
    }
}

/// Whether an announcement can be chosen.
pub(super) fn check(dossier: &Dossier, slug: &str, day: Date) -> Result<(), WebError> {
    let refuse = |reason: String| Err(WebError::BadValue { name: "leave", reason });
    let shown: String = slug.chars().take(60).collect();
    match dossier.announcement(slug) {
        None => refuse(format!("there is no announcement {shown:?}")),
        Some(it) => match why_not(it, day) {
            Some(why) => refuse(format!("{shown} as of {day}: {why}")),
            None => Ok(()),
        },
    }
}
