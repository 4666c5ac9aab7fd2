//! From a verified block to an opinion on who mined it, with the evidence.
//!
//! The rules and their reasons are in `docs/methodology/attribution.md`. In short: the address that gets the reward
//! decides before a tag, and a tag before an address that gets a lesser share; of several addresses the one paid most;
//! of several tags the longest, unless the registry says otherwise. Every other known mark is kept beside the deciding
//! one, whether it agrees or not. No mark, no pool: Unknown is not a pool.
//!
//! What the marks are is for the registry to say. Only a [`VerifiedBlock`] is attributed: opinions on blocks that
//! nobody checked do not compile.

mod marks;
#[cfg(test)]
mod tests;

use hashwatch_model::{AttributedBlock, Attribution, Chunk, Coinbase};
use hashwatch_registry::Registry;
use hashwatch_verify::VerifiedBlock;

/// Who mined the block, under this registry.
pub fn attribute(registry: &Registry, block: &VerifiedBlock) -> Attribution {
    opinion(registry, &block.facts().coinbase)
}

/// The same for a run of blocks, which become facts and opinions to keep.
pub fn attribute_chunk(registry: &Registry, chunk: Chunk<VerifiedBlock>) -> Chunk<AttributedBlock> {
    chunk.map(|block| {
        let attribution = attribute(registry, &block);
        AttributedBlock { block: block.into_facts(), attribution }
    })
}

/// Who gets the reward comes before who signed: to fake the former is to give the reward away, to fake the latter costs
/// nothing. Who gets a smaller share comes last: a pool that pays its miners in the coinbase pays other pools too.
fn opinion(registry: &Registry, coinbase: &Coinbase) -> Attribution {
    let paid = marks::addresses(registry, coinbase);
    let tags = marks::tags(registry, coinbase.script().as_bytes());
    let evidence = [paid.reward, tags, paid.share].concat();
    Attribution { pool: evidence.first().map(|mark| mark.pool.clone()), evidence }
}
