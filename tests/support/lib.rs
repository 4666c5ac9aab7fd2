//! What the end-to-end tests stand on: the real parts, started and stopped, and the ways to disturb them.
//!
//! - [`bitcoind`]: real full nodes on regtest
//! - [`miner`]: blocks with any coinbase, mined on such a node
//! - [`proxy`]: a liar between hashwatch and its node
//! - [`hashwatch`]: the program under test, run as a user runs it
//! - [`feeds`]: a feed reader, and a look at whether a feed is sound
//! - [`measure`]: works timed in turn, and the table of docs/performance.md
//! - [`signature`]: whether a webhook is signed
//! - [`site`]: a web site that answers as a test says
//! - [`smtp`]: a mail server that keeps what it was sent
//! - [`visitor`]: pages and forms without scripts
//! - [`shared`]: real mainnet data that is not part of the repository
//!
//! Everything listens on loopback alone, on ports of its own, with data in a temporary directory: any number of tests
//! run at once. Whatever was started is killed when its value is dropped. The tests themselves are the files beside
//! this folder.

pub mod bitcoind;
mod blockpart;
pub mod feeds;
pub mod hashwatch;
pub mod measure;
pub mod miner;
mod packages;
pub mod ports;
pub mod proxy;
pub mod shared;
pub mod signature;
pub mod site;
pub mod smtp;
pub mod visitor;
pub mod waiting;

pub use bitcoincore_rpc;
pub use bitcoind::Bitcoind;
pub use feeds::{FeedReader, feed_faults};
pub use hashwatch::Hashwatch;
pub use miner::{Coinbase, Miner};
pub use proxy::{Fault, Proxy};
pub use shared::shared;
pub use signature::is_signed;
pub use site::{Page, Site};
pub use smtp::{Mail, Smtp, SmtpMode};
pub use visitor::{Form, Opened};
pub use waiting::wait_until;
