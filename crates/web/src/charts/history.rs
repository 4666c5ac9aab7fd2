//! The charts over time: `history`, shares stacked in runs of blocks, and `pool`, one pool's share with its interval.

use std::collections::HashMap;

use hashwatch_store::ChainColumns;
use serde_json::{Value, json};

use super::{
    colors::{color, neutral, one_color},
    figure::halves,
    head, others_name,
};
use crate::{
    error::WebError,
    pivots::markers::markers,
    published::is_ours,
    shares::{
        CONFIDENCE, Range, Share, Shares,
        by::By,
        entities::{Entities, Entity},
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

/// A run of consecutive blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    range: Range,
    /// Median time past of its first block.
    time: u32,
}

/// A range in runs of equal length, counted back from its end: if one is shorter, it is the first.
fn runs(chain: &ChainColumns, range: Range, step: u64) -> Vec<Run> {
    let step = u32::try_from(step).unwrap_or(u32::MAX).max(1);
    let whole = range.blocks() / u64::from(step);
    let ends = (0..=whole).map_while(|run| range.to.checked_sub(u32::try_from(run).ok()?.checked_mul(step)?));
    let mut runs: Vec<Run> = ends
        .take_while(|to| *to >= range.from)
        .map(|to| {
            let from = to.saturating_sub(step - 1).max(range.from);
            let time = chain.place(from).map_or(0, |place| chain.median_times()[place]);
            Run { range: Range { from, to }, time }
        })
        .collect();
    runs.reverse();
    runs
}

/// Blocks of a run where there may be so many runs.
fn step(range: Range, most: u64, least: u64) -> u64 {
    range.blocks().div_ceil(most).max(least)
}

fn least(range: Range) -> u64 {
    if range.blocks() > 2_016 { MIN_RUN.1 } else { MIN_RUN.0 }
}

pub(super) async fn history(state: &WebState, view: &View, shares: &Shares, by: By) -> Result<Value, WebError> {
    let runs = runs(&view.chain().await?, shares.range, step(shares.range, MAX_RUNS, least(shares.range)));
    let entities = Entities::read(state, view, by).await?;
    let (named, rest) = shares.pools.split_at(shares.pools.len().min(NAMED_SERIES));
    let blocks = blocks_of(&entities, &runs, named);
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
    data["markers"] = marks(state, view, &view.chain().await?, shares.range);
    Ok(data)
}

/// Halvings within a range; and pivots of listed miners, where the chain is the one that they mine.
pub(super) fn marks(state: &WebState, view: &View, chain: &ChainColumns, range: Range) -> Value {
    let mut marks = if halves(state.origin().network) { halvings(chain, range) } else { Vec::new() };
    let time = |height| chain.place(height).map(|place| i64::from(chain.median_times()[place]));
    if is_ours(state)
        && let (Some(from), Some(to)) = (time(range.from), time(range.to))
    {
        marks.extend(markers(&state.dossier.borrow(), &view.who, from, to));
    }
    json!(marks)
}

fn halvings(chain: &ChainColumns, range: Range) -> Vec<Value> {
    const EVERY: u32 = 210_000;
    let first = range.from.div_ceil(EVERY).max(1);
    let heights = (first..).map(|number| number.saturating_mul(EVERY)).take_while(|height| *height <= range.to);
    let marks = heights
        .filter_map(|height| Some(json!({ "time": chain.median_times()[chain.place(height)?], "word": "halving" })));
    marks.collect()
}

/// Blocks in each run: a row for each name, one for the others and one for Unknown.
fn blocks_of(entities: &Entities, runs: &[Run], named: &[Share]) -> Vec<Vec<u64>> {
    let rows: HashMap<(&str, &str), usize> =
        named.iter().enumerate().map(|(row, share)| ((share.kind, share.slug.as_str()), row)).collect();
    let (others, unknown) = (named.len(), named.len() + 1);
    let row = |who: &Entity| rows.get(&(who.kind, who.id.as_str())).copied().unwrap_or(others);
    let rows: Vec<usize> = [unknown].into_iter().chain(entities.who()[1..].iter().map(row)).collect();
    let mut blocks = vec![vec![0_u64; runs.len()]; named.len() + 2];
    for (place, run) in runs.iter().enumerate() {
        for id in entities.within(run.range) {
            blocks[rows[usize::from(*id)]][place] += 1;
        }
    }
    blocks
}

fn run_json(run: &Run) -> Value {
    let Range { from, to } = run.range;
    json!({ "time": run.time, "from_height": from, "to_height": to, "blocks": run.range.blocks() })
}

/// One pool's share of each run, with its interval.
pub(super) async fn pool(state: &WebState, view: &View, shares: &Shares, slug: &str) -> Result<Value, WebError> {
    let least = if shares.range.blocks() > LONG { WEEK } else { least(shares.range) };
    let step = step(shares.range, MAX_RUNS_OF_ONE, least);
    let (chain, miners) = tokio::try_join!(view.chain(), view.miners())?;
    let (runs, ids, number) = (runs(&chain, shares.range, step), miners.ids(), miners.number(slug));
    let points = runs.iter().map(|run| {
        let mut point = run_json(run);
        let within = chain.place(run.range.from).zip(chain.place(run.range.to));
        let within = within.map_or(&[][..], |(from, to)| &ids[from..=to]);
        let found = within.iter().filter(|id| Some(**id) == number).count() as u64;
        let share = hashwatch_metrics::wilson(found, run.range.blocks(), CONFIDENCE);
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
        title += &format!(", in runs of {} blocks", thousands(step));
    }
    let mut data = head(state, view, "pool", &title);
    data["scale"] = json!("share");
    data["series"] = json!(name);
    data["color"] = json!({ "light": color.0, "dark": color.1 });
    data["points"] = points.collect();
    data["guides"] = json!([]);
    data["markers"] = marks(state, view, &chain, shares.range);
    Ok(data)
}
