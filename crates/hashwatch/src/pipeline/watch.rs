//! How the sources are: each is watched by a task of its own, so that one that never answers holds up nobody else, and
//! a new tip of any of them is seen the moment that it tells.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use hashwatch_model::{BlockId, NodeState, NodeStatus, Status};
use hashwatch_node::{NodeError, Source};
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
    time::Instant,
};

use crate::{clock::unix_now_ms, progress::Progress};

/// Block files from which on looking through them is worth a bar; and between two looks at how far that is.
const MANY_FILES: u64 = 100;
const BETWEEN_LOOKS: Duration = Duration::from_millis(500);
/// Between two looks at how a source is.
const EVERY: Duration = Duration::from_secs(3);
/// After a new tip, before the next is asked for: one that flaps is not followed at the speed of the wire.
const PACE: Duration = Duration::from_millis(50);
/// Changes that wait at most.
pub(super) const MOST_WAITING: usize = 1_000;

/// A source's tip became another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TipSeen {
    pub(super) place: usize,
    /// Unix milliseconds.
    pub(super) at: u64,
    pub(super) left: BlockId,
    pub(super) tip: BlockId,
}

/// The watch over all sources. It ends when it is dropped.
pub(super) struct SourceWatch {
    /// The lowest height that is still to be fetched.
    needed: Arc<AtomicU32>,
    status: watch::Receiver<Status>,
    seen: mpsc::Receiver<TipSeen>,
    sender: mpsc::Sender<TipSeen>,
    tasks: JoinSet<()>,
}

impl SourceWatch {
    /// Nothing is asked before [`SourceWatch::begin`].
    pub(super) fn new(status: &watch::Sender<Status>) -> SourceWatch {
        let (sender, seen) = mpsc::channel(MOST_WAITING);
        SourceWatch { needed: Arc::default(), status: status.subscribe(), seen, sender, tasks: JoinSet::new() }
    }

    /// Asks every source from now on. `height` is needed next: a source may have pruned it, so it must be known before
    /// the first question.
    pub(super) fn begin(&mut self, sources: &[Arc<Source>], status: &watch::Sender<Status>, height: u32) {
        self.need(height);
        for (place, source) in sources.iter().cloned().enumerate() {
            let eye = Eye {
                place,
                source,
                needed: self.needed.clone(),
                status: status.clone(),
                seen: self.sender.clone(),
                tip: None,
            };
            self.tasks.spawn(tell_looking(Arc::clone(&eye.source)));
            self.tasks.spawn(eye.watch());
        }
    }

    /// Says which height is needed next: a pruned source may have it no more.
    pub(super) fn need(&self, height: u32) {
        self.needed.store(height, Ordering::Relaxed);
    }

    /// The changes of tips since the last call, in the order in which they were seen.
    pub(super) fn tips_seen(&mut self) -> Vec<TipSeen> {
        std::iter::from_fn(|| self.seen.try_recv().ok()).collect()
    }

    /// The sources that are well, in the order of the configuration. Waits until one is, or all are known not to be.
    pub(super) async fn usable(&mut self) -> Vec<usize> {
        let answered = self.status.wait_for(|status| {
            let mut states = status.nodes.iter().map(|node| &node.state);
            states.clone().any(|state| *state == NodeState::Ok) || !states.any(|state| *state == NodeState::Unknown)
        });
        // the sender lives as long as the pipeline that asks
        let Ok(status) = answered.await else { return Vec::new() };
        let nodes = status.nodes.iter().enumerate();
        nodes.filter(|(_, node)| node.state == NodeState::Ok).map(|(place, _)| place).collect()
    }

    /// Waits until every source has said how it is, or that it is not to be reached.
    pub(super) async fn all_answered(&mut self) {
        // as above
        let _ = self.status.wait_for(|s| s.nodes.iter().all(|node| node.state != NodeState::Unknown)).await;
    }

    /// Returns when any status has changed.
    pub(super) async fn changed(&mut self) {
        // as above
        let _ = self.status.changed().await;
    }
}

/// Tells how far a source is with looking through its block files, where that takes long.
async fn tell_looking(source: Arc<Source>) {
    let mut progress: Option<Progress> = None;
    loop {
        tokio::time::sleep(BETWEEN_LOOKS).await;
        match source.looking() {
            Some((done, of)) if of > MANY_FILES => {
                progress.get_or_insert_with(|| Progress::new("looking through block files", of)).set_of(done, of);
            }
            _ => progress.take().into_iter().for_each(Progress::finish),
        }
    }
}

/// The watch over one source.
struct Eye {
    place: usize,
    source: Arc<Source>,
    needed: Arc<AtomicU32>,
    status: watch::Sender<Status>,
    seen: mpsc::Sender<TipSeen>,
    /// What it told last.
    tip: Option<BlockId>,
}

impl Eye {
    async fn watch(mut self) {
        let mut last = None;
        loop {
            let seen = self.source.probe(self.needed.load(Ordering::Relaxed)).await;
            if last.as_ref() != Some(&seen.state) {
                tell(&seen);
                last = Some(seen.state.clone());
            }
            let (tip, well) = (seen.tip, seen.state == NodeState::Ok);
            self.publish(seen);
            let until = Instant::now() + EVERY;
            match tip.filter(|_| well) {
                Some(tip) => {
                    self.saw(tip);
                    // what is wrong with it the next look says
                    let _ = self.wait_for_tips(tip, until).await;
                }
                None => self.tip = None,
            }
            tokio::time::sleep_until(until).await;
        }
    }

    /// Tells each new tip at once, until it is time for another look.
    async fn wait_for_tips(&mut self, mut tip: BlockId, until: Instant) -> Result<(), NodeError> {
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            self.source.wait_for_change(tip.hash, left).await?;
            let now = self.source.tip().await?;
            if now != tip {
                tip = now;
                self.saw(tip);
                let place = self.place;
                self.status.send_if_modified(|status| match status.nodes.get_mut(place) {
                    Some(node) => node.tip.replace(tip) != Some(tip),
                    None => false,
                });
                tokio::time::sleep(PACE).await;
            }
        }
    }

    fn saw(&mut self, tip: BlockId) {
        // the first tip that it tells may have been there for long
        if let Some(left) = self.tip.replace(tip).filter(|left| *left != tip) {
            let seen = TipSeen { place: self.place, at: unix_now_ms(), left, tip };
            // nobody listens once the pipeline has ended; and one too many is not worth waiting for
            let _ = self.seen.try_send(seen);
        }
    }

    fn publish(&self, mut seen: NodeStatus) {
        self.status.send_if_modified(|status| {
            let Some(node) = status.nodes.get_mut(self.place) else { return false };
            // not the source's to say
            seen.more_work = node.more_work.take();
            seen.ancestor = node.ancestor.take();
            seen.refused = node.refused.take();
            let changed = *node != NodeStatus { more_work: None, ancestor: None, refused: None, ..seen.clone() };
            *node = seen;
            changed
        });
    }
}

/// One log line for each change.
fn tell(node: &NodeStatus) {
    match node.state {
        NodeState::Ok => tracing::info!("{node}"),
        _ => tracing::warn!("{node}"),
    }
}
