//! `/api/v1/mining/hashrate`: the network's hashrate day by day, its difficulty, and both as of the block.

use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
    http::Uri,
    response::Response,
};
use hashwatch_model::Window;
use hashwatch_store::ChainColumns;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    adjustments::{Change, changes_within, difficulty},
    asked,
    calendar::{DAY, Stretch, hashrate_of, over},
    counted, period, too_short,
};
use crate::{
    error::WebError,
    openapi::{PinParams, Refusals},
    shares::Range,
    state::WebState,
    work::hashrate::usual,
};

/// Blocks that the current hashrate is taken from: a week's, as mempool takes.
const CURRENT: Window = Window::Blocks(1_008);

/// Hashrate and difficulty over a period.
#[derive(Serialize, ToSchema)]
#[schema(as = mempool::NetworkHashrate)]
#[serde(rename_all = "camelCase")]
struct NetworkHashrate {
    /// Days that are over, the oldest first.
    hashrates: Vec<DayHashrate>,
    /// Changes of difficulty, the oldest first.
    difficulty: Vec<DifficultyChange>,
    /// Hashes per second over the last 1,008 blocks.
    current_hashrate: f64,
    /// Of the as-of block.
    current_difficulty: f64,
}

/// A day's mean.
#[derive(Serialize, ToSchema)]
#[schema(as = mempool::DayHashrate)]
#[serde(rename_all = "camelCase")]
struct DayHashrate {
    /// The midnight (UTC) that ends the day, Unix seconds.
    timestamp: i64,
    /// Hashes per second.
    avg_hashrate: f64,
}

/// A block from which on another difficulty holds.
#[derive(Serialize, ToSchema)]
#[schema(as = mempool::DifficultyChange)]
struct DifficultyChange {
    /// Of its header, Unix seconds.
    time: u32,
    /// The same: mempool's documentation has this name, its servers answer with the other.
    timestamp: u32,
    height: u32,
    difficulty: f64,
    /// New difficulty over old; 0 for the genesis.
    adjustment: f64,
}

/// The network's hashrate by days, and its difficulty, over all that is stored.
#[utoipa::path(
    get,
    operation_id = "mining_hashrate",
    path = "/api/v1/mining/hashrate",
    tag = "mempool.space",
    params(PinParams),
    responses((status = 200, description = "Hashrate and difficulty", body = NetworkHashrate), Refusals)
)]
pub(crate) async fn all(State(state): State<WebState>, uri: Uri) -> Result<Response, WebError> {
    told(&state, &uri, Window::All).await
}

/// The network's hashrate by days, and its difficulty, over a trailing period.
#[utoipa::path(
    get,
    operation_id = "mining_hashrate_by_period",
    path = "/api/v1/mining/hashrate/{period}",
    tag = "mempool.space",
    params(("period" = String, Path, description = "One of 24h 3d 1w 1m 3m 6m 1y 2y 3y 4y all"), PinParams),
    responses((status = 200, description = "Hashrate and difficulty", body = NetworkHashrate), Refusals)
)]
pub(crate) async fn within(
    State(state): State<WebState>,
    path: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Result<Response, WebError> {
    told(&state, &uri, period::window(path)?).await
}

async fn told(state: &WebState, uri: &Uri, window: Window) -> Result<Response, WebError> {
    let asked = asked(state, uri).await?;
    let chain = asked.view.chain().await?;
    let scale = state.origin().hash_scale;
    let current = usual(state, &chain, Range::of(&chain, CURRENT)).map(|found| found.rate);
    let day = |stretch: Stretch| {
        let avg_hashrate = hashrate_of(&chain, stretch, scale)?;
        Some(DayHashrate { timestamp: stretch.end, avg_hashrate })
    };
    let change = |change: Change| {
        let Change { height, place, ratio: adjustment } = change;
        let (time, difficulty) = (chain.times()[place], difficulty(chain.bits()[place]) * scale);
        DifficultyChange { time, timestamp: time, height, difficulty, adjustment }
    };
    let days = over(chain.median_times(), DAY).into_iter().filter(|day| ends_within(&chain, window, *day));
    let body = NetworkHashrate {
        hashrates: days.filter_map(day).collect(),
        difficulty: changes_within(&chain, window).into_iter().map(change).collect(),
        current_hashrate: current.ok_or_else(|| too_short("the hashrate"))?.value,
        // a chain is never empty
        current_difficulty: chain.bits().last().map_or(0.0, |bits| difficulty(*bits) * scale),
    };
    Ok(counted(state, &asked, &chain, Json(body)))
}

/// Whether a day or week ends in a window: later than the as-of block's median time past less the window.
pub(super) fn ends_within(chain: &ChainColumns, window: Window, stretch: Stretch) -> bool {
    let last = chain.median_times().last().copied().unwrap_or_default();
    window.seconds().is_none_or(|seconds| stretch.end > i64::from(last) - i64::from(seconds))
}
