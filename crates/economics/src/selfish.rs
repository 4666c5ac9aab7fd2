//! Selfish mining: from which share on it pays to keep found blocks back, and what it pays.
//!
//! It pays only once the difficulty has fallen: before a retarget no strategy finds more blocks a day than honest mining
//! (C. Grunspan and R. Perez-Marco, arXiv 1805.08281).

use crate::checked::{Result, figure, part};

/// The share of the hashrate above which selfish mining earns more than that share: `(1 - g)/(3 - 2g)`, where g is the part of
/// the other miners that builds on the selfish branch while two branches are level.
///
/// Range: 0 (g = 1) to 1/3 (g = 0).
///
/// Source: I. Eyal and E. G. Sirer, «Majority is not enough» (2014). With several selfish miners it is lower (21.48 % for two
/// symmetric ones: Q. Bai and others, «A deep dive into blockchain selfish mining», 2018).
pub fn threshold(gamma: f64) -> Result<f64> {
    let g = part("gamma", gamma)?;
    Ok((1.0 - g) / (3.0 - 2.0 * g))
}

/// The part of the chain's blocks that a selfish miner with share a finds:
/// `(a(1-a)^2 (4a + g(1-2a)) - a^3) / (1 - a(1 + (2-a)a))` for a below a half, else 1.
///
/// Range: 0 to 1. At the [`threshold`] it is a. A majority that keeps its branch back for long enough gets all of it.
///
/// What it does not show: blocks a day, which are fewer for everybody until the retarget.
///
/// Source: Eyal and Sirer (2014). The paper was not at hand: the tests play its state machine out.
pub fn relative_revenue(share: f64, gamma: f64) -> Result<f64> {
    let (a, g) = (part("share", share)?, part("gamma", gamma)?);
    if a >= 0.5 {
        return Ok(1.0);
    }
    let paid = a * (1.0 - a).powi(2) * (4.0 * a + g * (1.0 - 2.0 * a)) - a.powi(3);
    let all = 1.0 - a * (1.0 + (2.0 - a) * a);
    figure("relative_revenue", (paid / all).clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn test_values() {
        for (a, g, expected) in [
            (1.0 / 3.0, 0.0, 0.333_333),
            (0.25, 0.5, 0.25),
            (0.35, 0.0, 0.366_509),
            (0.4, 0.0, 0.483_721),
            (0.4, 0.5, 0.525_581),
            (0.45, 0.0, 0.651_773),
        ] {
            assert!((relative_revenue(a, g).unwrap() - expected).abs() < 5e-7, "{a} {g}");
        }
        for (g, expected) in [(0.0, 1.0 / 3.0), (0.5, 0.25), (1.0, 0.0)] {
            assert!((threshold(g).unwrap() - expected).abs() < 1e-15);
        }
    }

    #[test]
    fn the_ends_are_answered() {
        assert_eq!((relative_revenue(0.0, 0.5), relative_revenue(1.0, 0.5)), (Ok(0.0), Ok(1.0)));
        assert!((relative_revenue(0.499_999, 0.0).unwrap() - 1.0).abs() < 1e-4);
        for bad in [f64::NAN, f64::INFINITY, -0.1, 1.1] {
            assert!(relative_revenue(bad, 0.0).unwrap_err().to_string().starts_with("share is "));
            assert!(relative_revenue(0.3, bad).unwrap_err().to_string().starts_with("gamma is "));
            assert!(threshold(bad).is_err());
        }
    }

    proptest! {
        #[test]
        fn pays_above_the_threshold_only(a in 0.001..0.499, g in 0.0..1.0) {
            let (paid, from) = (relative_revenue(a, g).unwrap(), threshold(g).unwrap());
            if (a - from).abs() > 1e-6 {
                prop_assert_eq!(paid > a, a > from, "{} {} {}", a, g, paid);
            }
            prop_assert!(relative_revenue(a + 0.001, g).unwrap() >= paid - 1e-12);
            prop_assert!(relative_revenue(a, (g + 0.1).min(1.0)).unwrap() >= paid - 1e-12);
        }
    }
}
