//! Who mined the blocks of a window: the one computation behind the page, the API and the charts.

pub(crate) mod answer;
pub(crate) mod by;
pub(crate) mod entities;

use std::sync::Arc;

use hashwatch_metrics::{Interval, wilson};
use hashwatch_model::Window;
use hashwatch_store::ChainColumns;

use self::{
    by::By,
    entities::{Entities, Entity},
};
use crate::{answers::Question, error::WebError, state::WebState, view::View};

/// Confidence of every interval on the site.
pub(crate) const CONFIDENCE: f64 = 0.95;

/// The window where none is asked for: a week.
pub(crate) const USUAL: Window = Window::Days(7);

/// The window of an answer, and the blocks in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) from: u32,
    pub(crate) to: u32,
}

impl Range {
    /// The blocks of a window that ends at the chain's tip.
    pub(crate) fn of(chain: &ChainColumns, window: Window) -> Range {
        let (from, to) = chain.range(window);
        Range { from, to }
    }

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
        let found = async {
            let range = Range::of(&snapshot.chain().await?, window);
            Shares::count(&*Entities::read(state, snapshot, by).await?, range).map(Arc::new)
        };
        state.shares.get(question, found).await
    }

    fn count(entities: &Entities, range: Range) -> Result<Shares, WebError> {
        let interval = |blocks| {
            wilson(blocks, range.blocks(), CONFIDENCE)
                .ok_or_else(|| WebError::Draw(format!("{blocks} of {} blocks", range.blocks())))
        };
        let counts = entities.counts(range);
        let found = entities.who().iter().zip(&counts).skip(1).filter(|(_, blocks)| **blocks > 0);
        let share = |(who, &blocks): (&Entity, &u64)| {
            let Entity { id, name, kind } = who.clone();
            Ok(Share { slug: id, name, kind, blocks, share: interval(blocks)? })
        };
        let mut pools = found.map(share).collect::<Result<Vec<_>, WebError>>()?;
        pools.sort_by(|one, other| other.blocks.cmp(&one.blocks).then_with(|| one.slug.cmp(&other.slug)));
        Ok(Shares { range, pools, unknown: counts[0], unknown_share: interval(counts[0])? })
    }
}
