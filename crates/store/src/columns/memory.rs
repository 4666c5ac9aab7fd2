//! Columns that are kept, and how those of a new mark come from those of an old one.

use std::sync::{Arc, PoisonError, RwLock};

use hashwatch_model::{AttributedBlock, BlockHash, RegistryVersion};
use tokio::sync::Mutex;

use super::{facts::FactRows, miners::MinerRows};
use crate::{error::StoreError, read::Snapshot};

/// Columns of each kind that are kept: those of now, and of a few versions of the registry that are asked for.
const ROOM: usize = 3;

/// Rows of consecutive heights.
pub(crate) trait Rows: Clone + Default + Send + Sync + 'static {
    /// The lowest height.
    fn from(&self) -> u32;
    /// How many.
    fn blocks(&self) -> usize;
    /// The lowest `blocks` of these, and others in place of those above.
    fn join(&mut self, blocks: usize, above: Self);
    /// The rows of blocks.
    fn of(blocks: &[Arc<AttributedBlock>]) -> Result<Self, StoreError>;
    /// What is said where the rows do not reach a snapshot's tip.
    fn ends_below(snapshot: &Snapshot) -> StoreError;
    /// Reads a snapshot's rows from a height up to its tip.
    fn read(snapshot: &Snapshot, from: u32) -> impl Future<Output = Result<Self, StoreError>> + Send;
}

/// What all clones of a store remember together.
#[derive(Clone, Default)]
pub(crate) struct Memories {
    pub(super) facts: Arc<Memory<FactRows>>,
    pub(super) miners: Arc<Memory<MinerRows>>,
}

impl<T: Rows> Kept<T> {
    /// How many of the rows lie up to that height.
    fn blocks(&self) -> usize {
        blocks_up_to(&*self.rows, self.to)
    }
}

/// How many rows lie up to a height.
pub(super) fn blocks_up_to(rows: &impl Rows, height: u32) -> usize {
    let blocks = (u64::from(height) + 1).saturating_sub(u64::from(rows.from()));
    usize::try_from(blocks).unwrap_or(usize::MAX).min(rows.blocks())
}

/// Columns of one kind.
#[derive(Default)]
pub(crate) struct Memory<T> {
    /// The one used last at the end.
    kept: RwLock<Vec<Kept<T>>>,
    /// Who waits for it finds what the one before has read.
    reading: Mutex<()>,
}

#[derive(Clone)]
struct Kept<T> {
    commit: u64,
    registry: Option<RegistryVersion>,
    /// Up to this height the rows are those of the active chain as of that commit.
    to: u32,
    /// The block there, if it was a tip.
    tip: Option<BlockHash>,
    rows: Arc<T>,
}

impl<T: Rows> Memory<T> {
    /// Rows that hold at least up to the snapshot's tip, from memory as far as they lie there.
    pub(super) async fn rows(
        &self,
        snapshot: &Snapshot,
        registry: Option<&RegistryVersion>,
    ) -> Result<Arc<T>, StoreError> {
        if let Some(found) = self.ready(snapshot, registry) {
            return Ok(found);
        }
        let _turn = self.reading.lock().await;
        if let Some(found) = self.ready(snapshot, registry) {
            return Ok(found);
        }
        let (base, above) = match self.next(snapshot, registry)? {
            Some((base, above)) => (Some(base), Some(above)),
            None => self.read(snapshot, registry).await?,
        };
        let shared = base.as_ref().map_or(0, Kept::blocks);
        let mark = snapshot.mark();
        let (to, tip) = match &base {
            Some(base) if above.is_none() && base.to != mark.tip.height => (base.to, base.tip),
            _ => (mark.tip.height, Some(mark.tip.hash)),
        };
        let rows = base.map(|base| self.taken(base, mark.commit)).unwrap_or_default();
        Ok(self.keep(Kept { commit: mark.commit, registry: registry.cloned(), to, tip, rows }, shared, above))
    }

    /// A state that what this process wrote just now stands on, and the rows of that: nothing is asked.
    fn next(
        &self,
        snapshot: &Snapshot,
        registry: Option<&RegistryVersion>,
    ) -> Result<Option<(Kept<T>, T)>, StoreError> {
        let run = snapshot.run();
        let all = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        let below = |block: &Arc<AttributedBlock>| {
            let (height, parent) = (block.block.id.height, block.block.header.prev_blockhash);
            all.iter().find(|kept| {
                kept.registry.as_ref() == registry && kept.tip == Some(parent) && kept.to.checked_add(1) == Some(height)
            })
        };
        let found = run.iter().enumerate().rev().find_map(|(place, block)| Some((place, below(block)?.clone())));
        drop(all);
        found.map(|(place, base)| Ok((base, T::of(&run[place..])?))).transpose()
    }

