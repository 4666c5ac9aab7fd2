//! Questions to the store, all answered as of one commit mark.

use std::{collections::HashMap, sync::Arc};

use clickhouse::query::Query;
use hashwatch_model::{AttributedBlock, Attribution, Block, BlockHash, BlockId, Coinbase, RegistryVersion, Work};

use crate::{
    answers::{BlockFilter, BlockSummary, Counts, StoredBlock, StoredHeader, WorkAt},
    error::StoreError,
    rows::{CoinbaseRow, HeaderRow, IdRow, OpinionRow, SummaryRow, WorkRow, hash_from_row},
    store::{Mark, Store, fetch_all},
};

/// The store as it was when a mark was written. Answers from one snapshot agree with each other.
#[derive(Clone)]
pub struct Snapshot {
    pub(crate) store: Store,
    mark: Mark,
}

impl Snapshot {
    pub(crate) fn new(store: Store, mark: Mark) -> Snapshot {
        Snapshot { store, mark }
    }

    /// The mark that it answers as of.
    pub fn mark(&self) -> &Mark {
        &self.mark
    }

    /// The same snapshot as if the active block at `height` were the tip; none where there is no such block. Its median time is that of
    /// the columns, which never falls.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] where a block of the active chain is missing.
    pub async fn as_of(&self, height: u32) -> Result<Option<Snapshot>, StoreError> {
        if height == self.mark.tip.height {
            return Ok(Some(self.clone()));
        }
        let chain = self.chain().await?;
        let Some((place, tip)) = chain.place(height).zip(chain.id(height)) else { return Ok(None) };
        let (time, median_time) = (chain.times()[place], chain.median_times()[place]);
        let mark = Mark { tip, time, median_time, ..self.mark.clone() };
        Ok(Some(Snapshot::new(self.store.clone(), mark)))
    }

    /// The registry version that opinions are read under.
    pub fn registry(&self) -> &RegistryVersion {
        &self.mark.registry
    }

    pub(crate) fn query(&self, statement: &str) -> Query {
        self.store
            .client
            .query_raw(statement)
            .param("tip", self.mark.tip.height)
            .param("commit", self.mark.commit)
            .param("registry", &self.mark.registry.0)
    }

    pub(crate) async fn findings(&self, statement: &str) -> Result<Vec<String>, StoreError> {
        let halving = if self.store.origin().network == hashwatch_model::Network::Regtest { 150_u32 } else { 210_000 };
        fetch_all(self.query(statement).param("halving", halving), "checking the store").await
    }

    /// Blocks on the active chain and off it.
    pub async fn counts(&self) -> Result<Counts, StoreError> {
        let query = self.query(include_str!("../../../sql/queries/counts.sql"));
        query.fetch_one().await.map_err(StoreError::during("counting blocks"))
    }

    /// Work and times of the active block at a height.
    pub async fn work_at(&self, height: u32) -> Result<Option<WorkAt>, StoreError> {
        let query = self.query(include_str!("../../../sql/queries/work_at.sql")).param("height", height);
        let row: Option<WorkRow> = query.fetch_optional().await.map_err(StoreError::during("reading chainwork"))?;
        Ok(row.map(|row| WorkAt {
            chainwork: Work::from_be_bytes(row.chainwork),
            time: row.time,
            median_time: row.median_time,
        }))
    }

    /// The active chain between two heights.
    pub async fn active_ids(&self, from: u32, to: u32) -> Result<Vec<BlockId>, StoreError> {
        let query = self.query(include_str!("../../../sql/queries/active_hashes.sql"));
        let rows = fetch_all(query.param("from", from).param("to", to), "reading the active chain").await?;
        Ok(ids(rows))
    }

    /// Blocks off the active chain whose facts are there.
    pub async fn kept_stale(&self) -> Result<Vec<BlockId>, StoreError> {
        let query = self.query(include_str!("../../../sql/queries/kept_stale.sql"));
        Ok(ids(fetch_all(query, "reading stale blocks").await?))
    }

    /// How many kept blocks have no opinion under the mark's version of the registry, and how many opinions no block.
    pub async fn opinions_adrift(&self) -> Result<(u64, u64), StoreError> {
        let query = self.query(include_str!("../../../sql/queries/opinions_adrift.sql"));
        query.fetch_one().await.map_err(StoreError::during("counting opinions"))
    }

