//! Which bits a simulated block must carry. Its own copy of the rule: what checks the chain must not have made it.
//!
//! Source: Bitcoin Core `src/pow.cpp` (v29), `CalculateNextWorkRequired`. Products are taken exactly, wider than 256
//! bits, because sim's easy targets would overflow there.

use bitcoin::{CompactTarget, Target};
use hashwatch_model::network::EPOCH_SECONDS;

/// Bits after an epoch at `bits` that took `seconds` from its first block to its last: 2,015 intervals, measured
/// against the time of 2,016.
pub(crate) fn retarget(bits: CompactTarget, seconds: i64, limit: CompactTarget) -> CompactTarget {
    let expected = i64::from(EPOCH_SECONDS);
    let seconds = seconds.clamp(expected / 4, expected * 4).unsigned_abs();
    let scaled = scale(Target::from_compact(bits).to_be_bytes(), seconds, expected.unsigned_abs());
    Target::from_be_bytes(scaled).min(Target::from_compact(limit)).to_compact_lossy()
}

/// Bits at which a block takes `milli_hashes` thousandths of a hash on average.
pub(crate) fn bits_for(milli_hashes: u64, limit: CompactTarget) -> CompactTarget {
    let target = scale([0xff; 32], 1_000, milli_hashes);
    Target::from_be_bytes(target).min(Target::from_compact(limit)).to_compact_lossy()
}

/// `number * by / of` over big-endian bytes, at most 2^256 - 1. `by` and `of` are below 2^40.
fn scale(number: [u8; 32], by: u64, of: u64) -> [u8; 32] {
    // 8 bytes more than the number has, for the product
    let mut wide = [0_u8; 40];
    let mut carry = 0_u64;
    for (place, digit) in wide[8..].iter_mut().zip(number).rev() {
        carry += u64::from(digit) * by;
        *place = carry.to_le_bytes()[0];
        carry >>= 8;
    }
    wide[..8].copy_from_slice(&carry.to_be_bytes());
    let mut remainder = 0_u64;
    for place in &mut wide {
        let part = remainder << 8 | u64::from(*place);
        *place = (part / of).to_le_bytes()[0];
        remainder = part % of;
    }
    if wide[..8].iter().any(|byte| *byte != 0) {
        return [0xff; 32];
    }
    let mut quotient = [0; 32];
    quotient.copy_from_slice(&wide[8..]);
    quotient
}

#[cfg(test)]
mod tests {
    use super::*;
    use bitcoin::{Network as BitcoinNetwork, params::Params};
    use hashwatch_model::Network;
    use proptest::prelude::*;

    #[test]
    fn bits_for_an_average() {
        let limit = Network::Sim.retarget().limit;
        // 2^256 / 2^7
        assert_eq!(bits_for(128_000, limit).to_consensus(), 0x2001_ffff);
        assert_eq!(bits_for(1, limit), limit);
    }

    #[test]
    fn an_easy_target_does_not_wrap() {
        let limit = Network::Sim.retarget().limit;
        assert_eq!(retarget(limit, i64::MAX, limit), limit);
        assert_eq!(retarget(limit, 0, limit).to_consensus(), 0x2003_ffff);
    }

    proptest! {
        /// Where the product fits 256 bits, the bitcoin crate's own arithmetic says the same.
        #[test]
        fn agrees_with_the_bitcoin_crate(mantissa in 0x8000_u32..0x0080_0000, size in 5_u32..0x1c, seconds in 0_u32..10_000_000) {
            let params = Params::new(BitcoinNetwork::Bitcoin);
            let bits = CompactTarget::from_consensus(size << 24 | mantissa);
            let expected = CompactTarget::from_next_work_required(bits, u64::from(seconds), params);
            prop_assert_eq!(retarget(bits, i64::from(seconds), Network::Mainnet.retarget().limit), expected);
        }
    }
}
