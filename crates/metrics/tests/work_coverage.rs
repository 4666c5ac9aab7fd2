//! How often intervals hold the truth, how far estimates are off on average, and how often what is improbable happens:
//! by simulation, with fixed seeds. A few thousand draws each; a hundred times as many where HASHWATCH_SOAK is set,
//! which gives the figures in docs/methodology/hashrate.md (`--nocapture` shows them).

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test, and one that tells its figures")]

use hashwatch_metrics::{
    EPOCH_SECONDS, EPOCH_WAITS, Epoch, Found, Interval, Pace, any_run_bound, fisher_p_value, gap_probability, hashrate,
    hashrate_of_time, longest_gaps, longest_run_of_each, longest_runs, longest_wait_probability, luck, next_retarget,
    run_probability, share_ratio,
};

/// Long enough that whole seconds do not matter.
const MEAN_WAIT: f64 = 6e6;

/// Where chance comes from: SplitMix64 (Steele, Lea, Flood, «Fast splittable pseudorandom number generators», 2014),
/// which is fast without optimization.
struct Chance(u64);

impl Chance {
    /// From 0, exclusively, to 1.
    fn part(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (float((mixed ^ (mixed >> 31)) >> 11) + 1.0) / float(1 << 53)
    }

    /// A time to wait, of that mean.
    fn wait(&mut self, mean: f64) -> f64 {
        -mean * self.part().ln()
    }

    /// Many of them: of a product, one logarithm.
    fn waits(&mut self, many: u64, mean: f64) -> f64 {
        let (mut product, mut sum) = (1.0_f64, 0.0);
        for _ in 0..many {
            product *= self.part();
            if product < 1e-200 {
                sum -= product.ln();
                product = 1.0;
            }
        }
        mean * (sum - product.ln())
    }

    /// Of so many blocks, those of a pool with that share: from one to the next the others' blocks are geometric.
    fn found(&mut self, blocks: u64, share: f64) -> u64 {
        let (mut at, mut count) = (0.0, 0);
        loop {
            at += (self.part().ln() / (1.0 - share).ln()).floor() + 1.0;
            if at > float(blocks) {
                return count;
            }
            count += 1;
        }
    }

    /// Blocks within a time, and when the last of them came.
    fn blocks_within(&mut self, time: f64, mean: f64) -> (u64, f64) {
        let (mut last, mut next, mut count) = (0.0, self.wait(mean), 0);
        while next <= time {
            (last, next, count) = (next, next + self.wait(mean), count + 1);
        }
        (count, last)
    }
}

fn draws(few: u32) -> u32 {
    if std::env::var_os("HASHWATCH_SOAK").is_some() { 100 * few } else { few }
}

