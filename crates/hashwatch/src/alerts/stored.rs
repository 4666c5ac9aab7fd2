//! The chain that is stored, in the columns that rules see.

use std::sync::Arc;

use hashwatch_registry::Registry;
use hashwatch_store::{ChainColumns, MinerColumn, Snapshot};

use super::columns::{Columns, NewBlock};

/// All of it up to the snapshot's tip.
pub(crate) async fn read_store(snapshot: &Snapshot, registry: &Arc<Registry>) -> anyhow::Result<Columns> {
    let (chain, miners) = tokio::try_join!(snapshot.chain(), snapshot.miners())?;
    let mut columns = Columns::new(Arc::clone(registry), chain.from(), true);
    append(&mut columns, &chain, &miners)?;
    Ok(columns)
}

/// Appends what columns lack of a chain that they are the beginning of.
pub(super) fn append(columns: &mut Columns, chain: &ChainColumns, miners: &MinerColumn) -> anyhow::Result<()> {
    let (times, works, slugs) = (chain.median_times(), chain.chainworks(), miners.slugs());
    for place in columns.blocks()..chain.blocks() {
        let pool = &slugs[usize::from(miners.ids()[place])];
        columns.push(NewBlock { median_time: times[place], chainwork: Some(works[place]), pool })?;
    }
    Ok(())
}
