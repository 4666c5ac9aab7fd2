//! The site: pages, charts and the JSON API, over a store that somebody else fills.
//!
//! Every URL stands in [`router`]. Templates and assets lie in `web/` and are part of the binary. A page is a
//! template, its struct and its handler; figures come from one computation each, whoever asks.

mod api;
mod assets;
mod chart;
mod charts;
mod error;
mod listen;
mod overview;
mod page;
mod params;
mod policy;
mod shares;
mod state;
mod wording;

use axum::{Router, routing::get};
pub use chart::{ChartError, ChartRenderer};
pub use listen::serve;
pub use state::WebState;

/// Every URL of the site.
pub fn router(state: WebState) -> Router {
    let routes = Router::new()
        .route("/", get(overview::overview))
        .route("/charts/{file}", get(charts::chart))
        .route("/static/{file}", get(assets::asset))
        .route("/api/v1/status", get(api::status))
        .route("/api/v1/shares", get(api::shares))
        .route("/api/v1/blocks", get(api::blocks))
        .route("/api/v1/blocks/{block}", get(api::block))
        .fallback(page::not_found)
        .method_not_allowed_fallback(page::method_not_allowed)
        .with_state(state);
    policy::apply(routes)
}
