//! `/api/v1/mining/hashrate/pools` and `/api/v1/mining/pool/{slug}/hashrate`: pools' hashrates week by week.

use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
    http::Uri,
    response::Response,
};
use hashwatch_model::Window;
use hashwatch_store::{ChainColumns, MinerColumn};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    asked,
    calendar::{Stretch, WEEK, hashrate_of, over},
    counted,
    hashrate::ends_within,
    names,
    names::Called,
    period,
    pools::ranked,
};
use crate::{
    error::WebError,
    openapi::{PinParams, Refusals},
    shares::Shares,
    state::WebState,
};

/// The pools that are told of: those with a block in the last week.
const NOW: Window = Window::Days(7);

/// A pool's week.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = mempool::PoolHashrate)]
#[serde(rename_all = "camelCase")]
struct PoolHashrate {
    /// The Monday midnight (UTC) that ends the week, Unix seconds.
    timestamp: i64,
    /// Hashes per second: the network's over the week, times the share.
    avg_hashrate: f64,
    /// Of the week's blocks, a part of one.
    share: f64,
    pool_name: String,
}

/// Weekly hashrates, over all that is stored, of the pools that have a block in the last week.
#[utoipa::path(
    get,
    operation_id = "mining_hashrate_pools",
    path = "/api/v1/mining/hashrate/pools",
    tag = "mempool.space",
    params(PinParams),
    responses((status = 200, description = "Weeks, the oldest first, each pool by pool", body = Vec<PoolHashrate>), Refusals)
)]
pub(crate) async fn all(State(state): State<WebState>, uri: Uri) -> Result<Response, WebError> {
    told(&state, &uri, Window::All).await
}

/// Weekly hashrates, over a trailing period, of the pools that have a block in the last week.
#[utoipa::path(
    get,
    operation_id = "mining_hashrate_pools_by_period",
    path = "/api/v1/mining/hashrate/pools/{period}",
    tag = "mempool.space",
    params(("period" = String, Path, description = "One of 24h 3d 1w 1m 3m 6m 1y 2y 3y 4y all"), PinParams),
    responses((status = 200, description = "Weeks, the oldest first, each pool by pool", body = Vec<PoolHashrate>), Refusals)
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
    let view = &asked.view;
    let shares = Shares::read(state, view, NOW).await?;
    let (chain, miners) = tokio::try_join!(view.chain(), view.miners())?;
    let pools: Vec<_> = ranked(&shares).map(|(slug, _)| (number(&miners, slug), Called::of(view, slug).name)).collect();
    let weeks = weeks(state, &chain).into_iter().filter(|(week, _)| ends_within(&chain, window, *week));
    let rows = weeks.flat_map(|(week, hashrate)| {
        let blocks = counts(&miners, week);
        let row = |(id, name): &(Option<u16>, String)| row(week, hashrate, of(&blocks, *id), name);
        pools.iter().map(row).collect::<Vec<_>>()
    });
    Ok(counted(state, &asked, &chain, Json(rows.collect::<Vec<_>>())))
}

/// A pool's weekly hashrates, from the week of its first block to that of its last.
#[utoipa::path(
    get,
    operation_id = "mining_pool_by_slug_hashrate",
    path = "/api/v1/mining/pool/{slug}/hashrate",
    tag = "mempool.space",
    params(("slug" = String, Path, description = "The pool's slug, or unknown"), PinParams),
    responses((status = 200, description = "Weeks, the oldest first", body = Vec<PoolHashrate>), Refusals)
)]
pub(crate) async fn one(
    State(state): State<WebState>,
    path: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Result<Response, WebError> {
    let asked = asked(&state, &uri).await?;
    let view = &asked.view;
    let slug = names::wanted(view, path)?.map(|pool| pool.slug.as_str());
    let (chain, miners) = tokio::try_join!(view.chain(), view.miners())?;
    let (id, name) = (number(&miners, slug), Called::of(view, slug).name);
    let weeks = weeks(&state, &chain).into_iter();
    let rows: Vec<_> = weeks.map(|(week, rate)| row(week, rate, of(&counts(&miners, week), id), &name)).collect();
    Ok(counted(&state, &asked, &chain, Json(lived(&rows))))
}

/// Weeks that are over and long enough to say, with the network's hashrate.
fn weeks(state: &WebState, chain: &ChainColumns) -> Vec<(Stretch, f64)> {
    let scale = state.origin().hash_scale;
    let week = |week| Some((week, hashrate_of(chain, week, scale)?));
    over(chain.median_times(), WEEK).into_iter().filter_map(week).collect()
}

/// The number that the column has for a pool, 0 for Unknown; none where it has no block.
fn number(miners: &MinerColumn, slug: Option<&str>) -> Option<u16> {
    slug.map_or(Some(0), |slug| miners.number(slug))
}

/// Blocks of a week by number.
fn counts(miners: &MinerColumn, week: Stretch) -> Vec<u32> {
    let mut counts = vec![0; miners.slugs().len()];
    for id in &miners.ids()[week.from..week.to] {
        counts[usize::from(*id)] += 1;
    }
    counts
}

fn of(counts: &[u32], id: Option<u16>) -> u32 {
    id.map_or(0, |id| counts[usize::from(id)])
}

#[allow(clippy::cast_precision_loss, reason = "no week has 2^53 blocks")]
fn row(week: Stretch, hashrate: f64, blocks: u32, name: &str) -> PoolHashrate {
    let share = f64::from(blocks) / (week.to - week.from) as f64;
    PoolHashrate { timestamp: week.end, avg_hashrate: hashrate * share, share, pool_name: name.to_owned() }
}

/// From the first week with a block to the last.
fn lived(rows: &[PoolHashrate]) -> &[PoolHashrate] {
    let mined = |row: &PoolHashrate| row.share > 0.0;
    match (rows.iter().position(mined), rows.iter().rposition(mined)) {
        (Some(first), Some(last)) => &rows[first..=last],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pools_weeks_are_those_from_its_first_block_to_its_last() {
        let week =
            |number: i64, blocks| row(Stretch { end: number * 604_800, from: 0, to: 1_000 }, 5e20, blocks, "One");
        let rows: Vec<_> = (1..).zip([0, 0, 250, 0, 100, 0]).map(|(number, blocks)| week(number, blocks)).collect();
        let told = lived(&rows);
        assert_eq!(told, &rows[2..5]);
        assert_eq!((told[0].share, told[0].avg_hashrate, told[1].avg_hashrate), (0.25, 1.25e20, 0.0));
        assert_eq!((lived(&rows[..2]), lived(&[])), (&[][..], &[][..]));
    }
}
