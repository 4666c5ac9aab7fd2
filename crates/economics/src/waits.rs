//! Sums of waits drawn at random, for simulations that are the same for ever: the same seed gives the same draws.

use crate::{checked::float, walk::Waits};

/// Exponential waits of mean 1. Chance comes from SplitMix64 (Steele, Lea, Flood, «Fast splittable pseudorandom number
/// generators», 2014).
pub(crate) struct Drawn(u64);

impl Drawn {
    pub(crate) fn from_seed(seed: u64) -> Self {
        Self(seed)
    }

    /// From 0, exclusively, to 1.
    fn part(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (float((mixed ^ (mixed >> 31)) >> 11) + 1.0) / float(1 << 53)
    }

    /// A standard normal variable (G. E. P. Box, M. E. Muller, 1958).
    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * self.part().ln()).sqrt();
        radius * (std::f64::consts::TAU * self.part()).cos()
    }
}

impl Waits for Drawn {
    /// A gamma variable of that shape (G. Marsaglia, W. W. Tsang, «A simple method for generating gamma variables», 2000).
    fn sum(&mut self, waits: u64) -> f64 {
        if waits == 0 {
            return 0.0;
        }
        let d = float(waits) - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let v = (1.0 + c * x).powi(3);
            if v > 0.0 && self.part().ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mean n, variance n, skewness 2/sqrt(n), and the published first draws of the generator from seed 1234567.
    #[test]
    fn sums_are_gamma() {
        for waits in [1, 2, 50, 2_015] {
            let (mut drawn, draws) = (Drawn::from_seed(waits), 40_000);
            let sample: Vec<f64> = (0..draws).map(|_| drawn.sum(waits) / float(waits)).collect();
            let moment = |of: &dyn Fn(f64) -> f64| sample.iter().map(|&x| of(x)).sum::<f64>() / f64::from(draws);
            let mean = moment(&|x| x);
            let variance = moment(&|x| (x - mean).powi(2)) * float(waits);
            assert!((mean - 1.0).abs() < 4.5 / (float(waits) * f64::from(draws)).sqrt(), "{waits}: {mean}");
            // of an exponential variable the fourth moment is 9
            assert!((variance - 1.0).abs() < 4.5 * (8.0 / f64::from(draws)).sqrt(), "{waits}: {variance}");
            let skewness = moment(&|x| (x - mean).powi(3)) / variance.powf(1.5) * float(waits).powf(1.5);
            assert!((skewness - 2.0 / float(waits).sqrt()).abs() < 0.2, "{waits}: {skewness}");
        }
        assert_eq!(Drawn::from_seed(1).sum(0), 0.0);
        let first = Drawn::from_seed(1_234_567).part();
        assert!((first - float((6_457_827_717_110_365_317 >> 11) + 1) / float(1 << 53)).abs() < 1e-16, "{first}");
    }
}
