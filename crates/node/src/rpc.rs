//! A bitcoind over JSON-RPC, and over REST what comes in bulk: its state, its active chain, its blocks raw, its stale branches.
//!
//! The calls in use are typed here by what is needed of them and no more, so that a newer node with other fields does
//! not break us. How a question is put is in [`ask`] and [`rest`], which way what comes in bulk takes in [`route`], headers in
//! [`headers`], blocks in [`blocks`], branches off the active chain in [`stale`], waiting for a new block in [`wait`]; bytes on the wire are http's part; whether
//! what came is true is verify's.

mod ask;
mod blocks;
mod flight;
mod headers;
mod rest;
mod route;
mod stale;
mod wait;

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU8},
    },
    time::Duration,
};

use bitcoin::consensus;
use hashwatch_model::{BlockHash, BlockId, Header, Network, NodeState, NodeStatus, block::MAX_BLOCK_BYTES};
use serde::Deserialize;
use serde_json::json;

use crate::{BlockFiles, NodeError, auth::Auth, error::shown, http::Endpoint, traffic::Meter};
use blocks::Part;
use flight::Flight;
use route::Routes;
pub use route::{Route, UnknownRoute};

/// Calls in one batch. A batch holds one of the node's threads until all of it is done.
const BATCH: usize = 500;
/// Bytes that one answer without a block may have.
const SMALL_ANSWER: usize = 64 * 1024;
/// Bytes per call of a batch: a header in hex is 160, an error message longer.
const BATCHED_ANSWER: usize = 2 * 1024;
/// A header and the count behind it, as most blocks have it.
const HEADER_AND_COUNT: usize = 80 + 3;
/// A block in hex, and what JSON-RPC puts around it.
const BLOCK_ANSWER: usize = 2 * MAX_BLOCK_BYTES + 4 * 1024;

/// Codes of Bitcoin Core's `src/rpc/protocol.h`.
mod code {
    pub(super) const MISC_ERROR: i32 = -1;
    pub(super) const INVALID_ADDRESS_OR_KEY: i32 = -5;
    pub(super) const INVALID_PARAMETER: i32 = -8;
}

/// How to reach a node.
#[derive(Clone, Debug)]
pub struct RpcConfig {
    /// What it is called in status and logs.
    pub name: String,
    /// Such as `http://127.0.0.1:8332`.
    pub url: String,
    /// Who we are to it.
    pub auth: Auth,
    /// The network that it must follow.
    pub network: Network,
    /// For one call, from the connect to the last byte of the answer.
    pub timeout: Duration,
    /// How headers and blocks come.
    pub route: Route,
    /// Its block files on this machine.
    pub files: Option<BlockFiles>,
}

/// A bitcoind.
pub struct RpcNode {
    name: String,
    network: Network,
    genesis: BlockHash,
    timeout: Duration,
    endpoint: Arc<Endpoint>,
    /// A [`wait::Way`].
    waits: AtomicU8,
    routes: Routes,
    files: Option<BlockFiles>,
    flight: Flight,
    part: Part,
    /// Whether the block files had all that they were last asked for.
    files_give_all: AtomicBool,
    meter: Meter,
}

impl fmt::Debug for RpcNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RpcNode").field("name", &self.name).field("network", &self.network).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct BlockchainInfo {
    chain: String,
    blocks: u32,
    headers: u32,
    bestblockhash: BlockHash,
    #[serde(default)]
    initialblockdownload: bool,
    #[serde(default)]
    pruned: bool,
    /// Lowest block it has whole; only where pruned.
    pruneheight: Option<u32>,
}

#[derive(Deserialize)]
struct NetworkInfo {
    subversion: String,
}

impl RpcNode {
    /// Nothing is sent yet: an unreachable node is a state that [`RpcNode::probe`] tells, not an error here.
    ///
    /// # Errors
    /// Settings that cannot work: [`NodeError::Url`], [`NodeError::Credentials`], [`NodeError::NoSuchNode`].
    pub fn new(config: RpcConfig) -> Result<RpcNode, NodeError> {
        let genesis = config.network.genesis().ok_or(NodeError::NoSuchNode(config.network))?.block_hash();
        Ok(RpcNode {
            endpoint: Arc::new(Endpoint::new(&config.url, config.auth, config.timeout)?),
            name: config.name,
            network: config.network,
            genesis,
            timeout: config.timeout,
            waits: AtomicU8::new(0),
            routes: Routes::new(config.route, config.files.is_some()),
            files: config.files,
            flight: Flight::new(),
            part: Part::new(),
            files_give_all: true.into(),
            meter: Meter::default(),
        })
    }

    /// Its name in the configuration.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// See [`crate::Source::probe`].
    pub async fn probe(&self, needed: u32) -> NodeStatus {
        let mut status = NodeStatus {
            name: self.name.clone(),
            state: NodeState::Unknown,
            version: None,
            tip: None,
            ancestor: None,
            network_hashes_per_second: None,
            more_work: None,
            refused: None,
        };
        status.state = match self.examine(needed, &mut status).await {
            Ok(state) => state,
            Err(error) => {
                // what it had as tip it may have no more
                status.tip = None;
                NodeState::Unreachable(error.to_string())
            }
        };
        status
    }

