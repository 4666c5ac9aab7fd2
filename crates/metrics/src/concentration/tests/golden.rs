//! Published values: those that the Edinburgh Decentralisation Index tests its own code with (`tests/test_metrics.py` of
//! Blockchain-Technology-Lab/consensus-decentralization at 605ebc9, 15 June 2025), and what follows from the definitions.

use super::*;
use crate::concentration::Fraction;

const FEW: [u64; 3] = [3, 2, 1];
const MORE: [u64; 6] = [3, 2, 1, 1, 1, 1];
const FOUR: [u64; 4] = [432, 288, 216, 64];

/// To the three digits that are published.
fn near(found: f64, published: f64) {
    assert!((found - published).abs() < 5.1e-4, "{found} is not {published}");
}

/// To what a float can hold.
fn exactly(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-12 * expected.abs().max(1.0), "{found} is not {expected}");
}

fn counts(counts: &[u64]) -> Counts<'_> {
    Counts::of(counts).unwrap()
}

#[test]
fn hhi() {
    exactly(of(Index::Hhi, &[3; 10]), 1_000.0);
    exactly(of(Index::Hhi, &[8, 6, 3, 3]), 2_950.0);
    exactly(of(Index::Hhi, &[2, 2]), 5_000.0);
    exactly(of(Index::Hhi, &[1]), 10_000.0);
    // 56 + 30 + 6 + 6 pairs of one entity among 20 * 19
    exactly(of(Index::HhiUnbiased, &[8, 6, 3, 3]), 10_000.0 * 98.0 / 380.0);
    exactly(of(Index::HhiUnbiased, &[1, 1, 1]), 0.0);
    exactly(of(Index::EffectiveNumber, &[8, 6, 3, 3]), 400.0 / 118.0);
}

/// What the index calls with zero blocks are entities of its population.
#[test]
fn gini() {
    near(of(Index::Gini, &[5, 4, 3, 2, 1]), 0.266_67);
    near(of(Index::Gini, &[368, 156, 49, 22, 20, 10, 7, 1]), 0.677_92);
    near(counts(&[3, 1, 1]).gini_of_population(5).unwrap(), 0.56);
    near(counts(&[3, 1, 1, 0, 0]).gini_of_population(5).unwrap(), 0.56);
    exactly(of(Index::Gini, &[1]), 0.0);
    assert_eq!(counts(&[3, 1, 1]).gini_of_population(2), None);
}

#[test]
fn entropies() {
    near(of(Index::Shannon, &FEW), 1.459);
    exactly(of(Index::MinEntropy, &FEW), 1.0);
    exactly(of(Index::Hartley, &FOUR), 2.0);
    near(of(Index::Renyi2, &FOUR), 1.642);
    exactly(of(Index::Shannon, &[1, 1, 1]), 3.0_f64.log2());
    near(of(Index::EntropyRatio, &FEW), 0.921);
    exactly(of(Index::EntropyRatio, &[7]), 0.0);
    // 2 of 3 entities beyond the first, of 12 ln 2 bits
    exactly(of(Index::ShannonCorrected, &FEW) - of(Index::Shannon, &FEW), 2.0 / (12.0 * std::f64::consts::LN_2));
}

#[test]
fn theil() {
    near(of(Index::Theil, &FEW), 0.087);
    near(of(Index::Theil, &MORE), 0.115);
    near(counts(&[432]).theil_of_population(4).unwrap(), 1.386);
    exactly(of(Index::Theil, &[432]), 0.0);
    assert_eq!(counts(&FEW).theil_of_population(2), None);
}

/// The index stops at half, where its own page says more than half: its test has 1 for [3, 2, 1]. Ours is the page's.
#[test]
fn more_than_half() {
    exactly(of(Index::Nakamoto, &FEW), 2.0);
    assert_eq!(counts(&FEW).tau(Fraction::HALF), 1, "as the index's code has it");
    exactly(of(Index::Nakamoto, &MORE), 2.0);
    exactly(of(Index::Nakamoto, &[1, 1]), 2.0);
    exactly(of(Index::Nakamoto, &[1]), 1.0);
    exactly(of(Index::NakamotoThird, &[1, 1, 1]), 2.0);
    assert_eq!(counts(&FEW).nakamoto_at(Fraction::new(1, 1).unwrap()), None, "nobody passes all");
    assert_eq!(counts(&FEW).nakamoto_at(Fraction::percent(0)), Some(1));
}

#[test]
fn at_least_so_much() {
    exactly(of(Index::Tau66, &FEW), 2.0);
    exactly(of(Index::Tau66, &MORE), 3.0);
    exactly(of(Index::Tau33, &[33, 33, 34].map(|_| 1)), 1.0);
    // a third is more than 33 %: the two differ between them
    exactly(of(Index::Tau33, &[333, 333, 333, 1]), 1.0);
    exactly(of(Index::NakamotoThird, &[333, 333, 333, 1]), 2.0);
    assert_eq!(counts(&FEW).tau(Fraction::percent(100)), 3);
    assert_eq!(counts(&FEW).tau(Fraction::percent(0)), 1, "one at least");
}

