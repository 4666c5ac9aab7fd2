//! A block before and after it is believed: [`RawBlock`] as a source hands it over, [`Block`] as facts.

use bitcoin::{BlockHash, Work, block::Header, consensus, hashes::Hash};

use crate::Coinbase;

/// A block's place and name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlockId {
    /// Blocks below it in its chain; the genesis has 0.
    pub height: u32,
    /// Double SHA-256 of its header.
    pub hash: BlockHash,
}

impl std::fmt::Display for BlockId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.height, self.hash)
    }
}

/// What says that the coinbase belongs to the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CoinbaseProof {
    /// The merkle root was computed from all transactions of the block.
    Merkle,
    /// A node's word: the coinbase was read without the rest of the block.
    Node,
    /// A block file's word, likewise.
    File,
}

impl CoinbaseProof {
    /// The word in the store and the API.
    pub fn name(self) -> &'static str {
        match self {
            CoinbaseProof::Merkle => "merkle",
            CoinbaseProof::Node => "node",
            CoinbaseProof::File => "file",
        }
    }

    /// The inverse of [`CoinbaseProof::name`].
    pub fn from_name(name: &str) -> Option<CoinbaseProof> {
        [CoinbaseProof::Merkle, CoinbaseProof::Node, CoinbaseProof::File].into_iter().find(|p| p.name() == name)
    }
}

/// A block as a source handed it over. Nothing in it is checked: not even that it is the block asked for.
#[derive(Clone, Debug)]
pub struct RawBlock {
    /// What was asked for.
    pub id: BlockId,
    /// The header that came.
    pub header: Header,
    /// The first transaction as it was serialized, witness included.
    pub coinbase: Vec<u8>,
    /// Double SHA-256 of each transaction without its witness, in block order.
    pub txids: Vec<[u8; 32]>,
    /// The same with the witness (BIP 141), where any transaction has one; else they are the same.
    pub wtxids: Option<Vec<[u8; 32]>>,
    /// Bytes of the whole block.
    pub size: u32,
    /// Weight units (BIP 141).
    pub weight: u32,
}

/// Bytes that are not a block.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MalformedBlock {
    /// The bytes do not decode.
    #[error("the bytes are not a block: {0}")]
    Decode(String),
    /// The block has no transaction at all, so no coinbase.
    #[error("the block has no transaction")]
    Empty,
    /// Larger than any valid block.
    #[error("a block of {0} bytes: no valid block has over 4,000,000")]
    Oversized(usize),
}

/// Bytes that a block may have at most: 4,000,000 weight units of witness (BIP 141).
pub const MAX_BLOCK_BYTES: usize = 4_000_000;

impl RawBlock {
    /// Reads a whole serialized block. `id` is what was asked for; whether the bytes are that block is for verify to say.
    pub fn from_bytes(id: BlockId, bytes: &[u8]) -> Result<RawBlock, MalformedBlock> {
        if bytes.len() > MAX_BLOCK_BYTES {
            return Err(MalformedBlock::Oversized(bytes.len()));
        }
        let block: bitcoin::Block =
            consensus::deserialize(bytes).map_err(|error| MalformedBlock::Decode(error.to_string()))?;
        let first = block.txdata.first().ok_or(MalformedBlock::Empty)?;
        let has_witness = block.txdata.iter().any(|tx| tx.input.iter().any(|input| !input.witness.is_empty()));
        Ok(RawBlock {
            id,
            header: block.header,
            coinbase: consensus::serialize(first),
            txids: block.txdata.iter().map(|tx| tx.compute_txid().to_byte_array()).collect(),
            wtxids: has_witness.then(|| block.txdata.iter().map(|tx| tx.compute_wtxid().to_byte_array()).collect()),
            size: u32::try_from(bytes.len()).map_err(|_| MalformedBlock::Oversized(bytes.len()))?,
            weight: u32::try_from(block.weight().to_wu()).map_err(|_| MalformedBlock::Oversized(bytes.len()))?,
        })
    }
}

/// The facts of one block, as they are kept. They hold once verify has let them pass.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// Height and hash.
    pub id: BlockId,
    /// The 80 bytes, decoded.
    pub header: Header,
    /// Median of the times of this block and the ten before it (BIP 113), Unix seconds. Never falls along a chain, once
    /// eleven blocks of it are known: only the first ten steps of one that begins in the middle may go back.
    pub median_time: u32,
    /// Expected hashes to build the chain from its start to this block.
    pub chainwork: Work,
    /// Transactions, the coinbase among them.
    pub tx_count: u32,
    /// Bytes; none where the source did not carry them.
    pub size: Option<u32>,
    /// Weight units; none where the source did not carry them.
    pub weight: Option<u32>,
    /// What the miner may create at this height, in satoshis.
    pub subsidy: u64,
    /// The coinbase transaction.
    pub coinbase: Coinbase,
    /// What ties the coinbase to the header.
    pub coinbase_proof: CoinbaseProof,
}

impl Block {
    /// What the miner took beyond the subsidy, in satoshis; negative where it claimed less than it might have.
    pub fn fees(&self) -> i64 {
        fees(self.coinbase.reward(), self.subsidy)
    }
}

/// Reward less subsidy, both in satoshis.
pub fn fees(reward: u64, subsidy: u64) -> i64 {
    i64::try_from(reward).unwrap_or(i64::MAX).saturating_sub(i64::try_from(subsidy).unwrap_or(i64::MAX))
}
