//! What is kept of pools, and of those who are none: the blocks of each, the marks that named them, and the coinbases of
//! Unknown.

use bitcoin::ScriptBuf;
use clickhouse::Row;
use hashwatch_model::{BlockId, Coinbase, EvidenceKind, MalformedCoinbase};
use serde::Deserialize;

use crate::{
    error::StoreError,
    read::Snapshot,
    rows::{hash_from_row, pool_from_row},
    store::fetch_all,
};

/// Blocks of one pool over a run of heights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolRecord {
    /// Slug; none is Unknown.
    pub pool: Option<String>,
    /// How many blocks.
    pub blocks: u64,
    /// Of these, those that hold nothing but their coinbase.
    pub empty: u64,
    /// With a known mark of somebody else's, or of another time.
    pub contested: u64,
}

/// Blocks of one pool on the whole chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EverRecord {
    /// Slug; none is Unknown.
    pub pool: Option<String>,
    /// How many blocks.
    pub blocks: u64,
    /// Height of the first.
    pub first: u32,
    /// Height of the last.
    pub last: u32,
    /// Named on strong evidence.
    pub strong: u64,
    /// On fair evidence.
    pub fair: u64,
    /// On weak evidence.
    pub weak: u64,
}

/// Blocks of a pool that were named by one mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarkRecord {
    /// Address or tag.
    pub kind: EvidenceKind,
    /// The address, or the tag's text.
    pub value: String,
    /// How many blocks.
    pub blocks: u64,
    /// Height of the first.
    pub first: u32,
    /// Height of the last.
    pub last: u32,
}

/// The coinbase of a block that nobody is known to have mined.
#[derive(Clone, Debug, PartialEq)]
pub struct UnknownBlock {
    /// Height and hash.
    pub id: BlockId,
    /// Header time, Unix seconds.
    pub time: u32,
    /// The coinbase's input script.
    pub script: Vec<u8>,
    /// The script that gets at least half of the reward; none where none does, or where the coinbase is longer than was asked for.
    pub payout: Option<ScriptBuf>,
}

type EverRow = (String, u64, u32, u32, u64, u64, u64);

#[derive(Row, Deserialize)]
struct UnknownRow {
    height: u32,
    hash: [u8; 32],
    time: u32,
    #[serde(with = "serde_bytes")]
    coinbase_script: Vec<u8>,
    #[serde(with = "serde_bytes")]
    coinbase_tx: Vec<u8>,
}

#[derive(Row, Deserialize)]
struct NamedRow {
    pool: String,
    #[serde(with = "serde_bytes")]
    coinbase_script: Vec<u8>,
}

impl UnknownRow {
    fn into_block(self) -> Result<UnknownBlock, StoreError> {
        let payout = match self.coinbase_tx.is_empty() {
            true => None,
            false => {
                let damaged =
                    |error: MalformedCoinbase| StoreError::Damaged { height: self.height, reason: error.to_string() };
                Coinbase::from_bytes(self.coinbase_tx).map_err(damaged)?.rewarded().map(ToOwned::to_owned)
            }
        };
        let id = BlockId { height: self.height, hash: hash_from_row(self.hash) };
        Ok(UnknownBlock { id, time: self.time, script: self.coinbase_script, payout })
    }
}

impl Snapshot {
    /// What each pool has between two heights, most blocks first; Unknown among them.
    pub async fn pool_records(&self, (from, to): (u32, u32)) -> Result<Vec<PoolRecord>, StoreError> {
        let query = self.query(include_str!("../../../sql/queries/pool_records.sql"));
        let rows: Vec<(String, u64, u64, u64)> =
            fetch_all(query.param("from", from).param("to", to), "reading what pools have").await?;
        let record =
            |(pool, blocks, empty, contested)| PoolRecord { pool: pool_from_row(pool), blocks, empty, contested };
        Ok(rows.into_iter().map(record).collect())
    }

    /// The same of the whole chain.
    pub async fn pool_records_ever(&self) -> Result<Vec<EverRecord>, StoreError> {
        let query = self.query(include_str!("../../../sql/queries/pool_records_ever.sql"));
        let rows: Vec<EverRow> = fetch_all(query, "reading what pools have").await?;
        let record = |(pool, blocks, first, last, strong, fair, weak)| EverRecord {
            pool: pool_from_row(pool),
            blocks,
            first,
            last,
            strong,
            fair,
            weak,
        };
        Ok(rows.into_iter().map(record).collect())
    }

    /// By which marks the blocks of a pool were named, over the whole chain, most blocks first.
    pub async fn pool_marks(&self, pool: &str) -> Result<Vec<MarkRecord>, StoreError> {
        let query = self.query(include_str!("../../../sql/queries/pool_marks.sql")).param("pool", pool);
        let rows: Vec<(String, String, u64, u32, u32)> = fetch_all(query, "reading a pool's marks").await?;
        let mark = |(kind, value, blocks, first, last): (String, String, u64, u32, u32)| {
            let kind = EvidenceKind::from_name(&kind)
                .ok_or_else(|| StoreError::Damaged { height: last, reason: format!("evidence of kind {kind:?}") })?;
            Ok(MarkRecord { kind, value, blocks, first, last })
        };
        rows.into_iter().map(mark).collect()
    }

    /// The newest blocks of Unknown between two heights, at most `limit`. Of a coinbase of more than `longest` bytes the outputs
    /// are not looked at.
    pub async fn unknown_blocks(
        &self,
        (from, to): (u32, u32),
        longest: u32,
        limit: u32,
    ) -> Result<Vec<UnknownBlock>, StoreError> {
        let query = self.query(include_str!("../../../sql/queries/unknown_coinbases.sql"));
        let query = query.param("from", from).param("to", to).param("longest", longest).param("limit", limit);
        let during = "reading coinbases of Unknown";
        let mut cursor = query.fetch::<UnknownRow>().map_err(StoreError::during(during))?;
        let mut blocks = Vec::new();
        // one by one: together they may have more bytes than there is memory for
        while let Some(row) = cursor.next().await.map_err(StoreError::during(during))? {
            blocks.push(row.into_block()?);
        }
        Ok(blocks)
    }

    /// Pools and the input scripts of their newest blocks between two heights, at most `each` of one pool.
    pub async fn named_scripts(&self, (from, to): (u32, u32), each: u32) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        let query = self.query(include_str!("../../../sql/queries/named_scripts.sql"));
        let query = query.param("from", from).param("to", to).param("each", each);
        let rows: Vec<NamedRow> = fetch_all(query, "reading input scripts").await?;
        Ok(rows.into_iter().map(|row| (row.pool, row.coinbase_script)).collect())
    }
}
