//! What the subcommands take that are about what is known beside the chain: who is who, what miners announced, prices.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::CommonArgs;

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

#[derive(Args, Clone)]
pub(crate) struct MarketArgs {
    #[command(flatten)]
    pub(crate) common: CommonArgs,
    /// Print the values as JSON
    #[arg(long)]
    pub(crate) json: bool,
}
