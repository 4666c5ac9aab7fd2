//! Who hears of a notice, and how it reaches them: subscriptions by mail and webhook, kept in a database of their own, and their
//! delivery, at least once and in order.
//!
//! [`Subscribers`] is what pages and commands use, [`Delivery::run`] what serves them. Whoever has the database knows no address, target
//! or key without the [`Key`], which lies outside of it; a link's token is kept as a hash alone. Nothing of these is in an error, a log
//! or a `Debug`.
//!
//! Left to others: what is said (alerts), where notices are kept (store), pages (web).

mod address;
mod again;
mod backoff;
mod confirmations;
mod delivery;
mod due;
mod ending;
mod error;
mod failure;
mod filter;
mod flights;
mod holder;
mod key;
mod lanes;
mod limits;
mod line;
mod looks;
mod mail;
mod mailbox;
mod mailer;
mod mails;
mod message;
mod notices;
mod outbox;
mod recorder;
mod refresh;
mod rows;
mod secrets;
mod senders;
mod stop;
mod subscriber;
mod subscribers;
mod table;
mod token;
mod words;

pub use hashwatch_alerts::Filter;

pub use crate::{
    again::DeadLetter,
    delivery::{Delivery, Tuning},
    error::{DeliveryError, Refused},
    key::Key,
    limits::{Limits, Sources, source},
    mailer::{MailSettings, Security},
    notices::{Asked, Newest, Notices},
    senders::{Senders, WEBHOOK_LIMITS},
    subscriber::{
        Changed, Channel, ChannelKind, Format, Listed, Managed, State, SubscriptionId, SubscriptionIdError, Wanted,
    },
    subscribers::{Policy, Subscribers},
};

#[cfg(test)]
mod tests;
