//! The workbench of Unknown: which blocks without a name belong together, and the entry that would name them; `/unknown` and
//! `/api/v1/unknown`.

mod page;

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderMap, Uri},
    response::Response,
};
use bitcoin::{Script, ScriptBuf};
use hashwatch_model::{BlockId, Network, Window};
use hashwatch_registry::{Cluster, Clusters, Link, NamedCoinbase, SIMULATED, UnknownCoinbase, clusters};
use hashwatch_store::UnknownBlock;
use serde_json::{Value, json};

pub(crate) use self::page::page;
use crate::{
    answers::Question,
    api::id_json,
    asked::Asked,
    error::WebError,
    openapi::{FormatParam, PinParams, Refusals, WindowParam},
    params::Params,
    shares::{
        CONFIDENCE, Shares,
        answer::{unknown_fields, window_fields},
    },
    state::WebState,
    table::{Table, answer},
    view::View,
    window_links::range_words,
    wording::counted,
};

/// A year: a miner that nobody knows finds a block now and then.
const USUAL: Window = Window::Days(365);
/// Blocks of Unknown that are looked at, the newest of the window. Before 2012 nearly all are Unknown.
const MOST_BLOCKS: u32 = 20_000;
/// Bytes of a coinbase whose outputs are looked at; others are ten times as small, hostile ones a megabyte.
const LONGEST_COINBASE: u32 = 20_000;
/// Bytes of a payout script: bare multisignatures have some two hundred.
const LONGEST_SCRIPT: usize = 520;
/// Payout scripts of a cluster that are told.
const MOST_PAYOUTS: usize = 20;
/// Blocks of each pool whose texts are taken for everybody's.
const NAMED_EACH: u32 = 20;
/// Clusters told, of two blocks or more.
const MOST_CLUSTERS: usize = 50;

/// What was found.
pub(crate) struct Workbench {
    shares: Arc<Shares>,
    read: usize,
    named_read: usize,
    clusters: Clusters,
    /// The entry that would name each cluster.
    entries: Vec<Option<String>>,
}

impl Workbench {
    /// From memory where it was asked for lately.
    async fn read(state: &WebState, view: &View, window: Window) -> Result<Arc<Workbench>, WebError> {
        let question = Question { mark: view.mark().clone(), window, what: "unknown".into() };
        let found = async {
            let shares = Shares::read(state, view, window).await?;
            let range = (shares.range.from, shares.range.to);
            let (unknown, named) = tokio::try_join!(
                view.unknown_blocks(range, LONGEST_COINBASE, MOST_BLOCKS),
                view.named_scripts(range, NAMED_EACH)
            )?;
            let (who, network) = (Arc::clone(&view.who), state.origin().network);
            // one at a time: it goes on even if nobody waits for it any more
            let place = Arc::clone(&state.sorting).acquire_owned().await;
            let sort = move || {
                let _place = place;
                let (read, named_read) = (unknown.len(), named.len());
                let unknown: Vec<UnknownCoinbase> = unknown.into_iter().map(coinbase).collect();
                let named: Vec<NamedCoinbase<'_>> =
                    named.iter().map(|(pool, script)| NamedCoinbase { pool, script }).collect();
                let mut clusters = clusters(&unknown, &named, MOST_CLUSTERS);
                // a block that shares nothing with any other is no cluster to work on
                clusters.ranked.retain(|cluster| cluster.blocks > 1);
                let entry = |cluster: &Cluster| cluster.entry(&who, network, |id| source(network, id));
                let entries = clusters.ranked.iter().map(entry).collect();
                Arc::new(Workbench { shares, read, named_read, clusters, entries })
            };
            tokio::task::spawn_blocking(sort).await.map_err(|error| WebError::Draw(error.to_string()))
        };
        state.workbenches.get(question, found).await
    }

    fn ranked(&self) -> impl Iterator<Item = (&Cluster, Option<&str>)> {
        self.clusters.ranked.iter().zip(self.entries.iter().map(Option::as_deref))
    }
}

fn coinbase(block: UnknownBlock) -> UnknownCoinbase {
    // a script that no wallet makes is nobody's address, and may be as long as a coinbase
    let payout = block.payout.filter(|script| script.len() <= LONGEST_SCRIPT);
    UnknownCoinbase { height: block.id.height, hash: block.id.hash, time: block.time, script: block.script, payout }
}

/// A public page that shows the coinbase, where there is one.
fn source(network: Network, id: &BlockId) -> String {
    let chain = match network {
        Network::Mainnet => "",
        Network::Testnet3 => "testnet/",
        Network::Testnet4 => "testnet4/",
        Network::Signet => "signet/",
        _ => return SIMULATED.to_owned(),
    };
    format!("https://mempool.space/{chain}block/{}", id.hash)
}

