//! Runs of blocks of one pool: the longest ones of a chain, and how likely runs are by chance.
//!
//! Who found which block is for others; here an entity is a number, and 0 is Unknown.

use crate::poisson::blocks as number;

/// The number of Unknown. It is nobody: it has no runs, and its blocks end the runs of others.
pub(crate) const UNKNOWN: u16 = 0;
/// Where so few runs are expected, the probability of one is that number, to the last digit of a float.
const NEXT_TO_NONE: f64 = 1e-17;

/// Consecutive blocks that belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Whose they are.
    pub entity: u16,
    /// The place of the first.
    pub start: usize,
    /// How many they are.
    pub length: usize,
}

/// The runs of a chain, one after the other, Unknown's left out. `found_by` says of each block who found it.
fn runs(found_by: &[u16]) -> impl Iterator<Item = Run> {
    let mut start = 0;
    found_by
        .chunk_by(|a, b| a == b)
        .map(move |chunk| {
            let run = Run { entity: chunk[0], start, length: chunk.len() };
            start += chunk.len();
            run
        })
        .filter(|run| run.entity != UNKNOWN)
}

/// The longest runs of all: every one of the greatest length, in the order of the chain. None of Unknown's.
///
/// Lengths are lower bounds: a block of Unknown within a run may be the same pool's, and cuts it in two. A run that
/// begins or ends with the blocks that are given may go on beyond.
///
/// What it does not show: that a long run is odd. The longest run of the largest of many pools in a long time is to be
/// long ([`run_probability`]).
pub fn longest_runs(found_by: &[u16]) -> Vec<Run> {
    let longest = runs(found_by).map(|run| run.length).max();
    runs(found_by).filter(|run| Some(run.length) == longest).collect()
}

/// The longest run of each entity that has a block, by entity: the first, where several are of that length. Otherwise
/// as [`longest_runs`].
pub fn longest_run_of_each(found_by: &[u16]) -> Vec<Run> {
    let mut longest: Vec<Option<Run>> = Vec::new();
    for run in runs(found_by) {
        let place = usize::from(run.entity);
        if longest.len() <= place {
            longest.resize(place + 1, None);
        }
        if longest[place].is_none_or(|known| known.length < run.length) {
            longest[place] = Some(run);
        }
    }
    longest.into_iter().flatten().collect()
}

/// The number of runs of at least `length` blocks that an entity with that `share` of the hashrate has in expectation
/// among `blocks` blocks: `p^L + (n - L)(1-p) p^L`, 0 where n is below L. A longer run counts once.
///
/// Range: 0 to (n+1)/(L+1). None for a share outside of 0 to 1, a length of 0, and more than ten million blocks.
///
/// Source: such a run begins with the first block, or right after one of another's.
pub fn expected_runs(share: f64, length: u64, blocks: u64) -> Option<f64> {
    let n = number(blocks).filter(|_| length > 0 && (0.0..=1.0).contains(&share))?;
    let Some(length) = number(length).filter(|length| *length <= n) else { return Some(0.0) };
    let run = share.powf(length);
    Some(run + (n - length) * (1.0 - share) * run)
}

/// The probability that an entity with that `share` of the hashrate has at least one run of at least `length` blocks
/// among `blocks` blocks.
///
/// Blocks are taken as independent, each the entity's with probability p. A first run of L ends with block i if the L
/// blocks up to it are the entity's, the one before is not, and none ended earlier:
/// `q(i) = q(i-1) + (1-p) p^L (1 - q(i-L-1))` from `q(L) = p^L` on, and 0 below. All terms are above 0, so nothing is
/// lost in differences, however small it is. Time grows with `blocks`, room with `length`.
///
/// Range: 0 to 1; it rises with the share and the blocks, and falls with the length. None for a share outside of 0 to
/// 1, a length of 0, and more than ten million blocks.
///
/// What it does not show: shares are estimates, moved over the time, and p^L makes much of a small error (a share that
/// is a tenth higher makes a run of six 1.8 times as likely). Looking for the longest run of any pool at any time finds
/// one: see [`any_run_bound`]. Two blocks in a row are a little more likely than p^2 where a pool hears of its own
/// block first.
///
/// Source: W. Feller, «An Introduction to Probability Theory and Its Applications» I (1968), XIII.7.
pub fn run_probability(share: f64, length: u64, blocks: u64) -> Option<f64> {
    any_run_bound(&[share], length, blocks)
}

