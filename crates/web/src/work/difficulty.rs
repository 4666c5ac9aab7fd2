//! `GET /api/v1/difficulty`: the epoch, the change that is to come, and those that came.

use axum::{
    extract::State,
    http::{HeaderMap, Uri},
    response::Response,
};
use bitcoin::CompactTarget;
use hashwatch_metrics::{EPOCH_BLOCKS, EPOCH_WAITS, Epoch, Interval, Pace, Retarget, next_retarget};
use hashwatch_model::{Network, Window};
use hashwatch_store::ChainColumns;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::Over;
use crate::{
    error::WebError,
    openapi::{FormatParam, PinParams, Refusals, WindowParam},
    shares::{
        CONFIDENCE,
        answer::{WindowFields, window_fields},
    },
    state::WebState,
    table::{Answered, Table, answer},
    window_links::range_words,
};

/// A year: some twenty-six changes.
const USUAL: Window = Window::Days(365);

/// A block that a new target holds from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Adjustment {
    pub(crate) height: u32,
    /// Of its header, Unix seconds.
    pub(crate) time: u32,
    pub(crate) difficulty: f64,
    /// Against the difficulty before, a factor; none for the first of what is stored.
    pub(crate) change: Option<f64>,
}

/// The epoch that a chain's tip lies in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Now {
    pub(crate) difficulty: f64,
    pub(crate) bits: u32,
    /// First height of the epoch; none where it lies below what is stored.
    pub(crate) from: Option<u32>,
    /// Blocks of the epoch so far.
    pub(crate) blocks: u64,
    /// From the epoch's first header to the tip's, seconds; they may run back.
    pub(crate) seconds: i64,
    pub(crate) next: Option<Retarget>,
}

/// Whether every epoch's difficulty follows from the one before by the rule of mainnet.
pub(crate) fn retargets(network: Network) -> bool {
    let rules = network.retarget();
    !rules.never && !rules.min_difficulty_blocks
}

/// Difficulty of bits, scaled as a simulated chain's note says.
pub(crate) fn difficulty_of(bits: u32, scale: f64) -> f64 {
    bitcoin::Target::from_compact(CompactTarget::from_consensus(bits)).difficulty_float() * scale
}

/// Every change of the target within places of a chain, lowest first.
pub(crate) fn adjustments(chain: &ChainColumns, first: usize, last: usize, scale: f64) -> Vec<Adjustment> {
    let bits = chain.bits();
    let new = (first..=last).filter(|&place| place == 0 || bits[place] != bits[place - 1]);
    new.map(|place| {
        let difficulty = difficulty_of(bits[place], scale);
        let before = place.checked_sub(1).map(|below| difficulty_of(bits[below], scale));
        let (height, time) = (chain.height(place), chain.times()[place]);
        Adjustment { height, time, difficulty, change: before.map(|before| difficulty / before) }
    })
    .collect()
}

/// The epoch of the tip, and the change that is to come.
pub(crate) fn now(chain: &ChainColumns, network: Network, scale: f64) -> Now {
    let (tip, place) = (chain.to(), chain.blocks() - 1);
    let blocks = u64::from(tip) % EPOCH_BLOCKS + 1;
    let start = u32::try_from(u64::from(tip) + 1 - blocks).unwrap_or(tip);
    let first = chain.place(start);
    let bits = chain.bits()[place];
    let difficulty = difficulty_of(bits, scale);
    let since = |first: usize| i64::from(chain.times()[place]) - i64::from(chain.times()[first]);
    let seconds = first.map_or(0, since);
    let next = first.filter(|_| retargets(network)).and_then(|_| {
        let epoch = Epoch { difficulty, waits: blocks - 1, seconds };
        next_retarget(epoch, pace_before(chain, start), CONFIDENCE)
    });
    Now { difficulty, bits, from: first.map(|_| start), blocks, seconds, next }
}

/// The pace of the last hundred waits before an epoch: what there is to go by when it has just begun. Weighs little soon after. In
/// the difficulty of now, so that a change of that is no change of pace.
fn pace_before(chain: &ChainColumns, start: u32) -> Option<Pace> {
    const WAITS: usize = 100;
    let (first, last) = (chain.place(start)?.checked_sub(WAITS)?, chain.place(start)?);
    let seconds = f64::from(chain.times()[last].checked_sub(chain.times()[first])?);
    // waits of the old difficulty take so much longer under the new
    let harder = difficulty_of(chain.bits()[last], 1.0) / difficulty_of(chain.bits()[last - 1], 1.0);
    (seconds > 0.0).then_some(Pace { waits: WAITS as u64, seconds: seconds * harder })
}

/// Difficulty, the epoch and its end, and the changes of a window.
#[derive(Serialize, ToSchema)]
struct DifficultyFields {
    window: WindowFields,
    confidence: f64,
    /// Of the as-of block.
    difficulty: f64,
    /// Its target in compact form, 8 hex digits.
    bits: String,
    epoch: EpochFields,
    /// Null where `no_next` says why.
    #[schema(required)]
    next: Option<NextFields>,
    /// `no_retarget`: this network's difficulty does not follow mainnet's rule; `too_early`: too little is stored.
    #[schema(required)]
    no_next: Option<&'static str>,
    /// Blocks of the window that a new target holds from, oldest first.
    adjustments: Vec<AdjustmentFields>,
}

