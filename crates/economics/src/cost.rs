//! The cost of a stated attack as a whole: what it takes, what that costs to own or to rent, what its blocks earn.
//!
//! The parts are those of [`crate::attack`], [`crate::supply`], [`crate::hardware`] and [`crate::rental`]; here they are joined under
//! named parameters, so that what is missing can be said and every answer has its range.

use hashwatch_metrics::Epoch;

use crate::{
    attack::{Attack, Forces, branch_blocks, branch_revenue_usd},
    checked::{Result, figure},
    hardware::{Hardware, HardwareCost, hardware_cost},
    mining::SECONDS_PER_DAY,
    range::{Parameter, Point, Range, Values},
    rental::{Rental, rental, usd_per_hour_at_hashprice},
    sensitivity::{Swing, result, sensitivity},
    supply::{Market, NewMachines, SecondHand, Supply, supply},
};

const fn parameter(
    name: &'static str,
    unit: &'static str,
    (least, greatest): (f64, f64),
    meaning: &'static str,
) -> Parameter {
    Parameter { name, unit, least, greatest, meaning }
}

/// The network's hashrate.
pub const NETWORK: &str = "network_exahashes_per_second";
/// Second-hand machines on offer.
pub const STOCK: &str = "second_hand_exahashes_per_second";

const NETWORK_PARAMETER: Parameter = parameter(NETWORK, "EH/s", (1e-6, 1e9), "hashrate of the network");
const DAYS: Parameter = parameter("attack_days", "d", (0.0, 3_650.0), "how long the attack lasts");
const REWARD: Parameter = parameter("reward_btc", "BTC", (0.0, 50.0), "pay of a block, subsidy and fees");
const PRICE: Parameter = parameter("usd_per_btc", "USD/BTC", (0.0, 1e9), "price of a coin before the attack");
const FALL: Parameter = parameter("price_fall_share", "1", (0.0, 1.0), "part of the price that the attack destroys");

/// What [`owned`] needs to know.
pub const OWNED: [Parameter; 16] = [
    NETWORK_PARAMETER,
    parameter("new_usd_per_terahash_per_second", "USD per TH/s", (0.0, 1e5), "price of new machines"),
    parameter("new_exahashes_per_second_per_year", "EH/s per year", (1e-6, 1e9), "what the industry makes in a year"),
    parameter("production_share", "1", (1e-6, 1.0), "part of the production that the attacker gets"),
    parameter("supply_elasticity", "1", (0.01, 1e6), "percent more on offer for a percent more of price"),
    parameter(STOCK, "EH/s", (0.0, 1e9), "second-hand machines on offer"),
    parameter("second_hand_usd_per_terahash_per_second", "USD per TH/s", (0.0, 1e5), "price of second-hand machines"),
    parameter("joules_per_terahash", "J/TH", (0.1, 1e5), "power of the machines per hash"),
    parameter("power_usage_effectiveness", "1", (1.0, 3.0), "power of a site over that of its machines"),
    parameter("site_usd_per_kw", "USD/kW", (0.0, 1e5), "cost of a site per kW drawn"),
    parameter("usd_per_kwh", "USD/kWh", (0.0, 10.0), "price of power"),
    DAYS,
    parameter("resale_share", "1", (0.0, 1.0), "part of the machines' price got back"),
    REWARD,
    PRICE,
    FALL,
];

/// What [`rented`] needs to know.
pub const RENTED: [Parameter; 7] = [
    NETWORK_PARAMETER,
    parameter("rentable_exahashes_per_second", "EH/s", (0.0, 1e9), "hashrate for rent"),
    parameter("btc_per_eh_day", "BTC per EH/s and day", (0.0, 1e4), "price of rented hashrate"),
    DAYS,
    REWARD,
    PRICE,
    FALL,
];

/// What hashrate earns.
pub const HASHPRICE: Parameter = parameter(
    "hashprice_usd_per_ph_day",
    "USD per PH/s and day",
    (0.0, 1e6),
    "what a petahash per second is paid in a day",
);

/// What [`hour_at_hashprice`] needs to know.
pub const HOUR: [Parameter; 2] = [NETWORK_PARAMETER, HASHPRICE];

/// An attack with machines of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Owned {
    /// What it takes.
    pub forces: Forces,
    /// Blocks of its branch in that time.
    pub blocks: f64,
    /// Where the machines are from, in order, and how long that takes. Of a capture, nothing.
    pub supply: Option<Supply>,
    /// What it costs.
    pub cost: HardwareCost,
}

