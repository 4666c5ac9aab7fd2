//! Writes the inputs that fuzzing begins with, into `seeds/`: `cargo run --example seeds` in this folder. They are of
//! our own making but for the genesis of regtest, and are kept, so that a run need not build this first.

use std::{fs, io, path::Path};

use bitcoin::{
    Amount, Block, BlockHash, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Witness, absolute,
    blockdata::constants::genesis_block, consensus, hashes::Hash, script, transaction,
};
use hashwatch_fuzz::mend;
use hashwatch_model::Network;

/// How an output that commits to the witnesses begins (BIP 141).
const COMMITS: [u8; 6] = [0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed];

fn transaction(previous_output: OutPoint, script_sig: ScriptBuf, witness: Witness, outputs: usize) -> Transaction {
    let input = TxIn { previous_output, script_sig, sequence: Sequence::MAX, witness };
    let pays = TxOut { value: Amount::from_sat(5_000_000), script_pubkey: ScriptBuf::from_bytes(vec![0x51]) };
    Transaction {
        version: transaction::Version::TWO,
        lock_time: absolute::LockTime::ZERO,
        input: vec![input],
        output: vec![pays; outputs],
    }
}

fn coinbase(height: u32, text: &str, witness: bool, outputs: usize) -> Transaction {
    let script = script::Builder::new().push_int(height.into()).into_script().into_bytes();
    let script = [&script, text.as_bytes()].concat();
    let mut first = transaction(OutPoint::null(), script.into(), Witness::new(), outputs);
    if witness {
        first.input[0].witness = Witness::from_slice(&[[0; 32]]);
        let script_pubkey = [&COMMITS[..], &[0; 32]].concat().into();
        first.output.push(TxOut { value: Amount::ZERO, script_pubkey });
    }
    first
}

/// A block of two transactions on `parent`.
fn block(network: Network, parent: BlockHash, height: u32, text: &str, outputs: usize) -> Block {
    let mut block = genesis_block(bitcoin::Network::Regtest);
    block.header.prev_blockhash = parent;
    block.header.version = bitcoin::block::Version::from_consensus(4);
    block.header.time += 600 * height;
    let spent = OutPoint { txid: block.txdata[0].compute_txid(), vout: 0 };
    let spends = transaction(spent, ScriptBuf::new(), Witness::from_slice(&[[7; 64]]), 2);
    block.txdata = vec![coinbase(height, text, true, outputs), spends];
    mend(network, &mut block);
    block
}

fn framed(network: Network, blocks: &[&Block]) -> Vec<u8> {
    let frames = blocks.iter().flat_map(|block| {
        let bytes = consensus::serialize(*block);
        let size = u32::try_from(bytes.len()).expect("a small block").to_le_bytes();
        [&network.magic()[..], &size, &bytes].concat()
    });
    frames.collect()
}

fn main() -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
    let write = |target: &str, name: &str, choices: &[u8], bytes: &[u8]| {
        fs::create_dir_all(folder.join(target))?;
        fs::write(folder.join(target).join(name), [choices, bytes].concat())
    };
    let network = Network::Regtest;
    let genesis = genesis_block(bitcoin::Network::Regtest);
    let one = block(network, genesis.block_hash(), 1, "/handmade/ of block one", 1);
    let beside = block(network, genesis.block_hash(), 1, "/beside/", 3);
    let two = block(network, one.block_hash(), 2, "\u{1f41f} of block two", 1);
    // longer than what is read whole: its front is asked for in steps
    let mut large = block(network, two.block_hash(), 3, "/large/", 1);
    large.txdata[0].output[0].script_pubkey = vec![0x6a; 17_000].into();
    mend(network, &mut large);
    let simulated = block(Network::Sim, BlockHash::all_zeros(), 0, "/simulated/", 1);

    // regtest is the fifth network, the simulated one the sixth; 8 mends
    write("block", "genesis", &[4, 90, 0], &consensus::serialize(&genesis))?;
    write("block", "witness", &[4, 255, 0], &consensus::serialize(&one))?;
    write("block", "mended", &[4 | 8, 120, 0], &consensus::serialize(&two))?;
    write("block", "simulated", &[5 | 8, 0, 1], &consensus::serialize(&simulated))?;
    let alone = Block { txdata: vec![coinbase(1, "alone", false, 1)], ..one.clone() };
    write("block", "alone", &[4 | 8, 0, 1], &consensus::serialize(&alone))?;

    let chain = framed(network, &[&genesis, &one, &beside, &two]);
    let waiting = framed(network, &[&two, &beside, &one, &genesis, &one]);
    write("block_files", "chain", &[0, 0, 0], &chain)?;
    write("block_files", "keyed", &[1 | 4, 44, 1], &chain)?;
    write("block_files", "two_files", &[2 | 4, 199, 0], &waiting)?;
    write("block_files", "settled", &[1 | 2 | 8, 199, 1], &chain)?;
    write("block_files", "mended", &[16 | 4, 0, 2], &waiting)?;
    write("block_files", "large", &[0, 0, 0], &framed(network, &[&genesis, &one, &two, &large]))?;
    write("block_files", "simulated", &[32 | 16, 0, 0], &framed(Network::Sim, &[&simulated]))?;
    let rubbish = [&chain[..200], b"rubbish", &chain[293..], &[0; 100]].concat();
    write("block_files", "damaged", &[4, 0, 2], &rubbish)?;

    let height = |height: u32| height.to_le_bytes();
    let choices = |network: u8, height: [u8; 4]| [&[network][..], &height].concat();
    let whole = consensus::serialize(&coinbase(227_931, "/handmade/ and more", true, 2));
    write("coinbase", "whole", &choices(8, height(227_931)), &whole)?;
    write("coinbase", "genesis", &choices(8, height(0)), &consensus::serialize(&genesis.txdata[0]))?;
    let signed = coinbase(840_000, "/ViaBTC/ /slush/\u{1f41f}", false, 0).input[0].script_sig.to_bytes();
    write("coinbase", "signed", &choices(0, height(840_000)), &signed)?;
    // two outputs, the second the larger
    let paid = [&[3, 0, 200, 8, 40, 0, 255, 24][..], &signed].concat();
    write("coinbase", "paid", &choices(2 << 4, height(840_000)), &paid)
}
