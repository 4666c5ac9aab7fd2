//! Where the chain that was evaluated and the one that is followed part.

use std::collections::BTreeMap;

use bitcoin::{BlockHash, Work};
use hashwatch_alerts::Step;
use hashwatch_model::{BlockId, Notice};
use hashwatch_store::{ChainColumns, NoticeFilter, Snapshot, Store};

/// Blocks up to the tip that are known after a reorg: as many as a fold takes back, and some.
const TAIL: u32 = 300;
/// Blocks of a branch that are walked down to find where it left the chain.
const LONGEST_BRANCH: u32 = 10_000;
/// Notices that a reorg can move: more are not said of so few blocks.
const MOST_LEFT: u32 = 1_000;

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
pub(super) fn tail(chain: &ChainColumns) -> Vec<BlockId> {
    (chain.to().saturating_sub(TAIL)..=chain.to()).filter_map(|height| chain.id(height)).collect()
}

/// Height of the last block that was evaluated and is on the chain; none where nothing was.
pub(super) async fn fork(
    snapshot: &Snapshot,
    chain: &ChainColumns,
    evaluated: Option<BlockId>,
) -> anyhow::Result<Option<u32>> {
    let Some(mut block) = evaluated else { return Ok(None) };
    for _ in 0..LONGEST_BRANCH {
        if chain.holds(block) {
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
    chain: &ChainColumns,
    fork: Option<u32>,
    evaluated: Option<BlockId>,
) -> anyhow::Result<Vec<Notice>> {
    let Some(fork) = fork.filter(|fork| evaluated.is_some_and(|evaluated| *fork < evaluated.height)) else {
        return Ok(Vec::new());
    };
    let filter = NoticeFilter { before: u64::MAX, up_to: u32::MAX, limit: MOST_LEFT, rule: None, subject: None };
    let page = store.notices_page(&filter).await?;
    let mut left: Vec<Notice> = page.into_iter().map(|kept| kept.notice).collect();
    left.retain(|notice| notice.block.height > fork && !chain.holds(notice.block));
    left.reverse();
    Ok(left)
}

/// Hashes of the blocks that steps speak of.
pub(super) fn hashes<'a>(chain: &ChainColumns, steps: impl Iterator<Item = &'a Step>) -> BTreeMap<u32, BlockHash> {
    let heights = steps.flat_map(|step| [step.height, step.raised]);
    heights.filter_map(|height| Some((height, chain.id(height)?.hash))).collect()
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
