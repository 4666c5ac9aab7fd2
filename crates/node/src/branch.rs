//! Branches beside the active chain: where they end, and what a source says of them.

use hashwatch_model::BlockId;

use crate::NodeError;

/// Blocks of a branch whose headers are fetched at most. A node is asked for them one by one.
pub const MAX_BRANCH: u32 = 10_000;

/// The last block of a branch beside the active chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BranchTip {
    /// The block.
    pub id: BlockId,
    /// Blocks of the branch, from this one down to the one above the common ancestor with the active chain; 1 or more. The
    /// source's word: it may say anything.
    pub length: u32,
    /// What the source says of it.
    pub standing: Standing,
}

impl BranchTip {
    pub(crate) fn check_length(&self) -> Result<(), NodeError> {
        let BranchTip { id: tip, length, .. } = *self;
        match length {
            0..=MAX_BRANCH => Ok(()),
            _ => Err(NodeError::BranchTooLong { tip, length, limit: MAX_BRANCH }),
        }
    }
}

/// What a node says of a branch: the `status` of Bitcoin Core's `getchaintips`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Not all of its blocks are there, but the headers are sound.
    HeadersOnly,
    /// All of its blocks are there, but were never validated in full.
    ValidHeaders,
    /// Validated in full; it is or was worth no more than the active chain.
    ValidFork,
    /// At least one of its blocks breaks a rule, or was made invalid by hand.
    Invalid,
    /// A word that no node is known to say.
    Unknown,
}

impl Standing {
    /// The node's word for it, as on the API.
    pub fn name(self) -> &'static str {
        match self {
            Standing::HeadersOnly => "headers-only",
            Standing::ValidHeaders => "valid-headers",
            Standing::ValidFork => "valid-fork",
            Standing::Invalid => "invalid",
            Standing::Unknown => "unknown",
        }
    }

    /// What a node means by this word.
    pub(crate) fn of(word: &str) -> Standing {
        [Standing::HeadersOnly, Standing::ValidHeaders, Standing::ValidFork, Standing::Invalid]
            .into_iter()
            .find(|standing| standing.name() == word)
            .unwrap_or(Standing::Unknown)
    }
}
