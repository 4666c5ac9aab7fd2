//! A cost as answers tell it.

use hashwatch_economics::{
    Range,
    attack::Forces,
    cost::Ranged,
    sensitivity::Swing,
    supply::{Supplier, Supply, SupplyStep},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Question,
    compared::PublishedCostFields,
    cost::{Budish, Found, Overtake, OwnedFound, RentedFound},
};
use crate::inputs::{InputFields, Inputs, MissingFields};

/// The least and the greatest of all parameters at their ends, and the central one: no interval of any confidence.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(super) struct CostRangeFields {
    low: f64,
    central: f64,
    high: f64,
}

impl From<Range> for CostRangeFields {
    fn from(range: Range) -> CostRangeFields {
        let Range { low, central, high } = range;
        CostRangeFields { low, central, high }
    }
}

/// Both sides.
#[derive(Serialize, ToSchema)]
pub(super) struct ForcesFields {
    /// What the attacker mines its branch with.
    attacker_exahashes_per_second: f64,
    /// Of it, what retired machines supply.
    retired_exahashes_per_second: f64,
    /// What the others mine with meanwhile.
    honest_exahashes_per_second: f64,
    /// The attacker's part of both.
    attacker_share: f64,
    /// Blocks of the attacker's branch in the time of the attack, in expectation.
    #[schema(required)]
    branch_blocks: Option<f64>,
}

/// The time to make up a deficit of blocks.
#[derive(Serialize, ToSchema)]
pub(super) struct OvertakeFields {
    /// Blocks to make up.
    z: u32,
    /// On the mean; null for an attacker who is not faster than the others: one as fast draws level for certain, but has no mean time.
    #[schema(required)]
    expected_seconds: Option<f64>,
    /// Within which it is done with a probability of a half; null for a slower attacker.
    #[schema(required)]
    median_seconds: Option<f64>,
    /// The probability that it is done within the time of the attack; null for a slower attacker.
    #[schema(required)]
    probability_within_attack: Option<f64>,
}

/// Machines of the attacker's own.
#[derive(Serialize, ToSchema)]
pub(super) struct OwnedFields {
    machines_usd: CostRangeFields,
    site_usd: CostRangeFields,
    energy_usd: CostRangeFields,
    /// What the blocks of a branch that wins are worth after the fall of the price.
    revenue_usd: CostRangeFields,
    /// What is got back for the machines.
    resale_usd: CostRangeFields,
    /// Machines, site and power: what has to be there at first.
    gross_usd: CostRangeFields,
    /// Less revenue and resale.
    net_usd: CostRangeFields,
    /// Power that is drawn.
    megawatts: CostRangeFields,
    /// Where the machines are from, in order; none of a capture.
    supply: Vec<SupplyStepFields>,
    /// Until the last machine is made, at central values.
    supply_days: f64,
    /// The same in years of all that the industry makes, as far as the attacker gets it.
    years_of_industry_output: f64,
    /// What each parameter does to the net cost between its low and its high, widest first. The first matters most.
    sensitivity: Vec<SwingFields>,
}

/// A step of the supply curve, at central values.
#[derive(Serialize, ToSchema)]
pub(super) struct SupplyStepFields {
    /// `second-hand` or `new`.
    supplier: &'static str,
    exahashes_per_second: f64,
    usd: f64,
    /// Days until it is there.
    days: f64,
    /// With the steps before it.
    cumulative_exahashes_per_second: f64,
    cumulative_usd: f64,
}

/// What a parameter's range makes of the net cost, all others central.
#[derive(Clone, Serialize, ToSchema)]
pub(super) struct SwingFields {
    parameter: &'static str,
    net_usd_at_low: f64,
    net_usd_at_high: f64,
}

/// Rented hashrate.
#[derive(Serialize, ToSchema)]
pub(super) struct RentedFields {
    usd_per_hour: CostRangeFields,
    usd_per_day: CostRangeFields,
    /// The rent of the whole time.
    gross_usd: CostRangeFields,
    /// Less what the blocks earn.
    net_usd: CostRangeFields,
    /// What is for rent over what is needed: below 1 the cost is that of something nobody can buy.
    rentable_ratio: CostRangeFields,
    sensitivity: Vec<SwingFields>,
}

/// Budish's limits: what the pay of blocks deters.
#[derive(Serialize, ToSchema)]
pub(super) struct BudishFields {
    /// What a block pays.
    usd_per_block: f64,
    /// Blocks' worth of honest mining that the attack costs, before what it earns.
    gross_block_equivalents: f64,
    /// The same after it: what of the blocks' pay is lost.
    net_block_equivalents: f64,
    /// The flow condition: the greatest attack that is deterred.
    deterred_usd: f64,
    /// The stock condition: the greatest sabotage that is deterred where the machines are lost with it.
    #[schema(required)]
    deterred_sabotage_usd: Option<f64>,
    /// What a block must pay to deter an attack of `value_usd`; null where none is given, or no pay does.
    #[schema(required)]
    deterring_usd_per_block: Option<f64>,
}

