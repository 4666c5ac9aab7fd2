//! The known marks in a coinbase, each once, in the order in which they decide.

use std::collections::{HashMap, HashSet};

use hashwatch_model::{Coinbase, Evidence, EvidenceKind, anatomy::DUST};
use hashwatch_registry::{AddressClaim, Period, Pool, Registry, TagMatch};
use jiff::civil::Date;

/// An output of at most this part of the whole reward is no mark: naming somebody at that price proves nothing.
const DUST_PART: u64 = 1_000;

/// Known addresses that are paid, the one of the largest output first, of equal ones the first.
pub(crate) struct Paid {
    /// Of pools that get at least half of the reward.
    pub(crate) reward: Vec<Evidence>,
    /// Of pools that get less: a fee, or the share of one who mines with somebody else.
    pub(crate) share: Vec<Evidence>,
    /// Those that were not the pool's at the time.
    pub(crate) outside: Vec<Evidence>,
}

/// Known tags, in the order in which they decide.
pub(crate) struct Signed {
    pub(crate) counted: Vec<Evidence>,
    /// Those that were not the pool's at the time.
    pub(crate) outside: Vec<Evidence>,
}

/// Whether a mark of a pool may be its own on a day.
fn holds(pool: &Pool, period: &Period, day: Option<Date>) -> bool {
    day.is_none_or(|day| pool.existed_on(day) && period.holds_on(day))
}

/// One known output: satoshis, index, claim.
type Output<'r> = (u64, usize, AddressClaim<'r>);

/// Finds the known payout scripts.
pub(crate) fn addresses(registry: &Registry, coinbase: &Coinbase, day: Option<Date>) -> Paid {
    // in blocks of 2024, pools put an output of exactly 546 satoshis before the reward, so that much is dust too
    let dust = DUST.max(coinbase.reward() / DUST_PART);
    let mut known: Vec<Output<'_>> = coinbase
        .outputs()
        .iter()
        .enumerate()
        .map(|(index, output)| (output.value.to_sat(), index, &output.script_pubkey))
        .filter(|&(value, ..)| value > dust)
        .filter_map(|(value, index, script)| Some((value, index, registry.script_claim(script)?)))
        .collect();
    known.sort_by_key(|&(value, index, _)| (u64::MAX - value, index));
    let (mut known, mut outside): (Vec<_>, Vec<_>) =
        known.into_iter().partition(|(.., claim)| holds(claim.pool, &claim.address.period, day));
    let mut sums: HashMap<&str, u64> = HashMap::new();
    for (value, _, claim) in &known {
        *sums.entry(&claim.pool.slug).or_default() += value;
    }
    let mut seen = HashSet::new();
    known.retain(|(.., claim)| seen.insert(&claim.address.address));
    outside.retain(|(.., claim)| seen.insert(&claim.address.address));
    let at_least_half = |(.., claim): &Output<'_>| {
        sums.get(claim.pool.slug.as_str()).is_some_and(|&sum| sum >= coinbase.reward().div_ceil(2))
    };
    let (reward, share): (Vec<_>, Vec<_>) = known.into_iter().partition(at_least_half);
    let evidence = |outputs: Vec<Output<'_>>, outside| {
        outputs.into_iter().map(|output| address_evidence(output, outside)).collect()
    };
    Paid { reward: evidence(reward, false), share: evidence(share, false), outside: evidence(outside, true) }
}

fn address_evidence((_, index, claim): Output<'_>, outside: bool) -> Evidence {
    Evidence {
        kind: EvidenceKind::Address,
        pool: claim.pool.slug.clone(),
        value: claim.address.address.clone(),
        offset: u32::try_from(index).unwrap_or(u32::MAX),
        source: claim.address.source.url.clone(),
        outside,
    }
}

/// Known tags in the input script: those that no other tag present wins over by the registry's word come first, among
/// them the longest, then the earliest.
pub(crate) fn tags(registry: &Registry, script: &[u8], day: Option<Date>) -> Signed {
    let (held, outside): (Vec<_>, Vec<_>) =
        registry.tag_claims(script).into_iter().partition(|mark| holds(mark.pool, &mark.tag.period, day));
    let (mut found, mut outside) = (outermost(held), outermost(outside));
    let mut seen = HashSet::new();
    found.retain(|mark| seen.insert(&mark.tag.text));
    outside.retain(|mark| seen.insert(&mark.tag.text));
    let beaten: HashSet<&str> = found.iter().flat_map(|mark| &mark.tag.over).map(String::as_str).collect();
    // stable: within either part the order stays. The registry admits no circle, so the first is never beaten
    found.sort_by_key(|mark| beaten.contains(mark.pool.slug.as_str()));
    Signed {
        counted: found.into_iter().map(|mark| tag_evidence(mark, false)).collect(),
        outside: outside.into_iter().map(|mark| tag_evidence(mark, true)).collect(),
    }
}

/// Without those that lie inside a longer one: they are part of it and say nothing of their own. `found` has the
/// longest first.
fn outermost(found: Vec<TagMatch<'_>>) -> Vec<TagMatch<'_>> {
    let mut kept: Vec<TagMatch<'_>> = Vec::new();
    for mark in found {
        let inner = mark.range();
        let inside = |outer: std::ops::Range<usize>| outer.start <= inner.start && inner.end <= outer.end;
        if !kept.iter().any(|outer| inside(outer.range())) {
            kept.push(mark);
        }
    }
    kept
}

fn tag_evidence(mark: TagMatch<'_>, outside: bool) -> Evidence {
    Evidence {
        kind: EvidenceKind::Tag,
        pool: mark.pool.slug.clone(),
        value: mark.tag.text.clone(),
        offset: u32::try_from(mark.offset).unwrap_or(u32::MAX),
        source: mark.tag.source.url.clone(),
        outside,
    }
}
