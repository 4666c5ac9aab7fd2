//! Blocks one after the other, for answers that are as long as the chain.

use clickhouse::{Row, query::RowCursor};
use hashwatch_model::{BlockId, Strength};
use serde::Deserialize;

use crate::{error::StoreError, read::Snapshot, rows::hash_from_row};

#[derive(Row, Deserialize)]
struct NamedRow<'a> {
    height: u32,
    hash: [u8; 32],
    strength: &'a str,
}

/// Active blocks, lowest first, as they come from the database.
pub struct NamedBlocks(RowCursor<NamedRow<'static>>);

impl NamedBlocks {
    /// The next block, and how strong the evidence is for its name: none where nobody is known to have mined it.
    pub async fn next(&mut self) -> Result<Option<(BlockId, Option<Strength>)>, StoreError> {
        let row = self.0.next().await.map_err(StoreError::during("reading blocks one by one"))?;
        let Some(NamedRow { height, hash, strength }) = row else { return Ok(None) };
        let id = BlockId { height, hash: hash_from_row(hash) };
        if strength.is_empty() {
            return Ok(Some((id, None)));
        }
        let unknown = || StoreError::Damaged { height, reason: format!("evidence of strength {strength:?}") };
        Ok(Some((id, Some(Strength::from_name(strength).ok_or_else(unknown)?))))
    }
}

impl Snapshot {
    /// Active blocks from one height to another, both with them, lowest first.
    pub fn named_blocks(&self, from: u32, to: u32) -> Result<NamedBlocks, StoreError> {
        let query = self.query(include_str!("../../../sql/queries/stream_opinions.sql"));
        let cursor = query.param("from", from).param("to", to).fetch();
        cursor.map(NamedBlocks).map_err(StoreError::during("reading blocks one by one"))
    }
}
