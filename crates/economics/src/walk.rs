//! The course of a chain from retarget to retarget, for whichever waits it is given: their means, or drawn ones. What a
//! branch's blocks and a chain's path are computed from.
//!
//! A wait in units of its mean takes as many hashes as a block takes in expectation, so a sum of waits says how many hashes
//! were tried, and the schedule says when they had been: hashrate may change within a wait.

use hashwatch_metrics::{EPOCH_SECONDS, EPOCH_WAITS, Epoch};

use crate::{
    checked::{Result, contradiction, float, positive, refused},
    mining::HASHES_PER_DIFFICULTY,
    schedule::{Schedule, seconds},
};

/// A retarget changes the difficulty by no more than this factor, up or down.
const MOST: f64 = 4.0;

/// Sums of waits whose mean is 1.
pub(crate) trait Waits {
    /// Of so many.
    fn sum(&mut self, waits: u64) -> f64;
}

/// Each as long as its mean.
pub(crate) struct Means;

impl Waits for Means {
    fn sum(&mut self, waits: u64) -> f64 {
        float(waits)
    }
}

/// Far more than any chain comes to: Bitcoin's of 2026 is 1e14.
const MOST_DIFFICULTY: f64 = 1e30;

/// A chain within an epoch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Walk {
    /// When the tip was found.
    pub(crate) time: f64,
    pub(crate) difficulty: f64,
    /// Waits to come until the epoch's last block.
    pub(crate) left: u64,
    /// Whether the first of them is the one for the epoch's first block, which no retarget measures.
    fresh: bool,
    /// From the epoch's first block to the tip.
    seen: f64,
}

/// The end of an epoch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turn {
    /// When its last block was found.
    pub(crate) time: f64,
    /// New difficulty over old.
    pub(crate) change: f64,
    /// The new difficulty.
    pub(crate) difficulty: f64,
}

impl Walk {
    /// From a tip at a time within its epoch.
    pub(crate) fn new(time: i64, epoch: Epoch) -> Result<Self> {
        if positive("difficulty", epoch.difficulty)? > MOST_DIFFICULTY {
            return refused("difficulty", epoch.difficulty, "at most 1e30");
        }
        let Some(left) = EPOCH_WAITS.checked_sub(epoch.waits) else {
            return contradiction("waits", "an epoch has no more than 2,015");
        };
        // header times may fall below the first's; a year and more is no epoch of the main chain
        if epoch.seconds.unsigned_abs() > 1_000_000_000 {
            return contradiction("seconds", "no epoch took thirty years");
        }
        let (time, seen) = (seconds(time), seconds(epoch.seconds));
        Ok(Self { time, difficulty: epoch.difficulty, left, fresh: false, seen })
    }

    /// To the epoch's last block, and into the next epoch. None if the hashes for it are never tried.
    pub(crate) fn turn(&mut self, schedule: &Schedule, waits: &mut impl Waits) -> Option<Turn> {
        let mut left = self.left;
        let each = self.exahashes_per_block();
        if self.fresh {
            self.time = schedule.reaches(self.time, each * waits.sum(1))?;
            (self.seen, left) = (0.0, left - 1);
        }
        let end = if left == 0 { self.time } else { schedule.reaches(self.time, each * waits.sum(left))? };
        let change = change_after(self.seen + end - self.time);
        self.difficulty *= change;
        (self.time, self.left, self.fresh) = (end, EPOCH_WAITS + 1, true);
        Some(Turn { time: end, change, difficulty: self.difficulty })
    }

    /// The epoch as it stands at a later time before the next turn, in the mean course, to the whole block and second.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within an epoch, and its seconds")]
    pub(crate) fn epoch_at(&self, schedule: &Schedule, time: f64) -> Epoch {
        let found = (schedule.between(self.time, time) / self.exahashes_per_block()).min(float(self.left));
        // of a new epoch the first block starts the clock
        let first = if self.fresh { schedule.reaches(self.time, self.exahashes_per_block()) } else { None };
        let unmeasured = if self.fresh { 1 } else { 0 };
        let waits = EPOCH_WAITS + unmeasured - self.left + found as u64;
        let seen = match first {
            Some(first) => time - first,
            None if self.fresh => 0.0,
            None => self.seen + time - self.time,
        };
        Epoch { difficulty: self.difficulty, waits: waits.saturating_sub(unmeasured), seconds: seen.max(0.0) as i64 }
    }

    pub(crate) fn exahashes_per_block(&self) -> f64 {
        self.difficulty * HASHES_PER_DIFFICULTY / 1e18
    }
}

/// New difficulty over old after an epoch that took so long.
pub(crate) fn change_after(seconds: f64) -> f64 {
    EPOCH_SECONDS / seconds.clamp(EPOCH_SECONDS / MOST, EPOCH_SECONDS * MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn epoch(waits: u64, seconds: i64) -> Epoch {
        Epoch { difficulty: 1e14, waits, seconds }
    }

    /// At the hashrate that the difficulty is made for, an epoch takes 2,015 waits of 600 seconds, and one more from the last.
    #[test]
    fn a_steady_chain() {
        let rate = crate::mining::exahashes_per_second(1e14, 600.0).unwrap();
        let schedule = Schedule::constant(0, rate).unwrap();
        let mut walk = Walk::new(0, epoch(0, 0)).unwrap();
        let first = walk.turn(&schedule, &mut Means).unwrap();
        assert!((first.time - 2_015.0 * 600.0).abs() < 1e-6 && (first.change - 2_016.0 / 2_015.0).abs() < 1e-12);
        let second = walk.turn(&schedule, &mut Means).unwrap();
        assert!((second.time - first.time - 2_016.0 * 600.0 * first.change).abs() < 1e-6);
        assert!((second.change - 1.0).abs() < 1e-12, "from then on nothing changes: {second:?}");
    }

    #[test]
    fn the_change_is_kept_within_four() {
        for (rate, change) in [(1e9, 4.0), (1e-2, 0.25)] {
            let schedule = Schedule::constant(0, rate).unwrap();
            let found = Walk::new(0, epoch(1_000, 600_000)).unwrap().turn(&schedule, &mut Means).unwrap();
            assert!(found.change <= 4.0 && found.change >= 0.25, "{found:?}");
            assert!(change == 4.0 || found.change == change);
        }
        assert_eq!(change_after(-5.0), 4.0);
    }

    #[test]
    fn bad_epochs_are_refused() {
        assert!(Walk::new(0, epoch(2_016, 0)).is_err());
        assert!(Walk::new(0, epoch(1, i64::MIN)).is_err());
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY, f64::MAX] {
            assert!(Walk::new(0, Epoch { difficulty: bad, ..epoch(1, 1) }).is_err(), "{bad}");
        }
    }
}
