//! Data of the charts, and the charts drawn on the server: `/charts/<name>.json`, `.csv` and `.svg`.
//!
//! The JSON is what the one chart definition in `web/src/charts/` takes, in the browser and here alike.

use std::{collections::HashMap, sync::Arc};

use axum::{
    extract::{Path, RawQuery, State, rejection::PathRejection},
    http::header,
    response::{IntoResponse, Response},
};
use hashwatch_model::Window;
use hashwatch_registry::Registry;
use serde_json::{Value, json};

use crate::{
    answers::Question,
    api::as_of_json,
    chart::{Size, Theme},
    error::WebError,
    params::{Params, segment},
    picture::nearest,
    shares::{Share, Shares},
    state::WebState,
    view::View,
    wording::thousands,
};

/// Pools drawn by name; the rest are added up as others.
const NAMED_POOLS: usize = 14;
/// Pools drawn by name in a history.
const NAMED_SERIES: usize = 24;
/// Runs of blocks in a history at most.
const MAX_BUCKETS: u64 = 400;
/// Blocks in a run at least, in short windows and in those of over two weeks: below, chance drowns the picture.
const MIN_BUCKET: (u64, u64) = (36, 144);
/// Greys for pools without a colour of their own, by rank: lighter further down.
const GREYS: [(&str, &str); 5] = [
    ("#5f6670", "#a8afb9"),
    ("#737a84", "#949ba6"),
    ("#878e98", "#808792"),
    ("#9ba1aa", "#6d747e"),
    ("#aeb4bc", "#5b616b"),
];
/// Unknown and others, hatched or pale in the chart itself.
const NEUTRAL: (&str, &str) = ("#8a8f98", "#7d838d");

/// Charts that can be asked for.
pub(crate) const NAMES: [&str; 2] = ["shares", "history"];

