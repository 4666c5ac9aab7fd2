//! The known marks in a coinbase, each once, in the order in which they decide.

use std::{cmp::Reverse, sync::Arc};

use hashwatch_model::{Coinbase, Evidence, EvidenceKind, anatomy::DUST};
use hashwatch_registry::{Known, Registry};
use jiff::civil::Date;

/// An output of at most this part of the whole reward is no mark: naming somebody at that price proves nothing.
const DUST_PART: u64 = 1_000;

/// What a mark is to the opinion, the deciding first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    /// Address of a pool that gets at least half of the reward.
    Reward,
    /// Tag that no other tag present wins over by the registry's word.
    Tag,
    /// Tag that another wins over.
    BeatenTag,
    /// Address of a pool that gets less: a fee, or the share of one who mines with somebody else.
    Share,
    /// Tag that was not the pool's at the time.
    OutsideTag,
    /// Address that was not the pool's at the time.
    OutsideAddress,
}

impl Rank {
    /// Whether the mark does not count.
    pub(crate) fn is_outside(self) -> bool {
        matches!(self, Rank::OutsideTag | Rank::OutsideAddress)
    }
}

/// A known mark at a place of the coinbase.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark<'r> {
    known: &'r Known,
    pub(crate) rank: Rank,
    /// Address: satoshis paid. Tag: bytes.
    weight: u64,
    /// Address: index of the output. Tag: bytes before it.
    place: usize,
}

impl<'r> Mark<'r> {
    /// Slug of the pool that it speaks for.
    pub(crate) fn pool(&self) -> &'r str {
        &self.known.mark.pool
    }

    pub(crate) fn evidence(&self) -> Evidence {
        Evidence {
            mark: Arc::clone(&self.known.mark),
            offset: u32::try_from(self.place).unwrap_or(u32::MAX),
            outside: self.rank.is_outside(),
        }
    }

    /// Puts addresses of one pool beside each other, and the places of any one mark, the deciding first.
    fn whose(&self) -> (EvidenceKind, &'r str, &'r str, Reverse<u64>, usize) {
        (self.known.mark.kind, self.pool(), &self.known.mark.value, Reverse(self.weight), self.place)
    }
}

/// All marks: by rank, of one rank the address that is paid most or the longest tag, of equal ones the first.
///
/// Nothing takes longer by the marks than to sort them does, for a hostile coinbase may have a megabyte of them.
pub(crate) fn ordered<'r>(registry: &'r Registry, coinbase: &Coinbase, day: Option<Date>) -> Vec<Mark<'r>> {
    let reward = coinbase.reward();
    let mut marks = Vec::new();
    add_tags(registry, coinbase.script().as_bytes(), day, &mut marks);
    keep_outermost(&mut marks);
    add_addresses(registry, coinbase, reward, day, &mut marks);
    marks.sort_unstable_by_key(Mark::whose);
    for of_pool in marks.chunk_by_mut(|one, next| one.pool() == next.pool()) {
        raise_rewarded(of_pool, reward);
    }
    marks.dedup_by(|next, one| std::ptr::eq(next.known, one.known));
    lower_beaten(&mut marks);
    marks.sort_unstable_by_key(|mark| (mark.rank, Reverse(mark.weight), mark.place));
    marks
}

/// Known tags in the input script.
fn add_tags<'r>(registry: &'r Registry, script: &[u8], day: Option<Date>, marks: &mut Vec<Mark<'r>>) {
    registry.known_tags(script, |known, place| {
        let rank = if day.is_none_or(|day| known.holds_on(day)) { Rank::Tag } else { Rank::OutsideTag };
        marks.push(Mark { known, rank, weight: known.mark.value.len() as u64, place });
    });
}

/// Without tags that lie inside a longer one: they are part of it and say nothing of their own. Those that count and those that
/// do not hide nothing of each other.
fn keep_outermost(tags: &mut Vec<Mark<'_>>) {
    tags.sort_unstable_by_key(|mark| (mark.place, Reverse(mark.weight)));
    // where those end that begin no later
    let (mut counted, mut outside) = (0, 0);
    tags.retain(|mark| {
        let last = if mark.rank.is_outside() { &mut outside } else { &mut counted };
        let end = mark.place as u64 + mark.weight;
        let inside = end <= *last;
        *last = end.max(*last);
        !inside
    });
}

/// Known payout scripts.
fn add_addresses<'r>(
    registry: &'r Registry,
    coinbase: &Coinbase,
    reward: u64,
    day: Option<Date>,
    marks: &mut Vec<Mark<'r>>,
) {
    // in blocks of 2024, pools put an output of exactly 546 satoshis before the reward, so that much is dust too
    let dust = DUST.max(reward / DUST_PART);
    let paid = coinbase.outputs().iter().enumerate().filter(|(_, output)| output.value.to_sat() > dust);
    marks.extend(paid.filter_map(|(place, output)| {
        let known = registry.known_script(&output.script_pubkey)?;
        let rank = if day.is_none_or(|day| known.holds_on(day)) { Rank::Share } else { Rank::OutsideAddress };
        Some(Mark { known, rank, weight: output.value.to_sat(), place })
    }));
}

/// Raises the addresses of a pool if they get at least half of the reward taken together.
fn raise_rewarded(of_pool: &mut [Mark<'_>], reward: u64) {
    let paid: u64 = of_pool.iter().filter(|mark| mark.rank == Rank::Share).map(|mark| mark.weight).sum();
    if paid >= reward.div_ceil(2) {
        of_pool.iter_mut().filter(|mark| mark.rank == Rank::Share).for_each(|mark| mark.rank = Rank::Reward);
    }
}

/// Lowers tags that others win over. The registry admits no circle, so one is never beaten.
fn lower_beaten(marks: &mut [Mark<'_>]) {
    let tags = marks.iter().filter(|mark| mark.rank == Rank::Tag);
    let mut beaten: Vec<&str> = tags.flat_map(|mark| &mark.known.over).map(String::as_str).collect();
    beaten.sort_unstable();
    for mark in marks.iter_mut().filter(|mark| mark.rank == Rank::Tag) {
        if beaten.binary_search(&mark.pool()).is_ok() {
            mark.rank = Rank::BeatenTag;
        }
    }
}
