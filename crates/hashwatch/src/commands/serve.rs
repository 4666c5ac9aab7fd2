//! `hashwatch serve`: pages and API over what was indexed, without a node.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use hashwatch_model::{Network, Status, StoreState, Sync};
use hashwatch_registry::Registry;
use hashwatch_store::Store;
use tokio::sync::watch;

use super::{listen, print_url, serve_pages, stop_signal};
use crate::{
    chain::kept_pools,
    cli::{CommonArgs, ServeArgs},
    config::Config,
    database::{Database, WriterLock},
    dossier, market, told,
};

/// A store that was filled before, and the way to it.
pub(crate) struct Existing {
    pub(crate) store: Store,
    pub(crate) database: Database,
    pub(crate) data_dir: PathBuf,
    pub(crate) config: Config,
}

impl Existing {
    /// For one who reads.
    pub(crate) async fn open(common: &CommonArgs) -> anyhow::Result<Existing> {
        let (config, data_dir) = Existing::config(common)?;
        let database = Database::open(&config, &data_dir).await?;
        let store = Store::open_existing(database.client.clone(), &config.store.database).await?;
        Ok(Existing { store, database, data_dir, config })
    }

    /// For one who writes, and has the lock as long as it does.
    pub(crate) async fn open_to_write(common: &CommonArgs) -> anyhow::Result<(Existing, WriterLock)> {
        let (config, data_dir) = Existing::config(common)?;
        let lock = WriterLock::take(&data_dir)?;
        let database = Database::open(&config, &data_dir).await?;
        let store = Store::reopen(database.client.clone(), &config.store.database).await?;
        Ok((Existing { store, database, data_dir, config }, lock))
    }

    fn config(common: &CommonArgs) -> anyhow::Result<(Config, PathBuf)> {
        let config = Config::read(common)?;
        let data_dir = config.data_dir(config.network.unwrap_or(Network::Mainnet));
        if config.store.url.is_none() && !data_dir.is_dir() {
            anyhow::bail!("there is no data directory {}: give --data, or index first", data_dir.display());
        }
        Ok((config, data_dir))
    }
}

pub(crate) async fn serve(args: ServeArgs) -> anyhow::Result<ExitCode> {
    let Existing { store, database, data_dir, config } = Existing::open(&args.common).await?;
    let listener = listen(args.listen.unwrap_or(config.listen)).await?;
    print_url(&listener)?;
    let (_status, status) = watch::channel(Status {
        nodes: Vec::new(),
        store: StoreState::Ok,
        store_kind: database.kind,
        store_version: store.version().await?,
        sync: Sync::Off,
        refusal: None,
        setback: None,
        overlay_problems: 0,
        not_evaluated: Vec::new(),
    });
    let stop = stop_signal()?;
    let shared = database.share(&data_dir, stop.clone()).await?;
    let registry = registry_for(&config, &store, &data_dir)?;
    let (dossier, market) = (dossier::follow(config.overlay)?, market::follow(config.market)?);
    let alerts = config.site.alerts(told::follow(store.clone()), Arc::new(config.alerts.clone()), None)?;
    serve_pages(listener, store, Arc::new(registry), dossier, market, status, alerts, stop).await?;
    if let Some(shared) = shared {
        shared.ended().await;
    }
    Ok(ExitCode::SUCCESS)
}

/// Names come from the registry; a simulated chain brought its own when it was indexed.
pub(crate) fn registry_for(config: &Config, store: &Store, data_dir: &Path) -> anyhow::Result<Registry> {
    if store.origin().simulated { kept_pools(data_dir) } else { config.registry() }
}
