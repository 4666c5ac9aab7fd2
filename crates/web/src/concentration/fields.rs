//! An index as answers and charts tell it.

use hashwatch_metrics::Figure;
use serde::Serialize;
use utoipa::ToSchema;

/// An index with what chance and what Unknown leave open.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct FigureFields {
    /// Of the attributed blocks, as if Unknown's were spread like these. Null where it is not defined.
    #[schema(required)]
    pub(crate) value: Option<f64>,
    /// What chance allows.
    #[schema(required)]
    pub(crate) low: Option<f64>,
    #[schema(required)]
    pub(crate) high: Option<f64>,
    /// The least of the value and of two extremes over all blocks: every block of Unknown of another miner, or all of them the
    /// largest's.
    #[schema(required)]
    pub(crate) unknown_low: Option<f64>,
    /// The greatest of the three.
    #[schema(required)]
    pub(crate) unknown_high: Option<f64>,
}

impl From<Option<Figure>> for FigureFields {
    fn from(figure: Option<Figure>) -> FigureFields {
        FigureFields {
            value: figure.and_then(|it| it.value),
            low: figure.and_then(|it| it.low),
            high: figure.and_then(|it| it.high),
            unknown_low: figure.map(|it| it.unknown_low),
            unknown_high: figure.map(|it| it.unknown_high),
        }
    }
}
