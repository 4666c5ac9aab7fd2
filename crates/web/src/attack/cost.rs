//! The cost of an attack from the values at hand: all that answers and the page tell, computed once.

use hashwatch_economics::{
    Error, Parameter, Range, Result,
    attack::{Forces, branch_blocks, expected_overtake_seconds, median_overtake_seconds, overtaken_within},
    budish::{
        Duration, deterred_sabotage_usd, deterred_value_usd, deterring_usd_per_block, gross_block_equivalents,
        net_block_equivalents,
    },
    cost::{
        HOUR, NETWORK, OWNED, Owned, RENTED, Ranged, Rented, hour_at_hashprice, owned, owned_ranges, rented,
        rented_ranges,
    },
    hardware::HardwareCost,
    mining::{DAYS_PER_YEAR, SECONDS_PER_DAY},
    sensitivity::result,
};
use hashwatch_metrics::Epoch;

use super::{Question, VALUE};
use crate::inputs::{DAYS, Inputs};

/// All that is computed. What lacks a parameter is none.
pub(super) struct Found {
    pub(super) forces: Option<Forces>,
    pub(super) blocks: Option<f64>,
    pub(super) overtake: Option<Overtake>,
    pub(super) owned: Option<OwnedFound>,
    pub(super) rented: Option<RentedFound>,
    /// Parameters that the rented model lacks.
    pub(super) rented_lacks: Vec<&'static str>,
    /// Rent an hour if hashrate is rented at what it earns.
    pub(super) floor_usd_per_hour: Option<Range>,
    pub(super) budish: Option<Budish>,
}

/// The time to make up a deficit.
#[derive(Clone, Copy)]
pub(super) struct Overtake {
    pub(super) blocks: u32,
    pub(super) expected_seconds: Option<f64>,
    pub(super) median_seconds: Option<f64>,
    /// Within the time that the attack lasts.
    pub(super) within: Option<f64>,
}

