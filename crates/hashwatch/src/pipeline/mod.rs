//! The one loop and the one writer: a source's blocks in chunks, verified, attributed, stored. First sync, the next
//! block and a reorg are the same step.
//!
//! Whatever fails is said in the status (and once in the log) and tried again: a refused block, a source that is
//! away, a store that is down. Only a store that holds another chain, or damage, ends it.

mod ahead;
mod branches;
mod follow;
mod headers;
mod mend;
mod overlay;
mod restore;
mod setbacks;
mod sightings;
mod waiting;
mod watch;

use std::{sync::Arc, time::Duration};

use hashwatch_model::{BlockId, Status, Sync};
use hashwatch_node::Source;
use hashwatch_registry::Registry;
use hashwatch_simulate::Growing;
use hashwatch_store::Store;
use hashwatch_verify::HeaderTree;
use tokio::{sync::watch as channel, time::Instant};

use self::{
    branches::Branches,
    headers::Feeds,
    overlay::Renewal,
    restore::Mending,
    setbacks::{MAX_SETBACKS, Setback},
    watch::{SourceWatch, TipSeen},
};
pub(crate) use restore::verify_again;

use crate::{chain::Chain, clock::unix_now, config::FollowSection, overlay::Overlay, progress::Progress};

/// Before a source is asked again that is behind, or changes under our hands.
const MOMENT: Duration = Duration::from_millis(500);
/// How long a source that failed stands back behind others that are well.
const REST: Duration = Duration::from_secs(60);

