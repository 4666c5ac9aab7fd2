//! How far chance lifts an index by putting entities into an order: the largest few of a sample are in part the luckiest.
//!
//! The sum of the n largest counts is at least that of the n entities that are largest in truth, so a concentration ratio
//! lies above the truth on average, and Gini's coefficient with it. A parametric bootstrap measures by how much: samples of
//! the observed shares, of which the observed order is known.

use super::{
    Counts,
    counts::{float, quotient},
    sampling::Random,
};

/// Samples for up to 200 entities. Only means are taken, of figures that are 0 unless the order changes.
const SAMPLES: usize = 200;
/// With more entities there are fewer samples, so that none of it takes long.
const MOST_DRAWS: usize = 200 * SAMPLES;
const FEWEST_SAMPLES: usize = 20;

/// Any would do, as long as it stays: the same counts have the same interval for ever.
const SEED: u64 = 2_016;

/// 1/(√2 - 1).
const UNDER_TRUTH: f64 = 1.0 + std::f64::consts::SQRT_2;

/// What a sample puts on by the change of order.
///
/// The observed shares are themselves spread by chance. Among entities that are alike they have the spread s of one sample and
/// their samples √2 s, so that the samples put on (√2 - 1) times what the truth's did. All means are divided by that: right for
/// entities that are alike, too much for others.
pub(super) struct Reranking {
    /// Of the part of the blocks that the 1, 2, 3 ... largest have.
    largest: Vec<f64>,
    /// Of Gini's coefficient.
    pub(super) gini: f64,
}

impl Reranking {
    /// Of counts without unlisted entities.
    pub(super) fn of(counts: &Counts) -> Self {
        let observed = counts.descending;
        let samples = (MOST_DRAWS / observed.len().max(1)).clamp(FEWEST_SAMPLES, SAMPLES);
        let mut random = Random::from_seed(SEED);
        let (mut drawn, mut sorted) = (vec![0; observed.len()], vec![0; observed.len()]);
        let mut gained = vec![0_u64; observed.len()];
        let mut gini = 0.0;
        for _ in 0..samples {
            random.multinomial(observed, &mut drawn);
            sorted.copy_from_slice(&drawn);
            sorted.sort_unstable_by(|a, b| b.cmp(a));
            let (mut in_order, mut in_old_order) = (0, 0);
            for ((gained, &sorted), &drawn) in gained.iter_mut().zip(&sorted).zip(&drawn) {
                (in_order, in_old_order) = (in_order + sorted, in_old_order + drawn);
                *gained += in_order - in_old_order;
            }
            gini += gini_gained(&drawn, &sorted);
        }
        #[allow(clippy::cast_precision_loss, reason = "a few hundred")]
        let samples = samples as f64;
        let scale = UNDER_TRUTH / samples;
        let largest = gained.into_iter().map(|gained| scale * float(gained) / float(counts.total())).collect();
        Self { largest, gini: scale * gini / float(counts.total()) }
    }

    /// Of the part of the blocks that the n largest have, n from 1. Nothing where there are no more than n.
    pub(super) fn largest(&self, n: usize) -> f64 {
        n.checked_sub(1).and_then(|at| self.largest.get(at)).copied().unwrap_or(0.0)
    }
}

/// Gini's coefficient of a sample less what it would be by ranks of the old order, times the blocks: over those entities that
/// are in the sample, 2/m Σ (rank in the old order - rank) x.
fn gini_gained(drawn: &[u64], sorted: &[u64]) -> f64 {
    let ranked = |counts: &mut dyn Iterator<Item = &u64>| -> u128 {
        (1..).zip(counts).map(|(rank, &x): (u128, _)| rank * u128::from(x)).sum()
    };
    let present = sorted.partition_point(|&x| x > 0);
    let old = ranked(&mut drawn.iter().filter(|&&x| x > 0));
    let new = ranked(&mut sorted[..present].iter());
    2.0 * quotient(old - new, present.max(1) as u128)
}
