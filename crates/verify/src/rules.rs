//! The rules of a header, one at a time. Source: Bitcoin Core `src/validation.cpp` (v29), `CheckBlockHeader` and
//! `ContextualCheckBlockHeader`; BIPs 34, 65, 66, 90, 94, 113.

use bitcoin::{Target, hashes::Hash};
use hashwatch_model::{BlockId, Header, Network, network::EPOCH_BLOCKS};

use crate::{
    difficulty::{self, Next},
    refusal::Rule,
    times::MEDIAN_BLOCKS,
    tip::{Start, Tip, block_hash},
};

/// Seconds that a header may be ahead of the clock.
const MAX_AHEAD: u64 = 2 * 60 * 60;
/// Seconds that the first block of an epoch may lie before its parent (BIP 94).
const MAX_TIME_WARP: u32 = 600;

/// A rule, what it asks, what was found.
pub(crate) type Broken = (Rule, String, String);

/// Whether the header may stand on the tip.
pub(crate) fn check(tip: &Tip, id: BlockId, header: &Header, now: u64) -> Result<(), Broken> {
    match &tip.last {
        Some(last) if header.prev_blockhash.to_byte_array() != last.hash => {
            let expected = format!("parent {}", block_hash(last.hash));
            return Err((Rule::Link, expected, header.prev_blockhash.to_string()));
        }
        Some(_) => {}
        None => check_start(tip, id)?,
    }
    check_work(tip.network, id, header)?;
    check_bits(tip, header)?;
    check_median(tip, header.time)?;
    if let Some(last) = &tip.last {
        check_time_warp(tip.network, id.height, last.times.newest(), header.time)?;
    }
    if header.time > latest(now) {
        return Err((Rule::FutureTime, format!("{} or earlier", latest(now)), header.time.to_string()));
    }
    check_version(tip.network, id.height, header)
}

fn check_start(tip: &Tip, id: BlockId) -> Result<(), Broken> {
    let expected = match (tip.start, tip.network.genesis()) {
        (Start::Trusted(start), _) => start.hash,
        (Start::Genesis | Start::Height(0), Some(genesis)) => genesis.block_hash(),
        (Start::Genesis | Start::Height(_), _) => id.hash,
    };
    if id.hash == expected { Ok(()) } else { Err((Rule::Genesis, expected.to_string(), id.hash.to_string())) }
}

/// Proof of work, and a target that the network allows. Source: Core `CheckProofOfWorkImpl`.
pub(crate) fn check_work(network: Network, id: BlockId, header: &Header) -> Result<(), Broken> {
    let bits = header.bits.to_consensus();
    let limit = Target::from_compact(network.retarget().limit);
    let target = Target::from_compact(header.bits);
    // a set sign bit or a value past 256 bits states no target: it is negative, or nothing is left of it
    let signed = bits & 0x0080_0000 != 0;
    let (size, word) = (bits >> 24, bits & 0x007f_ffff);
    let overflow = word != 0 && (size > 34 || (word > 0xff && size > 33) || (word > 0xffff && size > 32));
    if signed || overflow || target == Target::ZERO || target > limit {
        let expected = format!("a target of at most {:08x}", network.retarget().limit.to_consensus());
        return Err((Rule::TargetLimit, expected, format!("{bits:08x}")));
    }
    if Target::from_le_bytes(id.hash.to_byte_array()) > target {
        return Err((Rule::ProofOfWork, format!("a hash of at most {target:x}"), id.hash.to_string()));
    }
    Ok(())
}

/// The bits that the retarget rules give; where the chain does not reach back far enough, those that they might give.
pub(crate) fn check_bits(tip: &Tip, header: &Header) -> Result<(), Broken> {
    let bits = header.bits;
    let expected = match difficulty::next(tip, header.time) {
        Next::Exactly(expected) if bits != expected => format!("{:08x}", expected.to_consensus()),
        Next::Between(hardest, easiest) if !difficulty::lies_between(bits, hardest, easiest) => {
            format!("{:08x} to {:08x}", hardest.to_consensus(), easiest.to_consensus())
        }
        // the same target, but no retarget writes it so
        Next::Between(..) | Next::Unknown if bits != difficulty::canonical(bits) => {
            format!("{:08x}", difficulty::canonical(bits).to_consensus())
        }
        _ => return Ok(()),
    };
    Err((Rule::Bits, expected, format!("{:08x}", bits.to_consensus())))
}

/// BIP 113. With fewer than eleven blocks below, and not at the network's genesis, those that are not known may be as
/// early as it takes: only a header that no past could allow is refused.
fn check_median(tip: &Tip, time: u32) -> Result<(), Broken> {
    let Some(last) = &tip.last else { return Ok(()) };
    let complete = tip.start.height() == 0 || last.times.known == MEDIAN_BLOCKS;
    let after = if complete { Some(last.times.median()) } else { last.times.sixth_latest() };
    let Some(after) = after.filter(|after| time <= *after) else { return Ok(()) };
    Err((Rule::MedianTimePast, format!("later than {after}"), time.to_string()))
}

/// BIP 94: the first block of an epoch may not lie far before its parent, or an epoch could be made to seem long.
fn check_time_warp(network: Network, height: u32, parent_time: u32, time: u32) -> Result<(), Broken> {
    let earliest = parent_time.saturating_sub(MAX_TIME_WARP);
    if network.retarget().bip94 && height.is_multiple_of(EPOCH_BLOCKS) && time < earliest {
        return Err((Rule::TimeWarp, format!("{earliest} or later"), time.to_string()));
    }
    Ok(())
}

/// The latest time that a header may have when the clock shows `now`.
pub(crate) fn latest(now: u64) -> u32 {
    u32::try_from(now.saturating_add(MAX_AHEAD)).unwrap_or(u32::MAX)
}

fn check_version(network: Network, height: u32, header: &Header) -> Result<(), Broken> {
    let version = header.version.to_consensus();
    match least_version(network, height) {
        Some((least, bip, from)) if version < least => {
            Err((Rule::Version, format!("at least {least} (BIP {bip} from height {from})"), version.to_string()))
        }
        _ => Ok(()),
    }
}

/// The least version at a height, by which BIP, and from which height on.
pub(crate) fn least_version(network: Network, height: u32) -> Option<(i32, u8, u32)> {
    let begins = network.activations();
    let stages = [(4, 65, begins.bip65), (3, 66, begins.bip66), (2, 34, begins.bip34)];
    stages.into_iter().find(|(_, _, from)| height >= *from)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No test can mine testnet4's difficulty, so the rule is asked directly.
    #[test]
    fn a_warped_epoch_is_refused_on_testnet4_alone() {
        let refused = check_time_warp(Network::Testnet4, 2_016, 10_000, 9_399).unwrap_err();
        assert_eq!(refused.0, Rule::TimeWarp);
        assert!(check_time_warp(Network::Testnet4, 2_016, 10_000, 9_400).is_ok());
        assert!(check_time_warp(Network::Testnet4, 2_017, 10_000, 1).is_ok());
        assert!(check_time_warp(Network::Testnet3, 2_016, 10_000, 1).is_ok());
    }

    #[test]
    fn each_version_from_its_height_on() {
        let least = |height| least_version(Network::Mainnet, height).map(|(least, _, _)| least);
        assert_eq!([227_930, 227_931, 363_724, 363_725].map(least), [None, Some(2), Some(2), Some(3)]);
        assert_eq!([388_380, 388_381, u32::MAX].map(least), [Some(3), Some(4), Some(4)]);
    }
}
