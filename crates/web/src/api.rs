//! The JSON API, version 1. Its shapes are documented in `docs/api.md` and stay as they are.

use axum::{Json, extract::State, http::Uri};
use hashwatch_model::{BlockId, MoreWork, NodeState, NodeStatus, NotEvaluated, Refusal, StoreState, Sync};
use hashwatch_store::{Mark, ProofCounts};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    error::WebError,
    openapi::{
        Refusals,
        words::{DataWord, HashText, NetworkWord, NodeStateWord, StandingWord, VersionText, WorkText, texts, words},
    },
    params::Params,
    state::WebState,
};

pub(crate) type Answer<T> = Result<Json<T>, WebError>;

/// Blocks in one answer at most.
pub(crate) const MAX_LIST: u32 = 200;

texts! {
    /// The engine within this program, or a server.
    StoreKindWord: words(["embedded", "server"]);
    /// Whether the store answers.
    StoreStateWord: words(["ok", "down"]);
}

/// What is stored, and how the nodes and the store are. Answers even while the store does not.
#[utoipa::path(
    get,
    path = "/api/v1/status",
    tag = "The chain",
    params(),
    responses((status = 200, description = "The present state", body = StatusFields), Refusals)
)]
pub(crate) async fn status(State(state): State<WebState>, uri: Uri) -> Answer<StatusFields> {
    Params::of(&uri).finish()?;
    let now = state.status.borrow().clone();
    let stored = async {
        let Some(snapshot) = state.store.snapshot().await? else { return Ok(None) };
        let (counts, proofs) = tokio::try_join!(state.counts(&snapshot), state.proof_counts(&snapshot))?;
        Ok::<_, hashwatch_store::StoreError>(Some((snapshot.mark().clone(), counts, proofs)))
    };
    let stored = stored.await;
    let down = match (&now.store, &stored) {
        (StoreState::Down(reason), _) => Some(reason.clone()),
        (StoreState::Ok, Err(error)) => Some(error.in_public()),
        (StoreState::Ok, Ok(_)) => None,
    };
    let stored = stored.ok().flatten();
    let counts = stored.as_ref().map(|(_, counts, _)| *counts);
    let proofs = stored.as_ref().map(|(_, _, proofs)| *proofs);
    let mark = stored.map(|(mark, _, _)| mark);
    let tip = mark.as_ref().map(|mark| mark.tip.height);
    Ok(Json(StatusFields {
        network: state.origin().network.name(),
        data: state.origin().provenance().name(),
        as_of: mark.as_ref().map(as_of),
        tip: mark.as_ref().map(as_of),
        blocks: counts.map(|counts| counts.active),
        stale_blocks: counts.map(|counts| counts.stale),
        coinbase_proofs: proofs.map(|ProofCounts { merkle, node, file }| ProofsFields { merkle, node, file }),
        sync: sync_fields(now.sync),
        setback: now.setback,
        overlay_problems: now.overlay_problems,
        not_evaluated: now.not_evaluated.iter().map(NotEvaluatedFields::from).collect(),
        refusal: now.refusal.map(refusal_fields),
        nodes: now.nodes.iter().map(|node| node_fields(node, tip)).collect(),
        notices: state.alerts.notices.borrow().seq,
        store: StoreFields {
            kind: now.store_kind,
            version: now.store_version,
            state: if down.is_some() { "down" } else { "ok" },
            message: down,
        },
        registry_version: mark.map_or_else(|| state.registry.version().0.clone(), |mark| mark.registry.0),
        version: env!("CARGO_PKG_VERSION"),
    }))
}

/// What is stored, and how the nodes and the store are.
#[derive(Serialize, ToSchema)]
pub(crate) struct StatusFields {
    #[schema(value_type = NetworkWord)]
    network: &'static str,
    #[schema(value_type = DataWord)]
    data: &'static str,
    /// The tip; null before the first block and while the store is down, as are the four after it.
    #[schema(required)]
    as_of: Option<AsOf>,
    /// The same as `as_of`.
    #[schema(required)]
    tip: Option<AsOf>,
    /// Of the active chain.
    #[schema(required)]
    blocks: Option<u64>,
    #[schema(required)]
    stale_blocks: Option<u64>,
    #[schema(required)]
    coinbase_proofs: Option<ProofsFields>,
    sync: SyncFields,
    /// How asking a node failed, while that keeps us from its tip.
    #[schema(required)]
    setback: Option<String>,
    /// How many things are wrong with the operator's own entries in the registry, so that former ones hold.
    overlay_problems: usize,
    /// Rules of alerts that are on and cannot be evaluated: an alert of theirs stays as it is meanwhile.
    not_evaluated: Vec<NotEvaluatedFields>,
    #[schema(required)]
    refusal: Option<RefusalFields>,
    nodes: Vec<NodeFields>,
    /// The last notice that was said of alerts, by `seq`; 0 before the first.
    notices: u64,
    store: StoreFields,
    #[schema(value_type = VersionText)]
    registry_version: String,
    /// Of hashwatch.
    version: &'static str,
}

/// A rule of alerts that cannot be evaluated.
#[derive(Serialize, ToSchema)]
struct NotEvaluatedFields {
    /// Its key.
    rule: &'static str,
    /// What it lacks, in words.
    reason: String,
}