/// An upper bound (Bonferroni's) for the probability that any of several entities has a run of at least `length` blocks
/// among `blocks` blocks: the sum of [`run_probability`] over their shares, at most 1.
///
/// It is close where it is small, which is where it matters: too high by no more than the number of pairs in
/// expectation that both have one.
///
/// Range: 0 to 1; 0 for no entity. None for a share outside of 0 to 1, shares that are more than 1 together, a length
/// of 0, and more than ten million blocks.
pub fn any_run_bound(shares: &[f64], length: u64, blocks: u64) -> Option<f64> {
    // shares are quotients, their sum may be off in the last digits
    if shares.iter().sum::<f64>() > 1.0 + 1e-9 {
        return None;
    }
    let expected: Vec<f64> = shares.iter().map(|share| expected_runs(*share, length, blocks)).collect::<Option<_>>()?;
    let rest: f64 = expected.iter().filter(|runs| **runs < NEXT_TO_NONE).fold(0.0, |sum, runs| sum + runs);
    let likely = shares.iter().zip(&expected).filter(|(_, runs)| **runs >= NEXT_TO_NONE).map(|(share, _)| *share);
    let likely: Vec<f64> = likely.collect();
    // a length above the blocks is expected of nobody
    let probabilities = if likely.is_empty() { 0.0 } else { first_runs(&likely, length, blocks)? };
    Some((rest + probabilities).min(1.0))
}

