//! What comes of a scenario, as the answer tells it.

use hashwatch_economics::{
    mining::{break_even_usd_per_kwh, hashprice_usd_per_ph_day},
    scenario::{AttackCosts, Case, CostAt},
    supply::Supplier,
};
use hashwatch_metrics::Interval;
use hashwatch_registry::{Dossier, Machine, Registry};

use super::{
    Played,
    course::{Epoch, Prices, Slowest, ends, epochs},
    fields::{ByCase, ScenarioChanceFields},
    outcome_fields::*,
    play::INDICES,
};
use crate::{inputs::Origin, registry::claims::source_fields};

fn chance(it: Interval) -> ScenarioChanceFields {
    ScenarioChanceFields { value: it.value, low: it.low, high: it.high }
}

pub(super) fn case(played: &Played, case: &Case) -> ScenarioCaseFields {
    let ends = ends(played, case);
    let slow = |it: Slowest| SlowestFields { seconds: it.seconds, from: it.from, until: it.until };
    ScenarioCaseFields {
        departed_exahashes_per_second: case.departed_exahashes_per_second,
        retired_exahashes_per_second: case.retired_exahashes_per_second,
        returned_exahashes_per_second: case.returned_exahashes_per_second,
        exahashes_per_second: ends.exahashes_per_second,
        difficulty: ends.difficulty,
        difficulty_factor: ends.change,
        standstill: case.path.standstill,
        slowest: ends.slowest.map(slow),
    }
}

pub(super) fn epoch(it: &Epoch) -> ScenarioEpochFields {
    let price = |it: Prices| ByCase { low: it.low, central: it.value, high: it.high };
    ScenarioEpochFields {
        from_height: it.height,
        from: chance(it.from),
        until: it.until,
        difficulty: chance(it.difficulty),
        difficulty_by_case: ByCase { low: it.most, central: it.difficulty.value, high: it.least },
        change: it.change.map(chance),
        mean_wait_seconds: it.mean_wait_seconds,
        exahashes_per_second: it.exahashes_per_second,
        reward_btc: it.reward_btc,
        hashprice_usd_per_ph_day: it.hashprice.map(price),
    }
}

pub(super) fn shares(played: &Played, who: &Registry) -> Vec<ScenarioShareFields> {
    let outcome = &played.outcome;
    let name = |slug: &str| who.pool(slug).map_or(slug, |pool| &pool.name).to_owned();
    let after = |case: &Case, place: usize| case.shares.get(place).map_or(0.0, |it| it.after);
    let mut found: Vec<ScenarioShareFields> = outcome
        .central
        .shares
        .iter()
        .enumerate()
        .map(|(place, it)| ScenarioShareFields {
            pool: it.pool.clone(),
            name: it.pool.as_deref().map_or_else(|| "Unknown".to_owned(), name),
            before: it.before,
            after: ByCase { low: after(&outcome.low, place), central: it.after, high: after(&outcome.high, place) },
        })
        .collect();
    // Unknown has no rank
    found.sort_by(|one, other| one.pool.is_none().cmp(&other.pool.is_none()).then(other.before.total_cmp(&one.before)));
    found
}

pub(super) fn indices(played: &Played) -> Vec<ScenarioIndexFields> {
    let outcome = &played.outcome;
    let of = |case: &Case, place: usize| case.indices.get(place).and_then(|change| change.after);
    let index = |(place, &index): (usize, &hashwatch_metrics::Index)| ScenarioIndexFields {
        metric: index.word(),
        before: outcome.central.indices.get(place).and_then(|change| change.before).into(),
        low: of(&outcome.low, place).into(),
        central: of(&outcome.central, place).into(),
        high: of(&outcome.high, place).into(),
    };
    INDICES.iter().enumerate().map(index).collect()
}

pub(super) fn attack(played: &Played) -> Option<ScenarioAttackFields> {
    let (outcome, late) = (&played.outcome, played.late.as_ref().unwrap_or(&played.outcome));
    let costs = |of: fn(&AttackCosts) -> Option<&CostAt>, from: &hashwatch_economics::scenario::Outcome| {
        let cost = |case: &Case| case.attack.as_ref().and_then(of).map(cost);
        CostsByCase { low: cost(&from.low), central: cost(&from.central), high: cost(&from.high) }
    };
    Some(ScenarioAttackFields {
        attack: "match_from_outside",
        before: cost(&outcome.central.attack.as_ref()?.before),
        during: costs(|it| it.during.as_ref(), outcome),
        after: costs(|it| it.after.as_ref(), late),
    })
}

fn cost(at: &CostAt) -> ScenarioCostFields {
    let (it, ranges) = (&at.central, &at.ranges);
    let steps = it.supply.iter().flat_map(|supply| &supply.steps);
    let used = steps.filter(|step| step.supplier == Supplier::SecondHand).map(|step| step.exahashes_per_second);
    ScenarioCostFields {
        exahashes_per_second: it.forces.attacker_exahashes_per_second,
        second_hand_exahashes_per_second: used.fold(0.0, |sum, rate| sum + rate),
        days: it.supply.as_ref().map_or(0.0, |supply| supply.days),
        gross_usd: it.cost.gross_usd,
        gross_low_usd: ranges.gross_usd.low,
        gross_high_usd: ranges.gross_usd.high,
        net_usd: it.cost.net_usd,
    }
}

/// Machines of up to so many joules pay at a hashprice and a price of power.
fn joules(hashprice: f64, usd_per_kwh: f64) -> Option<f64> {
    // a machine of one joule pays up to that price of power; one of e joules up to an e-th of it
    break_even_usd_per_kwh(hashprice, 1.0).ok().map(|price| price / usd_per_kwh).filter(|it| it.is_finite())
}

pub(super) fn pays(played: &Played, dossier: &Dossier) -> Option<ScenarioPaysFields> {
    let power = played.inputs.get("usd_per_kwh").filter(|it| !matches!(it.origin, Origin::LeftOut(_)))?;
    let usd_per_kwh = power.range.central;
    let epochs = epochs(played);
    let last = epochs.last()?;
    let with = last.hashprice?.value;
    let network = played.begins.exahashes_per_second;
    let without = hashprice_usd_per_ph_day(last.reward_btc?, played.usd_per_btc?, network).ok()?;
    let (most, before) = (joules(with, usd_per_kwh)?, joules(without, usd_per_kwh)?);
    let between = |it: &&Machine| it.joules_per_terahash > before && it.joules_per_terahash <= most;
    let mut machines: Vec<&Machine> = dossier.machines().iter().filter(between).collect();
    machines.sort_by(|one, other| one.joules_per_terahash.total_cmp(&other.joules_per_terahash));
    let machine = |it: &Machine| ScenarioMachineFields {
        slug: it.slug.clone(),
        model: format!("{} {}", it.vendor, it.model),
        joules_per_terahash: it.joules_per_terahash,
        source: source_fields(&it.source),
    };
    Some(ScenarioPaysFields {
        usd_per_kwh,
        hashprice_usd_per_ph_day: with,
        hashprice_without_usd_per_ph_day: without,
        joules_per_terahash: most,
        joules_per_terahash_without: before,
        machines: machines.into_iter().map(machine).collect(),
    })
}
