//! Branches beside the active chain: fetched by tasks of their own, so that following never waits for them, verified
//! as if they were put onto the chain, and kept.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use hashwatch_attribute::attribute_chunk;
use hashwatch_model::{BlockHash, BlockId, Chunk, MoreWork, NodeState, RawBlock};
use hashwatch_node::{BranchTip, NodeError, Source, Standing};
use hashwatch_verify::{HeaderTree, verify_chunk};
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
    /// The ends of each source's branches, and those whose headers need not be fetched again.
    tips: HashMap<usize, Vec<BranchTip>>,
    headed: HashSet<BlockHash>,
    /// Our tip and the sources' when they were last asked.
    asked_at: Option<(BlockHash, Vec<Option<BlockId>>)>,
    fetches: JoinSet<Found>,
}

/// What a source has beside its active chain.
pub(super) struct Found {
    place: usize,
    tips: Vec<BranchTip>,
    /// Headers of whole branches, each from its fork up.
    headers: Vec<Vec<u8>>,
    /// Blocks, lowest first.
    blocks: Vec<RawBlock>,
}

impl Branches {
    /// Forgets what was under way and takes these as seen.
    pub(super) fn restart(&mut self, seen: impl Iterator<Item = BlockHash>) {
        *self = Branches { seen: seen.collect(), ..Branches::default() };
    }

    /// What the next source has; never where nothing is under way.
    pub(super) async fn next(&mut self) -> Found {
        match self.fetches.join_next().await {
            Some(Ok(found)) => found,
            // a task ends early only with the program
            Some(Err(_)) | None => std::future::pending().await,
        }
    }

    /// A branch that holds more verified work than the active chain of the source at `place`, which ends at `tip`. One
    /// that merely goes on from there, and whose blocks nobody has called invalid, is not beside it.
    pub(super) fn more_work(&self, tree: &HeaderTree, place: usize, tip: BlockId, best: BlockId) -> Option<MoreWork> {
        let work = tree.chainwork(tip.hash)?;
        let own = self.tips.get(&place).into_iter().flatten().map(|branch| (branch.id, Some(branch.standing)));
        // what the source itself says of a branch is worth more than that another has it
        let all = own.chain([(best, None)]);
        let more = all.filter_map(|(end, standing)| {
            let chainwork = tree.chainwork(end.hash).filter(|more| *more > work)?;
            let beside = tree.fork(end.hash, tip.hash) != Some(tip);
            (beside || standing == Some(Standing::Invalid)).then_some((end, chainwork, standing))
        });
        let (tip, chainwork, standing) =
            more.max_by_key(|(_, chainwork, standing)| (*chainwork, standing.is_some()))?;
        Some(MoreWork { tip, chainwork, standing: standing.map(Standing::name) })
    }

    pub(super) fn under_way(&self) -> bool {
        !self.fetches.is_empty()
    }
}

impl Pipeline {
    /// Asks every source that is well for its branches, once for each tip of ours or of theirs.
    pub(super) fn ask_for_branches(&mut self, tip: BlockHash) {
        let nodes = self.status.borrow().nodes.clone();
        let at = (tip, nodes.iter().map(|node| node.tip).collect());
        if self.branches.asked_at.as_ref() == Some(&at) || self.branches.under_way() {
            return;
        }
        self.branches.asked_at = Some(at);
        for (place, node) in nodes.iter().enumerate().filter(|(_, node)| node.state == NodeState::Ok) {
            let (source, seen) = (self.sources[place].clone(), self.branches.seen.clone());
            let beside = node.tip.map_or_else(Vec::new, |end| self.beside(tip, end.hash));
            let headed = self.branches.headed.clone();
            self.branches.fetches.spawn(async move {
                let mut found = Found { place, tips: Vec::new(), headers: Vec::new(), blocks: Vec::new() };
                // a source that fails here is asked again with the next tip; what came before it failed is taken
                let asked = async {
                    fetch_headers(&source, &headed, &mut found).await?;
                    fetch_blocks(&source, beside, &seen, &mut found.blocks).await
                };
                if let Ok(Err(error)) = tokio::time::timeout(PATIENCE, asked).await {
                    tracing::debug!(source = source.name(), %error, "no branches");
                }
                found
            });
        }
    }

    /// The blocks of another source's active chain that are not on ours. One that is merely ahead has none.
    fn beside(&self, ours: BlockHash, theirs: BlockHash) -> Vec<BlockId> {
        let Some(fork) = self.headers.fork(ours, theirs).filter(|fork| fork.hash != ours) else { return Vec::new() };
        self.headers.path(theirs, fork.height.saturating_add(1), u32::MAX)
    }

    /// Verifies and keeps what came in.
    pub(super) async fn keep_branches(&mut self, found: Found) -> Result<(), Setback> {
        let Found { place, tips, headers, blocks } = found;
        for headers in headers {
            let tree = &mut self.headers;
            if let Err(refusal) = tokio::task::block_in_place(|| tree.extend(&headers, unix_now())) {
                tracing::warn!(%refusal, "a branch's headers are not taken");
            }
        }
        self.branches.headed.extend(tips.iter().map(|tip| tip.id.hash));
        self.branches.tips.insert(place, tips);
        self.compare_work();
        let mut branches: Vec<Chunk<RawBlock>> = Vec::new();
        for block in blocks {
            let hash = block.id.hash;
            let attached = grow_branch(&mut branches, block, |height| {
                self.active.and_then(|active| self.headers.ancestor(active.hash, height))
            });
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
            match tokio::task::block_in_place(|| verify_chunk(headers, branch, unix_now())) {
                Ok(branch) => kept.extend(attribute_chunk(&self.registry, branch).blocks),
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

/// Where a source's branches end, and the headers of those that were not looked at yet.
async fn fetch_headers(source: &Source, headed: &HashSet<BlockHash>, found: &mut Found) -> Result<(), NodeError> {
    found.tips = source.branch_tips().await?;
    for tip in found.tips.iter().filter(|tip| !headed.contains(&tip.id.hash)) {
        match source.branch_headers(tip).await {
            Ok(headers) => found.headers.push(headers),
            Err(error) => tracing::debug!(tip = %tip.id, %error, "a branch's headers cannot be had"),
        }
    }
    Ok(())
}

/// The stale blocks of a source that were not seen yet (and those of its active chain `beside` ours), with those below
/// them on their branches, lowest first. One that the source has thrown away is passed over.
async fn fetch_blocks(
    source: &Arc<Source>,
    beside: Vec<BlockId>,
    seen: &HashSet<BlockHash>,
    blocks: &mut Vec<RawBlock>,
) -> Result<(), NodeError> {
    let mut ids = source.stale_blocks().await?;
    ids.extend(beside);
    ids.sort_unstable();
    ids.dedup();
    if ids.iter().all(|id| seen.contains(&id.hash)) {
        return Ok(());
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
    Ok(())
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