#[allow(clippy::cast_precision_loss, reason = "blocks of a simulation")]
fn float(count: u64) -> f64 {
    count as f64
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a time above 0")]
fn whole(seconds: f64) -> u64 {
    seconds.round() as u64
}

/// What came of many draws.
#[derive(Debug)]
struct Held {
    /// The part of the intervals that held the truth.
    covered: f64,
    /// The mean of the estimates over the truth.
    mean: f64,
    /// Twice the chance error of that mean.
    error: f64,
}

/// Draws intervals and the truth that they are to hold. A draw without an answer estimates 0 and holds nothing.
fn held(name: &str, few: u32, seed: u64, mut draw: impl FnMut(&mut Chance) -> Option<(Interval, f64)>) -> Held {
    let (mut chance, many) = (Chance(seed), draws(few));
    let (mut covered, mut sum, mut squares) = (0.0, 0.0, 0.0);
    for _ in 0..many {
        if let Some((found, truth)) = draw(&mut chance) {
            covered += if found.low <= truth && truth <= found.high { 1.0 } else { 0.0 };
            sum += found.value / truth;
            squares += (found.value / truth).powi(2);
        }
    }
    let many = f64::from(many);
    let mean = sum / many;
    let held = Held { covered: covered / many, mean, error: 2.0 * ((squares / many - mean * mean) / many).sqrt() };
    println!("{name:<58} covered {:.4}  mean {:.4} +- {:.4}", held.covered, held.mean, held.error);
    held
}

/// The part of the draws in which it happens.
fn part(few: u32, seed: u64, mut happens: impl FnMut(&mut Chance) -> bool) -> f64 {
    let (mut chance, many) = (Chance(seed), draws(few));
    f64::from((0..many).map(|_| u32::from(happens(&mut chance))).sum::<u32>()) / f64::from(many)
}

/// The hashrate of blocks of work 1 and of such a mean wait.
const TRUTH: f64 = 1.0 / MEAN_WAIT;

#[test]
fn a_fixed_number_of_blocks() {
    for (blocks, few) in [(2, 2_000), (10, 2_000), (144, 2_000), (2_016, 1_000)] {
        let found = held(&format!("hashrate of {blocks} blocks"), few, 1, |chance| {
            Some((hashrate(float(blocks), blocks, whole(chance.waits(blocks, MEAN_WAIT)), 0.95)?, TRUTH))
        });
        assert!((found.covered - 0.95).abs() < 0.02, "{blocks}: {found:?}");
        // of two blocks the mean is right, but its own spread has none
        assert!(blocks == 2 || (found.mean - 1.0).abs() < 2.0 * found.error, "{blocks}: {found:?}");
    }
}

#[test]
fn a_window_of_fixed_time() {
    for (expected, few) in [(3_u64, 2_000), (10, 2_000), (144, 2_000), (1_008, 1_000)] {
        let time = float(expected) * MEAN_WAIT;
        let found = held(&format!("hashrate of a time of {expected} blocks"), few, 2, |chance| {
            let (blocks, _) = chance.blocks_within(time, MEAN_WAIT);
            Some((hashrate_of_time(float(blocks), blocks, whole(time), 0.95)?, TRUTH))
        });
        // without a block there is no interval
        assert!(found.covered > 0.935 - (-float(expected)).exp() && found.covered < 0.99, "{expected}: {found:?}");
        assert!((found.mean - 1.0).abs() < 2.0 * found.error, "{expected}: {found:?}");
    }
}

/// Up to a block, as of the last day up to the tip. Seen from it, the waits go on below as they do from anywhere.
#[test]
fn a_window_that_ends_with_a_block() {
    let time = 20.0 * MEAN_WAIT;
    let draw =
        |name: &str, estimate: fn(f64, u64, u64, f64) -> Option<Interval>, take: fn((u64, f64), f64) -> (u64, f64)| {
            held(&format!("20 blocks' time up to a block, {name}"), 4_000, 3, |chance| {
                let below = chance.blocks_within(time, MEAN_WAIT);
                let (blocks, seconds) = take(below, chance.wait(MEAN_WAIT));
                Some((estimate(float(blocks), blocks, whole(seconds), 0.95)?, TRUTH))
            })
        };
    let left_out = draw("left out", hashrate_of_time, |(below, _), _| (below, 20.0 * MEAN_WAIT));
    let kept = draw("kept", hashrate_of_time, |(below, _), _| (below + 1, 20.0 * MEAN_WAIT));
    let first = draw("from the first block", hashrate, |below, _| below);
    // the block below the first came as long before the window as if there were none
    let below = draw("from below the first", hashrate, |(below, _), wait| (below + 1, 20.0 * MEAN_WAIT + wait));
    for right in [left_out, first] {
        assert!((right.mean - 1.0).abs() < 2.0 * right.error && right.covered > 0.93, "{right:?}");
    }
    assert!((kept.mean - 1.05).abs() < 2.0 * kept.error, "{kept:?}");
    assert!((below.mean - 0.95).abs() < 2.0 * below.error + 0.01, "{below:?}");
}

/// Header times that are off by up to an hour either way, evenly: 36 blocks between two header times, and between two
/// medians.
#[test]
fn header_times_that_are_off() {
    let (blocks, mean, off) = (36_usize, 600.0, 3_600.0);
    let draw = |name: &str, median: bool| {
        held(name, 2_000, 4, |chance| {
            let mut at = 0.0;
            let headers: Vec<f64> = (0..blocks + 11)
                .map(|_| {
                    at += chance.wait(mean);
                    at + off * (2.0 * chance.part() - 1.0)
                })
                .collect();
            let time = |last: usize| {
                let mut eleven = headers[last - 10..=last].to_vec();
                eleven.sort_by(f64::total_cmp);
                if median { eleven[5] } else { headers[last] }
            };
            let seconds = whole(time(blocks + 10) - time(10));
            Some((hashrate(36.0, 36, seconds, 0.95)?, 1.0 / mean))
        })
    };
    let (raw, medians) = (draw("36 blocks, header times", false), draw("36 blocks, medians of header times", true));
    assert!((medians.covered - 0.95).abs() < 0.02, "{medians:?}");
    assert!(raw.covered < 0.92 && raw.covered < medians.covered, "{raw:?} {medians:?}");
}

/// The change of an epoch, seen after so many waits, with a pace from before of so many.
fn retarget(waits: u64, before: u64, few: u32) -> Held {
    held(&format!("change after {waits} waits, {before} before"), few, 5, |chance| {
        // a hashrate a tenth above what the difficulty is meant for
        let mean = 600.0 / 1.1;
        let pace = (before > 0).then(|| Pace { waits: before, seconds: chance.waits(before, mean) });
        let (seen, left) = (chance.waits(waits, mean), chance.waits(EPOCH_WAITS - waits, mean));
        let epoch = Epoch { difficulty: 1.0, waits, seconds: i64::try_from(whole(seen)).ok()? };
        let found = next_retarget(epoch, pace, 0.95)?;
        let change = EPOCH_SECONDS / (seen + left).clamp(EPOCH_SECONDS / 4.0, EPOCH_SECONDS * 4.0);
        Some((found.change, change))
    })
}

#[test]
fn changes_of_difficulty() {
    for (waits, before) in [(1, 0), (10, 0), (144, 0), (1_008, 0), (2_000, 0), (0, 2_015), (10, 2_015)] {
        let change = retarget(waits, before, 2_000);
        assert!((change.covered - 0.95).abs() < 0.02, "{waits} {before}: {change:?}");
    }
    let time = held("time to the retarget after 504 waits", 2_000, 13, |chance| {
        let (seen, left) = (chance.waits(504, 600.0), chance.waits(EPOCH_WAITS - 504, 600.0));
        let epoch = Epoch { difficulty: 1.0, waits: 504, seconds: i64::try_from(whole(seen)).ok()? };
        Some((next_retarget(epoch, None, 0.95)?.seconds, left))
    });
    assert!((time.covered - 0.95).abs() < 0.02, "{time:?}");
}

#[test]
fn luck_against_what_is_expected() {
    for expected in [2.0, 10.0, 150.0] {
        let found = held(&format!("luck, {expected} blocks expected"), 2_000, 6, |chance| {
            let (found, _) = chance.blocks_within(expected, 1.0);
            Some((luck(found, expected, 0.95)?.ratio?, 1.0))
        });
        assert!((0.94..0.995).contains(&found.covered), "{expected}: {found:?}");
        assert!((found.mean - 1.0).abs() < 2.0 * found.error, "{expected}: {found:?}");
    }
}

#[test]
fn luck_against_before() {
    for (share, blocks, before, few) in
        [(0.02, 144, 4_320, 1_000), (0.3, 144, 1_008, 1_000), (0.1, 1_008, 1_008, 1_000)]
    {
        // twice the share that it was, or the same
        for times in [1.0, 2.0] {
            let name = format!("{times} times {share} in {blocks} after {before}");
            let found = held(&name, few, 7, |chance| {
                let now = Found { found: chance.found(blocks, share * times), blocks };
                let then = Found { found: chance.found(before, share), blocks: before };
                Some((share_ratio(now, then, 0.95)?, times))
            });
            assert!((found.covered - 0.95).abs() < 0.03, "{name}: {found:?}");
        }
        let alarms = part(few, 8, |chance| {
            let now = Found { found: chance.found(blocks, share), blocks };
            let then = Found { found: chance.found(before, share), blocks: before };
            fisher_p_value(now, then).is_some_and(|p_value| p_value <= 0.05)
        });
        println!("Fisher's alarms at 0.05, {share} in {blocks} after {before}: {alarms:.4}");
        assert!(alarms < 0.06, "{share}: {alarms}");
    }
}

/// So many blocks of pools with those shares, the rest of nobody.
fn chain(chance: &mut Chance, shares: &[f64], blocks: u64) -> Vec<u16> {
    let one = |part: f64| {
        let sums = shares.iter().scan(0.0, |sum, share| {
            *sum += share;
            Some(*sum)
        });
        sums.zip(1..).find(|(sum, _)| part < *sum).map_or(0, |(_, pool)| pool)
    };
    (0..blocks).map(|_| one(chance.part())).collect()
}

#[test]
fn runs_and_gaps() {
    let shares = [0.3, 0.2, 0.12, 0.1, 0.05];
    let few = 2_000;
    let near = |name: &str, found: f64, probability: f64| {
        println!("{name}: {found:.4} of draws, probability {probability:.4}");
        let error = (probability * (1.0 - probability) / f64::from(draws(few))).sqrt();
        assert!((found - probability).abs() < 4.0 * error, "{name}: {found} {probability}");
    };
    let one = part(few, 9, |chance| {
        longest_run_of_each(&chain(chance, &shares, 1_008)).iter().any(|run| run.entity == 1 && run.length >= 6)
    });
    near("run of 6 of a pool of 0.3 in 1008", one, run_probability(0.3, 6, 1_008).unwrap());
    let gap = part(few, 10, |chance| {
        longest_gaps(&chain(chance, &shares, 1_008)).iter().any(|gap| gap.entity == 5 && gap.length >= 100)
    });
    near("gap of 100 of a pool of 0.05 in 1008", gap, gap_probability(0.05, 100, 1_008).unwrap());
    let any =
        part(few, 11, |chance| longest_runs(&chain(chance, &shares, 1_008)).first().is_some_and(|run| run.length >= 7));
    let bound = any_run_bound(&shares, 7, 1_008).unwrap();
    println!("run of 7 of any in 1008: {any:.4} of draws, bound {bound:.4}");
    assert!(any < bound + 0.025 && any > bound - 0.05, "{any} {bound}");
    let wait = part(few, 12, |chance| (0..144).any(|_| chance.wait(600.0) >= 3_600.0));
    near("an hour without a block within 144 waits", wait, longest_wait_probability(144, 600.0, 3_600.0).unwrap());
}