/// The 2,016 blocks of one target.
#[derive(Serialize, ToSchema)]
struct EpochFields {
    /// From 0.
    number: u32,
    /// Null where it lies below what is stored.
    #[schema(required)]
    from_height: Option<u32>,
    to_height: u32,
    /// Blocks so far, the as-of block with them.
    blocks: u64,
    /// A part of one.
    progress: f64,
    /// From the first header of the epoch to the as-of block's, as miners wrote them.
    seconds: i64,
}

/// What is expected of the next retarget, with a prediction interval.
#[derive(Serialize, ToSchema)]
struct NextFields {
    height: u32,
    remaining_blocks: u64,
    /// Median of the new difficulty over the old, a factor.
    change: f64,
    change_low: f64,
    change_high: f64,
    difficulty: f64,
    difficulty_low: f64,
    difficulty_high: f64,
    /// From the as-of block's header to the last block of the epoch.
    seconds: f64,
    seconds_low: f64,
    seconds_high: f64,
    /// The as-of block's header time and those seconds, Unix seconds.
    time: f64,
}

/// A block that a new target holds from.
#[derive(Serialize, ToSchema)]
struct AdjustmentFields {
    height: u32,
    /// Of its header, Unix seconds.
    time: u32,
    difficulty: f64,
    /// Against the difficulty before, a factor; null for the first of what is stored.
    #[schema(required)]
    change: Option<f64>,
}

fn next_fields(next: &Retarget, to: u32, time: u32) -> NextFields {
    NextFields {
        height: to.saturating_add(1),
        remaining_blocks: next.waits,
        change: next.change.value,
        change_low: next.change.low,
        change_high: next.change.high,
        difficulty: next.difficulty.value,
        difficulty_low: next.difficulty.low,
        difficulty_high: next.difficulty.high,
        seconds: next.seconds.value,
        seconds_low: next.seconds.low,
        seconds_high: next.seconds.high,
        time: f64::from(time) + next.seconds.value,
    }
}

/// Difficulty, and what is expected of the next change.
#[utoipa::path(
    get,
    operation_id = "difficulty",
    path = "/api/v1/difficulty",
    tag = "How much work",
    params(WindowParam, PinParams, FormatParam),
    responses(
        (status = 200, description = "The epoch, the next change and those of the window", content(
            (Answered<DifficultyFields> = "application/json"), (String = "text/csv")
        )),
        Refusals
    )
)]
pub(crate) async fn api(State(state): State<WebState>, headers: HeaderMap, uri: Uri) -> Result<Response, WebError> {
    let Over { asked, chain, window, range } = Over::read(&state, (&headers, &uri), USUAL).await?;
    let (network, scale) = (state.origin().network, state.origin().hash_scale);
    let now = now(&chain, network, scale);
    let places = chain.place(range.from).zip(chain.place(range.to));
    let changes = places.map_or_else(Vec::new, |(first, last)| adjustments(&chain, first, last, scale));
    let to = u32::try_from(u64::from(range.to) + EPOCH_WAITS + 1 - now.blocks).unwrap_or(u32::MAX);
    let fields = || DifficultyFields {
        window: window_fields(window, range),
        confidence: CONFIDENCE,
        difficulty: now.difficulty,
        bits: format!("{:08x}", now.bits),
        epoch: EpochFields {
            number: range.to / 2_016,
            from_height: now.from,
            to_height: to,
            blocks: now.blocks,
            #[allow(clippy::cast_precision_loss, reason = "at most 2,016")]
            progress: now.blocks as f64 / EPOCH_BLOCKS as f64,
            seconds: now.seconds,
        },
        next: now.next.as_ref().map(|next| next_fields(next, to, asked.view.mark().time)),
        no_next: match (&now.next, retargets(network)) {
            (Some(_), _) => None,
            (None, false) => Some("no_retarget"),
            (None, true) => Some("too_early"),
        },
        adjustments: changes
            .iter()
            .map(|it| AdjustmentFields {
                height: it.height,
                time: it.time,
                difficulty: it.difficulty,
                change: it.change,
            })
            .collect(),
    };
    let table = || {
        let columns = ["height", "time_unix_seconds", "difficulty", "change_factor"];
        let rows = changes.iter();
        let rows = rows.map(|it| vec![json!(it.height), json!(it.time), json!(it.difficulty), json!(it.change)]);
        Table::new(&format!("difficulty-{window}"), &columns, rows.collect())
    };
    answer(&state, &asked, &format!("Changes of difficulty over {}", range_words(range)), fields, table)
}

/// As [`Interval`] of factors reads in per cent: `+3.2`.
pub(crate) fn change_words(change: Interval) -> (String, String, String) {
    let words = |factor: f64| format!("{:+.1}", (factor - 1.0) * 100.0).replace('-', "\u{2212}");
    (words(change.value), words(change.low), words(change.high))
}
