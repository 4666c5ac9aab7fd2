//! mempool.space's mining API, as scripts call it: its paths, its field names and types, over what is known here. A script changes its
//! host and nothing else. What differs, and which fields are null and why, stands in `docs/mempool.md`.
//!
//! Figures are those of the other endpoints: windows end at the as-of block's median time past, and Unknown stands last. Shapes alone are
//! mempool's (<https://mempool.space/docs/api/rest>); `as_of` and `registry` are taken here, too.

pub(crate) mod adjustments;
mod calendar;
mod extras;
pub(crate) mod hashrate;
mod names;
mod period;
pub(crate) mod pool;
pub(crate) mod pool_blocks;
pub(crate) mod pool_hashrates;
pub(crate) mod pools;
pub(crate) mod retarget;
pub(crate) mod rewards;
pub(crate) mod timestamp;
pub(crate) mod tip;
pub(crate) mod unanswered;

use axum::{
    http::{HeaderName, HeaderValue, Uri, header},
    response::{IntoResponse, Response},
};
use hashwatch_store::ChainColumns;

use crate::{asked::Asked, error::WebError, params::Params, state::WebState};

/// What a question is as of, and under which registry. Other parameters are refused.
async fn asked(state: &WebState, uri: &Uri) -> Result<Asked, WebError> {
    Asked::page(state, Params::of(uri)).await
}

/// A body as mempool has it. What every answer of ours says of itself has no place in there: headers say it.
fn answered(state: &WebState, asked: &Asked, body: impl IntoResponse) -> Response {
    let (view, origin, tip) = (&asked.view, state.origin(), asked.view.mark().tip);
    let told = [
        (HeaderName::from_static("x-hashwatch-network"), origin.network.name().to_owned()),
        (HeaderName::from_static("x-hashwatch-data"), origin.provenance().name().to_owned()),
        (HeaderName::from_static("x-hashwatch-as-of"), format!("{} {}", tip.height, tip.hash)),
        (HeaderName::from_static("x-hashwatch-registry"), view.registry().0.clone()),
        // RFC 8288: a permanent link
        (header::LINK, format!("<{}>; rel=\"bookmark\"", asked.permalink())),
    ];
    let mut response = body.into_response();
    for (name, value) in told {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// The same with the number of all blocks, which mempool sends beside what is counted over some of them.
fn counted(state: &WebState, asked: &Asked, chain: &ChainColumns, body: impl IntoResponse) -> Response {
    let mut response = answered(state, asked, body);
    response.headers_mut().insert(HeaderName::from_static("x-total-count"), HeaderValue::from(chain.blocks()));
    response
}

/// Refuses what has too few blocks to be estimated from.
fn too_short(what: &str) -> WebError {
    WebError::NotAvailable(format!("too few blocks to estimate {what} from"))
}