    /// The state that has most in common with the snapshot, and the rows that it lacks.
    async fn read(
        &self,
        snapshot: &Snapshot,
        registry: Option<&RegistryVersion>,
    ) -> Result<(Option<Kept<T>>, Option<T>), StoreError> {
        let tip = snapshot.mark().tip.height;
        let base = self.base(snapshot, registry).await?;
        let from = match &base {
            Some(base) if base.blocks() > 0 && base.to >= tip => return Ok((Some(base.clone()), None)),
            Some(base) if base.blocks() > 0 => Some(base.to + 1),
            _ => None,
        };
        let above = Box::pin(T::read(snapshot, from.unwrap_or(0))).await?;
        let goes_on = from.is_none_or(|from| above.from() == from);
        if goes_on && u64::from(above.from()) + above.blocks() as u64 == u64::from(tip) + 1 {
            return Ok((base, Some(above)));
        }
        // what was lost comes again, and nothing is remembered of the chain without it
        Err(T::ends_below(snapshot))
    }

    fn ready(&self, snapshot: &Snapshot, registry: Option<&RegistryVersion>) -> Option<Arc<T>> {
        let mark = snapshot.mark();
        let fits = |kept: &Kept<T>| {
            kept.commit == mark.commit && kept.registry.as_ref() == registry && kept.to >= mark.tip.height
        };
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        let place = kept.iter().position(fits)?;
        let (rows, last) = (Arc::clone(&kept[place].rows), place + 1 == kept.len());
        drop(kept);
        if !last {
            let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
            if let Some(place) = kept.iter().position(fits) {
                let used = kept.remove(place);
                kept.push(used);
            }
        }
        Some(rows)
    }

    /// What has most in common with the snapshot, and up to which height.
    async fn base(
        &self,
        snapshot: &Snapshot,
        registry: Option<&RegistryVersion>,
    ) -> Result<Option<Kept<T>>, StoreError> {
        let all: Vec<Kept<T>> = self.kept.read().unwrap_or_else(PoisonError::into_inner).clone();
        let mut best: Option<Kept<T>> = None;
        for kept in all.into_iter().filter(|kept| kept.registry.as_ref() == registry) {
            let Some(shared) = snapshot.shared_up_to(kept.commit).await? else { continue };
            let to = shared.min(kept.to);
            if best.as_ref().is_none_or(|best| to >= best.to) {
                let tip = kept.tip.filter(|_| to == kept.to);
                best = Some(Kept { to, tip, ..kept });
            }
        }
        Ok(best)
    }

    /// The rows of a base. An older state gives them away, so that no copy need be made of them.
    fn taken(&self, base: Kept<T>, commit: u64) -> Arc<T> {
        if base.commit <= commit {
            let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
            kept.retain(|one| one.commit != base.commit || one.registry != base.registry);
        }
        base.rows
    }

    fn keep(&self, mut new: Kept<T>, shared: usize, above: Option<T>) -> Arc<T> {
        if let Some(above) = above {
            Arc::make_mut(&mut new.rows).join(shared, above);
        }
        let rows = Arc::clone(&new.rows);
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        kept.push(new);
        if kept.len() > ROOM {
            // what is asked for without a version stays, whoever asks for old ones
            let newest = kept.iter().map(|one| one.commit).max();
            let place = kept.iter().position(|one| Some(one.commit) != newest).unwrap_or(0);
            kept.remove(place);
        }
        rows
    }
}

impl Snapshot {
    /// The height up to which the active chain is the same as of this snapshot's commit and another; none where it may
    /// differ from the start.
    async fn shared_up_to(&self, commit: u64) -> Result<Option<u32>, StoreError> {
        let own = self.mark().commit;
        if own == commit {
            return Ok(Some(u32::MAX));
        }
        let query = self.store.client.query_raw(include_str!("../../../../sql/queries/lowest_parent.sql"));
        let query = query.param("after", own.min(commit)).param("until", own.max(commit));
        let lowest: i64 = query.fetch_one().await.map_err(StoreError::during("comparing marks"))?;
        Ok(u32::try_from(lowest).ok())
    }
}
