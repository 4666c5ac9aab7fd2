//! What is claimed of a pool, and by whom. The claims are checked where they are read.

use bitcoin::ScriptBuf;
use jiff::civil::Date;

/// The source of claims about a simulated chain, which nobody has published.
pub const SIMULATED: &str = "simulated";

/// A mining pool, or a miner that signs or is paid under a name of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pool {
    /// Its name in the store, in URLs and in the API; never changes. The one of mempool's list where it has the pool.
    pub slug: String,
    /// Its name as it writes it.
    pub name: String,
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
    /// Where the claim is from.
    pub source: Source,
}

/// A script that pays a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayoutAddress {
    /// The address as the registry writes it, in any network's encoding.
    pub address: String,
    /// The script it stands for, which is the same on every network.
    pub script: ScriptBuf,
    /// Where the claim is from.
    pub source: Source,
}

/// Where a claim can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// A public page, or [`SIMULATED`].
    pub url: String,
    /// The day on which it said so; none only where it is simulated.
    pub date: Option<Date>,
}
