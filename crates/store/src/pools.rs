//! What is kept of pools, and of those who are none: the blocks of each, the marks that named them, and the coinbases of
//! Unknown.

use std::collections::HashMap;

use clickhouse::Row;
use hashwatch_model::{BlockId, Coinbase, EvidenceKind, Work};
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
    /// With a known mark of somebody else's, or of another time.
    pub contested: u64,
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
    /// The coinbase; none where it is longer than was asked for.
    pub coinbase: Option<Coinbase>,
}

/// A day of the active chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    /// Days since 1970, in UTC, by median time past.
    pub day: u32,
    /// First height.
    pub from_height: u32,
    /// Last height.
    pub to_height: u32,
    /// Expected hashes from the start of the chain up to and with the last block.
    pub chainwork: Work,
}

type RecordRow = (String, u64, u64, u32, u32, u64, u64, u64, u64);

#[derive(Row, Deserialize)]
struct DayRow {
    day: u32,
    from_height: u32,
    to_height: u32,
    chainwork: [u8; 32],
}

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

impl Snapshot {
    /// What each pool has between two heights, most blocks first; Unknown among them.
    pub async fn pool_records(&self, (from, to): (u32, u32)) -> Result<Vec<PoolRecord>, StoreError> {
        let query = self.query(include_str!("../../../sql/queries/pool_records.sql"));
        let rows: Vec<RecordRow> =
            fetch_all(query.param("from", from).param("to", to), "reading what pools have").await?;
        let record = |(pool, blocks, empty, first, last, strong, fair, weak, contested)| PoolRecord {
            pool: pool_from_row(pool),
            blocks,
            empty,
            first,
            last,
            strong,
            fair,
            weak,
            contested,
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

    /// The active chain from one height to another by days; those without a block are left out.
    pub async fn days(&self, (from, to): (u32, u32)) -> Result<Vec<Day>, StoreError> {
        let query = self.query(include_str!("../../../sql/queries/days.sql"));
        let rows: Vec<DayRow> = fetch_all(query.param("from", from).param("to", to), "reading days").await?;
        let day = |row: DayRow| Day {
            day: row.day,
            from_height: row.from_height,
            to_height: row.to_height,
            chainwork: Work::from_be_bytes(row.chainwork),
        };
        Ok(rows.into_iter().map(day).collect())
    }

    /// Active blocks of some pools from one height to another, each with its pool, lowest first.
    pub async fn heights_of(&self, pools: &[&str], (from, to): (u32, u32)) -> Result<Vec<(u32, String)>, StoreError> {
        let query = self.query(include_str!("../../../sql/queries/heights_of.sql"));
        let query = query.param("from", from).param("to", to).param("pools", pools);
        fetch_all(query, "reading blocks of pools").await
    }

    /// Header times of active blocks, by height.
    pub async fn times_at(&self, heights: Vec<u32>) -> Result<HashMap<u32, u32>, StoreError> {
        let query = self.query(include_str!("../../../sql/queries/times_at.sql")).param("heights", heights);
        let rows: Vec<(u32, u32)> = fetch_all(query, "reading times").await?;
        Ok(rows.into_iter().collect())
    }

    /// The newest blocks of Unknown between two heights, at most `limit`. A coinbase of more than `longest` bytes is left out.
    pub async fn unknown_blocks(
        &self,
        (from, to): (u32, u32),
        longest: u32,
        limit: u32,
    ) -> Result<Vec<UnknownBlock>, StoreError> {
        let query = self.query(include_str!("../../../sql/queries/unknown_coinbases.sql"));
        let query = query.param("from", from).param("to", to).param("longest", longest).param("limit", limit);
        let rows: Vec<UnknownRow> = fetch_all(query, "reading coinbases of Unknown").await?;
        let block = |row: UnknownRow| {
            let damaged = |reason: String| StoreError::Damaged { height: row.height, reason };
            let coinbase = match row.coinbase_tx.is_empty() {
                true => None,
                false => Some(Coinbase::from_bytes(row.coinbase_tx).map_err(|error| damaged(error.to_string()))?),
            };
            let id = BlockId { height: row.height, hash: hash_from_row(row.hash) };
            Ok(UnknownBlock { id, time: row.time, script: row.coinbase_script, coinbase })
        };
        rows.into_iter().map(block).collect()
    }

    /// Pools and the input scripts of their newest blocks between two heights, at most `each` of one pool.
    pub async fn named_scripts(&self, (from, to): (u32, u32), each: u32) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        let query = self.query(include_str!("../../../sql/queries/named_scripts.sql"));
        let query = query.param("from", from).param("to", to).param("each", each);
        let rows: Vec<NamedRow> = fetch_all(query, "reading input scripts").await?;
        Ok(rows.into_iter().map(|row| (row.pool, row.coinbase_script)).collect())
    }
}
