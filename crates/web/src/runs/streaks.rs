//! Runs of blocks of one name in a row, and waits between blocks.

use axum::{
    extract::State,
    http::{HeaderMap, Uri},
    response::Response,
};
use hashwatch_metrics::{
    Run, expected_runs, gap_probability, longest_gaps, longest_run_of_each, longest_wait_probability, run_probability,
};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::{
    asked::Asked,
    error::WebError,
    openapi::{ByParam, FormatParam, PinParams, Refusals, WindowParam},
    params::Params,
    shares::{
        Range, USUAL,
        answer::{WindowFields, window_fields},
        by::By,
        entities::{Entities, Entity},
    },
    state::WebState,
    table::{Answered, Table, answer},
    window_links::range_words,
};

/// Runs and gaps of a window.
#[derive(Serialize, ToSchema)]
struct StreaksFields {
    window: WindowFields,
    /// pool, group or owner
    by: &'static str,
    /// The longest run of each, longest first.
    streaks: Vec<StreakFields>,
    /// The longest time between two header times in a row. Null where there are not two blocks, or no time between them.
    #[schema(required)]
    longest_wait: Option<WaitFields>,
}

/// Somebody's longest run of blocks in a row, and its longest gap.
#[derive(Serialize, ToSchema)]
struct StreakFields {
    id: String,
    /// pool, group or owner
    kind: &'static str,
    name: String,
    /// Blocks in the window.
    blocks: u64,
    /// Of all blocks of the window, a part of one: what the probabilities are for.
    share: f64,
    /// Blocks in a row.
    length: u64,
    from_height: u32,
    to_height: u32,
    /// That somebody of this share has a run of this length or longer in as many blocks.
    probability: f64,
    /// How many such runs are expected.
    expected_runs: f64,
    /// Blocks of others in a row, at most, between two of its own; null where it has one block.
    #[schema(required)]
    longest_gap: Option<u64>,
    /// That somebody of this share has a gap of this length or longer in as many blocks.
    #[schema(required)]
    gap_probability: Option<f64>,
}

/// A time without a block.
#[derive(Serialize, ToSchema)]
struct WaitFields {
    /// The block that ended it.
    height: u32,
    seconds: u64,
    /// Of all waits of the window.
    mean_seconds: f64,
    /// That one of as many waits is as long or longer.
    probability: f64,
}

/// Runs of blocks of one name in a row.
///
/// The longest run and the longest gap of each, with the probability that somebody of the same share has one as long in as many
/// blocks; and the longest time without a block. Among many names some improbable run is to be expected.
#[utoipa::path(
    get,
    operation_id = "streaks",
    path = "/api/v1/streaks",
    tag = "Who mines",
    params(WindowParam, ByParam, PinParams, FormatParam),
    responses(
        (status = 200, description = "Runs, longest first", content(
            (Answered<StreaksFields> = "application/json"), (String = "text/csv")
        )),
        Refusals
    )
)]
pub(crate) async fn api(State(state): State<WebState>, headers: HeaderMap, uri: Uri) -> Result<Response, WebError> {
    let mut params = Params::of(&uri);
    let (window, by) = (params.window(USUAL)?, By::take(&mut params)?);
    let asked = Asked::api(&state, params, &headers).await?;
    let entities = Entities::read(&state, &asked.view, by).await?;
    let chain = asked.view.chain().await?;
    let range = Range::of(&chain, window);
    // two recurrences over all blocks for each name
    let streaks = tokio::task::block_in_place(|| streaks(&entities, range));
    let wait = chain.place(range.from).zip(chain.place(range.to)).and_then(|(first, last)| {
        longest_wait(&chain.times()[first..=last]).map(|wait| WaitFields { height: wait.height + range.from, ..wait })
    });
    let title = format!("Streaks in {} by {}", range_words(range), by.word());
    let table = || {
        let row = |it: &StreakFields| {
            vec![
                json!(it.id),
                json!(it.kind),
                json!(it.name),
                json!(it.blocks),
                json!(it.share),
                json!(it.length),
                json!(it.from_height),
                json!(it.to_height),
                json!(it.probability),
                json!(it.expected_runs),
                json!(it.longest_gap),
                json!(it.gap_probability),
            ]
        };
        let columns = [
            "id",
            "kind",
            "name",
            "blocks",
            "share_of_blocks",
            "blocks_in_a_row",
            "from_height",
            "to_height",
            "probability",
            "expected_runs",
            "longest_gap_blocks",
            "gap_probability",
        ];
        Table::new(&format!("streaks-{}-{window}", by.word()), &columns, streaks.iter().map(row).collect())
    };
    // the rows are needed in one form alone
    match asked.form {
        crate::table::Form::Csv => answer(&state, &asked, &title, || (), table),
        crate::table::Form::Json => {
            let fields =
                StreaksFields { window: window_fields(window, range), by: by.word(), streaks, longest_wait: wait };
            answer(&state, &asked, &title, || fields, || Table::new("", &[], Vec::new()))
        }
    }
}

