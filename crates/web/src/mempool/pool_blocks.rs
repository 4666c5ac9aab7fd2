//! `/api/v1/mining/pool/{slug}/blocks`: a pool's latest ten blocks, or ten below a height.

use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
    http::Uri,
    response::Response,
};
use futures_util::future::try_join_all;
use hashwatch_registry::Pool;
use hashwatch_store::{BlockFilter, StoredBlock};
use serde::Serialize;
use utoipa::ToSchema;

use super::{answered, asked, extras::Extras, names};
use crate::{
    asked::Asked,
    error::WebError,
    openapi::{PinParams, Refusals},
    params::whole,
    state::WebState,
};

/// Blocks in one answer, as mempool has it.
const LIST: u32 = 10;

/// A block of the active chain.
#[derive(Serialize, ToSchema)]
#[schema(as = mempool::MiningBlock)]
pub(super) struct MiningBlock {
    /// Its hash.
    id: String,
    height: u32,
    version: i32,
    /// Of its header, Unix seconds.
    timestamp: u32,
    /// The target in its compact form, as a number.
    bits: u32,
    nonce: u32,
    /// As the header states it: that of a simulated chain is not scaled.
    difficulty: f64,
    merkle_root: String,
    tx_count: u32,
    /// Bytes; null where the source did not carry the whole block.
    #[schema(required)]
    size: Option<u32>,
    /// Weight units; null where the source did not carry the whole block.
    #[schema(required)]
    weight: Option<u32>,
    previousblockhash: String,
    /// Median time past, Unix seconds.
    mediantime: u32,
    extras: Extras,
}

/// A pool's latest ten blocks.
#[utoipa::path(
    get,
    operation_id = "mining_pool_by_slug_blocks",
    path = "/api/v1/mining/pool/{slug}/blocks",
    tag = "mempool.space",
    params(("slug" = String, Path, description = "The pool's slug, or unknown"), PinParams),
    responses((status = 200, description = "Blocks, newest first", body = Vec<MiningBlock>), Refusals)
)]
pub(crate) async fn latest(
    State(state): State<WebState>,
    path: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Result<Response, WebError> {
    let asked = asked(&state, &uri).await?;
    let pool = names::wanted(&asked.view, path)?;
    told(&state, &asked, pool, u32::MAX).await
}

/// A pool's ten blocks below a height.
#[utoipa::path(
    get,
    operation_id = "mining_pool_by_slug_blocks_by_height",
    path = "/api/v1/mining/pool/{slug}/blocks/{height}",
    tag = "mempool.space",
    params(
        ("slug" = String, Path, description = "The pool's slug, or unknown"),
        ("height" = u32, Path, description = "Blocks below this height"),
        PinParams
    ),
    responses((status = 200, description = "Blocks, newest first", body = Vec<MiningBlock>), Refusals)
)]
pub(crate) async fn below(
    State(state): State<WebState>,
    path: Result<Path<(String, String)>, PathRejection>,
    uri: Uri,
) -> Result<Response, WebError> {
    let not_utf8 = |_| WebError::BadValue { name: "pool", reason: "it is not UTF-8".to_owned() };
    let Path((slug, height)) = path.map_err(not_utf8)?;
    let height = whole(&height, "height", (0, u32::MAX))?;
    let asked = asked(&state, &uri).await?;
    let pool = names::find(&asked.view, &slug)?;
    told(&state, &asked, pool, height).await
}

/// The ten blocks below a height.
async fn told(state: &WebState, asked: &Asked, pool: Option<&Pool>, height: u32) -> Result<Response, WebError> {
    let view = &asked.view;
    let mut blocks = Vec::new();
    if let Some(to) = height.checked_sub(1) {
        let to = to.min(view.mark().tip.height);
        let filter =
            BlockFilter { from: None, to: Some(to), limit: LIST, pool: Some(pool.map(|pool| pool.slug.clone())) };
        let found = view.blocks(&filter).await?;
        let coinbases = try_join_all(found.iter().map(|stored| view.coinbase(&stored.block))).await?;
        let told = found.iter().zip(&coinbases);
        blocks.extend(told.map(|(stored, coinbase)| block(stored, Extras::of(state, view, stored, coinbase))));
    }
    Ok(answered(state, asked, Json(blocks)))
}

fn block(stored: &StoredBlock, extras: Extras) -> MiningBlock {
    let (block, header) = (&stored.block, &stored.block.header);
    MiningBlock {
        id: block.id.hash.to_string(),
        height: block.id.height,
        version: header.version.to_consensus(),
        timestamp: header.time,
        bits: header.bits.to_consensus(),
        nonce: header.nonce,
        difficulty: header.difficulty_float(),
        merkle_root: header.merkle_root.to_string(),
        tx_count: block.tx_count,
        size: block.size,
        weight: block.weight,
        previousblockhash: header.prev_blockhash.to_string(),
        mediantime: block.median_time,
        extras,
    }
}