/// The cost of an attack with machines that are bought, second-hand ones first, and run at sites that are built.
///
/// Retired machines of [`Attack::BuyRetired`] are on offer beside the other second-hand ones, at their price. Captured machines
/// ([`Attack::CaptureInside`]) are not bought and stand where they stood: machines and site cost nothing, power does.
///
/// What it does not show: that second-hand machines draw more power than new ones (the mean belongs in `joules_per_terahash`), and
/// what it costs to capture.
pub fn owned(attack: Attack, epoch: Epoch, point: &Point) -> Result<Owned> {
    let forces = attack.forces(point.get(NETWORK)?)?;
    let days = point.get("attack_days")?;
    let blocks = branch_blocks(forces.attacker_exahashes_per_second, epoch, days * SECONDS_PER_DAY)?;
    let rate = forces.attacker_exahashes_per_second;
    let captured = matches!(attack, Attack::CaptureInside { .. });
    let supply = if captured { None } else { Some(supply(rate, days, &market(attack, point)?)?) };
    let cost = hardware_cost(&Hardware {
        exahashes_per_second: rate,
        usd_per_terahash_per_second: supply.as_ref().map_or(0.0, |bought| bought.usd / (rate * 1e6)),
        joules_per_terahash: point.get("joules_per_terahash")?,
        power_usage_effectiveness: point.get("power_usage_effectiveness")?,
        site_usd_per_kw: if captured { 0.0 } else { point.get("site_usd_per_kw")? },
        usd_per_kwh: point.get("usd_per_kwh")?,
        days,
        resale_share: point.get("resale_share")?,
        revenue_usd: revenue(blocks, point)?,
    })?;
    Ok(Owned { forces, blocks, supply, cost })
}

fn market(attack: Attack, point: &Point) -> Result<Market> {
    let retired = match attack {
        Attack::BuyRetired { stock_exahashes_per_second, .. } => stock_exahashes_per_second,
        _ => 0.0,
    };
    Ok(Market {
        rent: None,
        second_hand: Some(SecondHand {
            exahashes_per_second: point.get(STOCK)? + retired,
            usd_per_terahash_per_second: point.get("second_hand_usd_per_terahash_per_second")?,
        }),
        new: Some(NewMachines {
            usd_per_terahash_per_second: point.get("new_usd_per_terahash_per_second")?,
            exahashes_per_second_per_year: point.get("new_exahashes_per_second_per_year")?,
            production_share: point.get("production_share")?,
            supply_elasticity: point.get("supply_elasticity")?,
        }),
    })
}

fn revenue(blocks: f64, point: &Point) -> Result<f64> {
    branch_revenue_usd(blocks, point.get("reward_btc")?, point.get("usd_per_btc")?, point.get("price_fall_share")?)
}

/// An attack with rented hashrate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rented {
    /// What it takes.
    pub forces: Forces,
    /// Blocks of its branch in that time.
    pub blocks: f64,
    /// The rent, a day's and an hour's, and whether there is as much.
    pub rental: Rental,
    /// The rent of the whole time.
    pub gross_usd: f64,
    /// What the blocks earn.
    pub revenue_usd: f64,
    /// What is left of the rent; below 0 for a gain.
    pub net_usd: f64,
}

/// The cost of an attack with rented hashrate. Where its `rentable_ratio` is below 1 nobody can buy it.
pub fn rented(attack: Attack, epoch: Epoch, point: &Point) -> Result<Rented> {
    let forces = attack.forces(point.get(NETWORK)?)?;
    let days = point.get("attack_days")?;
    let blocks = branch_blocks(forces.attacker_exahashes_per_second, epoch, days * SECONDS_PER_DAY)?;
    let rental = rental(
        forces.attacker_exahashes_per_second,
        point.get("btc_per_eh_day")?,
        point.get("usd_per_btc")?,
        point.get("rentable_exahashes_per_second")?,
    )?;
    let gross_usd = figure("gross_usd", rental.usd_per_day * days)?;
    let revenue_usd = revenue(blocks, point)?;
    Ok(Rented { forces, blocks, rental, gross_usd, revenue_usd, net_usd: gross_usd - revenue_usd })
}

/// A cost with its range, and what makes it so wide.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranged {
    /// Before revenue and resale.
    pub gross_usd: Range,
    /// After.
    pub net_usd: Range,
    /// What each parameter does to the net cost, widest first.
    pub sensitivity: Vec<Swing>,
}

/// [`owned`] as low, central and high.
pub fn owned_ranges(attack: Attack, epoch: Epoch, values: &Values) -> Result<Ranged> {
    let net = |point: &Point| Ok(owned(attack, epoch, point)?.cost.net_usd);
    Ok(Ranged {
        gross_usd: result(values, |point| Ok(owned(attack, epoch, point)?.cost.gross_usd))?,
        net_usd: result(values, net)?,
        sensitivity: sensitivity(values, net)?,
    })
}

/// [`rented`] as low, central and high.
pub fn rented_ranges(attack: Attack, epoch: Epoch, values: &Values) -> Result<Ranged> {
    let net = |point: &Point| Ok(rented(attack, epoch, point)?.net_usd);
    Ok(Ranged {
        gross_usd: result(values, |point| Ok(rented(attack, epoch, point)?.gross_usd))?,
        net_usd: result(values, net)?,
        sensitivity: sensitivity(values, net)?,
    })
}

/// What an hour of an attack costs if its hashrate is rented at what it earns ([`usd_per_hour_at_hashprice`]), as low, central and high.
pub fn hour_at_hashprice(attack: Attack, values: &Values) -> Result<Range> {
    result(values, |point| {
        let needed = attack.forces(point.get(NETWORK)?)?.attacker_exahashes_per_second;
        usd_per_hour_at_hashprice(needed, point.get(HASHPRICE.name)?)
    })
}

#[cfg(test)]
pub(crate) mod tests;
