//! What the same attack costs before, during and after.

use hashwatch_metrics::Epoch;

use super::{
    Scenario,
    course::{Played, departed},
    departures::Leaving,
};
use crate::{
    attack::Attack,
    checked::Result,
    cost::{NETWORK, Owned, Ranged, STOCK, owned, owned_ranges},
    range::Range,
    schedule::seconds,
    walk::{Means, Walk},
};

/// The cost of an attack at a moment.
#[derive(Clone, Debug, PartialEq)]
pub struct CostAt {
    /// All of it, with every parameter central.
    pub central: Owned,
    /// As low, central and high, over the ranges of the parameters. The network's hashrate is that of the case.
    pub ranges: Ranged,
}

/// The cost of an attack at three moments.
#[derive(Clone, Debug, PartialEq)]
pub struct AttackCosts {
    /// At the start.
    pub before: CostAt,
    /// When the last one leaves, and before any retarget answers: the network is smallest, the difficulty still high. None where
    /// nothing is left of the network, and an attack takes nothing.
    pub during: Option<CostAt>,
    /// At the end.
    pub after: Option<CostAt>,
}

/// Machines that have left, and are for sale, add to the second-hand ones on offer.
pub(super) fn costs(
    scenario: &Scenario,
    leaving: &[Leaving],
    played: &Played,
    retired: f64,
) -> Result<Option<AttackCosts>> {
    let Some(priced) = scenario.priced else { return Ok(None) };
    let at = |network: f64, epoch: Epoch, stock: f64| {
        let (attack, offered) = match priced.attack {
            Attack::BuyRetired { share, stock_exahashes_per_second: had } => {
                (Attack::BuyRetired { share, stock_exahashes_per_second: had + stock }, 0.0)
            }
            other => (other, stock),
        };
        let had = priced.values.range(STOCK)?;
        let more = Range { low: had.low + offered, central: had.central + offered, high: had.high + offered };
        let values = priced.values.with(NETWORK, Range::exactly(network))?.with(STOCK, more)?;
        let owned = owned(attack, epoch, &values.central())?;
        Ok(CostAt { central: owned, ranges: owned_ranges(attack, epoch, &values)? })
    };
    let left = |network: f64, epoch: Epoch, stock: f64| (network > 0.0).then(|| at(network, epoch, stock)).transpose();
    let last = leaving.last().map_or(seconds(scenario.start.time), |one| seconds(one.date));
    let (during, end) = (epoch_at(scenario, played, last)?, epoch_at(scenario, played, seconds(scenario.until))?);
    let all = departed(leaving, last);
    Ok(Some(AttackCosts {
        before: at(scenario.exahashes_per_second, scenario.start.epoch, 0.0)?,
        during: left(played.hashrate.at(last), during, all * scenario.retired_share)?,
        after: left(played.hashrate.at(seconds(scenario.until)), end, retired)?,
    }))
}

/// The epoch of the mean course at a time: its difficulty, blocks and seconds so far.
fn epoch_at(scenario: &Scenario, played: &Played, time: f64) -> Result<Epoch> {
    let mut walk = Walk::new(scenario.start.time, scenario.start.epoch)?;
    let mut before = walk;
    while walk.turn(&played.hashrate, &mut Means).is_some_and(|turn| turn.time <= time) {
        before = walk;
    }
    Ok(before.epoch_at(&played.hashrate, time))
}
