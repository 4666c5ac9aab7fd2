//! Whether the hashrate of a window is lower than that of the window before, beyond what chance does.
//!
//! The waits of n blocks add up to a gamma variable whatever the hashrate is, so that the ratio of two hashrates lies about the ratio
//! of their estimates as a ratio of two gamma variables of n1 and n2 does about n1/n2. Work of blocks is taken as even within a window.

use hashwatch_metrics::{hashrate, incomplete_beta};
use hashwatch_model::Measure;

use super::{Finding, Key, network};
use crate::{
    level::{Found, Levels},
    marks::{beta_quantile, level},
    rule::Rule,
    rules::{Rules, Setting},
    scene::Scene,
    step::{estimate, known},
};

#[derive(Clone, Debug)]
pub(super) struct Falls {
    set: Setting,
    /// Estimated ratios up to which a level is reached, and kept.
    firm: Vec<f64>,
    held: Vec<f64>,
}

/// Work and time of a window.
#[derive(Clone, Copy, Debug)]
struct Measured {
    work: f64,
    seconds: f64,
}

impl Falls {
    pub(super) fn new(rules: &Rules) -> Option<Falls> {
        let set = rules.of(Rule::Hashrate).clone();
        let marks = |p: f64| {
            let about = quantile(&set, p);
            set.levels.iter().map(|fall| (1.0 - fall) / about).collect()
        };
        set.enabled.then(|| Falls { firm: marks(set.confidence), held: marks(set.keep), set: set.clone() })
    }

    pub(super) fn find(&self, scene: &Scene, place: usize, levels: &Levels<Key>) -> Option<Finding> {
        let key = network(Rule::Hashrate);
        let (now, before) = self.windows(scene, place)?;
        let ratio = ratio(now, before)?;
        if ratio > self.held.first().copied()? && levels.between(key, key).next().is_none() {
            return None;
        }
        let passed = |marks: &[f64]| level(marks.iter().filter(|mark| ratio <= **mark).count());
        Some((key, Found { firm: passed(&self.firm), held: passed(&self.held) }))
    }

    /// Both windows; none where they reach below the chain, or where its work is not known.
    fn windows(&self, scene: &Scene, place: usize) -> Option<(Measured, Measured)> {
        let works = scene.chainworks?;
        let middle = place.checked_sub(self.set.window as usize)?;
        let first = middle.checked_sub(self.set.before as usize)?;
        let measured = |from: usize, to: usize| {
            #[allow(clippy::cast_precision_loss, reason = "a part in 2^53 is far below what is known of it")]
            let work = works.get(to)?.saturating_sub(*works.get(from)?) as f64;
            let times = scene.median_times;
            Some(Measured { work, seconds: f64::from(times[to].saturating_sub(times[from])) })
        };
        Some((measured(middle, place)?, measured(first, middle)?))
    }

    pub(super) fn measures(&self, scene: &Scene, place: usize, threshold: f64) -> Option<Vec<Measure>> {
        let (now, before) = self.windows(scene, place)?;
        let ratio = ratio(now, before)?;
        let at = |p: f64| 1.0 - ratio * quantile(&self.set, p);
        let (n1, n2) = (f64::from(self.set.window), f64::from(self.set.before));
        // P(true ratio < 1 - threshold)
        let odds = (1.0 - threshold) / ratio * n1 / n2;
        let posterior = incomplete_beta(n1, n2, odds / (1.0 + odds))?.0;
        let rate = |name: &str, blocks: u32, of: Measured| {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a difference of two times")]
            let found = hashrate(of.work, u64::from(blocks), of.seconds as u64, 0.95)?;
            Some(estimate(name, "hashes_per_second", found.value, Some((found.low, found.high))))
        };
        let mut measures = vec![
            estimate("fall", "share", 1.0 - ratio, Some((at(0.975), at(0.025)))),
            known("posterior", "probability", posterior),
        ];
        measures.extend(rate("hashrate", self.set.window, now));
        measures.extend(rate("hashrate_before", self.set.before, before));
        measures.push(known("window", "blocks", n1));
        measures.push(known("window_before", "blocks", n2));
        Some(measures)
    }
}

/// The estimated ratio of the later hashrate to the earlier.
fn ratio(now: Measured, before: Measured) -> Option<f64> {
    let rate = |of: Measured| Some(of.work / of.seconds).filter(|rate| rate.is_finite() && *rate > 0.0);
    Some(rate(now)? / rate(before)?)
}

/// By how much the true ratio is more than the estimated one, at a probability: a quantile of (G1/n1)/(G2/n2) of gamma variables of
/// n1 and n2, of which G1/(G1+G2) is a beta variable.
fn quantile(set: &Setting, p: f64) -> f64 {
    let (n1, n2) = (f64::from(set.window), f64::from(set.before));
    let part = beta_quantile(n1, n2, p);
    part / (1.0 - part) * n2 / n1
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Chance alone moves a week by 3 %, and the fall by 3.5 %: eight in a hundred less is no news.
    #[test]
    fn marks_of_a_fall() {
        let falls = Falls::new(&Rules::default()).unwrap();
        // 0.9 less 1.645 of sqrt(1/1008 + 1/4032) of it, about
        assert!((falls.firm[0] / 0.9 - (-1.645 * (1.0 / 1_008.0 + 1.0 / 4_032.0_f64).sqrt()).exp()).abs() < 1e-3);
        assert!((falls.held[0] - 0.9).abs() < 1e-3);
    }
}
