//! The JSON API, version 1. Its shapes are documented in `docs/api.md` and stay as they are.

use axum::{
    Json,
    extract::{Path, RawQuery, State, rejection::PathRejection},
};
use bitcoin::Address;
use hashwatch_metrics::Interval;
use hashwatch_model::{Anatomy, BlockId, Evidence, NodeState, NodeStatus, StoreState, Sync, coinbase::readable_text};
use hashwatch_registry::day_of;
use hashwatch_store::{BlockFilter, Mark, StoredBlock};
use serde_json::{Value, json};

use crate::{
    block,
    error::WebError,
    params::{Params, segment},
    shares::Shares,
    standing::By,
    state::WebState,
    view::View,
    who::{anatomy_json, evidence_json, who_fields},
};

pub(crate) type Answer = Result<Json<Value>, WebError>;

/// Blocks in one answer at most.
pub(crate) const MAX_LIST: u32 = 200;

/// `GET /api/v1/status`: answers even while the store does not.
pub(crate) async fn status(State(state): State<WebState>, RawQuery(query): RawQuery) -> Answer {
    Params::new(query.as_deref()).finish()?;
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
        "as_of": mark.as_ref().map(mark_json),
        "tip": mark.as_ref().map(mark_json),
        "blocks": counts.map(|counts| counts.active),
        "stale_blocks": counts.map(|counts| counts.stale),
        "coinbase_proofs": proofs.map(|p| json!({ "merkle": p.merkle, "node": p.node, "file": p.file })),
        "sync": sync_json(now.sync),
        "setback": now.setback,
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

/// `GET /api/v1/shares`.
pub(crate) async fn shares(State(state): State<WebState>, RawQuery(query): RawQuery) -> Answer {
    let mut params = Params::new(query.as_deref());
    let window = params.window()?;
    let by = By::from_word(params.word("by", &By::WORDS)?);
    let (as_of, registry) = (params.take("as_of")?, params.registry()?);
    params.finish()?;
    let snapshot = state.view_under(as_of, registry).await?;
    let shares = Shares::read_by(&state, &snapshot, window, by).await?;
    let rows = shares.pools.iter().map(|share| {
        let Interval { value, low, high } = share.share;
        json!({
            "id": share.slug, "kind": share.kind, "name": share.name, "blocks": share.blocks,
            "share": value, "low": low, "high": high,
        })
    });
    Ok(Json(json!({
        "network": state.origin().network.name(),
        "data": state.origin().provenance().name(),
        "as_of": as_of_json(&snapshot),
        "registry_version": snapshot.registry().0,
        "window": {
            "name": window.to_string(), "from_height": shares.range.from, "to_height": shares.range.to,
            "blocks": shares.range.blocks(),
        },
        "by": by.word(),
        "confidence": crate::shares::CONFIDENCE,
        "unknown": { "blocks": shares.unknown, "share": shares.unknown_share.value },
        "shares": rows.collect::<Vec<_>>(),
    })))
}

/// The block that an answer is as of; windows of time end at its median time past.
pub(crate) fn as_of_json(snapshot: &View) -> Value {
    mark_json(snapshot.mark())
}

fn mark_json(mark: &Mark) -> Value {
    json!({
        "height": mark.tip.height, "hash": mark.tip.hash.to_string(), "time": mark.time, "median_time": mark.median_time,
    })
}

/// `GET /api/v1/blocks`: newest first, active chain only.
pub(crate) async fn blocks(State(state): State<WebState>, RawQuery(query): RawQuery) -> Answer {
    let mut params = Params::new(query.as_deref());
    let from = params.number("from", (0, u32::MAX))?;
    let to = params.number("to", (0, u32::MAX))?;
    let limit = params.number("limit", (1, MAX_LIST))?.unwrap_or(50);
    let pool = params.take::<String>("pool")?;
    let registry = params.registry()?;
    params.finish()?;
    let snapshot = state.view_under(None, registry).await?;
    if let (Some(from), Some(to)) = (from, to)
        && from > to
    {
        return Err(WebError::BadValue { name: "from", reason: "it lies above \"to\"".to_owned() });
    }
    let pool = match pool.as_deref() {
        None => None,
        Some("unknown") => Some(None),
        Some(slug) if snapshot.who.pool(slug).is_some() => Some(Some(slug.to_owned())),
        Some(_) => {
            return Err(WebError::BadValue {
                name: "pool",
                reason: "no pool of the registry has this slug".to_owned(),
            });
        }
    };
    let blocks = snapshot.blocks(&BlockFilter { from, to, limit, pool }).await?;
    Ok(Json(json!({
        "network": state.origin().network.name(),
        "data": state.origin().provenance().name(),
        "as_of": as_of_json(&snapshot),
        "registry_version": snapshot.registry().0,
        "blocks": blocks.iter().map(|block| block_json(&snapshot, block)).collect::<Vec<_>>(),
    })))
}

/// `GET /api/v1/blocks/{height|hash}`: a stale block is found by its hash.
pub(crate) async fn block(
    State(state): State<WebState>,
    path: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Answer {
    let asked = segment(path, "block")?;
    let mut params = Params::new(query.as_deref());
    let registry = params.registry()?;
    params.finish()?;
    let snapshot = state.view_under(None, registry).await?;
    let (found, coinbase) = block::find(&snapshot, &asked).await?;
    let mut answer = block_json(&snapshot, &found);
    answer["coinbase"]["anatomy"] = anatomy_json(&snapshot.who, &Anatomy::of(&coinbase), found.block.id.height);
    answer["coinbase"]["outputs"] = coinbase.outputs().iter().map(|out| output_json(&state, out)).collect();
    if let Value::Object(fields) = &mut answer {
        fields.insert("network".to_owned(), json!(state.origin().network.name()));
        fields.insert("data".to_owned(), json!(state.origin().provenance().name()));
        fields.insert("as_of".to_owned(), as_of_json(&snapshot));
        fields.insert("registry_version".to_owned(), json!(snapshot.registry().0));
    }
    Ok(Json(answer))
}

/// Everything but the coinbase's outputs, which are counted: there may be a megabyte of them.
fn block_json(snapshot: &View, stored: &StoredBlock) -> Value {
    let block = &stored.block;
    let header = &block.header;
    json!({
        "height": block.id.height,
        "hash": block.id.hash.to_string(),
        "status": if stored.stale { "stale" } else { "active" },
        "version": header.version.to_consensus(),
        "prev_hash": header.prev_blockhash.to_string(),
        "merkle_root": header.merkle_root.to_string(),
        "time": header.time,
        "bits": format!("{:08x}", header.bits.to_consensus()),
        "nonce": header.nonce,
        "difficulty": header.difficulty_float(),
        "median_time": block.median_time,
        "chainwork": format!("{:x}", block.chainwork),
        "tx_count": block.tx_count,
        "size": block.size,
        "weight": block.weight,
        "subsidy": block.subsidy,
        "fees": block.fees(),
        "coinbase": {
            "txid": block.coinbase_txid.to_string(),
            "script_hex": hex::encode(&block.coinbase_script),
            "text": readable_text(&block.coinbase_script),
            "proof": block.coinbase_proof.name(),
            "outputs_count": block.coinbase_outputs,
        },
        "attribution": attribution_json(snapshot, stored),
    })
}

/// All marks are evidence here, those that contradict among them: each names the pool that it speaks for.
fn attribution_json(snapshot: &View, stored: &StoredBlock) -> Value {
    let attribution = &stored.attribution;
    let mut fields = who_fields(&snapshot.who, attribution, Some(day_of(stored.block.header.time)));
    let marks = |marks: &mut dyn Iterator<Item = &Evidence>| json!(marks.map(evidence_json).collect::<Vec<_>>());
    fields.insert("evidence".to_owned(), marks(&mut attribution.evidence.iter()));
    fields.insert("conflicts".to_owned(), marks(&mut attribution.conflicts()));
    fields.insert("registry_version".to_owned(), json!(snapshot.registry().0));
    Value::Object(fields)
}

fn output_json(state: &WebState, output: &bitcoin::TxOut) -> Value {
    let address = Address::from_script(&output.script_pubkey, state.origin().network.encoding()).ok();
    json!({
        "sats": output.value.to_sat(),
        "address": address.map(|address| address.to_string()),
        "script_hex": output.script_pubkey.to_hex_string(),
    })
}
