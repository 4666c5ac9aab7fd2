//! Intervals and bounds hold what they say they hold, for any window. How often they hold the truth is measured by
//! `examples/coverage`, and a slice of it by `tests/coverage.rs`.

use proptest::{collection::vec, prelude::*};

use super::*;
use crate::concentration::{Figure, figure, figures, interval_cheap};

fn estimate(figure: Figure) -> Option<(f64, f64, f64)> {
    Some((figure.low?, figure.value?, figure.high?))
}

/// Where an index can lie at all.
fn range(index: Index) -> (f64, f64) {
    match index {
        Index::Hhi | Index::HhiUnbiased => (0.0, 10_000.0),
        Index::Cr1 | Index::Cr2 | Index::Cr3 | Index::Cr6 | Index::Gini | Index::EntropyRatio => (0.0, 1.0),
        Index::Shannon
        | Index::ShannonCorrected
        | Index::Renyi2
        | Index::Hartley
        | Index::MinEntropy
        | Index::Theil => (0.0, f64::MAX),
        _ => (1.0, f64::MAX),
    }
}

fn holds_together(tally: &Tally, confidence: f64) -> Result<(), TestCaseError> {
    for (index, figure) in figures(tally, confidence) {
        let Some(figure) = figure else {
            prop_assert!(index == Index::HhiUnbiased && tally.total() < 2, "{index:?} of {tally:?}");
            continue;
        };
        prop_assert_eq!(figure.value, tally.counts().and_then(|counts| index.of(&counts)));
        prop_assert!(
            figure.unknown_low <= figure.unknown_high
                && figure.unknown_low.is_finite()
                && figure.unknown_high.is_finite()
        );
        let Some((low, value, high)) = estimate(figure) else {
            prop_assert_eq!((figure.low, figure.value, figure.high), (None, None, None));
            prop_assert!(tally.named() < 2);
            continue;
        };
        let (least, most) = range(index);
        prop_assert!(
            least <= low && low <= value && value <= high && high <= most,
            "{index:?} of {tally:?}: {figure:?}"
        );
        prop_assert!(figure.unknown_low <= value && value <= figure.unknown_high, "{index:?} of {tally:?}: {figure:?}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn value_lies_between(
        counts in vec(prop_oneof![0..3_u64, 0..60_u64, 0..5_000_u64], 0..25),
        unknown in prop_oneof![Just(0), 1..5_u64, 0..5_000_u64],
        confidence in prop_oneof![Just(0.95), 0.01..0.999_999],
    ) {
        prop_assume!(counts.iter().sum::<u64>() + unknown > 0);
        holds_together(&Tally::new(counts, unknown), confidence)?;
    }

    /// Of the indices that majorization orders, no sharing out of Unknown passes the bounds.
    #[test]
    fn no_sharing_out_passes_the_bounds(counts in vec(1..40_u64, 1..8), unknown in vec(0..12_usize, 1..30)) {
        let tally = Tally::new(counts.iter().copied(), unknown.len() as u64);
        let mut shared = counts;
        // to one of the named or of four new ones
        shared.resize(12, 0);
        for entity in unknown {
            shared[entity] += 1;
        }
        let shared = Tally::new(shared, 0);
        for index in Index::ALL {
            if matches!(index, Index::Gini | Index::Theil | Index::EntropyRatio) {
                continue;
            }
            let (Some(figure), Some(value)) = (figure(index, &tally, 0.95), index.of(&shared.counts().unwrap())) else { continue };
            let slack = 1e-12 * value;
            prop_assert!(figure.unknown_low <= value + slack && value <= figure.unknown_high + slack, "{index:?}: {value} of {figure:?}");
        }
    }
}

#[test]
fn windows_of_few_blocks() {
    for counts in [
        &[][..],
        &[1],
        &[2],
        &[3],
        &[1, 1],
        &[1, 1, 1],
        &[2, 1],
        &[5],
        &[144],
        &[143, 1],
        &[1; 30],
        &[52_560],
        &[1 << 52, 1 << 51],
    ] {
        for unknown in [0, 1, 2, 100] {
            let tally = Tally::new(counts.iter().copied(), unknown);
            if tally.total() > 0 {
                for confidence in [1e-12, 0.5, 0.95, 1.0 - 1e-12] {
                    holds_together(&tally, confidence).unwrap();
                }
            }
        }
    }
    // five blocks of one pool: it may well have less than all, and two may be needed for a majority after three
    let five = Tally::new([5], 0);
    let bounds = |index, tally: &Tally| estimate(figure(index, tally, 0.95).unwrap()).unwrap();
    assert!(bounds(Index::Hhi, &five).0 < 3_300.0 && bounds(Index::Shannon, &five).2 > 0.9);
    assert!(bounds(Index::Nakamoto, &Tally::new([3], 0)).2 > 1.0);
}

#[test]
fn only_unknown() {
    let tally = Tally::new([], 10);
    let found = figure(Index::Hhi, &tally, 0.95).unwrap();
    assert_eq!((found.value, found.low, found.high), (None, None, None));
    assert!((found.unknown_low - 1_000.0).abs() < 1e-9 && (found.unknown_high - 10_000.0).abs() < 1e-9);
    let nakamoto = figure(Index::Nakamoto, &tally, 0.95).unwrap();
    assert!((nakamoto.unknown_low - 1.0).abs() < 1e-9 && (nakamoto.unknown_high - 6.0).abs() < 1e-9);
    assert!(Index::ALL.into_iter().all(|index| figure(index, &Tally::default(), 0.95).is_none()));
}

/// By hand: [6, 3] and 3 Unknown. Spread, 36 + 9 + 3 of 144; gathered, 81 + 9 of 144; alone, 45 of 81.
#[test]
fn what_unknown_could_change() {
    let found = figure(Index::Hhi, &Tally::new([3, 6], 3), 0.95).unwrap();
    for (found, expected) in [
        (found.unknown_low, 10_000.0 * 48.0 / 144.0),
        (found.unknown_high, 10_000.0 * 90.0 / 144.0),
        (found.value.unwrap(), 10_000.0 * 45.0 / 81.0),
    ] {
        assert!((found - expected).abs() < 1e-9, "{found} for {expected}");
    }
    // two equal ones: a Gini of 0 that neither extreme has, the value is the least
    let gini = figure(Index::Gini, &Tally::new([5, 5], 2), 0.95).unwrap();
    assert!(gini.unknown_low <= 0.0 && gini.unknown_high > 0.3);
}

#[test]
fn no_answer_at_no_confidence() {
    for confidence in [0.0, 1.0, -1.0, f64::NAN] {
        assert_eq!(figure(Index::Hhi, &march_2026(), confidence), None);
        assert!(figures(&march_2026(), confidence).iter().all(|(_, figure)| figure.is_none()));
        assert_eq!(interval_cheap(Index::Hhi, &march_2026(), confidence), None);
    }
}

/// A chart's band and a page's interval are one.
#[test]
fn cheap_intervals_are_the_same() {
    let all = figures(&march_2026(), 0.95);
    assert_eq!(all.iter().map(|(index, _)| *index).collect::<Vec<_>>(), Index::ALL);
    let mut cheap = 0;
    for (index, found) in all {
        assert_eq!(found, figure(index, &march_2026(), 0.95), "one bootstrap or two");
        let (low, _, high) = found.and_then(estimate).unwrap();
        if let Some(interval) = interval_cheap(index, &march_2026(), 0.95) {
            assert_eq!(interval, (low, high), "{index:?}");
            cheap += 1;
        }
    }
    assert_eq!(cheap, 12);
}

/// The same counts have the same interval for ever: a change of these digits is a change of what was published.
#[test]
fn the_same_for_ever() {
    for (index, low, high) in [
        (Index::Hhi, 1_626.652_606, 1_767.699_725),
        (Index::Cr3, 0.589_837_228, 0.618_916_074),
        (Index::Gini, 0.695_990_820, 0.715_396_816),
        (Index::Nakamoto, 2.0, 3.0),
    ] {
        let found = estimate(figure(index, &march_2026(), 0.95).unwrap()).unwrap();
        let same = |found: f64, pinned: f64| (found - pinned).abs() < 1e-8 * pinned;
        assert!(same(found.0, low) && same(found.2, high), "{index:?}: {found:?}");
    }
}

/// Simpson's estimate is that of the truth on average: the mean over samples of 144 blocks lies within four standard errors,
/// and the plain index lies above it by what is said.
#[test]
fn unbiased_is_unbiased() {
    let truth = of(Index::Hhi, &MARCH_2026);
    let blocks: Vec<usize> =
        MARCH_2026.iter().enumerate().flat_map(|(pool, &count)| (0..count).map(move |_| pool)).collect();
    let (mut state, rounds, n) = (1_u64, 4_000_u32, 144);
    let (mut sum, mut squares, mut plain) = (0.0, 0.0, 0.0);
    for _ in 0..rounds {
        let mut counts = [0_u64; 22];
        for _ in 0..n {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            counts[blocks[usize::try_from((state >> 33) % blocks.len() as u64).unwrap()]] += 1;
        }
        let tally = Tally::new(counts, 0);
        let unbiased = tally.counts().unwrap().hhi_unbiased().unwrap();
        (sum, squares) = (sum + unbiased, squares + unbiased * unbiased);
        plain += tally.counts().unwrap().hhi();
    }
    let rounds = f64::from(rounds);
    let (mean, plain) = (sum / rounds, plain / rounds);
    let error = ((squares / rounds - mean * mean) / rounds).sqrt();
    assert!((mean - truth).abs() < 4.0 * error, "{mean} +- {error} for {truth}");
    assert!((plain - truth - (10_000.0 - truth) / 144.0).abs() < 4.0 * error, "{plain} for {truth}");
}
