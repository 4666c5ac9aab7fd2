//! How concentrated mining is: indices over shares, each with what chance and what Unknown leave open.

pub(crate) mod answer;
pub(crate) mod fields;
pub(crate) mod page;
mod rows;
pub(crate) mod words;

use std::sync::Arc;

use hashwatch_metrics::{Figure, Index, Tally, figures, goodman};
use hashwatch_model::Window;

use crate::{
    answers::Question,
    error::WebError,
    shares::{CONFIDENCE, Shares, by::By},
    state::WebState,
    view::View,
};

/// Every index of a window.
pub(crate) struct Concentration {
    pub(crate) shares: Arc<Shares>,
    /// In the order of [`Index::ALL`]; none where nothing can be said.
    pub(crate) figures: Vec<(Index, Option<Figure>)>,
    /// Goodman's interval of each share, in the order of `shares`: at 95 % all of them hold at once.
    pub(crate) simultaneous: Vec<(f64, f64)>,
}

impl Concentration {
    /// From memory where it was asked for lately.
    pub(crate) async fn read(
        state: &WebState,
        view: &View,
        window: Window,
        by: By,
    ) -> Result<Arc<Concentration>, WebError> {
        let question = Question { mark: view.mark().clone(), window, what: by.word().into() };
        let found = async {
            let shares = Shares::read_by(state, view, window, by).await?;
            let counts: Vec<u64> = shares.pools.iter().map(|share| share.blocks).collect();
            let tally = Tally::new(counts.iter().copied(), shares.unknown);
            let figures = tokio::task::block_in_place(|| figures(&tally, CONFIDENCE));
            // Unknown is a cell like any other: what is not some entity's is somebody's
            let mut cells = counts;
            cells.extend((shares.unknown > 0).then_some(shares.unknown));
            let intervals = goodman(&cells, CONFIDENCE).unwrap_or_default();
            let simultaneous = intervals.iter().take(shares.pools.len()).map(|it| (it.low, it.high)).collect();
            Ok(Arc::new(Concentration { shares, figures, simultaneous }))
        };
        state.concentrations.get(question, found).await
    }

    pub(crate) fn of(&self, index: Index) -> Option<Figure> {
        self.figures.iter().find(|(known, _)| *known == index).and_then(|(_, figure)| *figure)
    }
}
