//! The site: pages, charts and the JSON API, over a store that somebody else fills.
//!
//! Every URL stands in [`router`]. Templates and assets lie in `web/` and are part of the binary. A page is a
//! template, its struct and its handler; figures come from one computation each, whoever asks.

mod alerts;
mod answers;
mod api;
mod asked;
mod assets;
mod attack;
mod block;
mod blocks;
mod chart;
mod chart_box;
mod charts;
mod concentration;
mod crowd;
mod economics;
mod error;
mod flow;
mod forks;
mod inputs;
mod listen;
mod mainnet;
mod mempool;
mod method;
mod methodology;
mod miners;
mod money;
mod nodes;
mod openapi;
mod overview;
mod page;
mod params;
mod picture;
mod pivots;
mod policy;
mod pools;
mod published;
mod reference;
mod registry;
mod replies;
mod runs;
mod scenario;
mod series;
mod shares;
mod span;
mod state;
mod subscribe;
mod syndication;
mod table;
mod unknown;
mod view;
mod visitor;
mod who;
mod window_links;
mod wording;
mod work;

pub use alerts::{Alerts, StreamLimits, Subscriptions};
use axum::{Router, middleware::from_fn_with_state, routing::get};
pub use chart::{ChartError, ChartRenderer};
pub use listen::serve;
pub use state::WebState;
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};
pub use who::{anatomy_fields, evidence_fields, who_fields};

/// Every URL of the site.
fn router(mut state: WebState) -> Router {
    let (routes, description) = endpoints(Some(&state)).split_for_parts();
    state.description = openapi::text(&description);
    state.reference = reference::Reference::of(&state.description).into();
    let routes = routes
        .route("/api/v1/openapi.json", get(openapi::description))
        .route("/static/{file}", get(assets::asset))
        .fallback(page::not_found)
        .method_not_allowed_fallback(page::method_not_allowed)
        .with_state(state.clone());
    policy::apply(routes, state)
}

/// What takes a place in a lane. URLs of the API stand at their handlers, with what they take and answer. Without a state they are
/// there to be described.
fn endpoints(state: Option<&WebState>) -> OpenApiRouter<WebState> {
    let lane = |places| from_fn_with_state(crowd::Lane::new(places, state), crowd::admit);
    let now = OpenApiRouter::new().routes(routes!(api::status)).route_layer(lane(4));
    let charts = OpenApiRouter::new().route("/charts/{file}", get(charts::chart)).route_layer(lane(4));
    // what is computed of every block, or of many: not in the way of who reads the others
    let heavy = OpenApiRouter::new()
        .route("/concentration", get(concentration::page::page))
        .route("/hashrate", get(work::page::page))
        .route("/pools", get(pools::list_page))
        .route("/pools/{slug}", get(pools::one_page))
        .route("/unknown", get(unknown::page))
        .route("/miners", get(miners::page))
        .route("/miners/{ticker}", get(miners::disclosed::page::page))
        .routes(routes!(miners::disclosed::list::api))
        .routes(routes!(miners::disclosed::one::api))
        .route("/scenario", get(scenario::page::page))
        .routes(routes!(pools::list::api))
        .routes(routes!(pools::one::api))
        .routes(routes!(unknown::api))
        .routes(routes!(series::api))
        .routes(routes!(runs::streaks::api))
        .routes(routes!(published::answer::api))
        .routes(routes!(scenario::answer::api))
        .route_layer(lane(4));
    let figures = OpenApiRouter::new()
        .route("/", get(overview::overview))
        .route("/blocks", get(blocks::page))
        .route("/blocks/{block}", get(block::block))
        .route("/registry", get(registry::page))
        .route("/attack", get(attack::page::page))
        .routes(routes!(attack::answer::api))
        .routes(routes!(attack::race::api))
        .routes(routes!(shares::answer::shares))
        .routes(routes!(concentration::answer::api))
        .routes(routes!(runs::luck::api))
        .routes(routes!(work::hashrate::api))
        .routes(routes!(work::difficulty::api))
        .routes(routes!(work::revenue::api))
        .routes(routes!(blocks::list))
        .routes(routes!(blocks::single))
        .routes(routes!(blocks::csv::api))
        .routes(routes!(registry::api))
        .route("/pivots", get(pivots::page::page))
        .route(pivots::feed::HOME, get(pivots::feed::feed))
        .routes(routes!(pivots::answer::api))
        .route("/alerts", get(alerts::page::page))
        .route("/alerts/{alert}", get(alerts::one_page::page))
        .route("/feeds/alerts.atom", get(alerts::feed::all_atom))
        .route("/feeds/alerts.rss", get(alerts::feed::all_rss))
        .route("/feeds/alerts/{kind}/{file}", get(alerts::feed::some))
        .routes(routes!(alerts::answer::api))
        .routes(routes!(alerts::one::api))
        .route("/economics", get(economics::page::page))
        .routes(routes!(economics::answer::api))
        .routes(routes!(nodes::nodes))
        .routes(routes!(forks::forks))
        .route_layer(lane(8));
    let subscriptions = subscribe::routes(crowd::Lane::new(8, state), state);
    // without an end: they have places of their own
    let streams = OpenApiRouter::new().routes(routes!(alerts::stream::stream));
    // texts, the same until the next release
    let texts = OpenApiRouter::new()
        .route("/methodology", get(methodology::index))
        .route("/methodology/{page}", get(methodology::page))
        .route("/methodology/code/{*path}", get(methodology::code))
        .route("/api", get(reference::page))
        .route_layer(lane(8));
    OpenApiRouter::with_openapi(openapi::Description::openapi())
        .merge(now)
        .merge(streams)
        .merge(subscriptions)
        .merge(charts)
        .merge(heavy)
        .merge(figures)
        .merge(texts)
        .merge(mempool_urls().route_layer(lane(8)))
}

/// mempool.space's mining API: the same paths, so that a script changes its host and nothing else. The tip has three addresses there.
fn mempool_urls() -> OpenApiRouter<WebState> {
    OpenApiRouter::new()
        .routes(routes!(mempool::pools::all))
        .routes(routes!(mempool::pools::within))
        .routes(routes!(mempool::pool::one))
        .routes(routes!(mempool::pool_hashrates::one))
        .routes(routes!(mempool::pool_blocks::latest))
        .routes(routes!(mempool::pool_blocks::below))
        .routes(routes!(mempool::hashrate::all))
        .routes(routes!(mempool::hashrate::within))
        .routes(routes!(mempool::pool_hashrates::all))
        .routes(routes!(mempool::pool_hashrates::within))
        .routes(routes!(mempool::adjustments::all))
        .routes(routes!(mempool::adjustments::within))
        .routes(routes!(mempool::rewards::stats))
        .routes(routes!(mempool::timestamp::at))
        .routes(routes!(mempool::retarget::next_adjustment))
        .routes(routes!(mempool::tip::height))
        .routes(routes!(mempool::tip::hash))
        .route("/api/v1/blocks/tip/height", get(mempool::tip::height))
        .route("/api/v1/blocks/tip/hash", get(mempool::tip::hash))
        .route("/blocks/tip/height", get(mempool::tip::height))
        .route("/blocks/tip/hash", get(mempool::tip::hash))
        .route("/api/v1/mining/{*rest}", get(mempool::unanswered::mining))
}
