//! `/api/v1/mining/pool/{slug}`: one pool.

use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
    http::Uri,
    response::Response,
};
use hashwatch_model::Window;
use hashwatch_registry::Pool;
use hashwatch_store::{ChainColumns, MinerColumn};
use serde::Serialize;
use utoipa::ToSchema;

use super::{answered, asked, names, names::Called, pools::last_hashrate};
use crate::{
    error::WebError,
    openapi::{PinParams, Refusals},
    shares::Shares,
    state::WebState,
};

/// A pool, or Unknown.
#[derive(Serialize, ToSchema)]
#[schema(as = mempool::MiningPoolDetail)]
#[serde(rename_all = "camelCase")]
struct MiningPoolDetail {
    pool: PoolMarks,
    block_count: BlockCounts,
    /// Parts of one, of all blocks.
    block_share: BlockShares,
    /// Hashes per second: the network's over the last day, times the pool's share of it.
    estimated_hashrate: f64,
    /// Null: nobody's word is taken here.
    #[schema(required)]
    reported_hashrate: Option<f64>,
    /// Null: templates are not audited here.
    #[schema(required)]
    avg_block_health: Option<f64>,
    /// What its blocks paid out, in satoshis, as digits.
    total_reward: String,
}

/// What a pool is known by.
#[derive(Serialize, ToSchema)]
#[schema(as = mempool::PoolMarks)]
struct PoolMarks {
    /// The same as `unique_id`.
    id: u32,
    name: String,
    /// Its page; empty where none is known.
    link: String,
    addresses: Vec<String>,
    /// Its tags, written so that each matches itself alone.
    regexes: Vec<String>,
    slug: String,
    /// mempool's number; above 1,000,000 and ours where mempool does not list the pool. 0 is Unknown.
    unique_id: u32,
}

#[derive(Serialize, ToSchema)]
#[schema(as = mempool::BlockCounts)]
struct BlockCounts {
    all: u64,
    #[serde(rename = "24h")]
    day: u64,
    #[serde(rename = "1w")]
    week: u64,
}

#[derive(Serialize, ToSchema)]
#[schema(as = mempool::BlockShares)]
struct BlockShares {
    all: f64,
    #[serde(rename = "24h")]
    day: f64,
    #[serde(rename = "1w")]
    week: f64,
}

/// One pool: its marks, its blocks, and what they paid out.
#[utoipa::path(
    get,
    operation_id = "mining_pool_by_slug",
    path = "/api/v1/mining/pool/{slug}",
    tag = "mempool.space",
    params(("slug" = String, Path, description = "The pool's slug, or unknown"), PinParams),
    responses((status = 200, description = "The pool", body = MiningPoolDetail), Refusals)
)]
pub(crate) async fn one(
    State(state): State<WebState>,
    path: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Result<Response, WebError> {
    let asked = asked(&state, &uri).await?;
    let view = &asked.view;
    let pool = names::wanted(view, path)?;
    let slug = pool.map(|pool| pool.slug.as_str());
    let read = async |window| Ok::<_, WebError>(found(&*Shares::read(&state, view, window).await?, slug));
    let (all, day, week) = tokio::try_join!(read(Window::All), read(Window::Days(1)), read(Window::Days(7)))?;
    let (chain, miners) = tokio::try_join!(view.chain(), view.miners())?;
    // none of its blocks, none of the hashrate, whatever that is
    let estimated_hashrate = if day.0 == 0 { 0.0 } else { last_hashrate(&state, &chain, 1)? * day.1 };
    let body = MiningPoolDetail {
        pool: marks(Called::of(view, slug), pool),
        block_count: BlockCounts { all: all.0, day: day.0, week: week.0 },
        block_share: BlockShares { all: all.1, day: day.1, week: week.1 },
        estimated_hashrate,
        reported_hashrate: None,
        avg_block_health: None,
        total_reward: total_reward(&chain, &miners, slug).to_string(),
    };
    Ok(answered(&state, &asked, Json(body)))
}

/// Blocks of a pool, and their part of all.
#[allow(clippy::cast_precision_loss, reason = "no chain has 2^53 blocks")]
fn found(shares: &Shares, slug: Option<&str>) -> (u64, f64) {
    let blocks = match slug {
        None => shares.unknown,
        Some(slug) => shares.pools.iter().find(|share| share.slug == slug).map_or(0, |share| share.blocks),
    };
    (blocks, blocks as f64 / shares.range.blocks() as f64)
}

/// Satoshis.
fn total_reward(chain: &ChainColumns, miners: &MinerColumn, slug: Option<&str>) -> u128 {
    let Some(number) = slug.map_or(Some(0), |slug| miners.number(slug)) else { return 0 };
    let theirs = miners.ids().iter().zip(chain.rewards()).filter(|(id, _)| **id == number);
    theirs.map(|(_, reward)| u128::from(*reward)).sum()
}

fn marks(called: Called, pool: Option<&Pool>) -> PoolMarks {
    let Called { number, slug, name, link } = called;
    let (addresses, tags) = pool.map_or((&[][..], &[][..]), |pool| (&pool.addresses, &pool.tags));
    PoolMarks {
        id: number,
        name,
        link,
        addresses: addresses.iter().map(|paid| paid.address.clone()).collect(),
        regexes: tags.iter().map(|tag| escaped(&tag.text)).collect(),
        slug,
        unique_id: number,
    }
}

/// A text as a regular expression of itself. mempool keeps expressions and searches regardless of case; tags here are bytes, and the case
/// of ASCII letters is ignored.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        if r"\.+*?()|[]{}^$".contains(letter) {
            out.push('\\');
        }
        out.push(letter);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_an_expression_of_itself() {
        assert_eq!(escaped("/slush/"), "/slush/");
        assert_eq!(escaped("/$Mined by 7pool.com/"), r"/\$Mined by 7pool\.com/");
        assert_eq!(escaped(r"a\b(c)[d]{e}^f|g*h?i+"), r"a\\b\(c\)\[d\]\{e\}\^f\|g\*h\?i\+");
        assert_eq!(escaped("七彩神仙鱼"), "七彩神仙鱼");
    }
}
