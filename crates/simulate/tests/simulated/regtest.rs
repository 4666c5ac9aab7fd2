//! Regtest chains keep to regtest's rules, so that a real node takes them.

use bitcoin::constants;
use hashwatch_model::Network;
use hashwatch_simulate::Plan;

use crate::files::{made, split, stored};

#[test]
fn regtest_chains_are_valid() {
    let (dir, note) = made(&Plan::new(Network::Regtest, 500, 6));
    let (active, _) = split(stored(dir.path(), Network::Regtest.magic()));
    let genesis = constants::genesis_block(bitcoin::Network::Regtest);
    assert_eq!(active[0].block(), genesis);
    assert_eq!(note.genesis.hash, genesis.block_hash());
    assert_eq!(active.len(), 500);
    for (height, stored) in active.iter().enumerate().skip(1) {
        let block = stored.block();
        assert_eq!(block.header.bits.to_consensus(), 0x207f_ffff);
        assert!(block.header.validate_pow(block.header.target()).is_ok());
        assert!(block.check_merkle_root() && block.check_witness_commitment());
        assert_eq!(block.txdata.len(), 1);
        let paid: u64 = block.txdata[0].output.iter().map(|output| output.value.to_sat()).sum();
        assert_eq!(paid, Network::Regtest.subsidy(u32::try_from(height).unwrap()));
        assert_eq!(block.bip34_block_height().ok(), Some(height as u64).filter(|height| *height > 16));
    }
}

/// The heights that a number's push would be longer for: Core asks for the opcode.
#[test]
fn small_heights_are_opcodes() {
    let (dir, _) = made(&Plan::new(Network::Regtest, 20, 6));
    let (active, _) = split(stored(dir.path(), Network::Regtest.magic()));
    for (height, stored) in active.iter().enumerate().skip(1).take(16) {
        let script = stored.block().txdata[0].input[0].script_sig.to_bytes();
        assert_eq!(usize::from(script[0]), 0x50 + height);
        assert!(script.len() >= 2);
    }
}
