//! How many blocks go stale, overall and pool by pool.

use std::collections::BTreeMap;

use hashwatch_metrics::{Interval, wilson};
use hashwatch_store::StaleBlock;

use crate::shares::{CONFIDENCE, Shares};

/// Stale blocks among all blocks that were found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct StaleRate {
    pub(crate) stale: u64,
    /// Stale and active.
    pub(crate) blocks: u64,
    pub(crate) rate: Interval,
}

/// The stale rate of a window.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct StaleRates {
    pub(crate) overall: StaleRate,
    /// By slug, most blocks first.
    pub(crate) pools: Vec<(String, StaleRate)>,
    /// None where every block's miner is known. No pool, and without a rank.
    pub(crate) unknown: Option<StaleRate>,
}

impl StaleRate {
    /// None without blocks.
    fn of(stale: u64, active: u64) -> Option<StaleRate> {
        let blocks = stale + active;
        wilson(stale, blocks, CONFIDENCE).map(|rate| StaleRate { stale, blocks, rate })
    }
}

impl StaleRates {
    /// Of the active blocks that were counted over a window, and the stale ones from its first height on. None without
    /// blocks, which no window is.
    pub(crate) fn of(shares: &Shares, stale: &[StaleBlock]) -> Option<StaleRates> {
        let active = shares.pools.iter().map(|share| (Some(share.slug.clone()), (0, share.blocks)));
        let mut pools: BTreeMap<Option<String>, (u64, u64)> = active.chain([(None, (0, shares.unknown))]).collect();
        let mut count = 0;
        for block in stale.iter().filter(|block| block.id.height >= shares.range.from) {
            pools.entry(block.pool.clone()).or_default().0 += 1;
            count += 1;
        }
        let (stale, active) = pools.remove(&None).unwrap_or_default();
        let rates =
            pools.into_iter().filter_map(|(slug, (stale, active))| Some((slug?, StaleRate::of(stale, active)?)));
        let mut pools: Vec<_> = rates.collect();
        // stable: those with as many blocks stand by slug
        pools.sort_by_key(|(_, rate)| std::cmp::Reverse(rate.blocks));
        let overall = StaleRate::of(count, shares.range.blocks())?;
        Some(StaleRates { overall, pools, unknown: StaleRate::of(stale, active) })
    }
}

#[cfg(test)]
mod tests {
    use hashwatch_model::{BlockId, CoinbaseProof};

    use super::*;
    use crate::shares::{Range, Share};

    #[test]
    fn stale_blocks_count_for_whoever_found_them() {
        let share = |slug: &str, blocks| Share {
            slug: slug.to_owned(),
            name: slug.to_owned(),
            kind: "pool",
            blocks,
            share: wilson(blocks, 100, CONFIDENCE).unwrap(),
        };
        let shares = Shares {
            range: Range { from: 1, to: 100 },
            pools: vec![share("a", 60), share("b", 30)],
            unknown: 10,
            unknown_share: wilson(10, 100, CONFIDENCE).unwrap(),
        };
        let block = |height, pool: Option<&str>| StaleBlock {
            id: BlockId { height, hash: "ab".repeat(32).parse().unwrap() },
            parent: "cd".repeat(32).parse().unwrap(),
            time: 0,
            coinbase_proof: CoinbaseProof::Merkle,
            pool: pool.map(str::to_owned),
            was_active: false,
        };
        // one below the window does not count, one above the tip does; `c` has nothing but a stale block
        let stale = [block(0, Some("a")), block(5, Some("a")), block(101, Some("c")), block(7, None)];
        let rates = StaleRates::of(&shares, &stale).unwrap();
        assert_eq!((rates.overall.stale, rates.overall.blocks), (3, 103));
        assert_eq!(rates.overall.rate, wilson(3, 103, 0.95).unwrap());
        let pools: Vec<_> = rates.pools.iter().map(|(slug, rate)| (slug.as_str(), rate.stale, rate.blocks)).collect();
        assert_eq!(pools, [("a", 1, 61), ("b", 0, 30), ("c", 1, 1)]);
        assert_eq!(rates.unknown.map(|rate| (rate.stale, rate.blocks)), Some((1, 11)));
        assert_eq!(StaleRate::of(0, 0), None);
    }
}
