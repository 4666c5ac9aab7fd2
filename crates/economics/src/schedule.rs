//! Hashrate over time, piecewise constant, and when it will have tried so many hashes.

use crate::checked::{Result, contradiction, not_negative, refused};

/// A thousand million times what any network has had: beyond it difficulties leave what a number holds.
const MOST_EXAHASHES_PER_SECOND: f64 = 1e12;

/// From a moment on so many exahashes per second, until the next step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// Seconds of Unix time.
    pub from: i64,
    /// The network's hashrate from then on. 0 is a standstill.
    pub exahashes_per_second: f64,
}

/// Hashrate over time. The last step holds for ever.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule(Vec<Step>);

impl Schedule {
    /// Refused are no step at all, steps that do not follow each other in time, hashrates that are negative, beyond a million
    /// million EH/s, or no number.
    pub fn new(steps: Vec<Step>) -> Result<Self> {
        if steps.is_empty() {
            return contradiction("steps", "there is none");
        }
        if !steps.is_sorted_by(|one, next| one.from < next.from) {
            return contradiction("from", "the dates of the steps do not rise");
        }
        for step in &steps {
            let rate = not_negative("exahashes_per_second", step.exahashes_per_second)?;
            if rate > MOST_EXAHASHES_PER_SECOND {
                return refused("exahashes_per_second", rate, "at most 1e12");
            }
        }
        Ok(Self(steps))
    }

    /// The same at all times from there on.
    pub fn constant(from: i64, exahashes_per_second: f64) -> Result<Self> {
        Self::new(vec![Step { from, exahashes_per_second }])
    }

    /// In order of time.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// The hashrate at a moment. Before the first step it is the first's.
    pub fn at(&self, time: f64) -> f64 {
        self.0[self.step_at(time)].exahashes_per_second
    }

    /// When the hashes tried from a moment on reach that many exahashes. None if they never do.
    pub(crate) fn reaches(&self, mut time: f64, mut exahashes: f64) -> Option<f64> {
        for at in self.step_at(time).. {
            let rate = self.0[at].exahashes_per_second;
            match self.0.get(at + 1).map(|next| seconds(next.from)) {
                Some(end) if rate * (end - time) < exahashes => {
                    exahashes -= rate * (end - time);
                    time = end;
                }
                _ => return Some(time + exahashes / rate).filter(|end| end.is_finite()),
            }
        }
        None
    }

    /// Exahashes that are tried from one moment to a later one.
    pub(crate) fn between(&self, from: f64, to: f64) -> f64 {
        let ends = self.0.iter().skip(1).map(|next| seconds(next.from)).chain([f64::INFINITY]);
        let starts = std::iter::once(f64::NEG_INFINITY).chain(self.0.iter().skip(1).map(|step| seconds(step.from)));
        let overlaps = starts.zip(ends).map(|(start, end)| (to.min(end) - from.max(start)).max(0.0));
        overlaps.zip(&self.0).map(|(time, step)| time * step.exahashes_per_second).sum()
    }

    fn step_at(&self, time: f64) -> usize {
        self.0.partition_point(|step| seconds(step.from) <= time).saturating_sub(1)
    }
}

#[allow(clippy::cast_precision_loss, reason = "no date is 2^53 seconds away")]
pub(crate) fn seconds(time: i64) -> f64 {
    time as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(from: i64, exahashes_per_second: f64) -> Step {
        Step { from, exahashes_per_second }
    }

    #[test]
    fn hashes_are_counted_over_steps() {
        let schedule = Schedule::new(vec![step(0, 10.0), step(100, 0.0), step(200, 5.0)]).unwrap();
        assert_eq!(schedule.reaches(0.0, 500.0), Some(50.0));
        assert_eq!(schedule.reaches(0.0, 1_000.0), Some(100.0));
        assert_eq!(schedule.reaches(50.0, 1_000.0), Some(300.0));
        assert_eq!(schedule.reaches(500.0, 5.0), Some(501.0));
        assert_eq!((schedule.between(50.0, 300.0), schedule.between(120.0, 150.0)), (1_000.0, 0.0));
        assert_eq!((schedule.at(-5.0), schedule.at(150.0), schedule.at(1e9)), (10.0, 0.0, 5.0));
        assert_eq!(Schedule::constant(0, 0.0).unwrap().reaches(0.0, 1.0), None, "a standstill");
    }

    #[test]
    fn bad_steps_are_refused() {
        assert!(Schedule::new(vec![]).is_err());
        let reversed = Schedule::new(vec![step(10, 1.0), step(5, 1.0)]).unwrap_err();
        assert!(reversed.to_string().starts_with("from: "), "{reversed}");
        for bad in [f64::NAN, f64::INFINITY, -1.0, 1e13] {
            let said = Schedule::constant(0, bad).unwrap_err().to_string();
            assert!(said.starts_with("exahashes_per_second is "), "{said}");
        }
    }
}
