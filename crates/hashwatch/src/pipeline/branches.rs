//! Branches beside the active chain: fetched by tasks of their own, so that following never waits for them, verified
//! as if they were put onto the chain, and kept.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use hashwatch_attribute::attribute_chunk;
use hashwatch_model::{AttributedBlock, BlockHash, BlockId, Chunk, MoreWork, NodeState, RawBlock};
use hashwatch_node::{BranchTip, NodeError, Source, Standing, Want};
use hashwatch_verify::{HeaderTree, verify_chunk};
use tokio::{task::JoinSet, time::Instant};

use super::{Pipeline, Setback};
use crate::{blocks::what_there_is, clock::unix_now};

/// For one source to list its branches; and to hand over their blocks, after which what came is taken.
const PATIENCE: Duration = Duration::from_secs(60);
const ENOUGH: Duration = Duration::from_secs(30);
/// Between two questions while no tip changes: a branch that does not win changes none.
const AGAIN: Duration = Duration::from_secs(5);
/// Stale blocks taken from one source at a time; where it has more, it is asked again at once.
const MOST: usize = 2_000;
/// Blocks asked for at a time.
const SLICE: usize = 32;
/// How often a block that could not be had or kept is asked for: what it stands on may be on its way.
const TRIES: u8 = 3;
/// Ends of branches that one source may have.
const MOST_TIPS: usize = 1_000;

/// What is known of branches, and what is being fetched.
#[derive(Default)]
pub(super) struct Branches {
    /// Stale blocks that are kept.
    kept: HashSet<BlockHash>,
    /// How often each source's other blocks were tried: another may have them sound.
    tries: HashMap<(usize, BlockHash), u8>,
    /// The ends of each source's branches, and those whose headers came.
    tips: HashMap<usize, Vec<BranchTip>>,
    headed: HashMap<usize, HashSet<BlockHash>>,
    /// Our tip, and those of the sources' that were known, when they were last asked.
    asked_at: Option<(BlockHash, Vec<Option<BlockId>>)>,
    /// When that was.
    asked: Option<Instant>,
    fetches: JoinSet<Found>,
}

/// What a source has beside its active chain.
pub(super) struct Found {
    place: usize,
    /// None where it did not say.
    tips: Option<Vec<BranchTip>>,
    /// Headers of whole branches, each from its fork up, by their ends.
    headers: Vec<(BlockHash, Vec<u8>)>,
    /// Blocks, lowest first.
    blocks: Vec<RawBlock>,
    /// Blocks that it lists and does not give.
    missing: Vec<BlockHash>,
    /// It lists blocks that it was not asked for yet.
    pub(super) more: bool,
}

impl Branches {
    /// Forgets what was under way and takes these as kept.
    pub(super) fn restart(&mut self, kept: impl Iterator<Item = BlockHash>) {
        *self = Branches { kept: kept.collect(), ..Branches::default() };
    }

    /// Blocks that a source need not be asked for.
    fn settled(&self, place: usize) -> HashSet<BlockHash> {
        let given_up = self.tries.iter().filter(|((whose, _), tries)| *whose == place && **tries >= TRIES);
        self.kept.iter().copied().chain(given_up.map(|((_, hash), _)| *hash)).collect()
    }

    fn tried(&mut self, place: usize, hash: BlockHash) {
        let tries = self.tries.entry((place, hash)).or_default();
        *tries = tries.saturating_add(1);
    }

