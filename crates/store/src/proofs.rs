//! Coinbases proven after their blocks were stored: which are wanting, and what an audit found.
//!
//! Left to others: fetching whole blocks and computing their merkle roots. What is written here is believed.

use clickhouse::Row;
use hashwatch_model::{BlockHash, BlockId};
use serde::{Deserialize, Serialize};

use crate::{
    error::StoreError,
    read::{Snapshot, ids},
    rows::hash_to_row,
    store::{Store, fetch_all},
};

/// A block whose merkle root was computed from all its transactions, and what the whole block measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Height and hash.
    pub id: BlockId,
    /// Bytes.
    pub size: u32,
    /// Weight units.
    pub weight: u32,
}

/// What ties the coinbases of kept blocks to their headers, those proven since among the proven ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Row, Deserialize)]
pub struct ProofCounts {
    /// The merkle root.
    pub merkle: u64,
    /// A node's word.
    pub node: u64,
    /// A block file's word.
    pub file: u64,
}

#[derive(Row, Serialize)]
struct ProofRow {
    height: u32,
    hash: [u8; 32],
    size: u32,
    weight: u32,
}

impl Store {
    /// Keeps proofs, all of them or none: they are one insert. They count at once, under every mark.
    pub async fn write_proofs(&self, proofs: &[Proof]) -> Result<(), StoreError> {
        let rows = proofs.iter().map(|proof| ProofRow {
            height: proof.id.height,
            hash: hash_to_row(proof.id.hash),
            size: proof.size,
            weight: proof.weight,
        });
        self.insert("proofs", rows, "writing proofs").await.map(|_| ())
    }
}

impl Snapshot {
    /// Up to `limit` kept blocks, active and stale, whose coinbase is not proven: lowest first, those after one of them
    /// for the next page.
    pub async fn unproven(&self, after: Option<BlockId>, limit: u32) -> Result<Vec<BlockId>, StoreError> {
        self.page(include_str!("../../../sql/queries/unproven.sql"), after, limit).await
    }

    /// The same of all kept blocks.
    pub async fn kept_ids(&self, after: Option<BlockId>, limit: u32) -> Result<Vec<BlockId>, StoreError> {
        self.page(include_str!("../../../sql/queries/kept_ids.sql"), after, limit).await
    }

    async fn page(&self, statement: &str, after: Option<BlockId>, limit: u32) -> Result<Vec<BlockId>, StoreError> {
        let (from, after) = after.map_or((0, "00".repeat(32)), |id| (id.height, id.hash.to_string()));
        let query = self.query(statement).param("from", from).param("after", after).param("limit", limit);
        Ok(ids(fetch_all(query, "listing kept blocks").await?))
    }

    /// Up to `blocks` kept blocks drawn by chance; the same ones for the same seed, as long as no more are kept.
    pub async fn sample(&self, blocks: u32, seed: u64) -> Result<Vec<BlockId>, StoreError> {
        let query = self.query(include_str!("../../../sql/queries/sample.sql"));
        Ok(ids(fetch_all(query.param("seed", seed).param("limit", blocks), "drawing blocks").await?))
    }

    /// How the coinbases of kept blocks are tied to their headers. Changes with each proof written, not with marks alone:
    /// see [`Snapshot::proofs_written`].
    pub async fn proof_counts(&self) -> Result<ProofCounts, StoreError> {
        let query = self.query(include_str!("../../../sql/queries/proof_counts.sql"));
        query.fetch_one().await.map_err(StoreError::during("counting proofs"))
    }

    /// How many proofs were ever written. At the same mark and this number the proofs are the same.
    pub async fn proofs_written(&self) -> Result<u64, StoreError> {
        let query = self.query(include_str!("../../../sql/queries/proofs_written.sql"));
        query.fetch_one().await.map_err(StoreError::during("counting proofs"))
    }
}

/// Heights and hashes of blocks, as the statements take them.
pub(crate) fn bound(ids: &[BlockId]) -> (Vec<u32>, Vec<String>) {
    let hash = |hash: BlockHash| hash.to_string();
    ids.iter().map(|id| (id.height, hash(id.hash))).unzip()
}
