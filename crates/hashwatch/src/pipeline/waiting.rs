//! Between two steps: what may happen while there is nothing to do.

use std::time::Duration;

use hashwatch_store::StoreError;

use super::{Pipeline, Setback, overlay::formed};

/// Longest wait for a tip that does not change, before the sources are asked again how they are.
const LONGEST: Duration = Duration::from_secs(5);
/// The same where something of our own may change.
const SHORTER: Duration = Duration::from_secs(2);

impl Pipeline {
    fn longest(&self) -> Duration {
        // a chain of our own grows by this loop, and an overlay is looked at by it: nobody else tells
        if self.growing.is_some() || self.overlay.is_some() { SHORTER } else { LONGEST }
    }

    /// Waits for the tip to change, and keeps the branches that come in meanwhile.
    pub(super) async fn rest_at_tip(&mut self) -> Result<(), Setback> {
        if let Some(progress) = self.progress.take() {
            progress.finish();
        }
        let longest = self.longest();
        let found = tokio::select! {
            () = tokio::time::sleep(longest) => return Ok(()),
            feed = self.feeds.next() => {
                self.take_feed(feed);
                return Ok(());
            }
            // a new tip, of whichever source
            () = self.watch.changed() => return Ok(()),
            next = formed(&mut self.renewal) => return self.renew(next).await.map_err(Setback::Store),
            found = self.branches.next() => found,
        };
        self.keep_branches(found).await
    }

    /// Waits for any source to change how it is. What is stored may get other names all the same.
    pub(super) async fn wait_for_sources(&mut self) -> Result<(), StoreError> {
        let longest = self.longest();
        tokio::select! {
            () = tokio::time::sleep(longest) => Ok(()),
            () = self.watch.changed() => Ok(()),
            next = formed(&mut self.renewal) => self.renew(next).await,
        }
    }

    /// Waits before another try.
    pub(super) async fn pause(&self) {
        tokio::time::sleep(Duration::from_secs(self.settings.retry_seconds)).await;
    }
}
