//! The charts over time: `history`, shares stacked in runs of blocks, and `pool`, one pool's share with its interval.

use std::collections::HashMap;

use hashwatch_store::{Bucket, Runs};
use serde_json::{Value, json};

use super::{
    colors::{color, neutral, one_color},
    head, others_name,
};
use crate::{
    error::WebError,
    shares::{
        CONFIDENCE, Range, Share, Shares,
        standing::{self, By},
    },
    state::WebState,
    view::View,
    window_links::range_words,
    wording::thousands,
};

/// Pools drawn by name in a history.
const NAMED_SERIES: usize = 24;
/// Runs of blocks in a history at most.
const MAX_RUNS: u64 = 400;
/// Blocks in a run at least, in short windows and in those of over two weeks: below, chance drowns the picture.
const MIN_RUN: (u64, u64) = (36, 144);
/// Runs of blocks in the history of one pool at most: its picture shows nothing but chance where they are short.
const MAX_RUNS_OF_ONE: u64 = 200;
/// In windows of more blocks than this, such a run has at least a week's.
const LONG: u64 = 20_000;
const WEEK: u64 = 1_008;

/// How a range is cut into runs.
fn cut(range: Range, most: u64, least: u64) -> Result<Runs, WebError> {
    let step = range.blocks().div_ceil(most).max(least);
    let step = u32::try_from(step).map_err(|_| WebError::Draw("a step of over 2^32 blocks".to_owned()))?;
    Ok(Runs::back_from(range.from, range.to, step))
}

fn least(range: Range) -> u64 {
    if range.blocks() > 2_016 { MIN_RUN.1 } else { MIN_RUN.0 }
}

pub(super) async fn history(state: &WebState, view: &View, shares: &Shares, by: By) -> Result<Value, WebError> {
    let cut = cut(shares.range, MAX_RUNS, least(shares.range))?;
    let runs = view.history_runs((shares.range.from, shares.range.to), cut).await?;
    let (named, rest) = shares.pools.split_at(shares.pools.len().min(NAMED_SERIES));
    let blocks = blocks_of(view, shares, (cut, runs.len(), by), named).await?;
    let series_of = |id: &str, kind: &str, name: &str, color: (String, String), blocks: &[u64]| json!({ "id": id, "kind": kind, "name": name, "color": { "light": color.0, "dark": color.1 }, "blocks": blocks });
    let mut series: Vec<Value> = named
        .iter()
        .enumerate()
        .map(|(row, one)| series_of(&one.slug, one.kind, &one.name, color(&view.who, one, row), &blocks[row]))
        .collect();
    if !rest.is_empty() {
        series.push(series_of("others", "others", &others_name(rest), neutral(), &blocks[named.len()]));
    }
    series.push(series_of("unknown", "unknown", "Unknown", neutral(), &blocks[named.len() + 1]));
    let title = format!("Share of blocks by {} over {}", by.word(), range_words(shares.range));
    let mut data = head(state, view, "history", &title);
    data["buckets"] = runs.iter().map(run_json).collect();
    data["series"] = json!(series);
    data["markers"] = json!([]);
    Ok(data)
}

/// Blocks in each run: a row for each name, one for the others and one for Unknown.
async fn blocks_of(
    view: &View,
    shares: &Shares,
    (cut, runs, by): (Runs, usize, By),
    named: &[Share],
) -> Result<Vec<Vec<u64>>, WebError> {
    let rows: HashMap<(&str, &str), usize> =
        named.iter().enumerate().map(|(row, share)| ((share.kind, share.slug.as_str()), row)).collect();
    let (others, unknown) = (named.len(), named.len() + 1);
    let mut blocks = vec![vec![0_u64; runs]; named.len() + 2];
    for (run, who, count) in standing::counts_in(view, shares.range, cut, by).await? {
        let row = who.map_or(unknown, |(kind, id)| rows.get(&(kind, id.as_str())).copied().unwrap_or(others));
        if let Some(cell) = blocks.get_mut(row).and_then(|row| row.get_mut(run as usize)) {
            *cell += count;
        }
    }
    Ok(blocks)
}

fn run_json(run: &Bucket) -> Value {
    json!({
        "time": run.time, "from_height": run.from_height, "to_height": run.to_height,
        "blocks": run.to_height - run.from_height + 1,
    })
}

/// One pool's share of each run, with its interval.
pub(super) async fn pool(state: &WebState, view: &View, shares: &Shares, slug: &str) -> Result<Value, WebError> {
    let least = if shares.range.blocks() > LONG { WEEK } else { least(shares.range) };
    let cut = cut(shares.range, MAX_RUNS_OF_ONE, least)?;
    let range = (shares.range.from, shares.range.to);
    let (runs, counts) = tokio::try_join!(view.history_runs(range, cut), view.history_counts(range, cut))?;
    let mut blocks = vec![0_u64; runs.len()];
    for count in counts.iter().filter(|count| count.pool.as_deref() == Some(slug)) {
        if let Some(cell) = blocks.get_mut(count.bucket as usize) {
            *cell += count.blocks;
        }
    }
    let points = runs.iter().zip(blocks).map(|(run, found)| {
        let mut point = run_json(run);
        let share = hashwatch_metrics::wilson(found, u64::from(run.to_height - run.from_height) + 1, CONFIDENCE);
        point["value"] = json!(share.map(|share| share.value));
        point["low"] = json!(share.map(|share| share.low));
        point["high"] = json!(share.map(|share| share.high));
        point["found"] = json!(found);
        point
    });
    let name = view.pool_name(slug);
    let color = one_color(&view.who, slug);
    let mut title = format!("Share of blocks of {name} over {}", range_words(shares.range));
    if runs.len() > 1 {
        title += &format!(", in runs of {} blocks", thousands(u64::from(cut.step)));
    }
    let mut data = head(state, view, "pool", &title);
    data["scale"] = json!("share");
    data["series"] = json!(name);
    data["color"] = json!({ "light": color.0, "dark": color.1 });
    data["points"] = points.collect();
    data["guides"] = json!([]);
    data["markers"] = json!([]);
    Ok(data)
}
