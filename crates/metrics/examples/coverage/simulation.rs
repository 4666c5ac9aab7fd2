//! Windows of blocks with known true shares, and how often the intervals hold what is true.
//!
//! Blocks are dealt one by one, by a generator of its own: nothing here is drawn with what the intervals draw with.

use hashwatch_metrics::{Counts, Index, Interval, Tally, credible_interval, figures, goodman, wilson};

/// What all intervals are to hold.
pub(crate) const CONFIDENCE: f64 = 0.95;

/// Pools of March 2026 by the tags of their blocks, without eight Unknown ones: `facts/pool_blocks_monthly.csv`, made of
/// sorukumar/bitcoin-mining-pools at ca5ba78 (22 April 2026), `dashboard/data/blocks_post_2021.parquet`.
pub(crate) const BY_TAG: [u64; 22] =
    [1422, 734, 468, 385, 373, 229, 176, 148, 99, 89, 62, 61, 20, 14, 13, 12, 12, 10, 7, 4, 2, 1];

/// The same with AntPool and the pools that 0xB10C counts as its proxies as one: antpool, secpool, luxor, binancepool,
/// braiinspool, miningsquared, ultimuspool, btccom, poolin.
pub(crate) const MERGED: [u64; 14] = [1422, 1261, 468, 385, 373, 229, 89, 62, 20, 13, 12, 4, 2, 1];

/// Pools that are all alike: the hardest case for whatever goes by rank.
pub(crate) const ALIKE: [u64; 10] = [1; 10];

/// The generator splitmix64.
struct Dice(u64);

impl Dice {
    /// A number below a bound that is far below 2^32, near enough evenly.
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (((mixed ^ (mixed >> 31)) >> 32) * bound) >> 32
    }
}

/// Windows of n blocks, each found by a pool with a chance in proportion to its weight. `of` sees each window's counts.
fn windows(weights: &[u64], n: u64, rounds: u32, seed: u64, mut of: impl FnMut(&[u64])) {
    let mut dice = Dice(seed);
    let mut sum = 0;
    let ends: Vec<u64> = weights
        .iter()
        .map(|weight| {
            sum += weight;
            sum
        })
        .collect();
    for _ in 0..rounds {
        let mut counts = vec![0; weights.len()];
        for _ in 0..n {
            let place = dice.below(sum);
            counts[ends.partition_point(|&end| end <= place)] += 1;
        }
        of(&counts);
    }
}

/// The index of the true shares. Those that speak of the entities seen are of their shares alone.
fn truth(index: Index, weights: &[u64], counts: &[u64]) -> Option<f64> {
    use Index::{Entities, EntropyRatio, Gini, Hartley, Theil};
    let seen = matches!(index, Gini | Theil | EntropyRatio | Hartley | Entities);
    let with = weights.iter().zip(counts).filter(|(_, blocks)| !seen || **blocks > 0);
    let shares = Tally::new(with.map(|(weight, _)| *weight), 0);
    // what is estimated without bias, or corrected for it, is the plain index of the truth
    let plain = match index {
        Index::HhiUnbiased => Index::Hhi,
        Index::ShannonCorrected => Index::Shannon,
        other => other,
    };
    plain.of(&Counts::of(shares.descending())?)
}

/// How often the interval of each index held the truth, and how wide it was on average.
pub(crate) fn indices(weights: &[u64], n: u64, rounds: u32, seed: u64) -> Vec<(Index, f64, f64)> {
    let mut held = Index::ALL.map(|index| (index, 0.0, 0.0));
    windows(weights, n, rounds, seed, |counts| {
        let tally = Tally::new(counts.iter().copied(), 0);
        for ((index, held, width), (_, figure)) in held.iter_mut().zip(figures(&tally, CONFIDENCE)) {
            let bounds = figure.and_then(|figure| figure.low.zip(figure.high));
            if let Some(((low, high), truth)) = bounds.zip(truth(*index, weights, counts)) {
                // the last digits of sums in another order are no miss
                let slack = 1e-12 * truth.abs();
                *held += f64::from(u8::from(low - slack <= truth && truth <= high + slack)) / f64::from(rounds);
                *width += (high - low) / f64::from(rounds);
            }
        }
    });
    held.into()
}

/// How often the intervals of pools' shares held them.
#[derive(Default)]
pub(crate) struct Held {
    /// The mean over pools of 1 % and more.
    pub(crate) mean: f64,
    /// The worst of these pools.
    pub(crate) worst: f64,
    /// The mean over the pools below 1 %.
    pub(crate) rare: f64,
    /// All of those of 1 % and more at once.
    pub(crate) at_once: f64,
    /// All pools at once.
    pub(crate) all_at_once: f64,
}

/// An interval for each pool's share.
pub(crate) type Method = fn(&[u64]) -> Vec<Interval>;

/// The three methods by name.
pub(crate) const METHODS: [(&str, Method); 3] = [
    ("Wilson", |counts| each(counts, wilson)),
    ("Jeffreys", |counts| each(counts, credible_interval)),
    ("Goodman", |counts| goodman(counts, CONFIDENCE).unwrap_or_default()),
];

fn each(counts: &[u64], of: fn(u64, u64, f64) -> Option<Interval>) -> Vec<Interval> {
    let total = counts.iter().sum();
    counts.iter().filter_map(|&blocks| of(blocks, total, CONFIDENCE)).collect()
}

/// How often the intervals of one method held the shares.
#[allow(clippy::cast_precision_loss, reason = "small numbers")]
pub(crate) fn shares(weights: &[u64], n: u64, rounds: u32, seed: u64, method: Method) -> Held {
    let all: u64 = weights.iter().sum();
    let mut each = vec![0.0; weights.len()];
    let mut found = Held { worst: 1.0, ..Held::default() };
    let round = 1.0 / f64::from(rounds);
    windows(weights, n, rounds, seed, |counts| {
        let holds: Vec<bool> = method(counts)
            .iter()
            .zip(weights)
            .map(|(interval, &weight)| (interval.low..=interval.high).contains(&(weight as f64 / all as f64)))
            .collect();
        for (each, &holds) in each.iter_mut().zip(&holds) {
            *each += if holds { round } else { 0.0 };
        }
        let mut large = holds.iter().zip(weights).filter(|(_, weight)| **weight * 100 >= all);
        found.at_once += if large.all(|(holds, _)| *holds) { round } else { 0.0 };
        found.all_at_once += if holds.iter().all(|holds| *holds) { round } else { 0.0 };
    });
    let (mut large, mut rare) = (0.0, 0.0);
    for (held, &weight) in each.into_iter().zip(weights) {
        if weight * 100 >= all {
            (found.mean, found.worst, large) = (found.mean + held, found.worst.min(held), large + 1.0);
        } else {
            (found.rare, rare) = (found.rare + held, rare + 1.0);
        }
    }
    (found.mean, found.rare) = (found.mean / large, found.rare / f64::max(rare, 1.0));
    found
}