/// What a majority costs.
#[derive(Serialize, ToSchema)]
pub(super) struct CostFields {
    /// Where the attacker's hashrate is from.
    #[schema(pattern = "^(match|add|inside|retired)$")]
    kind: &'static str,
    /// What the attacker does, in words.
    what: String,
    /// The share that is added or captured; null for a match.
    #[schema(required)]
    share: Option<f64>,
    /// Null where nothing tells the network's hashrate, and so is all that follows.
    #[schema(required)]
    forces: Option<ForcesFields>,
    #[schema(required)]
    overtake: Option<OvertakeFields>,
    /// Null where `missing` names a parameter of it.
    #[schema(required)]
    owned: Option<OwnedFields>,
    #[schema(required)]
    rented: Option<RentedFields>,
    /// Parameters without which there is no rented cost.
    rented_lacks: Vec<&'static str>,
    /// Rent an hour if hashrate is rented at what it earns: the least that a renter who can mine instead would ask.
    #[schema(required)]
    rent_at_hashprice_usd_per_hour: Option<CostRangeFields>,
    #[schema(required)]
    budish: Option<BudishFields>,
    #[schema(required)]
    preset: Option<PublishedCostFields>,
    /// Every parameter with its value and where that is from.
    parameters: Vec<InputFields>,
    /// Names of those that no source gives a value of, and that are left out of the cost.
    left_out: Vec<&'static str>,
    /// Those without a value.
    missing: Vec<MissingFields>,
}

fn forces(forces: &Forces, blocks: Option<f64>) -> ForcesFields {
    ForcesFields {
        attacker_exahashes_per_second: forces.attacker_exahashes_per_second,
        retired_exahashes_per_second: forces.retired_exahashes_per_second,
        honest_exahashes_per_second: forces.honest_exahashes_per_second,
        attacker_share: forces.attacker_share,
        branch_blocks: blocks,
    }
}

fn overtake(it: &Overtake) -> OvertakeFields {
    OvertakeFields {
        z: it.blocks,
        expected_seconds: it.expected_seconds,
        median_seconds: it.median_seconds,
        probability_within_attack: it.within,
    }
}

pub(super) fn supplier(step: &SupplyStep) -> &'static str {
    match step.supplier {
        Supplier::Rent => "rent",
        Supplier::SecondHand => "second-hand",
        Supplier::New => "new",
    }
}

fn steps(supply: &Supply) -> Vec<SupplyStepFields> {
    let step = |it: &SupplyStep| SupplyStepFields {
        supplier: supplier(it),
        exahashes_per_second: it.exahashes_per_second,
        usd: it.usd,
        days: it.days,
        cumulative_exahashes_per_second: it.cumulative_exahashes_per_second,
        cumulative_usd: it.cumulative_usd,
    };
    supply.steps.iter().map(step).collect()
}

fn swings(ranged: &Ranged) -> Vec<SwingFields> {
    let swing =
        |it: &Swing| SwingFields { parameter: it.parameter, net_usd_at_low: it.at_low, net_usd_at_high: it.at_high };
    ranged.sensitivity.iter().map(swing).collect()
}

fn owned(found: &OwnedFound) -> OwnedFields {
    let [machines, site, energy, revenue, resale, megawatts] =
        found.parts.map(|(_, range)| CostRangeFields::from(range));
    OwnedFields {
        machines_usd: machines,
        site_usd: site,
        energy_usd: energy,
        revenue_usd: revenue,
        resale_usd: resale,
        gross_usd: found.ranged.gross_usd.into(),
        net_usd: found.ranged.net_usd.into(),
        megawatts,
        supply: found.central.supply.as_ref().map_or_else(Vec::new, steps),
        supply_days: found.central.supply.as_ref().map_or(0.0, |supply| supply.days),
        years_of_industry_output: found.years,
        sensitivity: swings(&found.ranged),
    }
}

fn rented(found: &RentedFound) -> RentedFields {
    let Range { low, central, high } = found.usd_per_day;
    RentedFields {
        usd_per_hour: CostRangeFields { low: low / 24.0, central: central / 24.0, high: high / 24.0 },
        usd_per_day: found.usd_per_day.into(),
        gross_usd: found.ranged.gross_usd.into(),
        net_usd: found.ranged.net_usd.into(),
        rentable_ratio: found.ratio.into(),
        sensitivity: swings(&found.ranged),
    }
}

fn budish(it: &Budish) -> BudishFields {
    BudishFields {
        usd_per_block: it.usd_per_block,
        gross_block_equivalents: it.gross_blocks,
        net_block_equivalents: it.net_blocks,
        deterred_usd: it.flow_usd,
        deterred_sabotage_usd: it.stock_usd,
        deterring_usd_per_block: it.deterring_usd_per_block,
    }
}

/// All of it.
pub(super) fn fields(
    question: &Question,
    inputs: &Inputs,
    found: &Found,
    preset: Option<PublishedCostFields>,
) -> CostFields {
    CostFields {
        kind: question.kind.word(),
        what: super::words::what(question),
        share: (question.kind != super::Kind::Match).then_some(question.share),
        forces: found.forces.as_ref().map(|it| forces(it, found.blocks)),
        overtake: found.overtake.as_ref().map(overtake),
        owned: found.owned.as_ref().map(owned),
        rented: found.rented.as_ref().map(rented),
        rented_lacks: found.rented_lacks.clone(),
        rent_at_hashprice_usd_per_hour: found.floor_usd_per_hour.map(CostRangeFields::from),
        budish: found.budish.as_ref().map(budish),
        preset,
        parameters: inputs.iter().map(InputFields::from).collect(),
        left_out: inputs.left_out().map(|input| input.parameter.name).collect(),
        missing: inputs.missing().iter().map(MissingFields::from).collect(),
    }
}