    /// What the next source has; never where nothing is under way.
    pub(super) async fn next(&mut self) -> Found {
        loop {
            match self.fetches.join_next().await {
                Some(Ok(found)) => return found,
                // a task that panicked
                Some(Err(_)) => {}
                None => std::future::pending().await,
            }
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
    /// Asks every source that is well for its branches, with each tip of ours or of theirs and now and then.
    pub(super) fn ask_for_branches(&mut self, tip: BlockHash) {
        let nodes = self.status.borrow().nodes.clone();
        // of a tip whose header is on its way nobody can say yet whether it is beside ours
        let known = |tip: &BlockId| self.headers.contains(tip.hash);
        let at = (tip, nodes.iter().map(|node| node.tip.filter(known)).collect());
        let lately = self.branches.asked.is_some_and(|asked| asked.elapsed() < AGAIN);
        if lately && self.branches.asked_at.as_ref() == Some(&at) || self.branches.under_way() {
            return;
        }
        self.branches.asked_at = Some(at);
        self.branches.asked = Some(Instant::now());
        for (place, node) in nodes.iter().enumerate().filter(|(_, node)| node.state == NodeState::Ok) {
            let (source, settled) = (self.sources[place].clone(), self.branches.settled(place));
            let beside = node.tip.map_or_else(Vec::new, |end| self.beside(tip, end.hash));
            let headed = self.branches.headed.get(&place).cloned().unwrap_or_default();
            // of a chain that is holes behind its coinbases none can be had whole
            let want = if self.settings.whole == 0 { Want::Front } else { Want::Whole };
            self.branches.fetches.spawn(async move {
                let mut found = Found {
                    place,
                    tips: None,
                    headers: Vec::new(),
                    blocks: Vec::new(),
                    missing: Vec::new(),
                    more: false,
                };
                // a source that fails here is asked again with the next tip; what came before it failed is taken
                let headers = tokio::time::timeout(PATIENCE, fetch_headers(&source, &headed, &mut found)).await;
                let blocks =
                    tokio::time::timeout(PATIENCE, fetch_blocks(&source, beside, want, &settled, &mut found)).await;
                for error in [headers, blocks].into_iter().filter_map(|asked| asked.ok().and_then(Result::err)) {
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
        let Found { place, tips, headers, blocks, missing, more } = found;
        if more {
            self.branches.asked = None;
        }
        let headed = self.branches.headed.entry(place).or_default();
        for (end, headers) in headers {
            let tree = &mut self.headers;
            headed.insert(end);
            if let Err(refusal) = tokio::task::block_in_place(|| tree.extend(&headers, unix_now())) {
                tracing::warn!(%refusal, "a branch's headers are not taken");
            }
        }
        if let Some(tips) = tips {
            headed.retain(|end| tips.iter().any(|tip| tip.id.hash == *end));
            self.branches.tips.insert(place, tips);
        }
        self.compare_work();
        missing.into_iter().for_each(|hash| self.branches.tried(place, hash));
        let mut kept: Vec<AttributedBlock> = Vec::new();
        for block in blocks {
            let hash = block.id.hash;
            match self.stale_block(block, &kept) {
                Ok(Some(block)) => kept.push(block),
                Ok(None) => self.branches.tried(place, hash),
                Err(refusal) => {
                    tracing::warn!(%refusal, "a stale block is not kept");
                    self.branches.tried(place, hash);
                }
            }
        }
        let Some(writer) = self.writer.as_mut().filter(|_| !kept.is_empty()) else { return Ok(()) };
        let new = writer.commit_stale(&kept, self.registry.version()).await.map_err(Setback::Store)?;
        self.branches.kept.extend(kept.iter().map(|block| block.block.id.hash));
        if new > 0 {
            tracing::info!(blocks = new, "keeping stale blocks");
        }
        Ok(())
    }

    /// Verifies a stale block; none where it stands on no block that we have.
    fn stale_block(
        &mut self,
        block: RawBlock,
        with: &[AttributedBlock],
    ) -> Result<Option<AttributedBlock>, hashwatch_verify::Refusal> {
        let Some(parent) = self.headers.place(block.header.prev_blockhash).map(|place| place.id) else {
            return Ok(None);
        };
        let active = self.active.and_then(|active| self.headers.ancestor(active.hash, parent.height)) == Some(parent);
        let beside = self.branches.kept.contains(&parent.hash) || with.iter().any(|block| block.block.id == parent);
        if !active && !beside {
            return Ok(None);
        }
        let chunk = Chunk { parent: Some(parent), blocks: vec![block] };
        let tree = &mut self.headers;
        let verified = tokio::task::block_in_place(|| verify_chunk(tree, chunk, unix_now()))?;
        Ok(attribute_chunk(&self.registry, verified).blocks.pop())
    }
}

/// Where a source's branches end, and the headers of those that were not looked at yet.
async fn fetch_headers(source: &Source, headed: &HashSet<BlockHash>, found: &mut Found) -> Result<(), NodeError> {
    let mut tips = source.branch_tips().await?;
    tips.truncate(MOST_TIPS);
    for tip in found.tips.insert(tips).iter().filter(|tip| !headed.contains(&tip.id.hash)) {
        match source.branch_headers(tip).await {
            Ok(headers) => found.headers.push((tip.id.hash, headers)),
            Err(error) => tracing::debug!(tip = %tip.id, %error, "a branch's headers cannot be had"),
        }
    }
    Ok(())
}

/// The stale blocks of a source (and those of its active chain `beside` ours) that are not settled, with those below them on
/// their branches down to settled ones, lowest first.
async fn fetch_blocks(
    source: &Arc<Source>,
    beside: Vec<BlockId>,
    want: Want,
    settled: &HashSet<BlockHash>,
    found: &mut Found,
) -> Result<(), NodeError> {
    let mut ids = source.stale_blocks().await?;
    ids.extend(beside);
    ids.sort_unstable();
    ids.dedup();
    ids.retain(|id| !settled.contains(&id.hash));
    found.more = ids.len() > MOST;
    ids.truncate(MOST);
    let enough = Instant::now() + ENOUGH;
    // lowest first: what came so far can stand by itself
    let mut left = ids.len();
    for slice in ids.chunks(SLICE) {
        let given = what_there_is(source, slice, want, enough).await;
        left -= slice.len() - given.unasked.len();
        found.blocks.extend(given.blocks);
        for (id, error) in given.missing {
            tracing::debug!(%id, %error, "a stale block cannot be had");
            found.missing.push(id.hash);
        }
        if Instant::now() >= enough {
            break;
        }
    }
    // each round settles some, so that they come to an end
    found.more |= left > 0 && left < ids.len();
    Ok(())
}
