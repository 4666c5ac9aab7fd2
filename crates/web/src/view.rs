//! What one answer is read from: the store as of a mark, and the registry whose opinions stand there. Together, so that no answer
//! tells the blocks of one version by the names of another.

use std::{ops::Deref, sync::Arc};

use hashwatch_registry::Registry;
use hashwatch_store::Snapshot;

/// A snapshot and its registry.
#[derive(Clone)]
pub(crate) struct View {
    pub(crate) snapshot: Snapshot,
    pub(crate) who: Arc<Registry>,
}

impl Deref for View {
    type Target = Snapshot;

    fn deref(&self) -> &Snapshot {
        &self.snapshot
    }
}

impl View {
    /// A pool's name as the registry writes it; its slug where the registry does not have it.
    pub(crate) fn pool_name<'a>(&'a self, slug: &'a str) -> &'a str {
        self.who.pool(slug).map_or(slug, |pool| &pool.name)
    }
}
