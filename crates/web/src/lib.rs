//! The site: pages, charts and the JSON API, over a store that somebody else fills.
//!
//! Every URL stands in [`router`]. Templates and assets lie in `web/` and are part of the binary. A page is a
//! template, its struct and its handler; figures come from one computation each, whoever asks.

mod answers;
mod api;
mod asked;
mod assets;
mod block;
mod blocks;
mod chart;
mod chart_box;
mod charts;
mod crowd;
mod error;
mod forks;
mod listen;
mod method;
mod miners;
mod nodes;
mod overview;
mod page;
mod params;
mod picture;
mod policy;
mod pools;
mod registry;
mod shares;
mod state;
mod table;
mod unknown;
mod view;
mod who;
mod window_links;
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
    // what is computed of every block, or of many: not in the way of who reads the others
    let heavy = Router::new()
        .route("/pools", get(pools::list_page))
        .route("/pools/{slug}", get(pools::one_page))
        .route("/unknown", get(unknown::page))
        .route("/miners", get(miners::page))
        .route("/api/v1/pools", get(pools::list_api))
        .route("/api/v1/pools/{slug}", get(pools::one_api))
        .route("/api/v1/unknown", get(unknown::api))
        .route_layer(lane(4));
    let figures = Router::new()
        .route("/", get(overview::overview))
        .route("/blocks", get(blocks::page))
        .route("/blocks/{block}", get(block::block))
        .route("/registry", get(registry::page))
        .route("/api/v1/shares", get(shares::answer::shares))
        .route("/api/v1/blocks", get(blocks::list))
        .route("/api/v1/blocks/{block}", get(blocks::single))
        .route("/api/v1/registry", get(registry::api))
        .route("/api/v1/nodes", get(nodes::nodes))
        .route("/api/v1/forks", get(forks::forks))
        .route_layer(lane(8));
    let routes = now
        .merge(charts)
        .merge(heavy)
        .merge(figures)
        .route("/static/{file}", get(assets::asset))
        .fallback(page::not_found)
        .method_not_allowed_fallback(page::method_not_allowed)
        .with_state(state);
    policy::apply(routes)
}
