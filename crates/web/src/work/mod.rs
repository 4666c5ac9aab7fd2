//! How much work goes into the chain, and what it earns: hashrate, difficulty, revenue.

pub(crate) mod difficulty;
pub(crate) mod hashrate;
pub(crate) mod page;
pub(crate) mod revenue;
