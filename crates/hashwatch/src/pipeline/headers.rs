//! Headers first: a source's header chain is fetched in bulk and verified before any of its blocks is read, so that
//! which chain has most work is known by then.
//!
//! The source that is being followed is asked by the loop itself. The others are asked by tasks of their own: one that is
//! slow holds up nobody, and their work is known by the time it matters.

use std::{sync::Arc, time::Duration};

use bitcoin::hashes::Hash;
use hashwatch_model::{BlockHash, BlockId, MoreWork, NodeState};
use hashwatch_node::{HEADERS_AT_ONCE, NodeError, Source};
use hashwatch_sha256d::{HEADER_BYTES, sha256d};
use hashwatch_verify::{Refusal, Rule};
use tokio::{task::JoinSet, time::Instant};

use super::{Pipeline, Setback};
use crate::{clock::unix_now, progress::Progress};

/// How often in a row a chain may change under our hands.
const MAX_MOVES: u32 = 3;
/// Answers in a row with nothing new in them, while they lead up a chain that is known already: after a deep reorg there
/// are some.
const MAX_KNOWN: u32 = 40;
/// How long one source's headers may keep us when there are other sources.
const LONGEST: Duration = Duration::from_secs(60);
/// Headers from which on fetching them is worth a word and a bar.
const MANY: u32 = 5_000;

/// Headers of other sources that are under way.
#[derive(Default)]
pub(super) struct Feeds {
    fetches: JoinSet<Feed>,
    /// Which sources are being asked.
    asked: Vec<usize>,
}

/// What one source answered.
pub(super) struct Feed {
    place: usize,
    /// The tip that it told of when it was asked.
    tip: Option<BlockId>,
    headers: Result<Vec<u8>, NodeError>,
}

impl Feeds {
    /// The next answer; never where nothing is under way.
    pub(super) async fn next(&mut self) -> Feed {
        loop {
            match self.fetches.join_next().await {
                Some(Ok(feed)) => return self.answered(feed),
                // a task that panicked: whose it was is not known, so all may be asked again
                Some(Err(_)) => self.asked.clear(),
                None => std::future::pending().await,
            }
        }
    }

    /// An answer that is there already.
    pub(super) fn ready(&mut self) -> Option<Feed> {
        match self.fetches.try_join_next()? {
            Ok(feed) => Some(self.answered(feed)),
            // as above
            Err(_) => {
                self.asked.clear();
                None
            }
        }
    }

    fn answered(&mut self, feed: Feed) -> Feed {
        self.asked.retain(|place| *place != feed.place);
        feed
    }

    pub(super) fn under_way(&self) -> bool {
        !self.fetches.is_empty()
    }
}

impl Pipeline {
    /// Fetches and verifies the headers of a source up to `tip`. Gives the last block of its chain whose header keeps the
    /// rules, and what the one above it broke, if that is not the tip.
    pub(super) async fn headers_up_to(
        &mut self,
        place: usize,
        tip: BlockId,
    ) -> Result<(BlockId, Option<Setback>), Setback> {
        let source = self.sources[place].clone();
        let began = Instant::now();
        let first = self.heard[place].map_or(self.headers.base(), |id| id.height);
        let mut progress = (tip.height.saturating_sub(first) > MANY).then(|| {
            tracing::info!(source = source.name(), from = first, to = tip.height, "fetching and verifying headers");
            Progress::new("headers", u64::from(tip.height))
        });
        let mut known = 0;
        while !self.headers.contains(tip.hash) {
            let (before, count) = (self.heard[place], self.headers.count());
            let headers = fetch(&source, &self.locator(place)).await?;
            let outcome = self.hear(place, &headers);
            let Some(good) = self.heard[place] else {
                outcome?;
                let reason = format!("{} has another chain from its first block on", source.name());
                return Err(Setback::Source(reason));
            };
            if let Some(progress) = &mut progress {
                progress.set(u64::from(good.height));
            }
            known = if self.headers.count() > count { 0 } else { known + 1 };
            // fewer than a source can give are all that it has
            let goes_on = is_full(&headers) && before != Some(good) && known < MAX_KNOWN && good.height < tip.height;
            if outcome.is_ok() && (goes_on || self.headers.contains(tip.hash)) {
                if began.elapsed() > LONGEST && self.another_is_fresh(place) {
                    return Err(Setback::Source(format!("{}: its headers come too slowly", source.name())));
                }
                continue;
            }
            let refusal = match outcome {
                Err(refusal) => refusal,
                Ok(()) => self.another_end(place, tip, good).await?,
            };
            return if self.active == Some(good) { Err(refusal) } else { Ok((good, Some(refusal))) };
        }
        if let Some(place) = self.headers.place(tip.hash).filter(|place| place.id != tip) {
            return Err(Setback::from(Refusal {
                height: tip.height,
                hash: tip.hash,
                rule: Rule::Link,
                expected: format!("height {}", place.id.height),
                found: tip.height.to_string(),
            }));
        }
        if let Some(progress) = progress {
            progress.finish();
            let seconds = began.elapsed().as_secs_f64();
            tracing::info!(tip = tip.height, seconds, "the best chain's headers are verified");
        }
        self.heard[place] = Some(tip);
        Ok((tip, None))
    }