/// The longest run of each in a range, longest first.
fn streaks(entities: &Entities, range: Range) -> Vec<StreakFields> {
    let (ids, counts) = (entities.within(range), entities.counts(range));
    let blocks = range.blocks();
    let gaps = longest_gaps(ids);
    let streak = |run: Run| {
        let Entity { id, name, kind } = entities.who()[usize::from(run.entity)].clone();
        let found = counts[usize::from(run.entity)];
        #[allow(clippy::cast_precision_loss, reason = "no chain has 2^53 blocks")]
        let (share, length) = (found as f64 / blocks as f64, run.length as u64);
        let gap = gaps.iter().find(|gap| gap.entity == run.entity).map(|gap| gap.length as u64);
        let start = range.from + u32::try_from(run.start).unwrap_or_default();
        StreakFields {
            id,
            kind,
            name,
            blocks: found,
            share,
            length,
            from_height: start,
            to_height: start + u32::try_from(length - 1).unwrap_or_default(),
            probability: run_probability(share, length, blocks).unwrap_or(1.0),
            expected_runs: expected_runs(share, length, blocks).unwrap_or(1.0),
            longest_gap: gap,
            gap_probability: gap.and_then(|gap| gap_probability(share, gap, blocks)),
        }
    };
    let mut streaks: Vec<StreakFields> = longest_run_of_each(ids).into_iter().map(streak).collect();
    streaks.sort_by(|one, other| other.length.cmp(&one.length).then_with(|| one.id.cmp(&other.id)));
    streaks
}

/// The longest time between two header times in a row; its height is the place of the block that ended it.
fn longest_wait(times: &[u32]) -> Option<WaitFields> {
    let waits = times.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).zip(1_u32..);
    let (seconds, height) = waits.max_by_key(|(seconds, place)| (*seconds, u32::MAX - place))?;
    let (first, last) = (times.first()?, times.last()?);
    let count = times.len() as u64 - 1;
    #[allow(clippy::cast_precision_loss, reason = "no chain has 2^53 blocks")]
    let mean = f64::from(last.checked_sub(*first)?) / count as f64;
    let probability = longest_wait_probability(count, mean, f64::from(seconds))?;
    Some(WaitFields { height, seconds: u64::from(seconds), mean_seconds: mean, probability })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_wait_is_told_by_the_block_that_ended_it() {
        let wait = longest_wait(&[100, 700, 650, 1_900, 2_000]).unwrap();
        assert_eq!((wait.height, wait.seconds, wait.mean_seconds), (3, 1_250, 475.0));
        // 1 - (1 - e^(-1250/475))^4
        assert!((wait.probability - 0.2582).abs() < 1e-3, "{}", wait.probability);
        // header times may stand still or run back: then there is nothing to say
        assert!(longest_wait(&[5, 5]).is_none() && longest_wait(&[9, 5]).is_none() && longest_wait(&[5]).is_none());
    }
}
