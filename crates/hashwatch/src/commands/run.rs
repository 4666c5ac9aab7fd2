//! `hashwatch run`: index and serve in one process. `hashwatch index`: the same without serving.

use std::{process::ExitCode, sync::Arc};

use hashwatch_delivery::Subscribers;
use hashwatch_model::{Market, NodeState, NodeStatus, Status, StoreState, Sync};
use hashwatch_registry::Dossier;
use hashwatch_store::{NoticesMark, Store, StoreError};
use tokio::{sync::watch, task::JoinHandle};

use super::{listen, print_url, serve_pages, stop_signal};
use crate::{
    BadUsage,
    alerts::Watcher,
    chain::{Chain, keep_pools},
    cli::IndexArgs,
    config::Config,
    database::{Database, Sharing, WriterLock},
    dossier, market,
    pipeline::{Ended, Pipeline},
    subscriptions, told,
};

/// Everything that indexing needs, opened.
struct Opened {
    chain: Chain,
    store: Store,
    config: Config,
    status: watch::Sender<Status>,
    stop: watch::Receiver<bool>,
    shared: Option<Sharing>,
    /// How far saying has come.
    told: watch::Receiver<NoticesMark>,
    /// Where there can be any.
    subscribers: Option<Subscribers>,
    /// They are served.
    delivering: Option<JoinHandle<()>>,
    _lock: WriterLock,
}

pub(crate) async fn run(args: IndexArgs) -> anyhow::Result<ExitCode> {
    if args.once {
        return Err(BadUsage("--once is for `hashwatch index`".to_owned()).into());
    }
    let Opened { chain, store, config, status, stop, shared, told, subscribers, delivering, _lock } =
        open(&args).await?;
    let listener = listen(config.listen).await?;
    print_url(&listener)?;
    let dossier = dossier::follow(config.overlay.clone())?;
    let market = market::follow(config.market.clone())?;
    let (registry, seen) = (chain.registry.clone(), status.subscribe());
    let watcher = watcher(&store, &config, &chain, (dossier.clone(), market.clone()), &status);
    let visitors = subscribers.map(|subscribers| config.subscriptions.pages(subscribers));
    let alerts = config.site.alerts(told, Arc::new(config.alerts.clone()), visitors)?;
    let pages = serve_pages(listener, store.clone(), registry, dossier, market, seen, alerts, stop.clone());
    let pages = tokio::spawn(pages);
    let watching = tokio::spawn(watcher.run(stop.clone()));
    let pipeline = Pipeline::new(chain, store, config.follow, status, stop, false);
    let outcome = pipeline.run().await;
    if outcome.is_ok() {
        pages.await??;
        watching.await?;
        delivered(delivering).await;
    }
    if let Some(shared) = shared.filter(|_| outcome.is_ok()) {
        shared.ended().await;
    }
    outcome.map(|_| ExitCode::SUCCESS)
}

pub(crate) async fn index(args: IndexArgs) -> anyhow::Result<ExitCode> {
    if args.listen.is_some() {
        return Err(BadUsage("--listen is for `hashwatch run` and `hashwatch serve`".to_owned()).into());
    }
    let Opened { chain, store, config, status, stop, shared, delivering, _lock, .. } = open(&args).await?;
    let seen = status.subscribe();
    let told = (dossier::follow(config.overlay.clone())?, market::follow(config.market.clone())?);
    let watcher = watcher(&store, &config, &chain, told, &status);
    // once there is one look, at the end
    let (last, following) = match args.once {
        true => (Some(watcher), None),
        false => (None, Some(tokio::spawn(watcher.run(stop.clone())))),
    };
    let pipeline = Pipeline::new(chain, store, config.follow, status, stop, args.once);
    let ended = pipeline.run().await?;
    if let Some(mut watcher) = last {
        watcher.look().await;
    }
    if let Some(following) = following.filter(|_| matches!(ended, Ended::Stopped)) {
        following.await?;
    }
    if ended == Ended::Stopped {
        delivered(delivering).await;
    }
    drop(shared);
    match ended {
        Ended::AtTip | Ended::Stopped => Ok(ExitCode::SUCCESS),
        Ended::Refused => {
            let refusal = seen.borrow().refusal.clone();
            anyhow::bail!("refused: {}", refusal.map_or_else(String::new, |refusal| refusal.message))
        }
        Ended::NoSource => {
            let states: Vec<String> = seen.borrow().nodes.iter().map(NodeStatus::to_string).collect();
            anyhow::bail!("no source can be used: {}", states.join("; "))
        }
    }
}

