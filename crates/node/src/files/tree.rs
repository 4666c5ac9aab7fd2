//! The tree of blocks that stand on the start, and the chain in it with the most work.
//!
//! Blocks may come in any order: one whose parent is not there yet waits for it. Some 210 bytes a block, the
//! header among them: a chain's headers are told without going back to the files.

use std::collections::{HashMap, HashSet, hash_map};

use bitcoin::{CompactTarget, consensus::Encodable, hashes::Hash};
use foldhash::fast::RandomState;
use hashwatch_model::{BlockHash, BlockId, Header, Work};
use hashwatch_sha256d::HEADER_BYTES;

use super::{frames::Frame, missing};
use crate::{BranchTip, NodeError, Standing};

/// Where a block lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) offset: u64,
    /// Number of the file.
    pub(super) file: u32,
    /// Bytes of the block.
    pub(super) size: u32,
}

#[derive(Debug)]
struct Entry {
    hash: BlockHash,
    header: Header,
    place: Place,
    /// Expected hashes: of the chain up to here, or of this block alone while it waits for its parent.
    work: u128,
    parent: u32,
    height: u32,
}

/// No parent: the start, or a block that waits.
const NONE: u32 = u32::MAX;

/// Numbers of entries are in the order in which the blocks were found.
#[derive(Debug)]
pub(super) struct Tree {
    start: Option<BlockId>,
    entries: Vec<Entry>,
    by_hash: HashMap<BlockHash, u32, RandomState>,
    /// Entries by the parent that they wait for.
    waiting: HashMap<BlockHash, Vec<u32>>,
    /// The chain with the most work, from the start on.
    active: Vec<u32>,
    best: Option<u32>,
    last_work: (CompactTarget, u128),
}

impl Tree {
    /// A tree on `start`, or else on the first block that comes with a parent of all zeros.
    pub(super) fn new(start: Option<BlockId>) -> Tree {
        Tree {
            start,
            entries: Vec::new(),
            by_hash: HashMap::default(),
            waiting: HashMap::new(),
            active: Vec::new(),
            best: None,
            last_work: (CompactTarget::from_consensus(0), 0),
        }
    }

    /// Makes room for about so many blocks more: to grow step by step is to move all of them each time.
    pub(super) fn reserve(&mut self, blocks: usize) {
        self.entries.reserve(blocks);
        self.by_hash.reserve(blocks);
    }

    /// Takes a block in. One that is known already stays where it is: nodes write blocks twice after a crash.
    pub(super) fn insert(&mut self, frame: &Frame, file: u32) {
        let Ok(number) = u32::try_from(self.entries.len()) else { return };
        match self.by_hash.entry(frame.hash) {
            hash_map::Entry::Occupied(_) => return,
            hash_map::Entry::Vacant(vacant) => vacant.insert(number),
        };
        let parent = frame.header.prev_blockhash;
        if self.start.is_none() && parent == BlockHash::all_zeros() {
            self.start = Some(BlockId { height: 0, hash: frame.hash });
        }
        let place = Place { offset: frame.offset, file, size: frame.size };
        let work = self.work(frame.header.bits, frame);
        self.entries.push(Entry { hash: frame.hash, header: frame.header, place, work, parent: NONE, height: 0 });
        if let Some(start) = self.start.filter(|start| start.hash == frame.hash) {
            self.entries[number as usize].height = start.height;
            self.connect(number);
        } else if let Some(parent) = self.connected(parent) {
            self.attach(number, parent);
            self.connect(number);
        } else {
            self.waiting.entry(parent).or_default().push(number);
        }
    }

    /// A division of 256 bits, so it is done once for each run of equal bits.
    fn work(&mut self, bits: CompactTarget, frame: &Frame) -> u128 {
        if self.last_work.0 != bits {
            self.last_work = (bits, narrow(frame.header.work()));
        }
        self.last_work.1
    }

    fn connected(&self, hash: BlockHash) -> Option<u32> {
        let number = *self.by_hash.get(&hash)?;
        let entry = &self.entries[number as usize];
        (entry.parent != NONE || self.start.is_some_and(|start| start.hash == hash)).then_some(number)
    }

    fn attach(&mut self, number: u32, parent: u32) {
        let Entry { work, height, .. } = self.entries[parent as usize];
        let entry = &mut self.entries[number as usize];
        entry.parent = parent;
        entry.height = height.saturating_add(1);
        entry.work = entry.work.saturating_add(work);
    }

    /// Compares a block that now stands on the start with the best, and brings in those that waited for it.
    fn connect(&mut self, number: u32) {
        let mut newly = vec![number];
        while let Some(number) = newly.pop() {
            let Entry { hash, work, .. } = self.entries[number as usize];
            let better = self.best.is_none_or(|best| {
                let most = self.entries[best as usize].work;
                // of two equals the first seen, as nodes do
                work > most || (work == most && number < best)
            });
            if better {
                self.best = Some(number);
            }
            for child in self.waiting.remove(&hash).unwrap_or_default() {
                self.attach(child, number);
                newly.push(child);
            }
        }
    }

