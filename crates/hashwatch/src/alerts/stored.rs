//! Whole chains in the columns that rules see: what is stored, or what a table tells.

use std::sync::Arc;

use hashwatch_alerts::Scene;
use hashwatch_registry::Registry;
use hashwatch_store::{ChainColumns, MinerColumn, Snapshot};

use super::columns::{Columns, NewBlock};

/// A chain, to be folded as a whole.
pub(crate) struct Whole {
    pub(super) columns: Columns,
    pub(super) times: Times,
}

/// When its blocks were, and with how much work.
pub(super) enum Times {
    Stored(ChainColumns),
    /// Median times past alone.
    Told(Vec<u32>),
}

impl Whole {
    /// As rules see it.
    pub(crate) fn scene(&self) -> Scene<'_> {
        match &self.times {
            Times::Stored(chain) => scene(&self.columns, chain),
            Times::Told(times) => self.columns.scene(times, None),
        }
    }
}

/// All of it up to the snapshot's tip.
pub(crate) async fn read_store(snapshot: &Snapshot, registry: &Arc<Registry>) -> anyhow::Result<Whole> {
    let (chain, miners) = tokio::try_join!(snapshot.chain(), snapshot.miners())?;
    let mut columns = Columns::new(Arc::clone(registry), chain.from());
    append(&mut columns, &chain, &miners)?;
    Ok(Whole { columns, times: Times::Stored(chain) })
}

/// Columns over the chain that they are of.
pub(super) fn scene<'a>(columns: &'a Columns, chain: &'a ChainColumns) -> Scene<'a> {
    columns.scene(chain.median_times(), Some(chain.chainworks()))
}

/// Appends what columns lack of a chain that they are the beginning of.
pub(super) fn append(columns: &mut Columns, chain: &ChainColumns, miners: &MinerColumn) -> anyhow::Result<()> {
    let (times, slugs) = (chain.median_times(), miners.slugs());
    for place in columns.blocks()..chain.blocks() {
        let pool = &slugs[usize::from(miners.ids()[place])];
        columns.push(NewBlock { median_time: times[place], pool })?;
    }
    Ok(())
}
