//! Machines that mine: what they do, what they draw, and what they were sold for.

use crate::{period::When, pool::Source};

/// How far the efficiency that a source states may lie from power by hashrate: sources round.
pub(crate) const EFFICIENCY_TOLERANCE: f64 = 0.03;

/// A model of a machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Machine {
    /// Its name in URLs and the API; never changes.
    pub slug: String,
    /// Who makes it.
    pub vendor: String,
    /// Its name, with the hashrate where a model comes in several.
    pub model: String,
    /// When it came out, where told.
    pub released: Option<When>,
    /// Terahashes per second.
    pub terahashes_per_second: f64,
    /// Watts at the wall, as the maker or a shop says.
    pub watts: f64,
    /// Joules per terahash as stated; within 3 % of watts by terahashes per second.
    pub joules_per_terahash: f64,
    /// What it was offered for, the oldest first. Where sources differ, each stands.
    pub prices: Vec<Price>,
    /// How it is to be read.
    pub note: Option<String>,
    /// Where the claim is from.
    pub source: Source,
    /// Where else.
    pub also: Vec<Source>,
    /// The file that it was read from.
    pub file: String,
}

/// What a machine was offered for.
#[derive(Clone, Debug, PartialEq)]
pub struct Price {
    /// US dollars for one.
    pub usd: f64,
    /// When.
    pub at: When,
    /// How it is to be read.
    pub note: Option<String>,
    /// Where the claim is from.
    pub source: Source,
}

impl Machine {
    /// US dollars by terahash per second, at a price.
    pub fn usd_per_terahash_per_second(&self, price: &Price) -> f64 {
        price.usd / self.terahashes_per_second
    }
}
