//! Who mined the blocks of a window: the one computation behind the page, the API and the charts.

pub(crate) mod answer;
pub(crate) mod standing;

use std::sync::Arc;

use hashwatch_metrics::{Hashrate, Interval, hashrate, wilson};
use hashwatch_model::{Window, Work};

use self::standing::{By, Standing};
use crate::{answers::Question, error::WebError, state::WebState, view::View};

/// Confidence of every interval on the site.
pub(crate) const CONFIDENCE: f64 = 0.95;

/// The window of an answer, and the blocks in it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Range {
    pub(crate) from: u32,
    pub(crate) to: u32,
}

impl Range {
    pub(crate) fn blocks(self) -> u64 {
        u64::from(self.to - self.from) + 1
    }
}

/// One pool's part of a window, or that of those behind it.
#[derive(Clone, Debug)]
pub(crate) struct Share {
    pub(crate) slug: String,
    pub(crate) name: String,
    /// `pool`, `group` or `owner`.
    pub(crate) kind: &'static str,
    pub(crate) blocks: u64,
    pub(crate) share: Interval,
}

/// A window, pool by pool. Unknown is apart: it is no pool and has no rank.
#[derive(Clone, Debug)]
pub(crate) struct Shares {
    pub(crate) range: Range,
    /// Most blocks first.
    pub(crate) pools: Vec<Share>,
    pub(crate) unknown: u64,
    pub(crate) unknown_share: Interval,
}

impl Shares {
    /// The rank of the one at a place, from 1: of as many blocks, the same.
    pub(crate) fn rank(&self, place: usize) -> usize {
        let blocks = self.pools.get(place).map_or(0, |share| share.blocks);
        self.pools.iter().take_while(|share| share.blocks > blocks).count() + 1
    }

    /// The shares of a window, from memory where they were asked for lately.
    pub(crate) async fn read(state: &WebState, snapshot: &View, window: Window) -> Result<Arc<Shares>, WebError> {
        Shares::read_by(state, snapshot, window, By::Pool).await
    }

    /// The same, counted by who stands behind the pools.
    pub(crate) async fn read_by(
        state: &WebState,
        snapshot: &View,
        window: Window,
        by: By,
    ) -> Result<Arc<Shares>, WebError> {
        let question = Question { mark: snapshot.mark().clone(), window, what: by.word().into() };
        let found = async { Shares::count(snapshot, window, by).await.map(Arc::new) };
        state.shares.get(question, found).await
    }

    async fn count(snapshot: &View, window: Window, by: By) -> Result<Shares, WebError> {
        let (from, to) = snapshot.range(window).await?;
        let range = Range { from, to };
        let interval = |blocks| {
            wilson(blocks, range.blocks(), CONFIDENCE)
                .ok_or_else(|| WebError::Draw(format!("{blocks} of {} blocks", range.blocks())))
        };
        let (found, unknown) = standing::count(snapshot, range, by).await?;
        if found.iter().map(|one| one.blocks).sum::<u64>() + unknown != range.blocks() {
            return Err(WebError::NoOpinions(snapshot.registry().clone()));
        }
        let share =
            |Standing { id, name, kind, blocks }| Ok(Share { slug: id, name, kind, blocks, share: interval(blocks)? });
        let pools = found.into_iter().map(share).collect::<Result<_, WebError>>()?;
        Ok(Shares { range, pools, unknown, unknown_share: interval(unknown)? })
    }
}

/// Estimated hashes per second over a range, in real hashes: a simulated chain's are scaled as its note says. None
/// where the range is too short to say.
pub(crate) async fn estimate_hashrate(
    state: &WebState,
    snapshot: &View,
    range: Range,
) -> Result<Option<Hashrate>, WebError> {
    // the first block of the range is where the clock starts; its own work was done before
    let (below, last) = tokio::try_join!(snapshot.work_at(range.from), snapshot.work_at(range.to))?;
    let (Some(below), Some(last)) = (below, last) else { return Ok(None) };
    let work = to_f64(last.chainwork - below.chainwork);
    let seconds = u64::from(last.time.saturating_sub(below.time));
    let estimate = hashrate(work, range.blocks() - 1, seconds, CONFIDENCE);
    let scale = state.origin().hash_scale;
    Ok(estimate.map(|rate| Interval { value: rate.value * scale, low: rate.low * scale, high: rate.high * scale }))
}

/// Expected hashes as a number.
pub(crate) fn to_f64(work: Work) -> f64 {
    work.to_be_bytes().iter().fold(0.0, |sum, byte| sum * 256.0 + f64::from(*byte))
}
