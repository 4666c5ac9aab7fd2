//! The overview: who mines, on what evidence, how much work, and the state of what watches it.

use askama::Template;
use axum::{
    extract::{RawQuery, State},
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use hashwatch_model::{
    EvidenceKind, NodeState, NodeStatus, Status, StoreState, Sync, Window, coinbase::readable_text, window::NAMED,
};
use hashwatch_store::{BlockFilter, Snapshot, StoredBlock};

use crate::{
    charts::{color, neutral, window_words},
    error::WebError,
    page::{Page, draw, error_page},
    params::Params,
    shares::{Shares, estimate_hashrate},
    state::WebState,
    wording::{btc, bytes, hashrate_unit, iso, percent, significant, thousands, utc},
};

/// Latest blocks shown.
const LATEST: u32 = 12;
/// Longest coinbase text shown in a row, in characters.
const MAX_TEXT: usize = 80;

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

struct StateLine {
    label: String,
    value: String,
    level: &'static str,
    detail: String,
}

struct Fact {
    label: String,
    value: String,
    interval: String,
    note: String,
    note_level: &'static str,
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

struct ShareRow {
    rank: String,
    name: String,
    blocks: String,
    share: String,
    low: String,
    high: String,
    color_light: String,
    color_dark: String,
    kind: &'static str,
}

struct BlockRow {
    height: String,
    hash: String,
    time_iso: String,
    time_utc: String,
    pool: String,
    pool_kind: &'static str,
    evidence: String,
    text: String,
    fees: String,
    size: String,
    txs: String,
    href: String,
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
    params.finish()?;
    let now = state.status.borrow().clone();
    match state.snapshot(as_of).await {
        Ok(snapshot) => full(state, &snapshot, &now, window).await,
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

async fn full(state: &WebState, snapshot: &Snapshot, now: &Status, window: Window) -> Result<OverviewPage, WebError> {
    let shares = Shares::read(state, snapshot, window).await?;
    let tip = snapshot.mark().tip;
    let filter = BlockFilter { to: Some(tip.height), limit: LATEST, ..BlockFilter::default() };
    let latest = snapshot.blocks(&filter).await?;
    let answer = answer(&shares, tip.height);
    let query = format!("window={window}&as_of={}", tip.hash);
    let permalink = format!("/?{query}");
    Ok(OverviewPage {
        page: Page::new(state, "/", "Who mines", &answer),
        windows: window_links(window),
        state: state_lines(now, Some(tip.height)),
        facts: facts(state, snapshot, &shares, &latest).await?,
        charts: chart_boxes(&shares, &query, &answer),
        rows: share_rows(state, &shares),
        latest: latest.iter().map(|block| block_row(state, block)).collect(),
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
            "{} mined {} % of {words} ({} to {} %), as of block {tip}.",
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

fn state_lines(now: &Status, tip: Option<u32>) -> Vec<StateLine> {
    let mut lines: Vec<StateLine> = now.nodes.iter().map(|node| node_line(node, tip)).collect();
    let (value, level) = match now.sync {
        Sync::Off => ("serving only".to_owned(), "ok"),
        Sync::Waiting => ("waiting for a node".to_owned(), "warn"),
        Sync::CatchingUp { at, of } => {
            (format!("block {} of {}", thousands(u64::from(at)), thousands(u64::from(of))), "warn")
        }
        Sync::Following => ("at the tip".to_owned(), "ok"),
    };
    lines.push(StateLine { label: "Sync".to_owned(), value, level, detail: String::new() });
    let store = format!("ClickHouse {} ({})", now.store_version, now.store_kind);
    lines.push(match &now.store {
        StoreState::Ok => StateLine { label: "Store".to_owned(), value: store, level: "ok", detail: String::new() },
        StoreState::Down(reason) => {
            StateLine { label: "Store".to_owned(), value: "down".to_owned(), level: "bad", detail: reason.clone() }
        }
    });
    if let Some(refusal) = &now.refusal {
        lines.push(StateLine {
            label: "Refused".to_owned(),
            value: format!("block {} breaks {}", thousands(u64::from(refusal.height)), refusal.rule),
            level: "bad",
            detail: refusal.message.clone(),
        });
    }
    lines
}

fn node_line(node: &NodeStatus, tip: Option<u32>) -> StateLine {
    let behind = match (node.tip, tip) {
        (Some(at), Some(tip)) if at.height > tip => {
            format!(", {} blocks ahead of us", thousands(u64::from(at.height - tip)))
        }
        _ => String::new(),
    };
    let (value, level, detail) = match &node.state {
        NodeState::Unknown => ("not asked yet".to_owned(), "warn", String::new()),
        NodeState::Ok => (format!("synced{behind}"), "ok", node.version.clone().unwrap_or_default()),
        NodeState::Unreachable(reason) => ("unreachable".to_owned(), "bad", reason.clone()),
        NodeState::InitialBlockDownload { blocks, headers } => {
            let progress = format!("{} of {} blocks", thousands(u64::from(*blocks)), thousands(u64::from(*headers)));
            ("still in its initial block download".to_owned(), "warn", progress)
        }
        NodeState::PrunedBelowStart { lowest, needed } => (
            "pruned below the start".to_owned(),
            "bad",
            format!("has blocks from {lowest} on, {needed} is needed: start higher, or ask a node that keeps all"),
        ),
        NodeState::WrongNetwork { found } => ("on another network".to_owned(), "bad", format!("it follows {found}")),
    };
    StateLine { label: format!("Node {}", node.name), value, level, detail }
}

async fn facts(
    state: &WebState,
    snapshot: &Snapshot,
    shares: &Shares,
    latest: &[StoredBlock],
) -> Result<Vec<Fact>, WebError> {
    let mark = snapshot.mark();
    let counts = snapshot.counts().await?;
    let scaled = if state.origin().simulated { "simulated hashes, scaled to Bitcoin's order" } else { "estimate" };
    let plain = |label: &str, value: String, note: String| Fact {
        label: label.to_owned(),
        value,
        interval: String::new(),
        note,
        note_level: "ok",
    };
    let hashrate = match estimate_hashrate(state, snapshot, shares.range).await? {
        Some(rate) => {
            let (unit, size) = hashrate_unit(rate.value);
            Fact {
                label: "Hashrate".to_owned(),
                value: format!("{} {unit}", significant(rate.value / size)),
                interval: format!("{} to {} {unit}", significant(rate.low / size), significant(rate.high / size)),
                note: scaled.to_owned(),
                note_level: "ok",
            }
        }
        None => plain("Hashrate", "no estimate".to_owned(), "the window holds too few blocks".to_owned()),
    };
    let mut facts = vec![
        plain("Tip", thousands(u64::from(mark.tip.height)), utc(mark.time)),
        plain("Verified headers", thousands(counts.active), format!("{} stale kept", thousands(counts.stale))),
        hashrate,
        plain("Blocks in window", thousands(shares.range.blocks()), {
            format!("{} to {}", thousands(u64::from(shares.range.from)), thousands(u64::from(shares.range.to)))
        }),
    ];
    if let Some(tip) = latest.first() {
        let difficulty = tip.attributed.block.header.difficulty_float() * state.origin().hash_scale;
        facts.push(plain("Difficulty", difficulty_words(difficulty), "of the tip".to_owned()));
    }
    Ok(facts)
}

/// Difficulty has no unit; trillions are how the field says it.
fn difficulty_words(difficulty: f64) -> String {
    match difficulty {
        d if d >= 1e12 => format!("{} trillion", significant(d / 1e12)),
        d if d >= 1e6 => format!("{} million", significant(d / 1e6)),
        d => significant(d),
    }
}

fn chart_boxes(shares: &Shares, query: &str, answer: &str) -> Vec<ChartBox> {
    let words = window_words(shares);
    let parts = [
        (
            "shares",
            format!("Share of {words} by pool"),
            answer.to_owned(),
            30 * u32::try_from(shares.pools.len().min(15) + 1).unwrap_or(16) + 110,
        ),
        (
            "history",
            format!("Share of blocks by pool over {words}"),
            format!("How the shares moved over {words}; the table below has the sums."),
            460,
        ),
    ];
    let boxes = parts.into_iter().map(|(name, title, alt, height)| ChartBox {
        name: name.to_owned(),
        title,
        alt,
        json_href: format!("/charts/{name}.json?{query}"),
        csv_href: format!("/charts/{name}.csv?{query}"),
        svg_href: format!("/charts/{name}.svg?{query}"),
        width: 960,
        height,
    });
    boxes.collect()
}

fn share_rows(state: &WebState, shares: &Shares) -> Vec<ShareRow> {
    let row =
        |rank: String, name: &str, blocks: u64, share: hashwatch_metrics::Interval, color: (String, String), kind| {
            ShareRow {
                rank,
                name: name.to_owned(),
                blocks: thousands(blocks),
                share: percent(share.value),
                low: percent(share.low),
                high: percent(share.high),
                color_light: color.0,
                color_dark: color.1,
                kind,
            }
        };
    let pools =
        shares.pools.iter().enumerate().map(|(rank, s)| {
            row((rank + 1).to_string(), &s.name, s.blocks, s.share, color(state, &s.slug, rank), "pool")
        });
    let unknown = row(String::new(), "Unknown", shares.unknown, shares.unknown_share, neutral(), "unknown");
    pools.chain([unknown]).collect()
}

fn block_row(state: &WebState, stored: &StoredBlock) -> BlockRow {
    let block = &stored.attributed.block;
    let attribution = &stored.attributed.attribution;
    let hash = block.id.hash.to_string();
    let text = readable_text(block.coinbase.script().as_bytes());
    let evidence = match attribution.evidence.first() {
        None => "no known address or tag in the coinbase".to_owned(),
        Some(mark) => match mark.kind {
            EvidenceKind::Address => format!("pays {} (output {})", mark.value, mark.offset),
            EvidenceKind::Tag => format!("tag \u{201c}{}\u{201d} at byte {}", mark.value, mark.offset),
        },
    };
    BlockRow {
        height: thousands(u64::from(block.id.height)),
        href: format!("/api/v1/blocks/{hash}"),
        hash,
        time_iso: iso(block.header.time),
        time_utc: utc(block.header.time),
        pool: attribution.pool.as_deref().map_or("Unknown", |slug| state.pool_name(slug)).to_owned(),
        pool_kind: if attribution.pool.is_some() { "pool" } else { "unknown" },
        evidence,
        text: match text.char_indices().nth(MAX_TEXT) {
            Some((end, _)) => format!("{}\u{2026}", &text[..end]),
            None => text,
        },
        fees: btc(block.fees()),
        size: block.size.map_or_else(|| "not carried by the source".to_owned(), bytes),
        txs: thousands(u64::from(block.tx_count)),
    }
}
