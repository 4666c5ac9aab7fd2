//! How pools are called in mempool's API: by number, slug, name and page.

use axum::extract::{Path, rejection::PathRejection};
use hashwatch_registry::Pool;
use sha2::{Digest, Sha256};

use crate::{error::WebError, params::segment, pools::named_pool, view::View};

/// Unknown, as mempool has it.
const UNKNOWN: (u32, &str, &str) = (0, "unknown", "Unknown");
/// No number of mempool's lies above: its list counts pools one by one, and has some two hundred.
const THEIRS: u32 = 1_000_000;

/// A pool, or Unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Called {
    /// mempool's `poolUniqueId`; above a million where mempool does not list the pool.
    pub(super) number: u32,
    pub(super) slug: String,
    pub(super) name: String,
    /// Its page; empty where none is known, since scripts take it for a text.
    pub(super) link: String,
}

impl Called {
    /// The pool of a slug; Unknown for none.
    pub(super) fn of(view: &View, slug: Option<&str>) -> Called {
        let Some(slug) = slug else {
            let (number, slug, name) = UNKNOWN;
            return Called { number, slug: slug.to_owned(), name: name.to_owned(), link: String::new() };
        };
        let pool = view.who.pool(slug);
        Called {
            number: number(slug, pool.and_then(|pool| pool.mempool_id)),
            slug: slug.to_owned(),
            name: view.pool_name(slug).to_owned(),
            link: pool.and_then(|pool| pool.link.clone()).unwrap_or_default(),
        }
    }
}

/// mempool's number of a pool, else one of ours: 1,000,001 to 1,000,000 + 2^30, by the SHA-256 of its slug. It is the same on every
/// instance and for ever, fits into 32 bits with a sign, and cannot be taken for one of mempool's.
fn number(slug: &str, listed: Option<u32>) -> u32 {
    let hash = || {
        let digest = Sha256::digest(slug.as_bytes());
        u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]) >> 2
    };
    listed.unwrap_or_else(|| THEIRS + 1 + hash())
}

/// Which pool a path names; none is Unknown.
pub(super) fn wanted(view: &View, path: Result<Path<String>, PathRejection>) -> Result<Option<&Pool>, WebError> {
    let slug = segment(path, "pool")?;
    find(view, &slug)
}

/// The pool of a slug; none is Unknown.
pub(super) fn find<'v>(view: &'v View, slug: &str) -> Result<Option<&'v Pool>, WebError> {
    if slug == UNKNOWN.1 { Ok(None) } else { named_pool(view, slug).map(Some) }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use hashwatch_registry::Registry;

    use super::*;

    #[test]
    fn numbers_are_mempools_where_it_has_the_pool() {
        assert_eq!(number("foundryusa", Some(111)), 111);
        // SHA-256 of "abc" begins with ba7816bf (FIPS 180-4, appendix B.1)
        assert_eq!(number("abc", None), 1_000_001 + (0xba78_16bf >> 2));
    }

    #[test]
    fn no_two_pools_have_one_number() {
        let mut seen = HashMap::from([(UNKNOWN.0, UNKNOWN.1)]);
        for pool in Registry::builtin().pools() {
            let number = number(&pool.slug, pool.mempool_id);
            assert_eq!(number > THEIRS, pool.mempool_id.is_none(), "{}", pool.slug);
            assert!(i32::try_from(number).is_ok(), "{}: {number}", pool.slug);
            assert_eq!(seen.insert(number, &pool.slug), None, "{}: {number}", pool.slug);
        }
    }
}
