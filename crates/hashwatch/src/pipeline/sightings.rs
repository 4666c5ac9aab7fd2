//! When each node was seen to have which block, and which it left for it: kept beside the chain, for whoever asks how long
//! blocks take and how often nodes change their minds.

use hashwatch_model::BlockId;
use hashwatch_store::{Sighting, TipChange};

use super::{
    Pipeline, Setback,
    watch::{MOST_WAITING, TipSeen},
};
use crate::clock::unix_now_ms;

/// How long a change waits for the headers of both tips, milliseconds.
const PATIENCE: u64 = 10 * 60 * 1_000;
/// Blocks of one change that count as seen with it: a node that was far behind says nothing of when blocks came.
const MOST_BLOCKS: u32 = 100;

impl Pipeline {
    /// Keeps what the watch over the sources has seen, as far as the headers of it are known.
    pub(super) async fn keep_sightings(&mut self) -> Result<(), Setback> {
        self.tips_seen.extend(self.watch.tips_seen());
        let now = unix_now_ms();
        self.tips_seen.retain(|seen| now.saturating_sub(seen.at) < PATIENCE);
        let surplus = self.tips_seen.len().saturating_sub(MOST_WAITING);
        self.tips_seen.drain(..surplus);
        let known = |seen: &TipSeen| self.headers.contains(seen.left.hash) && self.headers.contains(seen.tip.hash);
        let placed: Vec<TipSeen> = self.tips_seen.iter().copied().filter(known).collect();
        let (mut sightings, mut changes) = (Vec::new(), Vec::new());
        for seen in &placed {
            // their heights as the headers have them, whatever the node claims
            let [left, tip] = [seen.left, seen.tip].map(|id| self.headers.place(id.hash).map(|place| place.id));
            let (Some(left), Some(tip)) = (left, tip) else { continue };
            let Some(ancestor) = self.headers.fork(left.hash, tip.hash) else { continue };
            let node = self.sources[seen.place].name().to_owned();
            let seen_here = |block| Sighting { node: node.clone(), block, seen_at: seen.at };
            sightings.extend(self.blocks_seen(ancestor, tip).into_iter().map(seen_here));
            changes.push(TipChange { node, seen_at: seen.at, tip, left, ancestor });
        }
        // an insert each, however many there are: a tip that flaps must not hold up the next block
        self.store.write_sightings(&sightings).await.map_err(Setback::Store)?;
        self.store.write_tips(&changes).await.map_err(Setback::Store)?;
        self.tips_seen.retain(|waiting| !placed.contains(waiting));
        Ok(())
    }

    fn blocks_seen(&self, ancestor: BlockId, tip: BlockId) -> Vec<BlockId> {
        let from = ancestor.height.saturating_add(1).max(tip.height.saturating_sub(MOST_BLOCKS - 1));
        if from > tip.height { Vec::new() } else { self.headers.path(tip.hash, from, tip.height) }
    }
}
