//! The nouns of hashwatch: what a block is on its way from a node to the store, and what is said of it.
//!
//! The walk is `RawBlock` (a source handed it over, nothing is checked) -> `verify::VerifiedBlock` (only
//! the verify crate can build one) -> [`AttributedBlock`] (a [`Block`] of facts and an [`Attribution`],
//! an opinion). Blocks travel in a [`Chunk`]: a run of consecutive blocks and the block they stand on.
//!
//! Left to others: rules (verify), who is who (registry), how it is kept (store).

pub mod anatomy;
pub mod attribution;
pub mod block;
pub mod chunk;
pub mod coinbase;
pub mod market;
pub mod network;
pub mod notice;
pub mod origin;
pub mod status;
pub mod window;

pub use anatomy::Anatomy;
pub use attribution::{AttributedBlock, Attribution, Evidence, EvidenceKind, KnownMark, RegistryVersion, Strength};
pub use block::{Block, BlockId, Body, CoinbaseProof, MalformedBlock, RawBlock, Transactions, Word};
pub use chunk::Chunk;
pub use coinbase::{Coinbase, MalformedCoinbase};
pub use market::{Market, Moving, Quantity, ValueOrigin};
pub use network::Network;
pub use notice::{AlertId, AlertIdError, Change, Measure, Notice, Subject};
pub use origin::{Origin, Provenance};
pub use status::{MoreWork, NodeState, NodeStatus, NotEvaluated, Refusal, Status, StoreState, Sync};
pub use window::{Window, WindowError};

/// The bitcoin primitives that the public interfaces of hashwatch's crates speak in.
pub use bitcoin::{BlockHash, Work, block::Header};
