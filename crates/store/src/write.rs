//! The one writer: rows first, the mark last.

use std::{
    collections::HashSet,
    time::{SystemTime, UNIX_EPOCH},
};

use hashwatch_model::{AttributedBlock, Attribution, BlockHash, BlockId, Chunk, RegistryVersion};

use crate::{
    answers::WorkAt,
    error::StoreError,
    read::Snapshot,
    rows::{AttributionRow, BlockRow, BranchRow, IdRow, hash_to_row},
    store::{Mark, Store, fetch_all},
};

/// Statements that take away what lies beyond a mark.
const PURGES: [&str; 3] = [
    include_str!("../../../sql/queries/purge_blocks.sql"),
    include_str!("../../../sql/queries/purge_opinions.sql"),
    include_str!("../../../sql/queries/purge_branches.sql"),
];

/// How many rows an attempt has written.
#[derive(Clone, Copy, Default)]
struct Rows {
    blocks: u64,
    opinions: u64,
    branches: u64,
}

/// Writes chunks to a store. There must be one at a time: the data directory's lock, or the operator, sees to that.
///
/// Each attempt has a number of its own, and its rows are seen only once a mark has that number. So whatever a failed
/// attempt has left, or an insert that arrives late leaves, is never part of an answer. After a failure read the store
/// anew and make a new writer.
pub struct Writer {
    store: Store,
    mark: Option<Mark>,
    /// The number of the last attempt.
    attempt: u64,
    /// Opinions written under that number that have no mark yet.
    waiting: u64,
    /// Nothing above this height is kept as of the mark, on any branch. Whoever keeps more writes a mark, and ours is
    /// refused then: so what lies above need not be looked for, which at the tip saves a question.
    highest: Option<u32>,
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.store.newest.forget();
    }
}

impl Writer {
    /// Reads the mark and takes away what failed writes have left.
    pub async fn open(store: &Store) -> Result<Writer, StoreError> {
        let left: u64 = store
            .client
            .query_raw(include_str!("../../../sql/queries/uncommitted.sql"))
            .fetch_one()
            .await
            .map_err(StoreError::during("looking for uncommitted rows"))?;
        if left > 0 {
            tracing::info!(rows = left, "taking away what an interrupted write has left");
            for purge in PURGES {
                let purge = store.client.query_raw(purge);
                purge.execute().await.map_err(StoreError::during("taking uncommitted rows away"))?;
            }
        }
        let mark = store.read_mark().await?;
        let highest = match &mark {
            Some(mark) => Some(Snapshot::new(store.clone(), mark.clone()).max_height().await?.max(mark.tip.height)),
            None => None,
        };
        if let Some(mark) = &mark {
            store.newest.set(mark.clone(), &[]);
        }
        Ok(Writer { store: store.clone(), mark, attempt: 0, waiting: 0, highest })
    }

    /// The newest mark.
    pub fn mark(&self) -> Option<&Mark> {
        self.mark.as_ref()
    }

