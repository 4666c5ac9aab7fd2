//! One step along a source's active chain: know its headers, find where it leaves ours, fetch the blocks above, verify,
//! hand on.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use hashwatch_attribute::attribute_chunk;
use hashwatch_model::{AttributedBlock, BlockId, Body, Chunk, NodeState, NodeStatus, RawBlock, Sync};
use hashwatch_node::{Source, Traffic, Want};
use hashwatch_store::StoreError;
use hashwatch_verify::{Refusal, verify_chunk};
use tokio::time::Instant;

use super::{Pipeline, Setback, ahead::Ahead};
use crate::{clock::unix_now, progress::Progress};

/// Blocks that are taken before it is asked again which source is the best.
const MOST: u32 = 100_000;
/// Fewer blocks than these are all read whole.
const FEW: u32 = 5_000;
/// Between two writes, where blocks come in slowly: so much may have to be fetched again after a kill.
const WRITE_EVERY: Duration = Duration::from_secs(2);
/// Bytes of coinbases from which on a write is due.
const MANY_BYTES: usize = 32 << 20;
/// Bytes of coinbases that are gathered at most.
const MOST_BYTES: usize = 256 << 20;

/// Blocks that are verified and attributed, and wait to be written together.
struct Gathered {
    chunk: Chunk<AttributedBlock>,
    /// Of their coinbases.
    bytes: usize,
    since: Instant,
}

impl Gathered {
    fn on(parent: Option<BlockId>) -> Gathered {
        Gathered { chunk: Chunk { parent, blocks: Vec::new() }, bytes: 0, since: Instant::now() }
    }

    /// Whether it is time to write.
    fn is_full(&self, batch: u32) -> bool {
        let count = self.chunk.blocks.len();
        count >= batch as usize || self.bytes >= MANY_BYTES || count > 0 && self.since.elapsed() >= WRITE_EVERY
    }
}

impl Pipeline {
    /// Takes one chunk from a source. False where we are at its tip.
    pub(super) async fn advance(&mut self, place: usize) -> Result<bool, Setback> {
        let source = self.sources[place].clone();
        let tip = source.tip().await?;
        self.saw_tip(place, tip);
        if self.active == Some(tip) {
            self.tip_from = Some(place);
            self.say(|status| status.sync = Sync::Following);
            self.ask_for_branches(tip.hash);
            self.well();
            return Ok(false);
        }
        let (target, refused) = self.headers_up_to(place, tip).await?;
        if self.another_has_more_work(place, target) {
            return Ok(true);
        }
        // our tip stays while another source holds it, or may hold it: this one may just be behind. And what is left of a
        // chain when its bad part is cut off takes no good block away
        let stays = self.sources.len() > 1
            && (self.another_holds_our_tip(place) || self.tip_from != Some(place) && !self.all_are_heard());
        if (stays || refused.is_some()) && self.is_less_work(target) {
            return Err(refused.unwrap_or(Setback::Behind));
        }
        if Some(target) == self.active {
            return Err(refused.unwrap_or(Setback::Behind));
        }
        let parent = match self.active {
            Some(active) => Some(self.headers.fork(active.hash, target.hash).ok_or(Setback::Behind)?),
            None => None,
        };
        match (self.take(source, parent, target, tip).await, refused) {
            (Ok(()), _) => {
                self.tip_from = Some(place);
                Ok(true)
            }
            // its chain is bad further up: that says more than that a block of it cannot be had
            (Err(Setback::Source(_)), Some(refusal)) => Err(refusal),
            (Err(setback), _) => Err(setback),
        }
    }

    /// Fetches, verifies and keeps the next blocks from `parent` towards `target`, both of which are in the tree.
    async fn take(
        &mut self,
        source: Arc<Source>,
        parent: Option<BlockId>,
        target: BlockId,
        tip: BlockId,
    ) -> Result<(), Setback> {
        let from = parent.map_or(self.headers.base(), |id| id.height + 1);
        if tip.height.saturating_sub(from) > 1 {
            let at = self.active.map_or(self.headers.base(), |id| id.height);
            self.say(|status| status.sync = Sync::CatchingUp { at, of: tip.height });
        }
        let to = target.height.min(from.saturating_add(MOST - 1));
        let ids = if from <= to { self.headers.path(target.hash, from, to) } else { Vec::new() };
        if ids.is_empty() {
            return self.put(Chunk { parent, blocks: Vec::new() }, tip).await;
        }
        let mut whole_from = tip.height.saturating_add(1).saturating_sub(self.settings.whole);
        // for few blocks nobody looks through all block files
        if self.settings.whole > 0 && tip.height.saturating_sub(from) < FEW {
            whole_from = 0;
        }
        let mut ahead = Ahead::begin(source.clone(), ids, whole_from);
        let mut gathered = Gathered::on(parent);
        let mut outcome = Ok(());
        while outcome.is_ok() {
            outcome = match ahead.next().await {
                Some(Ok(blocks)) => self.gather(&source, &mut gathered, blocks).await,
                Some(Err(error)) => Err(error.into()),
                None => break,
            };
            if gathered.is_full(self.settings.batch) && self.may_put(&gathered) {
                let next = Gathered::on(gathered.chunk.blocks.last().map(|block| block.block.id));
                self.put(std::mem::replace(&mut gathered, next).chunk, tip).await?;
            }
        }
        // what lies below a block that is refused, or cannot be had, is good
        if !gathered.chunk.blocks.is_empty() && (outcome.is_ok() || self.may_put(&gathered)) {
            self.put(gathered.chunk, tip).await?;
        }
        outcome
    }

