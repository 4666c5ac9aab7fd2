//! An input script taken apart: what is a number, a commitment, text or none of these.

use std::ops::Range;

use bitcoin::{Script, script::Instruction};

use crate::coinbase::text_runs;

/// What opens a merged-mining commitment in an input script: four bytes, then a root of 32, a size and a nonce of four each
/// (<https://en.bitcoin.it/wiki/Merged_mining_specification>).
const MERGED_MINING: [u8; 4] = [0xfa, 0xbe, b'm', b'm'];
const MERGED_MINING_BYTES: usize = 44;
/// Bytes of the shortest stretch that is taken for an extranonce.
const EXTRANONCE_BYTES: usize = 4;

/// A stretch of the input script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Bytes of the script before it.
    pub offset: usize,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What it looks like.
    pub kind: StretchKind,
}

/// What a stretch of an input script looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StretchKind {
    /// The number that the script opens with: from BIP 34 on the block's height, before mostly the header's bits.
    Number,
    /// Readable text.
    Text(String),
    /// A commitment to blocks of other chains, mined along with this one.
    MergedMining {
        /// Root of the merkle tree of those blocks' hashes, as it stands there.
        root: [u8; 32],
        /// Leaves of that tree.
        size: u32,
    },
    /// The longest other stretch: most likely what the miner counts up.
    Extranonce,
    /// Anything else.
    Other,
}

impl StretchKind {
    /// The word in the API.
    pub fn name(&self) -> &'static str {
        match self {
            StretchKind::Number => "number",
            StretchKind::Text(_) => "text",
            StretchKind::MergedMining { .. } => "merged_mining",
            StretchKind::Extranonce => "extranonce",
            StretchKind::Other => "other",
        }
    }
}

/// An input script, piece by piece, from its first byte to its last without gaps.
pub fn stretches(script: &Script) -> Vec<Stretch> {
    let bytes = script.as_bytes();
    let mut known: Vec<(Range<usize>, StretchKind)> = Vec::new();
    if let Some((_, length)) = opening_number(script) {
        known.push((0..length, StretchKind::Number));
    }
    if let Some((at, kind)) = merged_mining(bytes) {
        known.push((at..at + MERGED_MINING_BYTES, kind));
    }
    known.sort_by_key(|(range, _)| range.start);
    let mut all = Vec::new();
    let mut at = 0;
    for (range, kind) in known {
        // a height that is pushed over the merged-mining magic is none
        if range.start >= at {
            texts_between(bytes, at..range.start, &mut all);
            at = range.end;
            put(bytes, range, kind, &mut all);
        }
    }
    texts_between(bytes, at..bytes.len(), &mut all);
    let others = all.iter_mut().filter(|stretch| stretch.kind == StretchKind::Other);
    // of equal ones the last: what is counted up stands behind what is not
    if let Some(longest) = others.max_by_key(|stretch| stretch.bytes.len())
        && longest.bytes.len() >= EXTRANONCE_BYTES
    {
        longest.kind = StretchKind::Extranonce;
    }
    all
}

/// What lies between stretches that are known: text and other bytes.
fn texts_between(bytes: &[u8], range: Range<usize>, all: &mut Vec<Stretch>) {
    let mut at = range.start;
    for run in text_runs(&bytes[range.clone()]) {
        let text = range.start + run.offset..range.start + run.offset + run.text.len();
        put(bytes, at..text.start, StretchKind::Other, all);
        at = text.end;
        put(bytes, text, StretchKind::Text(run.text), all);
    }
    put(bytes, at..range.end, StretchKind::Other, all);
}

fn put(bytes: &[u8], range: Range<usize>, kind: StretchKind, all: &mut Vec<Stretch>) {
    if !range.is_empty() {
        all.push(Stretch { offset: range.start, bytes: bytes[range].to_vec(), kind });
    }
}

