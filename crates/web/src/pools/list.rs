//! All pools: `/pools` and `/api/v1/pools`. One that has not found a block for years is there, too.

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, Uri},
    response::Response,
};
use hashwatch_model::Window;
use hashwatch_registry::Pool;

use super::{
    Records,
    answer::{PoolsFields, fields, table},
};
use crate::{
    asked::Asked,
    charts::colors::{color, neutral},
    error::WebError,
    method::Method,
    openapi::{FormatParam, PinParams, Refusals, WindowParam},
    page::{Page, shown},
    params::Params,
    state::WebState,
    table::{Answered, answer},
    view::View,
    window_links::{Choice, range_words, window_links},
    wording::{counted, percent, thousands, utc_day},
};

/// A month: pools of one block in a hundred are met, and those that left are not.
const USUAL: Window = Window::Days(30);

#[derive(Template)]
#[template(path = "pools/pools.html")]
struct PoolsPage {
    page: Page,
    answer: String,
    windows: Vec<Choice>,
    rows: Vec<PoolRow>,
    unknown: PoolRow,
    past: Vec<PoolRow>,
    method: Method,
}

struct PoolRow {
    rank: String,
    name: String,
    href: String,
    color_light: String,
    color_dark: String,
    kind: &'static str,
    blocks: String,
    share: String,
    interval: String,
    group: String,
    owner: String,
    empty: String,
    stale: String,
    ever: String,
    last: String,
    last_day: String,
}

/// Every pool of the registry: those with blocks in the window by rank, then the others by their last block.
#[utoipa::path(
    get,
    path = "/api/v1/pools",
    operation_id = "pools",
    tag = "Who mines",
    params(WindowParam, PinParams, FormatParam),
    responses(
        (status = 200, description = "Pools", content((Answered<PoolsFields> = "application/json"), (String = "text/csv"))),
        Refusals
    )
)]
pub(crate) async fn api(State(state): State<WebState>, headers: HeaderMap, uri: Uri) -> Result<Response, WebError> {
    let mut params = Params::of(&uri);
    let window = params.window(USUAL)?;
    let asked = Asked::api(&state, params, &headers).await?;
    let view = &asked.view;
    let records = Records::read(&state, view, window).await?;
    let title = format!("Pools over {}", range_words(records.range()));
    answer(&state, &asked, &title, || fields(view, &records, window), || table(view, &records, window))
}

/// Those with blocks in the window by their rank, then the others by their last block, then those without any by slug.
pub(super) fn ordered<'v>(view: &'v View, records: &Records) -> Vec<&'v Pool> {
    let mut pools: Vec<&Pool> = view.who.pools().iter().collect();
    pools.sort_by_cached_key(|pool| {
        let last = records.ever(Some(&pool.slug)).map_or(0, |record| record.last);
        (records.rank(&pool.slug).unwrap_or(usize::MAX), u32::MAX - last, pool.slug.clone())
    });
    pools
}

/// `GET /pools`.
pub(crate) async fn page(State(state): State<WebState>, headers: HeaderMap, uri: Uri) -> Response {
    shown(&state, &headers, "/pools", read(&state, &uri)).await
}

async fn read(state: &WebState, uri: &Uri) -> Result<PoolsPage, WebError> {
    let mut params = Params::of(uri);
    let window = params.window(USUAL)?;
    let asked = Asked::page(state, params).await?;
    let (pin, view) = (asked.pin(), &asked.view);
    let records = Records::read(state, view, window).await?;
    let (active, past): (Vec<_>, Vec<_>) =
        ordered(view, &records).into_iter().partition(|pool| records.rank(&pool.slug).is_some());
    let answer = sentence(view, &records, active.len());
    let computed = "Blocks over all blocks of the window, with Wilson's interval at 95 %. An empty block holds nothing but its \
                    coinbase; stale blocks are those that the watched nodes know, so a lower bound. Group and owner are \
                    those of the as-of block's day: claims of others, whose sources stand on the pool's page."
        .to_owned();
    let cited = format!("pools over {}", range_words(records.range()));
    let method = Method::new(state, &asked, &cited, computed);
    Ok(PoolsPage {
        page: Page::new(state, "/pools", "Pools", &answer),
        windows: window_links("/pools", window, &asked.kept),
        rows: active.into_iter().map(|pool| row(view, &records, Some(pool))).collect(),
        unknown: row(view, &records, None),
        past: past.into_iter().map(|pool| row(view, &records, Some(pool))).collect(),
        method: method
            .with([("JSON", format!("/api/v1/pools?{pin}")), ("CSV", format!("/api/v1/pools?{pin}&format=csv"))]),
        answer,
    })
}

fn sentence(view: &View, records: &Records, pools: usize) -> String {
    let (words, tip) = (range_words(records.range()), thousands(u64::from(view.mark().tip.height)));
    let (unknown, share) = (records.shares.unknown, records.shares.unknown_share);
    if unknown == 0 {
        return format!("{} mined {words}, as of block {tip}.", counted(pools, "pool"));
    }
    format!(
        "{} mined {} of {words}, as of block {tip}; {} ({}\u{a0}%, {} to {}\u{a0}%) are Unknown.",
        counted(pools, "pool"),
        thousands(records.range().blocks() - unknown),
        thousands(unknown),
        percent(share.value),
        percent(share.low),
        percent(share.high),
    )
}

fn row(view: &View, records: &Records, pool: Option<&Pool>) -> PoolRow {
    let slug = pool.map(|pool| pool.slug.as_str());
    let rank = slug.and_then(|slug| records.rank(slug));
    let (within, ever, share) = (records.within(slug), records.ever(slug), records.share(slug));
    let day = view.day();
    let color = match slug.and_then(|slug| records.place(slug)) {
        Some(place) => color(&view.who, &records.shares.pools[place], place),
        None => neutral(),
    };
    PoolRow {
        rank: rank.map_or_else(String::new, |rank| rank.to_string()),
        name: pool.map_or("Unknown", |pool| &pool.name).to_owned(),
        href: view.pool_link(slug),
        color_light: color.0,
        color_dark: color.1,
        kind: if pool.is_some() { "pool" } else { "unknown" },
        blocks: thousands(records.blocks(slug)),
        share: percent(share.value),
        interval: format!("{} – {}", percent(share.low), percent(share.high)),
        group: slug.and_then(|slug| view.who.group_on(slug, day)).map_or_else(String::new, |(it, _)| it.name.clone()),
        owner: slug.and_then(|slug| view.who.owner_on(slug, day)).map_or_else(String::new, |(it, _)| it.name.clone()),
        empty: thousands(within.map_or(0, |record| record.empty)),
        stale: thousands(records.stale(slug)),
        ever: thousands(ever.map_or(0, |record| record.blocks)),
        last: ever.map_or_else(|| "none".to_owned(), |record| thousands(u64::from(record.last))),
        last_day: ever.and_then(|record| records.time_at(record.last)).map_or_else(String::new, utc_day),
    }
}
