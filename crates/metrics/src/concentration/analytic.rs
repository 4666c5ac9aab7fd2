//! Intervals in closed form. All of them take the blocks for a multinomial sample of constant true shares; z is the
//! two-sided quantile of the normal distribution. All entities are listed.
//!
//! A window of a single entity has no spread to go by. There Wilson's lower bound of its share stands in.

use super::{Counts, counts::float, entropy::positive};
use crate::shares::{Certainty, wilson_bounds};

/// For Σ p²: Simpson's unbiased estimate, on a logarithmic scale, with the variance that he gives for it and the observed
/// shares in it: [4(N-2)(Σp³ - (Σp²)²) + 2Σp²(1 - Σp²)] / (N(N-1)). Where no entity has two blocks, as if half a pair of
/// blocks were of one.
///
/// Source: E. H. Simpson, «Measurement of diversity», Nature 163 (1949).
pub(super) fn simpson(counts: &Counts, certainty: Certainty) -> (f64, f64) {
    let n = float(counts.total());
    if counts.entities() == 1 {
        return (least_share(counts, certainty).powi(2), 1.0);
    }
    let pairs = n * (n - 1.0);
    let estimate = (counts.sum(|x| x * (x - 1.0)) / pairs).max(1.0 / pairs);
    let squares = counts.sum(|x| (x / n).powi(2));
    // Σp³ - (Σp²)², as a sum of what is not negative
    let spread = counts.sum(|x| x / n * (x / n - squares).powi(2));
    let variance = (4.0 * (n - 2.0) * spread + 2.0 * squares * (1.0 - squares)) / pairs;
    let factor = (certainty.z * variance.sqrt() / estimate).exp();
    (estimate / factor, (estimate * factor).min(1.0))
}

/// An estimate of Shannon's entropy and the distance to its bounds, in bits.
pub(super) struct Entropy {
    pub(super) estimate: f64,
    pub(super) margin: f64,
}

/// Shannon's entropy by the jackknife over blocks: with H(i) that of the window without one block of entity i,
/// N H - (N-1) Σ x H(i) / N, of variance (N-1)/N Σ x (H(i) - their mean)².
///
/// None for a single entity: nothing varies.
///
/// Source: S. Zahl, «Jackknifing an index of diversity», Ecology 58 (1977).
pub(super) fn jackknife(counts: &Counts, certainty: Certainty) -> Option<Entropy> {
    if counts.entities() == 1 {
        return None;
    }
    let n = float(counts.total());
    let bits = |x: f64| if x > 0.0 { x * x.log2() } else { 0.0 };
    let sum = counts.sum(bits);
    let without = |x: f64| (n - 1.0).log2() - (sum - bits(x) + bits(x - 1.0)) / (n - 1.0);
    let mean = counts.sum(|x| x * without(x)) / n;
    let variance = (n - 1.0) / n * counts.sum(|x| x * (without(x) - mean).powi(2));
    let entropy = counts.shannon();
    Some(Entropy { estimate: entropy + (n - 1.0) * (entropy - mean), margin: certainty.z * variance.sqrt() })
}

/// For Shannon's entropy of all who mine, in bits. For a single entity, as if there were one more.
pub(super) fn shannon(counts: &Counts, certainty: Certainty) -> (f64, f64) {
    let Some(found) = jackknife(counts, certainty) else {
        let share = least_share(counts, certainty).max(0.5);
        return (0.0, -(share * share.log2() + (1.0 - share) * (1.0 - share).log2()));
    };
    (positive(found.estimate - found.margin), found.estimate + found.margin)
}

/// For Shannon's entropy in bits of the true shares of those entities alone that found a block in the window. That rare ones
/// are missing is no error here, so the lower bound is taken from the entropy as it is.
pub(super) fn shannon_of_seen(counts: &Counts, certainty: Certainty) -> (f64, f64) {
    let most = counts.hartley();
    jackknife(counts, certainty).map_or((0.0, 0.0), |found| {
        let low = counts.shannon().min(found.estimate) - found.margin;
        (low.clamp(0.0, most), (found.estimate + found.margin).clamp(0.0, most))
    })
}

/// For the largest true share. Above, Wilson's bound of the largest. Below, where others may in truth be as large (their upper
/// bounds reach its lower one), each of them may have come out largest by luck: the error allowed is divided by their number.
pub(super) fn largest_share(counts: &Counts, certainty: Certainty) -> (f64, f64) {
    let (total, largest) = (counts.total(), counts.largest());
    let (low, high) = wilson_bounds(largest, total, certainty.z);
    let reaches = |blocks: &u64| wilson_bounds(*blocks, total, certainty.z).1 >= low;
    let contenders = counts.descending.partition_point(reaches) as u64;
    let shared = certainty.shared_by(contenders);
    (wilson_bounds(largest, total, shared.z).0, high)
}

/// Wilson's lower bound of the largest share.
fn least_share(counts: &Counts, certainty: Certainty) -> f64 {
    wilson_bounds(counts.largest(), counts.total(), certainty.z).0
}
