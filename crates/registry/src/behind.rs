//! Who stands behind pools: groups that share block templates, owners, and the listed companies that mine.

use jiff::civil::Date;

use crate::{
    period::{Period, When},
    pool::{FormerName, Source, name_on},
};

/// Pools that share block templates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name in URLs and the API; never changes, and no pool has it.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// What binds its members.
    pub kind: GroupKind,
    /// The pools in it, each with its own time.
    pub members: Vec<Member>,
    /// The file that it was read from.
    pub file: String,
}

/// What binds the members of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupKind {
    /// One pool builds the templates, the others lend their names.
    Proxy,
    /// The same templates were seen; nobody says who builds them.
    Template,
}

impl GroupKind {
    /// The word in the data and the API.
    pub fn name(self) -> &'static str {
        match self {
            GroupKind::Proxy => "proxy",
            GroupKind::Template => "template",
        }
    }
}

/// A pool in a group, or behind an owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The pool's slug.
    pub pool: String,
    /// When it was so.
    pub period: Period,
    /// What is claimed, in a few words.
    pub relation: Option<String>,
    /// Where the claim is from.
    pub source: Source,
    /// Where else.
    pub also: Vec<Source>,
}

/// Who owns pools.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Its name in URLs and the API; never changes, and no pool or group has it.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// Where it sits.
    pub jurisdictions: Vec<Jurisdiction>,
    /// Its pools.
    pub pools: Vec<Member>,
    /// The file that it was read from.
    pub file: String,
}

/// A country, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jurisdiction {
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// When.
    pub period: Period,
    /// Where the claim is from.
    pub source: Source,
}

/// A listed company that mines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Miner {
    /// Its name in URLs and the API; never changes.
    pub slug: String,
    /// Its name today.
    pub name: String,
    /// Names that it had before, the oldest first.
    pub former: Vec<FormerName>,
    /// Where its shares are traded.
    pub listings: Vec<Listing>,
    /// Where it sits.
    pub jurisdictions: Vec<Jurisdiction>,
    /// With which pools it mines.
    pub pools: Vec<MinesWith>,
    /// What it has said of its hashrate, the oldest first.
    pub disclosures: Vec<Disclosure>,
    /// The file that it was read from.
    pub file: String,
}

/// A ticker at an exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// The ticker.
    pub ticker: String,
    /// The exchange.
    pub exchange: String,
    /// When.
    pub period: Period,
    /// Where the claim is from.
    pub source: Source,
}

/// That a company mines with a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MinesWith {
    /// The pool's slug.
    pub pool: String,
    /// The pool is its own, and nobody else's: each of its blocks is the company's.
    pub own: bool,
    /// When.
    pub period: Period,
    /// Where the claim is from.
    pub source: Source,
}

/// What a company has said of its hashrate.
#[derive(Clone, Debug, PartialEq)]
pub struct Disclosure {
    /// The month, quarter's last month or day it speaks of.
    pub period: When,
    /// Of what kind it is.
    pub kind: HashrateKind,
    /// Hashes per second.
    pub hashes_per_second: f64,
    /// Where the claim is from.
    pub source: Source,
}

impl Eq for Disclosure {}

/// Days for which a disclosed hashrate is carried forward after its period: a company that speaks once a year does so some
/// weeks after the year's end.
pub const CARRIED_DAYS: u32 = 400;

impl Disclosure {
    /// Days that it has been carried forward by a day; none where it does not hold then.
    fn stale_days(&self, day: Date) -> Option<u32> {
        let (first, last) = (self.period.first(), self.period.last());
        if day < last {
            return (self.kind == HashrateKind::Operating && first <= day).then_some(0);
        }
        let days = u32::try_from(day.since(last).ok()?.get_days()).ok()?;
        (days <= CARRIED_DAYS).then_some(days)
    }
}

/// What a disclosed hashrate means. They differ by a tenth and more, and are never mixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HashrateKind {
    /// What ran on average over the period.
    Operating,
    /// What ran at its end.
    Operational,
    /// What was under power at its end.
    Energized,
    /// What was set up.
    Deployed,
    /// What stood in the halls, running or not.
    Installed,
}

impl HashrateKind {
    /// Every kind, the nearest to what hashes first.
    pub const ALL: [HashrateKind; 5] = [
        HashrateKind::Operating,
        HashrateKind::Operational,
        HashrateKind::Energized,
        HashrateKind::Deployed,
        HashrateKind::Installed,
    ];

    /// The word in the data and the API.
    pub fn name(self) -> &'static str {
        match self {
            HashrateKind::Operating => "operating",
            HashrateKind::Operational => "operational",
            HashrateKind::Energized => "energized",
            HashrateKind::Deployed => "deployed",
            HashrateKind::Installed => "installed",
        }
    }
}

impl Miner {
    /// What it has said that holds on a day, and for how many days it has been carried forward: 0 up to its period's last day.
    ///
    /// An average ([`HashrateKind::Operating`]) holds within its period, the others from its last day. Any is carried
    /// forward for [`CARRIED_DAYS`] after that day; then nothing is said. Of several the one whose period ends last counts,
    /// then the one whose period begins last, then what is nearest to what hashes.
    pub fn disclosure_on(&self, day: Date) -> Option<(&Disclosure, u32)> {
        let held = self.disclosures.iter().filter_map(|said| Some((said, said.stale_days(day)?)));
        held.max_by_key(|(said, _)| (said.period.last(), said.period.first(), std::cmp::Reverse(said.kind)))
    }

    /// The same however old it is: what holds on the day, else the last whose period had ended by then, by the same order.
    pub fn last_disclosure_on(&self, day: Date) -> Option<&Disclosure> {
        let past = self.disclosures.iter().filter(|said| said.period.last() <= day);
        let last = || past.max_by_key(|said| (said.period.last(), said.period.first(), std::cmp::Reverse(said.kind)));
        self.disclosure_on(day).map(|(said, _)| said).or_else(last)
    }

    /// Its name as it was on a day: the first that it had not laid down by then.
    pub fn name_on(&self, day: Date) -> &str {
        name_on(&self.name, &self.former, day)
    }

    /// Where its shares are traded on a day.
    pub fn listings_on(&self, day: Date) -> impl Iterator<Item = &Listing> {
        self.listings.iter().filter(move |listing| listing.period.holds_on(day))
    }

    /// The pools that it is said to mine with on a day.
    pub fn pools_on(&self, day: Date) -> impl Iterator<Item = &MinesWith> {
        self.pools.iter().filter(move |with| with.period.holds_on(day))
    }
}
