//! Asking the feeds, one after the other, at polite intervals.

use std::{collections::HashSet, path::Path, time::Duration};

use hashwatch_outbound::{Answer, Client, Fetched, Limits, OutboundError, Validators};
use hashwatch_registry::Registry;
use tokio::sync::watch;

use super::{
    PivotsSection,
    candidate::Wanted,
    drafts::{Asked, Drafts, Taken},
    feed::entries,
    settings::{Feed, Settings},
};
use crate::{BadUsage, clock::unix_now};

/// The longest that a feed which is overloaded is left alone, whatever it says.
const LONGEST_REST: Duration = Duration::from_secs(24 * 60 * 60);
/// Times that the rest is doubled where it says nothing.
const MOST_DOUBLINGS: u32 = 5;

/// The feeds, and what is looked for in them.
pub(crate) struct Watch {
    settings: Settings,
    client: Client,
    wanted: Wanted,
    drafts: Drafts,
    /// Names of feeds whose last reading failed, each told once.
    failing: HashSet<String>,
}

/// A reading that came to nothing.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Fetch(#[from] OutboundError),
    #[error("{0}")]
    Feed(String),
    /// Ours: the disk, not the feed.
    #[error("{0:#}")]
    Own(#[from] anyhow::Error),
}

impl Watch {
    /// Nothing is asked yet.
    pub(crate) fn new(section: &PivotsSection, registry: &Registry, data_dir: &Path) -> anyhow::Result<Watch> {
        let settings = section.settle()?;
        let client = match Client::new(settings.allowed.clone(), Limits::default(), settings.contact.as_deref()) {
            Err(error @ OutboundError::Agent) => return Err(BadUsage(format!("pivots.contact: {error}")).into()),
            client => client?,
        };
        let wanted = Wanted::new(registry, &settings.terms);
        Ok(Watch { settings, client, wanted, drafts: Drafts::new(data_dir), failing: HashSet::new() })
    }

    /// Asks every feed that does not want to be left alone. Says whether each could be read.
    pub(crate) async fn once(&mut self) -> anyhow::Result<bool> {
        let mut well = true;
        for feed in self.settings.feeds.clone() {
            let asked = self.asked(&feed)?;
            let rest = rest_left(&asked);
            if rest > 0 {
                tracing::warn!(feed = feed.name, "left alone for {rest} seconds more, as it asked");
                well = false;
                continue;
            }
            well &= self.look(&feed, &asked).await?;
        }
        Ok(well)
    }

    /// Asks each feed when its time has come, until told to stop.
    pub(crate) async fn run(&mut self, mut stop: watch::Receiver<bool>) -> anyhow::Result<()> {
        loop {
            let mut next = u64::MAX;
            for feed in self.settings.feeds.clone() {
                let mut asked = self.asked(&feed)?;
                if self.due(&asked) <= unix_now() {
                    tokio::select! {
                        looked = self.look(&feed, &asked) => { looked?; }
                        _ = stop.wait_for(|stop| *stop) => return Ok(()),
                    }
                    asked = self.asked(&feed)?;
                }
                next = next.min(self.due(&asked));
            }
            let wait = Duration::from_secs(next.saturating_sub(unix_now()).max(1)).min(self.settings.every);
            if tokio::time::timeout(wait, stop.wait_for(|stop| *stop)).await.is_ok() {
                return Ok(());
            }
        }
    }

    /// Unix seconds at which it may be asked again. A time still to come that it was asked at is of a clock that was set back.
    fn due(&self, asked: &Asked) -> u64 {
        let now = unix_now();
        let regular = if asked.at > now { 0 } else { asked.at.saturating_add(self.settings.every.as_secs()) };
        match rest_left(asked) {
            0 => regular,
            rest => regular.max(now.saturating_add(rest)),
        }
    }

    /// What is kept of a feed, if it is of the same URL.
    fn asked(&self, feed: &Feed) -> anyhow::Result<Asked> {
        let kept = self.drafts.read()?.feeds.remove(&feed.name).filter(|asked| asked.of == feed.of);
        Ok(kept.unwrap_or_else(|| Asked { of: feed.of.clone(), ..Asked::default() }))
    }

