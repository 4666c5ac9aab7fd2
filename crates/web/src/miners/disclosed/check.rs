//! Coins that a company says it mined, against what its disclosed hashrate should have brought.

use hashwatch_metrics::{Prediction, predicted};
use hashwatch_registry::{HashrateKind, Report};

use super::{
    history::{Part, Said},
    network::{Blocks, NetworkRate, Networks},
};
use crate::shares::CONFIDENCE;

/// A period's production against expectation.
pub(super) struct Check<'a> {
    pub(super) report: &'a Report,
    /// Coins, as reported.
    pub(super) produced: f64,
    /// The figure that the expectation follows from: it speaks of the same period.
    pub(super) kind: HashrateKind,
    pub(super) hashes_per_second: f64,
    pub(super) source: &'a hashwatch_registry::Source,
    pub(super) part: Part,
    /// The network's hashrate.
    pub(super) network: NetworkRate,
    pub(super) blocks: Blocks,
    /// Blocks that a miner by itself would have found, with the prediction interval.
    pub(super) expected: Prediction,
}

impl Check<'_> {
    /// Coins of so many of the period's blocks, at what these brought on the mean.
    #[allow(clippy::cast_precision_loss, reason = "no period has 2^53 blocks")]
    pub(super) fn coins(&self, blocks: f64) -> f64 {
        blocks * self.blocks.coins / self.blocks.count as f64
    }

    /// Produced over expected.
    pub(super) fn ratio(&self) -> f64 {
        self.produced / self.coins(self.expected.mean)
    }

    /// Whether luck alone does not explain it.
    #[allow(clippy::cast_precision_loss, reason = "no period has 2^53 blocks")]
    pub(super) fn is_outside(&self) -> bool {
        let (low, high) = (self.coins(self.expected.low as f64), self.coins(self.expected.high as f64));
        self.produced < low || self.produced > high
    }
}

/// The reports of which all is known that it takes: a hashrate of the same period, the network's, and the blocks.
pub(super) fn checks<'a>(reports: &[&'a Report], said: &[Said<'a>], networks: &Networks<'_>) -> Vec<Check<'a>> {
    reports.iter().filter_map(|report| check(report, said, networks)).collect()
}

#[allow(clippy::cast_precision_loss, reason = "no period has 2^53 blocks")]
fn check<'a>(report: &'a Report, said: &[Said<'a>], networks: &Networks<'_>) -> Option<Check<'a>> {
    let produced = report.btc_produced?;
    // of the very period, and what is nearest to what hashes
    let of_it = said.iter().filter(|said| said.it.period == report.period);
    let said = of_it.min_by_key(|said| said.it.kind)?;
    let (part, network) = (said.part()?, said.network.clone()?);
    let blocks = networks.blocks(report.period)?;
    let expected = predicted(part.value * blocks.count as f64, CONFIDENCE)?;
    Some(Check {
        report,
        produced,
        kind: said.it.kind,
        hashes_per_second: said.it.hashes_per_second,
        source: &said.it.source,
        part,
        network,
        blocks,
        expected,
    })
}

#[cfg(test)]
mod tests {
    use hashwatch_registry::{Dossier, Registry};
    use jiff::civil::date;

    use crate::miners::disclosed::{company, history::History, network::Networks};

    /// January 2024: IREN mined 341 coins. It had a hashrate, 554 EH/s were all, and 4,522 blocks created 6.25 coins each.
    #[test]
    fn a_month_by_hand() {
        let (who, dossier, day) = (Registry::builtin(), Dossier::builtin(), date(2026, 11, 28));
        let iren = company(who, "IREN", day).unwrap();
        let history = History::read(dossier, iren, &Networks::published(dossier, day), day);
        let found = history.checks.iter().find(|check| check.report.period.to_string() == "2024-01").unwrap();
        let (rate, all) = (found.hashes_per_second, 554e18);
        assert_eq!((found.produced, found.blocks.count), (341.0, 828_307 - 823_786 + 1));
        assert!((found.expected.mean - rate / all * 4_522.0).abs() < 1e-9, "{:?}", found.expected);
        assert!((found.coins(1.0) - 6.25).abs() < 1e-12);
        assert!((found.ratio() - 341.0 / (rate / all * 4_522.0 * 6.25)).abs() < 1e-9);
        let (low, high) = (found.expected.low, found.expected.high);
        assert!(low < 54 && high > 40 && low < high, "{low} to {high}");
    }

    /// Nothing is checked where any of it would have to be guessed.
    #[test]
    fn every_check_has_all_it_takes() {
        let (who, dossier, day) = (Registry::builtin(), Dossier::builtin(), date(2026, 11, 28));
        let networks = Networks::published(dossier, day);
        let mut all = 0;
        for miner in who.miners() {
            for check in History::read(dossier, miner, &networks, day).checks {
                assert!(!check.blocks.own && check.ratio().is_finite() && check.ratio() > 0.0);
                assert!(check.part.value > 0.0 && check.part.value < 0.2, "{} {}", miner.slug, check.report.period);
                all += 1;
            }
        }
        assert!(all >= 10, "{all} checks");
    }
}
