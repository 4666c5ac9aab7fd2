//! Reorgs and stale blocks. They are asked for anew only where a commit since has changed which blocks are stale.

use hashwatch_store::{Reorg, Snapshot, StoreError};

/// Reorgs that are looked at: no more come between two looks.
const MOST: u32 = 100;

/// As of a commit.
pub(super) struct Parted {
    commit: u64,
    /// The newest first.
    reorgs: Vec<Reorg>,
    /// Heights of stale blocks.
    stale: Vec<u32>,
}

impl Parted {
    /// As of a snapshot, from what is known of one before it.
    pub(super) async fn at(snapshot: &Snapshot, known: Option<Parted>) -> Result<Parted, StoreError> {
        let commit = snapshot.mark().commit;
        match known {
            Some(known) if !snapshot.parted_since(known.commit).await? => Ok(Parted { commit, ..known }),
            _ => {
                let (reorgs, stale) = tokio::try_join!(snapshot.reorgs(MOST), snapshot.stale_heights())?;
                Ok(Parted { commit, reorgs, stale })
            }
        }
    }

    /// Stale blocks above a height up to another.
    pub(super) fn stale(&self, above: u32, to: u32) -> u64 {
        self.stale.iter().filter(|height| (above + 1..=to).contains(*height)).count() as u64
    }

    /// Reorgs after a time, and what took the block that was evaluated last off the chain.
    pub(super) fn untold(&self, after: u64, missed: Option<u32>) -> Vec<&Reorg> {
        untold(&self.reorgs, after, missed)
    }
}

/// Reorgs that were not told: those after a time, and the last one before it that left a block of the height `missed`.
fn untold(newest_first: &[Reorg], after: u64, mut missed: Option<u32>) -> Vec<&Reorg> {
    let left = |reorg: &Reorg, height: u32| reorg.ancestor.height < height && height <= reorg.left.height;
    let mut is_untold = |reorg: &Reorg| {
        let is_missed = missed.take_if(|height| left(reorg, *height)).is_some();
        reorg.at > after || is_missed
    };
    newest_first.iter().filter(|reorg| is_untold(reorg)).collect()
}

#[cfg(test)]
mod tests {
    use hashwatch_model::BlockId;

    use super::*;

    const NOTHING: [u64; 0] = [];

    /// When, and the heights of the tip that was left and of what both chains share.
    fn reorg(at: u64, left: u32, ancestor: u32) -> Reorg {
        let id = |height: u32| BlockId { height, hash: format!("{height:064x}").parse().unwrap() };
        Reorg { at, tip: id(left + 1), left: id(left), ancestor: id(ancestor) }
    }

    #[test]
    fn a_reorg_that_nobody_was_told_of_before_a_kill_is_told_after_it() {
        let all = vec![reorg(40, 20, 18), reorg(30, 12, 10), reorg(20, 13, 9), reorg(10, 5, 2)];
        let told = |after: u64, missed: Option<u32>| -> Vec<u64> {
            untold(&all, after, missed).iter().map(|reorg| reorg.at).collect()
        };
        assert_eq!(told(30, None), [40]);
        assert_eq!(told(40, None), NOTHING);
        // the block that was evaluated last is gone by the second; what left that height before was told then
        assert_eq!(told(40, Some(12)), [30]);
        assert_eq!(told(40, Some(10)), [20]);
        assert_eq!(told(35, Some(20)), [40], "once");
        assert_eq!(told(40, Some(9)), NOTHING);
    }
}