/// What the loop works with.
pub(crate) struct Pipeline {
    store: Store,
    sources: Vec<Arc<Source>>,
    watch: SourceWatch,
    registry: Arc<Registry>,
    /// Entries of the operator's own, that may change.
    overlay: Option<Overlay>,
    /// Opinions under changed ones, on their way.
    renewal: Option<Renewal>,
    /// Every verified header, of whatever branch and source.
    headers: HeaderTree,
    /// The end of the chain that is stored.
    active: Option<BlockId>,
    /// The highest block of each source's active chain whose header is known.
    heard: Vec<Option<BlockId>>,
    feeds: Feeds,
    writer: Option<hashwatch_store::Writer>,
    status: channel::Sender<Status>,
    stop: channel::Receiver<bool>,
    settings: FollowSection,
    growing: Option<Growing>,
    /// Ends at the tip.
    once: bool,
    branches: Branches,
    /// The source that our tip is from.
    tip_from: Option<usize>,
    /// Until when each source is only asked if no other is well.
    resting: Vec<Instant>,
    /// How often in a row a source failed, and the store.
    setbacks: u32,
    outages: u32,
    /// Changes of tips that are not kept yet.
    tips_seen: Vec<TipSeen>,
    /// What the store has lost.
    mending: Option<Mending>,
    progress: Option<Progress>,
    /// Why a chain of our own does not grow, if it does not.
    not_growing: Option<String>,
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
            headers: HeaderTree::new(chain.origin.network, chain.start),
            active: None,
            heard: vec![None; sources.len()],
            feeds: Feeds::default(),
            store,
            resting: vec![Instant::now(); sources.len()],
            sources,
            registry: chain.registry,
            overlay: chain.overlay.filter(|_| !once),
            renewal: None,
            writer: None,
            status,
            stop,
            settings: if chain.sparse { FollowSection { whole: 0, ..settings } } else { settings },
            growing: chain.growing,
            once,
            branches: Branches::default(),
            tip_from: None,
            setbacks: 0,
            outages: 0,
            tips_seen: Vec::new(),
            mending: None,
            progress: None,
            not_growing: None,
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
        self.watch.begin(&self.sources, &self.status, self.next_height());
        loop {
            self.grow();
            while let Some(feed) = self.feeds.ready() {
                self.take_feed(feed);
            }
            self.watch.need(self.next_height());
            let well = self.watch.usable().await;
            self.compare_work();
            if let Err(error) = self.heed_overlay().await {
                self.store_failed(error).await?;
            }
            let Some(place) = self.best(&well) else {
                self.say(|status| status.sync = Sync::Waiting);
                if self.once {
                    // one that was well a moment ago is given the same patience as one that fails
                    self.setbacks += 1;
                    if self.tip_from.is_none() || self.setbacks >= MAX_SETBACKS {
                        return Ok(Ended::NoSource);
                    }
                    self.pause().await;
                    continue;
                }
                if let Err(error) = self.wait_for_sources().await {
                    self.store_failed(error).await?;
                }
                continue;
            };
            self.ask_for_headers(&well, place);
            let outcome = match self.step(place).await {
                Ok(true) => Ok(()),
                Ok(false) if self.once => match self.finish(place).await {
                    Ok(true) => return Ok(Ended::AtTip),
                    Ok(false) => Ok(()),
                    Err(setback) => Err(setback),
                },
                Ok(false) => self.rest_at_tip().await,
                Err(setback) => Err(setback),
            };
            if let Err(setback) = outcome
                && let Some(ended) = self.set_back(place, setback).await?
            {
                return Ok(ended);
            }
        }
    }

    /// What is to be done next with a source. False where we are at its tip.
    async fn step(&mut self, place: usize) -> Result<bool, Setback> {
        if let Some(mut mending) = self.mending.take() {
            let mended = self.mend(place, &mut mending).await;
            if mended.is_err() {
                self.mending = Some(mending);
            }
            return mended.map(|()| true);
        }
        let ahead = self.advance(place).await?;
        // after the block itself, which others wait for
        self.keep_sightings().await?;
        Ok(ahead)
    }

    /// With `--once` at a tip: takes what is still under way. Whether that was all.
    async fn finish(&mut self, place: usize) -> Result<bool, Setback> {
        while self.branches.under_way() {
            let found = self.branches.next().await;
            let more = found.more;
            self.keep_branches(found).await?;
            if let Some(tip) = self.active.filter(|_| more) {
                self.ask_for_branches(tip.hash);
            }
        }
        while self.feeds.under_way() {
            let feed = self.feeds.next().await;
            self.take_feed(feed);
        }
        self.watch.all_answered().await;
        let well = self.watch.usable().await;
        self.compare_work();
        // another source may have turned out to hold more work, or to have more headers than came at once
        self.ask_for_headers(&well, place);
        Ok(self.best(&well).is_none_or(|best| best == place) && !self.feeds.under_way())
    }

    /// Height of the lowest block that is not stored.
    fn next_height(&self) -> u32 {
        self.active.map_or(self.headers.base(), |id| id.height.saturating_add(1))
    }

    /// The source to go on with: of those that are well and have not just failed, the one whose active chain has most
    /// verified work. Of equals, and while nothing is known of any, the one that our tip is from, then the first in the
    /// configuration: heights are easily claimed.
    fn best(&self, well: &[usize]) -> Option<usize> {
        let fresh: Vec<usize> = well.iter().copied().filter(|place| !self.rests(*place)).collect();
        let status = self.status.borrow();
        let worth = |place: usize| {
            let tip = status.nodes.get(place).and_then(|node| node.tip);
            let work = tip.and_then(|tip| self.headers.chainwork(tip.hash));
            (work, self.tip_from == Some(place))
        };
        let candidates = if fresh.is_empty() { well } else { &fresh };
        candidates.iter().copied().rev().max_by_key(|place| worth(*place))
    }

    /// Whether a source has just failed, so that others are asked before it.
    fn rests(&self, place: usize) -> bool {
        self.resting[place] > Instant::now()
    }

    /// Adds what the clock allows to a simulated chain of our own.
    fn grow(&mut self) {
        let Some(growing) = &mut self.growing else { return };
        let failure =
            tokio::task::block_in_place(|| growing.extend_to(unix_now())).err().map(|error| error.to_string());
        if let Some(reason) = failure.as_ref().filter(|_| failure != self.not_growing) {
            tracing::warn!("the simulated chain does not grow: {reason}");
        }
        self.not_growing = failure;
    }

    /// Tells those who watch the status, where it changed: this loop is one of them.
    fn say(&self, change: impl FnOnce(&mut Status)) {
        self.status.send_if_modified(|status| {
            let before = status.clone();
            change(status);
            *status != before
        });
    }
}
