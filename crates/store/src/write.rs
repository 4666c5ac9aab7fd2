//! The one writer: rows first, the mark last.

use std::collections::HashSet;

use clickhouse::{Row, RowWrite};
use hashwatch_model::{AttributedBlock, Attribution, BlockHash, BlockId, Chunk, RegistryVersion};

use crate::{
    error::StoreError,
    read::{Snapshot, WorkAt},
    rows::{AttributionRow, BlockRow, BranchRow, IdRow, NewMarkRow, hash_to_row},
    store::{Mark, Store, fetch_all},
};

/// Statements that take away what lies beyond a mark.
const PURGES: [&str; 3] = [
    include_str!("../../../sql/queries/purge_blocks.sql"),
    include_str!("../../../sql/queries/purge_attributions.sql"),
    include_str!("../../../sql/queries/purge_branches.sql"),
];

/// Writes chunks to a store. There must be one at a time: the data directory's lock, or the operator, sees to that.
///
/// When a write fails, what it left lies beyond the mark; make a new writer, which takes that away, and write again.
pub struct Writer {
    store: Store,
    mark: Option<Mark>,
}

impl Writer {
    /// Reads the mark and takes away whatever lies beyond it.
    pub async fn open(store: &Store) -> Result<Writer, StoreError> {
        let mark = store.mark().await?;
        let commit = mark.as_ref().map_or(0, |mark| mark.commit);
        let left: u64 = store
            .client
            .query_raw(include_str!("../../../sql/queries/uncommitted.sql"))
            .param("commit", commit)
            .fetch_one()
            .await
            .map_err(StoreError::during("looking for uncommitted rows"))?;
        if left > 0 {
            tracing::info!(rows = left, "taking away what an interrupted write has left");
            for purge in PURGES {
                let purge = store.client.query_raw(purge).param("commit", commit);
                purge.execute().await.map_err(StoreError::during("taking uncommitted rows away"))?;
            }
        }
        Ok(Writer { store: store.clone(), mark })
    }

    /// The newest mark.
    pub fn mark(&self) -> Option<&Mark> {
        self.mark.as_ref()
    }

    /// Puts a chunk onto the active chain. What stood above its parent becomes stale.
    pub async fn commit(
        &mut self,
        chunk: &Chunk<AttributedBlock>,
        registry: &RegistryVersion,
    ) -> Result<Mark, StoreError> {
        let (tip, time, median_time) = match (chunk.blocks.last(), chunk.parent) {
            (Some(last), _) => (last.block.id, last.block.header.time, last.block.median_time),
            (None, Some(parent)) => {
                let at = self.at(parent).await?;
                (parent, at.time, at.median_time)
            }
            (None, None) => {
                return Err(StoreError::Damaged { height: 0, reason: "a chunk of nothing on nothing".to_owned() });
            }
        };
        let commit = self.next_commit();
        let departed = self.above(chunk.parent).await?;
        let known = self.known(&chunk.blocks).await?;
        let returned = chunk.blocks.iter().map(|b| b.block.id).filter(|id| known.contains(&id.hash));
        let branches = departed
            .into_iter()
            .map(|id| (id, true))
            .chain(returned.map(|id| (id, false)))
            .map(|(id, stale)| BranchRow { hash: hash_to_row(id.hash), height: id.height, commit, stale });
        let branches: Vec<_> = branches.collect();
        let new = chunk.blocks.iter().filter(|b| !known.contains(&b.block.id.hash));
        self.write_rows(new, branches, registry, commit).await?;
        let mark = Mark { commit, tip, time, median_time, registry: registry.clone() };
        self.write_mark(mark, chunk.parent).await
    }

    /// Keeps blocks of branches beside the active chain. Those that are kept already are passed over; the count of
    /// new ones comes back.
    pub async fn commit_stale(
        &mut self,
        blocks: &[AttributedBlock],
        registry: &RegistryVersion,
    ) -> Result<usize, StoreError> {
        let Some(mark) = self.mark.clone() else { return Ok(0) };
        let known = self.known(blocks).await?;
        let new: Vec<_> = blocks.iter().filter(|b| !known.contains(&b.block.id.hash)).collect();
        if new.is_empty() {
            return Ok(0);
        }
        let commit = self.next_commit();
        let branches = new.iter().map(|b| b.block.id);
        let branches = branches
            .map(|id| BranchRow { hash: hash_to_row(id.hash), height: id.height, commit, stale: true })
            .collect();
        self.write_rows(new.iter().copied(), branches, registry, commit).await?;
        let parent = Some(mark.tip);
        self.write_mark(Mark { commit, ..mark }, parent).await?;
        Ok(new.len())
    }