    /// Puts a chunk onto the active chain. What stood above its parent, and is not part of it, becomes stale.
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
        let commit = self.next_attempt();
        let above = self.above(chunk.parent).await?;
        let active: HashSet<BlockHash> = above.iter().map(|id| id.hash).collect();
        let known = self.known(&chunk.blocks).await?;
        let inside: HashSet<BlockHash> = chunk.blocks.iter().map(|b| b.block.id.hash).collect();
        // a block may leave with the parent and come back with the chunk: then nothing has happened to it
        let departed = above.into_iter().filter(|id| !inside.contains(&id.hash));
        let returned =
            chunk.blocks.iter().map(|b| b.block.id).filter(|id| known.contains(&id.hash) && !active.contains(&id.hash));
        let branches = departed
            .map(|id| (id, true))
            .chain(returned.map(|id| (id, false)))
            .map(|(id, stale)| BranchRow { hash: hash_to_row(id.hash), height: id.height, commit, stale });
        let branches: Vec<_> = branches.collect();
        let new = chunk.blocks.iter().filter(|b| !known.contains(&b.block.id.hash));
        let rows = self.write_rows(new, branches, registry, commit).await?;
        let mark = Mark { commit, tip, time, median_time, registry: registry.clone() };
        // what is kept of one that came back is what was written then
        let back = chunk.blocks.iter().rposition(|b| known.contains(&b.block.id.hash)).map_or(0, |place| place + 1);
        let mark = self.write_mark(mark, chunk.parent, rows, &chunk.blocks[back..]).await?;
        self.highest = self.highest.max(Some(tip.height));
        Ok(mark)
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
        let commit = self.next_attempt();
        let branches = new.iter().map(|b| b.block.id);
        let branches = branches
            .map(|id| BranchRow { hash: hash_to_row(id.hash), height: id.height, commit, stale: true })
            .collect();
        let rows = self.write_rows(new.iter().copied(), branches, registry, commit).await?;
        let parent = Some(mark.tip);
        self.write_mark(Mark { commit, ..mark }, parent, rows, &[]).await?;
        self.highest = self.highest.max(new.iter().map(|b| b.block.id.height).max());
        Ok(new.len())
    }

    /// Writes blocks of the active chain again whose rows were lost, with their opinions.
    pub async fn commit_lost(
        &mut self,
        blocks: &[AttributedBlock],
        registry: &RegistryVersion,
    ) -> Result<(), StoreError> {
        let Some(mark) = self.mark.clone() else { return Ok(()) };
        let commit = self.next_attempt();
        let known = self.known(blocks).await?;
        let new = blocks.iter().filter(|b| !known.contains(&b.block.id.hash));
        let rows = self.write_rows(new, Vec::new(), registry, commit).await?;
        let parent = Some(mark.tip);
        self.write_mark(Mark { commit, ..mark }, parent, rows, &[]).await.map(|_| ())
    }

    /// Takes away opinions on blocks whose facts were lost: they come again with the blocks.
    pub async fn forget_orphans(&self) -> Result<(), StoreError> {
        let purge = self.store.client.query_raw(include_str!("../../../sql/queries/purge_orphans.sql"));
        purge.execute().await.map_err(StoreError::during("taking away opinions on lost blocks"))
    }

    /// Writes opinions under a version of the registry on blocks that have none under it. They come with the next mark, whatever
    /// else that brings, and readers go on with the version that they read until [`Writer::adopt`].
    pub async fn write_opinions(
        &mut self,
        opinions: &[(BlockId, Attribution)],
        registry: &RegistryVersion,
    ) -> Result<(), StoreError> {
        let commit = self.next_attempt();
        let rows = opinions.iter().map(|(id, attribution)| AttributionRow::new(*id, attribution, &registry.0, commit));
        self.waiting += self.store.insert("opinions", rows, "writing opinions").await?;
        Ok(())
    }

    /// Gives opinions that wait for a mark one of their own, so that it is known of whom there are any.
    pub async fn settle(&mut self) -> Result<(), StoreError> {
        let Some(mark) = self.mark.clone().filter(|_| self.waiting > 0) else { return Ok(()) };
        let parent = Some(mark.tip);
        self.write_mark(Mark { commit: self.attempt, ..mark }, parent, Rows::default(), &[]).await.map(|_| ())
    }

    /// Makes opinions of a version the ones that readers see, all at once. Each kept block must have one.
    pub async fn adopt(&mut self, registry: &RegistryVersion) -> Result<(), StoreError> {
        let Some(mark) = self.mark.clone() else { return Ok(()) };
        if mark.registry == *registry && self.waiting == 0 {
            return Ok(());
        }
        let parent = Some(mark.tip);
        let mark = Mark { commit: self.next_attempt(), registry: registry.clone(), ..mark };
        self.write_mark(mark, parent, Rows::default(), &[]).await.map(|_| ())
    }

    /// A number that no attempt has had, of this process or an earlier one: the clock's milliseconds, and more than the
    /// last where the clock stands or goes back. Where opinions wait for a mark, it is theirs.
    fn next_attempt(&mut self) -> u64 {
        if self.waiting > 0 {
            return self.attempt;
        }
        let clock = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
        let last = self.attempt.max(self.mark.as_ref().map_or(0, |mark| mark.commit));
        self.attempt = u64::try_from(clock).unwrap_or(0).max(last + 1);
        self.attempt
    }

    async fn write_rows<'a>(
        &self,
        blocks: impl Iterator<Item = &'a AttributedBlock> + Clone,
        branches: Vec<BranchRow>,
        registry: &RegistryVersion,
        commit: u64,
    ) -> Result<Rows, StoreError> {
        let opinions = blocks.clone().map(|b| AttributionRow::new(b.block.id, &b.attribution, &registry.0, commit));
        let facts = blocks.map(|b| BlockRow::new(&b.block, commit));
        // one beside the other, each with its wait for the disk: none is seen before the mark
        let (blocks, opinions, branches) = tokio::try_join!(
            self.store.insert("blocks", facts, "writing blocks"),
            self.store.insert("opinions", opinions, "writing opinions"),
            self.store.insert("branches", branches.into_iter(), "writing branches"),
        )?;
        Ok(Rows { blocks, opinions, branches })
    }

    /// Writes a mark upon the one that we know and upon rows that are there, and reads back whether it became the newest. `new` are blocks up
    /// to its tip that were written for it.
    async fn write_mark(
        &mut self,
        mark: Mark,
        parent: Option<BlockId>,
        rows: Rows,
        new: &[AttributedBlock],
    ) -> Result<Mark, StoreError> {
        let before = self.mark.as_ref().map_or(0, |mark| mark.commit);
        self.store
            .client
            .query_raw(include_str!("../../../sql/queries/write_mark.sql"))
            .param("before", before)
            .param("commit", mark.commit)
            .param("height", mark.tip.height)
            .param("hash", mark.tip.hash.to_string())
            .param("time", mark.time)
            .param("median_time", mark.median_time)
            .param("parent_height", parent.map(|id| id.height))
            .param("registry", &mark.registry.0)
            .param("rows", rows.blocks + rows.opinions + rows.branches + self.waiting)
            .execute()
            .await
            .map_err(StoreError::during("writing a mark"))?;
        if self.store.read_mark().await?.as_ref() != Some(&mark) {
            return Err(StoreError::Moved);
        }
        self.waiting = 0;
        self.mark = Some(mark.clone());
        self.store.newest.set(mark.clone(), new);
        Ok(mark)
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
        if self.highest.is_none_or(|highest| from > highest) {
            return Ok(HashSet::new());
        }
        let commit = self.mark.as_ref().map_or(0, |mark| mark.commit);
        let query = self.store.client.query_raw(include_str!("../../../sql/queries/known_hashes.sql"));
        let query = query.param("commit", commit).param("from", from).param("to", to);
        let rows: Vec<IdRow> = fetch_all(query, "looking for what is kept already").await?;
        Ok(rows.iter().map(|row| row.id().hash).collect())
    }
}
