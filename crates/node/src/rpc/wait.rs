//! Waiting for the next block: a long poll where the node offers one, else a question each second.
//!
//! `waitfornewblock` is hidden from Bitcoin Core's help but open to every caller. Newer nodes (Knots 29.4 for
//! one) take the tip that we know; with others a block that comes between our look at the tip and the start of the wait goes unnoticed, so there the
//! tip is looked at once more when the wait has surely begun.

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use hashwatch_model::BlockHash;
use serde::Deserialize;
use serde_json::json;

use super::{RpcNode, SMALL_ANSWER, code};
use crate::NodeError;

/// One long poll. Short, since it holds one of the node's few RPC threads even after we are gone.
const LONG_POLL: Duration = Duration::from_secs(2);
/// Between two questions where there is no long poll.
const POLL: Duration = Duration::from_secs(1);
/// When a wait that was sent has surely begun.
const BEGUN: Duration = Duration::from_millis(25);

/// `RPC_METHOD_NOT_FOUND`.
const METHOD_NOT_FOUND: i32 = -32601;

/// What a node has to wait with, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    LongPollFromTip,
    LongPoll,
    Poll,
}

impl Way {
    fn of(number: u8) -> Way {
        [Way::LongPollFromTip, Way::LongPoll].get(usize::from(number)).copied().unwrap_or(Way::Poll)
    }

    /// The next best thing, where `error` says that the node does not have this one.
    fn after(self, error: &NodeError) -> Option<Way> {
        match (self, error) {
            (Way::Poll, _) => None,
            // bitcoind: -32601 of a method that it does not have; 403 where -rpcwhitelist leaves it out
            (_, NodeError::Refused { code: METHOD_NOT_FOUND, .. } | NodeError::Http { status: 403 | 404, .. }) => {
                Some(Way::Poll)
            }
            // an argument too many is answered by the help text
            (Way::LongPollFromTip, NodeError::Refused { code: code::MISC_ERROR | code::INVALID_PARAMETER, .. }) => {
                Some(Way::LongPoll)
            }
            (Way::LongPoll, NodeError::Refused { code: code::MISC_ERROR, .. }) => Some(Way::Poll),
            _ => None,
        }
    }
}

#[derive(Deserialize)]
struct BestBlock {
    hash: BlockHash,
}

impl RpcNode {
    /// See [`crate::Source::wait_for_change`].
    pub async fn wait_for_change(&self, known: BlockHash, timeout: Duration) -> Result<(), NodeError> {
        let until = Instant::now() + timeout;
        while self.best_hash().await? == known {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let way = Way::of(self.waits.load(Ordering::Relaxed));
            match self.wait_once(way, known, left).await {
                // whoever waits for a block has waited long enough: the node has said it
                Ok(Some(best)) if best != known => break,
                Ok(_) => {}
                Err(error) => {
                    let next = way.after(&error).ok_or(error)?;
                    tracing::debug!(node = self.name(), ?way, ?next, "the node has no such wait");
                    self.waits.store(next as u8, Ordering::Relaxed);
                }
            }
        }
        Ok(())
    }

    async fn best_hash(&self) -> Result<BlockHash, NodeError> {
        // a node that was gone may come back as another version
        let best = self.call("getbestblockhash", vec![], SMALL_ANSWER).await;
        best.inspect_err(|_| self.waits.store(Way::LongPollFromTip as u8, Ordering::Relaxed))
    }

    /// Returns when there may be something new, with the tip where the node told it. HTTP/1 carries one call a connection, so the wait has its own.
    async fn wait_once(&self, way: Way, known: BlockHash, left: Duration) -> Result<Option<BlockHash>, NodeError> {
        let poll = left.min(LONG_POLL);
        // 0 would mean to wait for ever
        let milliseconds = json!(u64::try_from(poll.as_millis()).unwrap_or(u64::MAX).max(1));
        let args = match way {
            Way::Poll => {
                tokio::time::sleep(left.min(POLL)).await;
                return Ok(None);
            }
            Way::LongPollFromTip => vec![milliseconds, json!(known)],
            Way::LongPoll => vec![milliseconds],
        };
        let mut terms = self.terms("waitfornewblock", &args, SMALL_ANSWER);
        terms.deadline += poll;
        let waited = self.call_on::<BestBlock>(terms, "waitfornewblock", args);
        let looked = async {
            if way == Way::LongPollFromTip {
                return std::future::pending().await;
            }
            tokio::time::sleep(BEGUN).await;
            match self.best_hash().await {
                Ok(hash) if hash == known => std::future::pending().await,
                other => other,
            }
        };
        tokio::select! {
            best = waited => best.map(|best| Some(best.hash)),
            best = looked => best.map(Some),
        }
    }
}
