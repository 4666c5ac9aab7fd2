//! A block before and after it is believed: [`RawBlock`] as a source hands it over, [`Block`] as facts.

use bitcoin::{
    BlockHash, Transaction, VarInt, Weight, Work,
    block::Header,
    consensus::{self, Decodable},
    hashes::{Hash, sha256d},
};

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

/// A block as a source handed it over, whole or its front alone. Nothing in it is checked: not even that it is the block
/// asked for.
#[derive(Clone, Debug)]
pub struct RawBlock {
    /// What was asked for.
    pub id: BlockId,
    /// The header that came.
    pub header: Header,
    /// How many transactions it says it has.
    pub tx_count: u32,
    /// The first transaction as it was serialized, witness included.
    pub coinbase: Vec<u8>,
    /// Bytes of the whole block; none where the source does not tell.
    pub size: Option<u32>,
    /// What came beyond the coinbase.
    pub body: Body,
}

/// What came of a block beyond header and coinbase.
#[derive(Clone, Debug)]
pub enum Body {
    /// All of it.
    Whole(Transactions),
    /// Nothing: that the coinbase belongs to the header is somebody's word.
    Unread(Word),
}

/// Whose word a coinbase is taken on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// A node's.
    Node,
    /// A block file's.
    File,
}

impl From<Word> for CoinbaseProof {
    fn from(word: Word) -> CoinbaseProof {
        match word {
            Word::Node => CoinbaseProof::Node,
            Word::File => CoinbaseProof::File,
        }
    }
}

/// All transactions of a block, by their hashes.
#[derive(Clone, Debug)]
pub struct Transactions {
    /// Double SHA-256 of each transaction without its witness, in block order.
    pub txids: Vec<[u8; 32]>,
    /// The same with the witness (BIP 141), where any transaction has one; else they are the same.
    pub wtxids: Option<Vec<[u8; 32]>>,
    /// Weight units of the block (BIP 141).
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
    /// More transactions than fit into any valid block.
    #[error("a count of {0} transactions: no valid block has room for as many")]
    TooMany(u64),
    /// The bytes end before the coinbase does: ask for more of them.
    #[error("the coinbase does not end within the first {0} bytes")]
    Cut(usize),
}

/// Bytes that a block may have at most: 4,000,000 weight units of witness (BIP 141).
pub const MAX_BLOCK_BYTES: usize = 4_000_000;
/// Transactions that a block may have at most: none is smaller than 60 bytes without its witness, four weight units each.
pub const MAX_TRANSACTIONS: u32 = 4_000_000 / (4 * 60);

impl RawBlock {
    /// Reads a whole serialized block. `id` is what was asked for; whether the bytes are that block is for verify to say.
    pub fn from_bytes(id: BlockId, bytes: &[u8]) -> Result<RawBlock, MalformedBlock> {
        if bytes.len() > MAX_BLOCK_BYTES {
            return Err(MalformedBlock::Oversized(bytes.len()));
        }
        let mut left = bytes;
        let (header, tx_count) = head(&mut left, decode)?;
        let mut all = Transactions { txids: Vec::new(), wtxids: None, weight: 0 };
        let mut wtxids = Vec::new();
        let mut coinbase = None;
        let mut weight = Weight::from_non_witness_data_size((bytes.len() - left.len()) as u64);
        for _ in 0..tx_count {
            let from = left;
            let transaction = Transaction::consensus_decode_from_finite_reader(&mut left).map_err(decode)?;
            // what decodes was serialized in the one way there is, so its hash is that of the bytes that came
            let raw = &from[..from.len() - left.len()];
            let wtxid = sha256d::Hash::hash(raw).to_byte_array();
            // without inputs it is written as if it had witnesses
            let mut inputs = transaction.input.iter().peekable();
            let is_plain = inputs.peek().is_some() && inputs.all(|input| input.witness.is_empty());
            all.txids.push(if is_plain { wtxid } else { transaction.compute_txid().to_byte_array() });
            wtxids.push(wtxid);
            weight += transaction.weight();
            coinbase.get_or_insert(raw);
        }
        if !left.is_empty() {
            return Err(MalformedBlock::Decode(format!("{} bytes behind the last transaction", left.len())));
        }
        let oversized = || MalformedBlock::Oversized(bytes.len());
        all.wtxids = (wtxids != all.txids).then_some(wtxids);
        all.weight = u32::try_from(weight.to_wu()).map_err(|_| oversized())?;
        Ok(RawBlock {
            id,
            header,
            tx_count,
            coinbase: coinbase.ok_or(MalformedBlock::Empty)?.to_vec(),
            size: Some(u32::try_from(bytes.len()).map_err(|_| oversized())?),
            body: Body::Whole(all),
        })
    }

