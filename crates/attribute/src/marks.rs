//! The known marks in a coinbase, each once, in the order in which they decide.

use std::collections::{HashMap, HashSet};

use hashwatch_model::{Coinbase, Evidence, EvidenceKind};
use hashwatch_registry::{AddressClaim, Registry, TagMatch};

/// Satoshis of the least output that Bitcoin Core relays by default (P2PKH at 3,000 sat/kvB).
const RELAY_DUST: u64 = 546;

/// An output of at most this part of the whole reward is no mark: naming somebody at that price proves nothing.
const DUST_PART: u64 = 1_000;

/// Known addresses that are paid, the one of the largest output first, of equal ones the first.
pub(crate) struct Paid {
    /// Of pools that get at least half of the reward.
    pub(crate) reward: Vec<Evidence>,
    /// Of pools that get less: a fee, or the share of one who mines with somebody else.
    pub(crate) share: Vec<Evidence>,
}

/// One known output: satoshis, index, claim.
type Output<'r> = (u64, usize, AddressClaim<'r>);

/// Finds the known payout scripts.
pub(crate) fn addresses(registry: &Registry, coinbase: &Coinbase) -> Paid {
    // in blocks of 2024, pools put an output of exactly 546 satoshis before the reward, so that much is dust too
    let dust = RELAY_DUST.max(coinbase.reward() / DUST_PART);
    let mut known: Vec<Output<'_>> = coinbase
        .outputs()
        .iter()
        .enumerate()
        .map(|(index, output)| (output.value.to_sat(), index, &output.script_pubkey))
        .filter(|&(value, ..)| value > dust)
        .filter_map(|(value, index, script)| Some((value, index, registry.script_claim(script)?)))
        .collect();
    known.sort_by_key(|&(value, index, _)| (u64::MAX - value, index));
    let mut sums: HashMap<&str, u64> = HashMap::new();
    for (value, _, claim) in &known {
        *sums.entry(&claim.pool.slug).or_default() += value;
    }
    let mut seen = HashSet::new();
    known.retain(|(.., claim)| seen.insert(&claim.address.address));
    let at_least_half = |(.., claim): &Output<'_>| {
        sums.get(claim.pool.slug.as_str()).is_some_and(|&sum| sum >= coinbase.reward().div_ceil(2))
    };
    let (reward, share): (Vec<_>, Vec<_>) = known.into_iter().partition(at_least_half);
    let evidence = |outputs: Vec<Output<'_>>| outputs.into_iter().map(address_evidence).collect();
    Paid { reward: evidence(reward), share: evidence(share) }
}

fn address_evidence((_, index, claim): Output<'_>) -> Evidence {
    Evidence {
        kind: EvidenceKind::Address,
        pool: claim.pool.slug.clone(),
        value: claim.address.address.clone(),
        offset: u32::try_from(index).unwrap_or(u32::MAX),
        source: claim.address.source.url.clone(),
    }
}

/// Known tags in the input script: those that no other tag present wins over by the registry's word come first, among
/// them the longest, then the earliest.
pub(crate) fn tags(registry: &Registry, script: &[u8]) -> Vec<Evidence> {
    let mut found = outermost(registry.tag_claims(script));
    let mut seen = HashSet::new();
    found.retain(|mark| seen.insert(&mark.tag.text));
    let beaten: HashSet<&str> = found.iter().flat_map(|mark| &mark.tag.over).map(String::as_str).collect();
    // stable: within either part the order stays. The registry admits no circle, so the first is never beaten
    found.sort_by_key(|mark| beaten.contains(mark.pool.slug.as_str()));
    found.into_iter().map(tag_evidence).collect()
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

fn tag_evidence(mark: TagMatch<'_>) -> Evidence {
    Evidence {
        kind: EvidenceKind::Tag,
        pool: mark.pool.slug.clone(),
        value: mark.tag.text.clone(),
        offset: u32::try_from(mark.offset).unwrap_or(u32::MAX),
        source: mark.tag.source.url.clone(),
    }
}
