//! Data of the charts, and the charts drawn on the server: `/charts/<name>.json`, `.csv` and `.svg`.
//!
//! The JSON is what the one chart definition in `web/src/charts/` takes, in the browser and here alike.

mod bars;
pub(crate) mod colors;
mod history;

use std::sync::Arc;

use axum::{
    extract::{Path, State, rejection::PathRejection},
    http::{Uri, header},
    response::{IntoResponse, Response},
};
use hashwatch_model::Window;
use serde_json::{Value, json};

use crate::{
    answers::Question,
    api::as_of,
    asked::Asked,
    chart::{Size, Theme},
    error::WebError,
    params::{Params, segment},
    picture::nearest,
    pools::no_such_pool,
    shares::{Share, Shares, USUAL, by::By},
    state::WebState,
    table::{Table, source_words},
    view::View,
};

/// Charts that can be asked for.
pub(crate) const NAMES: [&str; 3] = ["shares", "history", "pool"];

/// A chart, and of what.
#[derive(Clone, Debug)]
struct Wanted {
    name: &'static str,
    window: Window,
    by: By,
    /// The slug of the one pool that the chart `pool` is of.
    pool: String,
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
    let wanted = Wanted {
        name,
        window: params.window(USUAL)?,
        by: if name == "pool" { By::Pool } else { By::take(&mut params)? },
        pool: if name == "pool" { wanted_pool(&mut params)? } else { String::new() },
    };
    let picture = (kind == "svg").then(|| picture(name, &mut params)).transpose()?;
    let asked = Asked::page(&state, params).await?;
    let data = data(&state, &asked.view, &wanted).await?;
    match (kind, picture) {
        ("json", _) => Ok(([(header::CONTENT_TYPE, "application/json")], data.to_string()).into_response()),
        ("csv", _) => {
            let data: Value = serde_json::from_str(&data).map_err(|error| WebError::Draw(error.to_string()))?;
            table(&wanted, &data).into_response(&state, &asked, &plain(&data["title"]))
        }
        ("svg", Some((size, theme))) => {
            let svg = state.charts.render(name, &data, size, theme).await?;
            let headers =
                [(header::CONTENT_TYPE, "image/svg+xml"), (header::CONTENT_SECURITY_POLICY, "default-src 'none'")];
            Ok((headers, svg).into_response())
        }
        _ => Err(no_chart()),
    }
}

/// The pool that a chart is of, which must be named.
fn wanted_pool(params: &mut Params) -> Result<String, WebError> {
    let missing = || WebError::BadValue { name: "pool", reason: "the slug of a pool is needed".to_owned() };
    params.part("pool")?.ok_or_else(missing)
}

fn picture(name: &str, params: &mut Params) -> Result<(Size, Theme), WebError> {
    let width = params.number("width", (280, 2_000))?;
    let height = params.number("height", (120, 2_000))?;
    let theme = match params.word_of("theme", &["light", "dark"])? {
        Some("dark") => Theme::Dark,
        _ => Theme::Light,
    };
    Ok((nearest(name, width, height), theme))
}

/// What a chart is drawn from, as JSON; from memory where it was asked for lately.
async fn data(state: &WebState, view: &View, wanted: &Wanted) -> Result<Arc<str>, WebError> {
    let Wanted { name, window, by, pool } = wanted;
    if *name == "pool" && view.who.pool(pool).is_none() {
        return Err(no_such_pool());
    }
    let what = format!("{name} {} {pool}", by.word()).into();
    let question = Question { mark: view.mark().clone(), window: *window, what };
    let found = async {
        let shares = Shares::read_by(state, view, *window, *by).await?;
        let data = match *name {
            "history" => history::history(state, view, &shares, *by).await?,
            "pool" => history::pool(state, view, &shares, pool).await?,
            _ => bars::bars(state, view, &shares, *by),
        };
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

/// The numbers behind a picture, as rows.
fn table(wanted: &Wanted, data: &Value) -> Table {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let cells = |row: &Value, keys: &[&str]| keys.iter().map(|key| row[key].clone()).collect::<Vec<_>>();
    let rows = |key: &str, keys: &[&str]| list(&data[key]).iter().map(|row| cells(row, keys)).collect();
    let file = format!("{}-{}", wanted.name, wanted.window);
    if wanted.name == "shares" {
        let keys = ["id", "kind", "name", "blocks", "share", "low", "high"];
        let columns = ["id", "kind", "name", "blocks", "share_of_blocks", "low_95", "high_95"];
        return Table::new(&file, &columns, rows("items", &keys));
    }
    if wanted.name == "pool" {
        let keys = ["time", "from_height", "to_height", "blocks", "found", "value", "low", "high"];
        let columns = [
            "median_time_unix_seconds",
            "from_height",
            "to_height",
            "blocks",
            "blocks_of_the_pool",
            "share_of_blocks",
            "low_95",
            "high_95",
        ];
        return Table::new(&format!("{file}-{}", wanted.pool), &columns, rows("points", &keys));
    }
    let series = list(&data["series"]);
    let spans = ["median_time_unix_seconds", "from_height", "to_height", "blocks"].map(str::to_owned);
    let names = series.iter().map(|one| format!("{} (blocks)", plain(&one["name"])));
    let row = |(place, bucket): (usize, &Value)| {
        let mut row = cells(bucket, &["time", "from_height", "to_height", "blocks"]);
        row.extend(series.iter().map(|one| one["blocks"][place].clone()));
        row
    };
    let rows = list(&data["buckets"]).iter().enumerate().map(row).collect();
    Table { file, columns: spans.into_iter().chain(names).collect(), rows }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
