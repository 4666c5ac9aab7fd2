//! What the store answers with: counts, shares over time, headers and blocks as they are kept.

use bitcoin::Txid;
use clickhouse::Row;
use hashwatch_model::{
    AttributedBlock, Attribution, Block, BlockId, Coinbase, CoinbaseProof, Header, Work, block::fees,
};
use serde::Deserialize;

/// How many blocks are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Row, Deserialize)]
pub struct Counts {
    /// On the active chain, by its heights: it has no gaps.
    pub active: u64,
    /// On branches.
    pub stale: u64,
}

/// Work and times at a height.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkAt {
    /// Expected hashes from the start of the chain up to and with this block.
    pub chainwork: Work,
    /// The header's time.
    pub time: u32,
    /// Median time past.
    pub median_time: u32,
}

/// A header of the active chain, and what was computed of it when it was stored.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StoredHeader {
    /// Height and hash that it is kept under.
    pub id: BlockId,
    /// The header.
    pub header: Header,
    /// Median time past, Unix seconds.
    pub median_time: u32,
    /// Expected hashes from the start of the chain.
    pub chainwork: Work,
}

/// Facts of a block, without the coinbase's outputs, of which there may be a megabyte.
#[derive(Clone, Debug, PartialEq)]
pub struct BlockSummary {
    /// Height and hash.
    pub id: BlockId,
    /// The header.
    pub header: Header,
    /// Median time past, Unix seconds.
    pub median_time: u32,
    /// Expected hashes from the start of the chain.
    pub chainwork: Work,
    /// Transactions, the coinbase among them.
    pub tx_count: u32,
    /// Bytes; none where the source did not carry them.
    pub size: Option<u32>,
    /// Weight units; none where the source did not carry them.
    pub weight: Option<u32>,
    /// What the miner may create, in satoshis.
    pub subsidy: u64,
    /// What the coinbase's outputs add up to, in satoshis.
    pub reward: u64,
    /// Double SHA-256 of the coinbase without its witness.
    pub coinbase_txid: Txid,
    /// The coinbase's input script.
    pub coinbase_script: Vec<u8>,
    /// How many outputs the coinbase has.
    pub coinbase_outputs: u32,
    /// What ties the coinbase to the header.
    pub coinbase_proof: CoinbaseProof,
}

impl BlockSummary {
    /// As [`hashwatch_model::Block::fees`].
    pub fn fees(&self) -> i64 {
        fees(self.reward, self.subsidy)
    }

    /// As it will be read.
    pub(crate) fn of(block: &Block) -> BlockSummary {
        let coinbase = &block.coinbase;
        BlockSummary {
            id: block.id,
            header: block.header,
            median_time: block.median_time,
            chainwork: block.chainwork,
            tx_count: block.tx_count,
            size: block.size,
            weight: block.weight,
            subsidy: block.subsidy,
            reward: coinbase.reward(),
            coinbase_txid: coinbase.transaction().compute_txid(),
            coinbase_script: coinbase.script().to_bytes(),
            // a block has room for far fewer than 2^32
            coinbase_outputs: u32::try_from(coinbase.outputs().len()).unwrap_or(u32::MAX),
            coinbase_proof: block.coinbase_proof,
        }
    }

    pub(crate) fn with(self, coinbase: Coinbase) -> Block {
        Block {
            id: self.id,
            header: self.header,
            median_time: self.median_time,
            chainwork: self.chainwork,
            tx_count: self.tx_count,
            size: self.size,
            weight: self.weight,
            subsidy: self.subsidy,
            coinbase,
            coinbase_proof: self.coinbase_proof,
        }
    }
}

/// Facts, opinion and standing of one block.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredBlock {
    /// Facts.
    pub block: BlockSummary,
    /// Opinion.
    pub attribution: Attribution,
    /// Whether it is off the active chain.
    pub stale: bool,
}

impl StoredBlock {
    /// A block of the active chain that was just written.
    pub(crate) fn active(block: &AttributedBlock) -> StoredBlock {
        StoredBlock { block: BlockSummary::of(&block.block), attribution: block.attribution.clone(), stale: false }
    }
}

/// Which blocks to list.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct BlockFilter {
    /// Lowest height.
    pub from: Option<u32>,
    /// Highest height.
    pub to: Option<u32>,
    /// How many at most, newest first.
    pub limit: u32,
    /// Blocks of this pool only; `Some(None)` is Unknown.
    pub pool: Option<Option<String>>,
}
