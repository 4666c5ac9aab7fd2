//! What Unknown could make of an index, if it were known.

use super::{Counts, Index, Tally};

/// The least and the greatest of three: the index of the named blocks alone; of all blocks with each Unknown one somebody
/// else's; of all blocks with all Unknown ones the largest entity's. None where none of the three is defined.
///
/// No sharing out of the Unknown blocks makes more of concentration than the last, or less than the second, by any
/// index but three: Gini's and Theil's and the entropy ratio depend on how many entities there are, and for these the
/// three are cases and no bounds.
pub(super) fn unknown(index: Index, tally: &Tally) -> Option<(f64, f64)> {
    let named = tally.counts().and_then(|counts| index.of(&counts));
    if tally.unknown() == 0 {
        return named.map(|value| (value, value));
    }
    let spread = Counts::and_singles(tally.descending(), tally.unknown()).and_then(|counts| index.of(&counts));
    let mut gathered = tally.descending().to_vec();
    match gathered.first_mut() {
        Some(largest) => *largest = largest.checked_add(tally.unknown())?,
        None => gathered.push(tally.unknown()),
    }
    let gathered = Counts::of(&gathered).and_then(|counts| index.of(&counts));
    let cases = [named, spread, gathered].into_iter().flatten();
    cases.fold(None, |found, case| match found {
        None => Some((case, case)),
        Some((low, high)) => Some((case.min(low), case.max(high))),
    })
}
