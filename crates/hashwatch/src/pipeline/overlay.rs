//! An operator's own entries that have changed: all opinions are formed anew before the next block is taken, and readers see the
//! former ones until then.

use std::sync::Arc;

use hashwatch_registry::Registry;
use hashwatch_store::StoreError;

use super::{Pipeline, Setback};
use crate::{overlay::Change, relabel::relabel};

impl Pipeline {
    /// Looks whether they have.
    pub(super) async fn heed_overlay(&mut self) -> Result<(), Setback> {
        let Some(overlay) = &mut self.overlay else { return Ok(()) };
        match tokio::task::block_in_place(|| overlay.changed()) {
            None => Ok(()),
            Some(Change::Refused(problems, why)) => {
                tracing::warn!("the operator's own entries are refused, the former stay: {why}");
                self.say(|status| status.overlay_problems = problems);
                Ok(())
            }
            Some(Change::To(registry)) => {
                self.say(|status| status.overlay_problems = 0);
                self.take_over(*registry).await
            }
        }
    }

    async fn take_over(&mut self, registry: Registry) -> Result<(), Setback> {
        let (from, to) = (self.registry.version().clone(), registry.version().clone());
        if from == to {
            return Ok(());
        }
        tracing::info!(%from, %to, "the operator's own entries have changed: forming all opinions anew");
        // from here on the new one holds: where this fails, the store is read again and what is missing is formed then
        self.registry = Arc::new(registry);
        let Some(snapshot) = self.store.snapshot().await.map_err(Setback::Store)? else { return Ok(()) };
        let writer = self.writer.as_mut().ok_or(Setback::Store(StoreError::Moved))?;
        let formed = relabel(&self.store, writer, &snapshot, &self.registry, |_| ()).await.map_err(Setback::Store)?;
        tracing::info!(formed, %to, "opinions formed anew");
        self.tell_changed_hands(&from, &to).await.map_err(Setback::Store)
    }
}
