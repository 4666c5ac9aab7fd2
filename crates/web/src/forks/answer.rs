//! What `/api/v1/forks` answers with.

use hashwatch_metrics::Interval;
use hashwatch_model::{BlockId, NodeStatus};
use hashwatch_store::{Reorg, StaleBlock, TipChange};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    branches::Branch,
    rate::{StaleRate, StaleRates},
};
use crate::{
    api::{BlockIdFields, id_fields},
    nodes::{Sightings, StandingFields, standing_fields},
    openapi::words::{HashText, ProofWord},
    shares::{CONFIDENCE, answer::WindowFields},
    view::View,
};

/// Where chains part.
#[derive(Serialize, ToSchema)]
pub(crate) struct ForksFields {
    pub(super) window: WindowFields,
    /// Where the nodes' chains end, at present.
    pub(super) tips: Vec<TipFields>,
    /// Stale blocks joined by their parents; those that end in the window or above it, the highest first.
    pub(super) branches: Vec<BranchFields>,
    /// Commits that took blocks off the chain that is followed, newest first.
    pub(super) reorgs: Vec<MovedFields>,
    /// The same of each node's own active chain, as far as it was watched.
    pub(super) node_reorgs: Vec<NodeMovedFields>,
    pub(super) stale_rate: StaleRateFields,
}

/// Where a node's chain ends.
#[derive(Serialize, ToSchema)]
pub(super) struct TipFields {
    /// The node's name.
    node: String,
    /// Null while it has told none.
    #[schema(required)]
    tip: Option<BlockIdFields>,
    #[serde(flatten)]
    standing: StandingFields,
}

pub(super) fn tip_fields(node: &NodeStatus, ours: BlockId) -> TipFields {
    TipFields { node: node.name.clone(), tip: node.tip.map(id_fields), standing: standing_fields(node, ours) }
}

/// A branch: from the active chain up to a block that no stale block stands on.
#[derive(Serialize, ToSchema)]
pub(super) struct BranchFields {
    tip: BlockIdFields,
    /// The block of the active chain that it stands on.
    ancestor: BlockIdFields,
    /// How many blocks it has.
    #[schema(minimum = 1)]
    length: u32,
    /// Any of its blocks was part of the chain that is followed once.
    was_active: bool,
    /// Its highest 50, highest first.
    #[schema(min_items = 1, max_items = 50)]
    blocks: Vec<StaleBlockFields>,
}

pub(super) fn branch_fields(view: &View, branch: &Branch, seen: &Sightings) -> BranchFields {
    BranchFields {
        tip: id_fields(branch.tip),
        ancestor: id_fields(branch.ancestor),
        length: branch.length,
        was_active: branch.was_active,
        blocks: branch.blocks.iter().map(|block| stale_block_fields(view, block, seen)).collect(),
    }
}

/// A stale block.
#[derive(Serialize, ToSchema)]
struct StaleBlockFields {
    height: u32,
    #[schema(value_type = HashText)]
    hash: String,
    /// Of its header, Unix seconds.
    time: u32,
    /// Slug of the pool; null is Unknown.
    #[schema(required)]
    pool: Option<String>,
    /// The pool's name.
    #[schema(required)]
    name: Option<String>,
    #[schema(value_type = ProofWord)]
    coinbase_proof: &'static str,
    /// It was part of the chain that is followed once.
    was_active: bool,
    /// Which nodes were seen to have it.
    first_seen: Vec<SeenByFields>,
}

/// A node that was seen to have a block.
#[derive(Serialize, ToSchema)]
struct SeenByFields {
    /// The node's name.
    node: String,
    /// Milliseconds since 1970, on hashwatch's clock.
    first_seen_ms: u64,
}

fn stale_block_fields(view: &View, block: &StaleBlock, seen: &Sightings) -> StaleBlockFields {
    let seen = seen.get(&block.id.hash).map_or(&[][..], Vec::as_slice);
    StaleBlockFields {
        height: block.id.height,
        hash: block.id.hash.to_string(),
        time: block.time,
        pool: block.pool.clone(),
        name: block.pool.as_deref().map(|slug| view.pool_name(slug).to_owned()),
        coinbase_proof: block.coinbase_proof.name(),
        was_active: block.was_active,
        first_seen: seen.iter().map(|(node, at)| SeenByFields { node: node.clone(), first_seen_ms: *at }).collect(),
    }
}

/// A reorg: where a chain ended before and after.
#[derive(Serialize, ToSchema)]
pub(super) struct MovedFields {
    /// Milliseconds since 1970, on hashwatch's clock.
    at_ms: u64,
    /// Where the chain ended then.
    tip: BlockIdFields,
    /// The tip before.
    left: BlockIdFields,
    /// The last block that both chains share.
    ancestor: BlockIdFields,
    /// How many blocks left.
    depth: u32,
}

pub(super) fn moved_fields(reorg: &Reorg) -> MovedFields {
    MovedFields {
        at_ms: reorg.at,
        tip: id_fields(reorg.tip),
        left: id_fields(reorg.left),
        ancestor: id_fields(reorg.ancestor),
        depth: reorg.depth(),
    }
}

/// A reorg of a node's own chain.
#[derive(Serialize, ToSchema)]
pub(super) struct NodeMovedFields {
    #[serde(flatten)]
    moved: MovedFields,
    /// The node's name.
    node: String,
}

pub(super) fn node_moved_fields(change: &TipChange) -> NodeMovedFields {
    let moved = MovedFields {
        at_ms: change.seen_at,
        tip: id_fields(change.tip),
        left: id_fields(change.left),
        ancestor: id_fields(change.ancestor),
        depth: change.depth(),
    };
    NodeMovedFields { moved, node: change.node.clone() }
}

/// Stale blocks among all that were found, overall and pool by pool.
#[derive(Serialize, ToSchema)]
pub(super) struct StaleRateFields {
    #[serde(flatten)]
    overall: RateFields,
    /// Of every interval: a part of one.
    confidence: f64,
    /// Most blocks first.
    pools: Vec<PoolRateFields>,
    /// No pool; null where every block's miner is known.
    #[schema(required)]
    unknown: Option<RateFields>,
}

/// Stale blocks among stale and active ones.
#[derive(Serialize, ToSchema)]
struct RateFields {
    stale: u64,
    /// Stale and active ones.
    #[schema(minimum = 1)]
    blocks: u64,
    /// A part of one, with Wilson's interval.
    #[schema(minimum = 0, maximum = 1)]
    rate: f64,
    #[schema(minimum = 0, maximum = 1)]
    low: f64,
    #[schema(minimum = 0, maximum = 1)]
    high: f64,
}

/// A pool's stale rate.
#[derive(Serialize, ToSchema)]
struct PoolRateFields {
    #[serde(flatten)]
    rate: RateFields,
    /// Its slug.
    id: String,
    name: String,
}

fn rate_fields(rate: &StaleRate) -> RateFields {
    let Interval { value, low, high } = rate.rate;
    RateFields { stale: rate.stale, blocks: rate.blocks, rate: value, low, high }
}

pub(super) fn stale_rate_fields(view: &View, rates: &StaleRates) -> StaleRateFields {
    let pool = |(slug, rate): &(String, StaleRate)| PoolRateFields {
        rate: rate_fields(rate),
        id: slug.clone(),
        name: view.pool_name(slug).to_owned(),
    };
    StaleRateFields {
        overall: rate_fields(&rates.overall),
        confidence: CONFIDENCE,
        pools: rates.pools.iter().map(pool).collect(),
        unknown: rates.unknown.as_ref().map(rate_fields),
    }
}
