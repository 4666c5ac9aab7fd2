//! Days and weeks of the calendar (UTC) that are over as of a block, and their hashrates.
//!
//! A block belongs to the day of its median time past, as with windows. mempool stamps a day and a week with their end, and so do we: the
//! midnight after a day, the Monday after a week.

use hashwatch_metrics::mean_hashrate;
use hashwatch_store::ChainColumns;

/// A round of the calendar.
#[derive(Clone, Copy, Debug)]
pub(super) struct Round {
    seconds: i64,
    /// One of its beginnings, Unix seconds.
    begins: i64,
}

pub(super) const DAY: Round = Round { seconds: 86_400, begins: 0 };
/// 1970 began on a Thursday.
pub(super) const WEEK: Round = Round { seconds: 7 * 86_400, begins: 4 * 86_400 };

/// The blocks of one day or week.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    /// Where it ends, Unix seconds: the first second after it.
    pub(super) end: i64,
    /// The place of its first block, and that behind its last.
    pub(super) from: usize,
    pub(super) to: usize,
}

/// The days or weeks that have blocks and are over, the oldest first. `medians` are the median times past of a chain, of which the last is
/// the as-of block's: a day is over when a later one has begun.
pub(super) fn over(medians: &[u32], round: Round) -> Vec<Stretch> {
    let mut stretches = Vec::new();
    let end_of = |median: u32| {
        let into = (i64::from(median) - round.begins).rem_euclid(round.seconds);
        i64::from(median) - into + round.seconds
    };
    let Some(last) = medians.last() else { return stretches };
    let mut from = 0;
    while let Some(end) = medians.get(from).map(|median| end_of(*median)).filter(|end| *end <= i64::from(*last)) {
        let to = from + medians[from..].partition_point(|median| i64::from(*median) < end);
        stretches.push(Stretch { end, from, to });
        from = to;
    }
    stretches
}

/// Hashes per second of a stretch, in real hashes; none where it is too short to say.
pub(super) fn hashrate_of(chain: &ChainColumns, stretch: Stretch, hash_scale: f64) -> Option<f64> {
    // the clock starts with the block below; the chain's first has none
    let (below, last) = (stretch.from.saturating_sub(1), stretch.to.checked_sub(1)?);
    let seconds = chain.times()[last].saturating_sub(chain.times()[below]);
    mean_hashrate(chain.work_between(below, last) * hash_scale, (last - below) as u64, u64::from(seconds))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MIDNIGHT: u32 = 1_650_240_000;

    /// 18 April 2022 was a Monday, and midnight as mempool's documentation stamps a week.
    #[test]
    fn days_and_weeks_end_at_midnight() {
        let medians = [-700_000, -86_401, -86_400, -1, 0, 1, 86_399].map(|after| MIDNIGHT.saturating_add_signed(after));
        let midnight = i64::from(MIDNIGHT);
        let days = over(&medians, DAY);
        assert_eq!(
            days,
            [
                Stretch { end: midnight - 8 * 86_400, from: 0, to: 1 },
                Stretch { end: midnight - 86_400, from: 1, to: 2 },
                Stretch { end: midnight, from: 2, to: 4 },
            ]
        );
        let weeks = over(&medians, WEEK);
        assert_eq!(
            weeks,
            [Stretch { end: midnight - 7 * 86_400, from: 0, to: 1 }, Stretch { end: midnight, from: 1, to: 4 }]
        );
        // one second less, and the last day is not over
        assert_eq!(over(&medians[..4], DAY).len(), 2);
        assert_eq!(over(&[], DAY), []);
        assert_eq!(over(&[MIDNIGHT], DAY), []);
    }

    proptest! {
        /// Each stretch holds what lies in it, and nothing is left out but the last.
        #[test]
        fn stretches_hold_the_blocks_of_their_time(
            mut medians in proptest::collection::vec(0..u32::MAX, 1..60), week in any::<bool>(),
        ) {
            medians.sort_unstable();
            let round = if week { WEEK } else { DAY };
            let (mut at, last) = (0, i64::from(medians[medians.len() - 1]));
            for Stretch { end, from, to } in over(&medians, round) {
                prop_assert!(from == at && to > from && end <= last && (end - round.begins) % round.seconds == 0);
                prop_assert!(medians[from..to].iter().all(|it| (end - round.seconds..end).contains(&i64::from(*it))));
                at = to;
            }
            prop_assert!(medians[at..].iter().all(|it| i64::from(*it) > last - round.seconds));
        }
    }
}
