//! Listed miners: `/miners`, and `/api/v1/shares?by=miner`. What is estimated is called so everywhere.

mod estimate;
mod page;

use axum::response::Response;
use hashwatch_metrics::wilson;
use hashwatch_model::Window;
use hashwatch_registry::Miner;
use serde_json::{Value, json};

use self::estimate::{Estimate, Found, Spread, Used};
pub(crate) use self::{estimate::Miners, page::page};
use crate::{
    asked::Asked,
    error::WebError,
    registry::claims::source_json,
    shares::{
        CONFIDENCE,
        answer::{unknown_fields, window_fields},
    },
    state::WebState,
    table::{Table, answer},
    view::View,
    window_links::range_words,
};

/// `GET /api/v1/shares?by=miner`.
pub(crate) async fn answered(state: &WebState, asked: &Asked, window: Window) -> Result<Response, WebError> {
    let view = &asked.view;
    view.kept()?;
    let miners = Miners::read(state, view, window).await?;
    let title = format!("Listed miners over {}, estimates from disclosed hashrate", range_words(miners.shares.range));
    answer(state, asked, &title, || fields(view, &miners, window), || table(view, &miners, window))
}

fn told<'v>(view: &'v View, miners: &'v Miners) -> impl Iterator<Item = (&'v Miner, &'v Found)> {
    // one for each miner of the registry, in its order
    view.who.miners().iter().zip(&miners.found).filter(|(miner, found)| miner.slug == found.slug)
}

fn fields(view: &View, miners: &Miners, window: Window) -> Value {
    let (range, shares, day) = (miners.shares.range, &miners.shares, view.day());
    let row = |(miner, found): (&Miner, &Found)| {
        let share = found.direct.and_then(|direct| wilson(direct, range.blocks(), CONFIDENCE));
        let tickers = miner.listings_on(day).map(|it| json!({ "ticker": it.ticker, "exchange": it.exchange }));
        json!({
            "id": miner.slug, "kind": "miner", "name": miner.name_on(day),
            "tickers": tickers.collect::<Vec<_>>(),
            "blocks": found.direct,
            "share": share.map(|it| it.value), "low": share.map(|it| it.low), "high": share.map(|it| it.high),
            "estimate": found.estimate.as_ref().ok().map(estimate_json),
            "no_estimate": found.estimate.as_ref().err().map(|reason| reason.code()),
        })
    };
    json!({
        "window": window_fields(window, range),
        "by": "miner",
        "confidence": CONFIDENCE,
        "unknown": unknown_fields(shares),
        "blocks_of_others": range.blocks() - shares.unknown - miners.direct_blocks(),
        "shares": told(view, miners).map(row).collect::<Vec<_>>(),
    })
}

/// A part of all blocks, at most all.
#[allow(clippy::cast_precision_loss, reason = "no chain has 2^53 blocks")]
fn part(blocks: f64, of: u64) -> f64 {
    (blocks / of.max(1) as f64).min(1.0)
}

#[allow(clippy::cast_precision_loss, reason = "no chain has 2^53 blocks")]
fn estimate_json(it: &Estimate) -> Value {
    let disclosure = |used: &Used| {
        let mut told = source_json(&used.said.source);
        told["period"] = json!(used.said.period.to_string());
        told["kind"] = json!(used.said.kind.name());
        told["hashes_per_second"] = json!(used.said.hashes_per_second);
        told["days"] = json!(used.days);
        told["stale_days"] = json!(used.stale_days);
        told
    };
    let pool = |spread: &Spread| {
        let mut told = source_json(&spread.with.source);
        told["pool"] = json!(spread.with.pool);
        told["blocks"] = json!(spread.blocks);
        told
    };
    json!({
        "kind": "estimate",
        "blocks": it.blocks.mean, "blocks_low": it.blocks.low, "blocks_high": it.blocks.high,
        "of_blocks": it.of_blocks,
        "share": part(it.blocks.mean, it.of_blocks),
        "low": part(it.blocks.low as f64, it.of_blocks), "high": part(it.blocks.high as f64, it.of_blocks),
        "until": it.until.to_string(),
        "disclosures": it.disclosures.iter().map(disclosure).collect::<Vec<_>>(),
        "pools": it.pools.iter().map(pool).collect::<Vec<_>>(),
        "blocks_of_pools": it.pool_blocks,
    })
}

fn table(view: &View, miners: &Miners, window: Window) -> Table {
    let day = view.day();
    let row = |(miner, found): (&Miner, &Found)| {
        let it = found.estimate.as_ref().ok().map(estimate_json);
        let of = |key: &str| it.as_ref().map_or(Value::Null, |it| it[key].clone());
        let last = it.as_ref().and_then(|it| it["disclosures"].as_array()?.last().cloned()).unwrap_or_default();
        let pools = found.estimate.as_ref().ok();
        let pools =
            pools.map(|it| it.pools.iter().map(|spread| spread.with.pool.as_str()).collect::<Vec<_>>().join(" "));
        vec![
            json!(miner.slug),
            json!(miner.name_on(day)),
            json!(miner.listings_on(day).map(|it| it.ticker.as_str()).collect::<Vec<_>>().join(" ")),
            json!(found.direct),
            of("blocks"),
            of("blocks_low"),
            of("blocks_high"),
            of("of_blocks"),
            of("until"),
            last["period"].clone(),
            last["kind"].clone(),
            last["hashes_per_second"].clone(),
            last["stale_days"].clone(),
            last["source"].clone(),
            json!(pools),
            of("blocks_of_pools"),
            json!(found.estimate.as_ref().err().map(|reason| reason.code())),
        ]
    };
    let columns = [
        "id",
        "name",
        "tickers",
        "blocks_of_own_pools",
        "estimated_blocks",
        "estimated_blocks_low_95",
        "estimated_blocks_high_95",
        "of_blocks",
        "until",
        "last_disclosed_period",
        "last_disclosed_kind",
        "last_disclosed_hashes_per_second",
        "stale_days",
        "source",
        "pools",
        "blocks_of_pools",
        "no_estimate",
    ];
    Table::new(&format!("miners-{window}"), &columns, told(view, miners).map(row).collect())
}
