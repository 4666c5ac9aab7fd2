//! Pools: all of them, living and dead, and each by itself; as pages, JSON and CSV.

mod answer;
mod facts;
pub(crate) mod list;
pub(crate) mod one;
mod records;

pub(crate) use self::{
    list::page as list_page,
    one::page as one_page,
    records::{Ever, Records},
};
use crate::{error::WebError, view::View};
use hashwatch_registry::Pool;

/// A parameter that names no pool.
pub(crate) fn no_such_pool() -> WebError {
    WebError::BadValue { name: "pool", reason: "no pool of the registry has this slug".to_owned() }
}

/// The pool of a slug, or what is said where there is none.
pub(crate) fn named_pool<'v>(view: &'v View, slug: &str) -> Result<&'v Pool, WebError> {
    let reason = || WebError::NotFound("no pool of the registry has this slug; /api/v1/pools lists them".to_owned());
    view.who.pool(slug).ok_or_else(reason)
}
