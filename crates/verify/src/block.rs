//! Blocks: a header let on by the chain, and a coinbase that belongs to it.

use bitcoin::{hashes::Hash, script};
use hashwatch_model::{Block, BlockHash, BlockId, Chunk, Coinbase, CoinbaseProof, Network, RawBlock};
use hashwatch_sha256d::hash_nodes;

use crate::{
    chain::{HeaderChain, check_work, header_hash},
    refusal::{Refusal, Rule},
};

/// A block whose header, merkle root and coinbase were checked here. No other crate can make one.
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
            return Err(refusal(block.id, Rule::Hash, block.id.hash.to_string(), hash.to_string()));
        }
        check_work(network, block.id, &block.header)
            .map_err(|(rule, expected, found)| refusal(block.id, rule, expected, found))?;
        Ok(VerifiedBlock(block))
    }
}

/// Puts a run of blocks onto the chain. `now` is Unix seconds.
///
/// The chain is first cut back to the chunk's parent, which must be part of it: a reorg is nothing else. On a
/// refusal the chain stands as it was before the call.
pub fn verify_chunk(
    chain: &mut HeaderChain,
    chunk: Chunk<RawBlock>,
    now: u64,
) -> Result<Chunk<VerifiedBlock>, Refusal> {
    let first = chunk.blocks.first().map(|raw| raw.id);
    let Some(removed) = chain.cut_off(chunk.parent) else {
        let at = first.or(chunk.parent).unwrap_or(BlockId { height: 0, hash: BlockHash::all_zeros() });
        let found = chunk.parent.map_or_else(|| "none".to_owned(), |id| id.to_string());
        return Err(refusal(at, Rule::Link, "a parent in our chain".to_owned(), found));
    };
    let blocks: Result<Vec<_>, _> = chunk.blocks.into_iter().map(|raw| verify_block(chain, raw, now)).collect();
    match blocks {
        Ok(blocks) => Ok(Chunk { parent: chunk.parent, blocks }),
        Err(refusal) => {
            chain.put_back(chunk.parent, removed);
            Err(refusal)
        }
    }
}

/// Checks a branch beside the chain as if it were put onto it; the chain stays as it is.
pub fn verify_branch(
    chain: &mut HeaderChain,
    branch: Chunk<RawBlock>,
    now: u64,
) -> Result<Vec<VerifiedBlock>, Refusal> {
    let parent = branch.parent;
    let above = chain.cut_off(parent);
    let verified = verify_chunk(chain, branch, now);
    if let Some(above) = above {
        chain.put_back(parent, above);
    }
    verified.map(|chunk| chunk.blocks)
}

fn verify_block(chain: &mut HeaderChain, raw: RawBlock, now: u64) -> Result<VerifiedBlock, Refusal> {
    let asked = raw.id;
    let hash = header_hash(&raw.header);
    if hash != asked.hash {
        return Err(refusal(asked, Rule::Hash, asked.hash.to_string(), hash.to_string()));
    }
    if chain.next_height() != asked.height {
        return Err(refusal(asked, Rule::Link, format!("height {}", chain.next_height()), asked.height.to_string()));
    }
    let coinbase = check_body(chain.network(), &raw)?;
    let (median_time, chainwork) = chain.push(&raw.header, now)?;
    Ok(VerifiedBlock(Block {
        id: asked,
        header: raw.header,
        median_time,
        chainwork,
        tx_count: u32::try_from(raw.txids.len()).unwrap_or(u32::MAX),
        size: Some(raw.size),
        weight: Some(raw.weight),
        subsidy: chain.network().subsidy(asked.height),
        coinbase,
        coinbase_proof: CoinbaseProof::Merkle,
    }))
}

/// Everything that a block shows apart from its header's place in the chain.
fn check_body(network: Network, raw: &RawBlock) -> Result<Coinbase, Refusal> {
    let refuse = |rule, expected, found| refusal(raw.id, rule, expected, found);
    let coinbase = Coinbase::from_bytes(raw.coinbase.clone())
        .map_err(|error| refuse(Rule::Coinbase, "a coinbase transaction".to_owned(), error.to_string()))?;
    if raw.txids.first() != Some(&coinbase.transaction().compute_txid().to_byte_array()) {
        return Err(refuse(Rule::Coinbase, "the block's first transaction".to_owned(), "another".to_owned()));
    }
    let (root, repeated) = merkle_root(raw.txids.clone());
    let expected = raw.header.merkle_root.to_byte_array();
    if root != expected {
        let found = bitcoin::TxMerkleNode::from_byte_array(root).to_string();
        return Err(refuse(Rule::MerkleRoot, raw.header.merkle_root.to_string(), found));
    }
    if repeated {
        let found = "two equal nodes side by side".to_owned();
        return Err(refuse(Rule::DuplicateTransactions, "transactions that differ".to_owned(), found));
    }
    check_coinbase_script(network, raw.id, coinbase.script().as_bytes())?;
    Ok(coinbase)
}

/// Length, and from BIP 34's height on the block's own height at the front.
fn check_coinbase_script(network: Network, id: BlockId, script: &[u8]) -> Result<(), Refusal> {
    if !(2..=100).contains(&script.len()) {
        let found = format!("{} bytes", script.len());
        return Err(refusal(id, Rule::CoinbaseLength, "2 to 100 bytes".to_owned(), found));
    }
    if id.height >= network.activations().bip34 {
        let height = script::Builder::new().push_int(i64::from(id.height)).into_script();
        if !script.starts_with(height.as_bytes()) {
            let found = hex(&script[..script.len().min(height.len())]);
            return Err(refusal(id, Rule::CoinbaseHeight, hex(height.as_bytes()), found));
        }
    }
    Ok(())
}

/// The merkle root, and whether two equal nodes stand side by side on some level: then other lists of transactions
/// have the same root (CVE-2012-2459; Core `ComputeMerkleRoot`).
fn merkle_root(mut level: Vec<[u8; 32]>) -> ([u8; 32], bool) {
    let mut repeated = false;
    while level.len() > 1 {
        repeated |= level.chunks_exact(2).any(|pair| pair[0] == pair[1]);
        level = hash_nodes(&level);
    }
    (level.first().copied().unwrap_or_default(), repeated)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn refusal(id: BlockId, rule: Rule, expected: String, found: String) -> Refusal {
    Refusal { height: id.height, hash: id.hash, rule, expected, found }
}
