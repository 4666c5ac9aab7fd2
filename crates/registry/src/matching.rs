//! Finds what the registry knows in a coinbase: all tags in one pass over the script, a payout script by one lookup.

use std::collections::HashMap;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use bitcoin::{Script, ScriptBuf};

use crate::{
    pool::{PayoutAddress, Pool, Tag},
    problem::Reason,
};

/// A known tag at a place of an input script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TagMatch<'r> {
    /// Whose tag it is.
    pub pool: &'r Pool,
    /// The tag.
    pub tag: &'r Tag,
    /// Bytes of the script before it.
    pub offset: usize,
}

impl TagMatch<'_> {
    /// The bytes of the script that it takes.
    pub fn range(&self) -> std::ops::Range<usize> {
        self.offset..self.offset + self.tag.text.len()
    }
}

/// A known payout script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressClaim<'r> {
    /// Who is paid.
    pub pool: &'r Pool,
    /// Under which address.
    pub address: &'r PayoutAddress,
}

/// Place of a pool and of one of its claims.
type Place = (usize, usize);

/// All tags as one automaton.
#[derive(Clone, Debug)]
pub(crate) struct Tags {
    matcher: AhoCorasick,
    /// Pool and tag of each pattern.
    places: Vec<Place>,
}

impl Tags {
    /// One automaton over literal texts, blind to the case of ASCII letters.
    pub(crate) fn matcher<'t>(texts: impl Iterator<Item = &'t str>) -> Result<AhoCorasick, Reason> {
        // Standard is the only kind that reports matches within matches
        AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::DFA))
            .build(texts)
            .map_err(|error| Reason::Compile(error.to_string()))
    }

    pub(crate) fn compile(pools: &[Pool]) -> Result<Tags, Reason> {
        let places = places(pools, |pool| pool.tags.len());
        let matcher = Tags::matcher(places.iter().map(|&(pool, tag)| pools[pool].tags[tag].text.as_str()))?;
        Ok(Tags { matcher, places })
    }

    pub(crate) fn find<'r>(&self, pools: &'r [Pool], script: &[u8]) -> Vec<TagMatch<'r>> {
        let mut found: Vec<TagMatch<'r>> = self
            .matcher
            .find_overlapping_iter(script)
            .map(|found| {
                let (pool, tag) = self.places[found.pattern().as_usize()];
                TagMatch { pool: &pools[pool], tag: &pools[pool].tags[tag], offset: found.start() }
            })
            .collect();
        // no two of one length begin at one place, for they would be the same tag; the slug is for the reader
        found.sort_by_key(|found| (usize::MAX - found.tag.text.len(), found.offset, &found.pool.slug));
        found
    }
}

/// All payout scripts.
#[derive(Clone, Debug)]
pub(crate) struct Scripts(HashMap<ScriptBuf, Place>);

impl Scripts {
    pub(crate) fn compile(pools: &[Pool]) -> Scripts {
        let places = places(pools, |pool| pool.addresses.len());
        Scripts(places.into_iter().map(|at| (pools[at.0].addresses[at.1].script.clone(), at)).collect())
    }

    pub(crate) fn find<'r>(&self, pools: &'r [Pool], script: &Script) -> Option<AddressClaim<'r>> {
        let &(pool, address) = self.0.get(script)?;
        Some(AddressClaim { pool: &pools[pool], address: &pools[pool].addresses[address] })
    }
}

fn places(pools: &[Pool], claims: impl Fn(&Pool) -> usize) -> Vec<Place> {
    pools.iter().enumerate().flat_map(|(index, pool)| (0..claims(pool)).map(move |claim| (index, claim))).collect()
}
