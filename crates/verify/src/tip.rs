//! All that the rules need to know of the chain below the next header, and how headers are let on in runs.
//!
//! A run is hashed while it lies in the cache, then looked at as a whole: nearly every run is plainly good (same bits,
//! each header linked to the one before, later than its median) and the tip moves by the whole of it. Only what is not
//! plainly good goes through the rules one header at a time; those alone can refuse.

use bitcoin::{CompactTarget, Target, consensus};
use hashwatch_model::{BlockHash, BlockId, Header, Network, Work, network::EPOCH_BLOCKS};
use hashwatch_sha256d::{Backend, HEADER_BYTES, RUN};

use crate::{
    plain,
    refusal::{Refusal, Rule},
    rules,
    times::{MEDIAN_BLOCKS, Times},
};

/// Where a chain begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// The network's genesis.
    Genesis,
    /// A block that the operator trusts, or a simulated chain's own genesis: its proof of work is checked against
    /// its own bits, and of the rules that look back all that can be told from what stands above it.
    Trusted(BlockId),
    /// Any block at this height, likewise. 0 is the genesis.
    Height(u32),
}

impl Start {
    /// Height of the first block.
    pub fn height(self) -> u32 {
        match self {
            Start::Genesis => 0,
            Start::Trusted(id) => id.height,
            Start::Height(height) => height,
        }
    }
}

/// The end of a chain of verified headers. Chainwork counts from the chain's first block.
#[derive(Clone, Debug)]
pub struct Tip {
    pub(crate) network: Network,
    pub(crate) start: Start,
    pub(crate) backend: Backend,
    /// Height of the next header; past the last height there is in 32 bits.
    pub(crate) next: u64,
    pub(crate) last: Option<Last>,
}

/// The last header, and what of those below it still matters.
#[derive(Clone, Debug)]
pub(crate) struct Last {
    pub(crate) hash: [u8; 32],
    pub(crate) bits: CompactTarget,
    /// What the bits state, least significant word first.
    pub(crate) target: [u64; 4],
    /// Expected hashes for one block at these bits.
    pub(crate) work: Work,
    pub(crate) chainwork: Work,
    pub(crate) times: Times,
    /// The first block of the running epoch, where the chain reaches back to it.
    pub(crate) epoch: Option<EpochStart>,
    /// Bits of the last block that did not use the 20-minute rule, or of the epoch's first; none where not seen yet.
    pub(crate) ordinary: Option<CompactTarget>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct EpochStart {
    pub(crate) time: u32,
    pub(crate) bits: CompactTarget,
}

#[cfg(test)]
thread_local! {
    /// Headers hashed in runs by this thread.
    pub(crate) static HASHED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// A header that was let on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Accepted {
    pub(crate) hash: [u8; 32],
    pub(crate) time: u32,
    pub(crate) bits: CompactTarget,
    pub(crate) chainwork: Work,
}

impl Tip {
    /// Of a chain that has no block yet. `Start::Genesis` on the `sim` network takes any header as genesis: each chain
    /// has its own.
    pub fn new(network: Network, start: Start) -> Tip {
        Tip::with_backend(network, start, Backend::active())
    }

    /// The same, hashing with a backend of the caller's choice, which the machine must have.
    pub fn with_backend(network: Network, start: Start, backend: Backend) -> Tip {
        Tip { network, start, backend, next: u64::from(start.height()), last: None }
    }

    /// The last block; none while there is none.
    pub fn id(&self) -> Option<BlockId> {
        let height = u32::try_from(self.next.checked_sub(1)?).ok()?;
        self.last.as_ref().map(|last| BlockId { height, hash: block_hash(last.hash) })
    }

    /// Headers let on since the start.
    pub fn count(&self) -> u64 {
        self.next - u64::from(self.start.height())
    }

    /// Expected hashes from the start to here.
    pub fn chainwork(&self) -> Option<Work> {
        self.last.as_ref().map(|last| last.chainwork)
    }

    /// Lets on as many of these headers (80 bytes each, lowest first) as keep the rules, or says which breaks one:
    /// those before it stay. `now` is Unix seconds. Bytes beyond the last whole header are left.
    pub fn extend(&mut self, headers: &[u8], now: u64) -> Result<(), Refusal> {
        hashed_runs(self.backend, headers, |run, hashes| self.take(run, hashes, now, &mut |_| {}))
    }

    /// One run, epoch by epoch: between two retargets the bits stay.
    pub(crate) fn take(
        &mut self,
        run: &[u8],
        hashes: &[[u8; 32]],
        now: u64,
        each: &mut impl FnMut(Accepted),
    ) -> Result<(), Refusal> {
        let (mut run, mut hashes) = (run, hashes);
        while !hashes.is_empty() {
            let to_epoch = match self.next % u64::from(EPOCH_BLOCKS) {
                0 => 1,
                into_epoch => u64::from(EPOCH_BLOCKS) - into_epoch,
            };
            let count = hashes.len().min(usize::try_from(to_epoch).unwrap_or(usize::MAX));
            let (part, rest) = run.split_at(count * HEADER_BYTES);
            let (named, rest_named) = hashes.split_at(count);
            if plain::plainly_good(self, part, named, now) {
                self.move_on(part, named, each);
            } else {
                for (header, hash) in part.chunks_exact(HEADER_BYTES).zip(named) {
                    each(self.take_one(header, *hash, now)?);
                }
            }
            (run, hashes) = (rest, rest_named);
        }
        Ok(())
    }