    /// All headers of the active chain, lowest first.
    pub async fn headers(&self) -> Result<Vec<StoredHeader>, StoreError> {
        let query = self.query(include_str!("../../../sql/queries/headers.sql"));
        let mut cursor = query.fetch::<HeaderRow>().map_err(StoreError::during("reading headers"))?;
        let mut headers = Vec::new();
        while let Some(row) = cursor.next().await.map_err(StoreError::during("reading headers"))? {
            headers.push(row.into_header());
        }
        Ok(headers)
    }

    /// Active blocks, newest first.
    pub async fn blocks(&self, filter: &BlockFilter) -> Result<Vec<StoredBlock>, StoreError> {
        let to = filter.to.unwrap_or(u32::MAX).min(self.mark.tip.height);
        let from = filter.from.unwrap_or(0);
        if from > to || filter.limit == 0 {
            return Ok(Vec::new());
        }
        let (opinions, mut facts) = if filter.pool.is_none() {
            // the chain has no gaps: the heights are known before it is read
            let from = from.max(to.saturating_sub(filter.limit - 1));
            if let Some(blocks) = self.just_written(from, to) {
                return Ok(blocks);
            }
            tokio::try_join!(self.listed(from, to, filter), self.facts_at((from..=to).collect()))?
        } else {
            let opinions = self.listed(from, to, filter).await?;
            let facts = self.facts_at(opinions.iter().map(|row| row.height).collect()).await?;
            (opinions, facts)
        };
        let stored = opinions.into_iter().map(|row| {
            let id = row.id();
            let lost = || StoreError::Damaged { height: id.height, reason: "no facts".to_owned() };
            let block = facts.remove(&id).ok_or_else(lost)?;
            Ok(StoredBlock { block, attribution: row.into_attribution()?, stale: false })
        });
        stored.collect()
    }

    async fn listed(&self, from: u32, to: u32, filter: &BlockFilter) -> Result<Vec<OpinionRow>, StoreError> {
        let query = self
            .query(include_str!("../../../sql/queries/list_blocks.sql"))
            .param("from", from)
            .param("to", to)
            .param("one_pool", filter.pool.is_some())
            .param("pool", filter.pool.clone().flatten().unwrap_or_default())
            .param("limit", filter.limit);
        fetch_all(query, "listing blocks").await
    }

    /// Facts of the active blocks at some heights.
    async fn facts_at(&self, heights: Vec<u32>) -> Result<HashMap<BlockId, BlockSummary>, StoreError> {
        if heights.is_empty() {
            return Ok(HashMap::new());
        }
        let query = self.query(include_str!("../../../sql/queries/blocks_at.sql")).param("heights", heights);
        let rows: Vec<SummaryRow> = fetch_all(query, "reading blocks").await?;
        rows.into_iter().map(|row| row.into_summary().map(|block| (block.id, block))).collect()
    }

    /// The active block at a height.
    pub async fn block_at(&self, height: u32) -> Result<Option<StoredBlock>, StoreError> {
        if height > self.mark.tip.height {
            return Ok(None);
        }
        let filter = BlockFilter { from: Some(height), to: Some(height), limit: 1, pool: None };
        let found = self.blocks(&filter).await?.pop();
        if found.is_none() && !self.active_ids(height, height).await?.is_empty() {
            return Err(StoreError::Damaged { height, reason: "no opinion".to_owned() });
        }
        Ok(found)
    }

    /// The blocks between two heights, the highest first, where all of them were written just now.
    fn just_written(&self, from: u32, to: u32) -> Option<Vec<StoredBlock>> {
        let mut run = self.run();
        run.retain(|block| (from..=to).contains(&block.block.id.height));
        let whole = to.checked_sub(from).is_some_and(|above| run.len() == above as usize + 1);
        whole.then(|| run.iter().rev().map(|block| StoredBlock::active(block)).collect())
    }

    /// The last blocks up to the tip that were written just now, the lowest first.
    pub(crate) fn run(&self) -> Vec<Arc<AttributedBlock>> {
        self.store.newest.run(&self.mark)
    }

