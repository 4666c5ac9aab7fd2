//! Pure maths over counts and work: shares with intervals, hashrate. No I/O, no clock.
//!
//! Each figure's formula, range and limits stand in `docs/methodology/`.

pub mod hashrate;
pub mod shares;

pub use hashrate::{Hashrate, hashrate};
pub use shares::{Interval, wilson};
