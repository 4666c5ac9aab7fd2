//! The witness commitment in a coinbase (BIP 141). Source: Bitcoin Core `src/validation.cpp` (v29),
//! `CheckWitnessMalleation`.

use bitcoin::hex::DisplayHex;
use hashwatch_model::{BlockId, Coinbase, Network, Transactions};
use hashwatch_sha256d::sha256d;

use crate::{
    merkle::merkle_root,
    refusal::{Refusal, Rule},
};

/// How an output that commits begins: OP_RETURN, 36 bytes, four bytes of BIP 141's own.
const OPENS: [u8; 6] = [0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed];

/// What the coinbase commits to, if it does: the last output of that form counts.
pub fn commitment(coinbase: &Coinbase) -> Option<[u8; 32]> {
    let scripts = coinbase.outputs().iter().rev().map(|output| output.script_pubkey.as_bytes());
    scripts.filter_map(|script| script.strip_prefix(&OPENS)).find_map(|rest| rest.first_chunk().copied())
}

/// A block with witnesses must commit to them, in the way that BIP 141 says; before it was active none had any.
pub(crate) fn check(network: Network, id: BlockId, all: &Transactions, coinbase: &Coinbase) -> Result<(), Refusal> {
    let refuse = |expected: String, found: String| Err(Refusal::of(id, Rule::WitnessCommitment, expected, found));
    let active = id.height >= network.activations().segwit;
    let Some(committed) = commitment(coinbase).filter(|_| active) else {
        return match all.wtxids {
            None => Ok(()),
            Some(_) if active => refuse("a commitment to the witnesses".to_owned(), "none".to_owned()),
            Some(_) => refuse("no witness at this height".to_owned(), "some".to_owned()),
        };
    };
    let witness = &coinbase.transaction().input[0].witness;
    let reserved = match (witness.len(), witness.nth(0)) {
        (1, Some(reserved)) if reserved.len() == 32 => reserved,
        (items, _) => {
            let found = format!("{items} items, the first of {} bytes", witness.nth(0).map_or(0, <[u8]>::len));
            return refuse("one item of 32 bytes as the coinbase's witness".to_owned(), found);
        }
    };
    let mut leaves = all.wtxids.clone().unwrap_or_else(|| all.txids.clone());
    // the coinbase cannot commit to itself
    if let Some(first) = leaves.first_mut() {
        *first = [0; 32];
    }
    let (root, _) = merkle_root(&leaves);
    let computed = sha256d(&[&root[..], reserved].concat());
    if computed != committed {
        return refuse(computed.to_lower_hex_string(), committed.to_lower_hex_string());
    }
    Ok(())
}
