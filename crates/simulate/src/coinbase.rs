//! The coinbase of a simulated block: built of the same parts as real ones, now and then a hostile one.

use bitcoin::{
    Amount, BlockHash, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Witness, absolute::LockTime,
    hashes::Hash, script::Builder, transaction::Version,
};
use hashwatch_sha256d::sha256d;

use crate::{
    pools::{Payout, Pool, Style, script},
    random::Dice,
    transactions::any_script,
};

/// A consensus rule: the input script is no longer.
const MAX_SCRIPT: usize = 100;
/// Begins a merged-mining commitment in the input script.
const MERGED_MINING_MAGIC: [u8; 4] = [0xfa, 0xbe, 0x6d, 0x6d];
/// Begins a witness commitment output (BIP 141): OP_RETURN, push of 36 bytes, magic.
const WITNESS_COMMITMENT: [u8; 6] = [0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed];
/// Begins the OP_RETURN output of an invented side chain, formed like Rootstock's.
const SIDE_CHAIN: &[u8; 9] = b"SIMBLOCK:";

/// What a miner without a name may write: nothing, something, or something that a careless page would choke on.
const UNKNOWN_TEXTS: [&[u8]; 6] =
    [b"", b"", b"", b"/my garage sim/", b"hello from a simulated shed", b"\xe2\x9b\x8f solo-sim"];

/// Texts of the hostile: HTML, quotes, templates, terminal escapes, invalid UTF-8, reversed reading, formulas.
const HOSTILE_TEXTS: [&[u8]; 9] = [
    b"<script>alert('hashwatch-sim')</script>",
    b"\"><img src=x onerror=alert(1)>",
    &[0xff; 90],
    b"\x1b[2J\x1b[31msim\x07\x00\x08\x0d\x0asim",
    b"'; DROP TABLE blocks; -- sim",
    b"{{7*7}}${7*7}<%=7*7%> sim",
    b"\xe2\x80\xaeknalb-mis\xe2\x80\xac\xc0\xaf\xed\xa0\x80",
    b"=HYPERLINK(\"http://sim.invalid\")",
    b"&lt;b&gt; </table></svg><!-- sim",
];

/// All that a coinbase says beside its miner's name.
pub(crate) struct Brief {
    pub height: u32,
    /// Unix seconds.
    pub time: u32,
    /// Subsidy and fees, satoshis.
    pub reward: u64,
    /// Merkle root of the block's witness transaction ids, the coinbase's being zero (BIP 141).
    pub witness_root: [u8; 32],
    /// Whether any other transaction of the block has a witness.
    pub needs_commitment: bool,
}

/// Builds the coinbase of `pool`'s block, or of an unknown miner's.
pub(crate) fn coinbase(dice: &mut Dice, pool: Option<&'static Pool>, brief: &Brief) -> Transaction {
    let style = pool.map_or_else(|| unknown_style(dice), |pool| pool.style);
    let script_sig = input_script(dice, pool, style, brief);
    let mut output = payouts(dice, pool, brief);
    let commits = brief.needs_commitment || !style.sparing;
    if commits {
        let commitment = sha256d(&[brief.witness_root, [0; 32]].concat());
        output.push(nothing([&WITNESS_COMMITMENT[..], &commitment[..]].concat()));
    }
    if style.side_chain {
        let digest: [u8; 32] = dice.bytes();
        output.push(nothing([&[0x6a, 0x29][..], SIDE_CHAIN, &digest[..]].concat()));
    }
    let witness = if commits { Witness::from_slice(&[[0; 32]]) } else { Witness::new() };
    Transaction {
        version: Version::ONE,
        lock_time: LockTime::ZERO,
        input: vec![TxIn { previous_output: OutPoint::null(), script_sig, sequence: Sequence::MAX, witness }],
        output,
    }
}

/// The coinbase of a simulated genesis: it says what it is, and pays nobody.
pub(crate) fn genesis(text: &str) -> Transaction {
    let mut bytes = text.as_bytes().to_vec();
    bytes.truncate(MAX_SCRIPT);
    Transaction {
        version: Version::ONE,
        lock_time: LockTime::ZERO,
        input: vec![TxIn {
            previous_output: OutPoint::null(),
            script_sig: ScriptBuf::from_bytes(bytes),
            sequence: Sequence::MAX,
            witness: Witness::new(),
        }],
        output: vec![nothing(vec![0x6a])],
    }
}

fn unknown_style(dice: &mut Dice) -> Style {
    Style {
        tagged: true,
        extranonce_first: dice.chance(1, 2),
        stamped: dice.chance(1, 4),
        merged: dice.chance(1, 8),
        side_chain: false,
        sparing: dice.chance(1, 4),
    }
}

fn input_script(dice: &mut Dice, pool: Option<&Pool>, style: Style, brief: &Brief) -> ScriptBuf {
    // BIP 34, with the small-number opcodes below 17 that Core asks for
    let mut bytes = Builder::new().push_int(i64::from(brief.height)).into_script().into_bytes();
    let text: &[u8] = match pool {
        Some(pool) if style.tagged => pool.tag.as_bytes(),
        Some(_) => b"",
        None if dice.chance(1, 5) => HOSTILE_TEXTS[dice.index(HOSTILE_TEXTS.len())],
        None => UNKNOWN_TEXTS[dice.index(UNKNOWN_TEXTS.len())],
    };
    let mut extranonce = vec![0; dice.between(4, 12) as usize];
    dice.fill(&mut extranonce);
    if style.stamped {
        bytes.push(4);
        bytes.extend_from_slice(&brief.time.to_le_bytes());
    }
    if style.extranonce_first {
        bytes.extend_from_slice(&extranonce);
    }
    if style.merged && text.len() < 30 {
        let root: [u8; 32] = dice.bytes();
        bytes.extend_from_slice(&MERGED_MINING_MAGIC);
        bytes.extend_from_slice(&root);
        // a tree of one chain, with nonce 0
        bytes.extend_from_slice(&[1, 0, 0, 0, 0, 0, 0, 0]);
    }
    bytes.extend_from_slice(text);
    if !style.extranonce_first {
        bytes.extend_from_slice(&extranonce);
    }
    bytes.truncate(MAX_SCRIPT);
    ScriptBuf::from_bytes(bytes)
}

fn payouts(dice: &mut Dice, pool: Option<&Pool>, brief: &Brief) -> Vec<TxOut> {
    let pay = |sats: u64, script_pubkey: ScriptBuf| TxOut { value: Amount::from_sat(sats), script_pubkey };
    let Some(pool) = pool else { return vec![pay(brief.reward, any_script(dice))] };
    match pool.payout {
        Payout::Known(forms) => {
            let which = dice.index(forms.len());
            vec![pay(brief.reward, pool.known_script(forms[which], which))]
        }
        Payout::Fresh(form) => vec![pay(brief.reward, script(form, dice.bytes()))],
        Payout::Split(forms) => {
            let mut left = brief.reward;
            let last = forms.len() - 1;
            (0..forms.len())
                .map(|which| {
                    let part = if which == last { left } else { left / 1_000 * u64::from(dice.between(200, 700)) };
                    left -= part;
                    pay(part, pool.known_script(forms[which], which))
                })
                .collect()
        }
    }
}

fn nothing(script: Vec<u8>) -> TxOut {
    TxOut { value: Amount::ZERO, script_pubkey: ScriptBuf::from_bytes(script) }
}

/// Where a first block of a chain hangs.
pub(crate) fn no_parent() -> BlockHash {
    BlockHash::all_zeros()
}
