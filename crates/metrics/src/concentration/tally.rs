//! Blocks of each entity in a window, and those of nobody known.

use super::Counts;

/// Blocks by entity, largest first, and the Unknown ones apart. Equal tallies give equal figures, whatever the order that
/// the counts came in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Tally {
    counts: Vec<u64>,
    unknown: u64,
}

impl Tally {
    /// From the blocks of each named entity, in any order, and the number of Unknown blocks. Zero counts are dropped: who
    /// found no block is no entity of the window.
    pub fn new(counts: impl IntoIterator<Item = u64>, unknown: u64) -> Self {
        let mut counts: Vec<u64> = counts.into_iter().filter(|&blocks| blocks > 0).collect();
        counts.sort_unstable_by(|a, b| b.cmp(a));
        Self { counts, unknown }
    }

    /// Blocks of each named entity, largest first, none of them 0.
    pub fn descending(&self) -> &[u64] {
        &self.counts
    }

    /// The same, ready to be measured. None where no block is named, or more than 2^53 are.
    pub fn counts(&self) -> Option<Counts<'_>> {
        Counts::of(&self.counts)
    }

    /// Blocks of no known entity.
    pub fn unknown(&self) -> u64 {
        self.unknown
    }

    /// Blocks of all named entities together.
    pub fn named(&self) -> u64 {
        self.counts.iter().fold(0, |sum, &blocks| sum.saturating_add(blocks))
    }

    /// All blocks, Unknown ones too.
    pub fn total(&self) -> u64 {
        self.named().saturating_add(self.unknown)
    }
}
