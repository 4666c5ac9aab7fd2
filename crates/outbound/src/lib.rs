//! What goes out to addresses that somebody else chose: feeds and prices, webhooks of subscribers.
//!
//! Whoever names an address, by a setting, a subscription or a redirect, must not reach by way of hashwatch what only the
//! machine it runs on can reach. So a host is resolved once, every address that came is held against the registries of special
//! addresses, and the connection is made to the very addresses that passed: a name that answers otherwise the second time is
//! never asked a second time. What an operator's [`AllowList`] names is exempt. No proxy of the environment is used, no cookie
//! is kept, no redirect followed but by this code.
//!
//! Every answer is bounded: time to connect, time in all, bytes as sent and bytes once decompressed. So are the threads that names are
//! looked up on.
//!
//! Left to others: when to ask again, what the bytes mean, what is logged. Nodes and ClickHouse, which an operator names and
//! which commonly are private, are asked by their own crates.

mod address;
mod allow;
mod body;
mod client;
mod connect;
mod error;
mod lookups;
mod resolve;
mod target;
#[cfg(test)]
mod tests;
mod validators;

pub use crate::{
    allow::AllowList,
    client::{Answer, Client, Fetched, Limits, Posted},
    error::OutboundError,
    target::Target,
    validators::Validators,
};