/// Blocks of Unknown that belong together, and the registry entry that would name each cluster.
#[utoipa::path(
    get,
    path = "/api/v1/unknown",
    tag = "Who mines",
    params(WindowParam, PinParams, FormatParam),
    responses((status = 200, description = "Clusters, most blocks first", content((Value = "application/json"), (String = "text/csv"))), Refusals)
)]
pub(crate) async fn api(State(state): State<WebState>, headers: HeaderMap, uri: Uri) -> Result<Response, WebError> {
    let mut params = Params::of(&uri);
    let window = params.window(USUAL)?;
    let asked = Asked::api(&state, params, &headers).await?;
    let bench = Workbench::read(&state, &asked.view, window).await?;
    let title = format!("Unknown blocks of {} that belong together", range_words(bench.shares.range));
    answer(&state, &asked, &title, || fields(&state, window, &bench), || table(&state, window, &bench))
}

fn fields(state: &WebState, window: Window, bench: &Workbench) -> Value {
    let payout = |script: &Script, blocks: usize| json!({ "address": state.address(script), "script_hex": script.to_hex_string(), "blocks": blocks });
    let link = |link: &Link| match link {
        Link::Text(it) => json!({ "by": "text", "text": it.text, "blocks": it.blocks }),
        Link::Payout(it) => {
            let mut told = payout(&it.script, it.blocks);
            told["by"] = json!("payout");
            told
        }
    };
    let cluster = |(it, entry): (&Cluster, Option<&str>)| {
        json!({
            "blocks": it.blocks, "first_height": it.first_height, "last_height": it.last_height,
            "first_time": it.first_time, "last_time": it.last_time,
            "texts": it.texts.iter().map(|it| json!({ "text": it.text, "blocks": it.blocks, "pool": it.pool })).collect::<Vec<_>>(),
            "payouts": it.payouts.iter().take(MOST_PAYOUTS).map(|it| payout(&it.script, it.blocks)).collect::<Vec<_>>(),
            "payouts_total": it.payouts.len(),
            "linked_by": it.links.iter().map(link).collect::<Vec<_>>(),
            "latest_blocks": it.latest.iter().copied().map(id_json).collect::<Vec<_>>(),
            "entry": entry,
        })
    };
    let mut unknown = json!(unknown_fields(&bench.shares));
    unknown["looked_at"] = json!(bench.read);
    unknown["named_looked_at"] = json!(bench.named_read);
    json!({
        "window": window_fields(window, bench.shares.range),
        "confidence": CONFIDENCE,
        "unknown": unknown,
        "clusters_total": bench.clusters.total,
        "clusters_of_one": bench.clusters.single,
        "clusters": bench.ranked().map(cluster).collect::<Vec<_>>(),
    })
}

/// What two blocks or more share, and how many have it.
fn link_words(state: &WebState, link: &Link) -> String {
    let (what, blocks) = match link {
        Link::Text(it) => (format!("\u{201c}{}\u{201d}", it.text), it.blocks),
        Link::Payout(it) => {
            let paid = state.address(&it.script).unwrap_or_else(|| "a script without an address".to_owned());
            (format!("paid to {paid}"), it.blocks)
        }
    };
    format!("{what} in {}", counted(blocks, "block"))
}

fn table(state: &WebState, window: Window, bench: &Workbench) -> Table {
    let joined = |words: Vec<String>| json!(words.join(" | "));
    let row = |(place, (it, entry)): (usize, (&Cluster, Option<&str>))| {
        let payout = |script: &ScriptBuf| state.address(script).unwrap_or_else(|| script.to_hex_string());
        vec![
            json!(place + 1),
            json!(it.blocks),
            json!(it.first_height),
            json!(it.last_height),
            json!(it.first_time),
            json!(it.last_time),
            joined(it.texts.iter().map(|it| it.text.clone()).collect()),
            joined(it.payouts.iter().take(MOST_PAYOUTS).map(|it| payout(&it.script)).collect()),
            joined(it.links.iter().map(|link| link_words(state, link)).collect()),
            json!(it.latest.first().map(|id| id.hash.to_string())),
            json!(entry.is_some()),
        ]
    };
    let columns = [
        "rank",
        "blocks",
        "first_height",
        "last_height",
        "first_time_unix_seconds",
        "last_time_unix_seconds",
        "texts",
        "payouts",
        "linked_by",
        "latest_block",
        "entry_at_hand",
    ];
    Table::new(&format!("unknown-{window}"), &columns, bench.ranked().enumerate().map(row).collect())
}
