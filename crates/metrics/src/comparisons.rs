//! Several tests at once: among twenty at 5 %, one rejects by chance alone.

/// Holm's adjusted p-values, in the order of those given: what is at most alpha may be rejected, and the chance that anything
/// true is among it is at most alpha, however the tests depend on each other. The i-th smallest of m, times m + 1 - i, and no
/// less than the one before it.
///
/// Range: from each p-value to 1. None where one is not in [0, 1]; nothing for nothing.
///
/// Source: S. Holm, «A simple sequentially rejective multiple test procedure», Scandinavian Journal of Statistics 6 (1979).
pub fn holm(p_values: &[f64]) -> Option<Vec<f64>> {
    if !p_values.iter().all(|p| (0.0..=1.0).contains(p)) {
        return None;
    }
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut adjusted = vec![0.0; p_values.len()];
    let mut before = 0.0_f64;
    for (&place, left) in order.iter().zip((1..=p_values.len()).rev()) {
        #[allow(clippy::cast_precision_loss, reason = "a number of tests")]
        let scaled = p_values[place] * left as f64;
        before = before.max(scaled.min(1.0));
        adjusted[place] = before;
    }
    Some(adjusted)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// By hand: 0.005 * 4, 0.01 * 3, 0.03 * 2, 0.04 * 1 raised to the one before.
    #[test]
    fn by_hand() {
        let found = holm(&[0.01, 0.04, 0.03, 0.005]).unwrap();
        for (found, expected) in found.into_iter().zip([0.03, 0.06, 0.06, 0.02]) {
            assert!((found - expected).abs() < 1e-15, "{found} for {expected}");
        }
        assert_eq!(holm(&[0.4, 0.5, 1.0]), Some(vec![1.0; 3]));
        assert_eq!(holm(&[]), Some(Vec::new()));
    }

    #[test]
    fn no_answer_for_what_is_no_chance() {
        for bad in [-0.1, 1.1, f64::NAN] {
            assert_eq!(holm(&[0.5, bad]), None);
        }
    }

    proptest! {
        /// Between the p-value as it is and Bonferroni's, and in the same order.
        #[test]
        fn between_none_and_bonferroni(p_values in proptest::collection::vec(0.0..=1.0, 1..20)) {
            let found = holm(&p_values).unwrap();
            let m = f64::from(u32::try_from(p_values.len()).unwrap());
            for (i, p) in p_values.iter().enumerate() {
                prop_assert!(*p <= found[i] && found[i] <= (p * m).min(1.0) + 1e-15);
                for (j, q) in p_values.iter().enumerate() {
                    prop_assert!(p > q || found[i] <= found[j]);
                }
            }
            let smallest = p_values.iter().copied().fold(1.0, f64::min);
            prop_assert!((found.iter().copied().fold(1.0, f64::min) - (smallest * m).min(1.0)).abs() < 1e-15);
        }
    }
}
