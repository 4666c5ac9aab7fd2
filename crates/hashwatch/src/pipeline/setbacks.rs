//! What can go wrong in a round, and what is done about it: said in the status, logged once, tried again.

use hashwatch_model::{BlockId, Refusal, Sync};
use hashwatch_node::NodeError;
use hashwatch_store::StoreError;
use tokio::time::Instant;

use super::{Ended, MOMENT, Pipeline, REST};
use crate::clock::unix_now;

/// With `--once`, how often in a row a source may fail, or be behind.
pub(super) const MAX_SETBACKS: u32 = 5;
const MAX_BEHIND: u32 = 60;

/// Why one round did not get anywhere.
pub(super) enum Setback {
    /// A block broke a rule.
    Refused(Refusal),
    /// The source failed. The text says how, without addresses or paths.
    Source(String),
    /// The source is behind us, or its chain changed while it was read: to be asked again in a moment.
    Behind,
    /// The store failed.
    Store(StoreError),
}

impl From<NodeError> for Setback {
    fn from(error: NodeError) -> Setback {
        Setback::Source(error.to_string())
    }
}

impl From<hashwatch_verify::Refusal> for Setback {
    fn from(refusal: hashwatch_verify::Refusal) -> Setback {
        Setback::Refused(Refusal {
            height: refusal.height,
            hash: refusal.hash,
            rule: refusal.rule.name().to_owned(),
            message: refusal.to_string(),
            at: unix_now(),
        })
    }
}

impl Setback {
    pub(super) fn into_error(self) -> anyhow::Error {
        match self {
            Setback::Refused(refusal) => anyhow::anyhow!(refusal.message),
            Setback::Source(reason) => anyhow::anyhow!(reason),
            Setback::Behind => anyhow::anyhow!("the source is behind"),
            Setback::Store(error) => error.into(),
        }
    }
}

impl Pipeline {
    /// Says what went wrong and gets ready for another try; the end, where there is to be none.
    pub(super) async fn set_back(&mut self, place: usize, setback: Setback) -> anyhow::Result<Option<Ended>> {
        match setback {
            Setback::Behind => {
                // another may be the one that our tip is from
                self.resting[place] = Instant::now() + 4 * MOMENT;
                self.setbacks += 1;
                if self.once && self.setbacks >= MAX_BEHIND {
                    anyhow::bail!("{} stays behind the chain that is stored", self.sources[place].name());
                }
                tokio::time::sleep(MOMENT).await;
            }
            Setback::Store(error) => self.store_failed(error).await?,
            Setback::Refused(refusal) => {
                self.is_refused(place, &refusal);
                self.refused(refusal);
                self.resting[place] = Instant::now() + REST;
                if self.once && !self.another_is_fresh(place) {
                    return Ok(Some(Ended::Refused));
                }
                self.setbacks += 1;
                self.pause().await;
            }
            Setback::Source(reason) => {
                self.failed(&reason);
                self.resting[place] = Instant::now() + REST;
                self.setbacks += 1;
                if self.once && self.setbacks >= MAX_SETBACKS {
                    anyhow::bail!("{reason}, {MAX_SETBACKS} times in a row");
                }
                self.held_up(place, reason);
                self.pause().await;
            }
        }
        Ok(None)
    }

    /// Waits for a store that is away, and reads it anew; the end, where waiting does not help.
    pub(super) async fn store_failed(&mut self, error: StoreError) -> anyhow::Result<()> {
        if !self.can_wait_for(&error) {
            return Err(error.into());
        }
        self.store_is_down(&error).await;
        self.restore().await
    }

    /// Shows what keeps us from a source's tip.
    fn held_up(&self, place: usize, reason: String) {
        let at = self.active.map_or(0, |tip| tip.height);
        self.say(|status| {
            let tip = status.nodes.get(place).and_then(|node| node.tip).map_or(at, |tip| tip.height);
            if tip > at {
                status.sync = Sync::CatchingUp { at, of: tip };
            }
            status.setback = Some(reason);
        });
    }

    /// Logs a failure once, until something else happens.
    pub(super) fn failed(&mut self, reason: &str) {
        if self.last_failure.as_deref() != Some(reason) {
            tracing::warn!("{reason}; trying again");
            self.last_failure = Some(reason.to_owned());
        }
    }

    /// Notes whose chain it is that a block broke a rule of.
    pub(super) fn is_refused(&self, place: usize, refusal: &Refusal) {
        self.say(|status| {
            if let Some(node) = status.nodes.get_mut(place) {
                node.refused = Some(BlockId { height: refusal.height, hash: refusal.hash });
            }
        });
    }

    /// Whether a chain that ends in `tip` does not go through a block that was refused, or that block was taken since. While the tip's
    /// header is not known nobody knows.
    pub(super) fn is_clear_of(&self, refused: BlockId, tip: Option<BlockId>, shared: Option<BlockId>) -> bool {
        let Some(tip) = tip.filter(|tip| self.headers.contains(tip.hash)) else { return false };
        let taken = shared.is_some_and(|shared| shared.height >= refused.height);
        taken || self.headers.ancestor(tip.hash, refused.height) != Some(refused)
    }

    fn refused(&mut self, refusal: Refusal) {
        let message = refusal.message.clone();
        self.failed(&message);
        let at = self.active.map_or(0, |tip| tip.height);
        self.say(|status| {
            status.sync = Sync::CatchingUp { at, of: refusal.height };
            status.refusal = Some(refusal);
        });
    }

    pub(super) fn well(&mut self) {
        if self.last_failure.take().is_some() {
            tracing::info!("going on");
        }
        self.setbacks = 0;
        self.say(|status| {
            status.refusal = None;
            status.setback = None;
        });
    }
}
