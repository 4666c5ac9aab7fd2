//! How many requests are under way at a time: as many as the node's work queue bears. It says when that is too many (503),
//! and then there are half as many.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use crate::NodeError;

/// At the start: older nodes have 4 threads for RPC unless told otherwise, and one may be waiting for us.
const AT_FIRST: usize = 3;
/// At most: nodes have 16 threads since v29, and others may ask as well.
const AT_MOST: usize = 12;
/// How often one request is sent again to a node that has too much to do.
const TRIES: u32 = 20;
/// Before the second try; twice as long before each further one, up to 64 times that.
const PAUSE: Duration = Duration::from_millis(10);

/// The number of requests that may be under way.
pub(super) struct Flight(AtomicUsize);

impl Flight {
    pub(super) fn new() -> Flight {
        Flight(AtomicUsize::new(AT_FIRST))
    }

    pub(super) fn width(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// Many requests went well: there may be one more.
    pub(super) fn went_well(&self) {
        self.0.store((self.width() + 1).min(AT_MOST), Ordering::Relaxed);
    }

    /// How long to wait before a request is sent again; none where the answer to it, after so many tries, is to stand.
    pub(super) fn pause<T>(&self, answer: &Result<T, NodeError>, tried: u32) -> Option<Duration> {
        let Err(NodeError::Http { status: 503, .. }) = answer else { return None };
        self.0.store((self.width() / 2).max(1), Ordering::Relaxed);
        (tried < TRIES).then(|| PAUSE * (1 << tried.min(6)))
    }
}
