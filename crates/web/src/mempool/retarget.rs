//! `/api/v1/difficulty-adjustment`: how far the epoch has come, and what the next retarget will be at the pace so far.
//!
//! mempool measures up to the moment of asking. Here the as-of block's header time is now, so that the same question has the same answer.

use axum::{Json, extract::State, http::Uri, response::Response};
use hashwatch_model::network::{EPOCH_BLOCKS, EPOCH_SECONDS};
use hashwatch_store::ChainColumns;
use serde::Serialize;
use utoipa::ToSchema;

use super::{adjustments::difficulty, answered, asked};
use crate::{
    error::WebError,
    openapi::{PinParams, Refusals},
    state::WebState,
};

/// Waits that a pace is taken from at least, where there are as many: a quarter of an epoch, as mempool takes.
const LEAST_WAITS: u32 = EPOCH_BLOCKS / 4;
/// Seconds that a block should take.
const BLOCK_SECONDS: f64 = 600.0;
/// A retarget changes the difficulty by no more than this factor, up or down.
const MOST: f64 = 4.0;

/// The epoch, and the retarget that ends it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = mempool::DifficultyAdjustment)]
#[serde(rename_all = "camelCase")]
struct DifficultyAdjustment {
    /// Blocks above the epoch's first, of 2,016: 0 to 99.95.
    progress_percent: f64,
    /// At `adjustedTimeAvg`: -75 to 300.
    difficulty_change: f64,
    /// Unix milliseconds.
    estimated_retarget_date: u64,
    /// From the as-of block to the one with which the new difficulty begins.
    remaining_blocks: u32,
    /// Milliseconds: `remainingBlocks` times `adjustedTimeAvg`.
    remaining_time: u64,
    /// The change that the epoch began with, in percent; 0 in the first epoch of all.
    previous_retarget: f64,
    /// Header time of the epoch's first block, Unix seconds.
    previous_time: u32,
    /// Where the new difficulty begins.
    next_retarget_height: u32,
    /// Milliseconds for a block of this epoch so far; `adjustedTimeAvg` where it has had no time yet.
    time_avg: u64,
    /// The same over the last 504 blocks at least: what is taken from the epoch before counts as it would have taken at this epoch's
    /// difficulty.
    adjusted_time_avg: u64,
    /// Always 0: the as-of block is now.
    time_offset: i64,
    /// Blocks that should have been found since the epoch's first, one in ten minutes.
    expected_blocks: f64,
}

/// A chain up to the as-of block.
#[derive(Clone, Copy)]
struct Chain<'c> {
    /// The lowest height.
    from: u32,
    /// Header times and bits, the lowest block first.
    times: &'c [u32],
    bits: &'c [u32],
}

impl<'c> Chain<'c> {
    fn of(columns: &'c ChainColumns) -> Chain<'c> {
        Chain { from: columns.from(), times: columns.times(), bits: columns.bits() }
    }

    /// Seconds between the header times of two places; header times may fall.
    fn seconds(self, from: usize, to: usize) -> f64 {
        f64::from(self.times[to]) - f64::from(self.times[from])
    }
}

/// The retarget to come; none where the first block of the epoch is not stored, what was before it is not known, or no time has passed.
///
/// k waits of the epoch took T seconds. The pace p is T/k for k of 504 and more; else that of the last 504 waits, of which those before
/// the epoch are taken times new difficulty over old. A retarget measures the epoch's 2,015 waits and means them to take two weeks, so the
/// change is `1209600 / (T + (2015 - k) p)`, within a quarter and four times: with the epoch's last block it is what the rules make it, but
/// for the rounding of bits.
///
/// What it does not show: chance (one standard deviation of the change is 1/sqrt(k), 4 % at 504), and that no difficulty is below a
/// network's least.
fn next(chain: Chain<'_>) -> Option<DifficultyAdjustment> {
    let tip = chain.times.len().checked_sub(1)?;
    let height = chain.from.checked_add(u32::try_from(tip).ok()?)?;
    let waits = height % EPOCH_BLOCKS;
    let first = tip.checked_sub(waits as usize)?;
    let ratio = previous_change(chain, first)?;
    let seconds = chain.seconds(first, tip);
    let before = first.min(LEAST_WAITS.saturating_sub(waits) as usize);
    let known = waits + u32::try_from(before).ok()?;
    // a retarget changes no more; what does is a test network's 20-minute rule
    let at_new = chain.seconds(first - before, first) * ratio.clamp(1.0 / MOST, MOST);
    let pace = (seconds + at_new) / f64::from(known);
    // 0/0 is none of these, either
    let pace = Some(pace).filter(|pace| *pace > 0.0 && pace.is_finite())?;
    let own = if waits > 0 && seconds > 0.0 { seconds / f64::from(waits) } else { pace };
    let expected = f64::from(EPOCH_SECONDS);
    let span = (seconds + f64::from(EPOCH_BLOCKS - 1 - waits) * pace).clamp(expected / MOST, expected * MOST);
    let (remaining_blocks, adjusted_time_avg) = (EPOCH_BLOCKS - waits, milliseconds(pace));
    let remaining_time = u64::from(remaining_blocks).saturating_mul(adjusted_time_avg);
    Some(DifficultyAdjustment {
        progress_percent: f64::from(waits) / f64::from(EPOCH_BLOCKS) * 100.0,
        difficulty_change: (expected / span - 1.0) * 100.0,
        estimated_retarget_date: (u64::from(chain.times[tip]) * 1_000).saturating_add(remaining_time),
        remaining_blocks,
        remaining_time,
        previous_retarget: (ratio - 1.0) * 100.0,
        previous_time: chain.times[first],
        next_retarget_height: height.checked_add(remaining_blocks)?,
        time_avg: milliseconds(own),
        adjusted_time_avg,
        time_offset: 0,
        expected_blocks: (seconds / BLOCK_SECONDS).max(0.0),
    })
}

/// New difficulty over old at the place of an epoch's first block; 1 for the genesis. None where no block below is stored.
fn previous_change(chain: Chain<'_>, first: usize) -> Option<f64> {
    if first == 0 {
        return (chain.from == 0).then_some(1.0);
    }
    // the lowest that is stored, where the epoch before began below
    let before = chain.bits[first.saturating_sub(EPOCH_BLOCKS as usize)];
    Some(difficulty(chain.bits[first]) / difficulty(before))
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "above 0, and `as` saturates")]
fn milliseconds(seconds: f64) -> u64 {
    (seconds * 1_000.0) as u64
}

/// How far the epoch has come, and what its end will change at the pace up to the as-of block.
#[utoipa::path(
    get,
    operation_id = "difficulty_adjustment",
    path = "/api/v1/difficulty-adjustment",
    tag = "mempool.space",
    params(PinParams),
    responses((status = 200, description = "The epoch, and the retarget that ends it", body = DifficultyAdjustment), Refusals)
)]
pub(crate) async fn next_adjustment(State(state): State<WebState>, uri: Uri) -> Result<Response, WebError> {
    let asked = asked(&state, &uri).await?;
    let network = state.origin().network;
    if network.retarget().never {
        return Err(WebError::NotAvailable(format!("{network} never changes its difficulty")));
    }
    let missing = || {
        let why = "the epoch's first block or the one below it is not stored, or its blocks have had no time yet";
        WebError::NotAvailable(why.to_owned())
    };
    let body = next(Chain::of(&asked.view.chain().await?)).ok_or_else(missing)?;
    Ok(answered(&state, &asked, Json(body)))
}

#[cfg(test)]
mod tests;
