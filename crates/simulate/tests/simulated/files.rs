//! Reads a directory of block files for the tests, by another hand than the generator's.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::Path,
};

use bitcoin::{Block, BlockHash, block::Header, consensus};
use hashwatch_simulate::{Note, Plan, generate};

/// A block in a file.
pub(crate) struct Stored {
    pub header: Header,
    pub bytes: Vec<u8>,
}

impl Stored {
    pub(crate) fn hash(&self) -> BlockHash {
        self.header.block_hash()
    }

    pub(crate) fn block(&self) -> Block {
        consensus::deserialize(&self.bytes).unwrap()
    }
}

/// All files of a directory by name, as they lie there.
pub(crate) fn contents(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap());
    entries.map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap())).collect()
}

/// Makes a chain in a new directory.
pub(crate) fn made(plan: &Plan) -> (tempfile::TempDir, Note) {
    let dir = tempfile::tempdir().unwrap();
    let note = generate(plan, dir.path(), |_| {}).unwrap();
    (dir, note)
}

/// All blocks in the order of the files.
pub(crate) fn stored(dir: &Path, magic: [u8; 4]) -> Vec<Stored> {
    let files = contents(dir);
    let key = &files["xor.dat"];
    assert_eq!(key.len(), 8);
    let mut blocks = Vec::new();
    for (_, obfuscated) in files.iter().filter(|(name, _)| name.starts_with("blk")) {
        let bytes: Vec<u8> = obfuscated.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect();
        let mut at = 0;
        while at < bytes.len() {
            assert_eq!(bytes[at..at + 4], magic);
            let size = u32::from_le_bytes(bytes[at + 4..at + 8].try_into().unwrap()) as usize;
            let block = bytes[at + 8..at + 8 + size].to_vec();
            blocks.push(Stored { header: consensus::deserialize(&block[..80]).unwrap(), bytes: block });
            at += 8 + size;
        }
    }
    blocks
}

/// The chain with the most blocks, genesis first, and all others. Of equals the first in the files wins.
pub(crate) fn split(blocks: Vec<Stored>) -> (Vec<Stored>, Vec<Stored>) {
    let parents: HashMap<BlockHash, BlockHash> =
        blocks.iter().map(|block| (block.hash(), block.header.prev_blockhash)).collect();
    let mut heights: HashMap<BlockHash, u32> = HashMap::new();
    for block in &blocks {
        // files may be out of order: down to a known block, then up again
        let mut path = vec![block.hash()];
        while let Some(parent) = parents.get(path.last().unwrap()).filter(|parent| parents.contains_key(*parent)) {
            path.push(*parent);
            if heights.contains_key(parent) {
                break;
            }
        }
        let lowest = heights.get(path.last().unwrap()).copied().unwrap_or(0);
        heights.extend(path.into_iter().rev().zip(lowest..));
    }
    // max_by_key would take the last of equals
    let tip = blocks.iter().rev().max_by_key(|block| heights[&block.hash()]).unwrap().hash();
    let mut chain = vec![tip];
    while let Some(parent) = parents.get(chain.last().unwrap()).filter(|parent| parents.contains_key(*parent)) {
        chain.push(*parent);
    }
    chain.reverse();
    let place: HashMap<BlockHash, usize> = chain.iter().enumerate().map(|(height, hash)| (*hash, height)).collect();
    let (mut active, stale): (Vec<Stored>, Vec<Stored>) =
        blocks.into_iter().partition(|block| place.contains_key(&block.hash()));
    active.sort_by_key(|block| place[&block.hash()]);
    (active, stale)
}
