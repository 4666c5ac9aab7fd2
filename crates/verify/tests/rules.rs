//! Each rule broken on a chain of our own: refused for that rule, and the chain stands as it was.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use bitcoin::{
    Amount, CompactTarget, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxMerkleNode, TxOut, Witness, absolute,
    block::Version, consensus, hashes::Hash, script, transaction,
};
use hashwatch_model::{BlockId, Body, Chunk, Header, Network, RawBlock, Transactions};
use hashwatch_verify::{HeaderTree, Rule, Start, verify_chunk};

#[path = "../src/tests/mining.rs"]
mod mining;

use mining::{NOW, bytes, chain, header, limit, mine};

/// A sim chain of `count` blocks, ten minutes apart, at `bits`.
fn sim(count: u32, bits: CompactTarget) -> (HeaderTree, Vec<Header>) {
    let headers = chain(None, count, 600, bits);
    let start = Start::Trusted(BlockId { height: 0, hash: headers[0].block_hash() });
    let mut tree = HeaderTree::new(Network::Sim, start);
    tree.extend(&bytes(&headers), NOW).unwrap();
    (tree, headers)
}

#[test]
fn each_header_rule() {
    let (mut tree, headers) = sim(30, limit());
    let last = headers.last().unwrap();
    let good = header(Some(last), last.time + 600, limit());
    let median = headers[24].time;
    let cases = [
        (Rule::Link, mine(Header { prev_blockhash: good.block_hash(), ..good })),
        (Rule::TargetLimit, mine(Header { bits: CompactTarget::from_consensus(0x207f_ffff), ..good })),
        (Rule::TargetLimit, Header { bits: CompactTarget::from_consensus(0), ..good }),
        (Rule::TargetLimit, Header { bits: CompactTarget::from_consensus(0x2080_0001), ..good }),
        (Rule::TargetLimit, Header { bits: CompactTarget::from_consensus(0xff00_ffff), ..good }),
        (Rule::Bits, mine(Header { bits: CompactTarget::from_consensus(0x2007_ffff), ..good })),
        (Rule::MedianTimePast, mine(Header { time: median, ..good })),
        (Rule::FutureTime, mine(Header { time: u32::try_from(NOW).unwrap() + 7_201, ..good })),
        (Rule::Version, mine(Header { version: Version::from_consensus(3), ..good })),
        (Rule::Version, mine(Header { version: Version::from_consensus(-1), ..good })),
    ];
    let before = tree.best();
    for (rule, bent) in cases {
        let refusal = tree.push(&bent, NOW).unwrap_err();
        assert_eq!(refusal.rule, rule, "{refusal}");
        assert_eq!((refusal.height, refusal.hash), (30, bent.block_hash()));
        assert!(!refusal.expected.is_empty() && !refusal.found.is_empty());
        assert_eq!(tree.best(), before);
    }
    let mut weak = good;
    while weak.validate_pow(weak.target()).is_ok() {
        weak.nonce += 1;
    }
    assert_eq!(tree.push(&weak, NOW).unwrap_err().rule, Rule::ProofOfWork);
    // each stands just outside its bound: on the bound they pass
    for fine in [Header { time: median + 1, ..good }, Header { time: u32::try_from(NOW).unwrap() + 7_200, ..good }] {
        tree.clone().push(&mine(fine), NOW).unwrap();
    }
    tree.push(&mine(good), NOW).unwrap();
}

/// 2,016 blocks in half the time: the next must carry half the target, nothing else.
#[test]
fn the_retarget_is_asked_for() {
    let bits = CompactTarget::from_consensus(0x200f_0000);
    let headers = chain(None, 2_016, 300, bits);
    let mut tree = HeaderTree::new(Network::Sim, Start::Trusted(BlockId { height: 0, hash: headers[0].block_hash() }));
    tree.extend(&bytes(&headers), NOW).unwrap();
    let last = headers.last().unwrap();
    let same = mine(header(Some(last), last.time + 300, bits));
    assert_eq!(tree.push(&same, NOW).unwrap_err().rule, Rule::Bits);
    // 2,015 intervals of 300 s against 1,209,600 s
    let target = u128::from(0x0f_0000_u32) << 64;
    let next = target * (2_015 * 300) / 1_209_600;
    let expected = CompactTarget::from_consensus(0x2000_0000 | u32::try_from(next >> 64).unwrap());
    tree.push(&mine(header(Some(last), last.time + 300, expected)), NOW).unwrap();
}

