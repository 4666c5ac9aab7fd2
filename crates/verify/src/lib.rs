//! Nothing is believed that hashwatch can check itself: proof of work, bits, median time past, links, merkle root, BIP 34.
//!
//! [`HeaderChain`] holds the chain and lets headers on or refuses them; [`verify_chunk`] does the same for whole
//! blocks and is the only maker of [`VerifiedBlock`]. A refusal is a value, not a panic. No I/O and no clock:
//! the time that "too far in the future" is measured against is passed in.
//!
//! Whether transactions are valid is the node's part and is not checked here.

mod block;
mod chain;
mod difficulty;
mod link;
mod refusal;

pub use block::{VerifiedBlock, verify_branch, verify_chunk};
pub use chain::{HeaderChain, Start};
pub use difficulty::retarget;
pub use refusal::{Refusal, Rule};
