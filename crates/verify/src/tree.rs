//! Every verified header, on whatever branch: the chain with most work, and the way from any block to any other.
//!
//! Branches are taken as they come; a header may stand on any other that is here. Of two chains the one with more work
//! is the best, of equals the one that was seen first.

use bitcoin::{CompactTarget, consensus, hashes::Hash};
use hashbrown::HashTable;
use hashwatch_model::{BlockHash, BlockId, Header, Network, Work, network::EPOCH_BLOCKS};
use hashwatch_sha256d::HEADER_BYTES;

use crate::{
    refusal::{Refusal, Rule},
    skip::{leads_to, skip_height},
    times::{MEDIAN_BLOCKS, Times},
    tip::{Accepted, EpochStart, Last, Start, Tip, block_hash, hashed_runs, parent_of, target_words},
};

/// One verified header. About 90 bytes each: 90 MB for a million.
#[derive(Clone, Copy, Debug)]
struct Node {
    hash: [u8; 32],
    chainwork: Work,
    height: u32,
    time: u32,
    bits: CompactTarget,
    /// Place of the block below; its own for the first.
    parent: u32,
    /// Place of a block further below, so that any height of a branch is found in few steps.
    skip: u32,
}

/// What a verified header has from its place in the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Height and hash.
    pub id: BlockId,
    /// Median of its time and the ten below it (BIP 113), Unix seconds.
    pub median_time: u32,
    /// Expected hashes from the chain's first block up to it.
    pub chainwork: Work,
}

/// Verified headers from one first block up.
#[derive(Clone, Debug)]
pub struct HeaderTree {
    /// A chain without a block, to begin with.
    empty: Tip,
    nodes: Vec<Node>,
    places: HashTable<u32>,
    /// Most work, first seen.
    best: Option<u32>,
    /// Where the last header went, and its place: the next one mostly stands on it.
    tip: Option<(Tip, u32)>,
}

impl HeaderTree {
    /// An empty tree. See [`Start`] for what the first header may be.
    pub fn new(network: Network, start: Start) -> HeaderTree {
        let empty = Tip::new(network, start);
        HeaderTree { empty, nodes: Vec::new(), places: HashTable::new(), best: None, tip: None }
    }

    /// Takes every header out again.
    pub fn clear(&mut self) {
        *self = HeaderTree::new(self.empty.network, self.empty.start);
    }

    /// The network whose rules hold.
    pub fn network(&self) -> Network {
        self.empty.network
    }

    /// Height of the first block, whether it is here yet or not.
    pub fn base(&self) -> u32 {
        self.empty.start.height()
    }

    /// How many headers are here.
    pub fn count(&self) -> usize {
        self.nodes.len()
    }

    /// The blocks on which no other stands: the end of each branch, in the order they were seen.
    pub fn ends(&self) -> Vec<BlockId> {
        let mut is_end = vec![true; self.nodes.len()];
        for (at, node) in self.nodes.iter().enumerate() {
            // the first is its own parent
            is_end[node.parent as usize] &= node.parent as usize == at;
        }
        (0_u32..).zip(is_end).filter(|(_, is_end)| *is_end).map(|(at, _)| self.id(at)).collect()
    }

    /// The end of the chain with most work; of equals the one seen first.
    pub fn best(&self) -> Option<BlockId> {
        self.best.map(|at| self.id(at))
    }

    /// Whether this header is here.
    pub fn contains(&self, hash: BlockHash) -> bool {
        self.find(hash.as_byte_array()).is_some()
    }

    /// A header's place in its chain.
    pub fn place(&self, hash: BlockHash) -> Option<Place> {
        let at = self.find(hash.as_byte_array())?;
        Some(Place { id: self.id(at), median_time: self.times(at).median(), chainwork: self.node(at).chainwork })
    }

    /// Work up to a header.
    pub fn chainwork(&self, hash: BlockHash) -> Option<Work> {
        self.find(hash.as_byte_array()).map(|at| self.node(at).chainwork)
    }

