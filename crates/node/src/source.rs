//! One interface over the kinds of source. Adding a kind is a file beside this one and an arm in each match.

use std::time::Duration;

use hashwatch_model::{BlockHash, BlockId, NodeStatus, RawBlock};

use crate::{BlockFiles, BranchTip, NodeError, RpcNode, Traffic};

/// Headers that [`Source::headers_from`] gives at most: what REST gives at most.
pub const HEADERS_AT_ONCE: usize = 2_000;

/// See [`Source::at_once`]. A front is about a kilobyte, more in the years of large coinbases.
const FRONTS_OF_FILES: usize = 2_000;
const FRONTS_OF_NODES: usize = 512;
const WHOLES: usize = 32;

/// How much of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    /// All of it: that the coinbase belongs to the header can be proven.
    Whole,
    /// Header, count of transactions and coinbase, about a kilobyte, by the fastest way there is.
    Front,
}

/// Where blocks come from.
#[derive(Debug)]
pub enum Source {
    /// A bitcoind, asked over JSON-RPC.
    Rpc(RpcNode),
    /// A directory of blk*.dat.
    Files(BlockFiles),
}

impl Source {
    /// Its name in the configuration.
    pub fn name(&self) -> &str {
        match self {
            Source::Rpc(node) => node.name(),
            Source::Files(files) => files.name(),
        }
    }

    /// How the source stands. Failures are states, never errors. `needed` is the lowest height that is still to be
    /// fetched: a source that no longer has it cannot serve us.
    pub async fn probe(&self, needed: u32) -> NodeStatus {
        match self {
            Source::Rpc(node) => node.probe(needed).await,
            Source::Files(files) => files.probe(needed).await,
        }
    }

    /// The end of its active chain.
    pub async fn tip(&self) -> Result<BlockId, NodeError> {
        match self {
            Source::Rpc(node) => node.tip().await,
            Source::Files(files) => files.tip().await,
        }
    }

    /// The headers of the active chain from block `first` (included) upward, [`HEADERS_AT_ONCE`] of them at most: 80 bytes
    /// each as they are hashed, one after the other, all of one chain. Nothing where `first` is not on the active chain,
    /// or no longer. Fewer than the most are no proof that the chain ends there.
    ///
    /// Not checked but for their length: verify says whether they are those, and whether they form a chain.
    ///
    /// # Errors
    /// [`NodeError::Malformed`] and [`NodeError::TooLarge`] where what came cannot be that many headers;
    /// [`NodeError::ChainMoved`] where reorgs kept coming in between.
    pub async fn headers_from(&self, first: BlockId) -> Result<Vec<u8>, NodeError> {
        match self {
            Source::Rpc(node) => node.headers_from(first).await,
            Source::Files(files) => files.headers_from(first).await,
        }
    }

    /// Blocks on any branch, in the order asked for, as much of them as is wanted or more. Not checked: verify says
    /// whether they are those. They all lie in memory at once, so ask for a chunk at a time.
    ///
    /// # Errors
    /// [`NodeError::BlockMissing`] where the source does not have one of them (pruned, unknown).
    pub async fn blocks(&self, ids: &[BlockId], want: Want) -> Result<Vec<RawBlock>, NodeError> {
        match self {
            Source::Rpc(node) => node.blocks(ids, want).await,
            Source::Files(files) => files.blocks(ids, want).await,
        }
    }

    /// How many blocks are best asked for at a time: enough to keep the source busy, few enough for memory.
    pub fn at_once(&self, want: Want) -> usize {
        match (self, want) {
            // each leaves two hashes a transaction
            (_, Want::Whole) => WHOLES,
            (Source::Files(_), Want::Front) => FRONTS_OF_FILES,
            (Source::Rpc(node), Want::Front) if node.reads_files() => FRONTS_OF_FILES,
            // whole blocks may come instead
            (Source::Rpc(_), Want::Front) => FRONTS_OF_NODES,
        }
    }

    /// What the blocks handed over so far have cost.
    pub fn traffic(&self) -> Traffic {
        match self {
            Source::Rpc(node) => node.traffic(),
            Source::Files(files) => files.traffic(),
        }
    }

    /// While block files are looked through for blocks: how many were, and how many are to be. The first look takes all.
    pub fn looking(&self) -> Option<(u64, u64)> {
        match self {
            Source::Rpc(node) => node.looking(),
            Source::Files(files) => files.looking(),
        }
    }

    /// Returns once the tip is no longer `known`, or after `timeout`. A hint only: ask for the tip then.
    pub async fn wait_for_change(&self, known: BlockHash, timeout: Duration) -> Result<(), NodeError> {
        match self {
            Source::Rpc(node) => node.wait_for_change(known, timeout).await,
            Source::Files(files) => files.wait_for_change(known, timeout).await,
        }
    }

    /// Blocks off the active chain that the source has, down to where their branches leave it; lower ones first.
    pub async fn stale_blocks(&self) -> Result<Vec<BlockId>, NodeError> {
        match self {
            Source::Rpc(node) => node.stale_blocks().await,
            Source::Files(files) => files.stale_blocks().await,
        }
    }

    /// The ends of the branches beside the active chain, and what the source says of each. Branches in block files are
    /// whole, but nobody has looked at more than their proof of work: [`crate::Standing::ValidHeaders`].
    pub async fn branch_tips(&self) -> Result<Vec<BranchTip>, NodeError> {
        match self {
            Source::Rpc(node) => node.branch_tips().await,
            Source::Files(files) => files.branch_tips().await,
        }
    }

    /// The headers of a branch, 80 bytes each, lowest first: the last is the tip's, the first that of the block above the
    /// common ancestor, by the length that the tip came with. Each is linked to the next by its hash, nothing else is
    /// checked. A node is asked for them one by one, from the tip down.
    ///
    /// # Errors
    /// [`NodeError::BranchTooLong`] beyond [`crate::MAX_BRANCH`] blocks; [`NodeError::BlockMissing`] where the source has
    /// fewer than the tip's length says; [`NodeError::NotAskedFor`] where a node tells another block's header.
    pub async fn branch_headers(&self, tip: &BranchTip) -> Result<Vec<u8>, NodeError> {
        match self {
            Source::Rpc(node) => node.branch_headers(tip).await,
            Source::Files(files) => files.branch_headers(tip).await,
        }
    }
}
