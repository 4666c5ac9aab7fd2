//! Why a block was not let in.

use std::fmt;

use hashwatch_model::{BlockHash, BlockId};

/// The rules that a header, a coinbase or a block can break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rule {
    /// The header does not hash to what was asked for.
    Hash,
    /// The header does not name the block below it as its parent.
    Link,
    /// The chain does not begin where it must.
    Genesis,
    /// The hash is above the target that bits state.
    ProofOfWork,
    /// Bits state a target above the network's limit, or none at all.
    TargetLimit,
    /// Bits are not those that the retarget rules give.
    Bits,
    /// Not later than the median time of the eleven blocks below.
    MedianTimePast,
    /// More than two hours ahead of the clock.
    FutureTime,
    /// First block of a testnet4 epoch more than ten minutes before its parent (BIP 94).
    TimeWarp,
    /// A version that a soft fork has retired (BIP 34, 66, 65).
    Version,
    /// The transactions do not hash to the header's merkle root.
    MerkleRoot,
    /// Transactions repeated so that the merkle root stays the same (CVE-2012-2459).
    DuplicateTransactions,
    /// The first transaction is no coinbase.
    Coinbase,
    /// The coinbase's input script is shorter than 2 or longer than 100 bytes.
    CoinbaseLength,
    /// The coinbase does not open with the block's height (BIP 34).
    CoinbaseHeight,
    /// The coinbase does not commit to the witnesses that the block has, or the block has some before BIP 141 allows it.
    WitnessCommitment,
}

impl Rule {
    /// Short name for logs, the page and the API.
    pub fn name(self) -> &'static str {
        match self {
            Rule::Hash => "hash",
            Rule::Link => "link",
            Rule::Genesis => "genesis",
            Rule::ProofOfWork => "proof_of_work",
            Rule::TargetLimit => "target_limit",
            Rule::Bits => "bits",
            Rule::MedianTimePast => "median_time_past",
            Rule::FutureTime => "future_time",
            Rule::TimeWarp => "time_warp",
            Rule::Version => "version",
            Rule::MerkleRoot => "merkle_root",
            Rule::DuplicateTransactions => "duplicate_transactions",
            Rule::Coinbase => "coinbase",
            Rule::CoinbaseLength => "coinbase_length",
            Rule::CoinbaseHeight => "coinbase_height",
            Rule::WitnessCommitment => "witness_commitment",
        }
    }
}

/// A block that broke a rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("block {height} ({hash}) breaks {rule}: expected {expected}, found {found}")]
pub struct Refusal {
    /// Height it was offered at.
    pub height: u32,
    /// Hash it was asked for by, or that it hashes to.
    pub hash: BlockHash,
    /// The rule.
    pub rule: Rule,
    /// What the rule asks.
    pub expected: String,
    /// What the block has.
    pub found: String,
}

impl Refusal {
    pub(crate) fn of(id: BlockId, rule: Rule, expected: String, found: String) -> Refusal {
        Refusal { height: id.height, hash: id.hash, rule, expected, found }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