    /// The block at `height` on the branch that ends in `tip`.
    pub fn ancestor(&self, tip: BlockHash, height: u32) -> Option<BlockId> {
        self.find(tip.as_byte_array()).and_then(|at| self.descend(at, height)).map(|at| self.id(at))
    }

    /// The highest block that two branches share.
    pub fn fork(&self, one: BlockHash, other: BlockHash) -> Option<BlockId> {
        let (one, other) = (self.find(one.as_byte_array())?, self.find(other.as_byte_array())?);
        let height = self.node(one).height.min(self.node(other).height);
        let (mut one, mut other) = (self.descend(one, height)?, self.descend(other, height)?);
        while one != other {
            let (a, b) = (self.node(one), self.node(other));
            // skips of equal heights lead to equal heights
            (one, other) = if a.skip != b.skip { (a.skip, b.skip) } else { (a.parent, b.parent) };
        }
        Some(self.id(one))
    }

    /// The blocks of the branch that ends in `tip` from height `from` to `to`, both included, lowest first; none above
    /// the tip.
    pub fn path(&self, tip: BlockHash, from: u32, to: u32) -> Vec<BlockId> {
        let Some(tip) = self.find(tip.as_byte_array()) else { return Vec::new() };
        let from = from.max(self.base());
        let Some(mut at) = self.descend(tip, to.min(self.node(tip).height)) else { return Vec::new() };
        let mut path = Vec::new();
        while self.node(at).height >= from {
            path.push(self.id(at));
            if self.node(at).parent == at {
                break;
            }
            at = self.node(at).parent;
        }
        path.reverse();
        path
    }

    /// Lets one header on.
    pub fn push(&mut self, header: &Header, now: u64) -> Result<Place, Refusal> {
        self.extend(&consensus::serialize(header), now)?;
        let hash = header.block_hash();
        self.place(hash).ok_or_else(|| Refusal {
            height: self.base(),
            hash,
            rule: Rule::Hash,
            expected: "a header that can be found".to_owned(),
            found: "none".to_owned(),
        })
    }

    /// Lets on as many of these headers (80 bytes each) as keep the rules, or says which breaks one: those before it
    /// stay. Each stands on any header that is here or came before it. `now` is Unix seconds. A header that is here
    /// already is passed over.
    pub fn extend(&mut self, headers: &[u8], now: u64) -> Result<(), Refusal> {
        hashed_runs(self.empty.backend, headers, |run, hashes| self.take(run, hashes, now))
    }

    /// One run, branch by branch. Each header is hashed once, however often the branches take turns.
    fn take(&mut self, run: &[u8], hashes: &[[u8; 32]], now: u64) -> Result<(), Refusal> {
        let (mut run, mut hashes) = (run, hashes);
        while let Some(first) = hashes.first() {
            let known = self.find(first).is_some();
            // what stands on a header that is not here is not here either
            let count = if known { 1 } else { linked(run, hashes) };
            let (part, rest) = run.split_at(count * HEADER_BYTES);
            let (named, rest_named) = hashes.split_at(count);
            if !known {
                let (mut tip, mut at) = self.tip_for(part);
                let outcome = tip.take(part, named, now, &mut |accepted| at = Some(self.put(at, accepted)));
                self.tip = at.map(|at| (tip, at));
                outcome?;
            }
            (run, hashes) = (rest, rest_named);
        }
        Ok(())
    }

    /// Where the first of these headers stands: on the tip, on another header, or nowhere (which the rules will say).
    fn tip_for(&mut self, headers: &[u8]) -> (Tip, Option<u32>) {
        let parent = parent_of(headers);
        match self.tip.take() {
            Some((tip, at)) if self.node(at).hash == parent => (tip, Some(at)),
            former => match (self.find(&parent), former) {
                (Some(at), _) => (self.tip_at(at), Some(at)),
                (None, Some((tip, at))) => (tip, Some(at)),
                (None, None) => (self.empty.clone(), None),
            },
        }
    }

