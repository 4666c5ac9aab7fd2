//! `GET /api/v1/hashrate`: the network's hashes per second over a window, with what chance leaves open, beside what nodes say.

use axum::{
    extract::State,
    http::{HeaderMap, Uri},
    response::Response,
};
use hashwatch_metrics::{Estimate, Interval, MEDIAN_LAG, hashrate_between, hashrate_of_time};
use hashwatch_model::Window;
use hashwatch_store::ChainColumns;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::Over;
use crate::{
    error::WebError,
    openapi::{FormatParam, PinParams, Refusals, WindowParam},
    shares::{CONFIDENCE, Range, USUAL, answer::WindowFields, answer::window_fields},
    state::WebState,
    table::{Answered, Table, answer},
    window_links::range_words,
};

/// Which clock tells how long blocks took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Clock {
    /// Medians of eleven header times, which no single miner can move.
    Medians,
    /// The times of the first and the last header.
    Headers,
}

/// Estimated real hashes per second over a range. None where it is too short to say.
pub(crate) fn estimate(chain: &ChainColumns, range: Range, clock: Clock, scale: f64) -> Option<Estimate> {
    let places = (chain.place(range.from)?, chain.place(range.to)?);
    let (times, lag) = match clock {
        Clock::Medians => (chain.median_times(), MEDIAN_LAG),
        Clock::Headers => (chain.times(), 0),
    };
    hashrate_between(times, lag, places, |below, top| chain.work_between(below, top) * scale, CONFIDENCE)
}

/// The same of a window of time, all of it, in which the number of blocks is what chance decides. The last block is left out: the
/// window ends with it because it was found, not because its time was over. None where the window reaches below what is stored.
fn of_time(chain: &ChainColumns, range: Range, window: Window, scale: f64) -> Option<Estimate> {
    let (first, last) = (chain.place(range.from)?, chain.place(range.to)?);
    let seconds = window.seconds().map(u64::from)?;
    let below = first.checked_sub(1)?;
    let (work, blocks) = (chain.work_between(below, last.checked_sub(1)?) * scale, (last - first) as u64);
    hashrate_of_time(work, blocks, seconds, CONFIDENCE).map(|rate| Estimate { rate, blocks, seconds })
}

/// The estimate that pages show.
pub(crate) fn usual(state: &WebState, chain: &ChainColumns, range: Range) -> Option<Estimate> {
    estimate(chain, range, Clock::Medians, state.origin().hash_scale)
}

/// The network's hashes per second over a window.
#[derive(Serialize, ToSchema)]
struct HashrateFields {
    window: WindowFields,
    confidence: f64,
    /// From the window's first block to its last, by medians of eleven header times, which no single miner can move: the number of
    /// blocks is given, and chance decides the time. Null where the window is too short to say.
    #[schema(required)]
    estimate: Option<HashrateEstimate>,
    /// Of all of a window of days, but for its last block: the time is given, and chance decides the number of blocks. Null for
    /// other windows, and where one reaches below what is stored.
    #[schema(required)]
    of_fixed_time: Option<HashrateEstimate>,
    /// As `estimate`, by the times of the first and the last header alone.
    #[schema(required)]
    by_header_times: Option<HashrateEstimate>,
    /// What nodes answer to `getnetworkhashps` now, over the last 120 blocks: no estimate of ours, and not as of the as-of block.
    nodes: Vec<NodeSays>,
}

/// Hashes per second, and what they were taken from.
#[derive(Serialize, ToSchema)]
struct HashrateEstimate {
    hashes_per_second: f64,
    low: f64,
    high: f64,
    /// Blocks whose work it is.
    blocks: u64,
    /// Seconds that they took.
    seconds: u64,
}

/// A node's own word.
#[derive(Serialize, ToSchema)]
struct NodeSays {
    node: String,
    /// Null where it was not asked, or did not say.
    #[schema(required)]
    network_hashes_per_second: Option<f64>,
}

fn estimate_fields(found: Estimate) -> HashrateEstimate {
    let Interval { value, low, high } = found.rate;
    HashrateEstimate { hashes_per_second: value, low, high, blocks: found.blocks, seconds: found.seconds }
}

/// The network's hashrate over a window.
///
/// The mean over the window with its 95 % interval; beside it what nodes say.
#[utoipa::path(
    get,
    operation_id = "hashrate",
    path = "/api/v1/hashrate",
    tag = "How much work",
    params(WindowParam, PinParams, FormatParam),
    responses(
        (status = 200, description = "The hashrate", content(
            (Answered<HashrateFields> = "application/json"), (String = "text/csv")
        )),
        Refusals
    )
)]
pub(crate) async fn api(State(state): State<WebState>, headers: HeaderMap, uri: Uri) -> Result<Response, WebError> {
    let Over { asked, chain, window, range } = Over::read(&state, (&headers, &uri), USUAL).await?;
    let scale = state.origin().hash_scale;
    let by = |clock| estimate(&chain, range, clock, scale);
    let of_time = of_time(&chain, range, window, scale);
    let (medians, by_headers) = (by(Clock::Medians), by(Clock::Headers));
    let nodes = state.status.borrow().nodes.clone();
    let fields = || HashrateFields {
        window: window_fields(window, range),
        confidence: CONFIDENCE,
        estimate: medians.map(estimate_fields),
        of_fixed_time: of_time.map(estimate_fields),
        by_header_times: by_headers.map(estimate_fields),
        nodes: nodes
            .iter()
            .map(|node| NodeSays { node: node.name.clone(), network_hashes_per_second: node.network_hashes_per_second })
            .collect(),
    };
    let table = || {
        let row = |how: &str, found: Option<Estimate>| {
            let found = found.map(estimate_fields);
            let of = |figure: fn(&HashrateEstimate) -> f64| json!(found.as_ref().map(figure));
            vec![
                json!(how),
                of(|it| it.hashes_per_second),
                of(|it| it.low),
                of(|it| it.high),
                json!(found.as_ref().map(|it| it.blocks)),
                json!(found.as_ref().map(|it| it.seconds)),
            ]
        };
        let columns = ["estimate", "hashes_per_second", "low_95", "high_95", "blocks", "seconds"];
        let rows = vec![row("median_times", medians), row("fixed_time", of_time), row("header_times", by_headers)];
        Table::new(&format!("hashrate-{window}"), &columns, rows)
    };
    answer(&state, &asked, &format!("Hashrate over {}", range_words(range)), fields, table)
}
