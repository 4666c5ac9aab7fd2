//! The path of the difficulty, retarget by retarget, for a hashrate that is given over time.
//!
//! What the hashrate will be is for others ([`crate::scenario`]); the retarget that comes next, from what was seen of an epoch,
//! is in `hashwatch_metrics::difficulty`.

mod counts;

pub use counts::{Count, hashrate_behind};

use hashwatch_metrics::{EPOCH_BLOCKS, Epoch, Interval};

use crate::{
    checked::{Result, contradiction, inner_part},
    schedule::{Schedule, seconds},
    waits::Drawn,
    walk::{Means, Turn, Waits, Walk},
};

/// More retargets than a hundred years have.
const MOST_RETARGETS: usize = 2_700;
/// Retargets of all draws together: some seconds of work.
const MOST_TURNS: usize = 10_000_000;

/// Where a path begins: at a tip within an epoch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Start {
    /// The tip's time, in seconds of Unix time.
    pub time: i64,
    /// The difficulty in force, the epoch's blocks above its first up to the tip, and the seconds from that first to the tip.
    pub epoch: Epoch,
}

/// How chance is counted in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Draws {
    /// Paths that are drawn: a thousand place the ends of an interval at 95 % within a tenth of its width.
    pub count: u32,
    /// The same seed gives the same answer.
    pub seed: u64,
    /// How much of the drawn paths an interval holds, between 0 and 1.
    pub confidence: f64,
}

/// A retarget of a path.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Retarget {
    /// Blocks from the start's tip to the epoch's last, with which the new difficulty holds.
    pub blocks: u64,
    /// When that last block is found, in seconds of Unix time.
    pub time: Interval,
    /// New difficulty over old.
    pub change: Interval,
    /// The new difficulty.
    pub difficulty: Interval,
    /// The mean wait for a block since the retarget before, or the start. 0 where no block was left to find.
    pub mean_wait_seconds: f64,
}

/// The retargets of a stretch of time.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// In order.
    pub retargets: Vec<Retarget>,
    /// Whether the path ends because no block is found any more: hashrate fell to nothing, and stays there.
    pub standstill: bool,
}

/// The retargets up to a moment, with the intervals that the chance of block times allows.
///
/// Blocks are a Poisson process whose rate is hashrate over the hashes of a block, so an epoch's waits take a gamma
/// distributed number of hashes, and the schedule says when these have been tried. The value is the course in which all waits
/// are as long as their mean. The ends are quantiles of so many courses drawn, retarget by retarget: what one epoch's luck
/// makes of the difficulty is made good in the next, so intervals of times grow slowly and those of changes do not. The rules are
/// those of `hashwatch_metrics::next_retarget`: 2,015 waits against 1,209,600 seconds, within a quarter to four.
///
/// Range: `low <= value <= high`; changes from 0.25 to 4. A retarget that some drawn courses do not reach, since hashrate ends,
/// is not told. Refused are an `until` at or before the start, and one that is more than 2,700 retargets away.
///
/// What it does not show: that the hashrate given may be wrong, which matters more; header times that are off.
///
/// Source: Bitcoin Core, `CalculateNextWorkRequired` in src/pow.cpp.
pub fn path(start: &Start, hashrate: &Schedule, until: i64, draws: Draws) -> Result<Path> {
    let tail = (1.0 - inner_part("confidence", draws.confidence)?) / 2.0;
    if until <= start.time {
        return contradiction("until", "not after the start");
    }
    if draws.count == 0 {
        return contradiction("draws", "none");
    }
    let walk = Walk::new(start.time, start.epoch)?;
    let (mut central, standstill) = mean_course(walk, hashrate, seconds(until))?;
    if central.len().saturating_mul(draws.count as usize) > MOST_TURNS {
        return contradiction("draws", "too many for so many retargets");
    }
    let mut drawn = Drawn::from_seed(draws.seed);
    let mut courses = Vec::new();
    for _ in 0..draws.count {
        let course = course(walk, hashrate, &mut drawn, central.len());
        central.truncate(course.len());
        courses.push(course);
    }
    let retargets = (0..central.len()).map(|at| retarget(at, &walk, &central, &courses, tail)).collect();
    Ok(Path { retargets, standstill })
}

/// The retargets of the mean course up to a time, and whether it stands still before.
fn mean_course(mut walk: Walk, hashrate: &Schedule, until: f64) -> Result<(Vec<Turn>, bool)> {
    let mut course = Vec::new();
    loop {
        match walk.turn(hashrate, &mut Means) {
            None => return Ok((course, true)),
            Some(turn) if turn.time > until => return Ok((course, false)),
            Some(turn) => course.push(turn),
        }
        if course.len() > MOST_RETARGETS {
            return contradiction("until", "more than 2,700 retargets away");
        }
    }
}

fn course(mut walk: Walk, hashrate: &Schedule, waits: &mut impl Waits, most: usize) -> Vec<Turn> {
    (0..most).map_while(|_| walk.turn(hashrate, waits)).collect()
}

fn retarget(at: usize, start: &Walk, central: &[Turn], courses: &[Vec<Turn>], tail: f64) -> Retarget {
    let of = |figure: &dyn Fn(&Turn) -> f64| {
        let mut drawn: Vec<f64> = courses.iter().map(|course| figure(&course[at])).collect();
        drawn.sort_unstable_by(f64::total_cmp);
        let value = figure(&central[at]);
        let ends = (quantile(&drawn, tail), quantile(&drawn, 1.0 - tail));
        Interval { value, low: ends.0.min(value), high: ends.1.max(value) }
    };
    let waits = if at == 0 { start.left } else { EPOCH_BLOCKS };
    let from = if at == 0 { start.time } else { central[at - 1].time };
    let took = central[at].time - from;
    Retarget {
        blocks: start.left + EPOCH_BLOCKS * at as u64,
        time: of(&|turn| turn.time),
        change: of(&|turn| turn.change),
        difficulty: of(&|turn| turn.difficulty),
        mean_wait_seconds: if waits == 0 { 0.0 } else { took / crate::checked::float(waits) },
    }
}

/// Of values in order.
#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "within the list"
)]
fn quantile(ascending: &[f64], part: f64) -> f64 {
    let place = part * (ascending.len() - 1) as f64;
    let (below, rest) = (place.floor() as usize, place.fract());
    let above = (below + 1).min(ascending.len() - 1);
    ascending[below] + rest * (ascending[above] - ascending[below])
}

#[cfg(test)]
mod tests;
