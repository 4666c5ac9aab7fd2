//! What holds of every window.

use proptest::{collection::vec, prelude::*};

use super::*;

fn windows() -> impl Strategy<Value = Vec<u64>> {
    vec(prop_oneof![0..4_u64, 0..60_u64, 0..5_000_u64], 1..40)
        .prop_filter("blocks", |counts| counts.iter().sum::<u64>() > 1)
}

/// Indices that stay as they are when all counts are multiplied alike.
fn free_of_scale(index: Index) -> bool {
    !matches!(index, Index::HhiUnbiased | Index::ShannonCorrected)
}

proptest! {
    #[test]
    fn order_does_not_matter(counts in windows().prop_flat_map(|counts| (Just(counts.clone()), Just(counts).prop_shuffle()))) {
        let (one, other) = (Tally::new(counts.0, 3), Tally::new(counts.1, 3));
        prop_assert_eq!(&one, &other);
        for index in Index::ALL {
            prop_assert_eq!(index.of(&one.counts().unwrap()), index.of(&other.counts().unwrap()));
        }
    }

    #[test]
    fn scale_does_not_matter(counts in windows(), factor in 2..1_000_u64) {
        let one = Tally::new(counts.iter().copied(), 0);
        let many = Tally::new(counts.iter().map(|blocks| blocks * factor), 0);
        for index in Index::ALL.into_iter().filter(|&index| free_of_scale(index)) {
            let (one, many) = (index.of(&one.counts().unwrap()).unwrap(), index.of(&many.counts().unwrap()).unwrap());
            prop_assert!((one - many).abs() <= 1e-12 * one.abs().max(1.0), "{:?}: {one} and {many}", index);
        }
    }

    #[test]
    fn ranges(counts in windows()) {
        let tally = Tally::new(counts, 0);
        let counts = tally.counts().unwrap();
        let of = |index: Index| index.of(&counts).unwrap();
        let (n, tiny) = (of(Index::Entities), 1e-12);
        let within = |index, low: f64, high: f64| (low - tiny * low.abs()..=high + tiny * high.abs()).contains(&of(index));
        for (index, low, high) in [
            (Index::Hhi, 10_000.0 / n, 10_000.0),
            (Index::HhiUnbiased, 0.0, of(Index::Hhi)),
            (Index::EffectiveNumber, 1.0, n),
            (Index::Nakamoto, of(Index::NakamotoThird), n),
            (Index::NakamotoThird, of(Index::Tau33), n),
            (Index::Tau33, 1.0, n),
            (Index::Tau66, of(Index::Nakamoto), n),
            (Index::Cr1, 1.0 / n, of(Index::Cr2)),
            (Index::Cr2, of(Index::Cr1), of(Index::Cr3)),
            (Index::Cr3, of(Index::Cr2), of(Index::Cr6)),
            (Index::Cr6, of(Index::Cr3), 1.0),
            (Index::Gini, 0.0, 1.0 - 1.0 / n),
            (Index::Shannon, of(Index::Renyi2), n.log2()),
            (Index::ShannonCorrected, of(Index::Shannon), f64::INFINITY),
            (Index::Renyi2, of(Index::MinEntropy), of(Index::Shannon)),
            (Index::Hartley, of(Index::Shannon), f64::INFINITY),
            (Index::MinEntropy, 0.0, of(Index::Renyi2)),
            (Index::EntropyRatio, 0.0, 1.0),
            (Index::Theil, 0.0, n.ln()),
            (Index::Entities, 1.0, f64::INFINITY),
        ] {
            prop_assert!(within(index, low, high), "{:?}: {} from {low} to {high}", index, of(index));
        }
        // Theil's index is what Shannon's entropy lacks, in nats
        prop_assert!((of(Index::Theil) - (n.ln() - of(Index::Shannon) * std::f64::consts::LN_2)).abs() < 1e-9);
    }

    /// By the definition, in floats and over pairs.
    #[test]
    fn gini_is_half_the_mean_difference(counts in windows(), zeros in 0..20_u64) {
        let tally = Tally::new(counts, 0);
        let counts = tally.counts().unwrap();
        let mut all: Vec<f64> = tally.descending().iter().map(|&x| f64::from(u32::try_from(x).unwrap())).collect();
        all.resize(all.len() + usize::try_from(zeros).unwrap(), 0.0);
        let differences: f64 = all.iter().flat_map(|a| all.iter().map(move |b| (a - b).abs())).sum();
        let n = f64::from(u32::try_from(all.len()).unwrap());
        let expected = differences / (2.0 * n * all.iter().sum::<f64>());
        let found = counts.gini_of_population(counts.entities() + zeros).unwrap();
        prop_assert!((found - expected).abs() < 1e-12, "{found} for {expected}");
    }

    #[test]
    fn renyi_never_rises(counts in windows(), one in 0.0..4.0, other in 0.0..4.0) {
        let tally = Tally::new(counts, 0);
        let order = |alpha| tally.counts().unwrap().renyi(alpha).unwrap();
        prop_assert!(order(f64::max(one, other)) <= order(f64::min(one, other)) + 1e-10);
    }

    /// A block that goes from a smaller entity to a larger one never makes less of concentration.
    #[test]
    fn concentration_rises_with_a_transfer(counts in windows(), from in any::<prop::sample::Index>(), to in any::<prop::sample::Index>()) {
        let before = Tally::new(counts, 0);
        let mut after = before.descending().to_vec();
        let (from, to) = (from.index(after.len()), to.index(after.len()));
        prop_assume!(to < from);
        after[from] -= 1;
        after[to] += 1;
        let after = Tally::new(after, 0);
        for index in [Index::Hhi, Index::HhiUnbiased, Index::Cr1, Index::Cr2, Index::Cr3, Index::Cr6] {
            prop_assert!(index.of(&before.counts().unwrap()) <= index.of(&after.counts().unwrap()), "{:?}", index);
        }
        for index in [Index::Nakamoto, Index::NakamotoThird, Index::Tau33, Index::Tau66, Index::Entities] {
            prop_assert!(index.of(&before.counts().unwrap()) >= index.of(&after.counts().unwrap()), "{:?}", index);
        }
        for index in [Index::Shannon, Index::Renyi2, Index::MinEntropy] {
            let (before, after) = (index.of(&before.counts().unwrap()).unwrap(), index.of(&after.counts().unwrap()).unwrap());
            prop_assert!(after <= before + 1e-12, "{:?}: {before} to {after}", index);
        }
    }
}
