//! Points as text: rows of CSV and objects of JSON, some at a time.

use std::fmt::Write as _;

use axum::body::Bytes;
use futures_util::{Stream, StreamExt, stream};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Metric, Point, Walk};
use crate::error::WebError;

/// Points that are computed at a time: an answer is sent while it is computed, and may be of every block.
const AT_A_TIME: usize = 4_096;

/// The figure as of a block.
#[derive(Serialize, ToSchema)]
pub(super) struct PointFields {
    height: u32,
    /// Median time past, Unix seconds.
    time: u32,
    /// Null where the window reaches below what is stored, or nothing can be said of it.
    #[schema(required)]
    value: Option<f64>,
    /// What chance allows; null in answers of more than 500 points, and for figures that have no interval.
    #[schema(required)]
    low: Option<f64>,
    #[schema(required)]
    high: Option<f64>,
    /// Where an index lies whatever Unknown is; null in answers of more than 500 points, and for other figures.
    #[schema(required)]
    unknown_low: Option<f64>,
    #[schema(required)]
    unknown_high: Option<f64>,
}

impl From<Point> for PointFields {
    fn from(point: Point) -> PointFields {
        PointFields {
            height: point.height,
            time: point.time,
            value: point.value,
            low: point.bounds.map(|(low, _)| low),
            high: point.bounds.map(|(_, high)| high),
            unknown_low: point.unknown.map(|(low, _)| low),
            unknown_high: point.unknown.map(|(_, high)| high),
        }
    }
}

/// Writes the next points of a walk.
pub(super) type Write = fn(&mut Walk) -> String;

/// The names of the columns.
pub(super) fn columns(metric: &Metric) -> String {
    let word = metric.word();
    let unit = match metric.unit() {
        "none" => "value",
        unit => unit,
    };
    format!(
        "\"height\",\"median_time_unix_seconds\",\"{word}_{unit}\",\"low_95\",\"high_95\",\"unknown_low\",\"unknown_high\"\n"
    )
}

/// A head, points some at a time as `of` writes them, and what stands below.
pub(super) fn pieces(
    walk: Walk,
    head: String,
    foot: &'static str,
    of: Write,
) -> impl Stream<Item = Result<Bytes, WebError>> + Send {
    let text = |text: String| Ok(Bytes::from(text));
    let points = stream::unfold(walk, move |mut walk| async move {
        let some = tokio::task::block_in_place(|| of(&mut walk));
        (!some.is_empty()).then(|| (text(some), walk))
    });
    let foot = (!foot.is_empty()).then(|| Ok(Bytes::from_static(foot.as_bytes())));
    stream::iter([text(head)]).chain(points).chain(stream::iter(foot))
}

pub(super) fn lines(walk: &mut Walk) -> String {
    let cell = |value: Option<f64>| value.map_or_else(|| "\"\"".to_owned(), |value| value.to_string());
    let mut lines = String::new();
    for point in walk.take(AT_A_TIME) {
        let it = PointFields::from(point);
        let cells = [it.value, it.low, it.high, it.unknown_low, it.unknown_high].map(cell).join(",");
        // writing to a string cannot fail
        let _ = writeln!(lines, "{},{},{cells}", it.height, it.time);
    }
    lines
}

pub(super) fn objects(walk: &mut Walk) -> String {
    let mut objects = String::new();
    let mut first = !walk.begun();
    for point in walk.take(AT_A_TIME) {
        if !std::mem::replace(&mut first, false) {
            objects.push(',');
        }
        // numbers and nulls alone
        objects += &serde_json::to_string(&PointFields::from(point)).unwrap_or_default();
    }
    objects
}
