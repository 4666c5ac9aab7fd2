//! Blocks: a header let on by the chain, and a coinbase that belongs to it.

use bitcoin::{consensus, hashes::Hash, hex::DisplayHex, script};
use hashwatch_model::{
    Block, BlockHash, BlockId, Body, Chunk, Coinbase, CoinbaseProof, Header, Network, RawBlock, Transactions,
};
use hashwatch_sha256d::sha256d;

use crate::{
    merkle::merkle_root,
    refusal::{Refusal, Rule},
    rules::check_work,
    tip::{Start, Tip},
    tree::HeaderTree,
    witness,
};

/// A block whose header and coinbase were checked here, and where all of it came, that the one commits to the other
/// ([`Block::coinbase_proof`] says). No other crate can make one.
#[derive(Clone, Debug, PartialEq)]
pub struct VerifiedBlock(Block);

impl VerifiedBlock {
    /// The facts.
    pub fn facts(&self) -> &Block {
        &self.0
    }

    /// The facts, to keep.
    pub fn into_facts(self) -> Block {
        self.0
    }

    /// Facts that come back from the store. They were verified when they went in; that what came back is the same
    /// block is checked again as far as one row can show it: the header hashes to the block's hash and has its work.
    pub fn restored(network: Network, block: Block) -> Result<VerifiedBlock, Refusal> {
        let hash = header_hash(&block.header);
        if hash != block.id.hash {
            return Err(Refusal::of(block.id, Rule::Hash, block.id.hash.to_string(), hash.to_string()));
        }
        check_work(network, block.id, &block.header)
            .map_err(|(rule, expected, found)| Refusal::of(block.id, rule, expected, found))?;
        Ok(VerifiedBlock(block))
    }
}

/// Verifies a run of blocks. `now` is Unix seconds.
///
/// The chunk's parent must be in the tree; a chunk without one begins at the tree's first block. Headers that are not in
/// the tree yet go into it, if they keep the rules; it is the caller who says which branch is active, so a chunk beside
/// the active chain is verified like any other.
pub fn verify_chunk(tree: &mut HeaderTree, chunk: Chunk<RawBlock>, now: u64) -> Result<Chunk<VerifiedBlock>, Refusal> {
    let mut below = chunk.parent;
    if let Some(parent) = chunk.parent.filter(|id| tree.place(id.hash).map(|place| place.id) != Some(*id)) {
        let at = chunk.blocks.first().map_or(parent, |raw| raw.id);
        return Err(Refusal::of(at, Rule::Link, "a parent in our chain".to_owned(), parent.to_string()));
    }
    let mut blocks = Vec::with_capacity(chunk.blocks.len());
    for raw in chunk.blocks {
        let id = raw.id;
        blocks.push(verify_block(tree, below, raw, now)?);
        below = Some(id);
    }
    Ok(Chunk { parent: chunk.parent, blocks })
}

fn verify_block(
    tree: &mut HeaderTree,
    below: Option<BlockId>,
    raw: RawBlock,
    now: u64,
) -> Result<VerifiedBlock, Refusal> {
    let asked = raw.id;
    let hash = header_hash(&raw.header);
    if hash != asked.hash {
        return Err(Refusal::of(asked, Rule::Hash, asked.hash.to_string(), hash.to_string()));
    }
    let height = below.map_or(tree.base(), |id| id.height.saturating_add(1));
    if height != asked.height {
        return Err(Refusal::of(asked, Rule::Link, format!("height {height}"), asked.height.to_string()));
    }
    if let Some(parent) = below.filter(|id| id.hash != raw.header.prev_blockhash) {
        let found = raw.header.prev_blockhash.to_string();
        return Err(Refusal::of(asked, Rule::Link, format!("parent {}", parent.hash), found));
    }
    let place = match tree.place(hash) {
        Some(place) => place,
        None => tree.push(&raw.header, now)?,
    };
    // a chunk without a parent may only be the tree's first blocks, whatever its header stands on
    if place.id != asked {
        return Err(Refusal::of(asked, Rule::Link, format!("height {}", place.id.height), asked.height.to_string()));
    }
    let coinbase = check_body(tree.network(), &raw)?;
    Ok(VerifiedBlock(Block {
        id: asked,
        header: raw.header,
        median_time: place.median_time,
        chainwork: place.chainwork,
        tx_count: raw.tx_count,
        size: raw.size,
        weight: raw.weight(),
        subsidy: tree.network().subsidy(asked.height),
        coinbase,
        coinbase_proof: match raw.body {
            Body::Whole(_) => CoinbaseProof::Merkle,
            Body::Unread(word) => word.into(),
        },
    }))
}

