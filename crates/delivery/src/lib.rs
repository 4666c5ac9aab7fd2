//! Who hears of a notice, and how it reaches them: subscriptions by mail and webhook, kept in a database of their own, and their
//! delivery, at least once and in order.
//!
//! [`Subscribers`] is what pages and commands use. Whoever has the database knows no address, target or key without the [`Key`], which
//! lies outside of it; a link's token is kept as a hash alone.
//!
//! Left to others: what is said (alerts), where notices are kept (store), pages (web).

mod address;
mod error;
mod filter;
mod key;
mod limits;
mod secrets;
mod subscriber;
mod subscribers;
mod table;
mod token;

pub use hashwatch_alerts::Filter;

pub use crate::{
    error::{DeliveryError, Refused},
    key::Key,
    limits::Limits,
    subscriber::{
        Changed, Channel, ChannelKind, Format, Listed, Managed, State, SubscriptionId, SubscriptionIdError, Wanted,
    },
    subscribers::{Policy, Subscribers},
};
