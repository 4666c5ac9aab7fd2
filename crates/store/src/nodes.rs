//! What was seen of nodes while hashwatch watched: when each first had a block, and how its active chain moved.
//!
//! Nothing here belongs to a mark: it speaks of a node and a moment.

use std::collections::HashMap;

use clickhouse::Row;
use hashwatch_model::{BlockHash, BlockId};
use serde::{Deserialize, Serialize};

use crate::{
    error::StoreError,
    proofs::bound,
    read::Snapshot,
    rows::{hash_from_row, hash_to_row},
    store::{Store, fetch_all},
};

/// Blocks asked for in one statement: their hashes go with it as text.
const MOST_IDS: usize = 1_000;

/// A node's active chain that was found to end elsewhere than before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TipChange {
    /// The node's name in the configuration: any text.
    pub node: String,
    /// When it was seen, in milliseconds since 1970.
    pub seen_at: u64,
    /// Where its chain ends now.
    pub tip: BlockId,
    /// Where it ended before.
    pub left: BlockId,
    /// The last block that both chains share; the tip before where the node merely went on.
    pub ancestor: BlockId,
}

impl TipChange {
    /// How many blocks the node took back; 0 where it merely went on.
    pub fn depth(&self) -> u32 {
        self.left.height.saturating_sub(self.ancestor.height)
    }
}

/// A node that has a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// The node's name in the configuration: any text.
    pub node: String,
    /// The block.
    pub block: BlockId,
    /// When it was seen, in milliseconds since 1970.
    pub seen_at: u64,
}

#[derive(Row, Serialize, Deserialize)]
struct TipRow {
    node: String,
    seen_at: i64,
    height: u32,
    hash: [u8; 32],
    left_height: u32,
    left_hash: [u8; 32],
    ancestor_height: u32,
    ancestor_hash: [u8; 32],
}

#[derive(Row, Serialize, Deserialize)]
struct SightingRow {
    height: u32,
    hash: [u8; 32],
    node: String,
    seen_at: i64,
}

/// Milliseconds as ClickHouse has them in a `DateTime64(3)`, and back.
pub(crate) fn moment_to_row(seen_at: u64) -> i64 {
    i64::try_from(seen_at).unwrap_or(i64::MAX)
}

pub(crate) fn moment_from_row(seen_at: i64) -> u64 {
    u64::try_from(seen_at).unwrap_or(0)
}

impl TipRow {
    fn into_change(self) -> TipChange {
        let id = |height, hash| BlockId { height, hash: hash_from_row(hash) };
        TipChange {
            node: self.node,
            seen_at: moment_from_row(self.seen_at),
            tip: id(self.height, self.hash),
            left: id(self.left_height, self.left_hash),
            ancestor: id(self.ancestor_height, self.ancestor_hash),
        }
    }
}

impl Store {
    /// Keeps that nodes' tips have changed.
    pub async fn write_tips(&self, changes: &[TipChange]) -> Result<(), StoreError> {
        let rows = changes.iter().map(|change| TipRow {
            node: change.node.clone(),
            seen_at: moment_to_row(change.seen_at),
            height: change.tip.height,
            hash: hash_to_row(change.tip.hash),
            left_height: change.left.height,
            left_hash: hash_to_row(change.left.hash),
            ancestor_height: change.ancestor.height,
            ancestor_hash: hash_to_row(change.ancestor.hash),
        });
        self.insert("tips", rows, "writing nodes' tips").await.map(|_| ())
    }

    /// Keeps when nodes were first seen to have blocks. Of several rows on the same node and block the earliest counts.
    pub async fn write_sightings(&self, sightings: &[Sighting]) -> Result<(), StoreError> {
        let rows = sightings.iter().map(|sighting| SightingRow {
            height: sighting.block.height,
            hash: hash_to_row(sighting.block.hash),
            node: sighting.node.clone(),
            seen_at: moment_to_row(sighting.seen_at),
        });
        self.insert("sightings", rows, "writing when blocks were seen").await.map(|_| ())
    }
}

impl Snapshot {
    /// When each node was first seen to have these blocks, in milliseconds since 1970, earliest first. Nothing is known
    /// of a block that was there before anybody watched.
    pub async fn sightings(&self, ids: &[BlockId]) -> Result<HashMap<BlockHash, Vec<(String, u64)>>, StoreError> {
        let mut seen: HashMap<_, Vec<_>> = HashMap::new();
        for some in ids.chunks(MOST_IDS) {
            let (heights, hashes) = bound(some);
            let query = self.query(include_str!("../../../sql/queries/sightings.sql"));
            let query = query.param("heights", heights).param("hashes", hashes);
            let rows: Vec<SightingRow> = fetch_all(query, "reading when blocks were seen").await?;
            for row in rows {
                seen.entry(hash_from_row(row.hash)).or_default().push((row.node, moment_from_row(row.seen_at)));
            }
        }
        Ok(seen)
    }

    /// Reorgs of nodes that were seen, newest first: changes of a tip with a depth of 1 or more.
    pub async fn node_reorgs(&self, limit: u32) -> Result<Vec<TipChange>, StoreError> {
        let query = self.query(include_str!("../../../sql/queries/node_reorgs.sql")).param("limit", limit);
        let rows: Vec<TipRow> = fetch_all(query, "reading reorgs of nodes").await?;
        Ok(rows.into_iter().map(TipRow::into_change).collect())
    }
}