/// The number that a script opens with, and the bytes that it takes. Before BIP 34 that may be anything, bits most often.
pub(super) fn opening_number(script: &Script) -> Option<(u32, usize)> {
    let mut instructions = script.instructions();
    let first = instructions.next()?.ok()?;
    let length = script.len() - instructions.as_script().len();
    match first {
        // no chain grows beyond what four bytes hold
        Instruction::PushBytes(push) if (1..=5).contains(&push.len()) => {
            let bytes = push.as_bytes();
            let negative = bytes.last().is_some_and(|last| last & 0x80 != 0);
            let number = bytes.iter().rev().fold(0u64, |sum, byte| (sum << 8) | u64::from(*byte));
            u32::try_from(number).ok().filter(|_| !negative).map(|number| (number, length))
        }
        Instruction::PushBytes(push) => push.is_empty().then_some((0, length)),
        Instruction::Op(op) => {
            let small = op.to_u8().checked_sub(0x50).filter(|number| (1..=16).contains(number))?;
            Some((u32::from(small), length))
        }
    }
}

fn merged_mining(bytes: &[u8]) -> Option<(usize, StretchKind)> {
    let at = bytes.windows(MERGED_MINING.len()).position(|window| window == MERGED_MINING)?;
    let rest = bytes.get(at + MERGED_MINING.len()..at + MERGED_MINING_BYTES)?;
    let (root, rest) = rest.split_first_chunk::<32>()?;
    let (size, _) = rest.split_first_chunk::<4>()?;
    Some((at, StretchKind::MergedMining { root: *root, size: u32::from_le_bytes(*size) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken_apart(script: &[u8]) -> Vec<Stretch> {
        stretches(Script::from_bytes(script))
    }

    /// As in block 700,000 and many others: height, merged mining, text, extranonce.
    #[test]
    fn a_script_is_taken_apart_without_gaps() {
        let mut script = b"\x03\x60\xae\x0a".to_vec();
        script.extend_from_slice(&MERGED_MINING);
        script.extend_from_slice(&[0xab; 32]);
        script.extend_from_slice(&[4, 0, 0, 0, 0, 0, 0, 0]);
        script.extend_from_slice(b"/F2Pool/\x00\x01\x02\x03\x04\x05\xff");
        let found = taken_apart(&script);
        let kinds: Vec<_> = found.iter().map(|stretch| (stretch.offset, stretch.kind.name())).collect();
        assert_eq!(kinds, [(0, "number"), (4, "merged_mining"), (48, "text"), (56, "extranonce")]);
        assert_eq!(found[1].kind, StretchKind::MergedMining { root: [0xab; 32], size: 4 });
        assert_eq!(found[2].kind, StretchKind::Text("/F2Pool/".to_owned()));
        let joined: Vec<u8> = found.iter().flat_map(|stretch| stretch.bytes.clone()).collect();
        assert_eq!(joined, script);
    }

    /// A commitment's nonce may end in letters.
    #[test]
    fn text_right_behind_a_commitment_is_text() {
        let mut script = MERGED_MINING.to_vec();
        script.extend_from_slice(&[b'a'; 40]);
        script.extend_from_slice(b"/F2Pool/");
        let found = taken_apart(&script);
        let kinds: Vec<_> = found.iter().map(|stretch| (stretch.offset, stretch.kind.name())).collect();
        assert_eq!(kinds, [(0, "merged_mining"), (44, "text")]);
        assert_eq!(found[1].kind, StretchKind::Text("/F2Pool/".to_owned()));
    }

    #[test]
    fn any_bytes_are_a_script() {
        for script in [&b""[..], &[0x4c], &[0xff; 100], b"\x03\x12\x34", b"\xfa\xbemm short"] {
            let joined: Vec<u8> = taken_apart(script).iter().flat_map(|stretch| stretch.bytes.clone()).collect();
            assert_eq!(joined, script, "{script:x?}");
        }
    }

    #[test]
    fn a_script_opens_with_a_number_or_not() {
        let opens = |script: &[u8]| opening_number(Script::from_bytes(script)).map(|(number, _)| number);
        assert_eq!(opens(b"\x03\x60\xae\x0aabc"), Some(700_000));
        assert_eq!(opens(b"\x51abc"), Some(1));
        assert_eq!(opens(b"\x00abc"), Some(0));
        assert_eq!(opens(b"\x01\x81abc"), None, "a negative number");
    }
}
