//! The TOML file and the environment, with the command line over them: one struct of settled values.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::Context;
use bitcoin::BlockHash;
use hashwatch_alerts::Rules;
use hashwatch_model::{BlockId, Network};
use hashwatch_registry::Registry;
use serde::Deserialize;

use crate::{
    BadUsage,
    cli::{CommonArgs, IndexArgs, SourceArgs},
    hashing::{AUTO, Hashing},
    market::MarketSection,
    overlay::Overlay,
    pivots::PivotsSection,
    site::SiteSection,
    subscriptions::{self, AlertsSection},
};

/// Where pages are served unless told otherwise.
const LISTEN: &str = "127.0.0.1:8480";

/// The file, as an operator writes it. `deploy/hashwatch.example.toml` is its manual.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    network: Option<String>,
    data: Option<PathBuf>,
    listen: Option<SocketAddr>,
    site: SiteSection,
    blocks_dir: Option<PathBuf>,
    start: Option<StartSection>,
    node: Vec<NodeSection>,
    store: StoreSection,
    engine: EngineSection,
    follow: FollowSection,
    verify: VerifySection,
    registry: RegistrySection,
    pivots: PivotsSection,
    market: MarketSection,
    alerts: AlertsSection,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StartSection {
    height: u32,
    hash: String,
}

/// One node to follow.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NodeSection {
    /// What it is called on the page.
    pub(crate) name: Option<String>,
    /// Its JSON-RPC.
    pub(crate) url: String,
    /// Its cookie file.
    pub(crate) cookie: Option<PathBuf>,
    /// Its user; the password comes from the variable that `password_env` names.
    pub(crate) user: Option<String>,
    /// Name of an environment variable.
    pub(crate) password_env: Option<String>,
    /// Its directory of blk*.dat on this machine; without it the one beside the cookie, where it can be read.
    pub(crate) blocks_dir: Option<PathBuf>,
    /// How blocks come from it: `auto` without it.
    pub(crate) route: Option<String>,
}

/// A ClickHouse server, or where in it hashwatch keeps its tables.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct StoreSection {
    /// A server; the embedded engine without one.
    pub(crate) url: Option<String>,
    /// Database in it.
    pub(crate) database: String,
}

impl Default for StoreSection {
    fn default() -> Self {
        StoreSection { url: None, database: "hashwatch".to_owned() }
    }
}

/// The embedded engine.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct EngineSection {
    /// The libchdb to load.
    pub(crate) libchdb: Option<PathBuf>,
}

/// How blocks are followed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct FollowSection {
    /// For one call to a node.
    pub(crate) timeout_seconds: u64,
    /// Between two tries after a refusal or a failure.
    pub(crate) retry_seconds: u64,
    /// Blocks written at a time while catching up.
    pub(crate) batch: u32,
    /// Blocks below the tip, the tip among them, that are read whole, so that their coinbases are proven.
    pub(crate) whole: u32,
}

impl Default for FollowSection {
    fn default() -> Self {
        FollowSection { timeout_seconds: 30, retry_seconds: 5, batch: 20_000, whole: 144 }
    }
}

/// How blocks are verified.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct VerifySection {
    /// The backend to hash with, by name, or `auto`.
    backend: String,
}

impl Default for VerifySection {
    fn default() -> Self {
        VerifySection { backend: AUTO.to_owned() }
    }
}

/// Who is who.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RegistrySection {
    /// A file of entries beside the built-in ones.
    pub(crate) overlay: Option<PathBuf>,
}

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

fn read_file(path: &Path) -> anyhow::Result<File> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| BadUsage(format!("cannot read the configuration {}: {error}", path.display())))?;
    let file = toml::from_str(&text);
    Ok(file.map_err(|error| BadUsage(format!("{}{}", path.display(), keyless(error, &text))))?)
}

/// What is wrong with the file, with which setting and in which line. Neither the line nor a text in it is shown: URLs hold keys.
fn keyless(mut error: toml::de::Error, text: &str) -> String {
    let before = error.span().and_then(|span| text.get(..span.start));
    let line = before.map_or_else(String::new, |before| format!(", line {}", 1 + before.matches('\n').count()));
    // without the text, the library names the setting instead of showing its line
    error.set_input(None);
    let whole = error.to_string();
    let setting = whole.strip_prefix(error.message()).unwrap_or_default().trim().replace("in `", ", `");
    let said = error.message();
    let quoted = said.find('"').zip(said.rfind('"')).filter(|(from, to)| from < to);
    let said = quoted.map_or_else(|| said.to_owned(), |(from, to)| format!("{}…{}", &said[..=from], &said[to..]));
    format!("{line}{setting}: {said}")
}

