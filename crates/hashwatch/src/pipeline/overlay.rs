//! An operator's own entries that change while the chain is followed: opinions under them are formed beside the following and
//! written between its steps. Readers see them at once, when each block has its own.

use std::{mem, sync::Arc};

use hashwatch_registry::Registry;
use hashwatch_store::StoreError;

use super::Pipeline;
use crate::{
    overlay::Change,
    relabel::{Formed, Forming, relabel},
};

/// Opinions under a registry that is not in use yet.
pub(super) struct Renewal {
    pub(super) registry: Arc<Registry>,
    /// Blocks that came after this commit are not among those that it is formed on.
    since: u64,
    forming: Forming,
}

/// Opinions to be written; none where all are.
type Next = Result<Option<Formed>, StoreError>;

/// What is to be written next; never where nothing is formed.
pub(super) async fn formed(renewal: &mut Option<Renewal>) -> Next {
    match renewal {
        Some(renewal) => renewal.forming.next().await,
        None => std::future::pending().await,
    }
}

impl Pipeline {
    /// Looks whether the entries have changed, and writes what was formed under changed ones meanwhile.
    pub(super) async fn heed_overlay(&mut self) -> Result<(), StoreError> {
        if let Some(overlay) = self.overlay.as_mut().filter(|overlay| overlay.is_due()) {
            match tokio::task::block_in_place(|| overlay.changed()) {
                None => {}
                Some(Change::Refused(problems, why)) => {
                    tracing::warn!("the operator's own entries are refused, the former stay: {why}");
                    self.say(|status| status.overlay_problems = problems);
                }
                Some(Change::To(registry)) => {
                    self.say(|status| status.overlay_problems = 0);
                    self.begin_renewal(Arc::new(*registry)).await?;
                }
            }
        }
        tokio::select! {
            biased;
            next = formed(&mut self.renewal) => self.renew(next).await,
            () = std::future::ready(()) => Ok(()),
        }
    }

    async fn begin_renewal(&mut self, registry: Arc<Registry>) -> Result<(), StoreError> {
        self.renewal = None;
        let (from, to) = (self.registry.version(), registry.version());
        if from == to {
            return Ok(());
        }
        tracing::info!(%from, %to, "the operator's own entries have changed: forming all opinions anew");
        self.store.keep_registry(to, registry.files()).await?;
        if let Some(writer) = &mut self.writer {
            writer.settle().await?;
        }
        let Some(snapshot) = self.store.snapshot().await? else {
            self.registry = registry;
            return Ok(());
        };
        let since = snapshot.mark().commit;
        let forming = Forming::begin(snapshot, Arc::clone(&registry), 0);
        self.renewal = Some(Renewal { registry, since, forming });
        Ok(())
    }

    /// Takes a step towards the new registry.
    pub(super) async fn renew(&mut self, next: Next) -> Result<(), StoreError> {
        match next {
            Ok(Some(formed)) => {
                let (Some(renewal), Some(writer)) = (&self.renewal, &mut self.writer) else { return Ok(()) };
                writer.write_opinions(&formed, renewal.registry.version()).await
            }
            Ok(None) => self.swap_in().await,
            Err(error) if error.is_passing() => Err(error),
            Err(error) => {
                // what is served is no worse for it
                tracing::error!("{error}; the former entries stay");
                self.renewal = None;
                Ok(())
            }
        }
    }

    /// Forms opinions on the blocks that came meanwhile, and makes them all the ones that readers see. What comes from now on is
    /// attributed by the new registry.
    async fn swap_in(&mut self) -> Result<(), StoreError> {
        let Some(Renewal { registry, since, .. }) = self.renewal.take() else { return Ok(()) };
        // from here on it holds: where this fails, the store is read again and what is missing is formed then
        let before = mem::replace(&mut self.registry, registry);
        let (Some(writer), Some(snapshot)) = (&mut self.writer, self.store.snapshot().await?) else {
            return Err(StoreError::Moved);
        };
        relabel(&self.store, writer, &snapshot, &self.registry, since, |_| ()).await?;
        let (from, to) = (before.version(), self.registry.version());
        tracing::info!(%from, %to, "opinions are read under the changed entries");
        self.tell_changed_hands(from, to).await
    }
}
