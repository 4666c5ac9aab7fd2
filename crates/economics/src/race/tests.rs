//! The published tables, Rosenfeld's sum, limits.

use proptest::prelude::*;

use super::*;
use crate::checked::Error;

/// Rosenfeld's sum: `1 - sum over m from 0 to n of C(m+n-1, m) (p^n q^m - p^m q^n)`.
fn rosenfeld(q: f64, n: u64) -> f64 {
    let (p, mut ways, mut sum) = (1.0 - q, 1.0, 0.0);
    let power = |base: f64, count: u64| base.powf(float(count));
    for m in 0..=n {
        sum += ways * (power(p, n) * power(q, m) - power(p, m) * power(q, n));
        ways *= float(m + n) / float(m + 1);
    }
    1.0 - sum
}

/// Nakamoto's sum as the paper has it.
fn nakamoto_sum(q: f64, z: u64) -> f64 {
    let ratio = q / (1.0 - q);
    let lambda = float(z) * ratio;
    let (mut poisson, mut sum) = ((-lambda).exp(), 1.0);
    for k in 0..=z {
        sum -= poisson * (1.0 - ratio.powf(float(z - k)));
        poisson *= lambda / float(k + 1);
    }
    sum
}

/// Nakamoto (2008), section 11.
#[test]
fn nakamotos_table() {
    for (q, z, expected) in [
        (0.1, 0, 1.0),
        (0.1, 1, 0.204_587_3),
        (0.1, 2, 0.050_977_9),
        (0.1, 3, 0.013_172_2),
        (0.1, 4, 0.003_455_2),
        (0.1, 5, 0.000_913_7),
        (0.1, 6, 0.000_242_8),
        (0.1, 10, 0.000_001_2),
        (0.3, 5, 0.177_352_3),
        (0.3, 6, 0.132_111_2),
        (0.3, 10, 0.041_660_5),
        (0.3, 50, 0.000_000_6),
        (0.4, 6, 0.503_980_3),
    ] {
        let found = nakamoto_probability(q, z).unwrap();
        assert!((found - expected).abs() < 6e-8, "{q} {z}: {found}");
    }
}

/// Rosenfeld (2014), table 1; Grunspan and Perez-Marco (2018).
#[test]
fn exact_table() {
    for (q, z, expected) in [
        (0.1, 0, 1.0),
        (0.1, 1, 0.2),
        (0.1, 2, 0.056),
        (0.1, 3, 0.017_12),
        (0.1, 4, 0.005_456),
        (0.1, 5, 0.001_781_8),
        (0.1, 6, 0.000_591_4),
        (0.1, 10, 0.000_007_9),
        (0.3, 5, 0.197_617_3),
        (0.3, 10, 0.065_106_7),
        (0.05, 6, 0.000_011_6),
        (0.2, 6, 0.023_308_4),
        (0.3, 6, 0.156_449_6),
        (0.4, 6, 0.493_003_7),
        (0.45, 6, 0.733_754_8),
    ] {
        let found = double_spend_probability(q, z).unwrap();
        assert!((found - expected).abs() < 6e-8, "{q} {z}: {found}");
    }
}

#[test]
fn confirmations_for_a_thousandth() {
    let shares = [0.10, 0.15, 0.20, 0.25, 0.30, 0.35, 0.40, 0.45];
    let exact = shares.map(|q| confirmations_needed(q, 0.001).unwrap().unwrap());
    assert_eq!(exact, [6, 9, 13, 20, 32, 58, 133, 539], "Grunspan and Perez-Marco");
    let nakamoto = shares.map(|q| nakamoto_confirmations_needed(q, 0.001).unwrap().unwrap());
    assert_eq!(nakamoto, [5, 8, 11, 15, 24, 41, 89, 340], "Nakamoto");
}

