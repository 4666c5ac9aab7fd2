//! What the subcommands take that fill the store, read it or look after it.

use std::{net::SocketAddr, path::PathBuf};

use clap::Args;

use super::{CommonArgs, SourceArgs};

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
pub(crate) struct ServeArgs {
    #[command(flatten)]
    pub(crate) common: CommonArgs,
    /// Where to serve [default: 127.0.0.1:8480]
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<SocketAddr>,
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
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub(crate) common: CommonArgs,
    /// Print the findings as JSON
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
