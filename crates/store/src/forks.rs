//! Where chains parted: stale blocks, and reorgs of the chain that is followed.

use std::collections::HashMap;

use clickhouse::Row;
use hashwatch_model::{BlockHash, BlockId, CoinbaseProof};
use serde::Deserialize;

use crate::{
    error::StoreError,
    nodes::moment_from_row,
    read::Snapshot,
    rows::{hash_from_row, pool_from_row},
    store::fetch_all,
};

/// The chain that is followed left blocks behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reorg {
    /// When it was written, Unix milliseconds.
    pub at: u64,
    /// The tip after.
    pub tip: BlockId,
    /// The tip before.
    pub left: BlockId,
    /// The last block that both chains share.
    pub ancestor: BlockId,
}

impl Reorg {
    /// How many blocks were left behind.
    pub fn depth(&self) -> u32 {
        self.left.height.saturating_sub(self.ancestor.height)
    }
}

/// A block off the active chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaleBlock {
    /// Height and hash.
    pub id: BlockId,
    /// What it stands on.
    pub parent: BlockHash,
    /// Header time, Unix seconds.
    pub time: u32,
    /// What ties the coinbase to the header.
    pub coinbase_proof: CoinbaseProof,
    /// Who mined it; none is Unknown.
    pub pool: Option<String>,
    /// Whether it was part of the chain that is followed once.
    pub was_active: bool,
}

#[derive(Row, Deserialize)]
struct ReorgRow {
    at: i64,
    height: u32,
    hash: [u8; 32],
    left_height: u32,
    left_hash: [u8; 32],
    lowest_height: u32,
    lowest_hash: [u8; 32],
}

#[derive(Row, Deserialize)]
struct ParentRow {
    hash: [u8; 32],
    prev_hash: [u8; 32],
}

#[derive(Row, Deserialize)]
struct StaleRow {
    height: u32,
    hash: [u8; 32],
    prev_hash: [u8; 32],
    time: u32,
    coinbase_proof: String,
    pool: String,
    was_active: bool,
}

fn id(height: u32, hash: [u8; 32]) -> BlockId {
    BlockId { height, hash: hash_from_row(hash) }
}

impl Snapshot {
    /// Reorgs of the chain that is followed, newest first: commits that took blocks off it. One whose lowest block was lost is
    /// left out.
    pub async fn reorgs(&self, limit: u32) -> Result<Vec<Reorg>, StoreError> {
        let query = self.query(include_str!("../../../sql/queries/reorgs.sql")).param("limit", limit);
        let rows: Vec<ReorgRow> = fetch_all(query, "reading reorgs").await?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let heights: Vec<u32> = rows.iter().map(|row| row.lowest_height).collect();
        let query = self.query(include_str!("../../../sql/queries/parents_at.sql")).param("heights", heights);
        let parents: Vec<ParentRow> = fetch_all(query, "reading reorgs").await?;
        let parents: HashMap<_, _> = parents.into_iter().map(|row| (row.hash, row.prev_hash)).collect();
        let reorg = |row: ReorgRow| {
            // both chains share what the lowest block that left stands on; where that was lost, `check` says so
            let (below, parent) = row.lowest_height.checked_sub(1).zip(parents.get(&row.lowest_hash))?;
            Some(Reorg {
                at: moment_from_row(row.at),
                tip: id(row.height, row.hash),
                left: id(row.left_height, row.left_hash),
                ancestor: id(below, *parent),
            })
        };
        Ok(rows.into_iter().filter_map(reorg).collect())
    }

    /// Stale blocks from one height to another, newest first.
    pub async fn stale_between(&self, (from, to): (u32, u32)) -> Result<Vec<StaleBlock>, StoreError> {
        let query = self.query(include_str!("../../../sql/queries/stale_between.sql"));
        let rows: Vec<StaleRow> = fetch_all(query.param("from", from).param("to", to), "reading stale blocks").await?;
        let stale = |row: StaleRow| {
            let coinbase_proof = CoinbaseProof::from_name(&row.coinbase_proof).ok_or_else(|| StoreError::Damaged {
                height: row.height,
                reason: format!("coinbase_proof {:?}", row.coinbase_proof),
            })?;
            Ok(StaleBlock {
                id: id(row.height, row.hash),
                parent: hash_from_row(row.prev_hash),
                time: row.time,
                coinbase_proof,
                pool: pool_from_row(row.pool),
                was_active: row.was_active,
            })
        };
        rows.into_iter().map(stale).collect()
    }

    /// Heights of all stale blocks, those whose facts were lost among them.
    pub async fn stale_heights(&self) -> Result<Vec<u32>, StoreError> {
        let query = self.query(include_str!("../../../sql/queries/stale_heights.sql"));
        fetch_all(query, "reading stale blocks").await
    }

    /// Whether blocks left the active chain, came back to it or came beside it after a commit: else reorgs and stale blocks are as they
    /// were then.
    pub async fn parted_since(&self, commit: u64) -> Result<bool, StoreError> {
        if commit > self.mark().commit {
            return Ok(true);
        }
        let query = self.query(include_str!("../../../sql/queries/parted_since.sql")).param("after", commit);
        query.fetch_one().await.map_err(StoreError::during("looking for stale blocks"))
    }
}