    async fn examine(&self, needed: u32, status: &mut NodeStatus) -> Result<NodeState, NodeError> {
        let info: BlockchainInfo = self.call("getblockchaininfo", vec![], SMALL_ANSWER).await?;
        let network: NetworkInfo = self.call("getnetworkinfo", vec![], SMALL_ANSWER).await?;
        status.version = Some(shown(&network.subversion));
        // a private fork may keep the name of the chain, and a renamed chain the genesis
        let genesis = self.hash_at(0).await?;
        if self.network.node_name() != Some(info.chain.as_str()) || genesis != Some(self.genesis) {
            let genesis = genesis.map_or_else(|| "none".to_owned(), |hash| hash.to_string());
            return Ok(NodeState::WrongNetwork { found: format!("{}, genesis {genesis}", shown(&info.chain)) });
        }
        status.tip = Some(BlockId { height: info.blocks, hash: info.bestblockhash });
        if info.initialblockdownload && !self.is_idle_regtest(&info) {
            return Ok(NodeState::InitialBlockDownload { blocks: info.blocks, headers: info.headers });
        }
        // its own word, shown as such: a node that does not say is no worse
        let said: Option<f64> = self.call("getnetworkhashps", vec![], SMALL_ANSWER).await.ok();
        status.network_hashes_per_second = said.filter(|rate| rate.is_finite() && *rate >= 0.0);
        match info.pruneheight {
            Some(lowest) if info.pruned && lowest > needed => Ok(NodeState::PrunedBelowStart { lowest, needed }),
            _ => Ok(NodeState::Ok),
        }
    }

    /// A regtest node calls itself in initial block download until it sees a block of the last 24 hours, which nobody
    /// may ever mine. There it counts as synced when it has every block that it knows a header of.
    fn is_idle_regtest(&self, info: &BlockchainInfo) -> bool {
        self.network == Network::Regtest && info.blocks == info.headers
    }

    /// See [`crate::Source::tip`].
    pub async fn tip(&self) -> Result<BlockId, NodeError> {
        // one call, so that height and hash belong together
        let info: BlockchainInfo = self.call("getblockchaininfo", vec![], SMALL_ANSWER).await?;
        Ok(BlockId { height: info.blocks, hash: info.bestblockhash })
    }

    /// The block of the active chain at `height`; none above the tip.
    pub async fn hash_at(&self, height: u32) -> Result<Option<BlockHash>, NodeError> {
        match self.call("getblockhash", vec![json!(height)], SMALL_ANSWER).await {
            Ok(hash) => Ok(Some(hash)),
            Err(NodeError::Refused { code: code::INVALID_PARAMETER, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The blocks of the active chain from height `from` to `to`, both included, all of one chain. The list ends early where
    /// the chain does.
    ///
    /// # Errors
    /// [`NodeError::ChainMoved`] where reorgs kept coming in between.
    pub async fn hashes(&self, from: u32, to: u32) -> Result<Vec<BlockHash>, NodeError> {
        for _ in 0..3 {
            let before = self.tip().await?;
            let heights = (from..=to.min(before.height)).map(|height| vec![json!(height)]).collect();
            let mut hashes = Vec::new();
            for answer in self.batch("getblockhash", heights).await? {
                match answer {
                    Ok(hash) => hashes.push(hash),
                    Err(NodeError::Refused { code: code::INVALID_PARAMETER, .. }) => break,
                    Err(error) => return Err(error),
                }
            }
            // still on the active chain: then nothing at or below it was exchanged while we listed
            if self.hash_at(before.height).await? == Some(before.hash) {
                return Ok(hashes);
            }
        }
        Err(NodeError::ChainMoved { from, to })
    }

    /// The headers of blocks on any branch, in the order asked for. Not checked: verify says whether they are those.
    pub async fn headers(&self, hashes: &[BlockHash]) -> Result<Vec<Header>, NodeError> {
        let calls = hashes.iter().map(|hash| vec![json!(hash), json!(false)]).collect();
        let answers = self.batch::<String>("getblockheader", calls).await?;
        hashes
            .iter()
            .zip(answers)
            .map(|(hash, answer)| {
                let hex = answer.map_err(|error| missing(*hash, error))?;
                consensus::encode::deserialize_hex(&hex).map_err(|error| NodeError::Malformed {
                    asked: format!("getblockheader {hash} false"),
                    reason: error.to_string(),
                    came: self.endpoint.shown(hex.as_bytes()),
                })
            })
            .collect()
    }
}

/// Bitcoin Core says -5 of a block that it does not know and -1 of one that it has pruned away.
fn missing(hash: BlockHash, error: NodeError) -> NodeError {
    match error {
        NodeError::Refused { code: code::INVALID_ADDRESS_OR_KEY | code::MISC_ERROR, said, .. } => {
            NodeError::BlockMissing { hash, said }
        }
        error => error,
    }
}
