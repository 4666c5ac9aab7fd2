//! Where chains part: nodes that disagree, branches that went stale, reorgs of ours and of theirs, and the stale rate.

mod answer;
mod branches;
mod rate;

use axum::{Json, extract::State, http::Uri};
use hashwatch_model::{BlockId, Window};

use self::{
    answer::{ForksFields, branch_fields, moved_fields, node_moved_fields, stale_rate_fields, tip_fields},
    branches::branches,
    rate::StaleRates,
};
use crate::{
    api::{Answer, MAX_LIST},
    asked::Asked,
    error::WebError,
    openapi::{LimitParam, PinParams, Refusals, WindowParam},
    params::Params,
    shares::{Shares, answer::window_fields},
    state::WebState,
    table::Answered,
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
    responses((status = 200, description = "Branches and reorgs", body = Answered<ForksFields>), Refusals)
)]
pub(crate) async fn forks(State(state): State<WebState>, uri: Uri) -> Answer<Answered<ForksFields>> {
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
    let fields = ForksFields {
        window: window_fields(window, shares.range),
        tips: now.nodes.iter().map(|node| tip_fields(node, tip)).collect(),
        branches: branches.iter().map(|branch| branch_fields(snapshot, branch, &seen)).collect(),
        reorgs: reorgs.iter().filter(|reorg| reorg.left.height >= from).map(moved_fields).collect(),
        node_reorgs: node_reorgs.iter().filter(|change| change.left.height >= from).map(node_moved_fields).collect(),
        stale_rate: stale_rate_fields(snapshot, &rates),
    };
    let title = format!("Branches, reorgs and stale rate over {}", range_words(shares.range));
    Ok(Json(Answered::new(&state, &asked, &title, fields)))
}
