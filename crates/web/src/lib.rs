//! The site: pages, charts and the JSON API, over a store that somebody else fills.
//!
//! Every URL stands in [`router`]. Templates and assets lie in `web/` and are part of the binary. A page is a
//! template, its struct and its handler; figures come from one computation each, whoever asks.

mod answers;
mod api;
mod assets;
mod block;
mod chart;
mod charts;
mod crowd;
mod error;
mod forks;
mod listen;
mod nodes;
mod overview;
mod page;
mod params;
mod picture;
mod policy;
mod shares;
mod standing;
mod state;
mod view;
mod who;
mod wording;

use axum::{Router, middleware::from_fn_with_state, routing::get};
pub use chart::{ChartError, ChartRenderer};
pub use listen::serve;
pub use state::WebState;
pub use who::{anatomy_json, evidence_json, who_fields};

/// Every URL of the site.
pub fn router(state: WebState) -> Router {
    let lane = |places| from_fn_with_state(crowd::Lane::new(places, &state), crowd::admit);
    let now = Router::new().route("/api/v1/status", get(api::status)).route_layer(lane(4));
    let charts = Router::new().route("/charts/{file}", get(charts::chart)).route_layer(lane(4));
    let figures = Router::new()
        .route("/", get(overview::overview))
        .route("/blocks/{block}", get(block::block))
        .route("/api/v1/shares", get(api::shares))
        .route("/api/v1/blocks", get(api::blocks))
        .route("/api/v1/blocks/{block}", get(api::block))
        .route("/api/v1/nodes", get(nodes::nodes))
        .route("/api/v1/forks", get(forks::forks))
        .route_layer(lane(8));
    let routes = now
        .merge(charts)
        .merge(figures)
        .route("/static/{file}", get(assets::asset))
        .fallback(page::not_found)
        .method_not_allowed_fallback(page::method_not_allowed)
        .with_state(state);
    policy::apply(routes)
}
