//! Miners leave on their dates: what that does to difficulty, hashprice, hashrate, shares, concentration and the cost of an attack.
//!
//! Which announcements there are, and what their megawatts mean, is for the caller.

mod costs;
mod course;
mod departures;
mod shares;

use hashwatch_metrics::{Figure, Index};

pub use costs::{AttackCosts, CostAt};
pub use departures::{Amount, Departure};
pub use shares::Share;

use crate::{
    attack::Attack,
    checked::{Result, part, positive},
    fleet::Tranche,
    path::{Draws, Path, Start, path},
    range::Values,
    schedule::Schedule,
};

/// Blocks of a pool in the window that shares are taken from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pool {
    /// Its name, which departures refer to.
    pub name: String,
    /// Its blocks.
    pub blocks: u64,
}

/// An attack whose cost is asked before, during and after.
#[derive(Clone, Copy, Debug)]
pub struct Priced<'a> {
    /// The kind. The network's hashrate, and the stock of [`Attack::BuyRetired`], come from the scenario.
    pub attack: Attack,
    /// The parameters of [`crate::cost::OWNED`].
    pub values: &'a Values,
}

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Scenario<'a> {
    /// The tip it begins at.
    pub start: Start,
    /// The network's hashrate at the start.
    pub exahashes_per_second: f64,
    /// How far it is followed.
    pub until: i64,
    /// Who leaves, when, with how much.
    pub departures: &'a [Departure],
    /// Part of the machines that leave which is for sale afterwards, 0 to 1.
    pub retired_share: f64,
    /// Machines whose break-even is known: those that mine at the start are part of the hashrate, the others wait.
    pub fleet: &'a [Tranche],
    /// Pay of a block, subsidy and fees. It stays the same: a halving is for the caller to split at.
    pub reward_btc: f64,
    /// Price of a coin, which stays the same.
    pub usd_per_btc: f64,
    /// Shares at the start.
    pub pools: &'a [Pool],
    /// Blocks of no known pool in the same window.
    pub unknown_blocks: u64,
    /// Indices that are asked for.
    pub indices: &'a [Index],
    /// An attack to price.
    pub priced: Option<Priced<'a>>,
    /// How chance is counted in.
    pub draws: Draws,
}

/// What comes of it, by how much leaves.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Each departure at its low.
    pub low: Case,
    /// Each at its central value.
    pub central: Case,
    /// Each at its high.
    pub high: Case,
}

/// The figures from one retarget, or the start, to the next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EpochFigures {
    /// Seconds of Unix time, in the mean course.
    pub from: f64,
    /// The difficulty in force.
    pub difficulty: f64,
    /// What a PH/s is paid at that difficulty.
    pub hashprice_usd_per_ph_day: f64,
    /// The network's hashrate at its beginning.
    pub exahashes_per_second: f64,
}

/// An index before and after, with what chance in a window as long and Unknown allow.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IndexChange {
    /// Which.
    pub index: Index,
    /// Of the shares at the start.
    pub before: Option<Figure>,
    /// Of those that are left, as a window of as many blocks would have it. None where no one is left.
    pub after: Option<Figure>,
}

/// One case.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// What has left by the end.
    pub departed_exahashes_per_second: f64,
    /// What has come back, or started, thanks to the hashprice, by the end. Below 0 for those that stopped.
    pub returned_exahashes_per_second: f64,
    /// What is for sale of what has left.
    pub retired_exahashes_per_second: f64,
    /// The network's hashrate over time.
    pub hashrate: Schedule,
    /// Retargets with their intervals.
    pub path: Path,
    /// Epoch by epoch: the first begins with the start.
    pub epochs: Vec<EpochFigures>,
    /// Of each pool, in the order given, and Unknown's last.
    pub shares: Vec<Share>,
    /// The indices asked for.
    pub indices: Vec<IndexChange>,
    /// The cost of the attack, if one was asked for.
    pub attack: Option<AttackCosts>,
}

/// Plays a scenario.
///
/// Until a retarget hashrate only falls, by what leaves: the difficulty, and with it the hashprice, are as before. With each
/// retarget those of the fleet start or stop until hashprice and hashrate rest ([`crate::fleet::rest`]). The path has the chance of
/// block times as its interval; low, central and high differ by how much leaves.
///
/// Refused are departures before the start or after the end, more that leaves than there is, a fleet of which more mines than
/// the network has, pools that departures name and nobody gave. If all leaves the path ends in a standstill; no figure is
/// infinite.
///
/// What it does not show: growth of others' fleets unless it is in the fleet, a price that answers, machines that move to another
/// site instead (their departure is not one).
pub fn play(scenario: &Scenario) -> Result<Outcome> {
    positive("exahashes_per_second", scenario.exahashes_per_second)?;
    part("retired_share", scenario.retired_share)?;
    let case = |of: fn(&crate::range::Range) -> f64| play_case(scenario, of);
    Ok(Outcome {
        low: case(|range| range.low)?,
        central: case(|range| range.central)?,
        high: case(|range| range.high)?,
    })
}

fn play_case(scenario: &Scenario, of: fn(&crate::range::Range) -> f64) -> Result<Case> {
    let leaving = departures::leaving(scenario, of)?;
    let played = course::course(scenario, &leaving)?;
    let departed: f64 = leaving.iter().map(|one| one.exahashes_per_second).sum();
    let retired = departed * scenario.retired_share;
    let path = path(&scenario.start, &played.hashrate, scenario.until, scenario.draws)?;
    let shares = shares::shares(scenario, &leaving)?;
    let indices = shares::indices(scenario, &shares);
    Ok(Case {
        departed_exahashes_per_second: departed,
        returned_exahashes_per_second: played.returned,
        retired_exahashes_per_second: retired,
        attack: costs::costs(scenario, &leaving, &played, retired)?,
        epochs: played.epochs,
        hashrate: played.hashrate,
        path,
        shares,
        indices,
    })
}

#[cfg(test)]
mod tests;
