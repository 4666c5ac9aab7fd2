//! Who mined each block of the active chain, as small numbers.

use std::{collections::HashMap, sync::Arc};

use clickhouse::Row;
use hashwatch_model::AttributedBlock;
use serde::Deserialize;

use super::{follows, memory::Rows};
use crate::{error::StoreError, read::Snapshot};

/// Pools that one column can tell apart, Unknown among them.
const MOST_POOLS: usize = 1 << 16;

#[derive(Row, Deserialize)]
struct MinerRow<'a> {
    height: u32,
    pool: &'a str,
}

/// The column from the lowest stored block up.
#[derive(Clone, Debug)]
pub(crate) struct MinerRows {
    from: u32,
    ids: Vec<u16>,
    /// By number; that of 0 is empty.
    slugs: Vec<Arc<str>>,
    numbers: HashMap<Arc<str>, u16>,
}

impl Default for MinerRows {
    fn default() -> MinerRows {
        let unknown: Arc<str> = Arc::from("");
        MinerRows {
            from: 0,
            ids: Vec::new(),
            slugs: vec![Arc::clone(&unknown)],
            numbers: HashMap::from([(unknown, 0)]),
        }
    }
}

impl MinerRows {
    fn push(&mut self, height: u32, slug: &str) -> Result<(), StoreError> {
        follows(&mut self.from, self.ids.len(), height)?;
        let number = self.number(slug, height)?;
        self.ids.push(number);
        Ok(())
    }

    fn number(&mut self, slug: &str, height: u32) -> Result<u16, StoreError> {
        if let Some(number) = self.numbers.get(slug) {
            return Ok(*number);
        }
        let too_many = || StoreError::Damaged { height, reason: format!("more than {MOST_POOLS} pools") };
        let number = u16::try_from(self.slugs.len()).map_err(|_| too_many())?;
        let slug: Arc<str> = Arc::from(slug);
        self.slugs.push(Arc::clone(&slug));
        self.numbers.insert(slug, number);
        Ok(number)
    }
}

/// Who mined the blocks of the active chain up to a block: a number each, 0 for Unknown.
#[derive(Clone, Debug)]
pub struct MinerColumn {
    rows: Arc<MinerRows>,
    blocks: usize,
}

impl MinerColumn {
    pub(super) fn new(rows: Arc<MinerRows>, blocks: usize) -> MinerColumn {
        MinerColumn { rows, blocks }
    }

    /// The pools' numbers, the lowest block first.
    pub fn ids(&self) -> &[u16] {
        &self.rows.ids[..self.blocks]
    }

    /// Slugs by number; that of 0 is empty, as Unknown is no pool. Numbers are of this process alone.
    pub fn slugs(&self) -> &[Arc<str>] {
        &self.rows.slugs
    }

    /// The number of a pool; none where it has no block.
    pub fn number(&self, slug: &str) -> Option<u16> {
        self.rows.numbers.get(slug).copied().filter(|number| *number != 0)
    }
}

impl Rows for MinerRows {
    fn from(&self) -> u32 {
        self.from
    }

    fn blocks(&self) -> usize {
        self.ids.len()
    }

    fn join(&mut self, blocks: usize, above: MinerRows) {
        if blocks == 0 {
            *self = above;
            return;
        }
        self.ids.truncate(blocks);
        // a pool that does not fit is in no store: its blocks alone would be more than there are
        let numbers: Vec<u16> = above.slugs.iter().map(|slug| self.number(slug, 0).unwrap_or(0)).collect();
        self.ids.extend(above.ids.iter().map(|id| numbers[usize::from(*id)]));
    }

    fn ends_below(snapshot: &Snapshot) -> StoreError {
        StoreError::OpinionMissing { height: snapshot.mark().tip.height, registry: snapshot.registry().clone() }
    }

    async fn read(snapshot: &Snapshot, from: u32) -> Result<MinerRows, StoreError> {
        let query = snapshot.query(include_str!("../../../../sql/queries/miner_column.sql")).param("from", from);
        let during = StoreError::during("reading who mined");
        let mut cursor = query.fetch::<MinerRow<'_>>().map_err(&during)?;
        let mut rows = MinerRows::default();
        while let Some(MinerRow { height, pool }) = cursor.next().await.map_err(&during)? {
            rows.push(height, pool)?;
        }
        Ok(rows)
    }

    fn of(blocks: &[Arc<AttributedBlock>]) -> Result<MinerRows, StoreError> {
        let mut rows = MinerRows::default();
        for block in blocks {
            rows.push(block.block.id.height, block.attribution.pool.as_deref().unwrap_or_default())?;
        }
        Ok(rows)
    }
}
