//! The mean course of a case: hashrate falls as miners leave, and with each retarget others answer to the hashprice.

use std::collections::BTreeMap;

use super::{EpochFigures, Scenario, departures::Leaving};
use crate::{
    checked::{Result, contradiction},
    fleet::{Tranche, rest},
    mining::{BLOCKS_PER_DAY, hashprice_at_difficulty},
    schedule::{Schedule, Step, seconds},
    walk::{Means, Walk},
};

/// More epochs than a hundred years have.
const MOST_EPOCHS: usize = 2_700;

pub(super) struct Played {
    pub(super) hashrate: Schedule,
    pub(super) epochs: Vec<EpochFigures>,
    /// What answers to the hashprice at the end.
    pub(super) returned: f64,
}

pub(super) fn course(scenario: &Scenario, leaving: &[Leaving]) -> Result<Played> {
    let answer = Answer::new(scenario)?;
    let mut steps = BTreeMap::from([(scenario.start.time, scenario.exahashes_per_second)]);
    let mut walk = Walk::new(scenario.start.time, scenario.start.epoch)?;
    let (mut returned, mut epochs) = (0.0, Vec::new());
    let mut from = seconds(scenario.start.time);
    loop {
        // those who leave later, on top of what has been answered so far
        for one in leaving.iter().filter(|one| seconds(one.date) >= from) {
            steps.insert(one.date, left(scenario, departed(leaving, seconds(one.date)), returned));
        }
        let hashrate = schedule(&steps)?;
        epochs.push(EpochFigures {
            from,
            difficulty: walk.difficulty,
            hashprice_usd_per_ph_day: hashprice_at_difficulty(
                scenario.reward_btc,
                scenario.usd_per_btc,
                walk.difficulty,
            )?,
            exahashes_per_second: hashrate.at(from),
        });
        match walk.turn(&hashrate, &mut Means).filter(|turn| turn.time <= seconds(scenario.until)) {
            None => return Ok(Played { hashrate, epochs, returned }),
            Some(turn) => from = turn.time,
        }
        if epochs.len() > MOST_EPOCHS {
            return contradiction("until", "more than 2,700 retargets away");
        }
        let gone = departed(leaving, from);
        returned = answer.returned(gone)?;
        #[allow(clippy::cast_possible_truncation, reason = "a date")]
        steps.insert(from.ceil() as i64, left(scenario, gone, returned));
    }
}

/// What mines when so much has gone and so much has returned. What rounding leaves of all is nothing.
fn left(scenario: &Scenario, gone: f64, returned: f64) -> f64 {
    let left = scenario.exahashes_per_second - gone + returned;
    if left > scenario.exahashes_per_second * 1e-12 { left } else { 0.0 }
}

/// What has left by a time.
pub(super) fn departed(leaving: &[Leaving], time: f64) -> f64 {
    leaving.iter().filter(|one| seconds(one.date) <= time).map(|one| one.exahashes_per_second).sum()
}

/// Steps that change nothing are left out.
fn schedule(steps: &BTreeMap<i64, f64>) -> Result<Schedule> {
    let mut found: Vec<Step> = Vec::new();
    for (&from, &exahashes_per_second) in steps {
        if found.last().is_none_or(|last| last.exahashes_per_second != exahashes_per_second) {
            found.push(Step { from, exahashes_per_second });
        }
    }
    Schedule::new(found)
}

/// Who of the fleet answers.
struct Answer<'a> {
    fleet: &'a [Tranche],
    usd_per_day: f64,
    network: f64,
    /// What of the network is not in the fleet.
    unpriced: f64,
    /// The hashprice at which the network's hashrate is paid at the start.
    hashprice: f64,
}

impl<'a> Answer<'a> {
    fn new(scenario: &Scenario<'a>) -> Result<Self> {
        let network = scenario.exahashes_per_second;
        let usd_per_day = scenario.reward_btc * scenario.usd_per_btc * BLOCKS_PER_DAY;
        let hashprice = usd_per_day / (network * 1_000.0);
        let mut mining = 0.0;
        for tranche in scenario.fleet {
            crate::checked::not_negative("exahashes_per_second", tranche.exahashes_per_second)?;
            mining +=
                if tranche.break_even_usd_per_ph_day()? <= hashprice { tranche.exahashes_per_second } else { 0.0 };
        }
        if mining > network * (1.0 + 1e-12) {
            return contradiction("fleet", "more of it mines at this hashprice than the network has");
        }
        Ok(Self { fleet: scenario.fleet, usd_per_day, network, unpriced: (network - mining).max(0.0), hashprice })
    }

    /// What mines more than before, after so many have gone: those of the fleet first that are not priced.
    fn returned(&self, gone: f64) -> Result<f64> {
        if self.fleet.is_empty() || self.usd_per_day <= 0.0 {
            return Ok(0.0);
        }
        let on = (self.network - self.unpriced).max(0.0);
        let beyond = (gone - self.unpriced).max(0.0);
        let kept = if on > 0.0 { (1.0 - beyond / on).max(0.0) } else { 1.0 };
        let mut fleet = self.fleet.to_vec();
        for tranche in &mut fleet {
            if tranche.break_even_usd_per_ph_day()? <= self.hashprice {
                tranche.exahashes_per_second *= kept;
            }
        }
        let found = rest((self.unpriced - gone).max(0.0), &fleet, self.usd_per_day)?;
        Ok(found.exahashes_per_second - (self.network - gone).max(0.0))
    }
}
