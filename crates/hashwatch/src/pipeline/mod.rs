//! The one loop and the one writer: a source's blocks in chunks, verified, attributed, stored. First sync, the next
//! block and a reorg are the same step.
//!
//! Whatever fails is said in the status (and once in the log) and tried again: a refused block, a source that is
//! away, a store that is down. Only a store that holds another chain, or damage, ends it.

mod follow;
mod restore;
mod watch;
mod write;

use std::{collections::HashSet, sync::Arc, time::Duration};

use hashwatch_model::{Refusal, Status, Sync};
use hashwatch_node::Source;
use hashwatch_registry::Registry;
use hashwatch_simulate::Growing;
use hashwatch_store::{Store, StoreError};
use hashwatch_verify::HeaderChain;
use tokio::sync::watch as channel;

use self::watch::SourceWatch;

use crate::{chain::Chain, clock::unix_now, config::FollowSection, progress::Progress};

/// Longest wait for a tip that does not change, before the sources are asked again how they are.
const WAIT: Duration = Duration::from_secs(20);

/// What the loop works with.
pub(crate) struct Pipeline {
    store: Store,
    sources: Vec<Arc<Source>>,
    watch: SourceWatch,
    registry: Arc<Registry>,
    headers: HeaderChain,
    writer: Option<hashwatch_store::Writer>,
    status: channel::Sender<Status>,
    stop: channel::Receiver<bool>,
    settings: FollowSection,
    growing: Option<Growing>,
    /// Ends at the tip.
    once: bool,
    /// The tip for which branches were last asked for.
    branches_at: Option<bitcoin::BlockHash>,
    /// Stale blocks that were looked at: kept, or refused for good.
    branches_seen: HashSet<bitcoin::BlockHash>,
    progress: Option<Progress>,
    /// The failure that was last logged, so that it is logged once.
    last_failure: Option<String>,
}

/// How the loop came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// At the source's tip, as was asked.
    AtTip,
    /// Told to.
    Stopped,
    /// `--once`, and a block was refused.
    Refused,
    /// `--once`, and no source can be used.
    NoSource,
}

/// Why one round did not get anywhere.
enum Setback {
    /// A block broke a rule.
    Refused(Refusal),
    /// The source failed or moved on; its status says more.
    Source(String),
    /// The store failed for good.
    Store(StoreError),
}

impl Pipeline {
    pub(crate) fn new(
        chain: Chain,
        store: Store,
        settings: FollowSection,
        status: channel::Sender<Status>,
        stop: channel::Receiver<bool>,
        once: bool,
    ) -> Pipeline {
        let sources: Vec<_> = chain.sources.into_iter().map(Arc::new).collect();
        Pipeline {
            watch: SourceWatch::new(&status),
            headers: HeaderChain::new(chain.origin.network, chain.start),
            store,
            sources,
            registry: chain.registry,
            writer: None,
            status,
            stop,
            settings,
            growing: chain.growing,
            once,
            branches_at: None,
            branches_seen: HashSet::new(),
            progress: None,
            last_failure: None,
        }
    }

    /// Runs until told to stop; with `once` until the tip.
    pub(crate) async fn run(mut self) -> anyhow::Result<Ended> {
        let mut stop = self.stop.clone();
        // wherever the stop finds us: what a write leaves beyond the mark is taken away at the next start
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => Ok(Ended::Stopped),
            ended = self.work() => ended,
        }
    }

    async fn work(&mut self) -> anyhow::Result<Ended> {
        self.restore().await?;
        self.watch.begin(&self.sources, &self.status, self.headers.next_height());
        loop {
            self.grow();
            self.watch.need(self.headers.next_height());
            let Some(source) = self.watch.usable().await else {
                self.say(|status| status.sync = Sync::Waiting);
                if self.once {
                    return Ok(Ended::NoSource);
                }
                self.watch.changed().await;
                continue;
            };
            let source = self.sources[source].clone();
            match self.advance(&source).await {
                Ok(true) => {}
                Ok(false) => {
                    if let Some(progress) = self.progress.take() {
                        progress.finish();
                    }
                    if self.once {
                        return Ok(Ended::AtTip);
                    }
                    self.wait(&source).await;
                }
                Err(Setback::Store(error)) => return Err(error.into()),
                Err(Setback::Refused(refusal)) => {
                    self.refused(refusal);
                    if self.once {
                        return Ok(Ended::Refused);
                    }
                    self.pause().await;
                }
                Err(Setback::Source(reason)) => {
                    self.failed(&reason);
                    self.pause().await;
                }
            }
        }
    }

    /// Adds what the clock allows to a simulated chain of our own.
    fn grow(&mut self) {
        let Some(growing) = &mut self.growing else { return };
        if let Err(error) = tokio::task::block_in_place(|| growing.extend_to(unix_now())) {
            self.failed(&format!("the simulated chain does not grow: {error}"));
        }
    }

    /// Waits for the source's tip to change.
    async fn wait(&mut self, source: &Source) {
        let Some(tip) = self.headers.tip() else { return self.pause().await };
        // a chain of our own grows by this loop: nobody else changes its tip
        let longest = if self.growing.is_some() { Duration::from_secs(2) } else { WAIT };
        if let Err(error) = source.wait_for_change(tip.hash, longest).await {
            self.failed(&error.to_string());
            self.pause().await;
        }
    }

    /// Waits before another try.
    async fn pause(&self) {
        tokio::time::sleep(Duration::from_secs(self.settings.retry_seconds)).await;
    }

    /// Tells those who watch the status, where it changed: this loop is one of them.
    fn say(&self, change: impl FnOnce(&mut Status)) {
        self.status.send_if_modified(|status| {
            let before = status.clone();
            change(status);
            *status != before
        });
    }

    /// Logs a failure once, until something else happens.
    fn failed(&mut self, reason: &str) {
        if self.last_failure.as_deref() != Some(reason) {
            tracing::warn!("{reason}; trying again");
            self.last_failure = Some(reason.to_owned());
        }
    }

    fn refused(&mut self, refusal: Refusal) {
        let message = refusal.message.clone();
        self.failed(&message);
        let at = self.headers.tip().map_or(0, |tip| tip.height);
        self.say(|status| {
            status.sync = Sync::CatchingUp { at, of: refusal.height };
            status.refusal = Some(refusal);
        });
    }

    fn well(&mut self) {
        if self.last_failure.take().is_some() {
            tracing::info!("going on");
        }
        self.status.send_if_modified(|status| status.refusal.take().is_some());
    }
}