/// Who says what is worth a warning of this chain.
fn watcher(
    store: &Store,
    config: &Config,
    chain: &Chain,
    (dossier, market): (watch::Receiver<Arc<Dossier>>, watch::Receiver<Arc<Market>>),
    status: &watch::Sender<Status>,
) -> Watcher {
    let (rules, registry) = (config.alerts.clone(), Arc::clone(&chain.registry));
    Watcher::new(store.clone(), rules, registry, dossier, market, status.clone())
}

/// What was under way to subscribers has ended, and is written down.
async fn delivered(delivering: Option<JoinHandle<()>>) {
    let Some(delivering) = delivering else { return };
    if let Err(error) = delivering.await {
        tracing::error!(%error, "serving subscribers broke off");
    }
}

async fn open(args: &IndexArgs) -> anyhow::Result<Opened> {
    let config = Config::read_index(args)?;
    let stop = stop_signal()?;
    let chain = Chain::choose(&config).await?;
    let data_dir = chain.data_dir.clone();
    let lock = WriterLock::take(&data_dir)?;
    let database = Database::open(&config, &data_dir).await?;
    let kind = database.kind;
    let client = database.client.clone();
    let shared = database.share(&data_dir, stop.clone()).await?;
    let store = open_store(&client, &config, &chain, stop.clone(), args.once).await?;
    // not before the store has said that it holds this chain
    if let Some(pools) = &chain.own_pools {
        keep_pools(&data_dir, pools)?;
    }
    let settings = &config.subscriptions;
    let subscribers = match settings.is_set() && !args.once {
        true => Some(subscriptions::open(settings, client, &config.store.database, &data_dir).await?),
        false => None,
    };
    let told = told::follow(store.clone());
    let deliver = |subscribers: Subscribers| {
        subscriptions::deliver(settings, subscribers, store.clone(), told.clone(), stop.clone())
    };
    let delivering = subscribers.clone().map(deliver).transpose()?;
    let (status, _) = watch::channel(Status {
        nodes: chain.sources.iter().map(|source| unknown(source.name())).collect(),
        store: StoreState::Ok,
        store_kind: kind,
        store_version: store.version().await?,
        sync: Sync::Waiting,
        refusal: None,
        setback: None,
        overlay_problems: 0,
        not_evaluated: Vec::new(),
    });
    Ok(Opened { chain, store, config, status, stop, shared, told, subscribers, delivering, _lock: lock })
}

/// A server that is away at the start may come back.
async fn open_store(
    client: &clickhouse::Client,
    config: &Config,
    chain: &Chain,
    mut stop: watch::Receiver<bool>,
    once: bool,
) -> anyhow::Result<Store> {
    loop {
        match Store::open(client.clone(), &config.store.database, chain.origin.clone()).await {
            Ok(store) => return Ok(store),
            Err(error @ StoreError::ClickHouse { .. }) if config.store.url.is_some() && !once => {
                tracing::warn!("{error}; trying again");
                let wait = std::time::Duration::from_secs(config.follow.retry_seconds);
                if tokio::time::timeout(wait, stop.wait_for(|stop| *stop)).await.is_ok() {
                    return Err(error.into());
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
}

fn unknown(name: &str) -> NodeStatus {
    NodeStatus {
        name: name.to_owned(),
        state: NodeState::Unknown,
        version: None,
        tip: None,
        ancestor: None,
        network_hashes_per_second: None,
        more_work: None,
        refused: None,
    }
}
