//! Blocks of which some may not be had.

use hashwatch_model::{BlockId, RawBlock};
use hashwatch_node::{NodeError, Source, Want};
use tokio::time::Instant;

/// What came of asking a source for blocks.
#[derive(Default)]
pub(crate) struct Given {
    pub(crate) blocks: Vec<RawBlock>,
    /// What the source said to those that it did not give.
    pub(crate) missing: Vec<(BlockId, NodeError)>,
    /// Those that there was no time to ask for.
    pub(crate) unasked: Vec<BlockId>,
}

/// What a source gives of these blocks. Where not all come at once they are asked for one by one, until `enough`.
pub(crate) async fn what_there_is(source: &Source, ids: &[BlockId], want: Want, enough: Instant) -> Given {
    let mut given = Given::default();
    if let Ok(all) = source.blocks(ids, want).await {
        given.blocks = all;
        return given;
    }
    for (at, id) in ids.iter().enumerate() {
        if Instant::now() >= enough {
            given.unasked = ids[at..].to_vec();
            break;
        }
        match source.blocks(std::slice::from_ref(id), want).await {
            Ok(one) => given.blocks.extend(one),
            Err(error) => given.missing.push((*id, error)),
        }
    }
    given
}
