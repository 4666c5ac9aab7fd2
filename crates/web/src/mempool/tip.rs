//! The tip by its height or its hash, as plain text and nothing else.

use axum::{extract::State, http::Uri, response::Response};

use super::{answered, asked};
use crate::{
    error::WebError,
    openapi::{PinParams, Refusals},
    state::WebState,
};

/// The height of the as-of block, in digits. Also at `/api/v1/blocks/tip/height` and `/blocks/tip/height`.
#[utoipa::path(
    get,
    operation_id = "blocks_tip_height",
    path = "/api/blocks/tip/height",
    tag = "mempool.space",
    params(PinParams),
    responses((status = 200, description = "The height", body = String, content_type = "text/plain"), Refusals)
)]
pub(crate) async fn height(State(state): State<WebState>, uri: Uri) -> Result<Response, WebError> {
    let asked = asked(&state, &uri).await?;
    Ok(answered(&state, &asked, asked.view.mark().tip.height.to_string()))
}

/// The hash of the as-of block. Also at `/api/v1/blocks/tip/hash` and `/blocks/tip/hash`.
#[utoipa::path(
    get,
    operation_id = "blocks_tip_hash",
    path = "/api/blocks/tip/hash",
    tag = "mempool.space",
    params(PinParams),
    responses((status = 200, description = "The hash", body = String, content_type = "text/plain"), Refusals)
)]
pub(crate) async fn hash(State(state): State<WebState>, uri: Uri) -> Result<Response, WebError> {
    let asked = asked(&state, &uri).await?;
    Ok(answered(&state, &asked, asked.view.mark().tip.hash.to_string()))
}
