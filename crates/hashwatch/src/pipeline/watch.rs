//! How the sources are: each is asked every few seconds by a task of its own, so that one that never answers holds up
//! nobody else.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use hashwatch_model::{NodeState, NodeStatus, Status};
use hashwatch_node::Source;
use tokio::{sync::watch, task::JoinSet};

/// Between two looks at a source.
const EVERY: Duration = Duration::from_secs(3);

/// The watch over all sources. It ends when it is dropped.
pub(super) struct SourceWatch {
    /// The lowest height that is still to be fetched.
    needed: Arc<AtomicU32>,
    status: watch::Receiver<Status>,
    tasks: JoinSet<()>,
}

impl SourceWatch {
    /// Nothing is asked before [`SourceWatch::begin`].
    pub(super) fn new(status: &watch::Sender<Status>) -> SourceWatch {
        SourceWatch { needed: Arc::default(), status: status.subscribe(), tasks: JoinSet::new() }
    }

    /// Asks every source from now on. `height` is needed next: a source may have pruned it, so it must be known before
    /// the first question.
    pub(super) fn begin(&mut self, sources: &[Arc<Source>], status: &watch::Sender<Status>, height: u32) {
        self.need(height);
        for (place, source) in sources.iter().cloned().enumerate() {
            let (needed, status) = (self.needed.clone(), status.clone());
            self.tasks.spawn(async move {
                let mut last = None;
                loop {
                    let mut seen = source.probe(needed.load(Ordering::Relaxed)).await;
                    if last.as_ref() != Some(&seen.state) {
                        tell(&seen);
                        last = Some(seen.state.clone());
                    }
                    status.send_if_modified(|status| {
                        let Some(node) = status.nodes.get_mut(place) else { return false };
                        // not the source's to say
                        (seen.ancestor, seen.more_work) = (node.ancestor, node.more_work.take());
                        let changed = *node != NodeStatus { more_work: None, ..seen.clone() };
                        *node = seen;
                        changed
                    });
                    tokio::time::sleep(EVERY).await;
                }
            });
        }
    }

    /// Says which height is needed next: a pruned source may have it no more.
    pub(super) fn need(&self, height: u32) {
        self.needed.store(height, Ordering::Relaxed);
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

/// One log line for each change.
fn tell(node: &NodeStatus) {
    match node.state {
        NodeState::Ok => tracing::info!("{node}"),
        _ => tracing::warn!("{node}"),
    }
}
