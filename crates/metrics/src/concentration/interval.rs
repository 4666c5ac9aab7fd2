//! The interval of each index: which of the methods beside this module it takes.

use std::{cell::OnceCell, f64::consts::LN_2};

use super::{Counts, Fraction, Index, analytic, bootstrap::Reranking, counts::float, entropy::positive};
use crate::shares::{Certainty, wilson_bounds};

/// Blocks as a sample of true shares.
pub(super) struct Sample<'a> {
    counts: Counts<'a>,
    certainty: Certainty,
    /// None where nobody wants to pay for it.
    reranking: Option<OnceCell<Reranking>>,
}

impl<'a> Sample<'a> {
    pub(super) fn new(counts: Counts<'a>, certainty: Certainty) -> Self {
        Self { counts, certainty, reranking: Some(OnceCell::new()) }
    }

    /// Without the bootstrap, and without the intervals that need it.
    pub(super) fn in_closed_form(counts: Counts<'a>, certainty: Certainty) -> Self {
        Self { counts, certainty, reranking: None }
    }

    /// The value of an index, its lower and its upper bound.
    ///
    /// The bounds stand about an estimate without the bias that the value has, so they may have to be stretched to hold it.
    pub(super) fn estimate(&self, index: Index) -> Option<(f64, f64, f64)> {
        let value = index.of(&self.counts)?;
        let (low, high) = self.interval(index)?;
        Some((value, low.min(value), high.max(value)))
    }

    fn interval(&self, index: Index) -> Option<(f64, f64)> {
        let (counts, certainty) = (&self.counts, self.certainty);
        let simpson = || analytic::simpson(counts, certainty);
        let known = |value: f64| (value, value);
        Some(match index {
            Index::Hhi | Index::HhiUnbiased => mapped(simpson(), |squares| 10_000.0 * squares),
            Index::EffectiveNumber => turned(simpson(), f64::recip),
            Index::Renyi2 => turned(simpson(), |squares| positive(-squares.log2())),
            Index::Nakamoto => self.passing(Fraction::HALF)?,
            Index::NakamotoThird => self.passing(Fraction::THIRD)?,
            Index::Tau33 => self.passing(Fraction::percent(33))?,
            Index::Tau66 => self.passing(Fraction::percent(66))?,
            Index::Cr1 => self.of_one(),
            Index::Cr2 => self.largest(2)?,
            Index::Cr3 => self.largest(3)?,
            Index::Cr6 => self.largest(6)?,
            Index::Gini => self.gini()?,
            Index::Shannon | Index::ShannonCorrected => analytic::shannon(counts, certainty),
            // counted, not estimated: how many mine and found nothing cannot be told
            Index::Hartley => known(counts.hartley()),
            Index::Entities => known(float(counts.entities())),
            Index::MinEntropy => turned(self.of_one(), |share| positive(-share.log2())),
            Index::EntropyRatio if counts.entities() == 1 => known(0.0),
            Index::EntropyRatio => {
                let most = counts.hartley();
                mapped(analytic::shannon_of_seen(counts, certainty), |bits| bits / most)
            }
            Index::Theil => {
                let most = counts.hartley();
                turned(analytic::shannon_of_seen(counts, certainty), |bits| (most - bits) * LN_2)
            }
        })
    }

    fn reranking(&self) -> Option<&Reranking> {
        Some(self.reranking.as_ref()?.get_or_init(|| Reranking::of(&self.counts)))
    }

    /// For the part that the n largest have in truth.
    fn largest(&self, n: usize) -> Option<(f64, f64)> {
        self.of_largest(n, self.counts.descending.iter().take(n).sum())
    }

    /// The same, of so many blocks of the n largest seen: Wilson's bounds, and the lower one less what order puts on. Where the
    /// order is not in doubt, nothing is.
    fn of_largest(&self, n: usize, blocks: u64) -> Option<(f64, f64)> {
        let (low, high) = wilson_bounds(blocks, self.counts.total(), self.certainty.z);
        Some((positive(low - self.reranking()?.largest(n)), high))
    }

    /// For the least number of entities that pass a threshold in truth: from the first whose upper bound passes it to the first
    /// whose lower bound does; one more than were seen, where none does.
    fn passing(&self, threshold: Fraction) -> Option<(f64, f64)> {
        self.reranking()?;
        let (mut low, mut high, mut blocks) = (None, None, 0);
        for (n, more) in (1..).zip(self.counts.descending) {
            blocks += more;
            let bounds = if n == 1 { self.of_one() } else { self.of_largest(n, blocks)? };
            let passed = |bound: f64| (bound > threshold.value()).then_some(n as u64);
            low = low.or(passed(bounds.1));
            high = high.or(passed(bounds.0));
            if high.is_some() {
                break;
            }
        }
        let beyond = self.counts.entities() + 1;
        Some((float(low.unwrap_or(beyond)), float(high.unwrap_or(beyond))))
    }

    /// For the part that the largest has in truth.
    fn of_one(&self) -> (f64, f64) {
        analytic::largest_share(&self.counts, self.certainty)
    }

    /// For Gini's coefficient of the true shares of those entities that found a block: with the order taken as given it is a
    /// weighted mean, of weights (m + 1 - 2 rank)/m, whose variance is known; the lower bound less what order puts on.
    fn gini(&self) -> Option<(f64, f64)> {
        let entities = float(self.counts.entities());
        let (gini, total) = (self.counts.gini(), float(self.counts.total()));
        let ranked = (1..).zip(self.counts.descending);
        let spread: f64 = ranked
            .map(|(rank, &x)| {
                let weight = (entities + 1.0 - 2.0 * float(rank)) / entities;
                float(x) / total * (weight - gini).powi(2)
            })
            .sum();
        let margin = self.certainty.z * (spread / total).sqrt();
        let most = 1.0 - entities.recip();
        Some((positive(gini - margin - self.reranking()?.gini), (gini + margin).min(most)))
    }
}

fn mapped((low, high): (f64, f64), of: impl Fn(f64) -> f64) -> (f64, f64) {
    (of(low), of(high))
}

/// By a falling function, which turns an interval round.
fn turned((low, high): (f64, f64), of: impl Fn(f64) -> f64) -> (f64, f64) {
    (of(high), of(low))
}
