//! What the subcommands take that are about warnings, and about who hears of them.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::CommonArgs;

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

#[derive(Subcommand)]
pub(crate) enum SubscriptionsCommand {
    /// List those that are pending or active. Whose they are and where they lead is not shown.
    List {
        #[command(flatten)]
        common: CommonArgs,
        /// Print them as JSON
        #[arg(long)]
        json: bool,
    },
    /// Send a test by the way that its notices take; exit status 1 when it does not arrive.
    Test {
        #[command(flatten)]
        common: CommonArgs,
        /// The subscription's id
        #[arg(value_name = "ID")]
        id: String,
    },
    /// End a subscription and erase it.
    Remove {
        #[command(flatten)]
        common: CommonArgs,
        /// The subscription's id
        #[arg(value_name = "ID")]
        id: String,
    },
    /// List notices that could not be delivered in a day or in twenty tries.
    Dead {
        #[command(flatten)]
        common: CommonArgs,
        /// Print them as JSON
        #[arg(long)]
        json: bool,
    },
    /// Have those tried once more by the process that delivers.
    Retry {
        #[command(flatten)]
        common: CommonArgs,
        /// Those of this subscription alone
        #[arg(value_name = "ID")]
        id: Option<String>,
    },
}
