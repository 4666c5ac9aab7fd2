//! Bits on networks whose difficulty no test can mine: the rules are asked about headers that were put there unasked.

use bitcoin::{CompactTarget, hashes::Hash};
use hashwatch_model::{BlockHash, BlockId, Header, Network};

use super::mining::{BEGIN, header};
use crate::{
    Rule, Start, Tip,
    rules::{check_bits, check_work},
};

fn bits(bits: u32) -> CompactTarget {
    CompactTarget::from_consensus(bits)
}

/// A chain whose first header stands at `height`, of these seconds after the one before and these bits.
fn put(network: Network, height: u32, headers: &[(u32, u32)]) -> (Tip, Option<Header>) {
    let mut tip = Tip::new(network, Start::Height(height));
    let mut below: Option<Header> = None;
    for (late, at) in headers {
        let time = below.map_or(BEGIN, |below| below.time) + late;
        let next = header(below.as_ref(), time, bits(*at));
        tip.put(next.block_hash().to_byte_array(), &next);
        below = Some(next);
    }
    (tip, below)
}

/// What is said of bits so many seconds later; where they are wrong, which would have been right.
fn on((tip, below): &(Tip, Option<Header>), late: u32, at: u32) -> Result<(), String> {
    let time = below.map_or(BEGIN, |below| below.time) + late;
    check_bits(tip, &header(below.as_ref(), time, bits(at))).map_err(|(rule, expected, found)| {
        assert_eq!((rule, found), (Rule::Bits, format!("{at:08x}")));
        expected
    })
}

#[test]
fn a_retarget_writes_a_target_one_way() {
    // the epoch was not seen to begin
    let chain = put(Network::Mainnet, 2_015, &[(0, 0x180a_b100)]);
    assert_eq!(on(&chain, 600, 0x180a_b100), Ok(()));
    assert_eq!(on(&chain, 600, 0x1900_0ab1), Err("180ab100".to_owned()));
    // nor can it be told on testnet4, whatever the target
    let chain = put(Network::Testnet4, 2_015, &[(0, 0x180a_b100)]);
    assert_eq!(on(&chain, 600, 0x1a0a_b100), Ok(()));
    assert_eq!(on(&chain, 600, 0x1b00_0ab1), Err("1a0ab100".to_owned()));
    // the first of a chain that begins in the middle
    for network in Network::ALL.into_iter().filter(|network| *network != Network::Regtest) {
        assert_eq!(on(&put(network, 100, &[]), 0, 0x180a_b100), Ok(()));
        assert_eq!(on(&put(network, 100, &[]), 0, 0x1900_0ab1), Err("180ab100".to_owned()), "{network}");
        // a genesis has what it has
        assert_eq!(on(&put(network, 0, &[]), 0, 0x1900_0ab1), Ok(()), "{network}");
    }
}

#[test]
fn limits_and_the_bits_of_genesis_blocks_are_written_that_way() {
    for network in Network::ALL {
        let limit = network.retarget().limit;
        assert_eq!(crate::difficulty::canonical(limit), limit, "{network}");
        assert!(network.genesis().is_none_or(|genesis| genesis.bits == limit), "{network}");
        assert_eq!(on(&put(network, 100, &[]), 0, limit.to_consensus()), Ok(()), "{network}");
    }
}

#[test]
fn regtest_has_its_limit_at_every_height() {
    for height in [0, 100, 2_016] {
        let refused = on(&put(Network::Regtest, height, &[]), 0, 0x1f7f_ffff);
        assert_eq!(refused, Err("207fffff".to_owned()), "{height}");
    }
}

/// Twenty minutes after its parent a block of the test networks may be easy; the next that is not must go back to what
/// was asked before, and where nothing was seen of that, it may have been anything.
#[test]
fn the_twenty_minute_rule_in_an_epoch_that_was_not_seen_to_begin() {
    let (easy, hard) = (0x1d00_ffff, 0x1b00_ffff);
    for network in [Network::Testnet3, Network::Testnet4] {
        let chain = |headers: &[(u32, u32)]| put(network, 100, headers);
        assert_eq!(on(&chain(&[(0, easy)]), 600, hard), Ok(()));
        let seen = chain(&[(0, easy), (600, hard)]);
        assert_eq!(on(&seen, 600, hard), Ok(()));
        assert_eq!(on(&seen, 600, easy), Err("1b00ffff".to_owned()));
        assert_eq!(on(&seen, 1_200, easy), Err("1b00ffff".to_owned()), "just not late enough");
        assert_eq!(on(&seen, 1_201, easy), Ok(()));
        assert_eq!(on(&seen, 1_201, hard), Err("1d00ffff".to_owned()), "late, it must be easy");
        let back = chain(&[(0, easy), (600, hard), (1_201, easy)]);
        assert_eq!(on(&back, 600, hard), Ok(()));
        assert_eq!(on(&back, 600, easy), Err("1b00ffff".to_owned()));
    }
}

/// Core's `SetCompact` shifts the sign bit out with the mantissa's low bytes: what is left is 0.
#[test]
fn a_sign_bit_states_no_target() {
    let id = BlockId { height: 100, hash: BlockHash::all_zeros() };
    for at in [0x0080_0000, 0x0180_0000, 0x0280_0000, 0x0380_0000, 0x2080_0000, 0x0281_0000, 0x2080_0001] {
        for network in Network::ALL {
            let (rule, _, found) = check_work(network, id, &header(None, BEGIN, bits(at))).unwrap_err();
            assert_eq!((rule, found), (Rule::TargetLimit, format!("{at:08x}")), "{network}");
        }
    }
    assert_eq!(check_work(Network::Mainnet, id, &header(None, BEGIN, bits(0x0200_8000))), Ok(()));
}
