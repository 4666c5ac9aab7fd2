//! What the fuzz targets share: a bound on memory, and a header made to fit its block, without which no input that the
//! fuzzer thinks of would get past the first hash.

use bitcoin::{Block, Script, TxMerkleNode, block::Header, hashes::Hash, script::Instruction};
use hashwatch_model::{Coinbase, Network};
use hashwatch_verify::witness_commitment;
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// What may be allocated at once whatever the input: rust-bitcoin lays out 16 MB for a witness of four million empty items
/// on the word of its count, doubles that for an item that does not fit any more (of at most 4 MB), and has both while it
/// copies; and a block file is searched in windows of 1 MiB.
const AT_LEAST: usize = 56 << 20;
/// And for each byte of the input: an empty transaction of 10 bytes takes some 60 once decoded, and there are copies.
const PER_BYTE: usize = 64;

/// A time at which every header of the seeds is in the past: there is no clock here, for an input must do the same
/// tomorrow.
pub const NOW: u64 = 2_000_000_000;

/// Works on an input of so many bytes, in bounded memory.
pub fn bounded(bytes: usize, work: impl FnOnce()) {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    work();
    let taken = MEMORY.peak_usage().saturating_sub(before);
    assert!(taken <= AT_LEAST + PER_BYTE * bytes, "{bytes} bytes of input took {taken} bytes of memory");
}

/// Gives the header the merkle root of its transactions, the coinbase the commitment to their witnesses where it has
/// room for one, and does the work.
pub fn mend(network: Network, block: &mut Block) {
    if let Some(root) = block.witness_root() {
        commit(block, root.to_byte_array());
    }
    block.header.merkle_root = block.compute_merkle_root().unwrap_or(TxMerkleNode::all_zeros());
    work(network, &mut block.header);
}

/// Finds a nonce, on a network where that takes a few tries.
pub fn work(network: Network, header: &mut Header) {
    header.bits = network.retarget().limit;
    if matches!(network, Network::Regtest | Network::Sim) {
        while header.validate_pow(header.target()).is_err() {
            header.nonce = header.nonce.wrapping_add(1);
        }
    }
}

fn commit(block: &mut Block, root: [u8; 32]) {
    let Some(first) = block.txdata.first_mut() else { return };
    let Ok(coinbase) = Coinbase::from_bytes(bitcoin::consensus::serialize(first)) else { return };
    let reserved = first.input[0].witness.nth(0).and_then(|item| <[u8; 32]>::try_from(item).ok());
    let (Some(old), Some(reserved)) = (witness_commitment(&coinbase), reserved) else { return };
    let new = Block::compute_witness_commitment(&bitcoin::WitnessMerkleNode::from_byte_array(root), &reserved);
    for output in &mut first.output {
        let script = output.script_pubkey.as_bytes();
        if script.get(6..38) == Some(&old[..]) {
            output.script_pubkey = [&script[..6], new.as_byte_array(), &script[38..]].concat().into();
        }
    }
}

/// The height that an input script opens with, as BIP 34 has it; 0 where it is none. Heights from 2^31 on take five bytes,
/// which is more than a script reckons with, so rust-bitcoin's own reader is not enough.
pub fn stated_height(script: &Script) -> u32 {
    match script.instructions().next() {
        Some(Ok(Instruction::PushBytes(bytes))) if bytes.len() <= 5 => {
            let value = bytes.as_bytes().iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte));
            u32::try_from(value).unwrap_or(0)
        }
        Some(Ok(Instruction::Op(op))) if (OP_PUSHNUM_1..=OP_PUSHNUM_16).contains(&op.to_u8()) => {
            u32::from(op.to_u8() - OP_PUSHNUM_1 + 1)
        }
        _ => 0,
    }
}

const OP_PUSHNUM_1: u8 = 0x51;
const OP_PUSHNUM_16: u8 = 0x60;
