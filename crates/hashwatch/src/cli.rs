//! The command line, as in the README. Flags override the configuration file; secrets come from the environment.
//!
//! What single subcommands take lies in the modules below.

mod files;
mod known;
mod store;
mod warnings;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use hashwatch_model::Network;
use hashwatch_node::Route;

pub(crate) use self::{
    files::{AttributeArgs, SimulateArgs, VerifyBlockArgs, VerifyHeadersArgs},
    known::{MarketArgs, PivotsCommand, RegistryCommand},
    store::{AuditArgs, CheckArgs, EngineArgs, IndexArgs, RelabelArgs, ServeArgs},
    warnings::{AlertsCommand, ReplayArgs, SubscriptionsCommand},
};

/// An observatory of who controls Bitcoin's hashrate.
#[derive(Parser)]
#[command(version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Index and serve, in one process. With no node anywhere: a simulated chain.
    Run(IndexArgs),
    /// Index without serving.
    Index(IndexArgs),
    /// Serve what was indexed, without a node.
    Serve(ServeArgs),
    /// Look for damage in the store; exit status 1 when there is any.
    Check(CheckArgs),
    /// Prove coinbases from whole blocks, where only their fronts were read, and fill in sizes and weights; exit status 1
    /// when what is stored differs. Runs beside a running instance.
    Audit(AuditArgs),
    /// Form all opinions anew after the registry has changed, without the node, and say which blocks changed hands. Readers
    /// see the new ones all at once. Not beside a process that indexes.
    Relabel(RelabelArgs),
    /// Look at the registry of pools: its own soundness, and what other lists have that it has not.
    #[command(subcommand)]
    Registry(RegistryCommand),
    /// Watch feeds for announcements of listed miners, and decide on the drafts that come of it.
    #[command(subcommand)]
    Pivots(PivotsCommand),
    /// What is worth a warning: what would have been said of the past.
    #[command(subcommand)]
    Alerts(AlertsCommand),
    /// Look after subscriptions to warnings: list, try and end them, and have tried again what could not be delivered.
    #[command(subcommand)]
    Subscriptions(SubscriptionsCommand),
    /// Say what a coin and hashrate cost, from where, and how old that is; exit status 1 when a source fails.
    Market(MarketArgs),
    /// Run the embedded ClickHouse as a process of its own, on a loopback port, with a secret
    /// (HASHWATCH_CLICKHOUSE_PASSWORD, or a new one at each start).
    Engine(EngineArgs),
    /// Write a synthetic chain in Bitcoin Core's block file format.
    Simulate(SimulateArgs),
    /// Verify a flat file of 80-byte headers by every rule they can show; exit status 1 when one is refused.
    VerifyHeaders(VerifyHeadersArgs),
    /// Verify a raw block by all that it shows itself; exit status 1 when it is refused.
    VerifyBlock(VerifyBlockArgs),
    /// Say who mined a block with this coinbase, on what evidence, and take the coinbase apart.
    Attribute(AttributeArgs),
}

/// What most subcommands take.
#[derive(Args, Clone, Default)]
pub(crate) struct CommonArgs {
    /// Configuration file (see deploy/hashwatch.example.toml)
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Where the store, and what belongs to it, lies [default: data/NETWORK]
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// A ClickHouse server in place of the embedded one (user and password: HASHWATCH_CLICKHOUSE_USER, HASHWATCH_CLICKHOUSE_PASSWORD)
    #[arg(long, value_name = "URL")]
    pub(crate) clickhouse_url: Option<String>,
    /// mainnet, testnet3, testnet4, signet, regtest or sim
    #[arg(long, value_name = "N")]
    pub(crate) network: Option<Network>,
    /// A file of an operator's own entries beside the built-in registry
    #[arg(long, value_name = "FILE")]
    pub(crate) overlay: Option<PathBuf>,
}

/// Where blocks come from.
#[derive(Args, Clone, Default)]
pub(crate) struct SourceArgs {
    /// A node's JSON-RPC, such as http://127.0.0.1:8332
    #[arg(long, value_name = "URL")]
    pub(crate) rpc_url: Option<String>,
    /// The node's cookie file [default: in the node's usual place; or HASHWATCH_RPC_USER and HASHWATCH_RPC_PASSWORD]
    #[arg(long, value_name = "FILE", requires = "rpc_url")]
    pub(crate) rpc_cookie: Option<PathBuf>,
    /// A directory of blk*.dat: with --rpc-url the node's own, to be read in its place; else read without a node (a
    /// simulated one brings its network with it)
    #[arg(long, value_name = "DIR")]
    pub(crate) blocks_dir: Option<PathBuf>,
    /// How blocks come from the node: auto, files, blockpart, rest or rpc [default: auto]
    #[arg(long, value_name = "ROUTE", requires = "rpc_url")]
    pub(crate) route: Option<Route>,
    /// Begin at a block that you trust instead of the genesis
    #[arg(long, value_name = "HEIGHT:HASH")]
    pub(crate) start: Option<String>,
}
