//! Branches beside the active chain: fetched by tasks of their own, so that following never waits for them, verified
//! as if they were put onto the chain, and kept.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use hashwatch_attribute::attribute_chunk;
use hashwatch_model::{BlockHash, BlockId, Chunk, NodeState, RawBlock};
use hashwatch_node::{NodeError, Source};
use hashwatch_verify::verify_branch;
use tokio::{task::JoinSet, time::Instant};

use super::{Pipeline, Setback};
use crate::clock::unix_now;

/// For one source to list its branches; and to hand over their blocks, after which what came is taken.
const PATIENCE: Duration = Duration::from_secs(60);
const ENOUGH: Duration = Duration::from_secs(30);
/// Stale blocks taken from one source at a time; more of them come with the next tip.
const MOST: usize = 2_000;
/// Blocks asked for at a time.
const SLICE: usize = 32;
/// How often a block that stands on nothing we have is looked at again: what it stands on may be on its way.
const TRIES: u8 = 3;

/// What is known of branches, and what is being fetched.
#[derive(Default)]
pub(super) struct Branches {
    /// Stale blocks that need not be looked at again, and how often others were.
    seen: HashSet<BlockHash>,
    tries: HashMap<BlockHash, u8>,
    /// The tip at which the sources were last asked.
    asked_at: Option<BlockHash>,
    fetches: JoinSet<Vec<RawBlock>>,
}

impl Branches {
    /// Forgets what was under way and takes these as seen.
    pub(super) fn restart(&mut self, seen: impl Iterator<Item = BlockHash>) {
        *self = Branches { seen: seen.collect(), ..Branches::default() };
    }

    /// The next blocks that came in; never where nothing is under way.
    pub(super) async fn next(&mut self) -> Vec<RawBlock> {
        match self.fetches.join_next().await {
            Some(blocks) => blocks.unwrap_or_default(),
            None => std::future::pending().await,
        }
    }

    pub(super) fn under_way(&self) -> bool {
        !self.fetches.is_empty()
    }
}

impl Pipeline {
    /// Asks every source that is well for its branches, once for each tip.
    pub(super) fn ask_for_branches(&mut self, tip: BlockHash) {
        if self.branches.asked_at == Some(tip) || self.branches.under_way() {
            return;
        }
        self.branches.asked_at = Some(tip);
        let nodes = self.status.borrow().nodes.clone();
        for (source, _) in self.sources.iter().zip(nodes).filter(|(_, node)| node.state == NodeState::Ok) {
            let (source, seen) = (source.clone(), self.branches.seen.clone());
            self.branches.fetches.spawn(async move {
                // a source that fails here is asked again with the next tip
                match tokio::time::timeout(PATIENCE, fetch(&source, &seen)).await {
                    Ok(Ok(blocks)) => blocks,
                    Ok(Err(error)) => {
                        tracing::debug!(source = source.name(), %error, "no branches");
                        Vec::new()
                    }
                    Err(_) => Vec::new(),
                }
            });
        }
    }

    /// Verifies and keeps what came in.
    pub(super) async fn keep_branches(&mut self, blocks: Vec<RawBlock>) -> Result<(), Setback> {
        let mut branches: Vec<Chunk<RawBlock>> = Vec::new();
        for block in blocks {
            let hash = block.id.hash;
            let attached = grow_branch(&mut branches, block, |height| self.headers.id_at(height));
            let tries = self.branches.tries.entry(hash).or_default();
            *tries = tries.saturating_add(1);
            if attached || *tries >= TRIES {
                self.branches.tries.remove(&hash);
                self.branches.seen.insert(hash);
            }
        }
        let mut kept = Vec::new();
        for branch in branches {
            let headers = &mut self.headers;
            match tokio::task::block_in_place(|| verify_branch(headers, branch, unix_now())) {
                Ok(blocks) => kept.extend(attribute_chunk(&self.registry, Chunk { parent: None, blocks }).blocks),
                Err(refusal) => tracing::warn!(%refusal, "a stale block is not kept"),
            }
        }
        // branches that fork from one another hold the blocks that they share
        let mut once = HashSet::new();
        kept.retain(|block| once.insert(block.block.id.hash));
        let Some(writer) = self.writer.as_mut().filter(|_| !kept.is_empty()) else { return Ok(()) };
        let new = writer.commit_stale(&kept, self.registry.version()).await.map_err(Setback::Store)?;
        if new > 0 {
            tracing::info!(blocks = new, "keeping stale blocks");
        }
        Ok(())
    }
}

/// The stale blocks of a source that were not seen yet, and those below them on their branches, lowest first. One that
/// the source has thrown away is passed over.
async fn fetch(source: &Arc<Source>, seen: &HashSet<BlockHash>) -> Result<Vec<RawBlock>, NodeError> {
    let mut ids = source.stale_blocks().await?;
    if ids.iter().all(|id| seen.contains(&id.hash)) {
        return Ok(Vec::new());
    }
    let hashes: Vec<BlockHash> = ids.iter().map(|id| id.hash).collect();
    let headers = source.headers(&hashes).await?;
    let below: HashMap<BlockHash, BlockHash> =
        hashes.iter().copied().zip(headers.iter().map(|header| header.prev_blockhash)).collect();
    let mut needed = HashSet::new();
    for start in hashes.iter().filter(|hash| !seen.contains(*hash)) {
        let mut at = *start;
        while let Some(prev) = below.get(&at).filter(|_| needed.insert(at)) {
            at = *prev;
        }
    }
    ids.retain(|id| needed.contains(&id.hash));
    ids.truncate(MOST);
    let mut blocks = Vec::new();
    let began = Instant::now();
    // lowest first: what came so far can stand by itself
    for slice in ids.chunks(SLICE).take_while(|_| began.elapsed() < ENOUGH) {
        match source.blocks(slice).await {
            Ok(some) => blocks.extend(some),
            Err(_) => {
                for id in slice {
                    match source.blocks(std::slice::from_ref(id)).await {
                        Ok(one) => blocks.extend(one),
                        Err(error) => tracing::debug!(%id, %error, "a stale block cannot be had"),
                    }
                }
            }
        }
    }
    Ok(blocks)
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
