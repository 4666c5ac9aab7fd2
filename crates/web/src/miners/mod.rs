//! Listed miners: `/miners`, and `/api/v1/shares?by=miner`. What is estimated is called so everywhere.

mod estimate;

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{RawQuery, State},
    http::HeaderMap,
    response::Response,
};
use hashwatch_metrics::{predicted, wilson};
use hashwatch_model::Window;
use hashwatch_registry::Miner;
use serde_json::{Value, json};

pub(crate) use self::estimate::Miners;
use self::estimate::{Estimate, Found};
use crate::{
    asked::Asked,
    error::WebError,
    method::{Link, Method},
    page::{Page, shown},
    params::Params,
    registry::row::{SourceLink, source_link},
    shares::{CONFIDENCE, answer::window_json},
    state::WebState,
    table::{Form, Table, answer},
    view::View,
    window_links::{Choice, range_words, window_links},
    wording::{percent, significant, thousands},
};

/// `GET /api/v1/shares?by=miner`.
pub(crate) async fn answered(state: &WebState, view: &View, window: Window, form: Form) -> Result<Response, WebError> {
    let miners = Miners::read(state, view, window).await?;
    answer(state, view, form, || fields(view, &miners, window), || table(view, &miners, window))
}

fn told<'v>(view: &'v View, miners: &'v Miners) -> impl Iterator<Item = (&'v Miner, &'v Found)> {
    // one for each miner of the registry, in its order
    view.who.miners().iter().zip(&miners.found).filter(|(miner, found)| miner.slug == found.slug)
}

fn fields(view: &View, miners: &Miners, window: Window) -> Value {
    let blocks = miners.shares.range.blocks();
    let row = |(miner, found): (&Miner, &Found)| {
        let share = found.direct.and_then(|direct| wilson(direct, blocks, CONFIDENCE));
        json!({
            "id": miner.slug, "kind": "miner", "name": miner.name,
            "tickers": miner.listings.iter().map(|it| json!({ "ticker": it.ticker, "exchange": it.exchange })).collect::<Vec<_>>(),
            "blocks": found.direct,
            "share": share.map(|it| it.value), "low": share.map(|it| it.low), "high": share.map(|it| it.high),
            "estimate": found.estimate.as_ref().ok().map(estimate_json),
            "no_estimate": found.estimate.as_ref().err().map(|reason| reason.words()),
        })
    };
    json!({
        "window": window_json(window, miners.shares.range),
        "by": "miner",
        "confidence": CONFIDENCE,
        "unknown": { "blocks": miners.shares.unknown, "share": miners.shares.unknown_share.value },
        "blocks_of_others": blocks - miners.shares.unknown - miners.direct_blocks().min(blocks - miners.shares.unknown),
        "shares": told(view, miners).map(row).collect::<Vec<_>>(),
    })
}

#[allow(clippy::cast_precision_loss, reason = "no chain has 2^53 blocks")]
fn part(blocks: f64, of: u64) -> f64 {
    blocks / of.max(1) as f64
}

#[allow(clippy::cast_precision_loss, reason = "no chain has 2^53 blocks")]
fn estimate_json(it: &Estimate) -> Value {
    json!({
        "kind": "estimate",
        "blocks": it.blocks.mean, "blocks_low": it.blocks.low, "blocks_high": it.blocks.high,
        "of_blocks": it.of_blocks,
        "share": part(it.blocks.mean, it.of_blocks),
        "low": part(it.blocks.low as f64, it.of_blocks), "high": part(it.blocks.high as f64, it.of_blocks),
        "disclosure": {
            "period": it.disclosure.period.to_string(), "kind": it.disclosure.kind.name(),
            "hashes_per_second": it.disclosure.hashes_per_second, "stale_days": it.stale_days,
            "source": it.disclosure.source.url,
            "date": it.disclosure.source.date.map(|date| date.to_string()),
        },
        "pools": it.pools.iter().map(|(pool, blocks)| json!({ "pool": pool, "blocks": blocks })).collect::<Vec<_>>(),
        "blocks_of_pools": it.pool_blocks,
    })
}

