//! Indices over logarithms of shares: the entropies of Rényi's family, and Theil's index.

use std::f64::consts::LN_2;

use super::{Counts, counts::float};

/// How near to 1 Rényi's formula for other orders loses digits.
const NEAR_SHANNON: f64 = 0.5;

impl Counts<'_> {
    /// Shannon's entropy in bits: -Σ p log2 p. How many yes-or-no questions it takes on average to learn who found a block.
    ///
    /// Range: 0 (one entity) to log2(entities). Of a sample it lies below the truth.
    ///
    /// Source: C. E. Shannon, «A mathematical theory of communication» (1948).
    pub fn shannon(&self) -> f64 {
        let total = float(self.total);
        positive(-self.sum(|x| x / total * (x / total).log2()))
    }

    /// The same and Miller and Madow's correction of its bias, (entities - 1)/(2 N ln 2) bits.
    ///
    /// Range: from 0; with few blocks it may pass log2(entities). Entities that found no block are not made up for.
    ///
    /// Source: G. A. Miller, «Note on the bias of information estimates» (1955).
    pub fn shannon_corrected(&self) -> f64 {
        self.shannon() + (float(self.entities()) - 1.0) / (2.0 * float(self.total) * LN_2)
    }

    /// Rényi's entropy of order alpha in bits: log2(Σ p^alpha) / (1 - alpha). Order 0 is Hartley's, 1 Shannon's, 2 that of
    /// collisions, infinity the min-entropy.
    ///
    /// Range: 0 to log2(entities), and never rising with alpha. None for an alpha below 0 or none.
    ///
    /// Source: A. Rényi, «On measures of entropy and information» (1961).
    pub fn renyi(&self, alpha: f64) -> Option<f64> {
        if alpha.is_nan() || alpha < 0.0 {
            return None;
        }
        let (total, largest) = (float(self.total), float(self.largest()));
        let order = alpha - 1.0;
        Some(if order == 0.0 {
            self.shannon()
        } else if alpha.is_infinite() {
            self.min_entropy()
        } else if order.abs() < NEAR_SHANNON {
            // the sum is near 1, and what it lacks is what matters
            let lacks = self.sum(|x| x / total * (order * (x / total).ln()).exp_m1());
            positive(-lacks.ln_1p() / order / LN_2)
        } else {
            let scaled = self.sum(|x| (x / largest).powf(alpha)).log2();
            positive((scaled + alpha * (largest / total).log2()) / -order)
        })
    }

    /// Hartley's entropy in bits, log2 of the number of entities. Range: from 0.
    pub fn hartley(&self) -> f64 {
        float(self.entities()).log2()
    }

    /// The min-entropy in bits: -log2 of the largest share. Range: 0 to log2(entities).
    pub fn min_entropy(&self) -> f64 {
        positive(-(float(self.largest()) / float(self.total)).log2())
    }

    /// Shannon's entropy as a part of the greatest that so many entities can have. Range: 0 to 1; 0 for a single entity, which
    /// has no room for any, as in the Edinburgh Decentralisation Index.
    pub fn entropy_ratio(&self) -> f64 {
        if self.entities() == 1 { 0.0 } else { (self.shannon() / self.hartley()).min(1.0) }
    }

    /// Theil's T in nats over the entities that found a block: the mean of (x/µ) ln(x/µ), with µ the mean count. It is
    /// ln(entities) less Shannon's entropy in nats.
    ///
    /// Range: 0 (all alike) to ln(entities). As with Gini's coefficient, small entities that come and go move it.
    ///
    /// Source: H. Theil, «Economics and Information Theory» (1967).
    pub fn theil(&self) -> f64 {
        self.theil_among(self.entities())
    }

    /// The same over a population that holds entities without a block as well. None where it is smaller than the entities
    /// that have one.
    pub fn theil_of_population(&self, population: u64) -> Option<f64> {
        (population >= self.entities()).then(|| self.theil_among(population))
    }

    fn theil_among(&self, population: u64) -> f64 {
        let (n, total) = (float(population), float(self.total));
        positive(self.sum(|x| x / total * (x * n / total).ln()))
    }
}

/// Zero where rounding or a sign went below it.
pub(super) fn positive(figure: f64) -> f64 {
    if figure > 0.0 { figure } else { 0.0 }
}
