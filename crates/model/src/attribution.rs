//! Who mined a block, as an opinion: formed from the coinbase under one version of the registry, on evidence.

use std::{fmt, ops::Deref, sync::Arc};

use crate::Block;

/// Which state of the registry an opinion was formed under: the first 16 hex digits of a hash over its data.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RegistryVersion(pub String);

impl fmt::Display for RegistryVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What kind of mark in the coinbase names a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EvidenceKind {
    /// A payout script: to fake it is to pay the one who is named.
    Address,
    /// Bytes in the input script: free to fake.
    Tag,
}

impl EvidenceKind {
    /// The word in the store and the API.
    pub fn name(self) -> &'static str {
        match self {
            EvidenceKind::Address => "address",
            EvidenceKind::Tag => "tag",
        }
    }

    /// The inverse of [`EvidenceKind::name`].
    pub fn from_name(name: &str) -> Option<EvidenceKind> {
        [EvidenceKind::Address, EvidenceKind::Tag].into_iter().find(|kind| kind.name() == name)
    }
}

/// A mark that the registry knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownMark {
    /// Address or tag.
    pub kind: EvidenceKind,
    /// Slug of the pool that it speaks for; where that is not the attribution's pool, the mark contradicts it.
    pub pool: String,
    /// The address, or the tag's text.
    pub value: String,
    /// Where the registry has the claim from: a public URL.
    pub source: String,
}

/// A known mark, found in the coinbase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// What is known of it. Shared: a pool's mark is the same in thousands of blocks.
    pub mark: Arc<KnownMark>,
    /// Tag: byte offset in the input script. Address: index of the output.
    pub offset: u32,
    /// The block lies outside the time for which the mark is claimed: it is shown, and does not count.
    pub outside: bool,
}

/// Evidence is a known mark at a place.
impl Deref for Evidence {
    type Target = KnownMark;

    fn deref(&self) -> &KnownMark {
        &self.mark
    }
}

/// How much an attribution rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Strength {
    /// A tag against another pool's mark, or no more than an address that gets a lesser share.
    Weak,
    /// A tag that no other pool's mark contradicts, or the address that gets the reward against such a mark.
    Fair,
    /// The address that gets the reward, and no other pool's mark.
    Strong,
}

impl Strength {
    /// Every strength.
    pub const ALL: [Strength; 3] = [Strength::Weak, Strength::Fair, Strength::Strong];

    /// The word in the store and the API.
    pub fn name(self) -> &'static str {
        match self {
            Strength::Weak => "weak",
            Strength::Fair => "fair",
            Strength::Strong => "strong",
        }
    }

    /// The inverse of [`Strength::name`].
    pub fn from_name(name: &str) -> Option<Strength> {
        Strength::ALL.into_iter().find(|strength| strength.name() == name)
    }
}

/// An opinion on who mined a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribution {
    /// Slug of the pool; none is Unknown, which is not a pool.
    pub pool: Option<String>,
    /// How much that rests on; none where it is Unknown.
    pub strength: Option<Strength>,
    /// Every known mark in the coinbase, the deciding one first, those that do not count last.
    pub evidence: Vec<Evidence>,
}

impl Attribution {
    /// Marks that speak against it: those of other pools, and all that do not count.
    pub fn conflicts(&self) -> impl Iterator<Item = &Evidence> {
        self.evidence.iter().filter(|mark| mark.outside || Some(&mark.pool) != self.pool.as_ref())
    }

    /// Marks that speak for it.
    pub fn support(&self) -> impl Iterator<Item = &Evidence> {
        self.evidence.iter().filter(|mark| !mark.outside && Some(&mark.pool) == self.pool.as_ref())
    }
}

/// Facts and opinion of one block: what the store keeps.
#[derive(Clone, Debug, PartialEq)]
pub struct AttributedBlock {
    /// What is so.
    pub block: Block,
    /// What we make of it.
    pub attribution: Attribution,
}
