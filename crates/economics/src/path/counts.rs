//! The hashrate behind counts of blocks, where the difficulty is known at the start alone and predicted from there.

use hashwatch_metrics::{EPOCH_BLOCKS, EPOCH_WAITS};

use super::Start;
use crate::{
    checked::{Result, contradiction, figure, float, positive},
    schedule::{Step, seconds},
    walk::{Walk, change_after},
};

/// Blocks that were found within a stretch of time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Count {
    /// The stretch.
    pub seconds: f64,
    /// Blocks within it.
    pub blocks: f64,
}

/// The hashrate of each stretch, one after the other from the start's tip on: blocks times the hashes of a block, over seconds.
///
/// The hashes of a block are **not** read from the chain. They follow from the difficulty at the start and from the counts: after
/// so many blocks as are left of the epoch there is a retarget, by the time that they took. Where it falls within a stretch,
/// blocks before it count at the old difficulty and those after at the new one; the hashrate is taken as steady within a stretch,
/// which places the retarget in it.
///
/// What it does not show: hashrate of its own accord. With n blocks in a stretch each estimate is uncertain by `1/sqrt(n)`, and
/// that luck is fed to whatever takes these rates for the truth.
///
/// Refused are stretches of no time, counts that are negative, and more than one retarget within a stretch.
pub fn hashrate_behind(start: &Start, counts: &[Count]) -> Result<Vec<Step>> {
    let walk = Walk::new(start.time, start.epoch)?;
    let mut chain =
        Chain { each: walk.exahashes_per_block(), left: float(walk.left), seen: seconds(start.epoch.seconds) };
    let mut from = seconds(start.time);
    let mut steps = Vec::new();
    for count in counts {
        let took = positive("seconds", count.seconds)?;
        let blocks = crate::checked::not_negative("blocks", count.blocks)?;
        let rate = figure("exahashes_per_second", chain.advance(took, blocks)?)?;
        #[allow(clippy::cast_possible_truncation, reason = "a date")]
        steps.push(Step { from: from.round() as i64, exahashes_per_second: rate });
        from += took;
    }
    Ok(steps)
}

/// A chain whose difficulty is predicted.
struct Chain {
    each: f64,
    /// Blocks to the epoch's last.
    left: f64,
    /// Seconds from the epoch's first block.
    seen: f64,
}

impl Chain {
    /// The rate at which so many blocks are found in that time, and the chain after it.
    fn advance(&mut self, seconds: f64, blocks: f64) -> Result<f64> {
        if blocks < self.left {
            (self.left, self.seen) = (self.left - blocks, self.seen + seconds);
            return Ok(blocks * self.each / seconds);
        }
        if blocks >= self.left + float(EPOCH_WAITS) {
            return contradiction("blocks", "more than one retarget within a stretch");
        }
        // when the retarget comes depends on the rate, and that on the new difficulty: a few rounds settle it
        let hashes = |after: f64| self.left * self.each + (blocks - self.left) * after;
        let mut after = self.each;
        let (mut rate, mut turn) = (0.0, 0.0);
        for _ in 0..60 {
            rate = hashes(after) / seconds;
            turn = if rate > 0.0 { self.left * self.each / rate } else { seconds };
            after = self.each * change_after(self.seen + turn);
        }
        let wait = if rate > 0.0 { after / rate } else { 0.0 };
        self.left = float(EPOCH_BLOCKS) - (blocks - self.left);
        // a retarget does not measure the wait for an epoch's first block
        self.seen = seconds - turn - wait;
        self.each = after;
        Ok(rate)
    }
}

#[cfg(test)]
mod tests {
    use hashwatch_metrics::Epoch;

    use super::*;
    use crate::{
        mining::exahashes_per_second,
        path::{Draws, path},
        schedule::Schedule,
    };

    fn start() -> Start {
        Start { time: 1_000, epoch: Epoch { difficulty: 1e14, waits: 1_800, seconds: 1_080_000 } }
    }

    /// A drop to a half within the second stretch of three: what the mean course finds, counted, is what was put in.
    #[test]
    fn counts_of_a_known_hashrate_give_it_back() {
        let rate = exahashes_per_second(1e14, 600.0).unwrap();
        let each = crate::mining::exahashes_per_block(1e14).unwrap();
        let day = 86_400.0;
        // 215 blocks are left: a day at the full rate finds 144, the next days at half of it 71 until the retarget
        let change = change_after(1_080_000.0 + 2.0 * day - 600.0 * 2.0);
        let second = 71.0 + (day - 142.0 * 600.0) * rate / 2.0 / (each * change);
        let counts = [
            Count { seconds: day, blocks: 144.0 },
            Count { seconds: day, blocks: second },
            Count { seconds: day, blocks: 72.0 / change },
        ];
        let found = hashrate_behind(&start(), &counts).unwrap();
        for (step, expected) in found.iter().zip([rate, rate / 2.0, rate / 2.0]) {
            assert!((step.exahashes_per_second / expected - 1.0).abs() < 2e-3, "{found:?}");
        }
        assert_eq!(found[2].from, 1_000 + 2 * 86_400);
        // and fed to the path, they have it retarget there
        let schedule = Schedule::new(found).unwrap();
        let draws = Draws { count: 10, seed: 1, confidence: 0.95 };
        let retarget = path(&start(), &schedule, 1_000 + 3 * 86_400, draws).unwrap().retargets[0];
        assert!((retarget.change.value / change - 1.0).abs() < 1e-3, "{retarget:?}");
    }

    #[test]
    fn bad_counts_are_refused() {
        let of = |seconds, blocks| hashrate_behind(&start(), &[Count { seconds, blocks }]).unwrap_err().to_string();
        for bad in [f64::NAN, f64::INFINITY, -1.0] {
            assert!(of(bad, 1.0).starts_with("seconds is "), "{bad}");
            assert!(of(1.0, bad).starts_with("blocks is "), "{bad}");
        }
        assert!(of(0.0, 1.0).starts_with("seconds is "));
        assert!(of(1.0, 3_000.0).starts_with("blocks: "));
        let none = hashrate_behind(&start(), &[Count { seconds: 1.0, blocks: 0.0 }]).unwrap();
        assert_eq!(none[0].exahashes_per_second, 0.0);
    }
}
