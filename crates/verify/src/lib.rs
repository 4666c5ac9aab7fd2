//! Nothing is believed that hashwatch can check itself: proof of work, bits, median time past, links, merkle root, BIP 34.
//!
//! [`HeaderTree`] holds every verified header on whatever branch and knows which chain has most work; [`Tip`] is the end of
//! one chain and lets headers on in runs, as fast as they can be hashed. [`verify_chunk`] does the same for whole blocks
//! and is the only maker of [`VerifiedBlock`]. A refusal is a value, not a panic. No I/O and no clock: the time that "too
//! far in the future" is measured against is passed in.
//!
//! Whether transactions are valid is the node's part and is not checked here.

mod block;
mod difficulty;
mod historic;
mod merkle;
mod plain;
mod refusal;
mod rules;
mod skip;
#[cfg(test)]
mod tests;
mod times;
mod tip;
mod tree;
mod witness;

pub use block::{VerifiedBlock, check_coinbase_script, verify_alone, verify_chunk};
pub use difficulty::retarget;
pub use historic::{Historic, historic};
pub use merkle::merkle_root;
pub use refusal::{Refusal, Rule};
pub use tip::{Start, Tip};
pub use tree::{HeaderTree, Place};
pub use witness::commitment as witness_commitment;
