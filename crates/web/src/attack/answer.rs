//! `GET /api/v1/attack-cost`: what a stated attack takes and costs.

use axum::{
    extract::State,
    http::{HeaderMap, Uri},
    response::Response,
};
use hashwatch_economics::Range;
use serde_json::{Value, json};
use utoipa::IntoParams;

use super::{
    Question,
    compared::preset,
    cost::{Found, cost},
    fields::{CostFields, fields, supplier},
    parameters,
    preset::comparison,
    words::label,
};
use crate::{
    error::WebError,
    inputs::{Inputs, input_columns, input_row, refused},
    mainnet::{Mainnet, MainnetParams, PricesParam, Told, told},
    openapi::{FormatParam, Refusals},
    params::Params,
    state::WebState,
    table::Table,
};

/// What the attack is, and values of the visitor's own.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "described, not read: Question reads")]
struct CostParams {
    /// Where the attacker's hashrate is from: `match` (as much again from outside; else), `add` (a share of the enlarged network, from
    /// outside), `inside` (a share of the network changes sides), `retired` (as `add`, with machines taken off the network first).
    #[param(pattern = "^(match|add|inside|retired)$")]
    kind: Option<String>,
    /// The share, from 0.000001 to 0.999999; not for `match`. Else 0.51.
    #[param(minimum = 0.000_001, maximum = 0.999_999)]
    share: Option<f64>,
    /// Blocks to make up.
    #[param(minimum = 1, maximum = 1_000_000)]
    z: Option<u32>,
    /// The slug of a published cost: our model on values of its time beside it. Alone, without kind, share and values.
    preset: Option<String>,
    /// Days that the attack lasts; else 7. As every value that follows it may be `low..high` or `low..central..high`.
    #[param(pattern = "^[0-9]", example = "7")]
    attack_days: Option<String>,
    /// EH/s.
    #[param(pattern = "^[0-9]", example = "1000")]
    network_exahashes_per_second: Option<String>,
    /// Price of new machines.
    #[param(pattern = "^[0-9]", example = "14")]
    new_usd_per_terahash_per_second: Option<String>,
    /// What the industry makes in a year.
    #[param(pattern = "^[0-9]", example = "256")]
    new_exahashes_per_second_per_year: Option<String>,
    /// Part of the production that the attacker gets.
    #[param(pattern = "^[0-9]", example = "0.5")]
    production_share: Option<String>,
    /// Percent more on offer for a percent more of price.
    #[param(pattern = "^[0-9]", example = "1")]
    supply_elasticity: Option<String>,
    /// Second-hand machines on offer.
    #[param(pattern = "^[0-9]", example = "50")]
    second_hand_exahashes_per_second: Option<String>,
    /// Price of second-hand machines; else that of new ones.
    #[param(pattern = "^[0-9]", example = "6")]
    second_hand_usd_per_terahash_per_second: Option<String>,
    /// Power of the machines per hash.
    #[param(pattern = "^[0-9]", example = "17.5")]
    joules_per_terahash: Option<String>,
    /// Power of a site over that of its machines.
    #[param(pattern = "^[0-9]", example = "1.1")]
    power_usage_effectiveness: Option<String>,
    /// Cost of a site.
    #[param(pattern = "^[0-9]", example = "425")]
    site_usd_per_kw: Option<String>,
    /// Price of power.
    #[param(pattern = "^[0-9]", example = "0.04..0.05..0.07")]
    usd_per_kwh: Option<String>,
    /// Part of the machines' price got back.
    #[param(pattern = "^[0-9]", example = "0.2")]
    resale_share: Option<String>,
    /// Pay of a block.
    #[param(pattern = "^[0-9]", example = "3.15")]
    reward_btc: Option<String>,
    /// Price of a coin.
    #[param(pattern = "^[0-9]", example = "70000")]
    usd_per_btc: Option<String>,
    /// Part of the price that the attack destroys; else all of it.
    #[param(pattern = "^[0-9]", example = "0.3")]
    price_fall_share: Option<String>,
    /// Hashrate for rent.
    #[param(pattern = "^[0-9]", example = "20")]
    rentable_exahashes_per_second: Option<String>,
    /// Price of rented hashrate.
    #[param(pattern = "^[0-9]", example = "0.5")]
    btc_per_eh_day: Option<String>,
    /// Machines taken off the network that are for sale; for `kind=retired` alone.
    #[param(pattern = "^[0-9]", example = "100")]
    retired_exahashes_per_second: Option<String>,
    /// What a PH/s is paid in a day.
    #[param(pattern = "^[0-9]", example = "36")]
    hashprice_usd_per_ph_day: Option<String>,
    /// What the attack is worth to whoever makes it.
    #[param(pattern = "^[0-9]", example = "1000000000")]
    value_usd: Option<String>,
}

