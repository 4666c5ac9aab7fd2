//! Pure maths of attacks on Bitcoin and of miners who leave: what a majority takes and costs, how a race ends, how difficulty
//! and hashprice answer to hashrate, what a departure does to all of it. No I/O, no clock.
//!
//! Facts (prices, machines, announcements) are for the caller: every parameter comes from outside, with its source where it
//! has one. Each figure's formula, range and limits stand in `docs/methodology/economics.md`.

pub mod attack;
pub mod budish;
pub mod cost;
pub mod fleet;
pub mod hardware;
pub mod mining;
pub mod path;
pub mod published;
pub mod race;
pub mod range;
pub mod rental;
pub mod scenario;
pub mod schedule;
pub mod selfish;
pub mod sensitivity;
pub mod supply;

mod checked;
mod waits;
mod walk;

pub use checked::{Error, Result};
pub use range::{Origin, Parameter, Point, Range, Sourced, Value, Values};
