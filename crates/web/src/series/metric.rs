//! What can be followed over a chain.

use hashwatch_metrics::Index;

use crate::concentration::words::{Unit, name};

/// A figure that has a value at each block.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Metric {
    /// Of concentration, over the window that ends at the block.
    Index(Index),
    /// Somebody's share of that window's blocks, by its id.
    Share(String),
    /// Expected hashes per second over that window.
    Hashrate,
    /// Of the block.
    Difficulty,
    /// Satoshis for a terahash per second in a day of that window.
    Hashprice,
    /// The part of that window's rewards that is fees.
    FeeShare,
    /// The part of that window's blocks that are empty.
    EmptyShare,
}

/// Those that are no index.
const OTHERS: [&str; 6] = ["share", "hashrate", "difficulty", "hashprice", "fee_share", "empty_share"];

impl Metric {
    /// Names of all of them.
    pub(crate) fn words() -> Vec<&'static str> {
        Index::ALL.into_iter().map(Index::word).chain(OTHERS).collect()
    }

    /// By its name; a share's `id` says whose.
    pub(crate) fn from_word(word: &str, id: Option<String>) -> Option<Metric> {
        Some(match word {
            "share" => Metric::Share(id?),
            "hashrate" => Metric::Hashrate,
            "difficulty" => Metric::Difficulty,
            "hashprice" => Metric::Hashprice,
            "fee_share" => Metric::FeeShare,
            "empty_share" => Metric::EmptyShare,
            index => Metric::Index(Index::from_word(index)?),
        })
    }

    pub(crate) fn word(&self) -> &'static str {
        match self {
            Metric::Index(index) => index.word(),
            Metric::Share(_) => "share",
            Metric::Hashrate => "hashrate",
            Metric::Difficulty => "difficulty",
            Metric::Hashprice => "hashprice",
            Metric::FeeShare => "fee_share",
            Metric::EmptyShare => "empty_share",
        }
    }

    /// In the API, and in the names of columns.
    pub(crate) fn unit(&self) -> &'static str {
        match self {
            Metric::Index(index) => Unit::of(*index).word(),
            Metric::Share(_) | Metric::FeeShare | Metric::EmptyShare => "share",
            Metric::Hashrate => "hashes_per_second",
            Metric::Difficulty => "none",
            Metric::Hashprice => "sats_per_th_day",
        }
    }

    /// As it is called in a sentence.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Metric::Index(index) => name(*index),
            Metric::Share(_) => "Share of blocks",
            Metric::Hashrate => "Hashrate",
            Metric::Difficulty => "Difficulty",
            Metric::Hashprice => "Hashprice",
            Metric::FeeShare => "Share of fees in rewards",
            Metric::EmptyShare => "Share of empty blocks",
        }
    }

    /// Whether it depends on who is counted as one.
    pub(crate) fn is_by_entity(&self) -> bool {
        matches!(self, Metric::Index(_) | Metric::Share(_))
    }

    /// Whether it is of a window that ends at the block, and not of the block alone.
    pub(crate) fn has_window(&self) -> bool {
        *self != Metric::Difficulty
    }
}
