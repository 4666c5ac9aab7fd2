//! The chart `published`: an index by month. It needs no block of ours.

use std::sync::Arc;

use axum::response::Response;
use hashwatch_metrics::Index;
use hashwatch_model::RegistryVersion;
use hashwatch_registry::{Dossier, Published, Registry};
use serde_json::{Value, json};

use super::{SOURCE, after, indexed, own_view, registry_of, source_line};
use crate::{
    charts::{ChartForm, Head, figure, index_of, is_log, rows},
    concentration::{
        fields::FigureFields,
        words::{Unit, name, short_name},
    },
    error::WebError,
    params::Params,
    pivots::markers::markers,
    shares::by::By,
    span::midnight,
    state::WebState,
    table::plain_file,
};

/// `GET /charts/published.{json,csv,svg}`.
pub(crate) async fn chart(state: &WebState, kind: &str, mut params: Params) -> Result<Response, WebError> {
    let (index, by) = (index_of(&mut params)?, By::take(&mut params)?);
    let (log, version) = (is_log(&mut params)?, params.registry()?);
    let form = ChartForm::read("published", kind, &mut params)?;
    params.finish()?;
    let data = data(state, version, (index, by, log)).await?;
    let file = || {
        let value: Value = serde_json::from_str(&data).map_err(|error| WebError::Draw(error.to_string()))?;
        let title = format!("{} by {} and month as published", name(index), by.word());
        let file = format!("published-{}-{}", index.word(), by.word());
        plain_file(&rows::band(&file, &value), &title, &source_line())
    };
    form.answer(state, "published", &data, file).await
}

async fn data(
    state: &WebState,
    version: Option<RegistryVersion>,
    (index, by, log): (Index, By, bool),
) -> Result<Arc<str>, WebError> {
    let view = own_view(state, None, version).await?;
    let registry = registry_of(state, view.as_ref());
    let dossier = Arc::clone(&state.dossier.borrow());
    let question = (index.word(), by, log, format!("{} {}", registry.version(), dossier.version()));
    let drawn = || drawn_from(registry, &dossier, (index, by, log)).to_string().into();
    let found = async { Ok(tokio::task::block_in_place(drawn)) };
    state.published.get(question, found).await
}

fn drawn_from(registry: &Registry, dossier: &Dossier, (index, by, log): (Index, By, bool)) -> Value {
    let published = Published::builtin();
    let points: Vec<Value> = published
        .months
        .iter()
        .map(|month| {
            let found = indexed(registry, month, by, index);
            // a month whose heights are not known has none to tell
            let heights = month.first_height.zip(month.last_height);
            let (first, last) = heights.unwrap_or_default();
            let mut point = json!(FigureFields::from(found));
            point["time"] = json!(midnight(month.month));
            (point["from_height"], point["to_height"]) = (json!(first), json!(last));
            point["blocks"] = json!(if heights.is_some() { month.total } else { 0 });
            (point["counted"], point["partial"]) = (json!(month.total), json!(month.partial));
            point
        })
        .collect();
    let ends = published.months.last().map_or(0, |month| midnight(after(month.month)));
    let starts = published.months.first().map_or(0, |month| midnight(month.month));
    let marks = markers(dossier, registry, starts, ends);
    let head = Head {
        name: "published",
        title: &format!("{} by {} and month, as published", short_name(index), by.word()),
        unit: figure::unit_words(index),
        as_of: json!({ "height": published.to_height, "hash": "", "time": ends }),
        said: None,
        source: &format!("{SOURCE}: {}", published.source.url),
    };
    let mut data = head.json();
    data["scale"] = json!(if Unit::of(index) == Unit::Part { "share" } else { "number" });
    data["series"] = json!(format!("by {}", by.word()));
    data["color"] = figure::color();
    data["bounds"] = json!(true);
    data["points"] = json!(points);
    data["guides"] = figure::guides(index);
    data["markers"] = json!(marks);
    if log {
        data["log"] = json!(true);
    }
    data
}
