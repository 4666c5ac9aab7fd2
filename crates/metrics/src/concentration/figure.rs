//! An index with its two uncertainties, kept apart: what chance allows, and what Unknown could change.

use super::{Counts, Index, Tally, bounds::unknown, interval::Sample};
use crate::shares::Certainty;

/// An index of a window. All in the unit of the index.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure {
    /// Of the blocks that are attributed, as if Unknown were shared out as they are. None where that is not defined: no block
    /// is attributed, or but one and the index needs two.
    pub value: Option<f64>,
    /// Lower bound of the interval that chance allows the attributed blocks. There whenever there is a value, and not above it.
    pub low: Option<f64>,
    /// Upper bound. There whenever there is a value, and not below it.
    pub high: Option<f64>,
    /// The least of the value and of the two extremes over all blocks, in which Unknown is everybody's or the largest's.
    pub unknown_low: f64,
    /// The greatest of the three. For Gini's coefficient, Theil's index and the entropy ratio these are cases, not bounds.
    pub unknown_high: f64,
}

/// An index of a tally. None where neither the attributed blocks nor all blocks have one, or the confidence is not in (0, 1).
///
/// The interval takes the attributed blocks for a multinomial sample of shares that do not change within the window. It is the
/// same for ever for the same tally.
pub fn figure(index: Index, tally: &Tally, confidence: f64) -> Option<Figure> {
    let certainty = Certainty::new(confidence)?;
    assembled(index, tally, tally.counts().map(|counts| Sample::new(counts, certainty)).as_ref())
}

/// All indices of a tally in the order of [`Index::ALL`], which share one bootstrap.
pub fn figures(tally: &Tally, confidence: f64) -> Vec<(Index, Option<Figure>)> {
    let Some(certainty) = Certainty::new(confidence) else { return Index::ALL.map(|index| (index, None)).into() };
    let sample = tally.counts().map(|counts| Sample::new(counts, certainty));
    Index::ALL.into_iter().map(|index| (index, assembled(index, tally, sample.as_ref()))).collect()
}

/// The interval of an index that has one in closed form: the same as [`figure`] gives, at a cost that each point of a chart
/// can bear. None for those that need the bootstrap: Nakamoto's coefficient, the tau indices, CR2, CR3, CR6, Gini's.
pub fn interval_cheap(index: Index, tally: &Tally, confidence: f64) -> Option<(f64, f64)> {
    interval_of(index, tally.counts()?, confidence)
}

/// The same of counts.
pub(crate) fn interval_of(index: Index, counts: Counts<'_>, confidence: f64) -> Option<(f64, f64)> {
    let (_, low, high) = Sample::in_closed_form(counts, Certainty::new(confidence)?).estimate(index)?;
    Some((low, high))
}

fn assembled(index: Index, tally: &Tally, sample: Option<&Sample>) -> Option<Figure> {
    let (unknown_low, unknown_high) = unknown(index, tally)?;
    let estimate = sample.and_then(|sample| sample.estimate(index));
    Some(Figure {
        value: estimate.map(|(value, _, _)| value),
        low: estimate.map(|(_, low, _)| low),
        high: estimate.map(|(_, _, high)| high),
        unknown_low,
        unknown_high,
    })
}