    fn put(&mut self, parent: Option<u32>, accepted: Accepted) -> u32 {
        // 2^32 headers are 400 GB: memory ends long before
        let at = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        let height = parent.map_or(self.base(), |parent| self.node(parent).height + 1);
        let skip = parent.and_then(|parent| self.descend(parent, skip_height(height).max(self.base()))).unwrap_or(at);
        let Accepted { hash, time, bits, chainwork } = accepted;
        self.nodes.push(Node { hash, chainwork, height, time, bits, parent: parent.unwrap_or(at), skip });
        let nodes = &self.nodes;
        self.places.insert_unique(key(&hash), at, |at| key(&nodes[*at as usize].hash));
        if self.best.is_none_or(|best| chainwork > self.node(best).chainwork) {
            self.best = Some(at);
        }
        at
    }

    /// The tip that ends at a header in the midst of the tree.
    fn tip_at(&self, at: u32) -> Tip {
        let node = self.node(at);
        let epoch = self.descend(at, node.height - node.height % EPOCH_BLOCKS).map(|first| {
            let first = self.node(first);
            EpochStart { time: first.time, bits: first.bits }
        });
        let last = Last {
            hash: node.hash,
            bits: node.bits,
            target: target_words(node.bits),
            work: bitcoin::Target::from_compact(node.bits).to_work(),
            chainwork: node.chainwork,
            times: self.times(at),
            epoch,
            ordinary: self.ordinary_bits(at),
        };
        Tip { next: u64::from(node.height) + 1, last: Some(last), ..self.empty.clone() }
    }

    fn times(&self, at: u32) -> Times {
        let below = std::iter::successors(Some(at), |at| Some(self.node(*at).parent).filter(|parent| parent != at));
        let newest_first: Vec<u32> = below.take(MEDIAN_BLOCKS).map(|at| self.node(at).time).collect();
        let mut times = Times::none();
        newest_first.iter().rev().for_each(|time| times.add(*time));
        times
    }

    /// Bits of the last block that did not use the 20-minute rule, or of the epoch's first block.
    fn ordinary_bits(&self, mut at: u32) -> Option<CompactTarget> {
        let rules = self.network().retarget();
        if !rules.min_difficulty_blocks {
            // nobody asks, and where all are at the limit it would be a long way
            return None;
        }
        loop {
            let node = self.node(at);
            if node.height.is_multiple_of(EPOCH_BLOCKS) || node.bits != rules.limit {
                return Some(node.bits);
            }
            if node.parent == at {
                return None;
            }
            at = node.parent;
        }
    }

    /// The ancestor at a height, or the block itself.
    fn descend(&self, from: u32, height: u32) -> Option<u32> {
        if height > self.node(from).height || height < self.base() {
            return None;
        }
        let mut at = from;
        while self.node(at).height > height {
            let node = self.node(at);
            at = if leads_to(node.height, self.node(node.skip).height, height) { node.skip } else { node.parent };
        }
        Some(at)
    }

    fn find(&self, hash: &[u8; 32]) -> Option<u32> {
        self.places.find(key(hash), |at| self.node(*at).hash == *hash).copied()
    }

    fn node(&self, at: u32) -> &Node {
        &self.nodes[at as usize]
    }

    fn id(&self, at: u32) -> BlockId {
        BlockId { height: self.node(at).height, hash: block_hash(self.node(at).hash) }
    }
}

/// How many of these headers, from the first on, each stand on the one before.
fn linked(run: &[u8], hashes: &[[u8; 32]]) -> usize {
    let above = run.chunks_exact(HEADER_BYTES).skip(1);
    1 + hashes.iter().zip(above).take_while(|(hash, header)| parent_of(header) == **hash).count()
}

/// Hashes are spread by themselves; the end that proof of work makes zero is left out. A miner who makes two alike
/// in these 64 bits has won nothing: the whole hash is compared.
fn key(hash: &[u8; 32]) -> u64 {
    u64::from_le_bytes([hash[0], hash[1], hash[2], hash[3], hash[4], hash[5], hash[6], hash[7]])
}
