//! Where chance comes from in simulations: SplitMix64 (Steele, Lea, Flood, «Fast splittable pseudorandom number generators»,
//! 2014), which is fast without optimization.

#![allow(dead_code, reason = "each test uses a part of it")]

/// A stream of chances.
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    /// From 0, exclusively, to 1.
    #[allow(clippy::cast_precision_loss, reason = "53 bits")]
    pub(crate) fn part(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (((mixed ^ (mixed >> 31)) >> 11) as f64 + 1.0) / 9_007_199_254_740_992.0
    }

    /// Whether something of that probability happens.
    pub(crate) fn happens(&mut self, probability: f64) -> bool {
        self.part() <= probability
    }

    /// A wait of that mean.
    pub(crate) fn wait(&mut self, mean: f64) -> f64 {
        -mean * self.part().ln()
    }
}

/// The mean of a sample and its standard error.
#[allow(clippy::cast_precision_loss, reason = "draws of a test")]
pub(crate) fn mean(sample: &[f64]) -> (f64, f64) {
    let n = sample.len() as f64;
    let mean = sample.iter().sum::<f64>() / n;
    let variance = sample.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0);
    (mean, (variance / n).sqrt())
}
