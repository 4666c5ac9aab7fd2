//! Finds what the registry knows in a coinbase: all tags in one pass over the script, a payout script by one lookup.

use std::{collections::HashMap, sync::Arc};

use bitcoin::{Script, ScriptBuf};
use foldhash::fast::RandomState;
use hashwatch_model::{EvidenceKind, KnownMark};
use jiff::civil::Date;

use crate::{
    period::{Period, When},
    pool::{PayoutAddress, Pool, Source, Tag},
    texts::Texts,
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

/// A mark of a pool and what an opinion on it rests on, put together in one place: a chain has a million of coinbases.
#[derive(Clone, Debug)]
pub struct Known {
    /// The mark, which all evidence of it shares.
    pub mark: Arc<KnownMark>,
    /// Slugs of the pools whose tags it wins over; none where it is an address.
    pub over: Vec<String>,
    first: Date,
    last: Date,
    place: Place,
}

impl Known {
    /// Whether the mark may be its pool's own on a day: it is claimed for then, and the pool was there.
    pub fn holds_on(&self, day: Date) -> bool {
        self.first <= day && day <= self.last
    }

    fn new(pools: &[Pool], place: Place, kind: EvidenceKind, value: &str, source: &Source, period: &Period) -> Known {
        let pool = &pools[place.0];
        let mark = KnownMark { kind, pool: pool.slug.clone(), value: value.to_owned(), source: source.url.clone() };
        let since = pool.since.as_ref().map_or(Date::MIN, |since| since.day.first());
        Known {
            mark: Arc::new(mark),
            over: Vec::new(),
            first: period.from.map_or(Date::MIN, When::first).max(since),
            last: period.until.map_or(Date::MAX, When::last),
            place,
        }
    }
}

/// Place of a pool and of one of its claims.
type Place = (usize, usize);

/// All tags.
#[derive(Clone, Debug)]
pub(crate) struct Tags {
    texts: Texts,
    /// By the numbers of the texts.
    known: Vec<Known>,
}

impl Tags {
    pub(crate) fn compile(pools: &[Pool]) -> Tags {
        let known = |place: Place| {
            let Tag { text, over, period, source, .. } = &pools[place.0].tags[place.1];
            let known = Known::new(pools, place, EvidenceKind::Tag, text, source, period);
            Known { over: over.clone(), ..known }
        };
        let known: Vec<Known> = places(pools, |pool| pool.tags.len()).map(known).collect();
        Tags { texts: Texts::new(known.iter().map(|known| known.mark.value.as_str())), known }
    }

    /// Calls `found` with each tag that is there and the bytes before it, the earliest first.
    pub(crate) fn known<'r>(&'r self, script: &[u8], mut found: impl FnMut(&'r Known, usize)) {
        self.texts.find(script, |number, offset| found(&self.known[number], offset));
    }

    pub(crate) fn find<'r>(&self, pools: &'r [Pool], script: &[u8]) -> Vec<TagMatch<'r>> {
        let mut all = Vec::new();
        self.known(script, |known, offset| {
            let pool = &pools[known.place.0];
            all.push(TagMatch { pool, tag: &pool.tags[known.place.1], offset });
        });
        // no two of one length begin at one place, for they would be the same tag; the slug is for the reader
        all.sort_by_key(|found| (usize::MAX - found.tag.text.len(), found.offset, &found.pool.slug));
        all
    }
}

/// All payout scripts.
#[derive(Clone, Debug)]
pub(crate) struct Scripts {
    // what is looked up is hostile, what is in it is not: no script makes the way to any other longer
    known: HashMap<ScriptBuf, Known, RandomState>,
    /// Bytes of the longest.
    longest: usize,
}

impl Scripts {
    pub(crate) fn compile(pools: &[Pool]) -> Scripts {
        let known = |place: Place| {
            let PayoutAddress { address, script, period, source, .. } = &pools[place.0].addresses[place.1];
            (script.clone(), Known::new(pools, place, EvidenceKind::Address, address, source, period))
        };
        let known: HashMap<_, _, _> = places(pools, |pool| pool.addresses.len()).map(known).collect();
        Scripts { longest: known.keys().map(|script| script.len()).max().unwrap_or_default(), known }
    }

    pub(crate) fn known(&self, script: &Script) -> Option<&Known> {
        // an output's script may have any length, and hashing costs by the byte
        if script.len() > self.longest {
            return None;
        }
        self.known.get(script)
    }

    pub(crate) fn find<'r>(&self, pools: &'r [Pool], script: &Script) -> Option<AddressClaim<'r>> {
        let (pool, address) = self.known(script)?.place;
        Some(AddressClaim { pool: &pools[pool], address: &pools[pool].addresses[address] })
    }
}

fn places(pools: &[Pool], claims: impl Fn(&Pool) -> usize) -> impl Iterator<Item = Place> {
    pools.iter().enumerate().flat_map(move |(index, pool)| (0..claims(pool)).map(move |claim| (index, claim)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Registry, day_of};

    #[test]
    fn a_mark_holds_when_its_claim_and_its_pool_do() {
        let registry = Registry::builtin();
        let days: Vec<Date> = (0..240).map(|month| day_of(1_231_006_505 + month * 2_629_800)).collect();
        let mut outside = 0;
        for known in registry.tags.known.iter().chain(registry.scripts.known.values()) {
            let pool = &registry.pools[known.place.0];
            let period = match known.mark.kind {
                EvidenceKind::Tag => pool.tags[known.place.1].period,
                EvidenceKind::Address => pool.addresses[known.place.1].period,
            };
            let since = pool.since.iter().flat_map(|since| [since.day.first(), since.day.last()]);
            let edges = period.edges().chain(since).flat_map(|day| [Some(day), day.yesterday().ok()]).flatten();
            for day in days.iter().copied().chain(edges) {
                let held = pool.existed_on(day) && period.holds_on(day);
                assert_eq!(known.holds_on(day), held, "{:?} on {day}", known.mark);
                outside += u32::from(!held);
            }
        }
        assert!(outside > 100, "{outside}");
    }
}
