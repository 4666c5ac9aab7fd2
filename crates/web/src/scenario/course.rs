//! What is read off a played scenario: epoch by epoch, how long blocks take, what is left at the end.

use hashwatch_economics::{
    mining::{HASHES_PER_DIFFICULTY, hashprice_at_difficulty},
    scenario::Case,
};
use hashwatch_metrics::Interval;

use super::{Played, start::reward_btc};
use crate::span::midnight;

/// Exahashes that a block takes in expectation, by its difficulty.
pub(super) const EXAHASHES_PER_DIFFICULTY: f64 = HASHES_PER_DIFFICULTY / 1e18;

/// A stretch of one difficulty in the central case.
#[derive(Clone, Copy, Debug)]
pub(super) struct Epoch {
    /// Seconds of Unix time: when it begins, as chance allows.
    pub(super) from: Interval,
    /// When the next begins in the mean course, or the scenario ends.
    pub(super) until: f64,
    /// Height of its first block; of the first epoch, of the block after the start.
    pub(super) height: u64,
    /// As chance allows.
    pub(super) difficulty: Interval,
    /// New difficulty over old; none for the first.
    pub(super) change: Option<Interval>,
    /// The mean wait for a block up to the next retarget, seconds; none where the scenario ends before that, or no block comes.
    pub(super) mean_wait_seconds: Option<f64>,
    /// At its beginning, EH/s.
    pub(super) exahashes_per_second: f64,
    /// The difficulty at that time where most leaves, and where least does.
    pub(super) least: f64,
    pub(super) most: f64,
    /// Pay of a block.
    pub(super) reward_btc: Option<f64>,
    /// USD per PH/s and day: central, where least leaves, where most does.
    pub(super) hashprice: Option<Prices>,
}

/// A hashprice by how much leaves.
#[derive(Clone, Copy, Debug)]
pub(super) struct Prices {
    pub(super) value: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

/// When blocks take longest on the mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Slowest {
    pub(super) seconds: f64,
    pub(super) from: f64,
    /// The retarget that ends it; none where the scenario ends before.
    pub(super) until: Option<f64>,
}

#[allow(clippy::cast_precision_loss, reason = "no date is 2^53 seconds away")]
pub(super) fn seconds(time: i64) -> f64 {
    time as f64
}

/// The difficulty that a case has at a time.
pub(super) fn difficulty_at(case: &Case, time: f64) -> f64 {
    let place = case.epochs.partition_point(|epoch| epoch.from <= time).max(1) - 1;
    case.epochs.get(place).map_or(0.0, |epoch| epoch.difficulty)
}

/// The epochs of the central case.
pub(super) fn epochs(played: &Played) -> Vec<Epoch> {
    let (outcome, begins) = (&played.outcome, &played.begins);
    let (central, end) = (&outcome.central, seconds(midnight(played.days.until)));
    let exactly = |value| Interval { value, low: value, high: value };
    let epoch = |place: usize| {
        let it = central.epochs.get(place)?;
        // a retarget that some drawn courses do not reach has no interval
        let before = place.checked_sub(1).map(|before| central.path.retargets.get(before));
        let blocks = before.flatten().map_or(0, |turn| turn.blocks);
        if before.is_some_and(|turn| turn.is_none()) {
            return None;
        }
        let before = before.flatten();
        let reward = played.reward_btc.map(|paid| reward_btc(paid, begins.height, blocks + 1));
        let price = |difficulty: f64| hashprice_at_difficulty(reward?, played.usd_per_btc?, difficulty).ok();
        let (low, high) = (difficulty_at(&outcome.high, it.from), difficulty_at(&outcome.low, it.from));
        let prices = price(it.difficulty).zip(price(low)).zip(price(high));
        Some(Epoch {
            from: before.map_or(exactly(it.from), |turn| turn.time),
            until: central.epochs.get(place + 1).map_or(end, |next| next.from),
            height: begins.height + blocks + 1,
            difficulty: before.map_or(exactly(it.difficulty), |turn| turn.difficulty),
            change: before.map(|turn| turn.change),
            mean_wait_seconds: central
                .path
                .retargets
                .get(place)
                .map(|turn| turn.mean_wait_seconds)
                .filter(|it| *it > 0.0),
            exahashes_per_second: it.exahashes_per_second,
            least: low.min(high).min(it.difficulty),
            most: high.max(low).max(it.difficulty),
            reward_btc: reward,
            hashprice: prices.map(|((value, much), little)| Prices {
                value,
                low: little.min(value).min(much),
                high: much.max(value).max(little),
            }),
        })
    };
    (0..central.epochs.len()).map_while(epoch).collect()
}

/// When blocks take longest in a case: their mean at the hashrate and difficulty of the moment. None where none is found at all.
pub(super) fn slowest(case: &Case, until: f64) -> Option<Slowest> {
    let begins = case.epochs.first()?.from;
    let turns = case.epochs.iter().map(|epoch| epoch.from);
    let moments = turns.chain(case.hashrate.steps().iter().map(|step| seconds(step.from)));
    let wait = |time: f64| {
        let rate = case.hashrate.at(time);
        (rate > 0.0).then(|| difficulty_at(case, time) * EXAHASHES_PER_DIFFICULTY / rate)
    };
    let found = moments.filter(|time| *time >= begins && *time <= until).filter_map(|time| Some((time, wait(time)?)));
    // of those that are as long the first
    let (from, seconds) = found.reduce(|one, other| {
        let longer = other.1 > one.1 * (1.0 + 1e-9) || (other.1 >= one.1 * (1.0 - 1e-9) && other.0 < one.0);
        if longer { other } else { one }
    })?;
    let until = case.epochs.iter().map(|epoch| epoch.from).find(|turn| *turn > from);
    Some(Slowest { seconds, from, until })
}

/// What a case comes to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ends {
    /// Of the last epoch that begins before the end.
    pub(super) difficulty: f64,
    /// Over that of the start.
    pub(super) change: f64,
    pub(super) exahashes_per_second: f64,
    pub(super) slowest: Option<Slowest>,
}

pub(super) fn ends(played: &Played, case: &Case) -> Ends {
    let end = seconds(midnight(played.days.until));
    let difficulty = case.epochs.last().map_or(0.0, |epoch| epoch.difficulty);
    Ends {
        difficulty,
        change: difficulty / played.begins.start.epoch.difficulty,
        exahashes_per_second: case.hashrate.at(end),
        slowest: slowest(case, end),
    }
}

/// The network's hashrate over time: from when on, and how much in the central case, where most leaves, where least does.
pub(super) fn hashrates(played: &Played) -> Vec<(f64, Prices)> {
    let (outcome, end) = (&played.outcome, seconds(midnight(played.days.until)));
    let begins = seconds(played.begins.start.time);
    let cases = [&outcome.central, &outcome.low, &outcome.high];
    let steps = cases.iter().flat_map(|case| case.hashrate.steps()).map(|step| seconds(step.from));
    let mut moments: Vec<f64> = steps.filter(|time| *time >= begins && *time < end).collect();
    moments.push(begins);
    moments.sort_by(f64::total_cmp);
    moments.dedup();
    let at = |time: f64| {
        let [value, least, most] = cases.map(|case| case.hashrate.at(time));
        Prices { value, low: most.min(value).min(least), high: least.max(value).max(most) }
    };
    moments.into_iter().map(|time| (time, at(time))).collect()
}
