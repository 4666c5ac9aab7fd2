//! What the end-to-end tests stand on: the real parts, started and stopped, and the ways to disturb them.
//!
//! - [`bitcoind`]: real full nodes on regtest
//! - [`miner`]: blocks with any coinbase, mined on such a node
//! - [`proxy`]: a liar between hashwatch and its node
//! - [`hashwatch`]: the program under test, run as a user runs it
//! - [`measure`]: works timed in turn, and the table of docs/performance.md
//! - [`site`]: a web site that answers as a test says
//! - [`smtp`]: a mail server that keeps what it was sent
//! - [`shared`]: real mainnet data that is not part of the repository
//!
//! Everything listens on loopback alone, on ports of its own, with data in a temporary directory: any number of tests
//! run at once. Whatever was started is killed when its value is dropped. The tests themselves are the files beside
//! this folder.

pub mod bitcoind;
mod blockpart;
pub mod hashwatch;
pub mod measure;
pub mod miner;
pub mod ports;
pub mod proxy;
pub mod shared;
pub mod site;
pub mod smtp;
pub mod waiting;

pub use bitcoincore_rpc;
pub use bitcoind::Bitcoind;
pub use hashwatch::Hashwatch;
pub use miner::{Coinbase, Miner};
pub use proxy::{Fault, Proxy};
pub use shared::shared;
pub use site::{Page, Site};
pub use smtp::{Mail, Smtp, SmtpMode};
pub use waiting::wait_until;
