//! Which chain a store or an answer speaks of, and how far it can be believed.

use bitcoin::BlockHash;

use crate::Network;

/// How a figure came to be. Every answer and every chart says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Provenance {
    /// From blocks whose headers hashwatch verified itself.
    Verified,
    /// From somebody's publication, not checked here.
    Published,
    /// From a synthetic chain.
    Simulated,
}

impl Provenance {
    /// The word in answers, on pages and in charts.
    pub fn name(self) -> &'static str {
        match self {
            Provenance::Verified => "verified",
            Provenance::Published => "published",
            Provenance::Simulated => "simulated",
        }
    }
}

/// The chain that a data directory belongs to. A directory never changes its origin.
#[derive(Clone, Debug, PartialEq)]
pub struct Origin {
    /// The rules.
    pub network: Network,
    /// The first block of the chain: the genesis, or the block that a run was told to trust as its start.
    pub start: BlockHash,
    /// Whether a generator made the chain.
    pub simulated: bool,
    /// Real hashes that one hash of the chain stands for, for display; 1 unless simulated.
    pub hash_scale: f64,
}

impl Origin {
    /// What answers from this chain are called.
    pub fn provenance(&self) -> Provenance {
        if self.simulated { Provenance::Simulated } else { Provenance::Verified }
    }
}
