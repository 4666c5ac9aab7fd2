//! What one answer is read from: the store as of a mark, and the registry whose opinions stand there. Together, so that no answer
//! tells the blocks of one version by the names of another.

use std::{ops::Deref, sync::Arc};

use hashwatch_registry::{Registry, day_of};
use hashwatch_store::Snapshot;
use jiff::civil::Date;

use crate::error::WebError;

/// A snapshot and its registry.
#[derive(Clone)]
pub(crate) struct View {
    pub(crate) snapshot: Snapshot,
    pub(crate) who: Arc<Registry>,
    /// This version of the registry was asked for by name: what is linked is of it, too.
    pub(crate) pinned: bool,
    /// The registry is the very version; else its files are gone, and the names are of today.
    pub(crate) exact: bool,
}

impl Deref for View {
    type Target = Snapshot;

    fn deref(&self) -> &Snapshot {
        &self.snapshot
    }
}

impl View {
    /// The day of the as-of block, for whatever holds at a time.
    pub(crate) fn day(&self) -> Date {
        day_of(self.mark().median_time)
    }

    /// A pool's name as the registry writes it; its slug where the registry does not have it.
    pub(crate) fn pool_name<'a>(&'a self, slug: &'a str) -> &'a str {
        self.who.pool(slug).map_or(slug, |pool| &pool.name)
    }

    /// The name that it had on a day.
    pub(crate) fn pool_name_on<'a>(&'a self, slug: &'a str, day: Date) -> &'a str {
        self.who.pool(slug).map_or(slug, |pool| pool.name_on(day))
    }

    /// Refuses what only the very version can tell.
    pub(crate) fn kept(&self) -> Result<(), WebError> {
        let lost = || WebError::NotFound(format!("what registry {} claimed was not kept here", self.registry()));
        if self.exact { Ok(()) } else { Err(lost()) }
    }

    /// A path within what was asked for.
    pub(crate) fn link(&self, path: String) -> String {
        if self.pinned { format!("{path}?registry={}", self.registry()) } else { path }
    }

    /// The page of a pool; that of Unknown for none.
    pub(crate) fn pool_link(&self, slug: Option<&str>) -> String {
        self.link(slug.map_or_else(|| "/unknown".to_owned(), |slug| format!("/pools/{slug}")))
    }

    /// Where somebody who is counted as one is told of: a pool on its page, others in the registry.
    pub(crate) fn entity_link(&self, kind: &str, id: &str) -> String {
        match kind {
            "pool" => self.pool_link(Some(id)),
            kind => self.link("/registry".to_owned()) + &format!("#{kind}-{id}"),
        }
    }

    /// What makes a link stay what it is: the as-of block and the registry, as they stand in a query.
    pub(crate) fn pin(&self) -> String {
        format!("as_of={}&registry={}", self.mark().tip.hash, self.registry())
    }
}
