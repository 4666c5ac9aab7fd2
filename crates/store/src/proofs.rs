//! Coinbases proven after they were stored, by whole blocks: kept beside the facts, and read with them.

use std::collections::HashMap;

use clickhouse::Row;
use hashwatch_model::{BlockHash, BlockId, CoinbaseProof};
use serde::{Deserialize, Serialize};

use crate::{
    answers::BlockSummary,
    error::StoreError,
    read::Snapshot,
    rows::{IdRow, hash_from_row, hash_to_row},
    store::{Store, fetch_all},
};

/// A block whose header was found to commit to the coinbase that is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The block.
    pub id: BlockId,
    /// Its bytes.
    pub size: u32,
    /// Its weight units.
    pub weight: u32,
}

/// How the coinbases of all kept blocks are tied to their headers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Row, Deserialize)]
pub struct ProofCounts {
    /// By the merkle root, when they came or since.
    pub merkle: u64,
    /// By a node's word.
    pub node: u64,
    /// By a block file's word.
    pub file: u64,
}

#[derive(Row, Serialize, Deserialize)]
struct ProofRow {
    height: u32,
    hash: [u8; 32],
    size: u32,
    weight: u32,
}

impl Store {
    /// Keeps proofs: all of them or none.
    pub async fn write_proofs(&self, proofs: &[Proof]) -> Result<(), StoreError> {
        let rows = proofs.iter().map(|Proof { id, size, weight }| ProofRow {
            height: id.height,
            hash: hash_to_row(id.hash),
            size: *size,
            weight: *weight,
        });
        self.insert("proofs", rows).await.map(|_| ())
    }
}

impl Snapshot {
    /// How the coinbases of all kept blocks are tied to their headers.
    pub async fn proof_counts(&self) -> Result<ProofCounts, StoreError> {
        let query = self.query(include_str!("../../../sql/queries/proof_counts.sql"));
        query.fetch_one().await.map_err(StoreError::during("counting proofs"))
    }

    /// Kept blocks above `after`, in the order of heights and hashes, whose coinbase nobody has proven.
    pub async fn unproven(&self, after: Option<BlockId>, limit: u32) -> Result<Vec<BlockId>, StoreError> {
        self.page(include_str!("../../../sql/queries/unproven.sql"), after, limit).await
    }

    /// Kept blocks above `after`, in the order of heights and hashes.
    pub async fn kept_ids(&self, after: Option<BlockId>, limit: u32) -> Result<Vec<BlockId>, StoreError> {
        self.page(include_str!("../../../sql/queries/kept_after.sql"), after, limit).await
    }

    async fn page(&self, statement: &str, after: Option<BlockId>, limit: u32) -> Result<Vec<BlockId>, StoreError> {
        let (height, hash) = after.map_or_else(|| (0, "0".repeat(64)), |id| (id.height, id.hash.to_string()));
        let query = self.query(statement).param("after_height", height).param("after_hash", hash).param("limit", limit);
        let rows: Vec<IdRow> = fetch_all(query, "listing blocks").await?;
        Ok(rows.iter().map(IdRow::id).collect())
    }

    /// Kept blocks drawn at random: the same seed draws the same ones.
    pub async fn sample(&self, blocks: u32, seed: u64) -> Result<Vec<BlockId>, StoreError> {
        let query = self.query(include_str!("../../../sql/queries/sample.sql"));
        let rows: Vec<IdRow> = fetch_all(query.param("seed", seed).param("limit", blocks), "drawing blocks").await?;
        Ok(rows.iter().map(IdRow::id).collect())
    }

    /// Puts what was proven later into facts.
    pub(crate) async fn add_proofs(&self, blocks: &mut [BlockSummary]) -> Result<(), StoreError> {
        let unproven = blocks.iter().filter(|block| block.coinbase_proof != CoinbaseProof::Merkle);
        let heights: Vec<u32> = unproven.map(|block| block.id.height).collect();
        if heights.is_empty() {
            return Ok(());
        }
        let query = self.query(include_str!("../../../sql/queries/proofs_at.sql")).param("heights", heights);
        let rows: Vec<ProofRow> = fetch_all(query, "reading proofs").await?;
        let proofs: HashMap<BlockHash, ProofRow> = rows.into_iter().map(|row| (hash_from_row(row.hash), row)).collect();
        for block in blocks {
            if let Some(proof) = proofs.get(&block.id.hash) {
                block.coinbase_proof = CoinbaseProof::Merkle;
                block.size = Some(proof.size);
                block.weight = Some(proof.weight);
            }
        }
        Ok(())
    }
}
