//! Sparse files: true sizes, true headers and coinbases, and nothing on disk for the rest.

use std::{
    fs::{self, File},
    io::{Read, Seek, SeekFrom},
    path::Path,
};

use bitcoin::{Transaction, VarInt, block::Header, consensus};
use hashwatch_model::Network;
use hashwatch_simulate::{Growing, MAX_FILE_BYTES, Plan};

use crate::files::made;

const BYTES: u32 = 1_500_000;

/// Jumps from block to block as a bench would; the first kilobyte of each block and its place.
fn jump(dir: &Path) -> Vec<(String, u64, Vec<u8>)> {
    let key = fs::read(dir.join("xor.dat")).unwrap();
    let mut blocks = Vec::new();
    for index in 0.. {
        let name = format!("blk{index:05}.dat");
        let Ok(mut file) = File::open(dir.join(&name)) else { break };
        let length = file.metadata().unwrap().len();
        assert!(length < MAX_FILE_BYTES);
        let mut at = 0;
        while at < length {
            file.seek(SeekFrom::Start(at)).unwrap();
            let mut bytes = vec![0; 1_008];
            file.read_exact(&mut bytes).unwrap();
            let phase = usize::try_from(at % 8).unwrap();
            bytes.iter_mut().zip(key.iter().cycle().skip(phase)).for_each(|(byte, key)| *byte ^= key);
            assert_eq!(bytes[..4], Network::Sim.magic());
            assert_eq!(bytes[4..8], BYTES.to_le_bytes());
            blocks.push((name.clone(), at, bytes.split_off(8)));
            at += 8 + u64::from(BYTES);
        }
        assert_eq!(at, length);
    }
    blocks
}

#[test]
fn sparse_blocks_have_true_sizes() {
    let plan = Plan { bytes_per_block: Some(BYTES), ..Plan::new(Network::Sim, 200, 8) };
    let (dir, note) = made(&plan);
    let blocks = jump(dir.path());
    assert_eq!(blocks.len(), (note.blocks + note.stale_blocks) as usize);
    // 89 blocks of 1,500,008 bytes stay below 128 MiB
    assert_eq!(blocks.iter().filter(|(name, ..)| name == "blk00000.dat").count(), 89);
    assert_eq!(blocks.last().unwrap().0, "blk00002.dat");
    for (_, _, bytes) in &blocks {
        let (header, read): (Header, usize) = consensus::deserialize_partial(bytes).unwrap();
        let (count, counted): (VarInt, usize) = consensus::deserialize_partial(&bytes[read..]).unwrap();
        let (coinbase, _): (Transaction, usize) = consensus::deserialize_partial(&bytes[read + counted..]).unwrap();
        assert!(header.validate_pow(header.target()).is_ok());
        assert_eq!(count.0, 3_001);
        assert!(coinbase.is_coinbase());
        // the root is that of a block with no other transaction
        assert_eq!(header.merkle_root.to_string(), coinbase.compute_txid().to_string());
    }
    Growing::open(dir.path()).unwrap();
}

#[test]
#[cfg(unix)]
fn holes_take_no_room() {
    use std::os::unix::fs::MetadataExt;
    let plan = Plan { bytes_per_block: Some(BYTES), ..Plan::new(Network::Sim, 50, 8) };
    let (dir, _) = made(&plan);
    let file = fs::metadata(dir.path().join("blk00000.dat")).unwrap();
    assert!(file.len() >= 50 * u64::from(BYTES));
    // blocks of 512 bytes, whatever the file system's are
    assert!(file.blocks() * 512 < file.len() / 10, "{} of {}", file.blocks() * 512, file.len());
}
