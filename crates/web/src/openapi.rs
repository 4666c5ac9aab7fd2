//! The description of the API (OpenAPI 3.1): put together from the handlers and the types that they answer with, so that it says what
//! is there. What endpoints have in common stands here.

pub(crate) mod words;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::{IntoParams, IntoResponses, OpenApi, ToSchema};

use crate::state::WebState;

/// What the description opens with.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "hashwatch",
        description = "Who controls Bitcoin's hashrate, read from the chain itself. Amounts are satoshis, times Unix seconds, hashes \
                       hex as they are usually written. Fields are added, never renamed or removed.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    components(schemas(Refused)),
    tags(
        (name = "Who mines", description = "Shares, pools and those who stand behind them"),
        (name = "How concentrated", description = "Indices over shares, and how they moved"),
        (name = "Alerts", description = "What is raised, and what was said"),
        (name = "How much work", description = "Hashrate, difficulty and what it earns"),
        (name = "What it costs", description = "The price of a majority, and how often a payment is undone"),
        (name = "Pivots and prices", description = "What listed miners announced, and what it means in money"),
        (name = "The chain", description = "Blocks, branches and nodes"),
        (name = "mempool.space", description = "The mining endpoints of mempool.space's API, as scripts call them"),
    )
)]
pub(crate) struct Description;

/// `window`.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "described, not read: params.rs reads")]
pub(crate) struct WindowParam {
    /// A number of blocks (`2016`), days (`45d`), one of 24h 3d 1w 1m 3m 6m 1y 2y 3y, or `all`. It ends at the as-of block: a
    /// window of time holds the blocks whose median time past is later than the as-of block's minus the window.
    #[param(pattern = "^(all|24h|3d|1[wmy]|[36]m|[23]y|[1-9][0-9]{0,6}|[1-9][0-9]{0,3}d)$", example = "1w")]
    window: Option<String>,
}

/// Those of `/api/v1/blocks`.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "described, not read: params.rs reads")]
pub(crate) struct BlocksParams {
    /// The lowest height.
    #[param(minimum = 0, maximum = 4_294_967_295_u32)]
    from: Option<u32>,
    /// The highest height.
    #[param(minimum = 0, maximum = 4_294_967_295_u32)]
    to: Option<u32>,
    /// How many at most; 50 where it is left out.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// The slug of a pool, or `unknown`.
    pool: Option<String>,
}

/// `limit`.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "described, not read: params.rs reads")]
pub(crate) struct LimitParam {
    /// How many of each at most; 50 where it is left out.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// `by`.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "described, not read: params.rs reads")]
pub(crate) struct ByParam {
    /// What is counted as one.
    #[param(inline)]
    by: Option<ByWord>,
}

#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[allow(dead_code, reason = "described, not read: params.rs reads")]
enum ByWord {
    Pool,
    Group,
    Owner,
}

/// `by` of `/api/v1/shares`, where companies are counted, too.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "described, not read: params.rs reads")]
pub(crate) struct SharesByParam {
    /// What is counted as one.
    #[param(inline)]
    by: Option<SharesByWord>,
}

#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[allow(dead_code, reason = "described, not read: params.rs reads")]
enum SharesByWord {
    Pool,
    Group,
    Owner,
    Miner,
}

/// `as_of` and `registry`.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "described, not read: params.rs reads")]
pub(crate) struct PinParams {
    /// The block that the answer is as of: a height, or a hash of the active chain. Else the tip.
    #[param(pattern = "^([0-9]{1,9}|[0-9a-fA-F]{64})$")]
    as_of: Option<String>,
    /// A version of the registry that was in use: 16 hex digits, as in `registry_version`. Else the one in use.
    #[param(pattern = "^[0-9a-f]{16}$")]
    registry: Option<String>,
}

/// `format`.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "described, not read: params.rs reads")]
pub(crate) struct FormatParam {
    /// JSON or CSV; it outweighs `Accept`.
    #[param(inline)]
    format: Option<FormatWord>,
}

#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[allow(dead_code, reason = "described, not read: params.rs reads")]
enum FormatWord {
    Json,
    Csv,
}

/// Why there is no answer.
#[derive(Serialize, ToSchema)]
pub(crate) struct Refused {
    pub(crate) error: RefusedBecause,
}

/// A code that stays, and a message for people.
#[derive(Serialize, ToSchema)]
pub(crate) struct RefusedBecause {
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

/// What every endpoint may answer instead.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "described, not built: error.rs builds")]
pub(crate) enum Refusals {
    /// `unknown_parameter`, `repeated_parameter` or `bad_value`: the message names the parameter
    #[response(status = 400)]
    Bad(Refused),
    /// `not_found` or `not_available`
    #[response(status = 404)]
    NotFound(Refused),
    /// `method_not_allowed`
    #[response(status = 405)]
    Method(Refused),
    /// `stale_as_of`: the as-of block left the active chain
    #[response(status = 409)]
    Stale(Refused),
    /// `internal`
    #[response(status = 500)]
    Internal(Refused),
    /// `no_blocks`, `store_unavailable`, `opinions_missing` or `busy`: try again after as many seconds as `Retry-After` says
    #[response(status = 503)]
    Unavailable(Refused),
}

/// The description as it is sent.
pub(crate) fn text(description: &utoipa::openapi::OpenApi) -> Arc<str> {
    // it is made of strings and lists alone: there is nothing in it that JSON could not say
    let text = description.to_json().unwrap_or_default();
    // numbers without a sign, as the registry of formats spells them
    text.replace("\"format\":\"u-int", "\"format\":\"uint").into()
}

/// `GET /api/v1/openapi.json`.
pub(crate) async fn description(State(state): State<WebState>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], state.description.to_string()).into_response()
}