    /// Verifies and attributes blocks that stand on what is gathered. One that is refused, and of which no more than the
    /// front was read, is asked for whole: it may be the front that is damaged, and not the block.
    async fn gather(&mut self, source: &Source, gathered: &mut Gathered, blocks: Vec<RawBlock>) -> Result<(), Setback> {
        let mut left = VecDeque::from(blocks);
        while let Some((refusal, front)) = tokio::task::block_in_place(|| self.verify(gathered, &mut left)) {
            let Some(id) = front else { return Err(refusal.into()) };
            tracing::warn!(%refusal, "a front is refused: asking for the whole block");
            let whole = source.blocks(&[id], Want::Whole).await.map_err(|_| Setback::from(refusal))?;
            whole.into_iter().for_each(|block| left.push_front(block));
        }
        Ok(())
    }

    /// Takes blocks off the front of `left`, up to one that is refused. That is returned, and which block to ask for whole.
    fn verify(&mut self, gathered: &mut Gathered, left: &mut VecDeque<RawBlock>) -> Option<(Refusal, Option<BlockId>)> {
        while let Some(block) = left.pop_front() {
            let front = matches!(block.body, Body::Unread(_)).then_some(block.id);
            let parent = gathered.chunk.blocks.last().map(|block| block.block.id).or(gathered.chunk.parent);
            // one by one, so that those below a refused one are kept
            let chunk = Chunk { parent, blocks: vec![block] };
            let verified = match verify_chunk(&mut self.headers, chunk, unix_now()) {
                Ok(verified) => verified,
                Err(refusal) => return Some((refusal, front)),
            };
            for block in attribute_chunk(&self.registry, verified).blocks {
                gathered.bytes += block.block.coinbase.raw().len();
                gathered.chunk.blocks.push(block);
            }
        }
        None
    }

    /// Whether our chain may end with what is gathered: half a branch that has less work than our chain may not.
    fn may_put(&self, gathered: &Gathered) -> bool {
        gathered.chunk.blocks.last().is_some_and(|last| !self.is_less_work(last.block.id))
            || gathered.bytes > MOST_BYTES
    }

    /// Notes a tip that a source has just told, rather than wait until it is asked how it is.
    fn saw_tip(&self, place: usize, tip: BlockId) {
        self.say(|status| {
            if let Some(node) = status.nodes.get_mut(place) {
                node.tip = Some(tip);
            }
        });
    }

    fn is_less_work(&self, than_ours: BlockId) -> bool {
        let ours = self.active.and_then(|active| self.headers.chainwork(active.hash));
        self.headers.chainwork(than_ours.hash) < ours
    }

    /// Whether our tip is on the active chain that another source told of last.
    fn another_holds_our_tip(&self, place: usize) -> bool {
        let Some(ours) = self.active else { return false };
        let holds = |tip: BlockId| self.headers.ancestor(tip.hash, ours.height) == Some(ours);
        let nodes = &self.status.borrow().nodes;
        nodes.iter().enumerate().any(|(other, node)| other != place && node.tip.is_some_and(holds))
    }

    /// Whether every source is well, and the headers of its active chain are known.
    fn all_are_heard(&self) -> bool {
        let known = |tip: BlockId| self.headers.contains(tip.hash);
        self.status.borrow().nodes.iter().all(|node| node.state == NodeState::Ok && node.tip.is_some_and(known))
    }

    /// Whether another source is well, and has not just failed.
    pub(super) fn another_is_fresh(&self, place: usize) -> bool {
        self.any_fresh_other(place, |_| true)
    }

    fn any_fresh_other(&self, place: usize, is: impl Fn(&NodeStatus) -> bool) -> bool {
        let nodes = &self.status.borrow().nodes;
        let fresh = |other: usize| other != place && !self.rests(other);
        nodes.iter().enumerate().any(|(other, node)| fresh(other) && node.state == NodeState::Ok && is(node))
    }

    /// Whether a source that could be asked holds a chain with more work than this one as its active chain.
    fn another_has_more_work(&self, place: usize, target: BlockId) -> bool {
        let work = self.headers.chainwork(target.hash);
        self.any_fresh_other(place, |node| node.tip.and_then(|tip| self.headers.chainwork(tip.hash)) > work)
    }

    async fn put(&mut self, chunk: Chunk<AttributedBlock>, tip: BlockId) -> Result<(), Setback> {
        if let (Some(below), Some(parent)) = (self.active, chunk.parent)
            && parent.height < below.height
        {
            tracing::info!(ancestor = parent.height, left = %below, "reorg");
        }
        let writer = self.writer.as_mut().ok_or(Setback::Store(StoreError::Moved))?;
        writer.commit(&chunk, self.registry.version()).await.map_err(Setback::Store)?;
        self.active = chunk.blocks.last().map(|block| block.block.id).or(chunk.parent);
        self.well();
        self.tell_progress(tip);
        Ok(())
    }

    fn tell_progress(&mut self, tip: BlockId) {
        let Some(ours) = self.active else { return };
        let behind = tip.height.saturating_sub(ours.height);
        if behind > 0 || self.progress.is_some() {
            let traffic =
                self.sources.iter().map(|source| source.traffic()).fold(Traffic::default(), |sum, one| sum + one);
            let progress = self.progress.get_or_insert_with(|| Progress::new("indexing", u64::from(tip.height)));
            progress.set_traffic(traffic);
            progress.set_of(u64::from(ours.height), u64::from(tip.height));
        }
        if behind > 0 {
            self.say(|status| status.sync = Sync::CatchingUp { at: ours.height, of: tip.height });
        } else {
            tracing::info!(height = ours.height, hash = %ours.hash, "at the tip");
        }
    }
}
