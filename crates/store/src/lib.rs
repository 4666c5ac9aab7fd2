//! What hashwatch keeps, and the questions it asks of it: ClickHouse through the `clickhouse` crate.
//!
//! The statements stand in `sql/`, one to a file; this crate binds their parameters and turns rows into the nouns of
//! the model. [`Store`] opens a database, [`Writer`] is its one writer, [`Snapshot`] answers as of one commit mark.
//!
//! A chunk's rows are written first and its mark last. Readers ask as of a mark, so they never see half a chunk;
//! rows beyond the last mark are what a killed writer left, and the next writer takes them away first.
//!
//! Left to others: where ClickHouse runs (engine), what the numbers mean (metrics).

mod answers;
mod check;
mod columns;
mod error;
mod forks;
mod newest;
mod nodes;
mod notices;
mod pools;
mod proofs;
mod read;
mod registries;
mod rows;
mod store;
mod stream;
mod wanting;
mod write;

pub use answers::{BlockFilter, BlockSummary, Counts, StoredBlock, StoredHeader, WorkAt};
pub use check::Finding;
pub use columns::{ChainColumns, MinerColumn};
pub use error::StoreError;
pub use forks::{Reorg, StaleBlock};
pub use nodes::{Sighting, TipChange};
pub use notices::{KeptNotice, NoticeFilter, NoticesMark, Restated};
pub use pools::{EverRecord, MarkRecord, PoolRecord, UnknownBlock};
pub use proofs::{Proof, ProofCounts};
pub use read::Snapshot;
pub use registries::{ChangedHands, RegistryFile, VersionInUse};
pub use store::{Mark, Store};
pub use stream::NamedBlocks;
pub use wanting::{Facts, Run};
pub use write::Writer;
