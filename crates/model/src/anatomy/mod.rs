//! A coinbase taken apart: what stands where in its input script and its outputs. Facts of form alone: whose marks they
//! are is for the registry to know.

use bitcoin::{Script, opcodes::all::OP_RETURN, script::Instruction};

use crate::Coinbase;

mod script;
mod template;

pub use script::{Stretch, StretchKind, stretches};

/// What opens a witness commitment: OP_RETURN, a push of 36 bytes, and its header (BIP 141).
const WITNESS_COMMITMENT: [u8; 6] = [0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed];
/// Satoshis of the least output that Bitcoin Core relays by default (P2PKH at 3,000 sat/kvB). Less pays nobody.
pub const DUST: u64 = 546;
/// From so many paid outputs on a coinbase is said to pay miners directly. Pools that split a reward between accounts of
/// their own have fewer.
const MANY: usize = 10;

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
    /// The miner who built the block's template, as it writes its name, where the pool's form of coinbase says so. None says
    /// nothing: most often the pool built it.
    pub template_builder: Option<String>,
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
            height: script::opening_number(coinbase.script()).map(|(number, _)| number),
            script: stretches(coinbase.script()),
            data: data.collect(),
            witness_commitment,
            payout: Payout { paid, style },
            template_builder: template::builder(coinbase.script()),
        }
    }
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
