//! Rows as ClickHouse has them, and their way to and from the model.

use std::sync::Arc;

use bitcoin::{
    CompactTarget, TxMerkleNode, Txid,
    block::{Header, Version},
    hashes::Hash,
};
use clickhouse::Row;
use hashwatch_model::{
    Attribution, Block, BlockHash, BlockId, Coinbase, CoinbaseProof, Evidence, EvidenceKind, KnownMark,
    RegistryVersion, Strength, Work,
};
use serde::{Deserialize, Serialize};

use crate::{
    answers::{BlockSummary, StoredHeader},
    error::StoreError,
    store::Mark,
};

#[derive(Row, Serialize, Deserialize)]
pub(crate) struct OriginRow {
    pub(crate) network: String,
    pub(crate) start: [u8; 32],
    pub(crate) simulated: bool,
    pub(crate) hash_scale: f64,
}

#[derive(Row, Serialize, Deserialize)]
pub(crate) struct MarkRow {
    pub(crate) commit: u64,
    pub(crate) height: u32,
    pub(crate) hash: [u8; 32],
    pub(crate) time: u32,
    pub(crate) median_time: u32,
    pub(crate) registry_version: String,
}

#[derive(Row, Serialize)]
pub(crate) struct BranchRow {
    pub(crate) hash: [u8; 32],
    pub(crate) height: u32,
    pub(crate) commit: u64,
    pub(crate) stale: bool,
}

/// A row of the table blocks.
#[derive(Row, Serialize, Deserialize)]
pub(crate) struct BlockRow {
    pub(crate) height: u32,
    pub(crate) hash: [u8; 32],
    pub(crate) commit: u64,
    pub(crate) version: i32,
    pub(crate) prev_hash: [u8; 32],
    pub(crate) merkle_root: [u8; 32],
    pub(crate) time: u32,
    pub(crate) bits: u32,
    pub(crate) nonce: u32,
    pub(crate) median_time: u32,
    pub(crate) chainwork: [u8; 32],
    pub(crate) tx_count: u32,
    pub(crate) size: Option<u32>,
    pub(crate) weight: Option<u32>,
    pub(crate) subsidy: u64,
    pub(crate) reward: u64,
    pub(crate) coinbase_txid: [u8; 32],
    #[serde(with = "serde_bytes")]
    pub(crate) coinbase_script: Vec<u8>,
    pub(crate) coinbase_outputs: u32,
    #[serde(with = "serde_bytes")]
    pub(crate) coinbase_tx: Vec<u8>,
    pub(crate) coinbase_proof: String,
}

/// What is read of it for pages and lists: everything but the coinbase's outputs, which may be a megabyte.
#[derive(Row, Deserialize)]
pub(crate) struct SummaryRow {
    pub(crate) height: u32,
    pub(crate) hash: [u8; 32],
    pub(crate) version: i32,
    pub(crate) prev_hash: [u8; 32],
    pub(crate) merkle_root: [u8; 32],
    pub(crate) time: u32,
    pub(crate) bits: u32,
    pub(crate) nonce: u32,
    pub(crate) median_time: u32,
    pub(crate) chainwork: [u8; 32],
    pub(crate) tx_count: u32,
    pub(crate) size: Option<u32>,
    pub(crate) weight: Option<u32>,
    pub(crate) subsidy: u64,
    pub(crate) reward: u64,
    pub(crate) coinbase_txid: [u8; 32],
    #[serde(with = "serde_bytes")]
    pub(crate) coinbase_script: Vec<u8>,
    pub(crate) coinbase_outputs: u32,
    pub(crate) coinbase_proof: String,
}

#[derive(Row, Deserialize)]
pub(crate) struct CoinbaseRow {
    pub(crate) height: u32,
    pub(crate) hash: [u8; 32],
    #[serde(with = "serde_bytes")]
    pub(crate) coinbase_tx: Vec<u8>,
}

#[derive(Row, Deserialize)]
pub(crate) struct HeaderRow {
    pub(crate) height: u32,
    pub(crate) hash: [u8; 32],
    pub(crate) version: i32,
    pub(crate) prev_hash: [u8; 32],
    pub(crate) merkle_root: [u8; 32],
    pub(crate) time: u32,
    pub(crate) bits: u32,
    pub(crate) nonce: u32,
    pub(crate) median_time: u32,
    pub(crate) chainwork: [u8; 32],
}

