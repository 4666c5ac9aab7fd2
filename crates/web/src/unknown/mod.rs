//! The workbench of Unknown: which blocks without a name belong together, and the entry that would name them; `/unknown` and
//! `/api/v1/unknown`.

mod answer;
mod page;

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderMap, Uri},
    response::Response,
};
use hashwatch_model::{BlockId, Network, Window};
use hashwatch_registry::{Cluster, Clusters, NamedCoinbase, SIMULATED, UnknownCoinbase, clusters};
use hashwatch_store::UnknownBlock;

use self::answer::{UnknownClustersFields, fields, table};
pub(crate) use self::page::page;
use crate::{
    answers::Question,
    asked::Asked,
    error::WebError,
    openapi::{FormatParam, PinParams, Refusals, WindowParam},
    params::Params,
    shares::Shares,
    state::WebState,
    table::{Answered, answer},
    view::View,
    window_links::range_words,
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
    operation_id = "unknown",
    tag = "Who mines",
    params(WindowParam, PinParams, FormatParam),
    responses(
        (status = 200, description = "Clusters, most blocks first", content(
            (Answered<UnknownClustersFields> = "application/json"), (String = "text/csv")
        )),
        Refusals
    )
)]
pub(crate) async fn api(State(state): State<WebState>, headers: HeaderMap, uri: Uri) -> Result<Response, WebError> {
    let mut params = Params::of(&uri);
    let window = params.window(USUAL)?;
    let asked = Asked::api(&state, params, &headers).await?;
    let bench = Workbench::read(&state, &asked.view, window).await?;
    let title = format!("Unknown blocks of {} that belong together", range_words(bench.shares.range));
    answer(&state, &asked, &title, || fields(&state, window, &bench), || table(&state, window, &bench))
}
