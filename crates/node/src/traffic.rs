//! What it costs to read blocks, for those who watch it.

use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes of the blocks that a source has handed over so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Bytes that were read.
    pub read: u64,
    /// Bytes that were passed over, as far as it is known how large the blocks are: a node that gives a part of a block
    /// does not say how large the whole is.
    pub skipped: u64,
}

impl std::ops::Add for Traffic {
    type Output = Traffic;

    fn add(self, other: Traffic) -> Traffic {
        Traffic { read: self.read + other.read, skipped: self.skipped + other.skipped }
    }
}

/// Counts them.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    read: AtomicU64,
    skipped: AtomicU64,
}

impl Meter {
    /// Some bytes of a block were read, of as many as it has, where that is known.
    pub(crate) fn add(&self, read: usize, of: Option<u32>) {
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        self.skipped.fetch_add(of.map_or(0, u64::from).saturating_sub(read as u64), Ordering::Relaxed);
    }

    pub(crate) fn traffic(&self) -> Traffic {
        Traffic { read: self.read.load(Ordering::Relaxed), skipped: self.skipped.load(Ordering::Relaxed) }
    }
}