    /// Reads header, count and coinbase from the first bytes of a serialized block, of which there may be more than
    /// that. `size` is what the source says the whole has, if it does, and `word` whose word it all is. A block that ends
    /// with its coinbase is whole.
    ///
    /// # Errors
    /// [`MalformedBlock::Cut`] where more bytes may help.
    pub fn from_front(id: BlockId, bytes: &[u8], size: Option<u32>, word: Word) -> Result<RawBlock, MalformedBlock> {
        let cut = |error: consensus::encode::Error| match error {
            consensus::encode::Error::Io(_) => MalformedBlock::Cut(bytes.len()),
            error => decode(error),
        };
        let mut left = bytes;
        let (header, tx_count) = head(&mut left, cut)?;
        let first = left;
        Transaction::consensus_decode(&mut left).map_err(cut)?;
        if tx_count == 1 {
            // what the source counts to the block must be looked at, be it rubbish
            let end = size.map_or(bytes.len() - left.len(), |size| size as usize);
            return RawBlock::from_bytes(id, bytes.get(..end).ok_or(MalformedBlock::Cut(bytes.len()))?);
        }
        let coinbase = first[..first.len() - left.len()].to_vec();
        Ok(RawBlock { id, header, tx_count, coinbase, size, body: Body::Unread(word) })
    }

    /// Weight units (BIP 141); none where not all of it was read.
    pub fn weight(&self) -> Option<u32> {
        match &self.body {
            Body::Whole(all) => Some(all.weight),
            Body::Unread(_) => None,
        }
    }
}

/// The header and the count of transactions.
fn head(
    left: &mut &[u8],
    failed: impl Fn(consensus::encode::Error) -> MalformedBlock,
) -> Result<(Header, u32), MalformedBlock> {
    let header = Header::consensus_decode(left).map_err(&failed)?;
    let VarInt(count) = VarInt::consensus_decode(left).map_err(&failed)?;
    if count == 0 {
        return Err(MalformedBlock::Empty);
    }
    let tx_count = u32::try_from(count).ok().filter(|count| *count <= MAX_TRANSACTIONS);
    Ok((header, tx_count.ok_or(MalformedBlock::TooMany(count))?))
}

fn decode(error: consensus::encode::Error) -> MalformedBlock {
    MalformedBlock::Decode(error.to_string())
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

#[cfg(test)]
mod tests {
    use bitcoin::{Network, blockdata::constants::genesis_block};

    use super::*;

    /// The genesis with one or more transactions in it.
    fn block(transactions: usize) -> (BlockId, Vec<u8>) {
        let mut block = genesis_block(Network::Regtest);
        block.txdata = vec![block.txdata[0].clone(); transactions];
        (BlockId { height: 0, hash: block.block_hash() }, consensus::serialize(&block))
    }

    #[test]
    fn a_front_is_what_the_whole_begins_with() {
        let (id, bytes) = block(3);
        let whole = RawBlock::from_bytes(id, &bytes).unwrap();
        let end = 80 + 1 + whole.coinbase.len();
        for length in 0..end {
            let front = RawBlock::from_front(id, &bytes[..length], None, Word::Node);
            assert_eq!(front.unwrap_err(), MalformedBlock::Cut(length));
        }
        for length in end..=bytes.len() {
            let front = RawBlock::from_front(id, &bytes[..length], Some(7), Word::File).unwrap();
            assert_eq!((front.header, front.tx_count, &front.coinbase), (whole.header, 3, &whole.coinbase));
            assert_eq!((front.size, front.weight()), (Some(7), None));
        }
    }

    /// A block of its coinbase alone is proven by its front.
    #[test]
    fn a_front_may_be_all_there_is() {
        let (id, bytes) = block(1);
        for more in [0, 5] {
            let longer = [&bytes[..], &vec![7; more]].concat();
            let front = RawBlock::from_front(id, &longer, None, Word::Node).unwrap();
            let size = u32::try_from(bytes.len()).ok();
            assert_eq!((front.size, front.weight()), (size, size.map(|size| 4 * size)));
        }
        let said = u32::try_from(bytes.len()).unwrap() + 1;
        let cut = RawBlock::from_front(id, &bytes, Some(said), Word::File).unwrap_err();
        assert_eq!(cut, MalformedBlock::Cut(bytes.len()));
        let rubbish = [&bytes[..], &[7]].concat();
        let decode = RawBlock::from_front(id, &rubbish, Some(said), Word::File).unwrap_err();
        assert!(matches!(decode, MalformedBlock::Decode(_)));
    }

    #[test]
    fn impossible_counts_are_refused() {
        let (id, bytes) = block(1);
        let counted = |count: &[u8]| {
            let bent = [&bytes[..80], count, &bytes[81..]].concat();
            RawBlock::from_front(id, &bent, None, Word::Node).unwrap_err()
        };
        assert_eq!(counted(&[0]), MalformedBlock::Empty);
        assert_eq!(counted(&[0xfe, 0, 0, 0, 1]), MalformedBlock::TooMany(1 << 24));
        assert_eq!(counted(&[0xff; 9]), MalformedBlock::TooMany(u64::MAX));
        assert!(matches!(counted(&[0xfd, 1, 0]), MalformedBlock::Decode(_)));
    }
}
