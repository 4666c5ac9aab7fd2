//! Synthetic chains: deterministic, with real proof of work at a toy difficulty, in Bitcoin Core's own block files.
//!
//! They feed the tests, the benches and the first run of a machine without a node. The same [`Plan`] gives the same
//! bytes everywhere: every choice is drawn from a ChaCha stream keyed by seed and height, all arithmetic is on
//! integers, and time passes by counting the hashes that were really tried. Block h depends on the seed and the chain
//! below it alone, so a chain that grew ([`Growing`]) equals one made in one go.
//!
//! Left to others: reading block files (node), judging blocks (verify), naming pools (registry; the invented ones
//! are handed over as a registry file), printing and flags (the binary).

mod arrivals;
mod block;
mod chain;
mod coinbase;
mod difficulty;
mod economy;
mod error;
mod files;
mod generate;
mod growing;
mod lottery;
mod note;
mod plan;
mod pools;
mod random;
mod registry_file;
mod scan;
mod tip;
mod transactions;

pub use error::SimulateError;
pub use files::{MAX_FILE_BYTES, XOR_FILE};
pub use generate::{Progress, generate, write_headers};
pub use growing::Growing;
pub use note::{NOTE_FILE, Note};
pub use plan::{DEFAULT_START, Plan, YEAR_SECONDS};
pub use registry_file::{REGISTRY_FILE, registry_toml};
