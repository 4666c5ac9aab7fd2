//! How unequally blocks are spread over pools: indices of concentration, what chance allows of them, and what Unknown
//! could make of them.
//!
//! `docs/methodology/concentration.md` defines each figure and has the coverage of its interval as measured by
//! `examples/coverage`. Which blocks belong together (pools, owners, groups) is for others: here are counts alone.

mod analytic;
mod bootstrap;
mod bounds;
mod counts;
mod entropy;
mod figure;
mod index;
mod indices;
mod interval;
mod sampling;
mod tally;
mod thresholds;

#[cfg(test)]
mod tests;

pub use counts::Counts;
pub(crate) use counts::quotient;
pub(crate) use figure::interval_of;
pub use figure::{Figure, figure, figures, interval_cheap};
pub use index::Index;
pub use tally::Tally;
pub use thresholds::Fraction;
