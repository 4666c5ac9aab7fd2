//! The command line, as in the README. Flags override the configuration file; secrets come from the environment.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand};
use hashwatch_model::Network;
use hashwatch_node::Route;

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

#[derive(Args, Clone, Default)]
pub(crate) struct IndexArgs {
    #[command(flatten)]
    pub(crate) common: CommonArgs,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    /// Where to serve [default: 127.0.0.1:8480]
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<SocketAddr>,
    /// To the tip, then end (`index` only)
    #[arg(long)]
    pub(crate) once: bool,
}

#[derive(Args, Clone)]
pub(crate) struct AuditArgs {
    #[command(flatten)]
    pub(crate) common: CommonArgs,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    /// So many blocks, drawn at random, proven or not
    #[arg(long, value_name = "N", conflicts_with = "all", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) sample: Option<u32>,
    /// The draw of --sample: the same seed draws the same blocks
    #[arg(long, value_name = "S", requires = "sample")]
    pub(crate) seed: Option<u64>,
    /// Every block, proven or not
    #[arg(long)]
    pub(crate) all: bool,
    /// Print the outcome as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Clone)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    pub(crate) common: CommonArgs,
    /// Where to serve [default: 127.0.0.1:8480]
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<SocketAddr>,
}

#[derive(Args, Clone)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub(crate) common: CommonArgs,
    /// Print the findings as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Subcommand)]
