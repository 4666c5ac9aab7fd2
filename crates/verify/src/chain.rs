//! The header chain from its start to its tip, and the rules that let a header on.

use bitcoin::{Target, hashes::Hash};
use hashwatch_model::{BlockHash, BlockId, Header, Network, Work};
use hashwatch_sha256d::{HEADER_BYTES, sha256d};

use crate::{
    difficulty::next_bits,
    link::Link,
    refusal::{Refusal, Rule},
};

/// Blocks whose times make a median time past (BIP 113).
const MEDIAN_BLOCKS: usize = 11;
/// Seconds that a header may be ahead of the clock.
const MAX_AHEAD: u64 = 2 * 60 * 60;
/// Seconds that the first block of an epoch may lie before its parent (BIP 94).
const MAX_TIME_WARP: u32 = 600;

/// Where a chain begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// The network's genesis.
    Genesis,
    /// A block that the operator trusts, or a simulated chain's own genesis: its proof of work is checked against
    /// its own bits, and of the rules that look back those that find what they need above it.
    Trusted(BlockId),
}

/// A chain of verified headers. Chainwork counts from its first block.
#[derive(Clone, Debug)]
pub struct HeaderChain {
    network: Network,
    start: Start,
    links: Vec<Link>,
}

impl HeaderChain {
    /// An empty chain. `Start::Genesis` on the `sim` network takes any header as genesis: each chain has its own.
    pub fn new(network: Network, start: Start) -> HeaderChain {
        HeaderChain { network, start, links: Vec::new() }
    }

    /// The network whose rules hold.
    pub fn network(&self) -> Network {
        self.network
    }

    /// Height of the first block, whether it is here yet or not.
    pub fn base(&self) -> u32 {
        match self.start {
            Start::Genesis => 0,
            Start::Trusted(id) => id.height,
        }
    }

    /// The last header; none while the chain is empty.
    pub fn tip(&self) -> Option<BlockId> {
        let above = u32::try_from(self.links.len()).ok()?.checked_sub(1)?;
        self.id_at(self.base() + above)
    }

    /// The block at a height of this chain.
    pub fn id_at(&self, height: u32) -> Option<BlockId> {
        let link = self.links.get(height.checked_sub(self.base())? as usize)?;
        Some(BlockId { height, hash: link.hash })
    }

    /// Height that the next header will have.
    pub fn next_height(&self) -> u32 {
        self.base().saturating_add(u32::try_from(self.links.len()).unwrap_or(u32::MAX))
    }

    /// Expected hashes from the start to the tip.
    pub fn chainwork(&self) -> Option<Work> {
        self.links.last().map(|link| link.chainwork)
    }

    /// Cuts the chain back so that `parent` is its tip (to nothing where `parent` is none) and hands over what was
    /// above. None, and nothing changed, where `parent` is not part of the chain.
    pub(crate) fn cut_off(&mut self, parent: Option<BlockId>) -> Option<Vec<Link>> {
        let keep = match parent {
            None => 0,
            Some(id) if self.id_at(id.height) == Some(id) => (id.height - self.base()) as usize + 1,
            Some(_) => return None,
        };
        Some(self.links.split_off(keep))
    }

    /// Undoes [`HeaderChain::cut_off`] and whatever was pushed since.
    pub(crate) fn put_back(&mut self, parent: Option<BlockId>, removed: Vec<Link>) {
        let keep = parent.map_or(0, |id| (id.height - self.base()) as usize + 1);
        self.links.truncate(keep);
        self.links.extend(removed);
    }

    /// Lets the next header on, or says which rule it breaks. `now` is Unix seconds. Gives the median time past that
    /// holds from this block on, and the chainwork up to it.
    pub fn push(&mut self, header: &Header, now: u64) -> Result<(u32, Work), Refusal> {
        let hash = header_hash(header);
        let id = BlockId { height: self.next_height(), hash };
        self.check(id, header, now).map_err(|(rule, expected, found)| Refusal {
            height: id.height,
            hash,
            rule,
            expected,
            found,
        })?;
        let chainwork = match self.links.as_slice() {
            // same bits, same work: a difference in place of a 256-bit division
            [.., before, parent] if parent.bits == header.bits => {
                parent.chainwork + (parent.chainwork - before.chainwork)
            }
            [.., parent] => parent.chainwork + header.work(),
            [] => header.work(),
        };
        let median_time = self.median_time_with(header.time);
        self.links.push(Link { hash, time: header.time, bits: header.bits, median_time, chainwork });
        Ok((median_time, chainwork))
    }

