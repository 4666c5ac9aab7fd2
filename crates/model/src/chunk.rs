//! A run of consecutive blocks and the block they stand on: first sync, the next block and a reorg alike.

use crate::BlockId;

/// Consecutive blocks of one chain. A reorg is a chunk whose parent lies below the tip; one without blocks
/// takes the chain back to its parent.
#[derive(Clone, Debug, PartialEq)]
pub struct Chunk<T> {
    /// The block below the first; none where the first is the start of the chain.
    pub parent: Option<BlockId>,
    /// The blocks, lowest first.
    pub blocks: Vec<T>,
}

impl<T> Chunk<T> {
    /// The same run with each block turned into something else.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Chunk<U> {
        Chunk { parent: self.parent, blocks: self.blocks.into_iter().map(f).collect() }
    }
}
