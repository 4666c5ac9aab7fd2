//! The overview: who mines, on what evidence, how much work, and the state of what watches it.

mod concentrated;
mod now;
mod tables;

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, Uri},
    response::Response,
};
use hashwatch_model::{BlockId, Status, Sync, Window};
use hashwatch_store::BlockFilter;

use self::{
    concentrated::{Multiple, multiples},
    now::{Fact, StateLine, facts, state_lines},
    tables::{ShareRow, share_rows},
};
use crate::{
    alerts,
    asked::Asked,
    attack::line::{Line, line},
    blocks::row::{BlockRow, block_row},
    chart_box::ChartBox,
    error::WebError,
    method::Method,
    page::{Page, shown},
    params::Params,
    series,
    shares::{Shares, USUAL, by::By},
    state::WebState,
    window_links::{Choice, range_words, window_links, window_words},
    wording::{percent, thousands},
};

/// Latest blocks shown.
const LATEST: u32 = 12;

#[derive(Template)]
#[template(path = "overview/overview.html")]
pub(crate) struct OverviewPage {
    page: Page,
    answer: String,
    /// What is raised.
    raised: Option<alerts::page::Line>,
    windows: Vec<Choice>,
    groupings: Vec<Choice>,
    by: &'static str,
    state: Vec<StateLine>,
    facts: Vec<Fact>,
    /// What a majority of mainnet costs.
    majority: Option<Line>,
    charts: Vec<ChartBox>,
    /// What `multiples` are of.
    over: String,
    multiples: Vec<Multiple>,
    rows: Vec<ShareRow>,
    latest: Vec<BlockRow>,
    method: Option<Method>,
    empty: Option<String>,
}

/// `GET /`.
pub(crate) async fn overview(State(state): State<WebState>, headers: HeaderMap, uri: Uri) -> Response {
    shown(&state, &headers, "/", read(&state, &uri)).await
}

async fn read(state: &WebState, uri: &Uri) -> Result<OverviewPage, WebError> {
    let mut params = Params::of(uri);
    let (window, by) = (params.window(USUAL)?, By::take(&mut params)?);
    let now = state.status.borrow().clone();
    match Asked::page(state, params).await {
        Ok(asked) => {
            // how nodes stand to us now has nothing to do with the block that was asked for
            let newest = state.store.mark().await?.ok_or(WebError::NoBlocks)?.tip;
            full(state, &asked, state_lines(&now, Some(newest.height)), newest, (window, by)).await
        }
        Err(WebError::NoBlocks) => Ok(empty(state, &now, (window, by))),
        Err(error) => Err(error),
    }
}

fn empty(state: &WebState, now: &Status, (window, by): (Window, By)) -> OverviewPage {
    let description = "Who controls Bitcoin's hashrate, read from the chain itself.";
    OverviewPage {
        page: Page::new(state, "/", "Who mines", description),
        answer: "No block has been verified yet.".to_owned(),
        raised: None,
        windows: window_links("/", window, &by.query()),
        groupings: groupings(window, by),
        by: by.word(),
        state: state_lines(now, None),
        facts: Vec::new(),
        majority: None,
        charts: Vec::new(),
        over: String::new(),
        multiples: Vec::new(),
        rows: Vec::new(),
        latest: Vec::new(),
        method: None,
        empty: Some(match now.sync {
            Sync::CatchingUp { .. } => "The first blocks are being read and verified.".to_owned(),
            _ => "hashwatch is waiting for its node. The lines above say why.".to_owned(),
        }),
    }
}

async fn full(
    state: &WebState,
    asked: &Asked,
    now: Vec<StateLine>,
    newest: BlockId,
    (window, by): (Window, By),
) -> Result<OverviewPage, WebError> {
    let view = &asked.view;
    let tip = view.mark().tip;
    let filter = BlockFilter { to: Some(tip.height), limit: LATEST, ..BlockFilter::default() };
    let latest = async { Ok::<_, WebError>(view.blocks(&filter).await?) };
    let counts = async { Ok::<_, WebError>(state.counts(view).await?) };
    // the store reads for one while another is computed
    let (latest, counts, raised, shares, multiples, majority) = tokio::try_join!(
        latest,
        counts,
        alerts::page::line(state, asked),
        Shares::read_by(state, view, window, by),
        multiples(state, asked, by),
        line(state, view)
    )?;
    let answer = answer(&shares, tip.height);
    let query = asked.pin();
    Ok(OverviewPage {
        page: Page::new(state, "/", "Who mines", &answer),
        raised,
        windows: window_links("/", window, &by.query()),
        groupings: groupings(window, by),
        by: by.word(),
        state: now,
        facts: facts(state, view, newest, &counts, &shares, &latest).await?,
        majority,
        charts: chart_boxes(&shares, by, &query, &answer),
        over: window_words(series::USUAL),
        multiples,
        rows: share_rows(view, &shares),
        latest: latest.iter().map(|block| block_row(view, block)).collect(),
        method: Some(method(state, asked, &shares, by)),
        empty: None,
        answer,
    })
}

fn method(state: &WebState, asked: &Asked, shares: &Shares, by: By) -> Method {
    let query = asked.pin();
    let whose = match by {
        By::Pool => "Blocks of each pool over all blocks of the window",
        By::Group => {
            "Blocks of each pool over all blocks of the window, those of a group that shares its templates counted as \
             one at the time that its members are said to belong to it"
        }
        By::Owner => {
            "Blocks of each pool over all blocks of the window, those of one owner counted as one at the time that they \
             are said to be its own"
        }
    };
    let computed = format!(
        "{whose}; intervals are Wilson's at 95 % and speak of chance alone. Pools are named by payout address, then by tag, \
         under registry {}.",
        asked.view.registry()
    );
    let cited = format!("share of blocks by {}, {}", by.word(), range_words(shares.range));
    Method::new(state, asked, &cited, computed).with([
        ("JSON", format!("/api/v1/shares?{query}")),
        ("CSV", format!("/api/v1/shares?{query}&format=csv")),
        ("CSV over time", format!("/charts/history.csv?{query}")),
    ])
}

fn answer(shares: &Shares, tip: u32) -> String {
    let (words, tip) = (range_words(shares.range), thousands(u64::from(tip)));
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

/// By whom shares may be counted; listed miners are estimates, on a page of their own.
fn groupings(window: Window, current: By) -> Vec<Choice> {
    let by = By::ALL.map(|by| Choice {
        label: format!("by {}", by.word()),
        href: format!("/?window={window}{}", if by == By::Pool { String::new() } else { format!("&{}", by.query()) }),
        current: by == current,
    });
    let miners = Choice { label: "listed miners".to_owned(), href: format!("/miners?window={window}"), current: false };
    by.into_iter().chain([miners]).collect()
}

fn chart_boxes(shares: &Shares, by: By, query: &str, answer: &str) -> Vec<ChartBox> {
    let (words, by) = (range_words(shares.range), by.word());
    let bars = u32::try_from(shares.pools.len().min(15) + 1).unwrap_or(16);
    let over_time = format!("{answer} The picture shows how each {by}'s share moved over {words}.");
    vec![
        ChartBox::new("shares", format!("Share of {words} by {by}"), answer.to_owned(), query, bars),
        ChartBox::new("history", format!("Share of blocks by {by} over {words}"), over_time, query, bars),
    ]
}