    /// A source's headers end in `good`, which is not the tip it told of. Its chain may have changed between the two
    /// questions; if it has not, the end it gave is no block of its chain.
    async fn another_end(&mut self, place: usize, tip: BlockId, good: BlockId) -> Result<Setback, Setback> {
        let source = self.sources[place].clone();
        if self.setbacks < MAX_MOVES || source.tip().await? != tip {
            return Err(Setback::Behind);
        }
        if good.height < tip.height {
            return Ok(Setback::Source(format!("{}: its headers end at {good}, below its tip", source.name())));
        }
        // what lies below the false end may be true
        self.heard[place] = good.height.checked_sub(1).and_then(|height| self.headers.ancestor(good.hash, height));
        Err(Setback::from(Refusal {
            height: tip.height,
            hash: tip.hash,
            rule: Rule::Hash,
            expected: tip.hash.to_string(),
            found: good.hash.to_string(),
        }))
    }

    /// Verifies headers of a source's active chain, and remembers how far it is known.
    fn hear(&mut self, place: usize, headers: &[u8]) -> Result<(), Setback> {
        let tree = &mut self.headers;
        let outcome = tokio::task::block_in_place(|| tree.extend(headers, unix_now()));
        // the highest that was let on; those above a refused one are not here
        let last = headers.chunks_exact(HEADER_BYTES).rev().find_map(|header| self.headers.place(hash_of(header)));
        if let Some(last) = last {
            self.heard[place] = Some(last.id);
        }
        outcome.map_err(Setback::from)
    }

    /// Blocks of ours by which a source can say where its chain leaves ours, the most likely first: near ones at
    /// first and then ever further apart, like the locators of the peer-to-peer protocol's `getheaders`.
    fn locator(&self, place: usize) -> Vec<BlockId> {
        let Some(first) = self.headers.best().or(self.active) else {
            return vec![BlockId { height: self.headers.base(), hash: self.store.origin().start }];
        };
        let near = self.heard[place].or(self.active).unwrap_or(first);
        let (base, mut height, mut step) = (self.headers.base(), near.height, 1);
        let mut locator = Vec::new();
        loop {
            locator.extend(self.headers.ancestor(near.hash, height));
            if height <= base {
                return locator;
            }
            height = height.saturating_sub(step).max(base);
            step *= 2;
        }
    }

