//! The active chain in memory, column by column: what every figure over many blocks is computed from.
//!
//! A block takes some 72 bytes, its miner two. A figure as of an earlier block reads the same columns up to there, so what it
//! says is what it said then. New marks add the blocks they brought, and a reorg takes away those that left: the columns are
//! read as a whole once in a process.

mod facts;
mod memory;
mod miners;

pub(crate) use self::memory::Memories;
use self::memory::blocks_up_to;
pub use self::{facts::ChainColumns, miners::MinerColumn};
use crate::{error::StoreError, read::Snapshot};

/// Refuses a row that is not the next: a column has no gaps.
fn follows(from: &mut u32, rows: usize, height: u32) -> Result<(), StoreError> {
    if rows == 0 {
        *from = height;
    }
    let due = u64::from(*from) + rows as u64;
    if u64::from(height) == due {
        return Ok(());
    }
    let reason = format!(
        "the active chain has {} where block {due} is due",
        if u64::from(height) < due { "a block twice" } else { "a gap" }
    );
    Err(StoreError::Damaged { height, reason })
}

impl Snapshot {
    /// Facts of the active chain up to this snapshot's tip.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] where a block is missing.
    pub async fn chain(&self) -> Result<ChainColumns, StoreError> {
        let rows = self.store.memories.facts.rows(self, None).await?;
        let blocks = blocks_up_to(&*rows, self.mark().tip.height);
        Ok(ChainColumns::new(rows, blocks, self.store.origin().network))
    }

    /// Who mined the blocks of the active chain up to this snapshot's tip, under its version of the registry.
    ///
    /// # Errors
    /// [`StoreError::OpinionMissing`] where the last blocks have no opinion under that version, [`StoreError::Damaged`] where others have
    /// none.
    pub async fn miners(&self) -> Result<MinerColumn, StoreError> {
        let rows = self.store.memories.miners.rows(self, Some(self.registry())).await?;
        let blocks = blocks_up_to(&*rows, self.mark().tip.height);
        Ok(MinerColumn::new(rows, blocks))
    }
}
