//! The JSON API, version 1. Its shapes are documented in `docs/api.md` and stay as they are.

use axum::{Json, extract::State, http::Uri};
use hashwatch_model::{BlockId, NodeState, NodeStatus, StoreState, Sync};
use hashwatch_store::Mark;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::{error::WebError, openapi::Refusals, params::Params, state::WebState};

pub(crate) type Answer<T> = Result<Json<T>, WebError>;

/// Blocks in one answer at most.
pub(crate) const MAX_LIST: u32 = 200;

/// What is stored, and how the nodes and the store are. Answers even while the store does not.
#[utoipa::path(
    get,
    path = "/api/v1/status",
    tag = "The chain",
    params(),
    responses((status = 200, description = "The present state", body = Value), Refusals)
)]
pub(crate) async fn status(State(state): State<WebState>, uri: Uri) -> Answer<Value> {
    Params::of(&uri).finish()?;
    let now = state.status.borrow().clone();
    let stored = async {
        let Some(snapshot) = state.store.snapshot().await? else { return Ok(None) };
        let (counts, proofs) = tokio::try_join!(snapshot.counts(), state.proof_counts(&snapshot))?;
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
    Ok(Json(json!({
        "network": state.origin().network.name(),
        "data": state.origin().provenance().name(),
        "as_of": mark.as_ref().map(as_of),
        "tip": mark.as_ref().map(as_of),
        "blocks": counts.map(|counts| counts.active),
        "stale_blocks": counts.map(|counts| counts.stale),
        "coinbase_proofs": proofs.map(|p| json!({ "merkle": p.merkle, "node": p.node, "file": p.file })),
        "sync": sync_json(now.sync),
        "setback": now.setback,
        "overlay_problems": now.overlay_problems,
        "refusal": now.refusal.as_ref().map(|refusal| json!({
            "height": refusal.height, "hash": refusal.hash.to_string(), "rule": refusal.rule,
            "message": refusal.message, "at": refusal.at,
        })),
        "nodes": now.nodes.iter().map(|node| node_json(node, tip)).collect::<Vec<_>>(),
        "store": {
            "kind": now.store_kind, "version": now.store_version,
            "state": if down.is_some() { "down" } else { "ok" }, "message": down,
        },
        "registry_version": mark.map_or_else(|| state.registry.version().0.clone(), |mark| mark.registry.0),
        "version": env!("CARGO_PKG_VERSION"),
    })))
}

fn sync_json(sync: Sync) -> Value {
    match sync {
        Sync::Off => json!({ "state": "off" }),
        Sync::Waiting => json!({ "state": "waiting" }),
        Sync::CatchingUp { at, of } => json!({ "state": "catching_up", "at": at, "of": of }),
        Sync::Following => json!({ "state": "following" }),
    }
}

/// `behind_by` is how many blocks our tip lies below the node's; negative where it lies above.
pub(crate) fn node_json(node: &NodeStatus, tip: Option<u32>) -> Value {
    let behind = node.tip.map(|at| i64::from(at.height) - tip.map_or(-1, i64::from));
    let detail = match &node.state {
        NodeState::Unreachable(reason) => Some(reason.clone()),
        NodeState::InitialBlockDownload { blocks, headers } => Some(format!("{blocks} of {headers} blocks")),
        NodeState::PrunedBelowStart { lowest, needed } => Some(format!("has blocks from {lowest}, {needed} is needed")),
        NodeState::WrongNetwork { found } => Some(format!("is on {found}")),
        NodeState::Unknown | NodeState::Ok => None,
    };
    json!({
        "name": node.name, "state": node.state.name(), "detail": detail, "version": node.version,
        "tip": node.tip.map(id_json),
        "behind_by": behind,
        "node_not_on_most_work": node.more_work.as_ref().map(|more| json!({
            "height": more.tip.height, "hash": more.tip.hash.to_string(),
            "chainwork": format!("{:064x}", more.chainwork), "standing": more.standing,
        })),
    })
}

/// A block's place and name.
pub(crate) fn id_json(id: BlockId) -> Value {
    json!({ "height": id.height, "hash": id.hash.to_string() })
}

/// The block that an answer is as of; windows of time end at its median time past.
#[derive(Serialize, ToSchema)]
pub(crate) struct AsOf {
    height: u32,
    /// 64 hex digits, as hashes are usually written.
    hash: String,
    /// Of its header, Unix seconds.
    time: u32,
    /// Median time past, Unix seconds.
    median_time: u32,
}

pub(crate) fn as_of(mark: &Mark) -> AsOf {
    AsOf { height: mark.tip.height, hash: mark.tip.hash.to_string(), time: mark.time, median_time: mark.median_time }
}