    fn check(&self, id: BlockId, header: &Header, now: u64) -> Result<(), (Rule, String, String)> {
        match self.links.last() {
            Some(parent) if header.prev_blockhash != parent.hash => {
                return Err((Rule::Link, format!("parent {}", parent.hash), header.prev_blockhash.to_string()));
            }
            Some(_) => {}
            None => self.check_start(id)?,
        }
        check_work(self.network, id, header)?;
        if let Some(parent) = self.links.last() {
            if let Some(bits) = next_bits(self.network, self.base(), &self.links, header.time)
                && bits != header.bits
            {
                return Err((
                    Rule::Bits,
                    format!("{:08x}", bits.to_consensus()),
                    format!("{:08x}", header.bits.to_consensus()),
                ));
            }
            // a trusted start has too few blocks below it for a while: what the network saw may differ
            let complete = self.base() == 0 || self.links.len() >= MEDIAN_BLOCKS;
            if complete && header.time <= parent.median_time {
                return Err((
                    Rule::MedianTimePast,
                    format!("later than {}", parent.median_time),
                    header.time.to_string(),
                ));
            }
            check_time_warp(self.network, id.height, parent.time, header.time)?;
        }
        if u64::from(header.time) > now.saturating_add(MAX_AHEAD) {
            return Err((Rule::FutureTime, format!("{} or earlier", now + MAX_AHEAD), header.time.to_string()));
        }
        check_version(self.network, id.height, header)
    }

    fn check_start(&self, id: BlockId) -> Result<(), (Rule, String, String)> {
        let expected = match self.start {
            Start::Trusted(start) => start.hash,
            Start::Genesis => match self.network.genesis() {
                Some(genesis) => genesis.block_hash(),
                None => id.hash,
            },
        };
        if id.hash == expected { Ok(()) } else { Err((Rule::Genesis, expected.to_string(), id.hash.to_string())) }
    }

    /// Median of `time` and the ten times below it; of fewer near the start of the chain.
    fn median_time_with(&self, time: u32) -> u32 {
        let mut times = [time; MEDIAN_BLOCKS];
        let below = self.links.iter().rev().take(MEDIAN_BLOCKS - 1);
        let count = 1 + below.len();
        for (slot, link) in times[1..].iter_mut().zip(below) {
            *slot = link.time;
        }
        times[..count].sort_unstable();
        times[count / 2]
    }
}

/// The hash of a header by our own double SHA-256.
pub(crate) fn header_hash(header: &Header) -> BlockHash {
    let bytes = bitcoin::consensus::serialize(header);
    debug_assert_eq!(bytes.len(), HEADER_BYTES);
    BlockHash::from_byte_array(sha256d(&bytes))
}

/// Proof of work, and a target that the network allows. Source: Core `CheckProofOfWorkImpl`.
pub(crate) fn check_work(network: Network, id: BlockId, header: &Header) -> Result<(), (Rule, String, String)> {
    let bits = header.bits.to_consensus();
    let limit = Target::from_compact(network.retarget().limit);
    let target = Target::from_compact(header.bits);
    // a set sign bit or a value past 256 bits states no target
    let negative = bits & 0x0080_0000 != 0 && bits & 0x007f_ffff != 0;
    let (size, word) = (bits >> 24, bits & 0x007f_ffff);
    let overflow = word != 0 && (size > 34 || (word > 0xff && size > 33) || (word > 0xffff && size > 32));
    if negative || overflow || target == Target::ZERO || target > limit {
        return Err((
            Rule::TargetLimit,
            format!("a target of at most {:08x}", network.retarget().limit.to_consensus()),
            format!("{bits:08x}"),
        ));
    }
    let mut hash = id.hash.to_byte_array();
    hash.reverse();
    if Target::from_be_bytes(hash) > target {
        return Err((Rule::ProofOfWork, format!("a hash of at most {target:x}"), id.hash.to_string()));
    }
    Ok(())
}

/// BIP 94: the first block of an epoch may not lie far before its parent, or an epoch could be made to seem long.
fn check_time_warp(network: Network, height: u32, parent_time: u32, time: u32) -> Result<(), (Rule, String, String)> {
    let earliest = parent_time.saturating_sub(MAX_TIME_WARP);
    let epoch_begins = height.is_multiple_of(hashwatch_model::network::EPOCH_BLOCKS);
    if network.retarget().bip94 && epoch_begins && time < earliest {
        return Err((Rule::TimeWarp, format!("{earliest} or later"), time.to_string()));
    }
    Ok(())
}

fn check_version(network: Network, height: u32, header: &Header) -> Result<(), (Rule, String, String)> {
    let begins = network.activations();
    let version = header.version.to_consensus();
    for (least, bip, from) in [(2, 34, begins.bip34), (3, 66, begins.bip66), (4, 65, begins.bip65)] {
        if height >= from && version < least {
            return Err((
                Rule::Version,
                format!("at least {least} (BIP {bip} from height {from})"),
                version.to_string(),
            ));
        }
    }
    Ok(())
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
}
