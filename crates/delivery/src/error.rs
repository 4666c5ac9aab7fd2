//! What can go wrong with subscriptions. Nothing here shows an address, a target or a token.

use std::{path::PathBuf, time::Duration};

use hashwatch_outbound::OutboundError;

/// An operation that failed.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// ClickHouse refused a statement, or did not answer.
    #[error("{operation}: {source}")]
    ClickHouse {
        /// What was being done.
        operation: &'static str,
        /// What came back.
        source: clickhouse::error::Error,
    },
    /// The key file cannot be read or made.
    #[error("the key file {}: {reason}", path.display())]
    KeyFile {
        /// Where it is.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// What is stored was sealed under another key.
    #[error(
        "the subscriptions were sealed under another key: put the key file back that they were made with (alerts.key_file)"
    )]
    OtherKey,
    /// The system gives no random numbers.
    #[error("no random numbers: {0}")]
    NoRandomness(String),
    /// A row that no writer of ours can have written, or that was sealed under another key.
    #[error("subscription {id}: {reason}")]
    Damaged {
        /// Which.
        id: String,
        /// What.
        reason: &'static str,
    },
    /// Settings of mail or webhooks that cannot be.
    #[error("{0}")]
    Settings(String),
    /// The client of webhooks cannot be made.
    #[error(transparent)]
    Outbound(#[from] OutboundError),
    /// The notices cannot be read.
    #[error("reading notices: {0}")]
    Notices(String),
    /// The store hangs.
    #[error("no answer within {0:?}")]
    Hangs(Duration),
}

impl DeliveryError {
    /// For `map_err`: names the operation that failed.
    pub(crate) fn during(operation: &'static str) -> impl Fn(clickhouse::error::Error) -> DeliveryError {
        move |source| DeliveryError::ClickHouse { operation, source }
    }
}

/// Why a visitor's wish is not taken. It depends on the wish and on who asks, never on who is subscribed.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The operator takes no subscriptions from the public.
    #[error("subscriptions are not open to the public here")]
    Closed,
    /// Text that cannot be an address of mail.
    #[error("this is no address of mail")]
    Address,
    /// A webhook's address that cannot be used.
    #[error("this webhook cannot be used: {0}")]
    Webhook(String),
    /// More rules or subjects than are taken, or longer ones.
    #[error("this choice is too large: {0}")]
    Filter(&'static str),
    /// Mail cannot become a webhook, nor a webhook mail.
    #[error("a subscription keeps its kind of channel: end it and begin another")]
    Channel,
    /// Too many wishes from one source.
    #[error("too many requests: try again in {} s", retry_after.as_secs())]
    TooMany {
        /// How long to wait.
        retry_after: Duration,
    },
    /// It is the store's fault. The reason is for the log.
    #[error("subscriptions cannot be kept at the moment")]
    Failed(#[from] DeliveryError),
}
