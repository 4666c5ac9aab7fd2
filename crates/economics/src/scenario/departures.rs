//! Who leaves, and how many EH/s that is.

use super::Scenario;
use crate::{
    checked::{Result, contradiction, figure, not_negative, part},
    mining::exahashes_of_megawatts,
    range::Range,
};

/// How much leaves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Amount {
    /// As hashrate.
    ExahashesPerSecond(Range),
    /// As power at the machines, of an efficiency: the fewer joules, the more hashrate.
    Megawatts {
        /// Power that mines no more.
        megawatts: Range,
        /// Of the machines there.
        joules_per_terahash: Range,
    },
    /// As a part of a disclosed hashrate.
    PartOf {
        /// The part, 0 to 1.
        share: Range,
        /// Of how much.
        exahashes_per_second: Range,
    },
}

/// A miner leaves, for all or a part.
#[derive(Clone, Debug, PartialEq)]
pub struct Departure {
    /// Whose it is.
    pub name: String,
    /// From when on it does not mine, in seconds of Unix time.
    pub date: i64,
    /// How much.
    pub amount: Amount,
    /// The pool that it mines with. None where that is not known: then shares do not move by it.
    pub pool: Option<String>,
}

/// A departure in one case.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Leaving {
    pub(super) date: i64,
    pub(super) exahashes_per_second: f64,
    /// The place of its pool among those given.
    pub(super) pool: Option<usize>,
}

/// All departures in one case, by date.
pub(super) fn leaving(scenario: &Scenario, of: fn(&Range) -> f64) -> Result<Vec<Leaving>> {
    let (mut found, mut sum) = (Vec::new(), 0.0);
    for departure in scenario.departures {
        if departure.date < scenario.start.time || departure.date > scenario.until {
            return contradiction("date", &format!("{} leaves before the start or after the end", departure.name));
        }
        let pool = match &departure.pool {
            None => None,
            Some(name) => match scenario.pools.iter().position(|pool| pool.name == *name) {
                None => return contradiction("pool", &format!("no shares of {name} are given")),
                found => found,
            },
        };
        let rate = figure("departed_exahashes_per_second", departure.amount.exahashes_per_second(of)?)?;
        sum += rate;
        found.push(Leaving { date: departure.date, exahashes_per_second: rate, pool });
    }
    // the same sum in another order may differ in its last digits
    if sum > scenario.exahashes_per_second * (1.0 + 1e-12) {
        return contradiction("departures", "more leaves than the network has");
    }
    found.sort_by_key(|one| one.date);
    Ok(found)
}

impl Amount {
    /// In one case: little, as expected, much leaves.
    fn exahashes_per_second(&self, of: fn(&Range) -> f64) -> Result<f64> {
        match self {
            Self::ExahashesPerSecond(range) => {
                not_negative("exahashes_per_second", of(&range.checked("exahashes_per_second")?))
            }
            Self::Megawatts { megawatts, joules_per_terahash } => {
                // much leaves where machines are efficient
                let joules = joules_per_terahash.checked("joules_per_terahash")?;
                let reversed = Range { low: -joules.high, central: -joules.central, high: -joules.low };
                exahashes_of_megawatts(of(&megawatts.checked("megawatts")?), -of(&reversed))
            }
            Self::PartOf { share, exahashes_per_second } => {
                let whole = of(&exahashes_per_second.checked("exahashes_per_second")?);
                Ok(part("share", of(&share.checked("share")?))? * not_negative("exahashes_per_second", whole)?)
            }
        }
    }
}
