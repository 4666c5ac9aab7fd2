//! Facts of each block of the active chain.

use std::sync::Arc;

use bitcoin::{CompactTarget, Target};
use hashwatch_model::{AttributedBlock, BlockHash, BlockId, Network, Window, Work};

use super::{follows, memory::Rows};
use crate::{error::StoreError, read::Snapshot, rows::hash_from_row};

/// A row of `sql/queries/chain_columns.sql`: plain numbers, which are read fastest.
type FactRow = (u32, u128, u128, u32, u32, u32, u32, u64, u128);

/// One block.
struct Facts {
    height: u32,
    hash: BlockHash,
    time: u32,
    median_time: u32,
    bits: u32,
    tx_count: u32,
    reward: u64,
    chainwork: u128,
}

/// The columns from the lowest stored block up.
#[derive(Clone, Debug, Default)]
pub(crate) struct FactRows {
    from: u32,
    hashes: Vec<BlockHash>,
    times: Vec<u32>,
    median_times: Vec<u32>,
    bits: Vec<u32>,
    tx_counts: Vec<u32>,
    rewards: Vec<u64>,
    chainworks: Vec<u128>,
}

/// Facts of the active chain up to a block: slices of one entry a block, the lowest first.
#[derive(Clone, Debug)]
pub struct ChainColumns {
    rows: Arc<FactRows>,
    blocks: usize,
    network: Network,
}

impl ChainColumns {
    pub(super) fn new(rows: Arc<FactRows>, blocks: usize, network: Network) -> ChainColumns {
        ChainColumns { rows, blocks, network }
    }

    /// Height of the lowest block.
    pub fn from(&self) -> u32 {
        self.rows.from
    }

    /// Height of the tip.
    pub fn to(&self) -> u32 {
        self.height(self.blocks.saturating_sub(1))
    }

    /// How many blocks; never zero.
    pub fn blocks(&self) -> usize {
        self.blocks
    }

    /// The height at a place.
    pub fn height(&self, place: usize) -> u32 {
        self.rows.from.saturating_add(u32::try_from(place).unwrap_or(u32::MAX))
    }

    /// The place of a height; none outside.
    pub fn place(&self, height: u32) -> Option<usize> {
        let place = usize::try_from(height.checked_sub(self.rows.from)?).ok()?;
        (place < self.blocks).then_some(place)
    }

    /// Hashes of the blocks.
    pub fn hashes(&self) -> &[BlockHash] {
        &self.rows.hashes[..self.blocks]
    }

    /// The block at a height; none outside.
    pub fn id(&self, height: u32) -> Option<BlockId> {
        self.place(height).map(|place| BlockId { height, hash: self.rows.hashes[place] })
    }

    /// Whether a block is one of these.
    pub fn holds(&self, block: BlockId) -> bool {
        self.id(block.height) == Some(block)
    }

    /// Header times, Unix seconds, as miners wrote them: they may fall.
    pub fn times(&self) -> &[u32] {
        &self.rows.times[..self.blocks]
    }

    /// Medians of the times of a block and the ten below (BIP 113): they never fall.
    pub fn median_times(&self) -> &[u32] {
        &self.rows.median_times[..self.blocks]
    }

    /// Targets in their compact form.
    pub fn bits(&self) -> &[u32] {
        &self.rows.bits[..self.blocks]
    }

    /// Transactions, the coinbase among them.
    pub fn tx_counts(&self) -> &[u32] {
        &self.rows.tx_counts[..self.blocks]
    }

    /// What each coinbase pays out, in satoshis.
    pub fn rewards(&self) -> &[u64] {
        &self.rows.rewards[..self.blocks]
    }

    /// Expected hashes from the start of the chain up to and with each block.
    pub fn chainworks(&self) -> &[u128] {
        &self.rows.chainworks[..self.blocks]
    }

    /// Expected hashes of the blocks above one place up to and with another.
    #[allow(clippy::cast_precision_loss, reason = "a part in 2^53 is far below what is known of any of them")]
    pub fn work_between(&self, below: usize, last: usize) -> f64 {
        self.chainworks()[last].saturating_sub(self.chainworks()[below]) as f64
    }

    /// Expected hashes of the blocks from one place to another, both with them.
    pub fn work(&self, first: usize, last: usize) -> f64 {
        let own = || Target::from_compact(CompactTarget::from_consensus(self.bits()[first])).to_work();
        match first.checked_sub(1) {
            Some(below) => self.work_between(below, last),
            // what is stored may begin above the genesis
            None => {
                self.work_between(first, last)
                    + own().to_be_bytes().iter().fold(0.0, |sum, byte| sum * 256.0 + f64::from(*byte))
            }
        }
    }

    /// What the block at a place may create, in satoshis.
    pub fn subsidy(&self, place: usize) -> u64 {
        self.network.subsidy(self.height(place))
    }

    /// Height of the lowest block whose median time past is later than a time; one above the tip where there is none.
    pub fn first_after(&self, time: i64) -> u32 {
        self.height(self.median_times().partition_point(|&median| i64::from(median) <= time))
    }

