//! Where chains parted: stale blocks, reorgs of the chain that is followed, and what each node was seen to hold when.

use std::collections::HashMap;

use clickhouse::Row;
use hashwatch_model::{BlockHash, BlockId, CoinbaseProof};
use serde::{Deserialize, Serialize};

use crate::{
    error::StoreError,
    read::Snapshot,
    rows::{hash_from_row, hash_to_row, pool_from_row},
    store::{Mark, Store, fetch_all},
};

/// A node had a block on its active chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// Its name in the configuration.
    pub node: String,
    /// The block.
    pub block: BlockId,
    /// Unix milliseconds.
    pub seen_at: u64,
}

/// A node's tip became another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TipChange {
    /// Its name in the configuration.
    pub node: String,
    /// Unix milliseconds.
    pub seen_at: u64,
    /// The tip.
    pub tip: BlockId,
    /// The tip before.
    pub left: BlockId,
    /// The last block that both chains share.
    pub ancestor: BlockId,
}

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

#[derive(Row, Serialize)]
struct SightingRow {
    height: u32,
    hash: [u8; 32],
    node: String,
    seen_at: i64,
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

#[derive(Row, Deserialize)]
struct ReorgRow {
    at: i64,
    height: u32,
    hash: [u8; 32],
    left_height: u32,
    left_hash: [u8; 32],
    left_commit: u64,
    ancestor_height: u32,
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

#[derive(Row, Deserialize)]
struct SeenRow {
    hash: [u8; 32],
    node: String,
    seen_at: i64,
}

fn id(height: u32, hash: [u8; 32]) -> BlockId {
    BlockId { height, hash: hash_from_row(hash) }
}

fn to_row(milliseconds: u64) -> i64 {
    i64::try_from(milliseconds).unwrap_or(i64::MAX)
}

fn from_row(milliseconds: i64) -> u64 {
    u64::try_from(milliseconds).unwrap_or(0)
}

impl Store {
    /// Keeps when nodes had blocks: all of it or nothing.
    pub async fn write_sightings(&self, sightings: &[Sighting]) -> Result<(), StoreError> {
        let rows = sightings.iter().map(|sighting| SightingRow {
            height: sighting.block.height,
            hash: hash_to_row(sighting.block.hash),
            node: sighting.node.clone(),
            seen_at: to_row(sighting.seen_at),
        });
        self.insert("sightings", rows).await.map(|_| ())
    }

    /// Keeps that a node's tip became another one.
    pub async fn write_tip(&self, change: &TipChange) -> Result<(), StoreError> {
        let TipChange { node, seen_at, tip, left, ancestor } = change;
        let row = TipRow {
            node: node.clone(),
            seen_at: to_row(*seen_at),
            height: tip.height,
            hash: hash_to_row(tip.hash),
            left_height: left.height,
            left_hash: hash_to_row(left.hash),
            ancestor_height: ancestor.height,
            ancestor_hash: hash_to_row(ancestor.hash),
        };
        self.insert("tips", std::iter::once(row)).await.map(|_| ())
    }
}

impl Snapshot {
    /// When each node was first seen to have the blocks at these heights, earliest first: node and Unix milliseconds.
    pub async fn sightings(&self, heights: &[u32]) -> Result<HashMap<BlockHash, Vec<(String, u64)>>, StoreError> {
        let query = self.query(include_str!("../../../sql/queries/sightings_at.sql")).param("heights", heights);
        let rows: Vec<SeenRow> = fetch_all(query, "reading when blocks were seen").await?;
        let mut seen: HashMap<BlockHash, Vec<(String, u64)>> = HashMap::new();
        for row in rows {
            seen.entry(hash_from_row(row.hash)).or_default().push((row.node, from_row(row.seen_at)));
        }
        Ok(seen)
    }

    /// Changes of nodes' tips that left blocks behind, newest first.
    pub async fn node_reorgs(&self, limit: u32) -> Result<Vec<TipChange>, StoreError> {
        let query = self.query(include_str!("../../../sql/queries/node_reorgs.sql")).param("limit", limit);
        let rows: Vec<TipRow> = fetch_all(query, "reading reorgs").await?;
        let change = |row: TipRow| TipChange {
            node: row.node,
            seen_at: from_row(row.seen_at),
            tip: id(row.height, row.hash),
            left: id(row.left_height, row.left_hash),
            ancestor: id(row.ancestor_height, row.ancestor_hash),
        };
        Ok(rows.into_iter().map(change).collect())
    }

    /// Reorgs of the chain that is followed, newest first: commits that took blocks off it.
    pub async fn reorgs(&self, limit: u32) -> Result<Vec<Reorg>, StoreError> {
        let query = self.query(include_str!("../../../sql/queries/reorgs.sql")).param("limit", limit);
        let rows: Vec<ReorgRow> = fetch_all(query, "reading reorgs").await?;
        let mut reorgs = Vec::with_capacity(rows.len());
        for row in rows {
            let left = id(row.left_height, row.left_hash);
            // as the chain stood before it
            let before = self.at_mark(Mark { commit: row.left_commit, tip: left, ..self.mark().clone() });
            let shared = before.active_ids(row.ancestor_height, row.ancestor_height).await?;
            let Some(ancestor) = shared.first().copied() else {
                let reason = "a reorg's ancestor is missing".to_owned();
                return Err(StoreError::Damaged { height: row.ancestor_height, reason });
            };
            reorgs.push(Reorg { at: from_row(row.at), tip: id(row.height, row.hash), left, ancestor });
        }
        Ok(reorgs)
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
}
