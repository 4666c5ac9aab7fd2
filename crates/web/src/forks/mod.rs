//! Where chains part: nodes that disagree, branches that went stale, reorgs of ours and of theirs, and the stale rate.

mod branches;
mod rate;

use axum::{Json, extract::State, http::Uri};
use hashwatch_model::{BlockId, Window};
use hashwatch_store::{Reorg, StaleBlock, TipChange};
use serde::Serialize;
use serde_json::{Map, Value, json};

use self::{
    branches::{Branch, branches},
    rate::StaleRates,
};
use crate::{
    api::{Answer, MAX_LIST, id_json},
    asked::Asked,
    error::WebError,
    nodes::{Sightings, standing_fields},
    openapi::{LimitParam, PinParams, Refusals, WindowParam},
    params::Params,
    shares::{CONFIDENCE, Shares, answer::window_fields},
    state::WebState,
    table::Answered,
    view::View,
    window_links::range_words,
};

/// Blocks of one branch in an answer at most, its highest: real branches are shorter, and a hostile one may be long.
const MOST_BLOCKS: usize = 50;

/// Where chains part: branches, reorgs of ours and of nodes, and the stale rate.
#[utoipa::path(
    get,
    path = "/api/v1/forks",
    tag = "The chain",
    params(WindowParam, LimitParam, PinParams),
    responses((status = 200, description = "Branches and reorgs", body = Value), Refusals)
)]
pub(crate) async fn forks(State(state): State<WebState>, uri: Uri) -> Answer<impl Serialize> {
    let mut params = Params::of(&uri);
    let window = params.window(Window::All)?;
    let limit = params.count("limit", (1, MAX_LIST))?.unwrap_or(50);
    let asked = Asked::page(&state, params).await?;
    let snapshot = &asked.view;
    let shares = Shares::read(&state, snapshot, window).await?;
    let from = shares.range.from;
    // all of them: a branch that ends in the window may begin below it
    let (mut stale, mut reorgs, mut node_reorgs) =
        tokio::try_join!(snapshot.stale_between((0, u32::MAX)), snapshot.reorgs(limit), snapshot.node_reorgs(limit))?;
    if asked.past {
        let tip = snapshot.mark().tip.height;
        stale.retain(|block| block.id.height <= tip);
        reorgs.retain(|reorg| reorg.left.height <= tip);
        node_reorgs.retain(|change| change.left.height <= tip);
    }
    let branches = branches(&stale, from, limit as usize, MOST_BLOCKS);
    let listed: Vec<BlockId> = branches.iter().flat_map(|branch| branch.blocks.iter().map(|block| block.id)).collect();
    let seen = snapshot.sightings(&listed).await?;
    let rates = StaleRates::of(&shares, &stale).ok_or_else(|| WebError::Draw("a window without blocks".to_owned()))?;
    let now = state.status.borrow().clone();
    let tip = snapshot.mark().tip;
    let tips = now.nodes.iter().map(|node| {
        let told = [("node", json!(node.name)), ("tip", json!(node.tip.map(id_json)))];
        let fields = told.into_iter().chain(standing_fields(node, tip));
        Value::Object(fields.map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>())
    });
    let fields = json!({
        "window": window_fields(window, shares.range),
        "tips": tips.collect::<Vec<_>>(),
        "branches": branches.iter().map(|branch| branch_json(snapshot, branch, &seen)).collect::<Vec<_>>(),
        "reorgs": reorgs.iter().filter(|reorg| reorg.left.height >= from).map(reorg_json).collect::<Vec<_>>(),
        "node_reorgs":
            node_reorgs.iter().filter(|change| change.left.height >= from).map(tip_json).collect::<Vec<_>>(),
        "stale_rate": rates_json(snapshot, &rates),
    });
    let title = format!("Branches, reorgs and stale rate over {}", range_words(shares.range));
    Ok(Json(Answered::new(&state, &asked, &title, fields)))
}

fn branch_json(view: &View, branch: &Branch, seen: &Sightings) -> Value {
    json!({
        "tip": id_json(branch.tip), "ancestor": id_json(branch.ancestor), "length": branch.length,
        "was_active": branch.was_active,
        "blocks": branch.blocks.iter().map(|block| block_json(view, block, seen)).collect::<Vec<_>>(),
    })
}

fn block_json(view: &View, block: &StaleBlock, seen: &Sightings) -> Value {
    let seen = seen.get(&block.id.hash).map_or(&[][..], Vec::as_slice);
    let seen = seen.iter().map(|(node, at)| json!({ "node": node, "first_seen_ms": at }));
    json!({
        "height": block.id.height, "hash": block.id.hash.to_string(), "time": block.time, "pool": block.pool,
        "name": block.pool.as_deref().map(|slug| view.pool_name(slug)),
        "coinbase_proof": block.coinbase_proof.name(), "was_active": block.was_active,
        "first_seen": seen.collect::<Vec<_>>(),
    })
}

fn reorg_json(reorg: &Reorg) -> Value {
    moved_json(reorg.at, reorg.tip, reorg.left, reorg.ancestor, reorg.depth())
}

fn tip_json(change: &TipChange) -> Value {
    let mut told = moved_json(change.seen_at, change.tip, change.left, change.ancestor, change.depth());
    told["node"] = json!(change.node);
    told
}

fn moved_json(at: u64, tip: BlockId, left: BlockId, ancestor: BlockId, depth: u32) -> Value {
    json!({
        "at_ms": at, "tip": id_json(tip), "left": id_json(left), "ancestor": id_json(ancestor), "depth": depth,
    })
}

fn rates_json(view: &View, rates: &StaleRates) -> Value {
    let mut told = rates.overall.json();
    told["confidence"] = json!(CONFIDENCE);
    let pools = rates.pools.iter().map(|(slug, rate)| {
        let mut pool = rate.json();
        pool["id"] = json!(slug);
        pool["name"] = json!(view.pool_name(slug));
        pool
    });
    told["pools"] = pools.collect();
    told["unknown"] = json!(rates.unknown.as_ref().map(|rate| rate.json()));
    told
}
