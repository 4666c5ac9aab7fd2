//! Data of the charts, and the charts drawn on the server: `/charts/<name>.json`, `.csv` and `.svg`.
//!
//! The JSON is what the one chart definition in `web/src/charts/` takes, in the browser and here alike.

mod answer;
mod bars;
pub(crate) mod colors;
pub(crate) mod figure;
mod history;
pub(crate) mod rows;

use std::sync::Arc;

use axum::{
    extract::{Path, State, rejection::PathRejection},
    http::Uri,
    response::Response,
};
use hashwatch_metrics::Index;
use hashwatch_model::Window;
use serde_json::{Value, json};

pub(crate) use self::answer::{ChartForm, Head, of_day};
use self::figure::Indexed;
use crate::{
    answers::Question,
    api::as_of,
    asked::Asked,
    attack,
    error::WebError,
    miners,
    params::{Params, segment},
    pivots,
    pools::no_such_pool,
    published, scenario, series,
    shares::{Share, Shares, USUAL, by::By},
    state::WebState,
    table::source_words,
    view::View,
};

/// Charts that can be asked for.
pub(crate) const NAMES: [&str; 13] = [
    "shares",
    "history",
    "pool",
    "index",
    "hashrate",
    "difficulty",
    "hashprice",
    "published",
    "disclosed",
    "attack",
    "supply",
    "pivots",
    "scenario",
];

/// A chart, and of what.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    name: &'static str,
    /// What it shows.
    span: Window,
    by: By,
    /// The slug of the one pool that the chart `pool` is of.
    pool: String,
    /// What the chart `index` is of.
    indexed: Option<Indexed>,
    log: bool,
}

impl Wanted {
    fn read(name: &'static str, params: &mut Params) -> Result<Wanted, WebError> {
        let mut indexed = None;
        let span = match name {
            "index" => {
                let index = index_of(params)?;
                indexed = Some(Indexed { index, window: params.window(series::USUAL)? });
                params.window_called("span", SPAN)?
            }
            "shares" | "history" | "pool" => params.window(USUAL)?,
            _ => params.window(SPAN)?,
        };
        let by = if matches!(name, "shares" | "history" | "index") { By::take(params)? } else { By::Pool };
        let pool = if name == "pool" { wanted_pool(params)? } else { String::new() };
        let log = !matches!(name, "shares" | "history") && is_log(params)?;
        Ok(Wanted { name, span, by, pool, indexed, log })
    }
}

/// What charts over time show where nothing else is asked for.
pub(crate) const SPAN: Window = Window::Days(365);

/// The index that is asked for, or the HHI.
pub(crate) fn index_of(params: &mut Params) -> Result<Index, WebError> {
    let word = params.word("metric", &Index::ALL.map(Index::word))?;
    // one of those that there are
    Ok(Index::from_word(word).unwrap_or(Index::Hhi))
}

/// Whether the axis is to be logarithmic.
pub(crate) fn is_log(params: &mut Params) -> Result<bool, WebError> {
    let log = params.word_of("scale", &["linear", "log"])? == Some("log");
    if log {
        params.asked("scale", &"log");
    }
    Ok(log)
}

/// `GET /charts/{file}`.
pub(crate) async fn chart(
    State(state): State<WebState>,
    path: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Result<Response, WebError> {
    let file = segment(path, "chart")?;
    let no_chart = || WebError::NotFound(format!("no chart {file:?}; there are {}", NAMES.join(", ")));
    let (name, kind) = file.rsplit_once('.').ok_or_else(no_chart)?;
    let name = NAMES.into_iter().find(|known| *known == name).ok_or_else(no_chart)?;
    let mut params = Params::of(&uri);
    if name == "published" {
        return published::chart::chart(&state, kind, params).await;
    }
    if name == "disclosed" {
        return miners::disclosed::chart::chart(&state, kind, params).await;
    }
    if name == "scenario" {
        return scenario::chart::chart(&state, kind, params).await;
    }
    if matches!(name, "attack" | "supply") {
        return attack::chart::chart(&state, name, kind, params).await;
    }
    if name == "pivots" {
        return pivots::chart::chart(&state, kind, params).await;
    }
    let wanted = Wanted::read(name, &mut params)?;
    let form = ChartForm::read(name, kind, &mut params)?;
    let asked = Asked::page(&state, params).await?;
    let data = data(&state, &asked.view, &wanted).await?;
    let file = || {
        let data: Value = serde_json::from_str(&data).map_err(|error| WebError::Draw(error.to_string()))?;
        rows::table(&wanted, &data).into_response(&state, &asked, &plain(&data["title"]))
    };
    if matches!(form, ChartForm::None) { Err(no_chart()) } else { form.answer(&state, name, &data, file).await }
}

/// The pool that a chart is of, which must be named.
fn wanted_pool(params: &mut Params) -> Result<String, WebError> {
    let missing = || WebError::BadValue { name: "pool", reason: "the slug of a pool is needed".to_owned() };
    params.part("pool")?.ok_or_else(missing)
}

/// What a chart is drawn from, as JSON; from memory where it was asked for lately.
async fn data(state: &WebState, view: &View, wanted: &Wanted) -> Result<Arc<str>, WebError> {
    let Wanted { name, span, by, pool, indexed, log } = wanted;
    if *name == "pool" && view.who.pool(pool).is_none() {
        return Err(no_such_pool());
    }
    let of = indexed.map_or_else(String::new, |it| format!("{} {}", it.index.word(), it.window));
    // what is announced of mainnet's miners is marked on mainnet's charts
    let told = match published::is_ours(state) {
        true => state.dossier.borrow().version().to_owned(),
        false => String::new(),
    };
    let what = format!("{name} {} {pool} {of} {log} {told}", by.word()).into();
    let question = Question { mark: view.mark().clone(), window: *span, what };
    let found = async {
        let mut data = match (*name, *indexed) {
            ("index", Some(indexed)) => figure::index(state, view, (indexed, *by, *span)).await?,
            ("hashrate" | "difficulty" | "hashprice", _) => figure::work(state, view, name, *span).await?,
            _ => {
                let shares = Shares::read_by(state, view, *span, *by).await?;
                match *name {
                    "history" => history::history(state, view, &shares, *by).await?,
                    "pool" => history::pool(state, view, &shares, pool).await?,
                    _ => bars::bars(state, view, &shares, *by),
                }
            }
        };
        if *log {
            data["log"] = json!(true);
        }
        Ok(data.to_string().into())
    };
    state.chart_data.get(question, found).await
}

fn head(state: &WebState, view: &View, name: &str, title: &str) -> Value {
    json!({
        "name": name, "title": title, "unit": "% of blocks", "data": state.origin().provenance().name(),
        "as_of": as_of(view.mark()), "registry_version": view.registry().0, "source": source_words(state),
    })
}

fn others_name(rest: &[Share]) -> String {
    match rest.len() {
        1 => "1 other".to_owned(),
        n => format!("{n} others"),
    }
}

pub(crate) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
