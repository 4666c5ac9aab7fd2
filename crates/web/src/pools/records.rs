//! What each pool has, over a window and ever: the one computation behind the list and the page of a pool.

use std::{collections::HashMap, sync::Arc};

use hashwatch_metrics::{Interval, wilson};
use hashwatch_model::Window;
use hashwatch_store::{EverRecord, PoolRecord, StaleBlock};

use crate::{
    answers::Question,
    error::WebError,
    shares::{CONFIDENCE, Range, Shares},
    state::WebState,
    view::View,
};

/// Every pool's blocks. Unknown stands under none.
pub(crate) struct Records {
    pub(crate) shares: Arc<Shares>,
    /// Of the window.
    within: HashMap<Option<String>, PoolRecord>,
    pub(crate) ever: Arc<Ever>,
    /// Stale blocks of the window.
    stale: HashMap<Option<String>, u64>,
}

/// What pools have of the whole chain, as far as it is stored, up to a block.
pub(crate) struct Ever {
    /// Where what is stored begins.
    pub(crate) from: u32,
    pools: HashMap<Option<String>, EverRecord>,
    /// Header times of each pool's first and last block, by height.
    times: HashMap<u32, u32>,
}

impl Ever {
    async fn read(state: &WebState, view: &View) -> Result<Arc<Ever>, WebError> {
        let found = async {
            let (chain, records) = tokio::try_join!(view.chain(), view.pool_records_ever())?;
            let whole = Range::of(&chain, Window::All);
            let blocks: u64 = records.iter().map(|record| record.blocks).sum();
            if blocks != whole.blocks() {
                return Err(WebError::NoOpinions(view.registry().clone()));
            }
            let ends = records.iter().flat_map(|record| [record.first, record.last]);
            let times = ends.filter_map(|height| Some((height, chain.times()[chain.place(height)?]))).collect();
            let pools = records.into_iter().map(|it| (it.pool.clone(), it)).collect();
            Ok(Arc::new(Ever { from: whole.from, pools, times }))
        };
        state.ever.get(view.mark().clone(), found).await
    }
}

impl Records {
    /// From memory where they were asked for lately.
    pub(crate) async fn read(state: &WebState, view: &View, window: Window) -> Result<Arc<Records>, WebError> {
        let question = Question { mark: view.mark().clone(), window, what: "records".into() };
        let found = async {
            let shares = Shares::read(state, view, window).await?;
            let Range { from, to } = shares.range;
            let ever = Ever::read(state, view).await?;
            let (within, stale) = tokio::try_join!(view.pool_records((from, to)), view.stale_between((from, to)))?;
            let within = within.into_iter().map(|it| (it.pool.clone(), it)).collect();
            Ok(Arc::new(Records { shares, within, ever, stale: counted(stale) }))
        };
        state.records.get(question, found).await
    }

    pub(crate) fn range(&self) -> Range {
        self.shares.range
    }

    /// Of the window; none without a block there.
    pub(crate) fn within(&self, pool: Option<&str>) -> Option<&PoolRecord> {
        self.within.get(&pool.map(str::to_owned))
    }

    /// Of the whole chain; none without a block.
    pub(crate) fn ever(&self, pool: Option<&str>) -> Option<&EverRecord> {
        self.ever.pools.get(&pool.map(str::to_owned))
    }

    /// Blocks of the window.
    pub(crate) fn blocks(&self, pool: Option<&str>) -> u64 {
        self.within(pool).map_or(0, |record| record.blocks)
    }

    /// Of all blocks of the window; a pool without one has a share, too: zero, up to something.
    pub(crate) fn share(&self, pool: Option<&str>) -> Interval {
        // no window is without a block, and none has more of them than it has
        let nothing_known = Interval { value: 0.0, low: 0.0, high: 1.0 };
        wilson(self.blocks(pool), self.range().blocks(), CONFIDENCE).unwrap_or(nothing_known)
    }

    /// Stale blocks of the window.
    pub(crate) fn stale(&self, pool: Option<&str>) -> u64 {
        self.stale.get(&pool.map(str::to_owned)).copied().unwrap_or_default()
    }

    /// The header time of a pool's first or last block, Unix seconds.
    pub(crate) fn time_at(&self, height: u32) -> Option<u32> {
        self.ever.times.get(&height).copied()
    }

    /// A pool's place among those with a block in the window, from 0.
    pub(crate) fn place(&self, slug: &str) -> Option<usize> {
        self.shares.pools.iter().position(|share| share.slug == slug)
    }

    /// Its rank, from 1.
    pub(crate) fn rank(&self, slug: &str) -> Option<usize> {
        self.place(slug).map(|place| self.shares.rank(place))
    }
}

fn counted(stale: Vec<StaleBlock>) -> HashMap<Option<String>, u64> {
    let mut counts = HashMap::new();
    for block in stale {
        *counts.entry(block.pool).or_default() += 1;
    }
    counts
}
