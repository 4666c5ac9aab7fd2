//! The page of the workbench.

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, Uri},
    response::Response,
};
use bitcoin::ScriptBuf;
use hashwatch_model::BlockId;
use hashwatch_registry::{Cluster, SharedText};

use super::{USUAL, Workbench, answer::link_words};
use crate::{
    asked::Asked,
    error::WebError,
    method::Method,
    page::{Page, shown},
    params::Params,
    state::WebState,
    view::View,
    window_links::{Choice, range_words, window_links},
    wording::{counted, percent, shortened, thousands, utc_day},
};

#[derive(Template)]
#[template(path = "unknown/unknown.html")]
struct UnknownPage {
    page: Page,
    answer: String,
    note: String,
    blocks_href: String,
    windows: Vec<Choice>,
    clusters: Vec<ClusterRow>,
    method: Method,
}

struct ClusterRow {
    rank: usize,
    blocks: String,
    share: String,
    heights: String,
    days: String,
    texts: Vec<TextCell>,
    payouts: Vec<String>,
    more_payouts: usize,
    links: Vec<String>,
    more_links: usize,
    latest: Vec<(String, String)>,
    entry: Option<String>,
}

struct TextCell {
    word: String,
    /// The known pool that writes it, too.
    also: Option<(String, String)>,
}

/// `GET /unknown`.
pub(crate) async fn page(State(state): State<WebState>, headers: HeaderMap, uri: Uri) -> Response {
    shown(&state, &headers, "/unknown", read(&state, &uri)).await
}

async fn read(state: &WebState, uri: &Uri) -> Result<UnknownPage, WebError> {
    let mut params = Params::of(uri);
    let window = params.window(USUAL)?;
    let asked = Asked::page(state, params).await?;
    let bench = Workbench::read(state, &asked.view, window).await?;
    let view = &asked.view;
    let (share, words) = (bench.shares.unknown_share, range_words(bench.shares.range));
    let tip = thousands(u64::from(view.mark().tip.height));
    let answer = match bench.shares.unknown {
        0 => format!("Every block of {words} has a name, as of block {tip}."),
        unknown => format!(
            "Nobody is known to have mined {} of {words}: {}\u{a0}% ({} to {}\u{a0}%), as of block {tip}.",
            thousands(unknown),
            percent(share.value),
            percent(share.low),
            percent(share.high),
        ),
    };
    let computed = "Blocks that pay the same script belong together, and blocks less than half a year apart that share a word which \
                    is not found in blocks of two pools or more. That is a hint, not a name: an entry counts once somebody stands \
                    for it, in a file of their own or in the registry."
        .to_owned();
    let pin = asked.pin();
    let method = Method::new(state, &asked, &format!("Unknown blocks of {words}"), computed);
    Ok(UnknownPage {
        page: Page::new(state, "/unknown", "Unknown", &answer),
        note: note(&bench),
        blocks_href: view.link("/blocks".to_owned()) + if view.pinned { "&pool=unknown" } else { "?pool=unknown" },
        windows: window_links("/unknown", window, &asked.kept),
        clusters: bench.ranked().enumerate().map(|(place, found)| row(state, view, &bench, place, found)).collect(),
        method: method
            .with([("JSON", format!("/api/v1/unknown?{pin}")), ("CSV", format!("/api/v1/unknown?{pin}&format=csv"))]),
        answer,
    })
}

fn note(bench: &Workbench) -> String {
    let looked = match (bench.read as u64) < bench.shares.unknown {
        true => format!("The newest {} were looked at. ", thousands(bench.read as u64)),
        false => String::new(),
    };
    let together = bench.clusters.total - bench.clusters.single;
    format!(
        "{looked}{} of two blocks or more{}; {} that {} no word and no payout with any other.",
        counted(together, "cluster"),
        if together > bench.clusters.ranked.len() { ", the largest of which stand here" } else { "" },
        counted(bench.clusters.single, "block"),
        if bench.clusters.single == 1 { "shares" } else { "share" },
    )
}

/// Payout scripts named in a row.
const PAYOUTS_IN_A_ROW: usize = 3;
/// Hex digits of a script without an address.
const DIGITS_IN_A_ROW: usize = 48;
/// Links named in a row.
const LINKS_IN_A_ROW: usize = 6;

fn row(
    state: &WebState,
    view: &View,
    bench: &Workbench,
    place: usize,
    (cluster, entry): (&Cluster, Option<&str>),
) -> ClusterRow {
    let payout = |script: &ScriptBuf| {
        state.address(script).unwrap_or_else(|| shortened(&script.to_hex_string(), DIGITS_IN_A_ROW))
    };
    let span = |from: String, to: String| if from == to { from } else { format!("{from} – {to}") };
    let text = |it: &SharedText| TextCell {
        word: it.text.clone(),
        also: it.pool.as_deref().map(|slug| (view.pool_name(slug).to_owned(), view.pool_link(Some(slug)))),
    };
    let latest = |id: &BlockId| (thousands(u64::from(id.height)), view.link(format!("/blocks/{}", id.hash)));
    #[allow(clippy::cast_precision_loss, reason = "no chain has 2^53 blocks")]
    let share = cluster.blocks as f64 / (bench.shares.unknown.max(1) as f64);
    ClusterRow {
        rank: place + 1,
        blocks: thousands(cluster.blocks as u64),
        share: percent(share),
        heights: span(thousands(u64::from(cluster.first_height)), thousands(u64::from(cluster.last_height))),
        days: span(utc_day(cluster.first_time), utc_day(cluster.last_time)),
        texts: cluster.texts.iter().map(text).collect(),
        payouts: cluster.payouts.iter().take(PAYOUTS_IN_A_ROW).map(|it| payout(&it.script)).collect(),
        more_payouts: cluster.payouts.len().saturating_sub(PAYOUTS_IN_A_ROW),
        links: cluster.links.iter().take(LINKS_IN_A_ROW).map(|link| link_words(state, link)).collect(),
        more_links: cluster.links.len().saturating_sub(LINKS_IN_A_ROW),
        latest: cluster.latest.iter().take(3).map(latest).collect(),
        entry: entry.map(str::to_owned),
    }
}
