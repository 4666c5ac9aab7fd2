//! Which chain to follow: nodes, a directory of block files, or with neither a simulated chain of its own.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::Context;
use hashwatch_model::{BlockId, Network, NodeState, Origin};
use hashwatch_node::{Auth, BlockFiles, Route, RpcConfig, RpcNode, Source};
use hashwatch_registry::Registry;
use hashwatch_simulate::{Growing, Note, Plan, REGISTRY_FILE, SimulateError, generate, registry_toml};
use hashwatch_verify::Start;

use crate::{
    BadUsage,
    address::shown,
    clock::unix_now,
    config::{Config, NodeSection},
    overlay::Overlay,
    progress::Progress,
};

/// Seed of the chain that a first run without a node shows.
const FIRST_RUN_SEED: u64 = 1;

/// A chain to index.
pub(crate) struct Chain {
    pub(crate) origin: Origin,
    pub(crate) start: Start,
    pub(crate) sources: Vec<Source>,
    pub(crate) registry: Arc<Registry>,
    /// Entries of the operator's own in it.
    pub(crate) overlay: Option<Overlay>,
    /// The registry file that a simulated chain brought, as it reads.
    pub(crate) own_pools: Option<String>,
    pub(crate) data_dir: PathBuf,
    /// The simulated chain that must be kept growing, if it is ours.
    pub(crate) growing: Option<Growing>,
    /// Its blocks are holes behind their coinbases: none can be read whole.
    pub(crate) sparse: bool,
}

impl Chain {
    /// Settles on a chain. Without any source it is a simulated one of our own, which is made where there is none.
    pub(crate) async fn choose(config: &Config) -> anyhow::Result<Chain> {
        match Chain::with_source(config).await? {
            Some(chain) => Ok(chain),
            None => Chain::of_our_own(config),
        }
    }

    /// The same, but a simulated chain is left as it is: another process may be at it.
    pub(crate) async fn as_it_lies(config: &Config) -> anyhow::Result<Chain> {
        match Chain::with_source(config).await? {
            Some(chain) => Ok(chain),
            None => {
                let dir = own_chain(config);
                Chain::of_note(&Config { network: Some(Network::Sim), ..config.clone() }, &dir, &Note::read(&dir)?)
            }
        }
    }

    async fn with_source(config: &Config) -> anyhow::Result<Option<Chain>> {
        if let Some(dir) = &config.blocks_dir {
            return Chain::of_files(config, dir).map(Some);
        }
        if !config.nodes.is_empty() {
            return Chain::of_nodes(config, config.network.unwrap_or(Network::Mainnet), &config.nodes).map(Some);
        }
        let network = config.network.unwrap_or(Network::Mainnet);
        if network != Network::Sim {
            let node = usual_node(network)?;
            if config.network.is_some() || answers(&node, network, config).await {
                return Chain::of_nodes(config, network, &[node]).map(Some);
            }
            tracing::warn!(
                url = shown(&node.url),
                "no node of mainnet answers here, so this shows a simulated chain; \
                 give --rpc-url, or [[node]] in a --config, to follow a real one"
            );
        }
        Ok(None)
    }

    fn of_nodes(config: &Config, network: Network, nodes: &[NodeSection]) -> anyhow::Result<Chain> {
        let genesis = network.genesis().ok_or_else(|| BadUsage("no node follows the network sim".to_owned()))?;
        let (start, hash) = match config.start {
            Some(id) if id.height > 0 => (Start::Trusted(id), id.hash),
            _ => (Start::Genesis, genesis.block_hash()),
        };
        let (registry, overlay) = config.registry_and_overlay()?;
        let sources = nodes.iter().map(|node| rpc_source(node, network, config)).collect::<Result<_, _>>()?;
        Ok(Chain {
            origin: Origin { network, start: hash, simulated: false, hash_scale: 1.0 },
            start,
            sources,
            registry: Arc::new(registry),
            overlay,
            own_pools: None,
            data_dir: config.data_dir(network),
            growing: None,
            sparse: false,
        })
    }

