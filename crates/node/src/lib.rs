//! Where blocks come from: a bitcoind over JSON-RPC and REST ([`RpcNode`]) or a directory of its block files ([`BlockFiles`]),
//! both asked through [`Source`].
//!
//! A source is hostile until verify has spoken: answers are bounded in size and time, and whatever a node says becomes
//! a value or a [`NodeError`], never a panic. Which chain is active is the node's own word; for block files it is the
//! chain with the most work.
//!
//! Left to others: every rule of consensus, and whether a block is the one asked for (verify); when to ask, what to do
//! about an error and the one log line on it (the pipeline in the binary).

mod auth;
mod branch;
mod error;
mod files;
mod http;
mod rpc;
mod source;
mod traffic;

pub use auth::Auth;
pub use branch::{BranchTip, MAX_BRANCH, Standing};
pub use error::NodeError;
pub use files::{BlockFiles, ScanReport};
pub use rpc::{Route, RpcConfig, RpcNode, UnknownRoute};
pub use source::{HEADERS_AT_ONCE, Source, Want};
pub use traffic::Traffic;
