//! The witness commitment on blocks made for it: which output counts, what must be reserved, and from when on.

use bitcoin::{
    Amount, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Witness, absolute, consensus, hashes::Hash,
    transaction,
};
use hashwatch_model::{BlockHash, BlockId, Coinbase, Network, Transactions};
use hashwatch_sha256d::sha256d;

use crate::{Rule, merkle_root, witness};

const RESERVED: [u8; 32] = [7; 32];

/// An output that commits to these 32 bytes, with `more` behind them.
fn commits_to(root: [u8; 32], more: &[u8]) -> ScriptBuf {
    ScriptBuf::from_bytes([&[0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed], &root[..], more].concat())
}

/// What a block of a coinbase and one other transaction commits to.
fn right() -> [u8; 32] {
    sha256d(&[&merkle_root(&[[0; 32], [2; 32]]).0[..], &RESERVED].concat())
}

/// Such a block, whose coinbase has these outputs and this witness.
fn judged(height: u32, network: Network, outputs: &[ScriptBuf], witness: &[&[u8]], segwit: bool) -> Result<(), Rule> {
    let tx = Transaction {
        version: transaction::Version::ONE,
        lock_time: absolute::LockTime::ZERO,
        input: vec![TxIn {
            previous_output: OutPoint::null(),
            script_sig: ScriptBuf::from_bytes(vec![1, 2, 3]),
            sequence: Sequence::MAX,
            witness: Witness::from_slice(witness),
        }],
        output: outputs.iter().map(|script| TxOut { value: Amount::ZERO, script_pubkey: script.clone() }).collect(),
    };
    let coinbase = Coinbase::from_bytes(consensus::serialize(&tx)).unwrap();
    let id = BlockId { height, hash: BlockHash::all_zeros() };
    let all = Transactions {
        txids: vec![tx.compute_txid().to_byte_array(), [1; 32]],
        wtxids: segwit.then(|| vec![tx.compute_wtxid().to_byte_array(), [2; 32]]),
        weight: 0,
    };
    witness::check(network, id, &all, &coinbase).map_err(|refusal| refusal.rule)
}

const REFUSED: Result<(), Rule> = Err(Rule::WitnessCommitment);

#[test]
fn what_is_reserved_is_one_item_of_32_bytes() {
    let good = [commits_to(right(), &[])];
    let on_sim = |witness: &[&[u8]]| judged(5, Network::Sim, &good, witness, true);
    assert_eq!(on_sim(&[&RESERVED]), Ok(()));
    assert_eq!(on_sim(&[&[8; 32]]), REFUSED, "another value");
    assert_eq!(on_sim(&[]), REFUSED, "none");
    assert_eq!(on_sim(&[&RESERVED[..31]]), REFUSED, "too short");
    assert_eq!(on_sim(&[&[7; 33]]), REFUSED, "too long");
    assert_eq!(on_sim(&[&RESERVED, &RESERVED]), REFUSED, "two");
}

#[test]
fn the_last_output_that_commits_counts() {
    let (good, bad) = (commits_to(right(), &[]), commits_to([9; 32], &[]));
    let pays = ScriptBuf::from_bytes(vec![0x51]);
    let with = |outputs: &[ScriptBuf]| judged(5, Network::Sim, outputs, &[&RESERVED], true);
    assert_eq!(with(&[bad.clone(), good.clone(), pays.clone()]), Ok(()));
    assert_eq!(with(&[good.clone(), bad.clone()]), REFUSED);
    // more bytes behind the 38 change nothing; fewer, or another opening, make it no commitment
    assert_eq!(with(&[commits_to(right(), &[1, 2, 3])]), Ok(()));
    assert_eq!(with(&[good.clone(), ScriptBuf::from_bytes(bad.as_bytes()[..37].to_vec())]), Ok(()));
    let mut other = bad.into_bytes();
    other[5] = 0xee;
    assert_eq!(with(&[good, ScriptBuf::from_bytes(other)]), Ok(()));
    assert_eq!(with(&[pays]), REFUSED, "witnesses and no commitment");
}

#[test]
fn without_a_witness_nothing_need_be_committed_to() {
    assert_eq!(judged(5, Network::Sim, &[], &[], false), Ok(()));
    // but who commits must do so rightly: the coinbase's witness is missing
    assert_eq!(judged(5, Network::Sim, &[commits_to(right(), &[])], &[], false), REFUSED);
}

#[test]
fn before_its_height_there_is_no_witness() {
    let begins = Network::Mainnet.activations().segwit;
    let good = [commits_to(right(), &[])];
    assert_eq!(judged(begins, Network::Mainnet, &good, &[&RESERVED], true), Ok(()));
    assert_eq!(judged(begins - 1, Network::Mainnet, &good, &[&RESERVED], true), REFUSED);
    // what looks like a commitment meant nothing then
    assert_eq!(judged(begins - 1, Network::Mainnet, &[commits_to([9; 32], &[])], &[], false), Ok(()));
}
