//! One step along a source's active chain: know its headers, find where it leaves ours, fetch the blocks above, verify,
//! hand on.

use hashwatch_attribute::attribute_chunk;
use hashwatch_model::{BlockId, Chunk, NodeState, NodeStatus, RawBlock, Sync};
use hashwatch_node::{NodeError, Source, Want};
use hashwatch_store::StoreError;
use hashwatch_verify::verify_chunk;

use super::{Pipeline, Setback};
use crate::{clock::unix_now, progress::Progress};

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
        match (self.take(&source, parent, target, tip).await, refused) {
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
        source: &Source,
        parent: Option<BlockId>,
        target: BlockId,
        tip: BlockId,
    ) -> Result<(), Setback> {
        let from = parent.map_or(self.headers.base(), |id| id.height + 1);
        if tip.height.saturating_sub(from) > 1 {
            let at = self.active.map_or(self.headers.base(), |id| id.height);
            self.say(|status| status.sync = Sync::CatchingUp { at, of: tip.height });
        }
        let to = target.height.min(from.saturating_add(self.settings.batch - 1));
        // blocks below one that was refused are good: they come first, by themselves
        let to = match self.status.borrow().refusal.as_ref().map(|refusal| refusal.height) {
            Some(refused) if from < refused && parent == self.active => to.min(refused - 1),
            _ => to,
        };
        let ids = if from <= to { self.headers.path(target.hash, from, to) } else { Vec::new() };
        let blocks = match source.blocks(&ids, Want::Whole).await {
            // those below one that cannot be had come first
            Err(NodeError::BlockMissing { hash, .. }) if ids.first().is_some_and(|id| id.hash != hash) => {
                let below: Vec<_> = ids.into_iter().take_while(|id| id.hash != hash).collect();
                source.blocks(&below, Want::Whole).await?
            }
            blocks => blocks?,
        };
        self.put(Chunk { parent, blocks }, tip).await
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

    async fn put(&mut self, chunk: Chunk<RawBlock>, tip: BlockId) -> Result<(), Setback> {
        let now = unix_now();
        let headers = &mut self.headers;
        let below = self.active;
        let verified = tokio::task::block_in_place(|| verify_chunk(headers, chunk, now)).map_err(Setback::from)?;
        if let (Some(below), Some(parent)) = (below, verified.parent)
            && parent.height < below.height
        {
            tracing::info!(ancestor = parent.height, left = %below, "reorg");
        }
        let attributed = attribute_chunk(&self.registry, verified);
        let writer = self.writer.as_mut().ok_or(Setback::Store(StoreError::Moved))?;
        writer.commit(&attributed, self.registry.version()).await.map_err(Setback::Store)?;
        self.active = attributed.blocks.last().map(|block| block.block.id).or(attributed.parent);
        self.well();
        self.tell_progress(tip);
        Ok(())
    }

    fn tell_progress(&mut self, tip: BlockId) {
        let Some(ours) = self.active else { return };
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