/// What a majority costs.
///
/// In machines, sites and power, and rented: as low, central and high, with every value that goes into it, where that is from and how old
/// it is. Parameters that no source gives a value of are left out of the cost and listed.
#[utoipa::path(
    get,
    operation_id = "attack_cost",
    path = "/api/v1/attack-cost",
    tag = "What it costs",
    params(CostParams, PricesParam, MainnetParams, FormatParam),
    responses(
        (status = 200, description = "The cost", content((Told<CostFields> = "application/json"), (String = "text/csv"))),
        Refusals
    )
)]
pub(crate) async fn api(State(state): State<WebState>, headers: HeaderMap, uri: Uri) -> Result<Response, WebError> {
    let mut params = Params::of(&uri);
    let mut question = Question::read(&mut params)?;
    let asked = Mainnet::priced_api(&state, params, &headers).await?;
    let (inputs, found) = answered(&state, &mut question, &asked).await?;
    let title = format!("Cost of an attack of the kind {}", label(question.kind));
    let told_preset = match question.published(&asked)? {
        Some(published) => {
            let compared = comparison(published, &inputs, &found).map_err(|error| refused(&error, &parameters()))?;
            Some(preset(published, compared.as_ref(), &inputs))
        }
        None => None,
    };
    let fields = || fields(&question, &inputs, &found, told_preset);
    told(&state, &asked, &title, fields, || table(&question, &inputs, &found))
}

/// The one computation behind the page and the answer.
pub(super) async fn answered(
    state: &WebState,
    question: &mut Question,
    asked: &Mainnet,
) -> Result<(Inputs, Found), WebError> {
    let inputs = question.inputs(state, asked).await?;
    let found = cost(question, &inputs).map_err(|error| refused(&error, &parameters()))?;
    Ok((inputs, found))
}

/// Figures first, then the parameters.
fn table(question: &Question, inputs: &Inputs, found: &Found) -> Table {
    let mut rows: Vec<Vec<Value>> = Vec::new();
    let mut row = |part: &str, name: &str, unit: &str, range: Range| {
        let told = [json!(part), json!(name), json!(unit), json!(range.low), json!(range.central), json!(range.high)];
        rows.push(told.into_iter().chain(std::iter::repeat_n(Value::Null, 4)).collect());
    };
    if let Some(forces) = &found.forces {
        row("forces", "attacker", "EH/s", Range::exactly(forces.attacker_exahashes_per_second));
        row("forces", "honest", "EH/s", Range::exactly(forces.honest_exahashes_per_second));
        row("forces", "attacker_share", "1", Range::exactly(forces.attacker_share));
    }
    if let Some(blocks) = found.blocks {
        row("forces", "branch_blocks", "1", Range::exactly(blocks));
    }
    if let Some(expected) = found.overtake.and_then(|it| it.expected_seconds) {
        row("overtake", &format!("expected_for_{}_blocks", question.blocks), "s", Range::exactly(expected));
    }
    if let Some(median) = found.overtake.and_then(|it| it.median_seconds) {
        row("overtake", &format!("median_for_{}_blocks", question.blocks), "s", Range::exactly(median));
    }
    if let Some(owned) = &found.owned {
        for (name, range) in owned.parts {
            row("owned", name, if name == "megawatts" { "MW" } else { "USD" }, range);
        }
        row("owned", "gross_usd", "USD", owned.ranged.gross_usd);
        row("owned", "net_usd", "USD", owned.ranged.net_usd);
        row("owned", "years_of_industry_output", "a", Range::exactly(owned.years));
        for step in owned.central.supply.iter().flat_map(|supply| &supply.steps) {
            let upto = step.cumulative_exahashes_per_second;
            row("supply", &format!("{}_to_{upto}_EH/s", supplier(step)), "USD", Range::exactly(step.cumulative_usd));
        }
        for swing in &owned.ranged.sensitivity {
            let (low, high) = (swing.at_low.min(swing.at_high), swing.at_low.max(swing.at_high));
            row("sensitivity", swing.parameter, "USD", Range { low, central: owned.ranged.net_usd.central, high });
        }
    }
    if let Some(rented) = &found.rented {
        row("rented", "usd_per_day", "USD", rented.usd_per_day);
        row("rented", "gross_usd", "USD", rented.ranged.gross_usd);
        row("rented", "net_usd", "USD", rented.ranged.net_usd);
        row("rented", "rentable_ratio", "1", rented.ratio);
    }
    if let Some(floor) = found.floor_usd_per_hour {
        row("rented", "usd_per_hour_at_hashprice", "USD", floor);
    }
    let parameter = |row: Vec<Value>| std::iter::once(json!("parameter")).chain(row).collect();
    rows.extend(inputs.iter().map(|input| parameter(input_row(input))));
    for missing in inputs.missing() {
        let mut row = vec![json!("missing"), json!(missing.name), json!(missing.unit)];
        row.resize(input_columns().len() + 1, Value::Null);
        rows.push(row);
    }
    let columns: Vec<&str> = std::iter::once("part").chain(input_columns()).collect();
    Table::new(&format!("attack-cost-{}", question.kind.word()), &columns, rows)
}
