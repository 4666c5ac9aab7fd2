//! Blocks mined in the test, and a directory of block files that they are written into byte by byte.

use std::{
    fs::{self, OpenOptions},
    io::{Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use bitcoin::{Block, CompactTarget, ScriptBuf, TxMerkleNode, consensus, constants::genesis_block, hashes::Hash};
use hashwatch_model::{BlockId, Network};

const EASY: u32 = 0x207f_ffff;

pub(crate) fn genesis() -> Block {
    genesis_block(bitcoin::Network::Regtest)
}

pub(crate) fn id(height: u32, block: &Block) -> BlockId {
    BlockId { height, hash: block.block_hash() }
}

/// `from` and `count` blocks on it.
pub(crate) fn chain(from: &Block, count: usize, tag: &str) -> Vec<Block> {
    let mut blocks = vec![from.clone()];
    for number in 0..count {
        blocks.push(mine(&blocks[number], &format!("{tag} {number}")));
    }
    blocks
}

pub(crate) fn mine(parent: &Block, tag: &str) -> Block {
    mine_at(parent, tag, EASY)
}

pub(crate) fn mine_at(parent: &Block, tag: &str, bits: u32) -> Block {
    let mut block = genesis();
    block.txdata[0].input[0].script_sig = ScriptBuf::from_bytes(tag.as_bytes().to_vec());
    block.header.prev_blockhash = parent.block_hash();
    block.header.bits = CompactTarget::from_consensus(bits);
    block.header.merkle_root = TxMerkleNode::from_byte_array(block.txdata[0].compute_txid().to_byte_array());
    work(&mut block);
    block
}

/// Looks for a nonce.
pub(crate) fn work(block: &mut Block) {
    while block.header.validate_pow(block.header.target()).is_err() {
        block.header.nonce = block.header.nonce.wrapping_add(1);
    }
}

pub(crate) struct Directory {
    directory: tempfile::TempDir,
    network: Network,
    key: [u8; 8],
}

impl Directory {
    pub(crate) fn new(key: Option<[u8; 8]>) -> Directory {
        Directory::of(Network::Regtest, key)
    }

    pub(crate) fn of(network: Network, key: Option<[u8; 8]>) -> Directory {
        let directory = tempfile::tempdir().unwrap();
        if let Some(key) = key {
            fs::write(directory.path().join("xor.dat"), key).unwrap();
        }
        Directory { directory, network, key: key.unwrap_or_default() }
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    fn file(&self, number: u32) -> PathBuf {
        self.path().join(format!("blk{number:05}.dat"))
    }

    pub(crate) fn length(&self, number: u32) -> u64 {
        fs::metadata(self.file(number)).map_or(0, |found| found.len())
    }

    /// Magic, size and block, before the key.
    pub(crate) fn frame(&self, block: &Block) -> Vec<u8> {
        self.frame_of(&consensus::serialize(block))
    }

    pub(crate) fn frame_of(&self, block: &[u8]) -> Vec<u8> {
        let size = u32::try_from(block.len()).unwrap().to_le_bytes();
        [&self.network.magic()[..], &size, block].concat()
    }

    pub(crate) fn append(&self, number: u32, block: &Block) {
        self.append_bytes(number, &self.frame(block));
    }

    pub(crate) fn append_all(&self, number: u32, blocks: &[Block]) {
        for block in blocks {
            self.append(number, block);
        }
    }

    pub(crate) fn append_bytes(&self, number: u32, bytes: &[u8]) {
        self.write_at(number, self.length(number), bytes);
    }

    /// Past the key: what lies on the disk.
    pub(crate) fn append_raw(&self, number: u32, bytes: &[u8]) {
        self.write_raw(number, self.length(number), bytes);
    }

    pub(crate) fn write_at(&self, number: u32, offset: u64, bytes: &[u8]) {
        let keyed: Vec<u8> =
            (offset..).zip(bytes).map(|(at, byte)| byte ^ self.key[usize::try_from(at % 8).unwrap()]).collect();
        self.write_raw(number, offset, &keyed);
    }

    pub(crate) fn remove(&self, number: u32) {
        fs::remove_file(self.file(number)).unwrap();
    }

    /// Says that the file was written that long ago.
    pub(crate) fn age(&self, number: u32, age: Duration) {
        let file = OpenOptions::new().write(true).open(self.file(number)).unwrap();
        file.set_modified(SystemTime::now() - age).unwrap();
    }

    fn write_raw(&self, number: u32, offset: u64, bytes: &[u8]) {
        let mut file = OpenOptions::new().create(true).write(true).truncate(false).open(self.file(number)).unwrap();
        file.seek(SeekFrom::Start(offset)).unwrap();
        file.write_all(bytes).unwrap();
    }
}