impl From<&NotEvaluated> for NotEvaluatedFields {
    fn from(it: &NotEvaluated) -> NotEvaluatedFields {
        NotEvaluatedFields { rule: it.rule, reason: it.reason.clone() }
    }
}

/// Kept blocks, stale ones among them, by what ties the coinbase to the header.
#[derive(Serialize, ToSchema)]
struct ProofsFields {
    merkle: u64,
    node: u64,
    file: u64,
}

/// Where the pipeline is.
#[derive(Serialize, ToSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
enum SyncFields {
    /// This process only serves.
    Off,
    Waiting,
    CatchingUp {
        /// Our tip.
        at: u32,
        /// The source's.
        of: u32,
    },
    Following,
}

fn sync_fields(sync: Sync) -> SyncFields {
    match sync {
        Sync::Off => SyncFields::Off,
        Sync::Waiting => SyncFields::Waiting,
        Sync::CatchingUp { at, of } => SyncFields::CatchingUp { at, of },
        Sync::Following => SyncFields::Following,
    }
}

/// The block that keeps us from going on.
#[derive(Serialize, ToSchema)]
struct RefusalFields {
    height: u32,
    #[schema(value_type = HashText)]
    hash: String,
    /// Short name of the rule that it broke.
    rule: String,
    message: String,
    /// When it was refused, Unix seconds.
    at: u64,
}

fn refusal_fields(refusal: Refusal) -> RefusalFields {
    let Refusal { height, hash, rule, message, at } = refusal;
    RefusalFields { height, hash: hash.to_string(), rule, message, at }
}

/// The store.
#[derive(Serialize, ToSchema)]
struct StoreFields {
    #[schema(value_type = StoreKindWord)]
    kind: &'static str,
    /// Of ClickHouse.
    version: String,
    #[schema(value_type = StoreStateWord)]
    state: &'static str,
    /// Why it is down.
    #[schema(required)]
    message: Option<String>,
}

/// A node.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NodeFields {
    /// As it is called in the configuration.
    name: String,
    #[schema(value_type = NodeStateWord)]
    state: &'static str,
    /// What there is to say of its state.
    #[schema(required)]
    detail: Option<String>,
    /// What it calls itself; null where it never answered.
    #[schema(required)]
    version: Option<String>,
    /// The end of its active chain.
    #[schema(required)]
    tip: Option<BlockIdFields>,
    /// How many blocks our tip lies below the node's; negative where it lies above.
    #[schema(required)]
    behind_by: Option<i64>,
    #[schema(required)]
    node_not_on_most_work: Option<MoreWorkFields>,
}

/// A branch whose verified headers hold more work than the node's active chain.
#[derive(Debug, Serialize, ToSchema)]
struct MoreWorkFields {
    height: u32,
    #[schema(value_type = HashText)]
    hash: String,
    /// Expected hashes from the chain's start on: 64 hex digits.
    #[schema(value_type = WorkText)]
    chainwork: String,
    /// Null where only another node has it.
    #[schema(required, value_type = Option<StandingWord>)]
    standing: Option<&'static str>,
}

fn more_work_fields(more: &MoreWork) -> MoreWorkFields {
    MoreWorkFields {
        height: more.tip.height,
        hash: more.tip.hash.to_string(),
        chainwork: format!("{:064x}", more.chainwork),
        standing: more.standing,
    }
}

/// `tip` is ours.
pub(crate) fn node_fields(node: &NodeStatus, tip: Option<u32>) -> NodeFields {
    let detail = match &node.state {
        NodeState::Unreachable(reason) => Some(reason.clone()),
        NodeState::InitialBlockDownload { blocks, headers } => Some(format!("{blocks} of {headers} blocks")),
        NodeState::PrunedBelowStart { lowest, needed } => Some(format!("has blocks from {lowest}, {needed} is needed")),
        NodeState::WrongNetwork { found } => Some(format!("is on {found}")),
        NodeState::Unknown | NodeState::Ok => None,
    };
    NodeFields {
        name: node.name.clone(),
        state: node.state.name(),
        detail,
        version: node.version.clone(),
        tip: node.tip.map(id_fields),
        behind_by: node.tip.map(|at| i64::from(at.height) - tip.map_or(-1, i64::from)),
        node_not_on_most_work: node.more_work.as_ref().map(more_work_fields),
    }
}

/// A block's place and name.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BlockIdFields {
    height: u32,
    #[schema(value_type = HashText)]
    hash: String,
}

pub(crate) fn id_fields(id: BlockId) -> BlockIdFields {
    BlockIdFields { height: id.height, hash: id.hash.to_string() }
}

/// The block that an answer is as of; windows of time end at its median time past.
#[derive(Serialize, ToSchema)]
pub(crate) struct AsOf {
    height: u32,
    #[schema(value_type = HashText)]
    hash: String,
    /// Of its header, Unix seconds.
    time: u32,
    /// Median time past, Unix seconds.
    median_time: u32,
}

pub(crate) fn as_of(mark: &Mark) -> AsOf {
    AsOf { height: mark.tip.height, hash: mark.tip.hash.to_string(), time: mark.time, median_time: mark.median_time }
}
