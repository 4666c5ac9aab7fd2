//! What adds up as of a day: contracts with their megawatts and their value, nothing twice.
//!
//! Announcements on one matter (see [`Announcement::matter`]) are one contract. Each adds its new figures to those before it; a
//! total takes the place of all that came before; parts are left out. Of announcements that contradict each other the newest
//! counts, between bounds that hold all of them. What was called off, turned down or passed on counts no more.

use std::collections::{BTreeMap, HashSet};

use jiff::civil::Date;

use super::{
    announcement::{Announcement, AnnouncementKind, Stage},
    figure::{Amount, Measure},
};

/// A contract, or what might become one, as of a day.
#[derive(Clone, Debug, PartialEq)]
pub struct Contract<'d> {
    /// The announcements that it is made of, the oldest first; never empty.
    pub announcements: Vec<&'d Announcement>,
    /// Whether it is signed: proposals and plans are not.
    pub signed: bool,
    /// Power that reaches the tenant's machines when all is built, MW; none where no source tells it.
    pub critical_it_mw: Option<Amount>,
    /// The same, as far as it is delivered. Of what is delivered in part, and no source tells how much, from nothing to all.
    pub live_critical_it_mw: Option<Amount>,
    /// Revenue expected over the base term, USD; none where no source tells it.
    pub contract_usd: Option<Amount>,
}

/// Megawatts of critical IT load as of a day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Capacity {
    /// Signed, delivered or not.
    pub announced: Amount,
    /// Of it, what is delivered.
    pub live: Amount,
    /// Proposed or planned, and not signed.
    pub unsigned: Amount,
}

/// All contracts that stand on a day, by the slug of their first announcement.
pub(super) fn contracts(announcements: &[Announcement], day: Date) -> Vec<Contract<'_>> {
    let mut matters: BTreeMap<&str, Vec<&Announcement>> = BTreeMap::new();
    for announcement in announcements.iter().filter(|it| it.on.first() <= day) {
        matters.entry(announcement.matter()).or_default().push(announcement);
    }
    matters.into_iter().filter_map(|(first, all)| contract(first, &all, day)).collect()
}

fn contract<'d>(first: &str, all: &[&'d Announcement], day: Date) -> Option<Contract<'d>> {
    // with its first announcement all of a matter ends
    if all.iter().any(|it| it.slug == first && !it.stands_on(day)) {
        return None;
    }
    let standing = all.iter().copied().filter(|it| it.stands_on(day));
    let of =
        |wanted: fn(AnnouncementKind) -> bool| standing.clone().filter(move |it| wanted(it.kind)).collect::<Vec<_>>();
    let signed = standing.clone().any(|it| it.kind.is_contract());
    let counted = if signed {
        of(|kind| kind.is_contract() || kind == AnnouncementKind::Progress)
    } else {
        of(AnnouncementKind::is_unsigned)
    };
    if counted.is_empty() {
        return None;
    }
    Some(Contract {
        critical_it_mw: sum(&counted, Measure::CriticalItMw),
        live_critical_it_mw: live(&counted, day),
        contract_usd: sum(&counted, Measure::ContractUsd),
        announcements: counted,
        signed,
    })
}

/// What announcements on one matter, the oldest first, say of a measure all in all.
fn sum(all: &[&Announcement], what: Measure) -> Option<Amount> {
    let mut so_far: Option<Amount> = None;
    for (index, announcement) in all.iter().enumerate() {
        let Some((amount, total)) = announcement.says(what) else { continue };
        let against = against(announcement, all);
        let said = |it: &&&Announcement| against.contains(it.slug.as_str()) && it.says(what).is_some();
        // it counts where the newest of those stands that it contradicts
        if all[index + 1..].iter().any(|later| said(&later)) {
            continue;
        }
        let others = all[..index].iter().filter(said).filter_map(|it| it.says(what));
        let amount = others.fold(amount, |amount, (other, _)| amount.widened(other));
        so_far = Some(if total { amount } else { so_far.map_or(amount, |before| before + amount) });
    }
    so_far
}

/// Slugs of all that an announcement contradicts, and of what these contradict in turn.
fn against<'d>(announcement: &'d Announcement, all: &[&'d Announcement]) -> HashSet<&'d str> {
    let (mut found, mut open) = (HashSet::new(), vec![announcement]);
    while let Some(next) = open.pop() {
        for slug in next.contradicts.iter().filter(|slug| **slug != announcement.slug) {
            if found.insert(slug.as_str()) {
                open.extend(all.iter().filter(|it| it.slug == *slug));
            }
        }
    }
    found
}

/// A figure of what is delivered where there is one; else what the status of each says of its own megawatts, or of all of them
/// where it names none.
fn live(all: &[&Announcement], day: Date) -> Option<Amount> {
    let told = sum(all, Measure::LiveCriticalItMw);
    let by_status = || {
        let whole = sum(all, Measure::CriticalItMw)?;
        let live = all.iter().filter_map(|it| {
            let own = it.says(Measure::CriticalItMw).map_or(whole, |(amount, _)| amount);
            match it.status_on(day)?.is {
                Stage::Live => Some(own),
                Stage::PartlyLive => Some(Amount { high: own.high, ..Amount::ZERO }),
                _ => None,
            }
        });
        let live = live.reduce(|a, b| a + b)?;
        // what a total counts may have been counted by an earlier one too
        Some(Amount {
            low: live.low.min(whole.low),
            value: live.value.min(whole.value),
            high: live.high.min(whole.high),
        })
    };
    told.or_else(by_status)
}

/// Critical IT load of contracts, signed and not.
pub(super) fn capacity(contracts: &[Contract<'_>]) -> Capacity {
    let total = |signed: bool, of: fn(&Contract<'_>) -> Option<Amount>| {
        contracts.iter().filter(|it| it.signed == signed).filter_map(of).fold(Amount::ZERO, |a, b| a + b)
    };
    Capacity {
        announced: total(true, |it| it.critical_it_mw),
        live: total(true, |it| it.live_critical_it_mw),
        unsigned: total(false, |it| it.critical_it_mw),
    }
}

/// Value of signed contracts, USD.
pub(super) fn value_usd(contracts: &[Contract<'_>]) -> Amount {
    contracts.iter().filter(|it| it.signed).filter_map(|it| it.contract_usd).fold(Amount::ZERO, |a, b| a + b)
}
