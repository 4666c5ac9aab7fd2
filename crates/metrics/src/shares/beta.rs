//! The distribution function of the beta distribution, for as many blocks as a chain has.
//!
//! The statistics library's own ends its continued fraction after 140 steps, which is wrong by a thousandth at a million
//! blocks.

use std::f64::consts::PI;

use statrs::function::gamma::ln_gamma;

/// From here on Stirling's series is exact to the last digit.
const STIRLING: f64 = 15.0;
/// The fraction needs some √max(a, b) steps: enough for 2^53 blocks would take too long, and is not needed.
const MOST_STEPS: u32 = 100_000;

/// I(x; a, b) and 1 - I(x; a, b) of the regularized incomplete beta function, each exact even where it is small. For a and b
/// of at least 1/2, and x in [0, 1].
///
/// Source: DLMF 8.17.22, the continued fraction, on the side of x where it converges fast.
pub(super) fn tails(a: f64, b: f64, x: f64) -> (f64, f64) {
    if x <= 0.0 {
        return (0.0, 1.0);
    }
    if x >= 1.0 {
        return (1.0, 0.0);
    }
    let front = density_times(a, b, x);
    if x < (a + 1.0) / (a + b + 2.0) {
        let below = (front * fraction(a, b, x) / a).min(1.0);
        (below, 1.0 - below)
    } else {
        let above = (front * fraction(b, a, 1.0 - x) / b).min(1.0);
        (1.0 - above, above)
    }
}

/// I(x; a, b), the regularized incomplete beta function, and 1 - I(x; a, b), each exact even where it is small: of a beta
/// variable's distribution, what lies below x and what lies above.
///
/// Range: 0 to 1. None for an a or b below a half or beyond a hundred million, and for an x outside of [0, 1].
///
/// Source: DLMF 8.17.
pub fn incomplete_beta(a: f64, b: f64, x: f64) -> Option<(f64, f64)> {
    let shape = |figure: f64| (0.5..=1e8).contains(&figure);
    (shape(a) && shape(b) && (0.0..=1.0).contains(&x)).then(|| tails(a, b, x))
}

/// The x at which I(x; a, b) is that of a chance between 0 and 1, by halving: no step of it can go astray.
pub(super) fn quantile(a: f64, b: f64, chance: f64) -> f64 {
    let (mut low, mut high) = (0.0_f64, 1.0_f64);
    loop {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high || high - low < 1e-15 * low {
            return middle;
        }
        if tails(a, b, middle).0 < chance { low = middle } else { high = middle }
    }
}

/// x^a (1-x)^b / B(a, b), by way of how far x lies from a/(a+b), so that large numbers cancel before they are rounded.
///
/// Source: C. Loader, «Fast and accurate computation of binomial probabilities» (2000).
fn density_times(a: f64, b: f64, x: f64) -> f64 {
    let n = a + b;
    let distance = deviance(a, n * x) + deviance(b, n * (1.0 - x));
    let rest = stirling_error(n) - stirling_error(a) - stirling_error(b);
    (a / n * b / (2.0 * PI)).sqrt() * (rest - distance).exp()
}

/// u ln(u/v) + v - u, by its series where u and v are near each other.
fn deviance(u: f64, v: f64) -> f64 {
    let apart = (u - v) / (u + v);
    if apart.abs() > 0.1 {
        return u * (u / v).ln() + v - u;
    }
    let (mut sum, mut power) = ((u - v) * apart, 2.0 * u * apart);
    for odd in (3_u32..).step_by(2).map(f64::from) {
        power *= apart * apart;
        let more = sum + power / odd;
        if more == sum {
            break;
        }
        sum = more;
    }
    sum
}

/// ln Γ(z) less Stirling's (z - 1/2) ln z - z + ln(2π)/2, for z above 0.
pub(crate) fn stirling_error(z: f64) -> f64 {
    if z < STIRLING {
        return ln_gamma(z) - ((z - 0.5) * z.ln() - z + (2.0 * PI).ln() / 2.0);
    }
    let z2 = z * z;
    (1.0 / 12.0 - (1.0 / 360.0 - (1.0 / 1260.0 - (1.0 / 1680.0 - (1.0 / 1188.0) / z2) / z2) / z2) / z2) / z
}

/// The continued fraction by Lentz's method as W. J. Thompson and A. R. Barnett have it (1986).
fn fraction(a: f64, b: f64, x: f64) -> f64 {
    let away_from_zero = |figure: f64| if figure.abs() < 1e-300 { 1e-300 } else { figure };
    let mut c = 1.0;
    let mut d = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut value = d;
    for step in (1..MOST_STEPS).map(f64::from) {
        let twice = a + 2.0 * step;
        for coefficient in [
            step * (b - step) * x / ((twice - 1.0) * twice),
            -(a + step) * (a + b + step) * x / (twice * (twice + 1.0)),
        ] {
            d = 1.0 / away_from_zero(1.0 + coefficient * d);
            c = away_from_zero(1.0 + coefficient / c);
            value *= c * d;
        }
        if (c * d - 1.0).abs() < 1e-16 {
            break;
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where a and b are alike the half is the middle; I(x; 1, b) = 1 - (1-x)^b; I(x; 1/2, 1/2) = 2/π arcsin √x.
    #[test]
    fn closed_forms() {
        for a in [0.5, 1.5, 20.5, 5_000.5, 500_000.5, 5e6] {
            assert!((tails(a, a, 0.5).0 - 0.5).abs() < 1e-12, "{a}: {:?}", tails(a, a, 0.5));
        }
        for x in [1e-9, 1e-3, 0.2, 0.5, 0.9, 0.999] {
            let arcsine = 2.0 / PI * f64::asin(f64::sqrt(x));
            assert!((tails(0.5, 0.5, x).0 / arcsine - 1.0).abs() < 1e-13, "{x}");
            for b in [0.5, 3.0, 1_000.5] {
                let above = f64::powf(1.0 - x, b);
                assert!((tails(1.0, b, x).1 - above).abs() < 1e-13, "{x} of {b}");
            }
        }
    }

    /// Sums of binomial chances: I(p; k, n-k+1) is that of k or more of n (DLMF 8.17.5). Of 10 at 0.3: 0.350389 for 4 or more;
    /// of 20 at 0.5: 0.131588 for 13 or more (any table of binomial chances).
    #[test]
    fn binomial_sums() {
        assert!((tails(4.0, 7.0, 0.3).0 - 0.350_389_3).abs() < 5e-8);
        assert!((tails(13.0, 8.0, 0.5).0 - 0.131_588_0).abs() < 5e-8);
    }

    #[test]
    fn a_quantile_goes_back() {
        for (a, b) in [(0.5, 0.5), (0.5, 144.5), (1.5, 143.5), (218.5, 4_314.5), (300_000.5, 700_000.5), (144.5, 0.5)] {
            for chance in [1e-6, 0.025, 0.5, 0.975] {
                let x = quantile(a, b, chance);
                assert!((tails(a, b, x).0 / chance - 1.0).abs() < 1e-9, "{a} {b} {chance}: {x}");
            }
        }
    }
}
