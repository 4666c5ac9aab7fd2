//! What chain to make. Everything that shapes the bytes is in here; where they go is not.

use hashwatch_model::{Network, block::MAX_BLOCK_BYTES};

use crate::SimulateError;

/// Unix seconds of a chain's start where nothing else is asked for: 2025-01-01 00:00:00 UTC. A constant, so that the
/// same seed gives the same bytes on any day.
pub const DEFAULT_START: u32 = 1_735_689_600;

/// 365 days.
pub const YEAR_SECONDS: u32 = 365 * 86_400;

/// Time of regtest's genesis, which no later block may precede.
const REGTEST_GENESIS_TIME: u32 = 1_296_688_602;

/// Room for header, count and the largest coinbase; a sparse block is never smaller.
const MIN_SPARSE_BYTES: u32 = 1_000;

/// A synthetic chain to be made. The same plan gives the same bytes on any machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// `Sim` or `Regtest`.
    pub network: Network,
    /// Blocks of the active chain, the genesis among them: the tip's height is one less.
    pub blocks: u32,
    /// What every choice is drawn from.
    pub seed: u64,
    /// Unix seconds at which the chain starts: on sim the genesis' time, on regtest the moment mining begins.
    pub start_time: u32,
    /// Unix seconds past which no block is made, if that comes before `blocks`.
    pub until: Option<u32>,
    /// Bytes that each block is declared to have; all beyond the coinbase is then a hole in a sparse file.
    pub bytes_per_block: Option<u32>,
    /// Whether the files are obfuscated with a key in xor.dat; if not, the key is zero (as with `-blocksxor=0`).
    pub obfuscated: bool,
    /// Below this height blocks lie in the files as an initial download leaves them: runs of 16 heights in a shuffled
    /// order, children before parents. Not above `blocks`.
    pub disordered: u32,
}

impl Plan {
    /// A plan of `blocks` blocks from [`DEFAULT_START`]: whole blocks, obfuscated, in order.
    pub fn new(network: Network, blocks: u32, seed: u64) -> Plan {
        Plan {
            network,
            blocks,
            seed,
            start_time: DEFAULT_START,
            until: None,
            bytes_per_block: None,
            obfuscated: true,
            disordered: 0,
        }
    }

    /// The same, begun as much earlier as it has more than a year of blocks, so that none of them lies ahead of the clock;
    /// not before regtest's own genesis, which is from 2011.
    #[must_use]
    pub fn in_the_past(self) -> Plan {
        let earliest = self.network.genesis().map_or(600, |genesis| genesis.time + 600);
        let more_than_a_year = self.blocks.saturating_sub(YEAR_SECONDS / 600);
        let start_time = self.start_time.saturating_sub(more_than_a_year.saturating_mul(600)).max(earliest);
        Plan { start_time, ..self }
    }

    /// A year of simulated blocks up to `now` (Unix seconds): what a first run without a node shows.
    pub fn year_until(now: u32, seed: u64) -> Plan {
        Plan {
            start_time: now.saturating_sub(YEAR_SECONDS),
            until: Some(now),
            ..Plan::new(Network::Sim, u32::MAX, seed)
        }
    }

    /// About how many blocks come of it, for a progress bar: at ten minutes a block.
    pub fn expected_blocks(&self) -> u32 {
        match self.until {
            Some(until) => self.blocks.min(until.saturating_sub(self.start_time) / 600 + 1),
            None => self.blocks,
        }
    }

    /// Refuses what cannot be made.
    pub(crate) fn check(&self) -> Result<(), SimulateError> {
        if !matches!(self.network, Network::Sim | Network::Regtest) {
            return Err(SimulateError::Network(self.network));
        }
        if self.blocks == 0 {
            return Err(SimulateError::NoBlocks);
        }
        if self.network == Network::Regtest && self.start_time <= REGTEST_GENESIS_TIME {
            return Err(SimulateError::StartTime { start: self.start_time, genesis: REGTEST_GENESIS_TIME });
        }
        if let Some(until) = self.until.filter(|until| *until < self.start_time) {
            return Err(SimulateError::Until { start: self.start_time, until });
        }
        let largest = u32::try_from(MAX_BLOCK_BYTES).unwrap_or(u32::MAX);
        if let Some(bytes) = self.bytes_per_block.filter(|bytes| !(MIN_SPARSE_BYTES..=largest).contains(bytes)) {
            return Err(SimulateError::BlockBytes { bytes, least: MIN_SPARSE_BYTES, most: largest });
        }
        if self.disordered > self.blocks {
            return Err(SimulateError::Disordered { disordered: self.disordered, blocks: self.blocks });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_chain_ends_before_now() {
        let start = |network, blocks: u32| Plan::new(network, blocks, 1).in_the_past().start_time;
        for blocks in [52_560, 100_000, 970_000, 2_000_000] {
            assert_eq!(start(Network::Sim, blocks) + 600 * blocks, DEFAULT_START + YEAR_SECONDS);
        }
        assert_eq!(start(Network::Sim, 1_000), DEFAULT_START);
        assert!(start(Network::Regtest, 2_000_000) > Network::Regtest.genesis().unwrap().time);
    }
}
