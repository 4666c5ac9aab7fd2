//! `/api/v1/mining/pools`: pools by their blocks over a trailing period.

use std::collections::HashMap;

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

use super::{asked, counted, names::Called, period, too_short};
use crate::{
    error::WebError,
    openapi::{PinParams, Refusals},
    shares::{Range, Shares},
    state::WebState,
    view::View,
    work::hashrate::usual,
};

/// Pools with blocks in a period.
#[derive(Serialize, ToSchema)]
#[schema(as = mempool::MiningPools)]
#[serde(rename_all = "camelCase")]
struct MiningPools {
    /// Most blocks first; Unknown last, however many it has.
    pools: Vec<MiningPool>,
    /// Of the period, Unknown's among them.
    block_count: u64,
    /// Hashes per second over the last day, whatever the period.
    last_estimated_hashrate: f64,
    /// Over the last three days.
    #[serde(rename = "lastEstimatedHashrate3d")]
    last_estimated_hashrate_3d: f64,
    /// Over the last week.
    #[serde(rename = "lastEstimatedHashrate1w")]
    last_estimated_hashrate_1w: f64,
}

/// A pool, or Unknown.
#[derive(Serialize, ToSchema)]
#[schema(as = mempool::MiningPool)]
#[serde(rename_all = "camelCase")]
struct MiningPool {
    /// The same as `poolUniqueId`.
    pool_id: u32,
    name: String,
    /// Its page; empty where none is known.
    link: String,
    block_count: u64,
    /// From 1, each once: of as many blocks by slug, Unknown last.
    rank: usize,
    /// Blocks without any transaction but the coinbase.
    empty_blocks: u64,
    slug: String,
    /// Null: templates are not audited here.
    #[schema(required)]
    avg_match_rate: Option<f64>,
    /// Null: templates are not audited here.
    #[schema(required)]
    avg_fee_delta: Option<String>,
    /// mempool's number; above 1,000,000 and ours where mempool does not list the pool. 0 is Unknown.
    pool_unique_id: u32,
}

/// Pools by their blocks over all that is stored.
#[utoipa::path(
    get,
    operation_id = "mining_pools",
    path = "/api/v1/mining/pools",
    tag = "mempool.space",
    params(PinParams),
    responses((status = 200, description = "Pools, most blocks first, Unknown last", body = MiningPools), Refusals)
)]
pub(crate) async fn all(State(state): State<WebState>, uri: Uri) -> Result<Response, WebError> {
    told(&state, &uri, Window::All).await
}

/// Pools by their blocks over a trailing period.
#[utoipa::path(
    get,
    operation_id = "mining_pools_by_period",
    path = "/api/v1/mining/pools/{period}",
    tag = "mempool.space",
    params(("period" = String, Path, description = "One of 24h 3d 1w 1m 3m 6m 1y 2y 3y 4y all"), PinParams),
    responses((status = 200, description = "Pools, most blocks first, Unknown last", body = MiningPools), Refusals)
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
    let shares = Shares::read(state, view, window).await?;
    let (chain, miners) = tokio::try_join!(view.chain(), view.miners())?;
    let body = MiningPools {
        pools: rows(view, &shares, &empty_blocks(&chain, &miners, shares.range)),
        block_count: shares.range.blocks(),
        last_estimated_hashrate: last_hashrate(state, &chain, 1)?,
        last_estimated_hashrate_3d: last_hashrate(state, &chain, 3)?,
        last_estimated_hashrate_1w: last_hashrate(state, &chain, 7)?,
    };
    Ok(counted(state, &asked, &chain, Json(body)))
}

/// Hashes per second over the last days: the figure of our own pages.
pub(super) fn last_hashrate(state: &WebState, chain: &ChainColumns, days: u32) -> Result<f64, WebError> {
    let range = Range::of(chain, Window::Days(days));
    let found = usual(state, chain, range).ok_or_else(|| too_short("the last days' hashrate"))?;
    Ok(found.rate.value)
}

/// Those with blocks, in their order, by slug; Unknown's is none.
pub(super) fn ranked(shares: &Shares) -> impl Iterator<Item = (Option<&str>, u64)> {
    let pools = shares.pools.iter().map(|share| (Some(share.slug.as_str()), share.blocks));
    pools.chain((shares.unknown > 0).then_some((None, shares.unknown)))
}

fn rows(view: &View, shares: &Shares, empty: &HashMap<Option<&str>, u64>) -> Vec<MiningPool> {
    let row = |(place, (slug, blocks)): (usize, (Option<&str>, u64))| {
        let Called { number, slug: called, name, link } = Called::of(view, slug);
        MiningPool {
            pool_id: number,
            name,
            link,
            block_count: blocks,
            rank: place + 1,
            empty_blocks: empty.get(&slug).copied().unwrap_or(0),
            slug: called,
            avg_match_rate: None,
            avg_fee_delta: None,
            pool_unique_id: number,
        }
    };
    ranked(shares).enumerate().map(row).collect()
}

/// Blocks of a range that hold their coinbase alone, by pool.
fn empty_blocks<'m>(chain: &ChainColumns, miners: &'m MinerColumn, range: Range) -> HashMap<Option<&'m str>, u64> {
    let mut counts = HashMap::new();
    let Some((from, to)) = chain.place(range.from).zip(chain.place(range.to)) else { return counts };
    for (id, _) in miners.ids()[from..=to].iter().zip(&chain.tx_counts()[from..=to]).filter(|(_, count)| **count == 1) {
        let slug = Some(&*miners.slugs()[usize::from(*id)]).filter(|slug| !slug.is_empty());
        *counts.entry(slug).or_insert(0) += 1;
    }
    counts
}
