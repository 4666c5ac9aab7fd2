//! `/api/v1/mining/difficulty-adjustments`: each retarget that changed the difficulty.
//!
//! Of an epoch its first block speaks: on networks where twenty minutes without a block make one easy, the first is never such a block. So
//! there is at most one change in 2,016 blocks, where mempool lists every block whose bits are not its parent's.

use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
    http::Uri,
    response::Response,
};
use hashwatch_model::{Window, network::EPOCH_BLOCKS};
use hashwatch_store::ChainColumns;

use super::{answered, asked, period};
use crate::{
    error::WebError,
    openapi::{PinParams, Refusals},
    shares::Range,
    state::WebState,
    work::difficulty::difficulty_of,
};

/// A block from which on another difficulty holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Change {
    pub(super) height: u32,
    pub(super) place: usize,
    /// New difficulty over old, to six decimals as mempool has it; 0 for the genesis, which changed nothing.
    pub(super) ratio: f64,
}

/// Difficulty: the easiest target of the main chain over the target, for the compact form of one.
pub(super) fn difficulty(bits: u32) -> f64 {
    difficulty_of(bits, 1.0)
}

/// Changes along a chain that begins at a height, the oldest first. The genesis comes first where the chain begins with it.
pub(super) fn changes(from: u32, bits: &[u32]) -> Vec<Change> {
    let epoch = EPOCH_BLOCKS as usize;
    // the places of first blocks of epochs
    let first = (EPOCH_BLOCKS - from % EPOCH_BLOCKS) as usize % epoch;
    let firsts = (first..bits.len()).step_by(epoch);
    let change = |place: usize| {
        let height = from.saturating_add(u32::try_from(place).unwrap_or(u32::MAX));
        if place == 0 {
            return (height == 0).then_some(Change { height, place, ratio: 0.0 });
        }
        // the lowest that is stored, where the epoch before began below
        let before = bits[place.saturating_sub(epoch)];
        let ratio = difficulty(bits[place]) / difficulty(before);
        (bits[place] != before).then_some(Change { height, place, ratio: (ratio * 1e6).round() / 1e6 })
    };
    firsts.filter_map(change).collect()
}

/// Those of a window, the oldest first.
pub(super) fn changes_within(chain: &ChainColumns, window: Window) -> Vec<Change> {
    let range = Range::of(chain, window);
    let mut changes = changes(chain.from(), chain.bits());
    changes.retain(|change| change.height >= range.from);
    changes
}

/// Every change of difficulty that is stored, the newest first: time of the block, height, difficulty, and new over old.
#[utoipa::path(
    get,
    operation_id = "mining_difficulty_adjustments",
    path = "/api/v1/mining/difficulty-adjustments",
    tag = "mempool.space",
    params(PinParams),
    responses((status = 200, description = "Changes, newest first", body = Vec<Vec<f64>>), Refusals)
)]
pub(crate) async fn all(State(state): State<WebState>, uri: Uri) -> Result<Response, WebError> {
    told(&state, &uri, Window::All).await
}

/// The changes of difficulty over a trailing period, the newest first: time of the block, height, difficulty, and new over old.
#[utoipa::path(
    get,
    operation_id = "mining_difficulty_adjustments_by_period",
    path = "/api/v1/mining/difficulty-adjustments/{period}",
    tag = "mempool.space",
    params(("period" = String, Path, description = "One of 24h 3d 1w 1m 3m 6m 1y 2y 3y 4y all"), PinParams),
    responses((status = 200, description = "Changes, newest first", body = Vec<Vec<f64>>), Refusals)
)]
pub(crate) async fn within(
    State(state): State<WebState>,
    path: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Result<Response, WebError> {
    told(&state, &uri, period::window(path)?).await
}

async fn told(state: &WebState, uri: &Uri, window: Window) -> Result<Response, WebError> {
    let asked = asked(state, uri).await?;
    let chain = asked.view.chain().await?;
    let scale = state.origin().hash_scale;
    let row = |change: &Change| {
        let Change { height, place, ratio } = *change;
        (chain.times()[place], height, difficulty(chain.bits()[place]) * scale, ratio)
    };
    let rows: Vec<(u32, u32, f64, f64)> = changes_within(&chain, window).iter().rev().map(row).collect();
    Ok(answered(state, &asked, Json(rows)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bits of epochs 413 to 415 of the main chain (heights 832,608, 834,624 and 836,640).
    const BITS: [u32; 3] = [0x1703_8c12, 0x1703_5a59, 0x1703_62d3];

    fn chain(epochs: &[u32], blocks: usize) -> Vec<u32> {
        epochs.iter().flat_map(|bits| [*bits; EPOCH_BLOCKS as usize]).take(blocks).collect()
    }

    #[test]
    fn an_epochs_first_block_changes_it() {
        let bits = chain(&BITS, 2 * 2_016 + 1);
        let found = changes(832_608, &bits);
        assert_eq!(
            found.iter().map(|it| (it.height, it.place)).collect::<Vec<_>>(),
            [(834_624, 2_016), (836_640, 4_032)]
        );
        // 83,947,913,181,361.55 over 79,351,228,131,136.77, and 83,126,997,340,024.61 over that
        assert!((found[0].ratio - 1.057_928).abs() < 1e-9 && (found[1].ratio - 0.990_221).abs() < 1e-9, "{found:?}");
        assert!((difficulty(BITS[0]) - 79_351_228_131_136.77).abs() < 0.01);
        // a chain that begins within an epoch
        let found = changes(834_000, &bits[1_392..]);
        assert_eq!(
            found.iter().map(|it| (it.height, it.place)).collect::<Vec<_>>(),
            [(834_624, 624), (836_640, 2_640)]
        );
        assert_eq!(changes(834_000, &bits[1_392..2_016]), []);
    }

    #[test]
    fn the_genesis_stands_first_and_what_stays_is_left_out() {
        let found = changes(0, &chain(&[0x1d00_ffff, 0x1d00_ffff, 0x1d00_d86a], 3 * 2_016));
        assert_eq!((found[0].height, found[0].ratio), (0, 0.0));
        // block 4,032 here is what block 32,256 was: difficulty 1.18289953
        assert_eq!((found.len(), found[1].height), (2, 4_032));
        assert!((found[1].ratio - 1.182_900).abs() < 1e-9, "{found:?}");
        assert_eq!(changes(0, &[]), []);
        assert_eq!(changes(u32::MAX, &[0x1d00_ffff]), []);
    }

    /// The 20-minute rule of test networks is no retarget.
    #[test]
    fn an_easy_block_is_no_change() {
        let mut bits = chain(&BITS[..2], 2 * 2_016);
        (bits[700], bits[2_015]) = (0x1d00_ffff, 0x1d00_ffff);
        let found = changes(832_608, &bits);
        assert_eq!((found.len(), found[0].height), (1, 834_624));
        assert!((found[0].ratio - 1.057_928).abs() < 1e-9);
    }
}