/// `GET /charts/{file}`.
pub(crate) async fn chart(
    State(state): State<WebState>,
    path: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Response, WebError> {
    let file = segment(path, "chart")?;
    let no_chart = || WebError::NotFound(format!("no chart {file:?}; there are {}", NAMES.join(" and ")));
    let (name, kind) = file.rsplit_once('.').ok_or_else(no_chart)?;
    let name = NAMES.into_iter().find(|known| *known == name).ok_or_else(no_chart)?;
    let mut params = Params::new(query.as_deref());
    let window = params.window()?;
    let (as_of, registry) = (params.take("as_of")?, params.registry()?);
    let picture = (kind == "svg").then(|| picture(name, &mut params)).transpose()?;
    params.finish()?;
    let snapshot = state.view_under(as_of, registry).await?;
    let data = data(&state, &snapshot, name, window).await?;
    match (kind, picture) {
        ("json", _) => Ok(([(header::CONTENT_TYPE, "application/json")], data.to_string()).into_response()),
        ("csv", _) => {
            let disposition =
                format!("attachment; filename=\"hashwatch-{name}-{window}-{}.csv\"", snapshot.mark().tip.height);
            let headers = [
                (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
                (header::CONTENT_DISPOSITION, disposition),
            ];
            let data = serde_json::from_str(&data).map_err(|error| WebError::Draw(error.to_string()))?;
            Ok((headers, csv(name, &data)).into_response())
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

fn picture(name: &str, params: &mut Params) -> Result<(Size, Theme), WebError> {
    let width = params.number("width", (280, 2_000))?;
    let height = params.number("height", (120, 2_000))?;
    let theme = match params.word("theme", &["light", "dark"])? {
        "dark" => Theme::Dark,
        _ => Theme::Light,
    };
    Ok((nearest(name, width, height), theme))
}

/// What a chart is drawn from, as JSON; from memory where it was asked for lately.
async fn data(state: &WebState, snapshot: &View, name: &'static str, window: Window) -> Result<Arc<str>, WebError> {
    let question = Question { mark: snapshot.mark().clone(), window, what: name };
    let found = async {
        let shares = Shares::read(state, snapshot, window).await?;
        let data = match name {
            "history" => history(state, snapshot, &shares).await?,
            _ => bars(state, snapshot, &shares),
        };
        Ok(data.to_string().into())
    };
    state.chart_data.get(question, found).await
}

fn head(state: &WebState, snapshot: &View, name: &str, title: &str) -> Value {
    let source = match state.origin().simulated {
        true => "a synthetic chain of hashwatch's own making",
        false => "blocks of the operator's node, headers verified here",
    };
    json!({
        "name": name, "title": title, "unit": "% of blocks", "data": state.origin().provenance().name(),
        "as_of": as_of_json(snapshot), "registry_version": snapshot.registry().0, "source": source,
    })
}

/// Name of the window for titles: how many blocks it holds.
pub(crate) fn window_words(shares: &Shares) -> String {
    match shares.range.blocks() {
        1 => "the last block".to_owned(),
        blocks => format!("the last {} blocks", thousands(blocks)),
    }
}

fn bars(state: &WebState, snapshot: &View, shares: &Shares) -> Value {
    let bar = |id: &str,
               kind: &str,
               name: &str,
               blocks: u64,
               share: hashwatch_metrics::Interval,
               color: (String, String)| {
        json!({
            "id": id, "kind": kind, "name": name, "blocks": blocks,
            "share": share.value, "low": share.low, "high": share.high, "color": { "light": color.0, "dark": color.1 },
        })
    };
    let (named, rest) = shares.pools.split_at(shares.pools.len().min(NAMED_POOLS));
    let mut items: Vec<Value> = named
        .iter()
        .enumerate()
        .map(|(rank, s)| bar(&s.slug, "pool", &s.name, s.blocks, s.share, color(&snapshot.who, &s.slug, rank)))
        .collect();
    let others: u64 = rest.iter().map(|share| share.blocks).sum();
    if let Some(share) = hashwatch_metrics::wilson(others, shares.range.blocks(), crate::shares::CONFIDENCE)
        && others > 0
    {
        items.push(bar("others", "others", &others_name(rest), others, share, neutral()));
    }
    items.push(bar("unknown", "unknown", "Unknown", shares.unknown, shares.unknown_share, neutral()));
    let mut data = head(state, snapshot, "shares", &format!("Share of {} by pool", window_words(shares)));
    data["items"] = json!(items);
    data
}

async fn history(state: &WebState, snapshot: &View, shares: &Shares) -> Result<Value, WebError> {
    let blocks = shares.range.blocks();
    let least = if blocks > 2_016 { MIN_BUCKET.1 } else { MIN_BUCKET.0 };
    let step = blocks.div_ceil(MAX_BUCKETS).max(least);
    let step = u32::try_from(step).map_err(|_| WebError::Draw("a step of over 2^32 blocks".to_owned()))?;
    let (buckets, counts) = snapshot.history((shares.range.from, shares.range.to), step).await?;
    let (named, rest) = shares.pools.split_at(shares.pools.len().min(NAMED_SERIES));
    let rows: HashMap<&str, usize> = named.iter().enumerate().map(|(row, share)| (share.slug.as_str(), row)).collect();
    let (others, unknown) = (named.len(), named.len() + 1);
    let mut blocks = vec![vec![0_u64; buckets.len()]; named.len() + 2];
    for count in counts {
        let row = count.pool.as_deref().map_or(unknown, |slug| rows.get(slug).copied().unwrap_or(others));
        if let Some(cell) = blocks.get_mut(row).and_then(|row| row.get_mut(count.bucket as usize)) {
            *cell += count.blocks;
        }
    }
    let series_of = |id: &str, kind: &str, name: &str, color: (String, String), blocks: &[u64]| json!({ "id": id, "kind": kind, "name": name, "color": { "light": color.0, "dark": color.1 }, "blocks": blocks });
    let mut series: Vec<Value> = named
        .iter()
        .enumerate()
        .map(|(rank, s)| series_of(&s.slug, "pool", &s.name, color(&snapshot.who, &s.slug, rank), &blocks[rank]))
        .collect();
    if !rest.is_empty() {
        series.push(series_of("others", "others", &others_name(rest), neutral(), &blocks[others]));
    }
    series.push(series_of("unknown", "unknown", "Unknown", neutral(), &blocks[unknown]));
    let title = format!("Share of blocks by pool over {}", window_words(shares));
    let mut data = head(state, snapshot, "history", &title);
    data["buckets"] = buckets
        .iter()
        .map(|b| {
            json!({
                "time": b.time, "from_height": b.from_height, "to_height": b.to_height,
                "blocks": b.to_height - b.from_height + 1,
            })
        })
        .collect();
    data["series"] = json!(series);
    data["markers"] = json!([]);
    Ok(data)
}

fn others_name(rest: &[Share]) -> String {
    match rest.len() {
        1 => "1 other".to_owned(),
        n => format!("{n} others"),
    }
}

/// The colour a pool has on every page, or a grey by its rank.
pub(crate) fn color(registry: &Registry, slug: &str, rank: usize) -> (String, String) {
    match registry.pool(slug).and_then(|pool| pool.color.as_ref()) {
        Some(color) => (color.light.clone(), color.dark.clone()),
        None => {
            let (light, dark) = GREYS[rank % GREYS.len()];
            (light.to_owned(), dark.to_owned())
        }
    }
}

pub(crate) fn neutral() -> (String, String) {
    (NEUTRAL.0.to_owned(), NEUTRAL.1.to_owned())
}

fn csv(name: &str, data: &Value) -> String {
    let mut out = format!(
        "# {} as of block {} {}; data: {}; source: {}; registry {}\n",
        plain(&data["title"]),
        data["as_of"]["height"],
        plain(&data["as_of"]["hash"]),
        plain(&data["data"]),
        plain(&data["source"]),
        plain(&data["registry_version"]),
    );
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    if name == "shares" {
        out.push_str("id,kind,name,blocks,share_of_blocks,low_95,high_95\n");
        for item in list(&data["items"]) {
            let texts = ["id", "kind", "name"].map(|key| cell(&plain(&item[key])));
            let numbers = ["blocks", "share", "low", "high"].map(|key| item[key].to_string());
            out.push_str(&format!("{},{}\n", texts.join(","), numbers.join(",")));
        }
        return out;
    }
    let series = list(&data["series"]);
    let names: Vec<String> = series.iter().map(|one| cell(&format!("{} (blocks)", plain(&one["name"])))).collect();
    out.push_str(&format!("median_time_unix_seconds,from_height,to_height,blocks,{}\n", names.join(",")));
    for (place, bucket) in list(&data["buckets"]).iter().enumerate() {
        let numbers = ["time", "from_height", "to_height", "blocks"].map(|key| bucket[key].to_string());
        let blocks: Vec<String> = series.iter().map(|one| one["blocks"][place].to_string()).collect();
        out.push_str(&format!("{},{}\n", numbers.join(","), blocks.join(",")));
    }
    out
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A text for a CSV cell: quoted where it must be, and no formula to a spreadsheet.
fn cell(text: &str) -> String {
    let inert =
        if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { format!("'{text}") } else { text.to_owned() };
    if inert.contains([',', '"', '\n', '\r']) { format!("\"{}\"", inert.replace('"', "\"\"")) } else { inert }
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn formulas_are_inert() {
        assert_eq!(cell("Foundry USA"), "Foundry USA");
        assert_eq!(cell("=HYPERLINK(\"x\")"), "\"'=HYPERLINK(\"\"x\"\")\"");
        assert_eq!(cell("-1+1"), "'-1+1");
        assert_eq!(cell("a,b"), "\"a,b\"");
    }
}
