//! A coinbase taken apart: what stands where in its input script and its outputs. Facts of form alone: whose marks they
//! are is for the registry to know.

use std::ops::Range;

use bitcoin::{Script, opcodes::all::OP_RETURN, script::Instruction};

use crate::{Coinbase, coinbase::text_runs};

/// What opens a merged-mining commitment in an input script: four bytes, then a root of 32, a size and a nonce of four each
/// (<https://en.bitcoin.it/wiki/Merged_mining_specification>).
const MERGED_MINING: [u8; 4] = [0xfa, 0xbe, b'm', b'm'];
const MERGED_MINING_BYTES: usize = 44;
/// What opens a witness commitment: OP_RETURN, a push of 36 bytes, and its header (BIP 141).
const WITNESS_COMMITMENT: [u8; 6] = [0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed];
/// Satoshis of the least output that Bitcoin Core relays by default (P2PKH at 3,000 sat/kvB). Less pays nobody.
pub const DUST: u64 = 546;
/// From so many paid outputs on a coinbase is said to pay miners directly. Pools that split a reward between accounts of
/// their own have fewer.
const MANY: usize = 10;
/// Bytes of the shortest stretch that is taken for an extranonce.
const EXTRANONCE_BYTES: usize = 4;

/// A coinbase taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anatomy {
    /// The number that the input script opens with: from BIP 34 on the block's height.
    pub height: Option<u32>,
    /// The input script from its first byte to its last, without gaps.
    pub script: Vec<Stretch>,
    /// The witness commitment that counts, which is the last (BIP 141).
    pub witness_commitment: Option<WitnessCommitment>,
    /// What other outputs carry in place of a payment.
    pub data: Vec<DataOutput>,
    /// How the reward is paid.
    pub payout: Payout,
}

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

/// An output that commits to the block's witnesses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WitnessCommitment {
    /// Index of the output.
    pub output: usize,
    /// The commitment, as it stands there.
    pub hash: [u8; 32],
}

/// An output that carries data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataOutput {
    /// Index of the output.
    pub output: usize,
    /// What is pushed after OP_RETURN, pushes joined; where they cannot be read, all that follows it.
    pub bytes: Vec<u8>,
}

/// How a reward is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payout {
    /// Outputs of more than [`DUST`].
    pub paid: usize,
    /// What that looks like.
    pub style: PayoutStyle,
}

/// What a payout looks like, by how many are paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayoutStyle {
    /// Nobody.
    None,
    /// One.
    Single,
    /// A few.
    Split,
    /// Many, as pools do that pay their miners in the coinbase.
    Miners,
}

impl PayoutStyle {
    /// The word in the API.
    pub fn name(self) -> &'static str {
        match self {
            PayoutStyle::None => "none",
            PayoutStyle::Single => "single",
            PayoutStyle::Split => "split",
            PayoutStyle::Miners => "miners",
        }
    }
}

impl Anatomy {
    /// Takes a coinbase apart.
    pub fn of(coinbase: &Coinbase) -> Anatomy {
        let witness_commitment = witness_commitment(coinbase);
        let commits = |output: usize| witness_commitment.is_some_and(|it| it.output == output);
        let outputs = coinbase.outputs().iter().enumerate();
        let data = outputs.filter(|(at, _)| !commits(*at)).filter_map(|(output, out)| {
            let bytes = carried(&out.script_pubkey)?;
            Some(DataOutput { output, bytes })
        });
        let paid = coinbase.outputs().iter().filter(|out| out.value.to_sat() > DUST).count();
        let style = match paid {
            0 => PayoutStyle::None,
            1 => PayoutStyle::Single,
            paid if paid < MANY => PayoutStyle::Split,
            _ => PayoutStyle::Miners,
        };
        Anatomy {
            height: opening_number(coinbase.script()).map(|(number, _)| number),
            script: stretches(coinbase.script()),
            data: data.collect(),
            witness_commitment,
            payout: Payout { paid, style },
        }
    }
}

