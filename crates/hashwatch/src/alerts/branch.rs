//! Where the chain that was evaluated and the one that is followed part.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use bitcoin::{BlockHash, Work};
use hashwatch_alerts::Step;
use hashwatch_model::{BlockId, Notice};
use hashwatch_store::{NoticeFilter, Snapshot, Store};

/// Blocks below the tip whose hashes are kept: as many as a fold takes back, and some.
const TAIL: u32 = 300;
/// Blocks of a branch that are walked down to find where it left the chain.
const LONGEST_BRANCH: u32 = 10_000;
/// Notices that a reorg can move: more are not said of so few blocks.
const MOST_LEFT: u32 = 1_000;
/// Heights that are asked for at a time.
const HEIGHTS: u32 = 1_000;

/// How long a branch may have less work than what it replaces before it is spoken of, milliseconds from the reorg on.
const PATIENCE_MS: u64 = 3_600_000;

/// Until when (Unix milliseconds) nothing is to be said of this chain, because it is on its way from what was evaluated to a branch in
/// its place; none where it is there. A reorg may be stored in steps: first blocks leave, and those in their place come later.
pub(super) async fn on_its_way(snapshot: &Snapshot, evaluated: Option<BlockId>) -> anyhow::Result<Option<u64>> {
    let tip = snapshot.mark().tip;
    let Some(evaluated) = evaluated.filter(|evaluated| *evaluated != tip) else { return Ok(None) };
    let (then, here) = tokio::try_join!(snapshot.block_by_hash(evaluated.hash), snapshot.work_at(tip.height))?;
    // of a chain that was lost nobody knows how much it had
    let Some((then, here)) = then.zip(here) else { return Ok(None) };
    let reorg = snapshot.reorgs(1).await?.first().map(|reorg| reorg.at);
    Ok(waits_until(then.block.chainwork, here.chainwork, reorg))
}

/// The same from the work of both chains and from when the last reorg was stored.
fn waits_until(then: Work, here: Work, reorg: Option<u64>) -> Option<u64> {
    reorg.filter(|_| here < then).map(|at| at.saturating_add(PATIENCE_MS))
}

/// The last blocks of the chain, the tip at the end.
pub(super) async fn tail(snapshot: &Snapshot) -> anyhow::Result<VecDeque<BlockId>> {
    let tip = snapshot.mark().tip.height;
    Ok(snapshot.active_ids(tip.saturating_sub(TAIL), tip).await?.into())
}

/// The highest of some blocks that is on the chain.
pub(super) async fn shared(snapshot: &Snapshot, blocks: &VecDeque<BlockId>) -> anyhow::Result<Option<BlockId>> {
    let Some((lowest, highest)) = blocks.front().zip(blocks.back()) else { return Ok(None) };
    let active: BTreeSet<BlockHash> = hashes_between(snapshot, lowest.height, highest.height).await?;
    Ok(blocks.iter().rev().find(|block| active.contains(&block.hash)).copied())
}

/// Height of the last block that was evaluated and is on the chain; none where nothing was.
pub(super) async fn fork(snapshot: &Snapshot, evaluated: Option<BlockId>) -> anyhow::Result<Option<u32>> {
    let Some(mut block) = evaluated else { return Ok(None) };
    for _ in 0..LONGEST_BRANCH {
        if hashes_between(snapshot, block.height, block.height).await?.contains(&block.hash) {
            return Ok(Some(block.height));
        }
        let below = block.height.checked_sub(1).zip(snapshot.block_by_hash(block.hash).await?);
        let Some((height, stored)) = below else { break };
        block = BlockId { height, hash: stored.block.header.prev_blockhash };
    }
    // its facts were lost: all that may be of another branch is looked at again
    Ok(Some(block.height.saturating_sub(TAIL)))
}

/// What was said as of blocks that have left the chain, the oldest first.
pub(super) async fn left(
    store: &Store,
    snapshot: &Snapshot,
    fork: Option<u32>,
    evaluated: Option<BlockId>,
) -> anyhow::Result<Vec<Notice>> {
    let (Some(fork), Some(evaluated)) = (fork, evaluated) else { return Ok(Vec::new()) };
    if fork == evaluated.height {
        return Ok(Vec::new());
    }
    let active = hashes_between(snapshot, fork, evaluated.height.max(snapshot.mark().tip.height)).await?;
    let filter = NoticeFilter { before: u64::MAX, up_to: u32::MAX, limit: MOST_LEFT, rule: None, subject: None };
    let page = store.notices_page(&filter).await?;
    let mut left: Vec<Notice> = page.into_iter().map(|kept| kept.notice).collect();
    left.retain(|notice| notice.block.height > fork && !active.contains(&notice.block.hash));
    left.reverse();
    Ok(left)
}

/// Hashes of the blocks that steps speak of.
pub(super) async fn hashes(
    snapshot: &Snapshot,
    steps: impl Iterator<Item = &Step>,
) -> anyhow::Result<BTreeMap<u32, BlockHash>> {
    let wanted: BTreeSet<u32> = steps.flat_map(|step| [step.height, step.raised]).collect();
    let mut found = BTreeMap::new();
    let mut next = 0;
    for height in &wanted {
        if *height < next {
            continue;
        }
        // those near it come with it
        next = height.saturating_add(HEIGHTS);
        let ids = snapshot.active_ids(*height, next - 1).await?;
        found.extend(ids.into_iter().filter(|id| wanted.contains(&id.height)).map(|id| (id.height, id.hash)));
    }
    Ok(found)
}

async fn hashes_between(snapshot: &Snapshot, from: u32, to: u32) -> anyhow::Result<BTreeSet<BlockHash>> {
    Ok(snapshot.active_ids(from, to).await?.into_iter().map(|id| id.hash).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn work(hashes: u8) -> Work {
        let mut bytes = [0; 32];
        bytes[31] = hashes;
        Work::from_be_bytes(bytes)
    }

    #[test]
    fn a_branch_with_less_work_is_waited_for_and_not_for_ever() {
        assert_eq!(waits_until(work(10), work(9), Some(1_000)), Some(3_601_000));
        // with as much it is the chain
        assert_eq!(waits_until(work(10), work(10), Some(1_000)), None);
        assert_eq!(waits_until(work(10), work(11), Some(1_000)), None);
        assert_eq!(waits_until(work(10), work(9), None), None, "no reorg is known");
    }
}