fn table(view: &View, miners: &Miners, window: Window) -> Table {
    let row = |(miner, found): (&Miner, &Found)| {
        let it = found.estimate.as_ref().ok().map(estimate_json);
        let of = |key: &str| it.as_ref().map_or(Value::Null, |it| it[key].clone());
        let said = |key: &str| it.as_ref().map_or(Value::Null, |it| it["disclosure"][key].clone());
        let pools = found
            .estimate
            .as_ref()
            .ok()
            .map(|it| it.pools.iter().map(|(pool, _)| pool.as_str()).collect::<Vec<_>>().join(" "));
        vec![
            json!(miner.slug),
            json!(miner.name),
            json!(miner.listings.first().map(|it| &it.ticker)),
            json!(found.direct),
            of("blocks"),
            of("blocks_low"),
            of("blocks_high"),
            of("of_blocks"),
            said("period"),
            said("kind"),
            said("hashes_per_second"),
            said("stale_days"),
            json!(pools),
            said("source"),
            json!(found.estimate.as_ref().err().map(|reason| reason.words())),
        ]
    };
    let columns = [
        "id",
        "name",
        "ticker",
        "blocks_of_own_pools",
        "estimated_blocks",
        "estimated_blocks_low_95",
        "estimated_blocks_high_95",
        "of_blocks",
        "disclosed_period",
        "disclosed_kind",
        "disclosed_hashes_per_second",
        "stale_days",
        "pools",
        "source",
        "why_no_estimate",
    ];
    let title = format!("Listed miners over {}, estimates from disclosed hashrate", range_words(miners.shares.range));
    Table::new(&format!("miners-{window}"), title, &columns, told(view, miners).map(row).collect())
}

#[derive(Template)]
#[template(path = "miners/miners.html")]
struct MinersPage {
    page: Page,
    answer: String,
    windows: Vec<Choice>,
    rows: Vec<MinerRow>,
    silent: Vec<SilentRow>,
    method: Method,
}

struct MinerRow {
    name: String,
    href: String,
    tickers: String,
    direct: String,
    estimate: String,
    interval: String,
    share: String,
    disclosed: String,
    kind: &'static str,
    period: String,
    age: String,
    stale: bool,
    pools: Vec<Link>,
    note: &'static str,
    source: Option<SourceLink>,
}

struct SilentRow {
    name: String,
    href: String,
    tickers: String,
    why: &'static str,
}

/// A disclosure that has been carried forward for longer than this is pointed at: a quarter and its report.
const STALE_DAYS: u32 = 135;

/// `GET /miners`.
pub(crate) async fn page(State(state): State<WebState>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    shown(&state, &headers, "/miners", read(&state, query.as_deref())).await
}

async fn read(state: &WebState, query: Option<&str>) -> Result<MinersPage, WebError> {
    let asked = Asked::read(state, Params::new(query), Window::Days(30)).await?;
    let view = &asked.view;
    let miners: Arc<Miners> = Miners::read(state, view, asked.window).await?;
    let words = range_words(miners.shares.range);
    let answer = sentence(view, &miners, &words);
    let (mut rows, mut silent) = (Vec::new(), Vec::new());
    for (miner, found) in told(view, &miners) {
        match (&found.estimate, found.direct) {
            (Err(reason), None) => silent.push(silent_row(view, miner, reason.words())),
            _ => rows.push((found.estimate.as_ref().map_or(0.0, |it| it.blocks.mean), row(view, miner, found))),
        }
    }
    rows.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    let computed = "An estimate is what a miner of the disclosed hashrate finds in expectation, day by day at the work of that \
                    day's blocks; its interval is a Poisson prediction at 95 % and speaks of chance alone. What companies call \
                    their hashrate differs by a tenth and more, machines stand still at times, and a figure is carried forward \
                    until the next, for 400 days at most. Blocks of a miner's own pool are counted, not estimated."
        .to_owned();
    let pin = asked.pin();
    let method = Method::new(state, view, &format!("listed miners over {words}"), computed, format!("/miners?{pin}"));
    Ok(MinersPage {
        page: Page::new(state, "/miners", "Listed miners", &answer),
        windows: window_links("/miners", asked.window, ""),
        rows: rows.into_iter().map(|(_, row)| row).collect(),
        silent,
        method: method.with([
            ("JSON", format!("/api/v1/shares?{pin}&by=miner")),
            ("CSV", format!("/api/v1/shares?{pin}&by=miner&format=csv")),
        ]),
        answer,
    })
}

