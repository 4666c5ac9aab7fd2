//! The numbers behind a picture, as rows.

use serde_json::Value;

use super::{Wanted, plain};
use crate::table::Table;

/// The numbers behind a picture, as rows.
pub(super) fn table(wanted: &Wanted, data: &Value) -> Table {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let cells = |row: &Value, keys: &[&str]| keys.iter().map(|key| row[key].clone()).collect::<Vec<_>>();
    let rows = |key: &str, keys: &[&str]| list(&data[key]).iter().map(|row| cells(row, keys)).collect();
    let file = format!("{}-{}", wanted.name, wanted.span);
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
    if data["points"].is_array() {
        return band(&file, data);
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

/// One figure over time, with its intervals.
pub(crate) fn band(file: &str, data: &Value) -> Table {
    let keys = [
        "time",
        "from_height",
        "to_height",
        "blocks",
        "value",
        "low",
        "high",
        "unknown_low",
        "unknown_high",
        "partial",
    ];
    let columns = [
        "time_unix_seconds",
        "from_height",
        "to_height",
        "blocks",
        "value",
        "low_95",
        "high_95",
        "unknown_low",
        "unknown_high",
        "partial",
    ];
    let points = data["points"].as_array().map_or(&[][..], Vec::as_slice);
    let cell = |point: &Value, key: &str| match key {
        // a month whose blocks were counted, and whose heights nobody told
        "from_height" | "to_height" if point["blocks"] == 0 => Value::Null,
        "blocks" if !point["counted"].is_null() => point["counted"].clone(),
        key => point[key].clone(),
    };
    let rows = points.iter().map(|point| keys.iter().map(|key| cell(point, key)).collect());
    Table::new(file, &columns, rows.collect())
}
