//! Blocks of which some may not be had.

use hashwatch_model::{BlockId, RawBlock};
use hashwatch_node::{NodeError, Source, Want};
use tokio::time::Instant;

/// What a source gave of the blocks that it was asked for, and what it said to the others. Where not all come at once they
/// are asked for one by one, until `enough`.
pub(crate) async fn what_there_is(
    source: &Source,
    ids: &[BlockId],
    want: Want,
    enough: Instant,
) -> (Vec<RawBlock>, Vec<(BlockId, NodeError)>) {
    if let Ok(all) = source.blocks(ids, want).await {
        return (all, Vec::new());
    }
    let (mut blocks, mut missing) = (Vec::new(), Vec::new());
    for id in ids.iter().take_while(|_| Instant::now() < enough) {
        match source.blocks(std::slice::from_ref(id), want).await {
            Ok(one) => blocks.extend(one),
            Err(error) => missing.push((*id, error)),
        }
    }
    (blocks, missing)
}
