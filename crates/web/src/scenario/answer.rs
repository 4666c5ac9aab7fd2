//! `GET /api/v1/scenario`.

use axum::{
    extract::State,
    http::{HeaderMap, Uri},
    response::Response,
};
use hashwatch_economics::{
    Range,
    cost::Owned,
    mining::{break_even_usd_per_kwh, hashprice_usd_per_ph_day},
    scenario::{AttackCosts, Case},
    supply::Supplier,
};
use hashwatch_metrics::Interval;
use hashwatch_registry::{Dossier, Machine, Registry};
use serde_json::{Value, json};

use super::{
    Played,
    amounts::Efficiency,
    ask::ScenarioParams,
    course::{Epoch, Prices, Slowest, ends, epochs},
    fields::*,
    leaving::{Leaver, Left, Offer, Said},
    play::{DRAWS, INDICES, read},
    words::sentence,
};
use crate::{
    error::WebError,
    inputs::{InputFields, MissingFields, Origin},
    mainnet::{Mainnet, MainnetParams, Told, told},
    openapi::{FormatParam, Refusals},
    params::Params,
    state::WebState,
    table::Table,
};

/// What if miners leave.
///
/// Listed miners that announced a pivot, some announcements, or a part of what all listed miners disclose leave on their dates: what that
/// does to difficulty, hashprice, shares, concentration and the cost of a majority.
#[utoipa::path(
    get,
    operation_id = "scenario",
    path = "/api/v1/scenario",
    tag = "What it costs",
    params(ScenarioParams, MainnetParams, FormatParam),
    responses(
        (status = 200, description = "The scenario played; as CSV its epochs", content(
            (Told<ScenarioFields> = "application/json"), (String = "text/csv")
        )),
        Refusals
    )
)]
pub(crate) async fn api(State(state): State<WebState>, headers: HeaderMap, uri: Uri) -> Result<Response, WebError> {
    let mut params = Params::of(&uri);
    let wanted = read(&mut params)?;
    let asked = Mainnet::api(&state, params, &headers).await?;
    let played = Played::of(&state, &asked, wanted).await?;
    let title = title(&played);
    let table = || table(&played);
    told(&state, &asked, &title, || fields(&played, &asked.dossier, asked.who(&state)), table)
}

/// What is answered, for citations and files.
pub(super) fn title(played: &Played) -> String {
    format!("difficulty, concentration and cost of a majority if miners leave, to {}", played.days.until)
}

fn by_case(range: Range) -> ByCase {
    ByCase { low: range.low, central: range.central, high: range.high }
}

fn chance(it: Interval) -> ChanceFields {
    ChanceFields { value: it.value, low: it.low, high: it.high }
}

pub(super) fn fields(played: &Played, dossier: &Dossier, who: &Registry) -> ScenarioFields {
    let (outcome, leaving) = (&played.outcome, &played.leaving);
    ScenarioFields {
        answer: sentence(played),
        question: question(played),
        start: StartFields {
            time: played.begins.start.time,
            verified: played.begins.own,
            height: played.begins.height,
            exahashes_per_second: played.begins.exahashes_per_second,
            difficulty: played.begins.start.epoch.difficulty,
            epoch_waits: played.begins.start.epoch.waits,
        },
        parameters: played.inputs.iter().map(InputFields::from).collect(),
        missing: played.missing.iter().map(MissingFields::from).collect(),
        announced_miners: leaving.pivoted,
        disclosed_exahashes_per_second: leaving.disclosed,
        leaving: leaving.leavers.iter().map(leaver).collect(),
        nothing: leaving.nothing.iter().map(nothing).collect(),
        confidence: DRAWS.confidence,
        draws: DRAWS.count,
        seed: DRAWS.seed,
        low: case(played, &outcome.low),
        central: case(played, &outcome.central),
        high: case(played, &outcome.high),
        epochs: epochs(played).iter().map(epoch).collect(),
        shares_of: SharesOfFields {
            words: played.counted.words.clone(),
            blocks: played.counted.pools.iter().map(|pool| pool.blocks).sum::<u64>() + played.counted.unknown,
            source: played.counted.source.as_ref().map(source_of),
        },
        shares: shares(played, who),
        indices: indices(played),
        attack: attack(played),
        pays: pays(played, dossier),
        choices: leaving.offers.iter().map(choice).collect(),
    }
}