    /// Makes the chain with the most work the active one. Call after inserting.
    pub(super) fn choose(&mut self) {
        let (Some(start), Some(best)) = (self.start, self.best) else { return };
        let mut branch = Vec::new();
        let mut number = best;
        while self.active.get((self.entries[number as usize].height - start.height) as usize) != Some(&number) {
            branch.push(number);
            number = self.entries[number as usize].parent;
            if number == NONE {
                break;
            }
        }
        let keep = (self.entries[best as usize].height - start.height) as usize + 1 - branch.len();
        self.active.truncate(keep);
        self.active.extend(branch.into_iter().rev());
    }

    pub(super) fn start(&self) -> Option<BlockId> {
        self.start
    }

    pub(super) fn tip(&self) -> Option<BlockId> {
        Some(self.id(*self.active.last()?))
    }

    /// Up to `most` headers of the active chain from `first` on, 80 bytes each; none where it is not active.
    pub(super) fn headers_from(&self, first: BlockId, most: usize) -> Vec<u8> {
        match self.by_hash.get(&first.hash) {
            Some(number) if self.is_active(*number) && self.entries[*number as usize].height == first.height => {
                let from = self.above_start(*number);
                self.serialized(self.active[from..].iter().take(most))
            }
            _ => Vec::new(),
        }
    }

    /// Blocks that stand on the start but not on the active chain, lower ones first.
    pub(super) fn stale(&self) -> Vec<BlockId> {
        let mut stale: Vec<BlockId> = self.beside().map(|number| self.id(number)).collect();
        stale.sort_unstable();
        stale
    }

    /// The ends of the branches that [`Tree::stale`] is made of, lower ones first.
    pub(super) fn branch_tips(&self) -> Vec<BranchTip> {
        let parents: HashSet<u32> = self.beside().map(|number| self.entries[number as usize].parent).collect();
        let mut tips: Vec<BranchTip> = self
            .beside()
            .filter(|number| !parents.contains(number))
            .map(|number| BranchTip {
                id: self.id(number),
                length: u32::try_from(self.down(number).take_while(|below| !self.is_active(*below)).count())
                    .unwrap_or(u32::MAX),
                standing: Standing::ValidHeaders,
            })
            .collect();
        tips.sort_unstable_by_key(|tip| tip.id);
        tips
    }

    /// The headers of a branch, lowest first.
    pub(super) fn branch_headers(&self, tip: BranchTip) -> Result<Vec<u8>, NodeError> {
        let number =
            self.by_hash.get(&tip.id.hash).ok_or_else(|| missing(tip.id.hash, "it is in none of the files"))?;
        let branch: Vec<u32> = self.down(*number).take(tip.length as usize).collect();
        if branch.len() < tip.length as usize {
            return Err(missing(tip.id.hash, format!("the files hold {} blocks of its branch", branch.len())));
        }
        Ok(self.serialized(branch.iter().rev()))
    }

    fn serialized<'a>(&self, numbers: impl ExactSizeIterator<Item = &'a u32>) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(numbers.len() * HEADER_BYTES);
        for number in numbers {
            let header = &self.entries[*number as usize].header;
            header.consensus_encode(&mut bytes).unwrap_or_else(|_| unreachable!("a Vec takes all"));
        }
        bytes
    }

    /// A block and those below it, as far as the files have them.
    fn down(&self, number: u32) -> impl Iterator<Item = u32> {
        std::iter::successors(Some(number), |number| {
            Some(self.entries[*number as usize].parent).filter(|parent| *parent != NONE)
        })
    }

    /// Blocks that stand on the start but not on the active chain, in the order in which they were found.
    fn beside(&self) -> impl Iterator<Item = u32> {
        (0..)
            .zip(&self.entries)
            .filter(|(number, entry)| entry.parent != NONE && !self.is_active(*number))
            .map(|it| it.0)
    }

    fn is_active(&self, number: u32) -> bool {
        self.active.get(self.above_start(number)) == Some(&number)
    }

    fn above_start(&self, number: u32) -> usize {
        let start = self.start.map_or(0, |start| start.height);
        self.entries[number as usize].height.wrapping_sub(start) as usize
    }

    fn id(&self, number: u32) -> BlockId {
        let Entry { hash, height, .. } = self.entries[number as usize];
        BlockId { height, hash }
    }

    pub(super) fn place(&self, id: BlockId) -> Option<Place> {
        // the active chain lies in memory in the order in which it is asked for, the table of hashes does not
        let above = id.height.wrapping_sub(self.start.map_or(0, |start| start.height)) as usize;
        let active = self.active.get(above).filter(|number| self.entries[**number as usize].hash == id.hash);
        let number = active.or_else(|| self.by_hash.get(&id.hash))?;
        Some(self.entries[*number as usize].place)
    }

    /// All blocks, and how many of them wait for a parent.
    pub(super) fn counts(&self) -> (u64, u64) {
        (self.entries.len() as u64, self.waiting.values().map(|waiting| waiting.len() as u64).sum())
    }
}

/// Mainnet has done some 2^96 hashes: what does not fit was never worked.
fn narrow(work: Work) -> u128 {
    let bytes = work.to_be_bytes();
    let (high, low) = bytes.split_at(16);
    match <[u8; 16]>::try_from(low) {
        Ok(low) if high.iter().all(|byte| *byte == 0) => u128::from_be_bytes(low),
        _ => u128::MAX,
    }
}
