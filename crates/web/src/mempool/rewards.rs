//! `/api/v1/mining/reward-stats/{blocks}`: what the last blocks paid out.

use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
    http::Uri,
    response::Response,
};
use hashwatch_model::Window;
use serde::Serialize;
use utoipa::ToSchema;

use super::{answered, asked};
use crate::{
    error::WebError,
    openapi::{PinParams, Refusals},
    params::{segment, whole},
    shares::Range,
    state::WebState,
};

/// No chain is longer for centuries; a larger number is a slip.
const MOST: u32 = 10_000_000;

/// What blocks paid out. Sums are digits, as mempool has them.
#[derive(Serialize, ToSchema)]
#[schema(as = mempool::RewardStats)]
#[serde(rename_all = "camelCase")]
struct RewardStats {
    start_block: u32,
    end_block: u32,
    /// Subsidies and fees as far as miners took them, in satoshis.
    total_reward: String,
    /// What was taken beyond the subsidies, in satoshis.
    total_fee: String,
    /// Coinbases among them.
    total_tx: String,
}

/// What the last blocks paid out. All that are stored, where that is fewer.
#[utoipa::path(
    get,
    operation_id = "mining_reward_stats_by_blocks",
    path = "/api/v1/mining/reward-stats/{blocks}",
    tag = "mempool.space",
    params(("blocks" = u32, Path, description = "How many blocks, up to the as-of block"), PinParams),
    responses((status = 200, description = "Sums", body = RewardStats), Refusals)
)]
pub(crate) async fn stats(
    State(state): State<WebState>,
    path: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Result<Response, WebError> {
    let blocks = whole(&segment(path, "blocks")?, "blocks", (1, MOST))?;
    let asked = asked(&state, &uri).await?;
    let chain = asked.view.chain().await?;
    let range = Range::of(&chain, Window::Blocks(blocks));
    let places = chain.place(range.from).unwrap_or_default()..chain.blocks();
    let reward: u128 = chain.rewards()[places.clone()].iter().map(|sats| u128::from(*sats)).sum();
    let subsidy: u128 = places.clone().map(|place| u128::from(chain.subsidy(place))).sum();
    let transactions: u64 = chain.tx_counts()[places].iter().map(|count| u64::from(*count)).sum();
    // some took less than they might have
    let fee = if reward < subsidy { format!("-{}", subsidy - reward) } else { (reward - subsidy).to_string() };
    let body = RewardStats {
        start_block: range.from,
        end_block: range.to,
        total_reward: reward.to_string(),
        total_fee: fee,
        total_tx: transactions.to_string(),
    };
    Ok(answered(&state, &asked, Json(body)))
}
