//! Shares of pools when some of their miners have left, and concentration by them.

use hashwatch_metrics::{Index, Tally, figure};

use super::{IndexChange, Scenario, departures::Leaving};
use crate::checked::{Result, contradiction, float};

/// A pool's part of the hashrate.
#[derive(Clone, Debug, PartialEq)]
pub struct Share {
    /// Its name; none for Unknown.
    pub pool: Option<String>,
    /// At the start, of all blocks.
    pub before: f64,
    /// At the end. 0 for all where all have left.
    pub after: f64,
}

/// Who leaves takes its hashrate from its pool, at most all of it; what it has beyond that, what leaves from pools that are not
/// known, and what returns, is spread over all in proportion and so moves no share.
pub(super) fn shares(scenario: &Scenario, leaving: &[Leaving]) -> Result<Vec<Share>> {
    let blocks: Vec<u64> = scenario.pools.iter().map(|pool| pool.blocks).chain([scenario.unknown_blocks]).collect();
    let Some(total) = blocks.iter().try_fold(0_u64, |sum, &blocks| sum.checked_add(blocks)) else {
        return contradiction("pools", "more blocks than any chain has");
    };
    if total == 0 {
        return Ok(Vec::new());
    }
    let before: Vec<f64> = blocks.iter().map(|&blocks| float(blocks) / float(total)).collect();
    let mut left = before.clone();
    for one in leaving {
        if let Some(pool) = one.pool {
            left[pool] = (left[pool] - one.exahashes_per_second / scenario.exahashes_per_second).max(0.0);
        }
    }
    let gone: f64 = leaving.iter().map(|one| one.exahashes_per_second).sum();
    // what rounding leaves of all is nothing
    let rest: f64 = if gone >= scenario.exahashes_per_second * (1.0 - 1e-12) { 0.0 } else { left.iter().sum() };
    let names = scenario.pools.iter().map(|pool| Some(pool.name.clone())).chain([None]);
    let after = left.iter().map(|share| if rest > 0.0 { share / rest } else { 0.0 });
    Ok(names.zip(before).zip(after).map(|((pool, before), after)| Share { pool, before, after }).collect())
}

/// The indices before and after: shares after as a window of as many blocks would count them, to the nearest block.
pub(super) fn indices(scenario: &Scenario, shares: &[Share]) -> Vec<IndexChange> {
    let before = Tally::new(scenario.pools.iter().map(|pool| pool.blocks), scenario.unknown_blocks);
    let total = float(before.total());
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a part of a number of blocks")]
    let counts: Vec<u64> = shares.iter().map(|share| (share.after * total).round() as u64).collect();
    let (unknown, named) = counts.split_last().map_or((0, &[][..]), |(unknown, named)| (*unknown, named));
    let after = Tally::new(named.iter().copied(), unknown);
    let of = |index: Index, tally: &Tally| figure(index, tally, scenario.draws.confidence);
    let change = |&index: &Index| IndexChange { index, before: of(index, &before), after: of(index, &after) };
    scenario.indices.iter().map(change).collect()
}