/// The sum of the probabilities of a first run, all shares taken a block further at a time: their sums do not wait for
/// each other.
fn first_runs(shares: &[f64], length: u64, blocks: u64) -> Option<f64> {
    let (many, exponent) = (shares.len(), number(length)?);
    let (length, blocks) = (usize::try_from(length).ok()?, usize::try_from(blocks).ok()?);
    let whole: Vec<f64> = shares.iter().map(|share| share.powf(exponent)).collect();
    let ends: Vec<f64> = shares.iter().zip(&whole).map(|(share, run)| (1.0 - share) * run).collect();
    // a ring of the last length + 1 blocks, or of all: before block `length` nothing has ended
    let ring = (length + 1).min(blocks - length + 1);
    let mut known = vec![0.0; ring * many];
    let mut now = whole;
    known[..many].copy_from_slice(&now);
    let mut at = 0;
    for _ in length..blocks {
        at = if at + 1 == ring { 0 } else { at + 1 };
        let place = &mut known[at * many..(at + 1) * many];
        // what stands in block i's place of the ring is of block i-L-1 still, or 0
        for ((q, before), end) in now.iter_mut().zip(place).zip(&ends) {
            *q = (*q + end * (1.0 - *before)).min(1.0);
            *before = *q;
        }
    }
    Some(now.iter().sum())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn run(entity: u16, start: usize, length: usize) -> Run {
        Run { entity, start, length }
    }

    #[test]
    fn longest() {
        let chain = [1, 1, 2, 2, 2, 0, 0, 0, 0, 1, 3, 3, 3, 2, 1, 1];
        assert_eq!(longest_runs(&chain), [run(2, 2, 3), run(3, 10, 3)]);
        assert_eq!(longest_run_of_each(&chain), [run(1, 0, 2), run(2, 2, 3), run(3, 10, 3)]);
        assert_eq!(longest_runs(&[9; 5]), [run(9, 0, 5)]);
        for none in [&[][..], &[0, 0, 0]] {
            assert_eq!((longest_runs(none), longest_run_of_each(none)), (vec![], vec![]));
        }
        assert_eq!(longest_run_of_each(&[u16::MAX, 0, u16::MAX]), [run(u16::MAX, 0, 1)]);
    }

    /// A run of three in ten tosses of a coin: 65/128 (A. de Moivre, «The Doctrine of Chances», 1756, problem LXXIV).
    /// Six heads in a row in a hundred tosses, and five: counted in whole numbers (575394696005229603939105448800 of
    /// 2^100 sequences have no six). A pool of 0.3 and a run of six in a day and in a week, of 0.01 and five in a
    /// month: the recursion in exact fractions.
    #[test]
    fn known_probabilities() {
        for (share, length, blocks, probability) in [
            (0.5, 3, 10, 65.0 / 128.0),
            (0.5, 4, 8, 48.0 / 256.0),
            (0.5, 6, 100, 0.546_093_619_249_945_7),
            (0.5, 5, 100, 0.810_109_599_196_358),
            (0.3, 6, 144, 0.068_893_994_024_508_74),
            (0.3, 6, 1_008, 0.401_752_721_259_379_8),
            (0.01, 5, 4_320, 4.272_849_089_462_87e-7),
        ] {
            let found = run_probability(share, length, blocks).unwrap();
            assert!((found / probability - 1.0).abs() < 1e-12, "{share} {length} {blocks}: {found}");
        }
    }

    /// Sequences of heads and tails without a run of heads, counted by the length of the run they end with.
    #[test]
    fn counted_sequences() {
        for length in 1..=20_u32 {
            let mut ending = vec![1_u128];
            ending.resize(length as usize, 0);
            for blocks in 1..=120_u32 {
                ending.insert(0, ending.iter().sum());
                ending.pop();
                #[allow(clippy::cast_precision_loss, reason = "good to the sixteenth digit")]
                let with = ((1_u128 << blocks) - ending.iter().sum::<u128>()) as f64 / 2_f64.powi(blocks.cast_signed());
                let found = run_probability(0.5, length.into(), blocks.into()).unwrap();
                assert!((found - with).abs() <= 1e-13 * with, "{length} {blocks}: {found} {with}");
            }
        }
    }

    #[test]
    fn the_ends_are_answered() {
        let at = |share, length, blocks| run_probability(share, length, blocks).unwrap();
        assert_eq!((at(0.0, 1, 10), at(0.3, 11, 10), at(0.3, 1, 0), at(0.3, u64::MAX, 10)), (0.0, 0.0, 0.0, 0.0));
        assert_eq!((at(1.0, 10, 10), at(1.0, 1, 1_000_000), at(0.9, 1, 1_000_000)), (1.0, 1.0, 1.0));
        assert_eq!(at(1e-5, 200, 1_000_000), 0.0, "beyond what floats hold");
        // so rare that the second run does not count
        assert!((at(1e-4, 6, 1_000_000) / (1e-24 * (1.0 + 999_994.0 * 0.9999)) - 1.0).abs() < 1e-12);
        assert_eq!(any_run_bound(&[], 1, 10), Some(0.0));
        assert_eq!(any_run_bound(&[0.5, 0.5], 1, 10), Some(1.0));
    }

    #[test]
    fn nothing_from_nothing() {
        for bad in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
            assert_eq!(run_probability(bad, 2, 10), None, "{bad}");
            assert_eq!(expected_runs(bad, 2, 10), None, "{bad}");
        }
        assert_eq!(run_probability(0.5, 0, 10), None);
        assert_eq!(run_probability(0.5, 2, u64::MAX), None);
        assert_eq!(expected_runs(0.5, 0, 10), None);
        assert_eq!(any_run_bound(&[0.6, 0.6], 2, 10), None, "more than all");
        assert_eq!(any_run_bound(&[0.6, f64::NAN], 2, 10), None);
    }

    /// Every chain of `blocks` blocks among entities of those shares, with its probability.
    fn chains(shares: &[f64], blocks: u32) -> impl Iterator<Item = (Vec<u16>, f64)> {
        let many = u32::try_from(shares.len()).unwrap();
        (0..many.pow(blocks)).map(move |mut code| {
            let mut chance = 1.0;
            let mut chain = Vec::new();
            for _ in 0..blocks {
                let entity = u16::try_from(code % many).unwrap();
                chance *= shares[usize::from(entity)];
                // the last entity stands for all others, whoever they are
                chain.push(if u32::from(entity) + 1 == many { UNKNOWN } else { entity + 1 });
                code /= many;
            }
            (chain, chance)
        })
    }

    #[test]
    fn all_chains_of_a_few_blocks() {
        for (shares, blocks) in [([0.2, 0.5, 0.3], 8_u32), ([0.05, 0.15, 0.8], 7)] {
            for length in 1..=blocks {
                let least = length as usize;
                let (mut one, mut any, mut runs_of_one) = (0.0, 0.0, 0.0);
                for (chain, chance) in chains(&shares, blocks) {
                    let longest = longest_run_of_each(&chain);
                    one += if longest.iter().any(|run| run.entity == 1 && run.length >= least) { chance } else { 0.0 };
                    any += if longest.iter().any(|run| run.length >= least) { chance } else { 0.0 };
                    let of_one = runs(&chain).filter(|run| run.entity == 1 && run.length >= least).count();
                    runs_of_one += f64::from(u32::try_from(of_one).unwrap()) * chance;
                }
                let (length, blocks) = (u64::from(length), u64::from(blocks));
                assert!((run_probability(shares[0], length, blocks).unwrap() - one).abs() < 1e-12);
                assert!((expected_runs(shares[0], length, blocks).unwrap() - runs_of_one).abs() < 1e-12);
                let bound = any_run_bound(&shares[..2], length, blocks).unwrap();
                assert!(bound >= any - 1e-12 && (length < 4 || bound < any * 1.1), "{length}: {bound} {any}");
            }
        }
    }

    proptest! {
        #[test]
        fn rises_and_falls(share in 0.0..=1.0, more in 0.0..=1.0, length in 1..40_u64, blocks in 0..3_000_u64) {
            let here = run_probability(share, length, blocks).unwrap();
            prop_assert!((0.0..=1.0).contains(&here));
            prop_assert!(here <= expected_runs(share, length, blocks).unwrap() * (1.0 + 1e-12));
            let slack = 1.0 + 1e-11;
            prop_assert!(here <= run_probability(share, length, blocks + 1).unwrap() * slack);
            prop_assert!(here <= run_probability(share.max(more), length, blocks).unwrap() * slack);
            prop_assert!(here * slack >= run_probability(share, length + 1, blocks).unwrap());
        }

        /// All at once is each on its own.
        #[test]
        fn the_bound_is_the_sum(shares in [0.0..0.3, 0.0..0.3, 0.0..0.3], length in 1..30_u64, blocks in 0..2_000_u64) {
            let sum: f64 = shares.iter().map(|share| run_probability(*share, length, blocks).unwrap()).sum();
            let found = any_run_bound(&shares, length, blocks).unwrap();
            prop_assert!((found - sum.min(1.0)).abs() < 1e-12);
        }

        #[test]
        fn runs_are_the_chain(chain in proptest::collection::vec(0..4_u16, 0..200)) {
            let mut again = vec![UNKNOWN; chain.len()];
            for run in runs(&chain) {
                again[run.start..run.start + run.length].fill(run.entity);
            }
            let longest = runs(&chain).map(|run| run.length).max();
            prop_assert_eq!(longest_runs(&chain).first().map(|run| run.length), longest);
            prop_assert_eq!(again, chain);
        }
    }
}
