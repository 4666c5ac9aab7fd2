//! The overview: who mines, on what evidence, how much work, and the state of what watches it.

mod now;
mod tables;

use askama::Template;
use axum::{
    extract::{RawQuery, State},
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use hashwatch_model::{BlockId, Status, Sync, Window, window::NAMED};
use hashwatch_store::BlockFilter;

use self::{
    now::{Fact, StateLine, facts, state_lines},
    tables::{BlockRow, ShareRow, block_row, share_rows},
};
use crate::{
    chart::Size,
    charts::window_words,
    error::WebError,
    page::{Page, draw, error_page},
    params::Params,
    picture::wide,
    shares::Shares,
    state::WebState,
    view::View,
    wording::{percent, thousands},
};

/// Latest blocks shown.
const LATEST: u32 = 12;

#[derive(Template)]
#[template(path = "overview/overview.html")]
pub(crate) struct OverviewPage {
    page: Page,
    answer: String,
    windows: Vec<WindowLink>,
    state: Vec<StateLine>,
    facts: Vec<Fact>,
    charts: Vec<ChartBox>,
    rows: Vec<ShareRow>,
    latest: Vec<BlockRow>,
    computed: String,
    citation: String,
    permalink: String,
    downloads: Vec<Link>,
    empty: Option<String>,
}

struct WindowLink {
    label: String,
    href: String,
    current: bool,
}

struct ChartBox {
    name: String,
    title: String,
    alt: String,
    json_href: String,
    csv_href: String,
    svg_href: String,
    width: u32,
    height: u32,
}

struct Link {
    label: String,
    href: String,
}

/// `GET /`.
pub(crate) async fn overview(State(state): State<WebState>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    match read(&state, query.as_deref()).await.and_then(|page| draw(&page)) {
        Ok(page) => page.into_response(),
        Err(error) => error_page(&state, &headers, "/", error),
    }
}

async fn read(state: &WebState, query: Option<&str>) -> Result<OverviewPage, WebError> {
    let mut params = Params::new(query);
    let window = params.window()?;
    let as_of = params.take("as_of")?;
    let registry = params.registry()?;
    params.finish()?;
    let now = state.status.borrow().clone();
    match state.view_and_tip(as_of, registry).await {
        Ok((snapshot, newest)) => full(state, &snapshot, state_lines(&now, Some(newest.height)), newest, window).await,
        Err(WebError::NoBlocks) => Ok(empty(state, &now, window)),
        Err(error) => Err(error),
    }
}

fn empty(state: &WebState, now: &Status, window: Window) -> OverviewPage {
    let description = "Who controls Bitcoin's hashrate, read from the chain itself.";
    OverviewPage {
        page: Page::new(state, "/", "Who mines", description),
        answer: "No block has been verified yet.".to_owned(),
        windows: window_links(window),
        state: state_lines(now, None),
        facts: Vec::new(),
        charts: Vec::new(),
        rows: Vec::new(),
        latest: Vec::new(),
        computed: String::new(),
        citation: String::new(),
        permalink: String::new(),
        downloads: Vec::new(),
        empty: Some(match now.sync {
            Sync::CatchingUp { .. } => "The first blocks are being read and verified.".to_owned(),
            _ => "hashwatch is waiting for its node. The lines above say why.".to_owned(),
        }),
    }
}

async fn full(
    state: &WebState,
    snapshot: &View,
    now: Vec<StateLine>,
    newest: BlockId,
    window: Window,
) -> Result<OverviewPage, WebError> {
    let shares = Shares::read(state, snapshot, window).await?;
    let tip = snapshot.mark().tip;
    let filter = BlockFilter { to: Some(tip.height), limit: LATEST, ..BlockFilter::default() };
    let latest = snapshot.blocks(&filter).await?;
    let answer = answer(&shares, tip.height);
    let query = format!("window={window}&as_of={}&registry={}", tip.hash, snapshot.registry());
    let permalink = format!("/?{query}");
    Ok(OverviewPage {
        page: Page::new(state, "/", "Who mines", &answer),
        windows: window_links(window),
        state: now,
        facts: facts(state, snapshot, newest, &shares, &latest).await?,
        charts: chart_boxes(&shares, &query, &answer),
        rows: share_rows(snapshot, &shares),
        latest: latest.iter().map(|block| block_row(snapshot, block)).collect(),
        computed: format!(
            "Blocks of each pool over all blocks of the window; intervals are Wilson's at 95 % and speak of chance \
             alone. Pools are named by payout address, then by tag, under registry {}.",
            snapshot.registry()
        ),
        citation: format!(
            "hashwatch {}, {} ({}): share of blocks by pool, {}, as of block {} ({}), registry {}.",
            env!("CARGO_PKG_VERSION"),
            state.origin().network,
            state.origin().provenance().name(),
            window_words(&shares),
            thousands(u64::from(tip.height)),
            tip.hash,
            snapshot.registry(),
        ),
        permalink,
        downloads: vec![
            Link { label: "JSON".to_owned(), href: format!("/api/v1/shares?{query}&by=pool") },
            Link { label: "CSV".to_owned(), href: format!("/charts/shares.csv?{query}") },
            Link { label: "CSV over time".to_owned(), href: format!("/charts/history.csv?{query}") },
        ],
        empty: None,
        answer,
    })
}

fn answer(shares: &Shares, tip: u32) -> String {
    let (words, tip) = (window_words(shares), thousands(u64::from(tip)));
    match shares.pools.first() {
        None => format!("No pool is known to have mined {words}, as of block {tip}."),
        Some(first) => format!(
            "{} mined {}\u{a0}% of {words} ({} to {}\u{a0}%), as of block {tip}.",
            first.name,
            percent(first.share.value),
            percent(first.share.low),
            percent(first.share.high),
        ),
    }
}

fn window_links(current: Window) -> Vec<WindowLink> {
    NAMED
        .iter()
        .map(|(name, days)| (*name, Window::Days(*days)))
        .chain([("all", Window::All)])
        .map(|(name, window)| WindowLink {
            label: name.to_owned(),
            href: format!("/?window={name}"),
            current: window == current,
        })
        .collect()
}

fn chart_boxes(shares: &Shares, query: &str, answer: &str) -> Vec<ChartBox> {
    let words = window_words(shares);
    let bars = u32::try_from(shares.pools.len().min(15) + 1).unwrap_or(16);
    let over_time = format!("{answer} The picture shows how each pool's share moved over {words}.");
    let parts = [
        ("shares", format!("Share of {words} by pool"), answer.to_owned()),
        ("history", format!("Share of blocks by pool over {words}"), over_time),
    ];
    // as wide as their columns on a wide page, so that the canvas takes the place of the picture line by line
    let boxes = parts.map(|(name, title, alt)| (name, title, alt, wide(name, bars)));
    let boxes = boxes.into_iter().map(|(name, title, alt, Size { width, height })| ChartBox {
        name: name.to_owned(),
        title,
        alt,
        json_href: format!("/charts/{name}.json?{query}"),
        csv_href: format!("/charts/{name}.csv?{query}"),
        svg_href: format!("/charts/{name}.svg?{query}"),
        width,
        height,
    });
    boxes.collect()
}