fn question(played: &Played) -> QuestionFields {
    let wanted = &played.wanted;
    let fleet = wanted.fleet.iter().map(|it| TrancheFields {
        exahashes_per_second: it.exahashes_per_second,
        joules_per_terahash: it.joules_per_terahash,
        usd_per_kwh: it.usd_per_kwh,
        break_even_usd_per_ph_day: it.break_even_usd_per_ph_day().unwrap_or_default(),
    });
    QuestionFields {
        all_announced: wanted.all,
        announcements: wanted.slugs.iter().cloned().collect(),
        listed_share: wanted.listed_share,
        by: played.days.by.to_string(),
        until: played.days.until.to_string(),
        retired_share: wanted.retired_share,
        fleet: fleet.collect(),
    }
}

fn leaver(it: &Leaver) -> LeaverFields {
    LeaverFields {
        miner: it.miner.clone(),
        name: it.name.clone(),
        announcements: it.announcements.clone(),
        rule: it.rule.word(),
        rule_says: it.rule.words(),
        exahashes_per_second: by_case(it.amount),
        megawatts: it.megawatts.map(by_case),
        joules_per_terahash: it.efficiency.as_ref().map(efficiency),
        disclosed: said(&it.said),
        date: it.date.to_string(),
        date_is_stated: it.dated,
        pool: it.pool.as_ref().map(|(slug, _)| slug.clone()),
        pool_source: it.pool.as_ref().map(|(_, source)| source_of(source)),
    }
}

fn efficiency(it: &Efficiency) -> EfficiencyFields {
    let reported = |(miner, period, source): &(String, hashwatch_registry::When, hashwatch_registry::Source)| {
        ReportedFields { miner: miner.clone(), period: period.to_string(), source: source_of(source) }
    };
    let Range { low, central, high } = it.range;
    EfficiencyFields { low, central, high, own: it.own, reports: it.reports.iter().map(reported).collect() }
}

fn said(it: &Said) -> SaidFields {
    SaidFields {
        exahashes_per_second: it.exahashes_per_second(),
        kind: it.disclosure.kind.name(),
        period: it.disclosure.period.to_string(),
        age_days: it.age_days,
        too_old: it.silent(),
        source: source_of(&it.disclosure.source),
    }
}

fn nothing(it: &Left) -> NothingFields {
    NothingFields {
        miner: it.miner.clone(),
        name: it.name.clone(),
        announcements: it.announcements.clone(),
        why: it.why,
    }
}

