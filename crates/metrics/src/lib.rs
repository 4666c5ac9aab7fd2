//! Pure maths over counts and work: shares with intervals, hashrate, expected blocks. No I/O, no clock.
//!
//! Each figure's formula, range and limits stand in `docs/methodology/`.

pub mod expected;
pub mod hashrate;
pub mod shares;

pub use expected::{Prediction, expected_blocks, predicted};
pub use hashrate::{Hashrate, hashrate};
pub use shares::{Interval, wilson};
