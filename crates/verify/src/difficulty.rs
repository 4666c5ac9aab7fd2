//! Which bits the next header must carry.
//!
//! Source: Bitcoin Core `src/pow.cpp` (v29), `GetNextWorkRequired` and `CalculateNextWorkRequired`; BIP 94 for testnet4.
//! The retarget measures the time from the first to the last block of an epoch, 2,015 intervals, and compares it
//! with the time of 2,016: an old slip, kept because it is consensus.

use bitcoin::{CompactTarget, Target};
use hashwatch_model::network::{EPOCH_BLOCKS, EPOCH_SECONDS};

use crate::tip::Tip;

/// What is known of the bits that the next header must carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// These.
    Exactly(CompactTarget),
    /// The epoch began below the chain's first block, so its length is not known: anything from the hardest to the
    /// easiest target that a retarget can give (Core `PermittedDifficultyTransition`).
    Between(CompactTarget, CompactTarget),
    /// No more than that a retarget gave them, or the limit is what they are: either way they are canonical.
    Unknown,
    /// Nothing: no rule made a genesis.
    Anything,
}

/// Bits for the block on top of the tip, if its header's time is `time`.
pub(crate) fn next(tip: &Tip, time: u32) -> Next {
    let rules = tip.network.retarget();
    if rules.never {
        // they stay what the genesis has
        return Next::Exactly(rules.limit);
    }
    let Some(parent) = &tip.last else {
        return if tip.start.height() == 0 { Next::Anything } else { Next::Unknown };
    };
    if !tip.next.is_multiple_of(u64::from(EPOCH_BLOCKS)) {
        if !rules.min_difficulty_blocks {
            return Next::Exactly(parent.bits);
        }
        // 20 minutes without a block: one at the limit is allowed
        if u64::from(time) > u64::from(parent.times.newest()) + 2 * 600 {
            return Next::Exactly(rules.limit);
        }
        return parent.ordinary.map_or(Next::Unknown, Next::Exactly);
    }
    match (parent.epoch, rules.bip94) {
        (Some(first), bip94) => {
            // BIP 94: the real difficulty stands in the epoch's first block, which the 20-minute rule cannot touch
            let from = if bip94 { first.bits } else { parent.bits };
            let seconds = i64::from(parent.times.newest()) - i64::from(first.time);
            Next::Exactly(retarget(from, seconds, rules.limit))
        }
        (None, true) => Next::Unknown,
        (None, false) => {
            let [hardest, easiest] = [i64::MIN, i64::MAX].map(|seconds| retarget(parent.bits, seconds, rules.limit));
            Next::Between(hardest, easiest)
        }
    }
}

/// Whether bits state a target within these two.
pub(crate) fn lies_between(bits: CompactTarget, hardest: CompactTarget, easiest: CompactTarget) -> bool {
    (Target::from_compact(hardest)..=Target::from_compact(easiest)).contains(&Target::from_compact(bits))
}

/// The one way in which a retarget writes the target of these bits.
pub(crate) fn canonical(bits: CompactTarget) -> CompactTarget {
    Target::from_compact(bits).to_compact_lossy()
}

/// New bits after an epoch at `bits` that took `seconds` from its first to its last block.
pub fn retarget(bits: CompactTarget, seconds: i64, limit: CompactTarget) -> CompactTarget {
    let expected = u64::from(EPOCH_SECONDS);
    let seconds = seconds.clamp(i64::from(EPOCH_SECONDS / 4), i64::from(EPOCH_SECONDS) * 4).unsigned_abs();
    let limit = Target::from_compact(limit);
    let target = scale(Target::from_compact(bits).to_be_bytes(), seconds, expected);
    let next = match target {
        Some(bytes) => Target::from_be_bytes(bytes).min(limit),
        None => limit,
    };
    next.to_compact_lossy()
}

/// `number * by / of` over 256-bit big-endian numbers; none where the product passes 256 bits and the quotient too.
///
/// Core's 256-bit product may overflow and wrap where the limit allows targets above 2^234 or so (regtest, sim,
/// which are ours to define); on every public network the product fits, and both agree.
fn scale(number: [u8; 32], by: u64, of: u64) -> Option<[u8; 32]> {
    // schoolbook: limbs of 32 bits, lowest first, one more limb for the product's carry
    let mut limbs = [0_u64; 10];
    for (limb, bytes) in limbs.iter_mut().zip(number.rchunks_exact(4)) {
        *limb = u64::from(u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]));
    }
    let mut carry = 0_u128;
    for limb in &mut limbs {
        let product = u128::from(*limb) * u128::from(by) + carry;
        *limb = (product & 0xffff_ffff) as u64;
        carry = product >> 32;
    }
    let mut remainder = 0_u128;
    for limb in limbs.iter_mut().rev() {
        let part = (remainder << 32) | u128::from(*limb);
        #[allow(clippy::cast_possible_truncation, reason = "the remainder is below `of`, so the quotient has 32 bits")]
        {
            *limb = (part / u128::from(of)) as u64;
        }
        remainder = part % u128::from(of);
    }
    if limbs[8..].iter().any(|limb| *limb != 0) {
        return None;
    }
    let mut out = [0; 32];
    for (bytes, limb) in out.rchunks_exact_mut(4).zip(limbs) {
        bytes.copy_from_slice(&u32::try_from(limb).ok()?.to_be_bytes());
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hashwatch_model::Network;
    use proptest::prelude::*;

    /// Mainnet's retarget at 32,256, the first that changed anything; times from the chain.
    #[test]
    fn first_real_retarget() {
        let limit = Network::Mainnet.retarget().limit;
        let next = retarget(CompactTarget::from_consensus(0x1d00_ffff), 1_262_152_739 - 1_261_130_161, limit);
        assert_eq!(next.to_consensus(), 0x1d00_d86a);
    }

    #[test]
    fn clamped_on_either_side() {
        let limit = Network::Mainnet.retarget().limit;
        let bits = CompactTarget::from_consensus(0x1c05_a3f4);
        let quarter = retarget(bits, i64::MIN, limit);
        assert_eq!(quarter, retarget(bits, i64::from(EPOCH_SECONDS / 4), limit));
        assert_eq!(quarter.to_consensus(), 0x1c01_68fd);
        assert_eq!(retarget(bits, i64::MAX, limit), retarget(bits, i64::from(EPOCH_SECONDS * 4), limit));
        // never easier than the limit
        assert_eq!(retarget(limit, i64::MAX, limit), limit);
    }

    proptest! {
        #[test]
        fn scaling_agrees_with_128_bits(number in 0..u128::from(u64::MAX), by in 1..10_000_000_u64, of in 1..10_000_000_u64) {
            let mut bytes = [0; 32];
            bytes[16..].copy_from_slice(&number.to_be_bytes());
            let mut expected = [0; 32];
            expected[16..].copy_from_slice(&(number * u128::from(by) / u128::from(of)).to_be_bytes());
            prop_assert_eq!(scale(bytes, by, of), Some(expected));
        }
    }
}
