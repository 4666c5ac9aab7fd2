//! What the rules must hold to, told with more than the crate shows.

mod bits;
mod error_blocks;
mod mining;
mod plain_runs;
mod trees;
mod witness;
