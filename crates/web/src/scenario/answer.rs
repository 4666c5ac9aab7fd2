//! `GET /api/v1/scenario`.

use axum::{
    extract::State,
    http::{HeaderMap, Uri},
    response::Response,
};
use hashwatch_economics::Range;
use hashwatch_registry::{Dossier, Registry};
use serde_json::{Value, json};

use super::{
    Played,
    amounts::Efficiency,
    ask::ScenarioParams,
    course::{Epoch, epochs},
    fields::*,
    leaving::{Leaver, Left, Reason, Said},
    offers::Offer,
    outcome::{attack, case, epoch, indices, pays, shares},
    outcome_fields::SharesOfFields,
    play::{DRAWS, read},
    words::sentence,
};
use crate::{
    error::WebError,
    inputs::{InputFields, MissingFields},
    mainnet::{Mainnet, MainnetParams, PricesParam, Told, told},
    openapi::{FormatParam, Refusals},
    params::Params,
    registry::claims::source_fields,
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
    params(ScenarioParams, PricesParam, MainnetParams, FormatParam),
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
    let asked = Mainnet::priced_api(&state, params, &headers).await?;
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

pub(super) fn fields(played: &Played, dossier: &Dossier, who: &Registry) -> ScenarioFields {
    let (outcome, leaving) = (&played.outcome, &played.leaving);
    ScenarioFields {
        answer: sentence(played),
        question: question(played),
        start: ScenarioStartFields {
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
            source: played.counted.source.as_ref().map(source_fields),
        },
        shares: shares(played, who),
        indices: indices(played),
        attack: attack(played),
        pays: pays(played, dossier),
        choices: leaving.offers.iter().map(choice).collect(),
    }
}

fn question(played: &Played) -> ScenarioQuestionFields {
    let wanted = &played.wanted;
    let fleet = wanted.fleet.iter().map(|it| TrancheFields {
        exahashes_per_second: it.exahashes_per_second,
        joules_per_terahash: it.joules_per_terahash,
        usd_per_kwh: it.usd_per_kwh,
        break_even_usd_per_ph_day: it.break_even_usd_per_ph_day().unwrap_or_default(),
    });
    ScenarioQuestionFields {
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
        exahashes_per_second: by_case(it.amount),
        reasons: it.reasons.iter().map(reason).collect(),
        joules_per_terahash: it.efficiency.as_ref().map(efficiency),
        disclosed: said(&it.said),
        date: it.date.to_string(),
        date_is_stated: it.dated,
        pool: it.pool.as_ref().map(|(slug, _)| slug.clone()),
        pool_source: it.pool.as_ref().map(|(_, source)| source_fields(source)),
    }
}

fn reason(it: &Reason) -> ScenarioReasonFields {
    ScenarioReasonFields {
        announcements: it.announcements.clone(),
        rule: it.rule.word(),
        rule_says: it.rule.words(),
        exahashes_per_second: by_case(it.amount),
        megawatts: it.megawatts.map(by_case),
    }
}

fn efficiency(it: &Efficiency) -> ScenarioEfficiencyFields {
    let reported = |(miner, period, source): &(String, hashwatch_registry::When, hashwatch_registry::Source)| {
        ReportedFields { miner: miner.clone(), period: period.to_string(), source: source_fields(source) }
    };
    let Range { low, central, high } = it.range;
    ScenarioEfficiencyFields { low, central, high, own: it.own, reports: it.reports.iter().map(reported).collect() }
}

fn said(it: &Said) -> ScenarioSaidFields {
    ScenarioSaidFields {
        exahashes_per_second: it.exahashes_per_second(),
        kind: it.disclosure.kind.name(),
        period: it.disclosure.period.to_string(),
        age_days: it.age_days,
        too_old: it.silent(),
        source: source_fields(&it.disclosure.source),
    }
}

fn nothing(it: &Left) -> ScenarioNothingFields {
    ScenarioNothingFields {
        miner: it.miner.clone(),
        name: it.name.clone(),
        announcements: it.announcements.clone(),
        why: it.why,
    }
}

fn choice(it: &Offer) -> ScenarioChoiceFields {
    ScenarioChoiceFields {
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
        source: source_fields(&it.source),
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
