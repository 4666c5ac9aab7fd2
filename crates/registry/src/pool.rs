//! What is claimed of a pool, and by whom. The claims are checked where they are read.

use bitcoin::ScriptBuf;
use jiff::civil::Date;

use crate::period::{Period, When};

/// The source of claims about a simulated chain, which nobody has published.
pub const SIMULATED: &str = "simulated";

/// A mining pool, or a miner that signs or is paid under a name of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pool {
    /// Its name in the store, in URLs and in the API; never changes. The one of mempool's list where it has the pool.
    pub slug: String,
    /// Its name as it writes it today.
    pub name: String,
    /// Names that it had before, the oldest first.
    pub former: Vec<FormerName>,
    /// Its first day: what its marks say before then does not count.
    pub since: Option<Since>,
    /// Its number in mempool's list.
    pub mempool_id: Option<u32>,
    /// Its page, or where it is discussed.
    pub link: Option<String>,
    /// Its colour in charts; the others are grey.
    pub color: Option<Color>,
    /// Bytes that it writes into input scripts.
    pub tags: Vec<Tag>,
    /// Where it is paid.
    pub addresses: Vec<PayoutAddress>,
    /// The file that it was read from.
    pub file: String,
}

impl Pool {
    /// Its name as it was on a day: the first that it had not laid down by then.
    pub fn name_on(&self, day: Date) -> &str {
        name_on(&self.name, &self.former, day)
    }

    /// Whether it was there on a day, as far as is known.
    pub fn existed_on(&self, day: Date) -> bool {
        self.since.as_ref().is_none_or(|since| since.day.first() <= day)
    }
}

pub(crate) fn name_on<'n>(today: &'n str, former: &'n [FormerName], day: Date) -> &'n str {
    former.iter().find(|former| day <= former.until.last()).map_or(today, |former| &former.name)
}

/// A name that something had before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormerName {
    /// The name.
    pub name: String,
    /// When it was used for the last time.
    pub until: When,
    /// Where the claim is from.
    pub source: Source,
}

/// The day on which something began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Since {
    /// The day, or the month or year.
    pub day: When,
    /// Where the claim is from.
    pub source: Source,
}

/// A colour for each theme, as `#rrggbb` in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Color {
    /// On white.
    pub light: String,
    /// On near-black.
    pub dark: String,
}

/// Bytes in the input script that name a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// The literal bytes, as text. The case of ASCII letters is ignored.
    pub text: String,
    /// Slugs of the pools whose tags this one wins over, whatever their length.
    pub over: Vec<String>,
    /// When it was the pool's.
    pub period: Period,
    /// Where the claim is from.
    pub source: Source,
    /// The file that it was read from.
    pub file: String,
}

/// A script that pays a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayoutAddress {
    /// The address as the registry writes it, in any network's encoding.
    pub address: String,
    /// The script it stands for, which is the same on every network.
    pub script: ScriptBuf,
    /// When it was the pool's.
    pub period: Period,
    /// Where the claim is from.
    pub source: Source,
    /// The file that it was read from.
    pub file: String,
}

/// Where a claim can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// A public page, or [`SIMULATED`].
    pub url: String,
    /// When it said so, as exactly as it says; none only where it is simulated.
    pub date: Option<When>,
}