/// Regtest and testnet3 let a late block be easy.
#[test]
fn other_networks_begin_elsewhere() {
    let genesis = Network::Regtest.genesis().unwrap();
    let mut tree = HeaderTree::new(Network::Regtest, Start::Genesis);
    tree.push(&genesis, NOW).unwrap();
    let easy = Network::Regtest.retarget().limit;
    tree.push(&mine(header(Some(&genesis), genesis.time + 10_000, easy)), NOW).unwrap();
    let mut other = HeaderTree::new(Network::Mainnet, Start::Genesis);
    assert_eq!(other.push(&genesis, NOW).unwrap_err().rule, Rule::Genesis);
}

fn coinbase(script: ScriptBuf) -> Transaction {
    Transaction {
        version: transaction::Version::ONE,
        lock_time: absolute::LockTime::ZERO,
        input: vec![TxIn {
            previous_output: OutPoint::null(),
            script_sig: script,
            sequence: Sequence::MAX,
            witness: Witness::new(),
        }],
        output: vec![TxOut { value: Amount::from_sat(5_000_000_000), script_pubkey: ScriptBuf::new() }],
    }
}

fn block(below: &Header, height: u32, first: &Transaction) -> RawBlock {
    let txid = first.compute_txid().to_byte_array();
    let mut top = header(Some(below), below.time + 600, limit());
    top.merkle_root = TxMerkleNode::from_byte_array(txid);
    let top = mine(top);
    let id = BlockId { height, hash: top.block_hash() };
    RawBlock {
        id,
        header: top,
        tx_count: 1,
        coinbase: consensus::serialize(first),
        size: Some(300),
        body: Body::Whole(Transactions { txids: vec![txid], wtxids: None, weight: 1_200 }),
    }
}

#[test]
fn each_coinbase_rule() {
    let (mut tree, headers) = sim(20, limit());
    let last = headers.last().unwrap();
    let parent = tree.best();
    let script = |height: i64| script::Builder::new().push_int(height).push_opcode(bitcoin::opcodes::OP_0);
    let spend = {
        let mut tx = coinbase(script(20).into_script());
        tx.input[0].previous_output.vout = 0;
        tx
    };
    let long = ScriptBuf::from_bytes([script(20).into_bytes(), vec![0xff; 99]].concat());
    let cases = [
        (Rule::CoinbaseHeight, coinbase(script(19).into_script())),
        (Rule::CoinbaseHeight, coinbase(ScriptBuf::from_bytes(vec![0xff; 100]))),
        (Rule::CoinbaseLength, coinbase(ScriptBuf::from_bytes(vec![0x14]))),
        (Rule::CoinbaseLength, coinbase(long)),
        (Rule::Coinbase, spend),
    ];
    for (rule, tx) in cases {
        let chunk = Chunk { parent, blocks: vec![block(last, 20, &tx)] };
        let refusal = verify_chunk(&mut tree, chunk, NOW).unwrap_err();
        assert_eq!(refusal.rule, rule, "{refusal}");
    }
    let good = block(last, 20, &coinbase(script(20).into_script()));
    let verified = verify_chunk(&mut tree, Chunk { parent, blocks: vec![good] }, NOW).unwrap();
    assert_eq!(verified.blocks[0].facts().fees(), 0);
}

/// A chunk on a parent that is not in the tree, or at a height that is not next, is no chunk for it.
#[test]
fn a_chunk_must_stand_on_the_chain() {
    let (mut tree, headers) = sim(20, limit());
    let tx = coinbase(script::Builder::new().push_int(20).push_opcode(bitcoin::opcodes::OP_0).into_script());
    let top = block(headers.last().unwrap(), 20, &tx);
    let elsewhere = Some(BlockId { height: 5, hash: top.id.hash });
    let before = tree.best();
    let refusal = verify_chunk(&mut tree, Chunk { parent: elsewhere, blocks: vec![top.clone()] }, NOW).unwrap_err();
    assert_eq!(refusal.rule, Rule::Link);
    let low = Some(BlockId { height: 5, hash: headers[5].block_hash() });
    let refusal = verify_chunk(&mut tree, Chunk { parent: low, blocks: vec![top] }, NOW).unwrap_err();
    assert_eq!(refusal.rule, Rule::Link);
    assert_eq!(tree.best(), before);
}
