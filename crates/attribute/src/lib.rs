//! From a verified block to an opinion on who mined it, with the evidence.
//!
//! The rules and their reasons are in `docs/methodology/attribution.md`. In short: the address that gets the reward
//! decides before a tag, and a tag before an address that gets a lesser share; of several addresses the one paid most;
//! of several tags the longest, unless the registry says otherwise. Every other known mark is kept beside the deciding
//! one, whether it agrees or not. A mark counts only in the time for which it is claimed. No mark, no pool: Unknown is
//! not a pool.
//!
//! What the marks are is for the registry to say. Only a [`VerifiedBlock`] is attributed and kept: opinions on blocks that
//! nobody checked do not compile. [`opinion`] is for coinbases that are looked at by themselves.

mod marks;
#[cfg(test)]
mod tests;

use hashwatch_model::{AttributedBlock, Attribution, Chunk, Coinbase, Strength};
use hashwatch_registry::{Registry, day_of};
use hashwatch_verify::VerifiedBlock;
use jiff::civil::Date;

use crate::marks::{Mark, Rank};

/// Who mined the block, under this registry.
pub fn attribute(registry: &Registry, block: &VerifiedBlock) -> Attribution {
    let facts = block.facts();
    opinion(registry, &facts.coinbase, Some(day_of(facts.header.time)))
}

/// The same for a run of blocks, which become facts and opinions to keep.
pub fn attribute_chunk(registry: &Registry, chunk: Chunk<VerifiedBlock>) -> Chunk<AttributedBlock> {
    chunk.map(|block| {
        let attribution = attribute(registry, &block);
        AttributedBlock { block: block.into_facts(), attribution }
    })
}

/// Who mined a block with this coinbase on this day. Without a day every mark counts, whenever it was claimed.
///
/// Who gets the reward comes before who signed: to fake the former is to give the reward away, to fake the latter costs
/// nothing. Who gets a smaller share comes last: a pool that pays its miners in the coinbase pays other pools too.
pub fn opinion(registry: &Registry, coinbase: &Coinbase, day: Option<Date>) -> Attribution {
    let marks = marks::ordered(registry, coinbase, day);
    let evidence = marks.iter().map(Mark::evidence).collect();
    let mut counted = marks.iter().take_while(|mark| !mark.rank.is_outside());
    let Some(first) = counted.next() else { return Attribution { pool: None, strength: None, evidence } };
    let strength = match (first.rank, counted.any(|mark| mark.pool() != first.pool())) {
        (Rank::Reward, false) => Strength::Strong,
        (Rank::Reward, true) | (Rank::Tag, false) => Strength::Fair,
        _ => Strength::Weak,
    };
    Attribution { pool: Some(first.pool().to_owned()), strength: Some(strength), evidence }
}