    fn of_files(config: &Config, dir: &Path) -> anyhow::Result<Chain> {
        match Note::read(dir) {
            Ok(note) => return Chain::of_note(config, dir, &note),
            Err(SimulateError::NoChain { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        let network = config.network.unwrap_or(Network::Mainnet);
        let genesis = network
            .genesis()
            .ok_or_else(|| BadUsage(format!("{} holds no simulated chain: it has no note", dir.display())))?;
        let genesis = BlockId { height: 0, hash: genesis.block_hash() };
        let first = config.start.unwrap_or(genesis);
        let (registry, overlay) = config.registry_and_overlay()?;
        Ok(Chain {
            origin: Origin { network, start: first.hash, simulated: false, hash_scale: 1.0 },
            start: if first == genesis { Start::Genesis } else { Start::Trusted(first) },
            sources: vec![Source::Files(BlockFiles::open("block files", dir, network, Some(first))?)],
            registry: Arc::new(registry),
            overlay,
            own_pools: None,
            data_dir: config.data_dir(network),
            growing: None,
            sparse: false,
        })
    }

    /// A simulated directory: the note says which network it is and where it begins, `pools.toml` who is who.
    fn of_note(config: &Config, dir: &Path, note: &Note) -> anyhow::Result<Chain> {
        let origin = note.origin();
        let network = origin.network;
        if let Some(asked) = config.network.filter(|asked| *asked != network) {
            let found = format!("{} holds a simulated chain of {network}, not of {asked}", dir.display());
            return Err(BadUsage(found).into());
        }
        let pools = dir.join(REGISTRY_FILE);
        let text = std::fs::read_to_string(&pools).with_context(|| format!("reading {}", pools.display()))?;
        let genesis = BlockId { height: 0, hash: origin.start };
        Ok(Chain {
            origin,
            start: if network == Network::Sim { Start::Trusted(genesis) } else { Start::Genesis },
            sources: vec![Source::Files(BlockFiles::open("simulated chain", dir, network, Some(genesis))?)],
            registry: Arc::new(Registry::from_toml(REGISTRY_FILE, &text)?),
            overlay: None,
            own_pools: Some(text),
            data_dir: config.data_dir(network),
            growing: None,
            sparse: note.bytes_per_block.is_some(),
        })
    }

    /// The first run without a node: a year of simulated blocks up to now, that goes on growing.
    fn of_our_own(config: &Config) -> anyhow::Result<Chain> {
        let dir = own_chain(config);
        let now = u32::try_from(unix_now()).context("the clock")?;
        if let Err(SimulateError::NoChain { .. }) = Note::read(&dir) {
            let plan = Plan::year_until(now, FIRST_RUN_SEED);
            let mut progress = Progress::new("simulating a year of blocks", u64::from(plan.expected_blocks()));
            generate(&plan, &dir, |made| progress.set(u64::from(made.blocks)))?;
            progress.finish();
        }
        let mut growing = Growing::open(&dir)?;
        growing.extend_to(u64::from(now))?;
        let config = Config { network: Some(Network::Sim), ..config.clone() };
        let chain = Chain::of_note(&config, &dir, growing.note())?;
        Ok(Chain { growing: Some(growing), ..chain })
    }
}

/// Where the simulated chain of a first run lies.
fn own_chain(config: &Config) -> PathBuf {
    config.data_dir(Network::Sim).join("simulated-chain")
}

/// Leaves a simulated chain's pools in the data directory, where `serve` finds them without the chain.
pub(crate) fn keep_pools(data_dir: &Path, pools: &str) -> anyhow::Result<()> {
    let (file, new) = (data_dir.join(REGISTRY_FILE), data_dir.join("pools.toml.new"));
    let kept = std::fs::write(&new, pools).and_then(|()| std::fs::rename(&new, &file));
    kept.with_context(|| format!("writing {}", file.display()))
}

/// The pools that were left in a data directory; those that every simulated chain has where none were.
pub(crate) fn kept_pools(data_dir: &Path) -> anyhow::Result<Registry> {
    let file = data_dir.join(REGISTRY_FILE);
    let text = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => registry_toml(),
        Err(error) => return Err(error).with_context(|| format!("reading {}", file.display())),
    };
    Ok(Registry::from_toml(REGISTRY_FILE, &text)?)
}

fn rpc_source(node: &NodeSection, network: Network, config: &Config) -> anyhow::Result<Source> {
    let url = shown(&node.url);
    let auth = match (&node.cookie, &node.user) {
        (Some(cookie), _) => Auth::Cookie(cookie.clone()),
        (None, Some(user)) => {
            let name = node.password_env.as_deref().unwrap_or("HASHWATCH_RPC_PASSWORD");
            let password = std::env::var(name)
                .map_err(|_| BadUsage(format!("node {url}: the variable {name} has no password in it")))?;
            Auth::UserPass { user: user.clone(), password }
        }
        (None, None) => Auth::Cookie(usual_cookie(network)?),
    };
    // the page, which strangers see, shows no paths: here they are
    match &auth {
        Auth::Cookie(path) => tracing::info!(%network, url, cookie = %path.display(), "a node to follow"),
        Auth::UserPass { user, .. } => tracing::info!(%network, url, user, "a node to follow"),
    }
    let name = node.name.clone().unwrap_or_else(|| url.trim_start_matches("http://").to_owned());
    let timeout = Duration::from_secs(config.follow.timeout_seconds);
    let route = node.route.as_deref().map_or(Ok(Route::Auto), str::parse);
    let route = route.map_err(|error| BadUsage(format!("node {url}: {error}")))?;
    let files = node_files(node, &auth, network, route)?;
    // nothing is asked yet: what fails here are settings that cannot work
    let node = RpcNode::new(RpcConfig { name, url: node.url.clone(), auth, network, timeout, route, files });
    Ok(Source::Rpc(node.map_err(|error| BadUsage(error.to_string()))?))
}

/// The node's block files, where they can be read: those of the setting, else those that lie beside its cookie.
fn node_files(node: &NodeSection, auth: &Auth, network: Network, route: Route) -> anyhow::Result<Option<BlockFiles>> {
    if !matches!(route, Route::Auto | Route::Files) {
        return Ok(None);
    }
    let open = |dir: &Path| BlockFiles::open("block files", dir, network, None);
    if let Some(dir) = &node.blocks_dir {
        return Ok(Some(open(dir)?));
    }
    let beside = match auth {
        Auth::Cookie(path) => path.parent().map(|dir| dir.join("blocks")).filter(|dir| dir.is_dir()),
        Auth::UserPass { .. } => None,
    };
    match (beside.map(|dir| open(&dir)), route) {
        (Some(Ok(files)), _) => Ok(Some(files)),
        (Some(Err(error)), Route::Files) => Err(error.into()),
        (None, Route::Files) => {
            Err(BadUsage(format!("node {}: the route files needs blocks_dir", shown(&node.url))).into())
        }
        (Some(Err(error)), _) => {
            tracing::debug!(%error, "the block files beside the cookie are not read");
            Ok(None)
        }
        (None, _) => Ok(None),
    }
}

/// bitcoind's defaults: its port on loopback, its cookie in its data directory.
fn usual_node(network: Network) -> anyhow::Result<NodeSection> {
    let port = network.rpc_port().context("a network that nodes follow")?;
    Ok(NodeSection {
        name: Some("bitcoind".to_owned()),
        url: format!("http://127.0.0.1:{port}"),
        cookie: Some(usual_cookie(network)?),
        user: None,
        password_env: None,
        blocks_dir: None,
        route: None,
    })
}

fn usual_cookie(network: Network) -> anyhow::Result<PathBuf> {
    let folder = network.node_folder().ok_or_else(|| BadUsage("no node follows the network sim".to_owned()))?;
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let base = if cfg!(target_os = "macos") {
        home.join("Library/Application Support/Bitcoin")
    } else {
        home.join(".bitcoin")
    };
    Ok(base.join(folder).join(".cookie"))
}

/// Whether a node is there at all, be it in whatever state.
async fn answers(node: &NodeSection, network: Network, config: &Config) -> bool {
    let Ok(source) = rpc_source(node, network, config) else { return false };
    !matches!(source.probe(0).await.state, NodeState::Unreachable(_) | NodeState::Unknown)
}