fn case(played: &Played, case: &Case) -> CaseFields {
    let ends = ends(played, case);
    let slow = |it: Slowest| SlowestFields { seconds: it.seconds, from: it.from, until: it.until };
    CaseFields {
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

fn epoch(it: &Epoch) -> EpochFields {
    let price = |it: Prices| ByCase { low: it.low, central: it.value, high: it.high };
    EpochFields {
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

fn shares(played: &Played, who: &Registry) -> Vec<ShareFields> {
    let outcome = &played.outcome;
    let name = |slug: &str| who.pool(slug).map_or(slug, |pool| &pool.name).to_owned();
    let after = |case: &Case, place: usize| case.shares.get(place).map_or(0.0, |it| it.after);
    let mut found: Vec<ShareFields> = outcome
        .central
        .shares
        .iter()
        .enumerate()
        .map(|(place, it)| ShareFields {
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

fn indices(played: &Played) -> Vec<IndexFields> {
    let outcome = &played.outcome;
    let of = |case: &Case, place: usize| case.indices.get(place).and_then(|change| change.after);
    let index = |(place, &index): (usize, &hashwatch_metrics::Index)| IndexFields {
        metric: index.word(),
        before: outcome.central.indices.get(place).and_then(|change| change.before).into(),
        low: of(&outcome.low, place).into(),
        central: of(&outcome.central, place).into(),
        high: of(&outcome.high, place).into(),
    };
    INDICES.iter().enumerate().map(index).collect()
}

pub(super) fn attack(played: &Played) -> Option<AttackFields> {
    let (outcome, late) = (&played.outcome, played.late.as_ref().unwrap_or(&played.outcome));
    let costs = |of: fn(&AttackCosts) -> Option<&Owned>, from: &hashwatch_economics::scenario::Outcome| {
        let cost = |case: &Case| case.attack.as_ref().and_then(of).map(cost);
        ByCaseCosts { low: cost(&from.low), central: cost(&from.central), high: cost(&from.high) }
    };
    Some(AttackFields {
        attack: "match_from_outside",
        before: cost(&outcome.central.attack.as_ref()?.before),
        during: costs(|it| it.during.as_ref(), outcome),
        after: costs(|it| it.after.as_ref(), late),
    })
}

fn cost(it: &Owned) -> CostFields {
    let steps = it.supply.iter().flat_map(|supply| &supply.steps);
    let used = steps.filter(|step| step.supplier == Supplier::SecondHand).map(|step| step.exahashes_per_second);
    CostFields {
        exahashes_per_second: it.forces.attacker_exahashes_per_second,
        second_hand_exahashes_per_second: used.fold(0.0, |sum, rate| sum + rate),
        days: it.supply.as_ref().map_or(0.0, |supply| supply.days),
        gross_usd: it.cost.gross_usd,
        net_usd: it.cost.net_usd,
    }
}

/// Machines of up to so many joules pay at a hashprice and a price of power.
fn joules(hashprice: f64, usd_per_kwh: f64) -> Option<f64> {
    // a machine of one joule pays up to that price of power; one of e joules up to an e-th of it
    break_even_usd_per_kwh(hashprice, 1.0).ok().map(|price| price / usd_per_kwh).filter(|it| it.is_finite())
}

pub(super) fn pays(played: &Played, dossier: &Dossier) -> Option<PaysFields> {
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
    let machine = |it: &Machine| MachineFields {
        slug: it.slug.clone(),
        model: format!("{} {}", it.vendor, it.model),
        joules_per_terahash: it.joules_per_terahash,
        source: source_of(&it.source),
    };
    Some(PaysFields {
        usd_per_kwh,
        hashprice_usd_per_ph_day: with,
        hashprice_without_usd_per_ph_day: without,
        joules_per_terahash: most,
        joules_per_terahash_without: before,
        machines: machines.into_iter().map(machine).collect(),
    })
}

fn choice(it: &Offer) -> ChoiceFields {
    ChoiceFields {
        slug: it.slug.clone(),
        miner: it.miner.clone(),
        name: it.name.clone(),
        on: it.on.to_string(),
        kind: it.kind.name(),
        site: it.site.clone(),
        chosen: it.chosen,
        rule: it.ends.map(|(rule, _)| rule.word()),
        exahashes_per_second: it.ends.map(|(_, amount)| by_case(amount)),
        megawatts: it.megawatts.map(by_case),
        by: it.by.map(|day| day.to_string()),
        gone: it.gone,
        source: source_of(&it.source),
    }
}

fn table(played: &Played) -> Table {
    let columns = [
        "from_height",
        "from_unix_seconds",
        "from_low_95",
        "from_high_95",
        "until_unix_seconds",
        "difficulty",
        "difficulty_low_95",
        "difficulty_high_95",
        "difficulty_where_least_leaves",
        "difficulty_where_most_leaves",
        "change_factor",
        "change_low_95",
        "change_high_95",
        "mean_wait_seconds",
        "network_exahashes_per_second",
        "reward_btc",
        "hashprice_usd_per_ph_day",
        "hashprice_low",
        "hashprice_high",
    ];
    let row = |it: &Epoch| -> Vec<Value> {
        vec![
            json!(it.height),
            json!(it.from.value),
            json!(it.from.low),
            json!(it.from.high),
            json!(it.until),
            json!(it.difficulty.value),
            json!(it.difficulty.low),
            json!(it.difficulty.high),
            json!(it.most),
            json!(it.least),
            json!(it.change.map(|it| it.value)),
            json!(it.change.map(|it| it.low)),
            json!(it.change.map(|it| it.high)),
            json!(it.mean_wait_seconds),
            json!(it.exahashes_per_second),
            json!(it.reward_btc),
            json!(it.hashprice.map(|it| it.value)),
            json!(it.hashprice.map(|it| it.low)),
            json!(it.hashprice.map(|it| it.high)),
        ]
    };
    Table::new("scenario", &columns, epochs(played).iter().map(row).collect())
}
