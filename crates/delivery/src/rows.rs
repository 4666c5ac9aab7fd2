//! Rows of the tables of subscribers, as ClickHouse has them.

use std::fmt;

use clickhouse::Row;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Row, Serialize, Deserialize)]
pub(crate) struct SubscriptionRow {
    pub(crate) id: u64,
    pub(crate) version: u64,
    pub(crate) state: String,
    pub(crate) channel: String,
    pub(crate) filter: String,
    pub(crate) due: String,
    pub(crate) requested_at: u64,
    pub(crate) confirmed_at: u64,
}

#[derive(Clone, Row, Serialize, Deserialize)]
pub(crate) struct SecretsRow {
    pub(crate) id: u64,
    pub(crate) version: u64,
    #[serde(with = "serde_bytes")]
    pub(crate) address: Vec<u8>,
    #[serde(with = "serde_bytes")]
    pub(crate) target: Vec<u8>,
    #[serde(with = "serde_bytes")]
    pub(crate) signing_key: Vec<u8>,
    #[serde(with = "serde_bytes")]
    pub(crate) seed: Vec<u8>,
    pub(crate) address_mark: [u8; 32],
    pub(crate) confirm_hash: [u8; 32],
    pub(crate) manage_hash: [u8; 32],
    pub(crate) unsubscribe_hash: [u8; 32],
}

impl fmt::Debug for SecretsRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretsRow").field("id", &self.id).finish_non_exhaustive()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Row, Serialize, Deserialize)]
pub(crate) struct ProgressRow {
    pub(crate) id: u64,
    pub(crate) version: u64,
    pub(crate) seq: u64,
    pub(crate) tries: u32,
    pub(crate) since: u64,
    pub(crate) next_at: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Row, Serialize, Deserialize)]
pub(crate) struct DeadLetterRow {
    pub(crate) id: u64,
    pub(crate) seq: u64,
    pub(crate) version: u64,
    pub(crate) state: String,
    pub(crate) reason: String,
    pub(crate) tries: u32,
    pub(crate) at: u64,
    /// All that it told, the last of them `seq`; none where that was written before there were several.
    pub(crate) seqs: Vec<u64>,
    pub(crate) key: String,
}

impl DeadLetterRow {
    /// All that it told.
    pub(crate) fn told(&self) -> Vec<u64> {
        if self.seqs.is_empty() { vec![self.seq] } else { self.seqs.clone() }
    }
}

/// That an address was sent a mail with notices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Row, Serialize, Deserialize)]
pub(crate) struct MailRow {
    pub(crate) address_mark: [u8; 32],
    pub(crate) at: u32,
}

/// What is to be sent besides notices.
#[derive(Clone, Debug, Row, Deserialize)]
pub(crate) struct DueRow {
    pub(crate) id: u64,
    pub(crate) version: u64,
    pub(crate) due: String,
    pub(crate) channel: String,
}

#[derive(Row, Serialize)]
pub(crate) struct ConfirmationRow {
    pub(crate) address_mark: [u8; 32],
    pub(crate) at: u32,
    pub(crate) id: u64,
    pub(crate) domain_mark: [u8; 32],
}

/// Other wishes that were asked to confirm, and how often this one was counted.
#[derive(Clone, Copy, Debug, Row, Deserialize)]
pub(crate) struct AskedRow {
    pub(crate) of_address: u64,
    pub(crate) of_domain: u64,
    pub(crate) of_all: u64,
    pub(crate) own: u64,
}

#[derive(Row, Serialize)]
pub(crate) struct KeyMarkRow {
    pub(crate) mark: [u8; 32],
}

#[derive(Row, Deserialize)]
pub(crate) struct SupersededRow {
    pub(crate) id: u64,
    pub(crate) newest: u64,
}