/// Machines of one's own, at the central values, and the range of each part.
pub(super) struct OwnedFound {
    pub(super) central: Owned,
    pub(super) parts: [(&'static str, Range); 6],
    pub(super) ranged: Ranged,
    pub(super) years: f64,
}

/// Rented hashrate.
pub(super) struct RentedFound {
    pub(super) central: Rented,
    pub(super) usd_per_day: Range,
    pub(super) ratio: Range,
    pub(super) ranged: Ranged,
}

/// Budish's limits for an attack of this size and time.
#[derive(Clone, Copy)]
pub(super) struct Budish {
    pub(super) usd_per_block: f64,
    pub(super) gross_blocks: f64,
    pub(super) net_blocks: f64,
    /// The greatest attack that the pay of blocks deters.
    pub(super) flow_usd: f64,
    /// The greatest sabotage, where the attacker's machines are lost with it.
    pub(super) stock_usd: Option<f64>,
    /// For an attack of the value given: what a block must pay.
    pub(super) deterring_usd_per_block: Option<f64>,
}

type Part = (&'static str, fn(&HardwareCost) -> f64);
const PARTS: [Part; 6] = [
    ("machines_usd", |cost| cost.machines_usd),
    ("site_usd", |cost| cost.site_usd),
    ("energy_usd", |cost| cost.energy_usd),
    ("revenue_usd", |cost| cost.revenue_usd),
    ("resale_usd", |cost| cost.resale_usd),
    ("megawatts", |cost| cost.megawatts),
];

/// None for a parameter that is missing; a refusal for one that cannot be.
fn known<T>(found: Result<T>) -> Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(Error::Missing(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

pub(super) fn cost(question: &Question, inputs: &Inputs) -> Result<Found> {
    let attack = question.attack(inputs);
    let mut found = Found {
        forces: None,
        blocks: None,
        overtake: None,
        owned: None,
        rented: None,
        rented_lacks: lacking(inputs, &RENTED),
        floor_usd_per_hour: None,
        budish: None,
    };
    let (Some(network), Some(epoch)) = (inputs.central(NETWORK), inputs.epoch()) else { return Ok(found) };
    let (forces, days) = (attack.forces(network)?, inputs.central(DAYS).unwrap_or_default());
    let rate = forces.attacker_exahashes_per_second;
    found.forces = Some(forces);
    found.blocks = Some(branch_blocks(rate, epoch, days * SECONDS_PER_DAY)?);
    found.overtake = Some(overtake(&forces, epoch, question.blocks, days)?);
    if let Some(values) = known(inputs.values(&OWNED))? {
        let part = |(name, of): Part| Ok((name, result(&values, |point| Ok(of(&owned(attack, epoch, point)?.cost)))?));
        let parts = PARTS.into_iter().map(part).collect::<Result<Vec<_>>>()?;
        let central = owned(attack, epoch, &values.central())?;
        let years = central.supply.as_ref().map_or(0.0, |supply| supply.days) / DAYS_PER_YEAR;
        let parts = std::array::from_fn(|place| parts[place]);
        found.owned = Some(OwnedFound { central, parts, ranged: owned_ranges(attack, epoch, &values)?, years });
    }
    if let Some(values) = known(inputs.values(&RENTED))? {
        let of = |part: fn(&Rented) -> f64| result(&values, |point| Ok(part(&rented(attack, epoch, point)?)));
        found.rented = Some(RentedFound {
            central: rented(attack, epoch, &values.central())?,
            usd_per_day: of(|it| it.rental.usd_per_day)?,
            ratio: of(|it| it.rental.rentable_ratio)?,
            ranged: rented_ranges(attack, epoch, &values)?,
        });
    }
    if let Some(values) = known(inputs.values(&HOUR))? {
        found.floor_usd_per_hour = Some(hour_at_hashprice(attack, &values)?);
    }
    found.budish = budish(question, inputs, &found, epoch, days)?;
    Ok(found)
}

/// Names of a model's parameters that have no value.
fn lacking(inputs: &Inputs, model: &[Parameter]) -> Vec<&'static str> {
    model.iter().filter(|parameter| inputs.get(parameter.name).is_none()).map(|parameter| parameter.name).collect()
}

fn overtake(forces: &Forces, epoch: Epoch, blocks: u32, days: f64) -> Result<Overtake> {
    let z = u64::from(blocks);
    Ok(Overtake {
        blocks,
        expected_seconds: expected_overtake_seconds(forces, epoch.difficulty, z)?,
        median_seconds: median_overtake_seconds(forces, epoch.difficulty, z)?,
        within: overtaken_within(forces, epoch.difficulty, z, days * SECONDS_PER_DAY)?,
    })
}

/// What is paid for a hash is what others pay (no friction); what of the pay is lost is the fall of the price; what of the machines is
/// lost is what is not got back for them.
fn budish(question: &Question, inputs: &Inputs, found: &Found, epoch: Epoch, days: f64) -> Result<Option<Budish>> {
    let (Some(forces), Some(reward), Some(price)) =
        (found.forces, inputs.central("reward_btc"), inputs.central("usd_per_btc"))
    else {
        return Ok(None);
    };
    let honest = branch_blocks(forces.honest_exahashes_per_second, epoch, days * SECONDS_PER_DAY)?;
    let attack = Duration {
        multiple: forces.attacker_exahashes_per_second / forces.honest_exahashes_per_second,
        honest_blocks: honest,
        cost_friction: 0.0,
        reward_lost_share: inputs.central("price_fall_share").unwrap_or(1.0),
    };
    let (usd_per_block, net_blocks) = (reward * price, net_block_equivalents(&attack)?);
    let value = question.given.get(VALUE.name).map(|range| range.central);
    let deterring = value.map(|value| deterring_usd_per_block(value, net_blocks)).transpose()?;
    let machines = found.owned.as_ref().map(|owned| owned.central.cost.machines_usd);
    let lost = 1.0 - inputs.central("resale_share").unwrap_or_default();
    let stock = machines.map(|usd| deterred_sabotage_usd(usd_per_block, net_blocks, usd, lost)).transpose()?;
    Ok(Some(Budish {
        usd_per_block,
        gross_blocks: gross_block_equivalents(&attack)?,
        net_blocks,
        flow_usd: deterred_value_usd(usd_per_block, net_blocks)?,
        stock_usd: stock,
        deterring_usd_per_block: deterring.flatten(),
    }))
}