    /// Asks the sources that are well for headers up to tips that are not known yet, except the one at `place`, which the
    /// loop asks itself.
    pub(super) fn ask_for_headers(&mut self, well: &[usize], place: usize) {
        if self.headers.best().is_none() {
            return;
        }
        for other in well.iter().copied().filter(|other| *other != place) {
            let tip = self.status.borrow().nodes.get(other).and_then(|node| node.tip);
            let known = tip.is_none_or(|tip| self.headers.contains(tip.hash));
            if known || self.feeds.asked.contains(&other) || self.rests(other) {
                continue;
            }
            let (source, locator): (Arc<Source>, _) = (self.sources[other].clone(), self.locator(other));
            self.feeds.asked.push(other);
            self.feeds
                .fetches
                .spawn(async move { Feed { place: other, tip, headers: fetch(&source, &locator).await } });
        }
    }

    /// Takes what another source answered. It is asked again at once only where that leads somewhere.
    pub(super) fn take_feed(&mut self, feed: Feed) {
        let place = feed.place;
        let count = self.headers.count();
        let (outcome, full) = match feed.headers {
            Ok(headers) => (self.hear(place, &headers), is_full(&headers)),
            Err(error) => (Err(error.into()), false),
        };
        let tip = self.status.borrow().nodes.get(place).and_then(|node| node.tip);
        let grew = self.headers.count() > count;
        let rest = match outcome {
            Ok(()) if tip.is_some_and(|tip| self.headers.contains(tip.hash)) => return,
            Ok(()) if grew && full => return,
            // it has moved on since it was asked
            Ok(()) if tip != feed.tip => return,
            Ok(()) if grew => 4 * super::MOMENT,
            Ok(()) => super::REST,
            Err(setback) => {
                if let Setback::Refused(refusal) = &setback {
                    self.is_refused(place, refusal);
                }
                let reason = setback.into_error();
                tracing::warn!(source = self.sources[place].name(), "its headers are not taken: {reason}");
                super::REST
            }
        };
        self.resting[place] = Instant::now() + rest;
    }

    /// Says of each source whether a branch with more verified work than its active chain is known.
    pub(super) fn compare_work(&self) {
        let Some(best) = self.headers.best() else { return };
        let nodes = self.status.borrow().nodes.clone();
        for (place, node) in nodes.into_iter().enumerate() {
            let tip = node.tip.filter(|_| node.state == NodeState::Ok);
            let shared = tip.zip(self.active).and_then(|(tip, ours)| self.headers.fork(tip.hash, ours.hash));
            let refused = node.refused.filter(|refused| !self.is_clear_of(*refused, tip, shared));
            if (shared, refused) != (node.ancestor, node.refused) {
                self.say(|status| {
                    if let Some(node) = status.nodes.get_mut(place) {
                        (node.ancestor, node.refused) = (shared, refused);
                    }
                });
            }
            // a new tip whose header is on its way says nothing yet
            if tip.is_some_and(|tip| !self.headers.contains(tip.hash)) {
                continue;
            }
            let found = tip.and_then(|tip| self.branches.more_work(&self.headers, place, tip, best));
            if found == node.more_work {
                continue;
            }
            let branch = |more: &Option<MoreWork>| more.as_ref().map(|more| more.tip);
            if let Some(more) = found.as_ref().filter(|_| branch(&found) != branch(&node.more_work)) {
                let said = more.standing.unwrap_or("not known to it");
                tracing::warn!(node = node.name, branch = %more.tip, "node_not_on_most_work: {said}");
            }
            self.say(|status| {
                if let Some(node) = status.nodes.get_mut(place) {
                    node.more_work = found;
                }
            });
        }
    }
}

/// Whether a source gave as many headers as it gives at most, so that there may be more.
fn is_full(headers: &[u8]) -> bool {
    headers.len() >= HEADERS_AT_ONCE * HEADER_BYTES
}

/// Headers above the first of these blocks that is on the source's active chain, that one included.
async fn fetch(source: &Source, locator: &[BlockId]) -> Result<Vec<u8>, NodeError> {
    for id in locator {
        let headers = source.headers_from(*id).await?;
        if !headers.is_empty() {
            return Ok(headers);
        }
    }
    Ok(Vec::new())
}

fn hash_of(header: &[u8]) -> BlockHash {
    BlockHash::from_byte_array(sha256d(header))
}