#[test]
fn concentration_ratios() {
    exactly(of(Index::Cr3, &MORE), 6.0 / 9.0);
    exactly(of(Index::Cr1, &MORE), 3.0 / 9.0);
    exactly(of(Index::Cr6, &FEW), 1.0);
    exactly(counts(&FEW).concentration_ratio(0), 0.0);
}

/// Orders of Rényi's entropy meet at their names, and on both sides of 1.
#[test]
fn renyi() {
    let (four, order) = (counts(&FOUR), |alpha: f64| counts(&FOUR).renyi(alpha).unwrap());
    exactly(order(0.0), 2.0);
    exactly(order(1.0), four.shannon());
    exactly(order(2.0), of(Index::Renyi2, &FOUR));
    exactly(order(f64::INFINITY), four.min_entropy());
    for near_one in [1.0 - 1e-9, 1.0 + 1e-9, 1.0 - 1e-13, 1.0 + 1e-13] {
        assert!((order(near_one) - four.shannon()).abs() < 1e-8, "{near_one}");
    }
    // the two formulas meet where one takes over from the other
    for edge in [0.5, 1.5] {
        assert!((order(edge - 1e-9) - order(edge + 1e-9)).abs() < 1e-8, "{edge}");
    }
    // by hand: -2 log2 of the sum of square roots over the root of the total
    let roots: f64 = FOUR.iter().map(|&x| f64::from(u32::try_from(x).unwrap()).sqrt()).sum();
    exactly(order(0.5), 2.0 * (roots / 1_000_f64.sqrt()).log2());
    for bad in [-0.1, f64::NAN, f64::NEG_INFINITY] {
        assert_eq!(four.renyi(bad), None);
    }
    assert!((order(1e6) - four.min_entropy()).abs() < 1e-5);
}

/// Unlisted entities of one block are as if they were listed.
#[test]
fn singles_are_entities_of_one_block() {
    for (listed, singles) in [(&[9, 4, 1][..], 5), (&[], 3), (&[2], 1), (&[1, 1], 4), (&[100, 50, 7], 400)] {
        let whole: Vec<u64> = listed.iter().copied().chain((0..singles).map(|_| 1)).collect();
        let (short, long) = (Counts::and_singles(listed, singles).unwrap(), counts(&whole));
        for index in Index::ALL {
            let (short, long) = (index.of(&short).unwrap(), index.of(&long).unwrap());
            assert!(
                (short - long).abs() < 1e-9 * long.abs().max(1.0),
                "{index:?} of {listed:?} and {singles}: {short} for {long}"
            );
        }
        for alpha in [0.0, 0.7, 1.0, 3.0] {
            assert!((short.renyi(alpha).unwrap() - long.renyi(alpha).unwrap()).abs() < 1e-9);
        }
        for hundredths in 0..=100 {
            assert_eq!(short.tau(Fraction::percent(hundredths)), long.tau(Fraction::percent(hundredths)));
            assert_eq!(
                short.nakamoto_at(Fraction::percent(hundredths)),
                long.nakamoto_at(Fraction::percent(hundredths))
            );
        }
        assert_eq!(short.gini_of_population(1_000).map(f64::to_bits), long.gini_of_population(1_000).map(f64::to_bits));
    }
}

#[test]
fn what_cannot_be_measured() {
    for nothing in [&[][..], &[0, 0], &[1, 2], &[0, 1], &[u64::MAX, 1], &[1 << 54]] {
        assert!(Counts::of(nothing).is_none(), "{nothing:?}");
    }
    assert_eq!(Index::HhiUnbiased.of(&counts(&[1])), None);
    // as many blocks as can be measured, to the last digit
    let most = [(1 << 53) - 1, 1];
    assert!(Index::ALL.into_iter().all(|index| index.of(&counts(&most)).is_some_and(f64::is_finite)));
}

#[test]
fn words_go_back() {
    for index in Index::ALL {
        assert_eq!(Index::from_word(index.word()), Some(index));
    }
    assert_eq!(Index::from_word("HHI"), None);
    let mut words = Index::ALL.map(Index::word).to_vec();
    words.sort_unstable();
    words.dedup();
    assert_eq!(words.len(), Index::ALL.len());
}

#[test]
fn a_tally_drops_zeros() {
    let tally = Tally::new([0, 3, 0, 7, 5], 2);
    assert_eq!((tally.descending(), tally.named(), tally.unknown(), tally.total()), (&[7, 5, 3][..], 15, 2, 17));
    assert_eq!(Tally::new([u64::MAX, 1], 1).total(), u64::MAX, "no overflow");
    assert!(Tally::new([u64::MAX, 1], 1).counts().is_none());
}