pub(crate) enum RegistryCommand {
    /// Check the built-in registry and what is known of miners' announcements, reports, machines and markets, with the entries of
    /// a file beside them; exit status 1 when anything is wrong.
    Check {
        /// An operator's own entries
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Say what another list (mempool's pools-v2.json, bitcoin-data's pool-list.json) has that the registry has not, and where
    /// it contradicts it.
    Diff {
        /// The list, as JSON
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Print the differences as JSON
        #[arg(long)]
        json: bool,
    },
    /// Print entries that take over what another list has, for a file of one's own.
    Import {
        /// The list, as JSON
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// The public page where the list can be read
        #[arg(long, value_name = "URL")]
        source: String,
        /// When it stood there: 2026, 2026-02 or 2026-02-24
        #[arg(long, value_name = "DATE")]
        date: String,
    },
}

#[derive(Subcommand)]
pub(crate) enum PivotsCommand {
    /// Read the feeds of the configuration now and then, and keep what may be an announcement as drafts.
    Watch {
        #[command(flatten)]
        common: CommonArgs,
        /// Each feed once, then end; exit status 1 when one of them cannot be read
        #[arg(long)]
        once: bool,
    },
    /// List the drafts that wait for a decision, newest first.
    Drafts {
        #[command(flatten)]
        common: CommonArgs,
        /// Those too that are decided
        #[arg(long)]
        all: bool,
        /// Print them as JSON
        #[arg(long)]
        json: bool,
    },
    /// Print a draft as the beginning of an entry for a file of one's own: figures are for a person to read in the release.
    Accept {
        #[command(flatten)]
        common: CommonArgs,
        /// The draft's id
        #[arg(value_name = "ID")]
        id: String,
        /// Append the entry to this file instead
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
    },
    /// Turn a draft down: it does not come back.
    Refuse {
        #[command(flatten)]
        common: CommonArgs,
        /// The draft's id
        #[arg(value_name = "ID")]
        id: String,
    },
}

#[derive(Subcommand)]
pub(crate) enum AlertsCommand {
    /// List what the rules that need the chain alone would have said of each block, of what is stored or of a table of who found
    /// which block.
    Replay(ReplayArgs),
}

#[derive(Args, Clone)]
pub(crate) struct ReplayArgs {
    #[command(flatten)]
    pub(crate) common: CommonArgs,
    /// List nothing below this height: what lies below is looked at all the same
    #[arg(long, value_name = "H")]
    pub(crate) from: Option<u32>,
    /// End at this height
    #[arg(long, value_name = "H")]
    pub(crate) to: Option<u32>,
    /// A table in place of the store: CSV with the columns height, time (Unix seconds) and pool, gzipped where its name ends in .gz
    #[arg(long, value_name = "FILE")]
    pub(crate) labels: Option<PathBuf>,
    /// The column of that table that says who found a block
    #[arg(long, value_name = "NAME", requires = "labels", default_value = "pool")]
    pub(crate) pool_column: String,
    /// Print it as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Clone)]
pub(crate) struct MarketArgs {
    #[command(flatten)]
    pub(crate) common: CommonArgs,
    /// Print the values as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Clone)]
pub(crate) struct RelabelArgs {
    #[command(flatten)]
    pub(crate) common: CommonArgs,
    /// Print the outcome as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Clone)]
pub(crate) struct EngineArgs {
    /// Its data directory
    #[arg(long, value_name = "DIR")]
    pub(crate) data: PathBuf,
    /// A loopback address; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub(crate) listen: SocketAddr,
}

#[derive(Args, Clone)]
pub(crate) struct SimulateArgs {
    /// How many blocks, the genesis among them
    #[arg(long, value_name = "N")]
    pub(crate) blocks: u32,
    /// The same seed gives the same bytes
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Where blk*.dat, xor.dat and the note go
    #[arg(long, value_name = "DIR", required_unless_present = "headers")]
    pub(crate) out: Option<PathBuf>,
    /// sim or regtest
    #[arg(long, value_name = "N", default_value = "sim")]
    pub(crate) network: Network,
    /// Declare blocks of this many bytes, as holes in sparse files
    #[arg(long, value_name = "N")]
    pub(crate) bytes_per_block: Option<u32>,
    /// Write headers alone, 80 bytes each, into one file
    #[arg(long, value_name = "FILE", conflicts_with = "out")]
    pub(crate) headers: Option<PathBuf>,
}

#[derive(Args, Clone)]
pub(crate) struct VerifyHeadersArgs {
    /// Headers, lowest first; `-` for standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// mainnet, testnet3, testnet4, signet, regtest or sim
    #[arg(long, value_name = "N", default_value = "mainnet")]
    pub(crate) network: Network,
    /// Height of the first header: it is taken on trust [default: the network's genesis]
    #[arg(long, value_name = "H")]
    pub(crate) start_height: Option<u32>,
    /// How to hash: auto, avx512, avx2, sha-ni or portable
    #[arg(long, value_name = "NAME", default_value = "auto")]
    pub(crate) backend: String,
    /// Print the outcome as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Clone)]
pub(crate) struct VerifyBlockArgs {
    /// The block as nodes serialize it; `-` for standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Its height, which is taken on trust
    #[arg(long, value_name = "H")]
    pub(crate) height: u32,
    /// mainnet, testnet3, testnet4, signet, regtest or sim
    #[arg(long, value_name = "N", default_value = "mainnet")]
    pub(crate) network: Network,
    /// How to hash: auto, avx512, avx2, sha-ni or portable
    #[arg(long, value_name = "NAME", default_value = "auto")]
    pub(crate) backend: String,
    /// Print the outcome as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Clone)]
pub(crate) struct AttributeArgs {
    /// `-`: CSV from standard input, with the header height,time,script_hex,addresses; a line of JSON for each row
    #[arg(value_name = "-", value_parser = ["-"], conflicts_with_all = ["height", "coinbase_tx", "script", "address", "time"])]
    pub(crate) rows: Option<String>,
    /// mainnet, testnet3, testnet4, signet, regtest or sim
    #[arg(long, value_name = "N", default_value = "mainnet")]
    pub(crate) network: Network,
    /// The block's height
    #[arg(long, value_name = "H", required_unless_present = "rows")]
    pub(crate) height: Option<u32>,
    /// The whole coinbase transaction
    #[arg(long, value_name = "HEX", required_unless_present_any = ["rows", "script"])]
    pub(crate) coinbase_tx: Option<String>,
    /// Its input script, where there is no more than that
    #[arg(long, value_name = "HEX", conflicts_with = "coinbase_tx")]
    pub(crate) script: Option<String>,
    /// An address that is paid, as if all that are named were paid alike; once for each
    #[arg(long, value_name = "A", requires = "script")]
    pub(crate) address: Vec<String>,
    /// The header's time, Unix seconds [default: not known, every mark counts whenever it was claimed]
    #[arg(long, value_name = "T")]
    pub(crate) time: Option<u32>,
    /// A file of an operator's own entries beside the built-in registry
    #[arg(long, value_name = "FILE")]
    pub(crate) overlay: Option<PathBuf>,
    /// Print the outcome as JSON
    #[arg(long)]
    pub(crate) json: bool,
}
