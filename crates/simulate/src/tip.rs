//! The end of a branch: all that the next block has to know of the chain below it.

use bitcoin::{BlockHash, CompactTarget, block::Header};
use hashwatch_model::{BlockId, Network, network::EPOCH_BLOCKS};

use crate::difficulty::retarget;

/// A block and what its child needs of its ancestors.
#[derive(Clone, Debug)]
pub(crate) struct Tip {
    pub id: BlockId,
    pub bits: CompactTarget,
    /// Header times of this block and up to ten below it, oldest first.
    recent: Vec<u32>,
    /// Header time of the first block of this block's epoch.
    epoch_start: u32,
    /// Unix milliseconds at which it was found, by the clock of the simulation; header times are about this.
    pub clock_ms: u64,
}

impl Tip {
    /// The tip of a chain that is only a genesis, found at `clock_ms`.
    pub(crate) fn genesis(header: &Header, clock_ms: u64) -> Tip {
        Tip {
            id: BlockId { height: 0, hash: header.block_hash() },
            bits: header.bits,
            recent: vec![header.time],
            epoch_start: header.time,
            clock_ms,
        }
    }

    /// The tip with one more block on it.
    pub(crate) fn child(&self, header: &Header, hash: BlockHash, clock_ms: u64) -> Tip {
        let height = self.id.height + 1;
        let mut recent = self.recent.clone();
        if recent.len() == 11 {
            recent.remove(0);
        }
        recent.push(header.time);
        let epoch_start = if height.is_multiple_of(EPOCH_BLOCKS) { header.time } else { self.epoch_start };
        Tip { id: BlockId { height, hash }, bits: header.bits, recent, epoch_start, clock_ms }
    }

    /// Unix seconds that a child's time must exceed (BIP 113).
    pub(crate) fn median_time(&self) -> u32 {
        let mut times = self.recent.clone();
        times.sort_unstable();
        times[times.len() / 2]
    }

    /// Bits of a child. On regtest they never change: the limit is what its 20-minute rule allows anyway.
    pub(crate) fn next_bits(&self, network: Network) -> CompactTarget {
        let rules = network.retarget();
        if rules.never || !(self.id.height + 1).is_multiple_of(EPOCH_BLOCKS) {
            return self.bits;
        }
        let newest = self.recent.last().copied().unwrap_or(self.epoch_start);
        retarget(self.bits, i64::from(newest) - i64::from(self.epoch_start), rules.limit)
    }
}
