//! `/api/v1/mining/blocks/timestamp/{time}`: the block of a moment.

use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
    http::Uri,
    response::Response,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{answered, asked};
use crate::{
    error::WebError,
    openapi::{PinParams, Refusals},
    params::{segment, whole},
    state::WebState,
    wording::iso,
};

/// A block of the active chain.
#[derive(Serialize, ToSchema)]
#[schema(as = mempool::BlockAtTime)]
struct BlockAtTime {
    height: u32,
    hash: String,
    /// Of its header, as JavaScript writes times: `2022-05-09T18:11:40.000Z`.
    timestamp: String,
}

/// The block whose header time is the latest that is not after a moment; of equal ones the highest.
#[utoipa::path(
    get,
    operation_id = "mining_blocks_timestamp_by_time",
    path = "/api/v1/mining/blocks/timestamp/{time}",
    tag = "mempool.space",
    params(("time" = u32, Path, description = "Unix seconds, 1 at least"), PinParams),
    responses((status = 200, description = "The block", body = BlockAtTime), Refusals)
)]
pub(crate) async fn at(
    State(state): State<WebState>,
    path: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Result<Response, WebError> {
    let time = whole(&segment(path, "time")?, "time", (1, u32::MAX))?;
    let asked = asked(&state, &uri).await?;
    let chain = asked.view.chain().await?;
    let missing = || WebError::NotFound(format!("no block at or before {time} is stored"));
    let place = latest(chain.times(), time).ok_or_else(missing)?;
    let (height, hash) = (chain.height(place), chain.hashes()[place].to_string());
    let body = BlockAtTime { height, hash, timestamp: moment(chain.times()[place]) };
    Ok(answered(&state, &asked, Json(body)))
}

/// The place of the latest time that is not after a moment. Header times may fall, so all are looked at.
fn latest(times: &[u32], moment: u32) -> Option<usize> {
    (0..times.len()).filter(|place| times[*place] <= moment).max_by_key(|place| (times[*place], *place))
}

fn moment(time: u32) -> String {
    iso(time).replace('Z', ".000Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_time_not_after_a_moment() {
        let times = [100, 300, 200, 300, 400];
        let found: Vec<_> = [99, 100, 199, 250, 300, 399, 400, u32::MAX].map(|at| latest(&times, at)).into();
        assert_eq!(found, [None, Some(0), Some(0), Some(2), Some(3), Some(3), Some(4), Some(4)]);
        assert_eq!(latest(&[], 1), None);
    }

    #[test]
    fn times_are_as_javascript_writes_them() {
        assert_eq!(moment(1_652_119_900), "2022-05-09T18:11:40.000Z");
    }
}
