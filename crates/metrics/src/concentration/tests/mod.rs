//! The indices against published values and their own definitions; their intervals and bounds against what they promise.

mod golden;
mod intervals;
mod properties;

use super::{Counts, Index, Tally};

/// An index of so many blocks each.
fn of(index: Index, counts: &[u64]) -> f64 {
    index.of(&Counts::of(counts).expect("counts descend")).expect("enough blocks")
}

/// Shares of March 2026 by tag, in blocks: `facts/pool_blocks_monthly.csv` of the shared folder, without its `unknown`.
const MARCH_2026: [u64; 22] =
    [1422, 734, 468, 385, 373, 229, 176, 148, 99, 89, 62, 61, 20, 14, 13, 12, 12, 10, 7, 4, 2, 1];

/// The same tally with its Unknown.
fn march_2026() -> Tally {
    Tally::new(MARCH_2026, 8)
}