#[derive(Row, Deserialize)]
pub(crate) struct IdRow {
    pub(crate) height: u32,
    pub(crate) hash: [u8; 32],
}

impl IdRow {
    pub(crate) fn id(&self) -> BlockId {
        BlockId { height: self.height, hash: hash_from_row(self.hash) }
    }
}

#[derive(Row, Deserialize)]
pub(crate) struct WorkRow {
    pub(crate) chainwork: [u8; 32],
    pub(crate) time: u32,
    pub(crate) median_time: u32,
}

/// Kind, pool, value, offset, source, outside.
pub(crate) type EvidenceRow = (String, String, String, u32, String, bool);

#[derive(Row, Serialize)]
pub(crate) struct AttributionRow {
    pub(crate) registry_version: String,
    pub(crate) height: u32,
    pub(crate) hash: [u8; 32],
    pub(crate) commit: u64,
    pub(crate) pool: String,
    pub(crate) strength: String,
    pub(crate) evidence: Vec<EvidenceRow>,
}

#[derive(Row, Deserialize)]
pub(crate) struct OpinionRow {
    pub(crate) height: u32,
    pub(crate) hash: [u8; 32],
    pub(crate) pool: String,
    pub(crate) strength: String,
    pub(crate) evidence: Vec<EvidenceRow>,
}

/// Most significant byte first, as hashes are written; and back.
fn reversed(mut bytes: [u8; 32]) -> [u8; 32] {
    bytes.reverse();
    bytes
}

pub(crate) fn hash_to_row(hash: BlockHash) -> [u8; 32] {
    reversed(hash.to_byte_array())
}

pub(crate) fn hash_from_row(bytes: [u8; 32]) -> BlockHash {
    BlockHash::from_byte_array(reversed(bytes))
}

impl BlockRow {
    pub(crate) fn new(block: &Block, commit: u64) -> BlockRow {
        let (header, summary) = (&block.header, BlockSummary::of(block));
        BlockRow {
            height: block.id.height,
            hash: hash_to_row(block.id.hash),
            commit,
            version: header.version.to_consensus(),
            prev_hash: hash_to_row(header.prev_blockhash),
            merkle_root: reversed(header.merkle_root.to_byte_array()),
            time: header.time,
            bits: header.bits.to_consensus(),
            nonce: header.nonce,
            median_time: block.median_time,
            chainwork: block.chainwork.to_be_bytes(),
            tx_count: block.tx_count,
            size: block.size,
            weight: block.weight,
            subsidy: block.subsidy,
            reward: summary.reward,
            coinbase_txid: reversed(summary.coinbase_txid.to_byte_array()),
            coinbase_script: summary.coinbase_script,
            coinbase_outputs: summary.coinbase_outputs,
            coinbase_tx: block.coinbase.raw().to_vec(),
            coinbase_proof: block.coinbase_proof.name().to_owned(),
        }
    }
}

impl SummaryRow {
    pub(crate) fn into_summary(self) -> Result<BlockSummary, StoreError> {
        let height = self.height;
        let coinbase_proof = CoinbaseProof::from_name(&self.coinbase_proof).ok_or_else(|| StoreError::Damaged {
            height,
            reason: format!("coinbase_proof {:?}", self.coinbase_proof),
        })?;
        Ok(BlockSummary {
            id: BlockId { height, hash: hash_from_row(self.hash) },
            header: Header {
                version: Version::from_consensus(self.version),
                prev_blockhash: hash_from_row(self.prev_hash),
                merkle_root: TxMerkleNode::from_byte_array(reversed(self.merkle_root)),
                time: self.time,
                bits: CompactTarget::from_consensus(self.bits),
                nonce: self.nonce,
            },
            median_time: self.median_time,
            chainwork: Work::from_be_bytes(self.chainwork),
            tx_count: self.tx_count,
            size: self.size,
            weight: self.weight,
            subsidy: self.subsidy,
            reward: self.reward,
            coinbase_txid: Txid::from_byte_array(reversed(self.coinbase_txid)),
            coinbase_script: self.coinbase_script,
            coinbase_outputs: self.coinbase_outputs,
            coinbase_proof,
        })
    }
}