    /// Moves the tip by a run that is plainly good: same bits, inside one epoch.
    fn move_on(&mut self, run: &[u8], hashes: &[[u8; 32]], each: &mut impl FnMut(Accepted)) {
        let (Some(last), Some(newest)) = (&mut self.last, hashes.last()) else { return };
        let before = last.chainwork;
        let mut chainwork = before;
        for (header, hash) in run.chunks_exact(HEADER_BYTES).zip(hashes) {
            chainwork = chainwork + last.work;
            each(Accepted { hash: *hash, time: time_of(header), bits: last.bits, chainwork });
        }
        for header in run.chunks_exact(HEADER_BYTES).rev().take(MEDIAN_BLOCKS).rev() {
            last.times.add(time_of(header));
        }
        last.chainwork = before + times(last.work, hashes.len());
        last.hash = *newest;
        self.next += hashes.len() as u64;
    }

    /// Every rule, one after the other. `hash` is that of the header.
    pub(crate) fn take_one(&mut self, bytes: &[u8], hash: [u8; 32], now: u64) -> Result<Accepted, Refusal> {
        let height = u32::try_from(self.next).unwrap_or(u32::MAX);
        let id = BlockId { height, hash: block_hash(hash) };
        let refuse = |(rule, expected, found)| Refusal { height, hash: id.hash, rule, expected, found };
        if self.next > u64::from(u32::MAX) {
            return Err(refuse((Rule::Link, format!("a height of at most {}", u32::MAX), self.next.to_string())));
        }
        let header: Header = consensus::deserialize(bytes)
            .map_err(|error| refuse((Rule::Hash, "a header".to_owned(), error.to_string())))?;
        rules::check(self, id, &header, now).map_err(refuse)?;
        Ok(self.put(hash, &header))
    }

    /// Makes a header that keeps the rules the tip.
    pub(crate) fn put(&mut self, hash: [u8; 32], header: &Header) -> Accepted {
        let bits = header.bits;
        let epoch_begins = self.next.is_multiple_of(u64::from(EPOCH_BLOCKS));
        let ordinary = (epoch_begins || bits != self.network.retarget().limit).then_some(bits);
        let last = match self.last.take() {
            Some(below) => {
                // same bits, same work: no 256-bit division
                let (target, work) =
                    if below.bits == bits { (below.target, below.work) } else { (target_words(bits), header.work()) };
                Last {
                    target,
                    work,
                    chainwork: below.chainwork + work,
                    ordinary: ordinary.or(below.ordinary),
                    hash,
                    bits,
                    ..below
                }
            }
            None => Last {
                hash,
                bits,
                target: target_words(bits),
                work: header.work(),
                chainwork: header.work(),
                times: Times::none(),
                epoch: None,
                ordinary,
            },
        };
        let last = self.last.insert(last);
        last.times.add(header.time);
        if epoch_begins {
            last.epoch = Some(EpochStart { time: header.time, bits });
        }
        self.next += 1;
        Accepted { hash, time: header.time, bits, chainwork: last.chainwork }
    }
}

/// Hashes headers a run at a time, and hands on each run while it lies in the cache.
pub(crate) fn hashed_runs(
    backend: Backend,
    headers: &[u8],
    mut take: impl FnMut(&[u8], &[[u8; 32]]) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    let mut hashes = [[0; 32]; RUN];
    let whole = headers.len() / HEADER_BYTES * HEADER_BYTES;
    for run in headers[..whole].chunks(RUN * HEADER_BYTES) {
        let hashes = &mut hashes[..run.len() / HEADER_BYTES];
        #[cfg(test)]
        HASHED.set(HASHED.get() + hashes.len());
        backend.hash_headers(run, hashes);
        take(run, hashes)?;
    }
    Ok(())
}

/// The name of a header that hashes to this.
pub(crate) fn block_hash(hash: [u8; 32]) -> BlockHash {
    use bitcoin::hashes::Hash;
    BlockHash::from_byte_array(hash)
}

/// Time of a serialized header.
pub(crate) fn time_of(header: &[u8]) -> u32 {
    u32::from_le_bytes([header[68], header[69], header[70], header[71]])
}

/// Parent of a serialized header; zeros without one.
pub(crate) fn parent_of(header: &[u8]) -> [u8; 32] {
    header.get(4..36).and_then(|bytes| bytes.try_into().ok()).unwrap_or_default()
}

/// A target, least significant word first.
pub(crate) fn target_words(bits: CompactTarget) -> [u64; 4] {
    words(Target::from_compact(bits).to_le_bytes())
}

/// 256 bits as four words, least significant first.
#[inline(always)]
pub(crate) fn words(bytes: [u8; 32]) -> [u64; 4] {
    let mut words = [0; 4];
    for (word, bytes) in words.iter_mut().zip(bytes.chunks_exact(8)) {
        *word = u64::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7]]);
    }
    words
}

/// `work` for each of `count` blocks, by doubling. Not for 0.
fn times(work: Work, count: usize) -> Work {
    let (mut sum, mut power, mut left) = (None, work, count);
    loop {
        if left & 1 == 1 {
            sum = Some(sum.map_or(power, |sum| sum + power));
        }
        left >>= 1;
        if left == 0 {
            return sum.unwrap_or(power);
        }
        power = power + power;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_multiplied_by_doubling() {
        let one = Target::from_compact(CompactTarget::from_consensus(0x1702_1369)).to_work();
        let mut sum = one;
        for count in 1..1_000 {
            assert_eq!(times(one, count), sum, "{count}");
            sum = sum + one;
        }
    }
}