fn start_block(height: u32, hash: &str) -> anyhow::Result<BlockId> {
    let hash: BlockHash =
        hash.parse().map_err(|_| BadUsage(format!("the start's hash {hash:?} has not 64 hex digits")))?;
    Ok(BlockId { height, hash })
}

#[cfg(test)]
mod tests {
    use hashwatch_alerts::Rule;

    use super::*;

    const MANUAL: &str = include_str!("../../../deploy/hashwatch.example.toml");

    /// The example as it stands changes nothing, and says what the defaults are.
    #[test]
    fn the_manual_holds_the_defaults() {
        let file: File = toml::from_str(MANUAL).unwrap();
        assert_eq!(file.listen, LISTEN.parse().ok());
        assert_eq!(file.store.database, StoreSection::default().database);
        let (said, meant) = (file.follow, FollowSection::default());
        assert_eq!(
            (said.timeout_seconds, said.retry_seconds, said.batch, said.whole),
            (meant.timeout_seconds, meant.retry_seconds, meant.batch, meant.whole)
        );
        assert_eq!(file.verify.backend, VerifySection::default().backend);
        assert!(file.node.is_empty() && file.network.is_none() && file.start.is_none());
        assert_eq!(format!("{:?}", file.site), format!("{:?}", SiteSection::default()));
        assert_eq!(format!("{:?}", file.pivots), format!("{:?}", PivotsSection::default()));
        assert_eq!(format!("{:?}", file.market), format!("{:?}", MarketSection::default()));
        assert_eq!(format!("{:?}", file.alerts), format!("{:?}", AlertsSection::default()));
    }

    /// With every comment that holds a setting taken off, it still reads: no setting is misspelt.
    #[test]
    fn every_setting_of_the_manual_is_one() {
        let is_setting = |line: &str| {
            line.starts_with("# [")
                || line.split_once(" = ").is_some_and(|(key, _)| {
                    key.starts_with("# ") && key[2..].bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
                })
        };
        let all: Vec<&str> = MANUAL.lines().map(|line| if is_setting(line) { &line[2..] } else { line }).collect();
        let file: File = toml::from_str(&all.join("\n")).unwrap();
        assert_eq!(file.node.len(), 2);
        assert!(file.network.is_some() && file.data.is_some() && file.blocks_dir.is_some() && file.start.is_some());
        assert!(file.store.url.is_some() && file.engine.libchdb.is_some() && file.registry.overlay.is_some());
        assert!(file.site.address().unwrap().is_some() && !file.site.proxies.is_empty());
        assert_ne!(format!("{:?}", file.pivots), format!("{:?}", PivotsSection::default()));
        assert_ne!(format!("{:?}", file.market), format!("{:?}", MarketSection::default()));
        // every default is written down, beside what has none
        let defaults = Rules::default();
        let differs = |rule: &Rule| file.alerts.rules.of(*rule) != defaults.of(*rule);
        assert_eq!(Rule::ALL.into_iter().filter(differs).collect::<Vec<_>>(), [Rule::AttackCost]);
    }

    #[test]
    fn unknown_keys_are_refused_by_name() {
        let error = toml::from_str::<File>("nodes = []").unwrap_err().to_string();
        assert!(error.contains("nodes"), "{error}");
    }

    #[test]
    fn what_is_wrong_with_the_file_is_told_without_its_keys() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("hashwatch.toml");
        for (line, what) in [
            ("feeds = [{ name = \"a\", url = \"https://example.org/?key=hunter2\", link = 1 }]", "link"),
            ("feeds = \"https://example.org/?key=\\\"hunter2\"", "string"),
            ("feeds = [{ name = \"a\", url = \"https://example.org/?key=hunter2\" }", "array"),
            ("every = \"https://example.org/?key=hunter2", "string"),
        ] {
            std::fs::write(&path, format!("[pivots]\n{line}\n")).unwrap();
            let error = format!("{:#}", read_file(&path).unwrap_err());
            assert!(error.contains("hashwatch.toml, line ") && error.contains(what), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