    /// Writes opinions under a version of the registry, unseen until [`Writer::adopt`] makes it the one that is read.
    pub async fn write_opinions(
        &self,
        opinions: &[(BlockId, Attribution)],
        registry: &RegistryVersion,
    ) -> Result<(), StoreError> {
        let commit = self.next_commit();
        let rows = opinions.iter().map(|(id, attribution)| AttributionRow::new(*id, attribution, &registry.0, commit));
        self.insert("attributions", rows).await
    }

    /// Makes opinions of a version the ones that readers see, all at once.
    pub async fn adopt(&mut self, registry: &RegistryVersion) -> Result<(), StoreError> {
        let Some(mark) = self.mark.clone() else { return Ok(()) };
        let parent = Some(mark.tip);
        let mark = Mark { commit: self.next_commit(), registry: registry.clone(), ..mark };
        self.write_mark(mark, parent).await.map(|_| ())
    }

    fn next_commit(&self) -> u64 {
        self.mark.as_ref().map_or(0, |mark| mark.commit) + 1
    }

    async fn write_rows<'a>(
        &self,
        blocks: impl Iterator<Item = &'a AttributedBlock> + Clone,
        branches: Vec<BranchRow>,
        registry: &RegistryVersion,
        commit: u64,
    ) -> Result<(), StoreError> {
        self.insert("blocks", blocks.clone().map(|b| BlockRow::new(&b.block, commit))).await?;
        let opinions = blocks.map(|b| AttributionRow::new(b.block.id, &b.attribution, &registry.0, commit));
        self.insert("attributions", opinions).await?;
        self.insert("branches", branches.into_iter()).await
    }

    async fn write_mark(&mut self, mark: Mark, parent: Option<BlockId>) -> Result<Mark, StoreError> {
        let row = NewMarkRow {
            commit: mark.commit,
            height: mark.tip.height,
            hash: hash_to_row(mark.tip.hash),
            time: mark.time,
            median_time: mark.median_time,
            parent_height: parent.map(|id| id.height),
            registry_version: mark.registry.0.clone(),
        };
        self.insert("marks", std::iter::once(row)).await?;
        self.mark = Some(mark.clone());
        Ok(mark)
    }

    async fn insert<R>(&self, table: &'static str, rows: impl Iterator<Item = R>) -> Result<(), StoreError>
    where
        R: Row + RowWrite + for<'a> Row<Value<'a> = R>,
    {
        let mut rows = rows.peekable();
        if rows.peek().is_none() {
            return Ok(());
        }
        let write = async {
            let mut insert = self.store.client.insert::<R>(table).await?;
            for row in rows {
                insert.write(&row).await?;
            }
            insert.end().await
        };
        write.await.map_err(StoreError::during("writing a chunk"))
    }

    /// Blocks of the active chain above `parent`: all of them where it is none.
    async fn above(&self, parent: Option<BlockId>) -> Result<Vec<BlockId>, StoreError> {
        let Some(mark) = &self.mark else { return Ok(Vec::new()) };
        let from = parent.map_or(0, |id| id.height + 1);
        if from > mark.tip.height {
            return Ok(Vec::new());
        }
        Snapshot::new(self.store.clone(), mark.clone()).active_ids(from, mark.tip.height).await
    }

    async fn at(&self, id: BlockId) -> Result<WorkAt, StoreError> {
        let missing =
            || StoreError::Damaged { height: id.height, reason: "the parent of a chunk is missing".to_owned() };
        let mark = self.mark.clone().ok_or_else(missing)?;
        Snapshot::new(self.store.clone(), mark).work_at(id.height).await?.ok_or_else(missing)
    }

    /// Which of these blocks are kept already, on any branch.
    async fn known(&self, blocks: &[AttributedBlock]) -> Result<HashSet<BlockHash>, StoreError> {
        let heights = blocks.iter().map(|b| b.block.id.height);
        let (Some(from), Some(to)) = (heights.clone().min(), heights.max()) else { return Ok(HashSet::new()) };
        let rows: Vec<IdRow> = fetch_all(
            self.store
                .client
                .query_raw(include_str!("../../../sql/queries/known_hashes.sql"))
                .param("from", from)
                .param("to", to),
            "looking for blocks that are kept already",
        )
        .await?;
        let kept: HashSet<BlockHash> = rows.iter().map(|row| row.id().hash).collect();
        Ok(blocks.iter().map(|b| b.block.id.hash).filter(|hash| kept.contains(hash)).collect())
    }
}
