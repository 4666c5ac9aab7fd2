//! Samples of a multinomial distribution, the same for ever from the same seed.
//!
//! The statistics library draws binomials as well, but its draws may change with its version, and the same blocks are to have
//! the same interval tomorrow.

use super::counts::float;
use crate::shares::stirling_error;

/// Below this mean a draw goes up from 0, step by step.
const SMALL_MEAN: f64 = 10.0;
/// What no variable of a small mean passes: the chance is below 10^-70.
const LARGEST_OF_SMALL_MEAN: u64 = 110;

/// The generator xoshiro256++ of D. Blackman and S. Vigna, «Scrambled linear pseudorandom number generators», ACM
/// Transactions on Mathematical Software 47 (2021).
pub(super) struct Random([u64; 4]);

impl Random {
    /// Seeded by splitmix64, as its authors recommend.
    pub(super) fn from_seed(mut seed: u64) -> Self {
        Self([(); 4].map(|()| {
            seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^ (mixed >> 31)
        }))
    }

    fn next(&mut self) -> u64 {
        let [a, b, c, d] = self.0;
        let (c_a, d_b) = (c ^ a, d ^ b);
        self.0 = [a ^ d_b, b ^ c_a, c_a ^ (b << 17), d_b.rotate_left(45)];
        a.wrapping_add(d).rotate_left(23).wrapping_add(a)
    }

    /// Uniform in (0, 1), neither of them.
    fn uniform(&mut self) -> f64 {
        (float(self.next() >> 12) + 0.5) / float(1 << 52)
    }

    /// Draws as many blocks as the counts have in all, each of them entity i's with a chance in proportion to `counts[i]`, and
    /// writes whose they are into `drawn`, which is as long. The counts descend and none of them is 0.
    pub(super) fn multinomial(&mut self, counts: &[u64], drawn: &mut [u64]) {
        let mut weight: u64 = counts.iter().sum();
        let mut left = weight;
        for (&count, drawn) in counts.iter().zip(drawn) {
            *drawn = if count == weight { left } else { self.binomial(left, float(count) / float(weight)) };
            left -= *drawn;
            weight -= count;
        }
    }

    /// How many of n trials succeed, each with a chance of p.
    fn binomial(&mut self, n: u64, p: f64) -> u64 {
        if n == 0 {
            0
        } else if p > 0.5 {
            n - self.binomial(n, 1.0 - p)
        } else if float(n) * p < SMALL_MEAN {
            self.inverted(n, p)
        } else {
            self.rejected(n, p)
        }
    }

    /// By inversion of the distribution function, upwards from 0.
    fn inverted(&mut self, n: u64, p: f64) -> u64 {
        let (odds, trials) = (p / (1.0 - p), float(n));
        let none = (trials * (-p).ln_1p()).exp();
        loop {
            let (mut chance, mut rest, mut successes) = (none, self.uniform(), 0);
            while rest > chance && successes < n.min(LARGEST_OF_SMALL_MEAN) {
                rest -= chance;
                chance *= odds * (trials - float(successes)) / float(successes + 1);
                successes += 1;
            }
            if successes < LARGEST_OF_SMALL_MEAN {
                return successes;
            }
        }
    }

    /// By transformed rejection with squeeze (BTRS), for p <= 1/2 and a mean of 10 and more.
    ///
    /// Source: W. Hörmann, «The generation of binomial random variates», Journal of Statistical Computation and Simulation 46
    /// (1993).
    fn rejected(&mut self, n: u64, p: f64) -> u64 {
        let trials = float(n);
        let deviation = (trials * p * (1.0 - p)).sqrt();
        let b = 1.15 + 2.53 * deviation;
        let a = -0.0873 + 0.0248 * b + 0.01 * p;
        let centre = trials * p + 0.5;
        let sure = 0.92 - 4.2 / b;
        loop {
            let (u, mut v) = (self.uniform() - 0.5, self.uniform());
            let from_edge = 0.5 - u.abs();
            let place = ((2.0 * a / from_edge + b) * u + centre).floor();
            if place < 0.0 || place > trials {
                continue;
            }
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to n")]
            let successes = place as u64;
            if from_edge >= 0.07 && v <= sure {
                return successes;
            }
            v *= (2.83 + 5.1 / b) * deviation / (a / (from_edge * from_edge) + b);
            if v.ln() <= from_mode(n, p, successes) {
                return successes;
            }
        }
    }
}