impl CoinbaseRow {
    /// The coinbase, once what was taken from it is found to agree with it.
    pub(crate) fn into_coinbase(self, block: &BlockSummary) -> Result<Coinbase, StoreError> {
        let height = block.id.height;
        let damaged = |reason: &str| StoreError::Damaged { height, reason: reason.to_owned() };
        if (self.height, hash_from_row(self.hash)) != (height, block.id.hash) {
            return Err(damaged("facts and coinbase are not of the same block"));
        }
        let coinbase = Coinbase::from_bytes(self.coinbase_tx).map_err(|error| damaged(&error.to_string()))?;
        if coinbase.transaction().compute_txid() != block.coinbase_txid {
            return Err(damaged("the coinbase transaction is not the one that was stored"));
        }
        if coinbase.reward() != block.reward
            || coinbase.script().as_bytes() != block.coinbase_script
            || coinbase.outputs().len() != block.coinbase_outputs as usize
        {
            return Err(damaged("reward, script or outputs are not those of the coinbase transaction"));
        }
        Ok(coinbase)
    }
}

impl HeaderRow {
    pub(crate) fn into_header(self) -> StoredHeader {
        StoredHeader {
            id: BlockId { height: self.height, hash: hash_from_row(self.hash) },
            header: Header {
                version: Version::from_consensus(self.version),
                prev_blockhash: hash_from_row(self.prev_hash),
                merkle_root: TxMerkleNode::from_byte_array(reversed(self.merkle_root)),
                time: self.time,
                bits: CompactTarget::from_consensus(self.bits),
                nonce: self.nonce,
            },
            median_time: self.median_time,
            chainwork: Work::from_be_bytes(self.chainwork),
        }
    }
}

impl AttributionRow {
    pub(crate) fn new(id: BlockId, attribution: &Attribution, registry_version: &str, commit: u64) -> AttributionRow {
        let evidence = attribution.evidence.iter().map(|mark| {
            let (kind, pool, value) = (mark.kind.name().to_owned(), mark.pool.clone(), mark.value.clone());
            (kind, pool, value, mark.offset, mark.source.clone(), mark.outside)
        });
        AttributionRow {
            registry_version: registry_version.to_owned(),
            height: id.height,
            hash: hash_to_row(id.hash),
            commit,
            pool: attribution.pool.clone().unwrap_or_default(),
            strength: attribution.strength.map(Strength::name).unwrap_or_default().to_owned(),
            evidence: evidence.collect(),
        }
    }
}

impl MarkRow {
    pub(crate) fn into_mark(self) -> Mark {
        Mark {
            commit: self.commit,
            tip: BlockId { height: self.height, hash: hash_from_row(self.hash) },
            time: self.time,
            median_time: self.median_time,
            registry: RegistryVersion(self.registry_version),
        }
    }
}

impl OpinionRow {
    pub(crate) fn id(&self) -> BlockId {
        BlockId { height: self.height, hash: hash_from_row(self.hash) }
    }

    pub(crate) fn into_attribution(self) -> Result<Attribution, StoreError> {
        let height = self.height;
        let evidence = self.evidence.into_iter().map(|(kind, pool, value, offset, source, outside)| {
            let kind = EvidenceKind::from_name(&kind)
                .ok_or_else(|| StoreError::Damaged { height, reason: format!("evidence of kind {kind:?}") })?;
            Ok(Evidence { mark: Arc::new(KnownMark { kind, pool, value, source }), offset, outside })
        });
        let evidence = evidence.collect::<Result<_, _>>()?;
        let strength =
            match self.strength.as_str() {
                "" => None,
                name => Some(Strength::from_name(name).ok_or_else(|| StoreError::Damaged {
                    height,
                    reason: format!("an opinion of strength {name:?}"),
                })?),
            };
        Ok(Attribution { pool: pool_from_row(self.pool), strength, evidence })
    }
}

/// The empty name is Unknown.
pub(crate) fn pool_from_row(pool: String) -> Option<String> {
    if pool.is_empty() { None } else { Some(pool) }
}
