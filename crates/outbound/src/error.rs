//! What can go wrong on the way out, one variant per failed operation. Addresses are shown without their queries; what a
//! server says is not shown at all.

use std::{net::IpAddr, time::Duration};

/// A question that got no usable answer.
#[derive(Debug, thiserror::Error)]
pub enum OutboundError {
    /// An address that cannot be asked. It is not shown: it may hold a key.
    #[error("the URL cannot be used: {0}")]
    Url(&'static str),
    /// An entry of the allow-list is none.
    #[error("\"{entry}\" is no host, address or block of addresses such as 10.0.0.0/8")]
    Allow {
        /// As it was written.
        entry: String,
    },
    /// The name under which hashwatch introduces itself cannot stand in a header.
    #[error("a User-Agent cannot hold this contact")]
    Agent,
    /// The TLS library cannot be set up.
    #[error("no TLS: {0}")]
    Tls(#[from] rustls::Error),
    /// The host's name has no addresses.
    #[error("{target}: its host cannot be resolved: {reason}")]
    Resolve {
        /// Whom was to be asked.
        target: String,
        /// Why.
        reason: String,
    },
    /// The host, or one of its addresses, is no public one, and is not allowed.
    #[error("{target}: {address} is {what}: not asked, unless the allow-list names it")]
    Refused {
        /// Whom was to be asked.
        target: String,
        /// The address.
        address: IpAddr,
        /// What it is for.
        what: &'static str,
    },
    /// No connection.
    #[error("{target}: no connection: {reason}")]
    Connect {
        /// Whom was to be asked.
        target: String,
        /// Why.
        reason: String,
    },
    /// Too slow, at whatever it was.
    #[error("{target}: no complete answer within {after:?}")]
    Timeout {
        /// Who was asked first.
        target: String,
        /// The bound.
        after: Duration,
    },
    /// The connection broke, or what came was no HTTP.
    #[error("{target}: the answer broke off: {reason}")]
    Broken {
        /// Who was asked.
        target: String,
        /// Why.
        reason: String,
    },
    /// More bytes than are read, as sent or once decompressed.
    #[error("{target}: the answer has more than {limit} bytes")]
    TooLarge {
        /// Who was asked.
        target: String,
        /// The bound.
        limit: usize,
    },
    /// It is not coded as was asked for, or the code is damaged.
    #[error("{target}: the answer cannot be decompressed: {reason}")]
    Coding {
        /// Who was asked.
        target: String,
        /// Why.
        reason: &'static str,
    },
    /// It redirects to where it must not.
    #[error("{target}: redirects to {reason}")]
    Redirect {
        /// Who redirected.
        target: String,
        /// To what.
        reason: &'static str,
    },
    /// It redirects without end.
    #[error("{target}: more than {limit} redirects")]
    Redirects {
        /// Who was asked first.
        target: String,
        /// The bound.
        limit: usize,
    },
    /// It refuses, or has nothing.
    #[error("{target}: status {status}")]
    Status {
        /// Who was asked.
        target: String,
        /// The HTTP status.
        status: u16,
        /// How long it asks to be left alone.
        retry_after: Option<Duration>,
    },
}
