//! One verified header as the chain remembers it.

use bitcoin::CompactTarget;
use hashwatch_model::{BlockHash, Work};

/// What later headers need to know of one below them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link {
    pub(crate) hash: BlockHash,
    pub(crate) time: u32,
    pub(crate) bits: CompactTarget,
    pub(crate) median_time: u32,
    pub(crate) chainwork: Work,
}
