//! The charts `attack`, what matching the network has cost over time at today's prices, and `supply`, what hashrate costs by how much of it
//! is bought.

use axum::response::Response;
use hashwatch_economics::{
    Range,
    attack::Attack,
    cost::{NETWORK, OWNED, owned_ranges},
    mining::exahashes_per_second,
};
use hashwatch_registry::Quantity;
use jiff::{ToSpan, civil::Date};
use serde_json::{Value, json};

use super::{Question, answer::answered};
use crate::{
    api::as_of,
    charts::{ChartForm, Head, figure, of_day},
    error::WebError,
    inputs::{Inputs, MACHINES},
    mainnet::Mainnet,
    params::Params,
    span::midnight,
    state::WebState,
    table::{Table, plain_file},
    wording::significant,
    work::difficulty::adjustments,
};

/// Points of the supply curve.
const POINTS: u32 = 40;
/// Changes of our own difficulty that are drawn: some four years.
const CHANGES: usize = 104;
/// Years of output that are marked.
const MOST_YEARS: u32 = 8;

/// `GET /charts/{attack,supply}.{json,csv,svg}`.
pub(crate) async fn chart(
    state: &WebState,
    name: &'static str,
    kind: &str,
    mut params: Params,
) -> Result<Response, WebError> {
    let form = ChartForm::read(name, kind, &mut params)?;
    let mut question = Question::read(&mut params)?;
    let asked = Mainnet::priced_page(state, params).await?;
    let (inputs, _) = answered(state, &mut question, &asked).await?;
    let data = match name {
        "supply" => supply(&asked, &inputs)?,
        _ => history(state, &asked, &inputs).await?,
    };
    let file = || {
        let title = crate::charts::plain(&data["title"]);
        plain_file(&table(name, &data), &title, &format!("{}; permalink: {}", source(&asked), asked.permalink()))
    };
    form.answer(state, name, &data.to_string(), file).await
}

fn source(asked: &Mainnet) -> String {
    let own = if asked.view.is_some() { "our own chain, and " } else { "" };
    format!("{own}published values with their sources, dossier {}", asked.dossier.version())
}

/// What every chart opens with. As of the tip of our own chain, or of the day alone.
fn head(asked: &Mainnet, name: &str, title: &str, unit: &str) -> Value {
    let as_of = asked.view.as_ref().map_or_else(|| of_day(midnight(asked.day)), |view| json!(as_of(view.mark())));
    let mut head = Head { name, title, unit, as_of, said: None, source: &source(asked) }.json();
    head["color"] = figure::color();
    head
}

/// Difficulties by time: our own chain's where that is mainnet's, else those that were published.
async fn difficulties(state: &WebState, asked: &Mainnet) -> Result<Vec<(i64, f64)>, WebError> {
    if let Some(view) = &asked.view {
        let chain = view.chain().await?;
        let changes = adjustments(&chain, 0, chain.blocks() - 1, state.origin().hash_scale);
        let from = changes.len().saturating_sub(CHANGES);
        return Ok(changes[from..].iter().map(|it| (i64::from(it.time), it.difficulty)).collect());
    }
    // older ones are years apart: a line between them would be of nobody's
    let since = asked.day.saturating_sub(24.months());
    let known = |day: Date| since <= day && day <= asked.day;
    let all = asked.dossier.values().iter().filter(|it| it.what == Quantity::Difficulty && known(it.at.first()));
    Ok(all.map(|it| (midnight(it.at.first()), it.amount.value)).collect())
}

/// What the machines that match the network cost at today's price of a hash: difficulty moves, all else is held fixed.
async fn history(state: &WebState, asked: &Mainnet, inputs: &Inputs) -> Result<Value, WebError> {
    let price = inputs.get(MACHINES[0]).map(|input| input.range);
    let points: Vec<Value> = difficulties(state, asked)
        .await?
        .into_iter()
        .map(|(time, difficulty)| {
            let rate = exahashes_per_second(difficulty, 600.0).ok();
            let usd = |of: fn(&Range) -> f64| Some(rate? * of(price.as_ref()?) * 1e6 / 1e9);
            json!({
                "time": time, "from_height": 0, "to_height": 0, "blocks": 0,
                "value": usd(|it| it.central), "low": usd(|it| it.low), "high": usd(|it| it.high),
            })
        })
        .collect();
    let title = "Machines to match the network, by difficulty over time at today\u{2019}s price of machines";
    let mut data = head(asked, "attack", title, "billion USD");
    data["scale"] = json!("number");
    data["series"] = json!("new machines");
    data["interval"] = json!("range of prices");
    data["points"] = json!(points);
    data["guides"] = json!([]);
    data["markers"] = json!([]);
    Ok(data)
}

/// Machines, site and power for so many EH/s from outside, and how many years of the industry's output they are.
fn supply(asked: &Mainnet, inputs: &Inputs) -> Result<Value, WebError> {
    let network = inputs.central(NETWORK);
    let yearly = inputs.central("new_exahashes_per_second_per_year").zip(inputs.central("production_share"));
    let yearly = yearly.map(|(made, share)| made * share).filter(|yearly| *yearly > 0.0);
    let mut points = Vec::new();
    if let (Some(network), Ok(values), Some(epoch)) =
        // the network is as it is: what lies on the axis is so many EH/s
        (network, inputs.values_at(&OWNED, NETWORK), inputs.epoch())
    {
        for point in 0..=POINTS {
            let x = 1.25 * network * f64::from(point) / f64::from(POINTS);
            let ranges = match point {
                0 => None,
                _ => {
                    let attack = Attack::AddToShare { share: x / (x + network) };
                    let ranges = owned_ranges(attack, epoch, &values);
                    Some(ranges.map_err(|error| crate::inputs::refused(&error, &OWNED))?.gross_usd)
                }
            };
            let of = |of: fn(&Range) -> f64| ranges.as_ref().map_or(0.0, |range| of(range) / 1e9);
            points.push(
                json!({ "x": x, "low": of(|it| it.low), "value": of(|it| it.central), "high": of(|it| it.high) }),
            );
        }
    }
    let mut guides = Vec::new();
    for years in 1..=MOST_YEARS {
        let Some(yearly) = yearly else { break };
        let word = if years == 1 { "1 year of output".to_owned() } else { format!("{years} years") };
        guides.push(json!({ "x": yearly * f64::from(years), "word": word, "strong": false }));
    }
    if let Some(network) = network {
        let word = format!("match: {} EH/s", significant(network));
        guides.push(json!({ "x": network, "word": word, "strong": true }));
    }
    let title = "Machines, sites and power by hashrate from outside";
    let mut data = head(asked, "supply", title, "billion USD");
    data["across"] = json!("EH/s");
    data["series"] = json!("cost before revenue and resale");
    data["points"] = json!(points);
    data["guides"] = json!(guides);
    Ok(data)
}

fn table(name: &str, data: &Value) -> Table {
    let points = data["points"].as_array().map_or(&[][..], Vec::as_slice);
    let along = if name == "supply" { "x" } else { "time" };
    let row = |point: &Value| [along, "low", "value", "high"].map(|key| point[key].clone()).to_vec();
    let first = if name == "supply" { "exahashes_per_second" } else { "time_unix_seconds" };
    let columns = [first, "low_billion_usd", "central_billion_usd", "high_billion_usd"];
    Table::new(name, &columns, points.iter().map(row).collect())
}
