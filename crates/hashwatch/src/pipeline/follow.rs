//! One step along a source's active chain: find where it leaves ours, fetch what stands above, verify, hand on.

use hashwatch_attribute::attribute_chunk;
use hashwatch_model::{BlockId, Chunk, RawBlock, Refusal, Sync};
use hashwatch_node::{NodeError, Source};
use hashwatch_store::StoreError;
use hashwatch_verify::verify_chunk;

use super::{Pipeline, Setback};
use crate::{clock::unix_now, progress::Progress};

/// How often in a row a chain may change under our hands.
const MAX_MOVES: u8 = 3;

impl From<NodeError> for Setback {
    fn from(error: NodeError) -> Setback {
        Setback::Source(error.to_string())
    }
}

impl Pipeline {
    /// Takes one chunk from a source. False where we are at its tip.
    pub(super) async fn advance(&mut self, place: usize) -> Result<bool, Setback> {
        let source = self.sources[place].clone();
        let tip = source.tip().await?;
        if self.headers.tip() == Some(tip) {
            self.tip_from = Some(place);
            self.say(|status| status.sync = Sync::Following);
            self.ask_for_branches(tip.hash);
            self.well();
            return Ok(false);
        }
        // of several sources only the one that our tip is from may take it back: another is just behind
        let ours = self.headers.tip().map(|id| id.height);
        let another = self.tip_from.is_some_and(|from| from != place);
        if another && ours.is_some_and(|ours| tip.height < ours) {
            return Err(Setback::Behind);
        }
        let parent = self.agreement(&source, tip).await?;
        let from = parent.map_or(self.headers.base(), |id| id.height + 1);
        if tip.height.saturating_sub(from) > 1 {
            let at = ours.unwrap_or(self.headers.base());
            self.say(|status| status.sync = Sync::CatchingUp { at, of: tip.height });
        }
        let to = tip.height.min(from.saturating_add(self.settings.batch - 1));
        // blocks below one that was refused are good: they come first, by themselves
        let to = match self.status.borrow().refusal.as_ref().map(|refusal| refusal.height) {
            Some(refused) if from < refused && parent == self.headers.tip() => to.min(refused - 1),
            _ => to,
        };
        let ids = match to.checked_sub(from) {
            None => Vec::new(),
            Some(_) => ids(from, source.hashes(from, to).await?),
        };
        if ids.is_empty() && (parent.is_none() || parent == self.headers.tip()) {
            return Err(Setback::Source(format!("{}: its chain ended while it was read", source.name())));
        }
        let blocks = source.blocks(&ids).await?;
        if self.moved_meanwhile(parent, &blocks) {
            return Err(Setback::Behind);
        }
        self.put(Chunk { parent, blocks }, tip).await?;
        self.tip_from = Some(place);
        Ok(true)
    }

    /// Whether the source's chain changed between two questions: the first block is the one asked for, but does not
    /// stand on what was its parent. One that says so again and again is lying, which is for verify to name.
    fn moved_meanwhile(&mut self, parent: Option<BlockId>, blocks: &[RawBlock]) -> bool {
        let (Some(parent), Some(first)) = (parent, blocks.first()) else { return false };
        let moved = first.header.block_hash() == first.id.hash && first.header.prev_blockhash != parent.hash;
        self.moves = if moved { self.moves.saturating_add(1) } else { 0 };
        (1..=MAX_MOVES).contains(&self.moves)
    }

    async fn put(&mut self, chunk: Chunk<RawBlock>, tip: BlockId) -> Result<(), Setback> {
        let now = unix_now();
        let headers = &mut self.headers;
        let below = headers.tip();
        let verified = tokio::task::block_in_place(|| verify_chunk(headers, chunk, now)).map_err(refused)?;
        if let (Some(below), Some(parent)) = (below, verified.parent)
            && parent.height < below.height
        {
            tracing::info!(ancestor = parent.height, left = %below, "reorg");
        }
        let attributed = attribute_chunk(&self.registry, verified);
        let writer = self.writer.as_mut().ok_or(Setback::Store(StoreError::Moved))?;
        writer.commit(&attributed, self.registry.version()).await.map_err(Setback::Store)?;
        self.well();
        self.tell_progress(tip);
        Ok(())
    }

    /// The highest block that both chains have; none where they have none (before the first block).
    async fn agreement(&self, source: &Source, tip: BlockId) -> Result<Option<BlockId>, Setback> {
        let Some(ours) = self.headers.tip() else { return Ok(None) };
        let agrees = async |height: u32| -> Result<bool, NodeError> {
            let hash = source.hash_at(height).await?;
            Ok(hash.is_some() && hash == self.headers.id_at(height).map(|id| id.hash))
        };
        let base = self.headers.base();
        let mut low = ours.height.min(tip.height);
        let mut high = low;
        let mut step = 1;
        // where two chains agree they agree on all below: stride down, then halve
        while !agrees(low).await? {
            if low <= base {
                return Err(Setback::Source(format!("{} has another chain from its first block on", source.name())));
            }
            high = low;
            low = low.saturating_sub(step).max(base);
            step *= 2;
        }
        while high > low + 1 {
            let middle = low + (high - low) / 2;
            if agrees(middle).await? { low = middle } else { high = middle }
        }
        Ok(self.headers.id_at(low))
    }

    fn tell_progress(&mut self, tip: BlockId) {
        let Some(ours) = self.headers.tip() else { return };
        let behind = tip.height.saturating_sub(ours.height);
        if behind > 0 || self.progress.is_some() {
            let progress = self.progress.get_or_insert_with(|| Progress::new("indexing", u64::from(tip.height)));
            progress.set_of(u64::from(ours.height), u64::from(tip.height));
        }
        if behind > 0 {
            self.say(|status| status.sync = Sync::CatchingUp { at: ours.height, of: tip.height });
        } else {
            tracing::info!(height = ours.height, hash = %ours.hash, "at the tip");
        }
    }
}

fn ids(from: u32, hashes: Vec<bitcoin::BlockHash>) -> Vec<BlockId> {
    (from..).zip(hashes).map(|(height, hash)| BlockId { height, hash }).collect()
}

fn refused(refusal: hashwatch_verify::Refusal) -> Setback {
    Setback::Refused(Refusal {
        height: refusal.height,
        hash: refusal.hash,
        rule: refusal.rule.name().to_owned(),
        message: refusal.to_string(),
        at: unix_now(),
    })
}