/// The logarithm of a binomial probability over that of the likeliest value, with factorials by Stirling's formula.
fn from_mode(n: u64, p: f64, successes: u64) -> f64 {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to n, for p is at most 1/2")]
    let mode = ((float(n) + 1.0) * p) as u64;
    let (n, k, m, odds) = (float(n) + 1.0, float(successes), float(mode), p / (1.0 - p));
    let error = |k: f64| stirling_error(k + 1.0) + stirling_error(n - k);
    (m + 0.5) * ((m + 1.0) / (odds * (n - m))).ln()
        + n * ((n - m) / (n - k)).ln()
        + (k + 0.5) * (odds * (n - k) / (k + 1.0)).ln()
        + error(m)
        - error(k)
}

#[cfg(test)]
mod tests {
    use statrs::function::factorial::ln_factorial;

    use super::*;

    /// The first outputs from the state 1, 2, 3, 4, as the authors' program in C gives them.
    #[test]
    fn the_published_generator() {
        let mut random = Random([1, 2, 3, 4]);
        let first = [41_943_041, 58_720_359, 3_588_806_011_781_223, 3_591_011_842_654_386];
        assert_eq!([(); 4].map(|()| random.next()), first);
    }

    /// Frequencies of 200,000 draws against the distribution, by the chi-squared statistic over cells of 50 and more: its
    /// mean is the number of cells less one and its variance twice that.
    #[test]
    fn draws_are_binomial() {
        let mut random = Random::from_seed(7);
        for (n, p) in
            [(1, 0.3), (20, 0.5), (144, 0.02), (144, 0.069), (144, 0.07), (2_016, 0.327), (52_560, 0.4), (100, 0.9)]
        {
            let draws = 200_000;
            let mut seen = vec![0_u32; 60_000];
            for _ in 0..draws {
                seen[usize::try_from(random.binomial(n, p)).unwrap()] += 1;
            }
            let chance = |k: u64| {
                let ways = ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k);
                f64::from(draws) * (ways + float(k) * p.ln() + float(n - k) * (-p).ln_1p()).exp()
            };
            let (mut statistic, mut cells, mut expected, mut found) = (0.0, 0.0, 0.0, 0.0);
            for k in 0..=n {
                expected += chance(k);
                found += f64::from(seen[usize::try_from(k).unwrap()]);
                if expected >= 50.0 || k == n {
                    statistic += (found - expected) * (found - expected) / expected.max(1.0);
                    (cells, expected, found) = (cells + 1.0, 0.0, 0.0);
                }
            }
            let degrees: f64 = cells - 1.0;
            assert!(
                statistic < degrees + 4.0 * (2.0 * degrees).sqrt() + 4.0,
                "{n} at {p}: {statistic} in {cells} cells"
            );
        }
    }

    /// Counts keep their sum, and covary as -N p q.
    #[test]
    fn draws_are_multinomial() {
        let counts = [500, 300, 150, 49, 1];
        let (mut random, mut drawn) = (Random::from_seed(11), [0; 5]);
        let (mut means, mut product) = ([0.0; 5], 0.0);
        let rounds = 20_000;
        for _ in 0..rounds {
            random.multinomial(&counts, &mut drawn);
            assert_eq!(drawn.iter().sum::<u64>(), 1_000);
            for (mean, &blocks) in means.iter_mut().zip(&drawn) {
                *mean += float(blocks) / f64::from(rounds);
            }
            product += (float(drawn[0]) - 500.0) * (float(drawn[1]) - 300.0) / f64::from(rounds);
        }
        for (mean, count) in means.into_iter().zip(counts) {
            assert!((mean - float(count)).abs() < 5.0 * (float(count) / f64::from(rounds)).sqrt(), "{mean} of {count}");
        }
        assert!((product + 150.0).abs() < 10.0, "{product}");
    }
}
