//! A handful of ordinary-looking payments for each block, so that merkle trees have branches. They spend outputs that
//! never were and are signed by noise: only a full node would mind, and none follows sim.

use bitcoin::{
    Amount, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Txid, Witness, absolute::LockTime, hashes::Hash,
    transaction::Version,
};

use crate::{
    pools::{Form, script},
    random::Dice,
};

const FORMS: [Form; 4] = [Form::P2pkh, Form::P2sh, Form::P2wpkh, Form::P2tr];

/// From none to five transactions; one block in 25 is empty.
pub(crate) fn payments(dice: &mut Dice) -> Vec<Transaction> {
    let count = if dice.chance(1, 25) { 0 } else { dice.between(1, 5) };
    (0..count).map(|_| payment(dice)).collect()
}

fn payment(dice: &mut Dice) -> Transaction {
    let inputs = dice.between(1, 2);
    let outputs = dice.between(1, 3);
    Transaction {
        version: Version::TWO,
        lock_time: LockTime::ZERO,
        input: (0..inputs).map(|_| input(dice)).collect(),
        output: (0..outputs)
            .map(|_| TxOut { value: Amount::from_sat(u64::from(dice.number())), script_pubkey: any_script(dice) })
            .collect(),
    }
}

/// Spends a P2PKH (before segwit) or a P2WPKH output.
fn input(dice: &mut Dice) -> TxIn {
    let previous_output = OutPoint::new(Txid::from_byte_array(dice.bytes()), dice.below(3));
    let signature: [u8; 71] = dice.bytes();
    let mut key: [u8; 33] = dice.bytes();
    key[0] = 2 + key[0] % 2;
    let (script_sig, witness) = if dice.chance(3, 4) {
        (ScriptBuf::new(), Witness::from_slice(&[&signature[..], &key[..]]))
    } else {
        (bitcoin::script::Builder::new().push_slice(signature).push_slice(key).into_script(), Witness::new())
    };
    TxIn { previous_output, script_sig, sequence: Sequence::ENABLE_RBF_NO_LOCKTIME, witness }
}

/// A payout to somebody nobody knows.
pub(crate) fn any_script(dice: &mut Dice) -> ScriptBuf {
    let form = FORMS[dice.index(FORMS.len())];
    script(form, dice.bytes())
}
