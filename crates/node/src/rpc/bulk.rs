//! Headers in bulk: by REST where the node has it on, else by RPC in batches. Which of them is found out by asking,
//! remembered, and said in one log line.

use std::sync::{Mutex, PoisonError};

use bitcoin::consensus;
use hashwatch_model::BlockId;
use hashwatch_sha256d::HEADER_BYTES;

use super::{RpcNode, rest};
use crate::{HEADERS_AT_ONCE, NodeError};

/// How headers are fetched in bulk from a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bulk {
    /// By REST where the node has it on, else by RPC.
    #[default]
    Auto,
    /// By REST alone: an error where it is off.
    Rest,
    /// By RPC alone.
    Rpc,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Rest,
    Rpc,
}

/// The way that one node's headers take.
pub(super) struct Route {
    wish: Bulk,
    found: Mutex<Found>,
}

#[derive(Default)]
struct Found {
    /// What the log was told last.
    said: Option<Way>,
    /// How many outages of the node lay behind when it was found to have REST off. It may come back with it on.
    off_after: Option<u32>,
}

impl Route {
    pub(super) fn new(wish: Bulk) -> Route {
        Route { wish, found: Mutex::default() }
    }

    fn way(&self, outages: u32) -> Way {
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        match self.wish {
            Bulk::Rest => Way::Rest,
            Bulk::Rpc => Way::Rpc,
            Bulk::Auto if found.off_after == Some(outages) => Way::Rpc,
            Bulk::Auto => Way::Rest,
        }
    }

    fn take(&self, node: &str, way: Way, off_after: Option<u32>, reason: &str) {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.off_after = off_after;
        if found.said.replace(way) == Some(way) {
            return;
        }
        let reason = if self.wish == Bulk::Auto { reason } else { "configured" };
        match way {
            Way::Rest => tracing::info!(node, reason, "headers come in bulk by REST"),
            Way::Rpc => tracing::info!(node, reason, "headers come in bulk by RPC, in batches"),
        }
    }
}

impl RpcNode {
    /// See [`crate::Source::headers_from`].
    pub async fn headers_from(&self, first: BlockId) -> Result<Vec<u8>, NodeError> {
        // counted before the question: an outage from here on is a reason to ask again
        let outages = self.endpoint.outages();
        if self.bulk.way(outages) == Way::Rest {
            match self.rest_headers(first.hash).await {
                Err(error) if self.bulk.wish == Bulk::Auto && rest::is_off(&error) => {
                    self.bulk.take(self.name(), Way::Rpc, Some(outages), &error.to_string());
                }
                Err(error) => return Err(error),
                Ok(headers) => {
                    self.bulk.take(self.name(), Way::Rest, None, "the node has REST on");
                    return Ok(headers);
                }
            }
        } else if self.bulk.wish == Bulk::Rpc {
            self.bulk.take(self.name(), Way::Rpc, None, "");
        }
        self.rpc_headers(first).await
    }

    async fn rpc_headers(&self, first: BlockId) -> Result<Vec<u8>, NodeError> {
        let most = u32::try_from(HEADERS_AT_ONCE - 1).unwrap_or(u32::MAX);
        let hashes = self.hashes(first.height, first.height.saturating_add(most)).await?;
        if hashes.first() != Some(&first.hash) {
            return Ok(Vec::new());
        }
        let mut bytes = Vec::with_capacity(hashes.len() * HEADER_BYTES);
        for header in self.headers(&hashes).await? {
            bytes.extend_from_slice(&consensus::serialize(&header));
        }
        Ok(bytes)
    }
}