    /// One feed. Says whether it could be read; what is wrong with it is told once, and stops no other.
    async fn look(&mut self, feed: &Feed, asked: &Asked) -> anyhow::Result<bool> {
        match self.read(feed, asked).await {
            Ok(taken) => {
                if self.failing.remove(&feed.name) {
                    tracing::info!(feed = feed.name, "can be read again");
                }
                for draft in &taken.new {
                    tracing::info!(feed = feed.name, draft = draft.id, "{}", draft.title);
                }
                if taken.left > 0 {
                    tracing::warn!(feed = feed.name, "{} left in the feed: too many drafts are open", taken.left);
                }
                Ok(true)
            }
            Err(Failure::Own(error)) => Err(error),
            Err(failure) => {
                self.rest(feed, asked, &failure)?;
                if self.failing.insert(feed.name.clone()) {
                    tracing::warn!(feed = feed.name, "cannot be read: {failure}");
                }
                Ok(false)
            }
        }
    }

    async fn read(&self, feed: &Feed, asked: &Asked) -> Result<Taken, Failure> {
        let validators = Validators { etag: asked.etag.clone(), last_modified: asked.last_modified.clone() };
        let fetched = self.client.get(&feed.target, &validators).await?;
        let now = unix_now();
        let Fetched::Answer(Answer { body, validators }) = fetched else {
            let asked = Asked { at: now, not_before: 0, refusals: 0, ..asked.clone() };
            self.drafts.change(|kept| kept.feeds.insert(feed.name.clone(), asked))?;
            return Ok(Taken::default());
        };
        let wanted = self.wanted.clone();
        let found = tokio::task::spawn_blocking(move || {
            let entries = entries(&body)?;
            let found = entries.into_iter().filter_map(|entry| wanted.found(&entry).map(|found| (entry, found)));
            Ok(found.collect::<Vec<_>>())
        });
        // a parser that panics over a feed has read that feed in vain, and stops no other
        let gave_up = |_| Failure::Feed("the parser gave up".to_owned());
        let found = found.await.map_err(gave_up)?.map_err(Failure::Feed)?;
        let taken = self.drafts.change(|kept| {
            let taken = kept.take(&feed.name, found, now);
            // asked by what had no room, it would not be sent again
            let Validators { etag, last_modified } = if taken.left == 0 { validators } else { Validators::default() };
            let asked = Asked { of: feed.of.clone(), etag, last_modified, at: now, not_before: 0, refusals: 0 };
            kept.feeds.insert(feed.name.clone(), asked);
            taken
        })?;
        Ok(taken)
    }

    /// Notes that it was asked, and for how long it wants to be left alone.
    fn rest(&self, feed: &Feed, asked: &Asked, failure: &Failure) -> anyhow::Result<()> {
        let now = unix_now();
        let overloaded = match failure {
            Failure::Fetch(OutboundError::Status { status: 429 | 503, retry_after, .. }) => Some(*retry_after),
            _ => None,
        };
        let refusals = if overloaded.is_some() { asked.refusals.saturating_add(1) } else { 0 };
        let not_before =
            overloaded.map_or(0, |said| now.saturating_add(rest(self.settings.every, refusals, said).as_secs()));
        let asked = Asked { at: now, not_before, refusals, ..asked.clone() };
        self.drafts.change(|kept| kept.feeds.insert(feed.name.clone(), asked))?;
        Ok(())
    }
}

/// Seconds for which it is to be left alone. More than it can be told of is of a clock that was set back.
fn rest_left(asked: &Asked) -> u64 {
    let rest = asked.not_before.saturating_sub(unix_now());
    if rest > LONGEST_REST.as_secs() { 0 } else { rest }
}

/// As long as it said, or else twice as long each time; never less than the usual interval.
fn rest(every: Duration, refusals: u32, said: Option<Duration>) -> Duration {
    let doubled = every.saturating_mul(1 << refusals.min(MOST_DOUBLINGS));
    said.unwrap_or(doubled).max(every).min(LONGEST_REST)
}

#[cfg(test)]
mod tests;
