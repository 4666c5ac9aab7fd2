//! What goes on right now: nodes, sync, refusals, the store. Told by the pipeline, shown by the page.

use bitcoin::{BlockHash, Work};

use crate::BlockId;

/// How a node stands towards us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeState {
    /// Not asked yet.
    Unknown,
    /// Answers, is synced and on our network.
    Ok,
    /// Does not answer, or answers rubbish. The text says which.
    Unreachable(String),
    /// Still in its initial block download.
    InitialBlockDownload {
        /// Blocks it has validated.
        blocks: u32,
        /// Headers it knows.
        headers: u32,
    },
    /// It has thrown away blocks that we still need.
    PrunedBelowStart {
        /// The lowest block it has.
        lowest: u32,
        /// The block we need.
        needed: u32,
    },
    /// It follows another network.
    WrongNetwork {
        /// Its own word for it.
        found: String,
    },
}

impl NodeState {
    /// The word in the API.
    pub fn name(&self) -> &'static str {
        match self {
            NodeState::Unknown => "unknown",
            NodeState::Ok => "ok",
            NodeState::Unreachable(_) => "unreachable",
            NodeState::InitialBlockDownload { .. } => "initial_block_download",
            NodeState::PrunedBelowStart { .. } => "pruned_below_start",
            NodeState::WrongNetwork { .. } => "wrong_network",
        }
    }
}

/// One source of blocks: a node, or a directory of block files.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeStatus {
    /// Its name in the configuration.
    pub name: String,
    /// How it stands.
    pub state: NodeState,
    /// What it calls itself, such as `/Satoshi:29.0.0/`; none where it never answered.
    pub version: Option<String>,
    /// The end of its active chain.
    pub tip: Option<BlockId>,
    /// The last block that its active chain shares with the one that is stored: its own tip where it is behind, ours where
    /// it is ahead; none while that is not known.
    pub ancestor: Option<BlockId>,
    /// What it answers to `getnetworkhashps`, over its last 120 blocks; none while it was not asked, or where it did not say.
    pub network_hashes_per_second: Option<f64>,
    /// `node_not_on_most_work`: a branch whose headers hold more work than its active chain, if one is known.
    pub more_work: Option<MoreWork>,
}

/// A branch beside a node's active chain with more verified work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MoreWork {
    /// Its end.
    pub tip: BlockId,
    /// Expected hashes from the chain's start to there.
    pub chainwork: Work,
    /// What the node says of it (`invalid`, `valid-headers` ...); none where it does not know it.
    pub standing: Option<&'static str>,
}

impl std::fmt::Display for NodeStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "node {}: ", self.name)?;
        match &self.state {
            NodeState::Unknown => f.write_str("not asked yet"),
            NodeState::Ok => f.write_str("well"),
            NodeState::Unreachable(reason) => write!(f, "unreachable: {reason}"),
            NodeState::InitialBlockDownload { blocks, headers } => {
                write!(f, "still in its initial block download, {blocks} of {headers} blocks")
            }
            NodeState::PrunedBelowStart { lowest, needed } => {
                write!(f, "pruned below the start: it has blocks from {lowest} on, {needed} is needed")
            }
            NodeState::WrongNetwork { found } => write!(f, "on another network: it follows {found}"),
        }
    }
}

/// A block that broke a rule: not stored, and asked for again later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Its height.
    pub height: u32,
    /// The hash it was asked for by.
    pub hash: BlockHash,
    /// Short name of the rule, such as `proof_of_work`.
    pub rule: String,
    /// What the rule asks and what was found, for people.
    pub message: String,
    /// Unix seconds at which it was refused.
    pub at: u64,
}

/// How the store stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreState {
    /// It answers.
    Ok,
    /// It does not, or cannot write. The text says why.
    Down(String),
}

/// Where the pipeline is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sync {
    /// Nothing is being fetched: this process only serves.
    Off,
    /// Waiting for a source.
    Waiting,
    /// Behind the source by more than a chunk.
    CatchingUp {
        /// Our tip.
        at: u32,
        /// The source's.
        of: u32,
    },
    /// At the tip.
    Following,
}

/// Everything the page says about now.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    /// The sources.
    pub nodes: Vec<NodeStatus>,
    /// The store.
    pub store: StoreState,
    /// What kind of store it is: `embedded` or `server`.
    pub store_kind: &'static str,
    /// ClickHouse's version.
    pub store_version: String,
    /// The pipeline.
    pub sync: Sync,
    /// The refusal that keeps us from going on, if one does.
    pub refusal: Option<Refusal>,
    /// What else keeps us from a source's tip, if something does: how asking it failed.
    pub setback: Option<String>,
    /// How many things are wrong with the operator's own entries, so that former ones hold; 0 where all is well.
    pub overlay_problems: usize,
    /// Rules of alerts that are on and cannot be evaluated, as they stand while they cannot.
    pub not_evaluated: Vec<NotEvaluated>,
}

/// A rule of alerts that cannot be evaluated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotEvaluated {
    /// Its key.
    pub rule: &'static str,
    /// What it lacks, for people.
    pub reason: String,
}