/// A block by itself, at a height that is taken on trust: its header's own work, limit, version and time, and all of its
/// body. `now` is Unix seconds. Says nothing about the block's place in any chain.
pub fn verify_alone(network: Network, raw: &RawBlock, now: u64) -> Result<Coinbase, Refusal> {
    let mut tip = Tip::new(network, Start::Height(raw.id.height));
    tip.extend(&consensus::serialize(&raw.header), now)?;
    let hash = header_hash(&raw.header);
    if hash != raw.id.hash {
        return Err(Refusal::of(raw.id, Rule::Hash, raw.id.hash.to_string(), hash.to_string()));
    }
    check_body(network, raw)
}

/// Everything that a block shows apart from its header's place in the chain.
fn check_body(network: Network, raw: &RawBlock) -> Result<Coinbase, Refusal> {
    let refuse = |rule, expected, found| Refusal::of(raw.id, rule, expected, found);
    let coinbase = Coinbase::from_bytes(raw.coinbase.clone())
        .map_err(|error| refuse(Rule::Coinbase, "a coinbase transaction".to_owned(), error.to_string()))?;
    check_coinbase_script(network, raw.id, coinbase.script().as_bytes())?;
    if let Body::Whole(all) = &raw.body {
        check_transactions(network, raw, all, &coinbase)?;
    }
    Ok(coinbase)
}

/// That the header commits to these transactions, of which the coinbase is the first, and the coinbase to their witnesses.
fn check_transactions(
    network: Network,
    raw: &RawBlock,
    all: &Transactions,
    coinbase: &Coinbase,
) -> Result<(), Refusal> {
    let refuse = |rule, expected, found| Refusal::of(raw.id, rule, expected, found);
    if all.txids.first() != Some(&coinbase.transaction().compute_txid().to_byte_array()) {
        return Err(refuse(Rule::Coinbase, "the block's first transaction".to_owned(), "another".to_owned()));
    }
    let (root, repeated) = merkle_root(&all.txids);
    let expected = raw.header.merkle_root.to_byte_array();
    if root != expected {
        let found = bitcoin::TxMerkleNode::from_byte_array(root).to_string();
        return Err(refuse(Rule::MerkleRoot, raw.header.merkle_root.to_string(), found));
    }
    if repeated {
        let found = "two equal nodes side by side".to_owned();
        return Err(refuse(Rule::DuplicateTransactions, "transactions that differ".to_owned(), found));
    }
    witness::check(network, raw.id, all, coinbase)
}

/// Length, and from BIP 34's height on the block's own height at the front. The script is that of the coinbase's input.
pub fn check_coinbase_script(network: Network, id: BlockId, script: &[u8]) -> Result<(), Refusal> {
    if !(2..=100).contains(&script.len()) {
        let found = format!("{} bytes", script.len());
        return Err(Refusal::of(id, Rule::CoinbaseLength, "2 to 100 bytes".to_owned(), found));
    }
    let height = pushed_height(id.height);
    if id.height >= network.activations().bip34 && !script.starts_with(&height) {
        let found = script[..script.len().min(height.len())].to_lower_hex_string();
        return Err(Refusal::of(id, Rule::CoinbaseHeight, height.to_lower_hex_string(), found));
    }
    Ok(())
}

/// How BIP 34 writes a height.
pub(crate) fn pushed_height(height: u32) -> Vec<u8> {
    script::Builder::new().push_int(i64::from(height)).into_script().into_bytes()
}

/// The hash of a header by our own double SHA-256.
fn header_hash(header: &Header) -> BlockHash {
    BlockHash::from_byte_array(sha256d(&consensus::serialize(header)))
}