#[test]
fn expected_times() {
    let minutes = |q: f64| expected_catch_up_seconds(q, 6, 600.0).unwrap().map(|seconds| seconds / 60.0);
    assert!((minutes(0.51).unwrap() - 3_000.0).abs() < 1e-6);
    assert!((minutes(0.6).unwrap() - 300.0).abs() < 1e-6);
    assert_eq!((minutes(0.5), minutes(0.3)), (None, None));
    assert_eq!(expected_catch_up_seconds(0.3, 0, 600.0), Ok(Some(0.0)));
}

#[test]
fn the_ends_are_answered() {
    for z in [1, 6, 1_000_000, MOST_BLOCKS] {
        for of in [double_spend_probability, nakamoto_probability, catch_up_probability] {
            assert_eq!(of(0.0, z), Ok(0.0), "{z}");
            assert_eq!((of(0.5, z), of(1.0, z)), (Ok(1.0), Ok(1.0)), "{z}");
        }
    }
    // for large z the function goes to erfc(sqrt(z ln 1/4pq)) (DLMF 8.18.3 with 8.18.5, large a and fixed b)
    let near = double_spend_probability(0.499_9, 1_000_000).unwrap();
    let limit = statrs::function::erf::erfc((1e6 * -(4.0_f64 * 0.499_9 * 0.500_1).ln()).sqrt());
    assert!((near - limit).abs() < 1e-6, "{near} {limit}");
    assert_eq!(double_spend_probability(0.3, 1_000_000), Ok(0.0), "too small for a float");
    assert_eq!(confirmations_needed(0.5, 0.001), Ok(None));
    assert_eq!(confirmations_needed(0.499_999, 0.001), Ok(None), "more than ten million");
    assert_eq!(confirmations_needed(0.0, 0.001), Ok(Some(1)));
}

#[test]
fn bad_input_is_refused_by_name() {
    for bad in [f64::NAN, f64::INFINITY, -0.1, 1.1] {
        for of in [double_spend_probability, nakamoto_probability, catch_up_probability] {
            assert!(of(bad, 6).unwrap_err().to_string().starts_with("share is "), "{bad}");
        }
        assert!(confirmations_needed(0.1, bad).unwrap_err().to_string().starts_with("risk is "), "{bad}");
    }
    assert!(confirmations_needed(0.1, 0.0).is_err() && confirmations_needed(0.1, 1.0).is_err());
    assert!(matches!(double_spend_probability(0.1, u64::MAX), Err(Error::Contradiction { .. })));
    assert!(expected_catch_up_seconds(0.6, 6, 0.0).is_err());
}

proptest! {
    #[test]
    fn the_function_is_the_sum(q in 0.001..0.499, z in 0..150_u64) {
        let (found, sum) = (double_spend_probability(q, z).unwrap(), rosenfeld(q, z));
        prop_assert!((found - sum).abs() < 1e-10, "{} {}", found, sum);
        let (found, sum) = (nakamoto_probability(q, z).unwrap(), nakamoto_sum(q, z));
        prop_assert!((found - sum).abs() < 1e-10, "{} {}", found, sum);
    }

    #[test]
    fn falls_in_z_and_rises_in_q(q in 0.0..0.6, more in 0.0..0.4, z in 0..1_000_000_u64, further in 0..1_000_u64) {
        let of = |q, z| double_spend_probability(q, z).unwrap();
        let slack = 1e-12;
        prop_assert!(of(q, z + further) <= of(q, z) + slack);
        prop_assert!(of(q + more, z) >= of(q, z) - slack);
        prop_assert!((0.0..=1.0).contains(&of(q, z)));
        let catch_up = catch_up_probability(q, z).unwrap();
        prop_assert!(catch_up <= of(q, z) + slack, "from behind it is harder than from the start");
    }

    #[test]
    fn the_smallest_is_the_smallest(q in 0.0..0.49, risk in 1e-9..0.9) {
        let z = confirmations_needed(q, risk).unwrap().unwrap();
        prop_assert!(double_spend_probability(q, z).unwrap() < risk);
        prop_assert!(z == 1 || double_spend_probability(q, z - 1).unwrap() >= risk);
    }
}
