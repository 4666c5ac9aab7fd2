//! Marks of other chains and protocols in the outputs of a coinbase. They say nothing of who mined the block.

use crate::{
    fields::{Fields, Problems},
    pool::Source,
    problem::Reason,
    read::{name, shortened, source},
};

/// A shorter prefix is met by chance; a longer one is longer than what outputs carry.
const PREFIX_BYTES: std::ops::RangeInclusive<usize> = 3..=40;

/// How the data of a chain or protocol begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marker {
    /// First bytes of what an output carries.
    pub prefix: Vec<u8>,
    /// The chain or protocol.
    pub name: String,
    /// Where the claim is from.
    pub source: Source,
    /// The file that it was read from.
    pub file: String,
}

pub(crate) fn marker(file: &str, mut fields: Fields, problems: &mut Problems) -> Option<Marker> {
    let prefix = fields.required("prefix", problems).and_then(|text| {
        let bytes = hex::decode(&text).ok().filter(|bytes| PREFIX_BYTES.contains(&bytes.len()));
        fields.entry = format!("marker {}", shortened(&text));
        problems.ok(&fields.entry, bytes.ok_or_else(|| Reason::Prefix(shortened(&text))))
    });
    let name = name(&mut fields, problems);
    let source = source(&mut fields, problems);
    fields.finish(problems);
    Some(Marker { prefix: prefix?, name, source: source?, file: file.to_owned() })
}

/// Of those that fit the longest.
pub(crate) fn find<'r>(markers: &'r [Marker], carried: &[u8]) -> Option<&'r Marker> {
    let fitting = markers.iter().filter(|marker| carried.starts_with(&marker.prefix));
    fitting.max_by_key(|marker| marker.prefix.len())
}