/// The input script, piece by piece.
fn stretches(script: &Script) -> Vec<Stretch> {
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
fn opening_number(script: &Script) -> Option<(u32, usize)> {
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

fn witness_commitment(coinbase: &Coinbase) -> Option<WitnessCommitment> {
    let mut outputs = coinbase.outputs().iter().enumerate().rev();
    outputs.find_map(|(output, out)| {
        let rest = out.script_pubkey.as_bytes().strip_prefix(&WITNESS_COMMITMENT)?;
        rest.first_chunk::<32>().map(|hash| WitnessCommitment { output, hash: *hash })
    })
}

/// What an output carries in place of a payment.
fn carried(script: &Script) -> Option<Vec<u8>> {
    let (first, rest) = script.as_bytes().split_first()?;
    if *first != OP_RETURN.to_u8() {
        return None;
    }
    let mut bytes = Vec::new();
    for instruction in Script::from_bytes(rest).instructions() {
        match instruction {
            Ok(Instruction::PushBytes(push)) => bytes.extend_from_slice(push.as_bytes()),
            _ => return Some(rest.to_vec()),
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use bitcoin::{
        Amount, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Witness, absolute, consensus, transaction,
    };

    use super::*;

    fn coinbase(script: &[u8], outputs: &[(u64, &[u8])]) -> Coinbase {
        let input = TxIn {
            previous_output: OutPoint::null(),
            script_sig: ScriptBuf::from_bytes(script.to_vec()),
            sequence: Sequence::MAX,
            witness: Witness::new(),
        };
        let outputs = outputs.iter().map(|(sats, script)| TxOut {
            value: Amount::from_sat(*sats),
            script_pubkey: ScriptBuf::from_bytes(script.to_vec()),
        });
        let transaction = Transaction {
            version: transaction::Version::ONE,
            lock_time: absolute::LockTime::ZERO,
            input: vec![input],
            output: outputs.collect(),
        };
        Coinbase::from_bytes(consensus::serialize(&transaction)).unwrap()
    }

    /// As in block 700,000 and many others: height, merged mining, text, extranonce.
    #[test]
    fn a_script_is_taken_apart_without_gaps() {
        let mut script = b"\x03\x60\xae\x0a".to_vec();
        script.extend_from_slice(&MERGED_MINING);
        script.extend_from_slice(&[0xab; 32]);
        script.extend_from_slice(&[4, 0, 0, 0, 0, 0, 0, 0]);
        script.extend_from_slice(b"/F2Pool/\x00\x01\x02\x03\x04\x05\xff");
        let anatomy = Anatomy::of(&coinbase(&script, &[]));
        assert_eq!(anatomy.height, Some(700_000));
        let kinds: Vec<_> = anatomy.script.iter().map(|stretch| (stretch.offset, stretch.kind.name())).collect();
        assert_eq!(kinds, [(0, "number"), (4, "merged_mining"), (48, "text"), (56, "extranonce")]);
        assert_eq!(anatomy.script[1].kind, StretchKind::MergedMining { root: [0xab; 32], size: 4 });
        assert_eq!(anatomy.script[2].kind, StretchKind::Text("/F2Pool/".to_owned()));
        let joined: Vec<u8> = anatomy.script.iter().flat_map(|stretch| stretch.bytes.clone()).collect();
        assert_eq!(joined, script);
    }

    /// A commitment's nonce may end in letters.
    #[test]
    fn text_right_behind_a_commitment_is_text() {
        let mut script = MERGED_MINING.to_vec();
        script.extend_from_slice(&[b'a'; 40]);
        script.extend_from_slice(b"/F2Pool/");
        let anatomy = Anatomy::of(&coinbase(&script, &[]));
        let kinds: Vec<_> = anatomy.script.iter().map(|stretch| (stretch.offset, stretch.kind.name())).collect();
        assert_eq!(kinds, [(0, "merged_mining"), (44, "text")]);
        assert_eq!(anatomy.script[1].kind, StretchKind::Text("/F2Pool/".to_owned()));
    }

    #[test]
    fn any_bytes_are_a_script() {
        for script in [&b""[..], &[0x4c], &[0xff; 100], b"\x03\x12\x34", b"\xfa\xbemm short"] {
            let anatomy = Anatomy::of(&coinbase(script, &[]));
            let joined: Vec<u8> = anatomy.script.iter().flat_map(|stretch| stretch.bytes.clone()).collect();
            assert_eq!(joined, script, "{script:x?}");
        }
        assert_eq!(Anatomy::of(&coinbase(b"\x51abc", &[])).height, Some(1));
        assert_eq!(Anatomy::of(&coinbase(b"\x00abc", &[])).height, Some(0));
        assert_eq!(Anatomy::of(&coinbase(b"\x01\x81abc", &[])).height, None, "a negative number");
    }

    #[test]
    fn outputs_pay_or_carry() {
        let mut commitment = WITNESS_COMMITMENT.to_vec();
        commitment.extend_from_slice(&[7; 32]);
        let outputs: [(u64, &[u8]); 5] =
            [(546, &[0x51]), (5_000, &[0x51]), (0, b"\x6a\x09RSKBLOCK:"), (0, &commitment), (0, b"\x6a\x4cbroken")];
        let anatomy = Anatomy::of(&coinbase(b"", &outputs));
        assert_eq!(anatomy.witness_commitment, Some(WitnessCommitment { output: 3, hash: [7; 32] }));
        let data: Vec<_> = anatomy.data.iter().map(|data| (data.output, data.bytes.as_slice())).collect();
        assert_eq!(data, [(2, &b"RSKBLOCK:"[..]), (4, &b"\x4cbroken"[..])]);
        assert_eq!(anatomy.payout, Payout { paid: 1, style: PayoutStyle::Single });
        let paid = |count: usize| Anatomy::of(&coinbase(b"", &vec![(600, &[0x51][..]); count])).payout.style;
        assert_eq!([0, 1, 2, 9, 10].map(paid).map(PayoutStyle::name), ["none", "single", "split", "split", "miners"]);
    }
}