    /// First and last height of a window that ends at the tip. Never empty: the tip is always in it.
    pub fn range(&self, window: Window) -> (u32, u32) {
        let tip = self.to();
        self.range_to(window, tip).unwrap_or((tip, tip))
    }

    /// The same of a window that ends at another block, cut off where it reaches below what is stored; none where that is not there.
    pub fn range_to(&self, window: Window, to: u32) -> Option<(u32, u32)> {
        let first = self.first_of(window, self.place(to)?).unwrap_or(0);
        Some((self.height(first), to))
    }

    /// The first place of a window that ends at another; none where it reaches below what is stored.
    pub fn first_of(&self, window: Window, place: usize) -> Option<usize> {
        let medians = self.median_times();
        match window {
            Window::All => Some(0),
            Window::Blocks(blocks) => (place + 1).checked_sub(blocks as usize),
            Window::Days(days) => {
                let after = i64::from(medians[place]) - i64::from(days) * 86_400;
                let whole = i64::from(medians[0]) <= after;
                whole.then(|| medians[..=place].partition_point(|median| i64::from(*median) <= after))
            }
        }
    }

    /// Height of the lowest block at which a window does not reach below what is stored; one above the tip where there is none.
    pub fn first_whole(&self, window: Window) -> u32 {
        let (mut low, mut high) = (0, self.blocks);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.first_of(window, middle).is_some() { high = middle } else { low = middle + 1 }
        }
        self.height(low)
    }
}

impl Rows for FactRows {
    fn from(&self) -> u32 {
        self.from
    }

    fn blocks(&self) -> usize {
        self.times.len()
    }

    fn join(&mut self, blocks: usize, above: FactRows) {
        if blocks == 0 {
            *self = above;
            return;
        }
        self.hashes.truncate(blocks);
        self.hashes.extend(above.hashes);
        self.times.truncate(blocks);
        self.times.extend(above.times);
        self.median_times.truncate(blocks);
        let below = self.median_times.last().copied().unwrap_or_default();
        self.median_times.extend(above.median_times.into_iter().map(|median| median.max(below)));
        self.bits.truncate(blocks);
        self.bits.extend(above.bits);
        self.tx_counts.truncate(blocks);
        self.tx_counts.extend(above.tx_counts);
        self.rewards.truncate(blocks);
        self.rewards.extend(above.rewards);
        self.chainworks.truncate(blocks);
        self.chainworks.extend(above.chainworks);
    }

    fn ends_below(snapshot: &Snapshot) -> StoreError {
        let reason = "the active chain ends below its tip".to_owned();
        StoreError::Damaged { height: snapshot.mark().tip.height, reason }
    }

    async fn read(snapshot: &Snapshot, from: u32) -> Result<FactRows, StoreError> {
        let query = snapshot.query(include_str!("../../../../sql/queries/chain_columns.sql")).param("from", from);
        let during = StoreError::during("reading the chain");
        let mut cursor = query.fetch::<FactRow>().map_err(&during)?;
        let mut rows = FactRows::default();
        while let Some(row) = cursor.next().await.map_err(&during)? {
            let (height, first, last, time, median_time, bits, tx_count, reward, chainwork) = row;
            let hash = hash_of_halves(first, last);
            rows.push(Facts { height, hash, time, median_time, bits, tx_count, reward, chainwork })?;
        }
        Ok(rows)
    }

    fn of(blocks: &[Arc<AttributedBlock>]) -> Result<FactRows, StoreError> {
        let mut rows = FactRows::default();
        for block in blocks {
            let facts = &block.block;
            rows.push(Facts {
                height: facts.id.height,
                hash: facts.id.hash,
                time: facts.header.time,
                median_time: facts.median_time,
                bits: facts.header.bits.to_consensus(),
                tx_count: facts.tx_count,
                reward: facts.coinbase.reward(),
                chainwork: lower_half(facts.chainwork),
            })?;
        }
        Ok(rows)
    }
}

impl FactRows {
    fn push(&mut self, row: Facts) -> Result<(), StoreError> {
        follows(&mut self.from, self.times.len(), row.height)?;
        self.hashes.push(row.hash);
        self.times.push(row.time);
        // of fewer than eleven times above a start that is trusted, where they may fall
        let below = self.median_times.last().copied().unwrap_or_default();
        self.median_times.push(row.median_time.max(below));
        self.bits.push(row.bits);
        self.tx_counts.push(row.tx_count);
        self.rewards.push(row.reward);
        self.chainworks.push(row.chainwork);
        Ok(())
    }
}

/// A hash from its first and its last sixteen bytes as they are written, each as a number whose lowest byte comes first.
fn hash_of_halves(first: u128, last: u128) -> BlockHash {
    let mut bytes = [0; 32];
    bytes[..16].copy_from_slice(&first.to_le_bytes());
    bytes[16..].copy_from_slice(&last.to_le_bytes());
    hash_from_row(bytes)
}

/// Of work the half that is not zero.
fn lower_half(work: Work) -> u128 {
    work.to_be_bytes()[16..].iter().fold(0, |sum, byte| sum << 8 | u128::from(*byte))
}
