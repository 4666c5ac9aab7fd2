//! One step along a source's active chain: find where it leaves ours, fetch what stands above, verify, hand on.

use std::collections::HashSet;

use hashwatch_attribute::attribute;
use hashwatch_model::{AttributedBlock, BlockId, Chunk, RawBlock, Refusal, Sync};
use hashwatch_node::{NodeError, Source};
use hashwatch_verify::{VerifiedBlock, verify_branch, verify_chunk};

use super::{Pipeline, Setback};
use crate::{clock::unix_now, progress::Progress};

impl From<NodeError> for Setback {
    fn from(error: NodeError) -> Setback {
        Setback::Source(error.to_string())
    }
}

impl Pipeline {
    /// Takes one chunk from the source. False where we are at its tip.
    pub(super) async fn advance(&mut self, source: &Source) -> Result<bool, Setback> {
        let tip = source.tip().await?;
        if self.headers.tip() == Some(tip) {
            self.say(|status| status.sync = Sync::Following);
            if self.branches_at != Some(tip.hash) {
                self.keep_branches(tip).await?;
            }
            self.well();
            return Ok(false);
        }
        let parent = self.agreement(source, tip).await?;
        let from = parent.map_or(self.headers.base(), |id| id.height + 1);
        let to = tip.height.min(from.saturating_add(self.settings.batch - 1));
        let ids = match to.checked_sub(from) {
            None => Vec::new(),
            Some(_) => ids(from, source.hashes(from, to).await?),
        };
        if ids.is_empty() && (parent.is_none() || parent == self.headers.tip()) {
            return Err(Setback::Source(format!("{}: its chain ended while it was read", source.name())));
        }
        let blocks = source.blocks(&ids).await?;
        self.put(Chunk { parent, blocks }, tip).await?;
        Ok(true)
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
        let registry = self.registry.clone();
        let attributed = verified.map(|block| opinion(&registry, block));
        self.write(&attributed).await.map_err(Setback::Store)?;
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

    /// Keeps the branches beside the active chain that the sources have, where they have their blocks.
    async fn keep_branches(&mut self, tip: BlockId) -> Result<(), Setback> {
        let mut branches: Vec<Chunk<RawBlock>> = Vec::new();
        for source in &self.sources {
            // a source that fails here is asked again with the next tip
            let Ok(ids) = source.stale_blocks().await else { continue };
            if ids.iter().all(|id| self.branches_seen.contains(&id.hash)) {
                continue;
            }
            let Ok(blocks) = source.blocks(&ids).await else { continue };
            for block in blocks {
                let id = block.id;
                // one that stands on blocks that only the source's chain has by now is looked at again with them
                if grow_branch(&mut branches, block, |height| self.headers.id_at(height))
                    || id.height <= self.headers.base()
                {
                    self.branches_seen.insert(id.hash);
                }
            }
        }
        let mut kept = Vec::new();
        for branch in branches {
            let headers = &mut self.headers;
            match tokio::task::block_in_place(|| verify_branch(headers, branch, unix_now())) {
                Ok(blocks) => kept.extend(blocks.into_iter().map(|block| opinion(&self.registry, block))),
                Err(refusal) => tracing::warn!(%refusal, "a stale block is not kept"),
            }
        }
        // branches that fork from one another hold the blocks that they share
        let mut seen = HashSet::new();
        kept.retain(|block| seen.insert(block.block.id.hash));
        self.write_stale(&kept).await.map_err(Setback::Store)?;
        self.branches_at = Some(tip.hash);
        Ok(())
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

fn opinion(registry: &hashwatch_registry::Registry, block: VerifiedBlock) -> AttributedBlock {
    let attribution = attribute(registry, &block);
    AttributedBlock { block: block.into_facts(), attribution }
}

/// Puts a stale block on the branch it continues, or begins one on the active chain; false where it stands on neither.
/// Each branch is a run from the active chain up, so two that share blocks hold them both.
fn grow_branch(branches: &mut Vec<Chunk<RawBlock>>, block: RawBlock, active: impl Fn(u32) -> Option<BlockId>) -> bool {
    let prev = block.header.prev_blockhash;
    let Some(below) = block.id.height.checked_sub(1) else { return false };
    if let Some(parent) = active(below).filter(|id| id.hash == prev) {
        branches.push(Chunk { parent: Some(parent), blocks: vec![block] });
        return true;
    }
    if let Some(branch) = branches.iter_mut().find(|b| b.blocks.last().is_some_and(|last| last.id.hash == prev)) {
        branch.blocks.push(block);
        return true;
    }
    let shared = branches.iter().find_map(|branch| {
        let place = branch.blocks.iter().position(|inside| inside.id.hash == prev)?;
        Some(Chunk { parent: branch.parent, blocks: branch.blocks[..=place].to_vec() })
    });
    let Some(mut branch) = shared else { return false };
    branch.blocks.push(block);
    branches.push(branch);
    true
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