fn sentence(view: &View, miners: &Miners, words: &str) -> String {
    let tip = thousands(u64::from(view.mark().tip.height));
    let known: Vec<&Estimate> = miners.found.iter().filter_map(|found| found.estimate.as_ref().ok()).collect();
    if known.is_empty() {
        return format!("Nothing can be estimated of listed miners over {words}, as of block {tip}.");
    }
    // independent counts of chance add up to one
    let Some(all) = predicted(known.iter().map(|it| it.blocks.mean).sum(), CONFIDENCE) else { return String::new() };
    format!(
        "{} of {} listed miners should have found {} to {} of {words} by what they disclose (an estimate), as of block {tip}.",
        known.len(),
        miners.found.len(),
        thousands(all.low),
        thousands(all.high),
    )
}

fn tickers(miner: &Miner) -> String {
    miner.listings.iter().map(|it| format!("{} ({})", it.ticker, it.exchange)).collect::<Vec<_>>().join(", ")
}

fn registry_link(view: &View, miner: &Miner) -> String {
    view.link("/registry".to_owned()) + &format!("#miner-{}", miner.slug)
}

fn silent_row(view: &View, miner: &Miner, why: &'static str) -> SilentRow {
    SilentRow { name: miner.name.clone(), href: registry_link(view, miner), tickers: tickers(miner), why }
}

fn row(view: &View, miner: &Miner, found: &Found) -> MinerRow {
    let it = found.estimate.as_ref().ok();
    let said = |words: &dyn Fn(&Estimate) -> String| it.map_or_else(String::new, words);
    let pool = |slug: &str| Link { label: view.pool_name(slug).to_owned(), href: view.pool_link(Some(slug)) };
    let too_many = it.is_some_and(|it| it.blocks.low > it.pool_blocks && it.pool_blocks > 0);
    MinerRow {
        name: miner.name.clone(),
        href: registry_link(view, miner),
        tickers: tickers(miner),
        direct: found.direct.map_or_else(String::new, thousands),
        estimate: said(&|it| significant(it.blocks.mean)),
        interval: said(&|it| format!("{} – {}", thousands(it.blocks.low), thousands(it.blocks.high))),
        share: said(&|it| format!("{}\u{a0}%", percent(part(it.blocks.mean, it.of_blocks)))),
        disclosed: said(&|it| format!("{} EH/s", significant(it.disclosure.hashes_per_second / 1e18))),
        kind: it.map_or("", |it| it.disclosure.kind.name()),
        period: said(&|it| it.disclosure.period.to_string()),
        age: said(&|it| match it.stale_days {
            0 => "of the window's end".to_owned(),
            days => format!("carried forward {days} days"),
        }),
        stale: it.is_some_and(|it| it.stale_days > STALE_DAYS),
        pools: it.map_or_else(Vec::new, |it| it.pools.iter().map(|(slug, _)| pool(slug)).collect()),
        note: if too_many { "more than its pools found: it mines elsewhere, too, or less than it says" } else { "" },
        source: it.map(|it| source_link(&it.disclosure.source)),
    }
}
