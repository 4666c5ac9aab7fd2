//! The TOML file and the environment, with the command line over them: one struct of settled values.

mod file;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::Context;
use bitcoin::BlockHash;
use hashwatch_alerts::Rules;
use hashwatch_model::{BlockId, Network};
use hashwatch_registry::Registry;

pub(crate) use self::file::{EngineSection, FollowSection, NodeSection, StoreSection};
use self::file::{File, LISTEN, read_file};
use crate::{
    BadUsage,
    cli::{CommonArgs, IndexArgs, SourceArgs},
    hashing::Hashing,
    market::MarketSection,
    overlay::Overlay,
    pivots::PivotsSection,
    site::SiteSection,
    subscriptions,
};

/// Everything settled.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// None where nobody said: then the sources decide.
    pub(crate) network: Option<Network>,
    pub(crate) data: Option<PathBuf>,
    pub(crate) listen: SocketAddr,
    pub(crate) site: SiteSection,
    pub(crate) blocks_dir: Option<PathBuf>,
    pub(crate) start: Option<BlockId>,
    pub(crate) nodes: Vec<NodeSection>,
    pub(crate) store: StoreSection,
    pub(crate) engine: EngineSection,
    pub(crate) follow: FollowSection,
    pub(crate) hashing: Hashing,
    /// An operator's own entries beside the built-in registry.
    pub(crate) overlay: Option<PathBuf>,
    pub(crate) pivots: PivotsSection,
    pub(crate) market: MarketSection,
    /// How the rules of alerts are set.
    pub(crate) alerts: Rules,
    /// Who hears of them, and how.
    pub(crate) subscriptions: subscriptions::Settings,
}

impl Config {
    /// Reads the file, where one is named, and lays the flags over it. Settles how this process hashes, which it can but
    /// once: before the first hash.
    pub(crate) fn read(common: &CommonArgs) -> anyhow::Result<Config> {
        let file = match &common.config {
            Some(path) => read_file(path)?,
            None => File::default(),
        };
        let named = file.network.as_deref().map(str::parse).transpose();
        let named = named.map_err(|error| BadUsage(format!("network in the configuration: {error}")))?;
        let start = file.start.map(|start| start_block(start.height, &start.hash)).transpose()?;
        let listen = file.listen.map_or_else(|| LISTEN.parse(), Ok).context("the built-in listen address")?;
        let store = StoreSection { url: common.clickhouse_url.clone().or(file.store.url), ..file.store };
        let hashing = Hashing::choose("verify.backend", &file.verify.backend)?;
        let follow = file.follow;
        file.site.address()?;
        if follow.batch == 0 || follow.timeout_seconds == 0 {
            return Err(BadUsage("follow.batch and follow.timeout_seconds are at least 1".to_owned()).into());
        }
        let (subscriptions, alerts) = file.alerts.settle(file.site.address()?)?;
        Ok(Config {
            network: common.network.or(named),
            data: common.data.clone().or(file.data),
            listen,
            site: file.site,
            blocks_dir: file.blocks_dir,
            start,
            nodes: file.node,
            store,
            engine: file.engine,
            follow,
            hashing,
            overlay: common.overlay.clone().or(file.registry.overlay),
            pivots: file.pivots,
            market: file.market,
            alerts,
            subscriptions,
        })
    }

    /// Who is who on a chain that is not simulated.
    pub(crate) fn registry(&self) -> anyhow::Result<Registry> {
        registry(self.overlay.as_deref())
    }

    /// The same, and where an operator's own entries in it are to be looked at again.
    pub(crate) fn registry_and_overlay(&self) -> anyhow::Result<(Registry, Option<Overlay>)> {
        let registry = self.registry()?;
        let overlay = self.overlay.clone().map(|path| Overlay::new(path, &registry));
        Ok((registry, overlay))
    }

    /// As [`Config::read`], with the flags of `run` and `index`.
    pub(crate) fn read_index(args: &IndexArgs) -> anyhow::Result<Config> {
        let mut config = Config::read_sources(&args.common, &args.source)?;
        if let Some(listen) = args.listen {
            config.listen = listen;
        }
        tracing::info!("hashing with {}", config.hashing);
        Ok(config)
    }

    /// The same with the flags that say where blocks come from.
    pub(crate) fn read_sources(common: &CommonArgs, args: &SourceArgs) -> anyhow::Result<Config> {
        let mut config = Config::read(common)?;
        if let Some(url) = &args.rpc_url {
            config.nodes = vec![NodeSection {
                name: None,
                url: url.clone(),
                cookie: args.rpc_cookie.clone(),
                user: std::env::var("HASHWATCH_RPC_USER").ok().filter(|_| args.rpc_cookie.is_none()),
                password_env: Some("HASHWATCH_RPC_PASSWORD".to_owned()),
                blocks_dir: args.blocks_dir.clone(),
                route: args.route.map(|route| route.to_string()),
            }];
            config.blocks_dir = None;
        } else if let Some(dir) = &args.blocks_dir {
            config.blocks_dir = Some(dir.clone());
            config.nodes.clear();
        }
        if let Some(start) = &args.start {
            let refuse = || BadUsage(format!("--start {start:?}: give HEIGHT:HASH"));
            let (height, hash) = start.split_once(':').ok_or_else(refuse)?;
            config.start = Some(start_block(height.parse().map_err(|_| refuse())?, hash)?);
        }
        if config.blocks_dir.is_some() && !config.nodes.is_empty() {
            return Err(BadUsage("blocks come from nodes or from blocks_dir, not from both: a node's own directory is a setting of its [[node]]".to_owned()).into());
        }
        Ok(config)
    }

    /// The data directory for a network.
    pub(crate) fn data_dir(&self, network: Network) -> PathBuf {
        self.data.clone().unwrap_or_else(|| Path::new("data").join(network.name()))
    }
}

/// The built-in registry, with an operator's own entries where there are any. All that is wrong with them is told.
pub(crate) fn registry(overlay: Option<&Path>) -> anyhow::Result<Registry> {
    let Some(path) = overlay else { return Ok(Registry::builtin().clone()) };
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| BadUsage(format!("cannot read {name}: {error}")))?;
    Ok(Registry::with_overlay(&name, &text).map_err(|errors| BadUsage(errors.to_string()))?)
}

fn start_block(height: u32, hash: &str) -> anyhow::Result<BlockId> {
    let hash: BlockHash =
        hash.parse().map_err(|_| BadUsage(format!("the start's hash {hash:?} has not 64 hex digits")))?;
    Ok(BlockId { height, hash })
}
