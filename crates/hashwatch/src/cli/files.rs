//! What the subcommands take that need no store: they write a chain, or judge what they are given.

use std::path::PathBuf;

use clap::Args;
use hashwatch_model::Network;

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
