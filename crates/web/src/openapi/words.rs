//! What texts of answers may be: closed sets of words, and texts of one form. They are described, never built: answers hold plain
//! texts, and the words are those that their owners write, so that there is no second list of them.

use hashwatch_metrics::Index;
use hashwatch_model::{CoinbaseProof, EvidenceKind, Network, NodeState, Provenance, Strength};
use utoipa::openapi::{ObjectBuilder, Type};

use crate::series::Metric;

/// Describes texts, each under a name of its own.
macro_rules! texts {
    ($(#[doc = $doc:literal] $name:ident: $form:expr;)+) => {$(
        #[doc = $doc]
        pub(crate) enum $name {}

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                $form.description(Some($doc.trim())).into()
            }
        }

        impl utoipa::ToSchema for $name {}
    )+};
}
pub(crate) use texts;

/// One of these words.
pub(crate) fn words(words: impl IntoIterator<Item = &'static str>) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words.into_iter()))
}

/// A text that a regular expression describes.
pub(crate) fn pattern(pattern: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern))
}

texts! {
    /// 64 hex digits, as hashes are usually written.
    HashText: pattern("^[0-9a-f]{64}$");
    /// Bytes as hex digits.
    HexText: pattern("^([0-9a-f]{2})*$");
    /// A version of the registry: 16 hex digits.
    VersionText: pattern("^[0-9a-f]{16}$");
    /// Expected hashes from the chain's start on, as hex digits.
    WorkText: pattern("^[0-9a-f]{1,64}$");
    /// A day, a month, a quarter or a year, as exactly as the source has it.
    WhenText: pattern("^[0-9]{4}(-Q[1-4]|-[0-9]{2}(-[0-9]{2})?)?$");
    /// A day.
    DayText: pattern("^[0-9]{4}-[0-9]{2}-[0-9]{2}$");
    /// The rules that the chain follows.
    NetworkWord: words(Network::ALL.map(Network::name));
    /// From headers verified here, somebody's figures that are not checked here, or a synthetic chain.
    DataWord: words([Provenance::Verified, Provenance::Published, Provenance::Simulated].map(Provenance::name));
    /// An index of concentration.
    IndexWord: words(Index::ALL.map(Index::word));
    /// A figure that has a value at each block.
    MetricWord: words(Metric::words());
    /// How a node stands towards hashwatch.
    NodeStateWord: words(node_states().each_ref().map(NodeState::name));
    /// A node's own word for a branch.
    StandingWord: words(["headers-only", "valid-headers", "valid-fork", "invalid", "unknown"]);
    /// How much an attribution rests on.
    StrengthWord: words(Strength::ALL.map(Strength::name));
    /// What ties a coinbase to its header: all transactions, or the word of a node or a file.
    ProofWord: words([CoinbaseProof::Merkle, CoinbaseProof::Node, CoinbaseProof::File].map(CoinbaseProof::name));
    /// A text of the registry, found in the input script.
    TagWord: words([EvidenceKind::Tag.name()]);
    /// An address of the registry, found among the outputs.
    AddressWord: words([EvidenceKind::Address.name()]);
}

fn node_states() -> [NodeState; 6] {
    [
        NodeState::Unknown,
        NodeState::Ok,
        NodeState::Unreachable(String::new()),
        NodeState::InitialBlockDownload { blocks: 0, headers: 0 },
        NodeState::PrunedBelowStart { lowest: 0, needed: 0 },
        NodeState::WrongNetwork { found: String::new() },
    ]
}