    /// A block that was written just now.
    fn newest(&self, hash: BlockHash) -> Option<Arc<AttributedBlock>> {
        self.run().into_iter().find(|block| block.block.id.hash == hash)
    }

    /// A block by its hash, active or stale.
    pub async fn block_by_hash(&self, hash: BlockHash) -> Result<Option<StoredBlock>, StoreError> {
        if let Some(block) = self.newest(hash) {
            return Ok(Some(StoredBlock::active(&block)));
        }
        let query = self.query(include_str!("../../../sql/queries/block_by_hash.sql"));
        let row: Option<SummaryRow> = query
            .param("hash", hash.to_string())
            .fetch_optional()
            .await
            .map_err(StoreError::during("reading a block"))?;
        let Some(row) = row else { return Ok(None) };
        let block = row.into_summary()?;
        let query = self.query(include_str!("../../../sql/queries/is_stale.sql"));
        let stale: bool = query
            .param("hash", hash.to_string())
            .fetch_one()
            .await
            .map_err(StoreError::during("asking whether a block is stale"))?;
        let attribution = self.opinion(block.id).await?;
        Ok(Some(StoredBlock { block, attribution, stale }))
    }

    /// The coinbase transaction of a block that is kept.
    pub async fn coinbase(&self, block: &BlockSummary) -> Result<Coinbase, StoreError> {
        if let Some(block) = self.newest(block.id.hash) {
            return Ok(block.block.coinbase.clone());
        }
        let mut rows = self.coinbases((block.id.height, block.id.height)).await?;
        rows.retain(|row| hash_from_row(row.hash) == block.id.hash);
        let missing =
            || StoreError::Damaged { height: block.id.height, reason: format!("no facts on {}", block.id.hash) };
        rows.pop().ok_or_else(missing)?.into_coinbase(block)
    }

    async fn coinbases(&self, (from, to): (u32, u32)) -> Result<Vec<CoinbaseRow>, StoreError> {
        let query = self.query(include_str!("../../../sql/queries/coinbases_between.sql"));
        fetch_all(query.param("from", from).param("to", to), "reading coinbases").await
    }

    async fn opinion(&self, id: BlockId) -> Result<Attribution, StoreError> {
        let query = self.query(include_str!("../../../sql/queries/opinion.sql"));
        let row: Option<OpinionRow> = query
            .param("height", id.height)
            .param("hash", id.hash.to_string())
            .fetch_optional()
            .await
            .map_err(StoreError::during("reading an opinion"))?;
        let missing = || StoreError::Damaged { height: id.height, reason: format!("no opinion on {}", id.hash) };
        row.ok_or_else(missing)?.into_attribution()
    }

    /// Facts of all blocks between two heights, on any branch: to form opinions anew, or to look for damage. Coinbases
    /// may have a megabyte each, so ask for a few hundred heights at a time.
    pub async fn facts_between(&self, from: u32, to: u32) -> Result<Vec<Block>, StoreError> {
        let query = self.query(include_str!("../../../sql/queries/blocks_between.sql"));
        let rows: Vec<SummaryRow> = fetch_all(query.param("from", from).param("to", to), "reading blocks").await?;
        let coinbases = self.coinbases((from, to)).await?;
        if rows.len() != coinbases.len() {
            let reason = format!("{} blocks and {} coinbases up to {to}", rows.len(), coinbases.len());
            return Err(StoreError::Damaged { height: from, reason });
        }
        let both = rows.into_iter().zip(coinbases);
        both.map(|(row, coinbase)| {
            let summary = row.into_summary()?;
            let coinbase = coinbase.into_coinbase(&summary)?;
            Ok(summary.with(coinbase))
        })
        .collect()
    }

    /// The highest block that is kept, on any branch.
    pub async fn max_height(&self) -> Result<u32, StoreError> {
        let query = self.query(include_str!("../../../sql/queries/max_height.sql"));
        query.fetch_one().await.map_err(StoreError::during("asking for the highest block"))
    }
}

pub(crate) fn ids(rows: Vec<IdRow>) -> Vec<BlockId> {
    rows.iter().map(IdRow::id).collect()
}
