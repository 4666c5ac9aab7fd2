//! The charts `/charts/scenario.{json,csv,svg}`: difficulty, hashrate or hashprice of a scenario.

use axum::response::Response;
use serde_json::{Value, json};

use super::{
    Played,
    course::{Epoch, Prices, epochs, hashrates, seconds},
    play::read,
};
use crate::{
    charts::{ChartForm, Head, figure, of_day, rows},
    error::WebError,
    mainnet::Mainnet,
    params::Params,
    span::midnight,
    state::WebState,
    table::plain_file,
};

/// What is shown.
const SHOWN: [&str; 3] = ["difficulty", "hashrate", "hashprice"];

/// `GET /charts/scenario.{json,csv,svg}`.
pub(crate) async fn chart(state: &WebState, kind: &str, mut params: Params) -> Result<Response, WebError> {
    let show = params.word("show", &SHOWN)?;
    let wanted = read(&mut params)?;
    let form = ChartForm::read("scenario", kind, &mut params)?;
    let asked = Mainnet::priced_page(state, params).await?;
    let played = Played::of(state, &asked, wanted).await?;
    let data = data(&played, show);
    let file = || {
        let title = format!("{show} of a scenario to {}", played.days.until);
        let source = format!("dossier {}; permalink: {}", asked.dossier.version(), asked.permalink());
        plain_file(&rows::band(&format!("scenario-{show}"), &data), &title, &source)
    };
    form.answer(state, "scenario", &data.to_string(), file).await
}

/// A stretch: chance in `low` and `high`, how much leaves in the others.
fn point(time: f64, chance: Option<(f64, f64)>, figure: Prices) -> Value {
    let (low, high) = chance.unzip();
    json!({
        "time": time, "from_height": 0, "to_height": 0, "blocks": 0, "value": figure.value, "low": low, "high": high,
        "unknown_low": figure.low, "unknown_high": figure.high,
    })
}

pub(super) fn data(played: &Played, show: &str) -> Value {
    let epochs = epochs(played);
    let of = |it: &Epoch| Prices { value: it.difficulty.value, low: it.least, high: it.most };
    let (title, unit, scale, points): (_, _, _, Vec<Value>) = match show {
        "hashrate" => {
            let exa = |it: Prices| Prices { value: it.value * 1e18, low: it.low * 1e18, high: it.high * 1e18 };
            let points = hashrates(played).into_iter().map(|(time, it)| point(time, None, exa(it)));
            ("Hashrate of the network", "EH/s", "hashrate", points.collect())
        }
        "hashprice" => {
            let points = epochs.iter().filter_map(|it| Some(point(it.from.value, None, it.hashprice?)));
            ("Hashprice", "USD per PH/s and day", "number", points.collect())
        }
        _ => {
            let chance = |it: &Epoch| {
                (it.difficulty.low < it.difficulty.high).then_some((it.difficulty.low, it.difficulty.high))
            };
            let points = epochs.iter().map(|it| point(it.from.value, chance(it), of(it)));
            ("Difficulty", "the easiest target is 1", "number", points.collect())
        }
    };
    let end = seconds(midnight(played.days.until));
    let mut dates: Vec<i64> = played.leaving.leavers.iter().map(|it| midnight(it.date)).collect();
    dates.sort_unstable();
    dates.dedup();
    let marks = dates.iter().map(|&date| {
        let on = played.leaving.leavers.iter().filter(|it| midnight(it.date) == date);
        let rate: f64 = on.map(|it| it.amount.central).sum();
        json!({ "time": date, "word": format!("\u{2212}{} EH/s", crate::wording::significant(rate)) })
    });
    let mut marks: Vec<Value> = marks.collect();
    if show == "hashprice" {
        let halves = epochs.windows(2).filter(|pair| pair[1].reward_btc < pair[0].reward_btc);
        marks.extend(halves.map(|pair| json!({ "time": pair[1].from.value, "word": "subsidy halves" })));
    }
    let head = Head {
        name: "scenario",
        title: &format!("{title} of the scenario"),
        unit,
        as_of: of_day(end),
        said: Some(format!("A scenario from {} to {}, no forecast", played.days.start, played.days.until)),
        source: "announcements and disclosures as listed on the page",
    };
    let mut data = head.json();
    data["scale"] = json!(scale);
    data["series"] = json!("as expected");
    data["color"] = figure::color();
    data["bounds"] = json!(true);
    data["supposes"] = json!("by how much leaves");
    data["points"] = json!(points);
    data["guides"] = json!([]);
    data["markers"] = json!(marks);
    data
}
