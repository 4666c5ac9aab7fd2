//! Hostile bytes as a directory of block files: framing, damage, the tree of what was found, and blocks out of their places.
//!
//! An input is a byte of choices, two bytes that say where it is split into files or looks, and what the files hold.

#![no_main]

use std::{
    cell::RefCell,
    collections::HashSet,
    fs::{self, File},
    path::Path,
    sync::LazyLock,
    time::{Duration, SystemTime},
};

use bitcoin::{consensus, hashes::Hash};
use hashwatch_fuzz::{bounded, work};
use hashwatch_model::{BlockHash, BlockId, Header, Network, RawBlock};
use hashwatch_node::{BlockFiles, NodeError, ScanReport, Want};
use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

/// Choices: the files are under a key; there are two; the newest is looked at once before it is all written; no node
/// writes them any more; headers are made to stand on others and to have proof of work; it is a simulated chain.
const KEYED: u8 = 1;
const TWO: u8 = 2;
const GROWING: u8 = 4;
const SETTLED: u8 = 8;
const MENDED: u8 = 16;
const SIMULATED: u8 = 32;

const KEY: [u8; 8] = [0x5a, 0x01, 0xff, 0x80, 0x00, 0x7f, 0xc3, 0x11];
const HEADER_BYTES: usize = 80;
/// A frame, a header and a count of transactions.
const LEAST: u64 = 8 + 81;

static DIRECTORY: LazyLock<TempDir> = LazyLock::new(|| {
    // in memory where there is such a place: each input writes files
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() }.expect("a directory for block files")
});

thread_local! {
    static RUNTIME: RefCell<Runtime> = RefCell::new(Builder::new_current_thread().build().expect("a runtime"));
}

fuzz_target!(|data: &[u8]| {
    let Some((&[choices, low, high], bytes)) = data.split_first_chunk() else { return };
    bounded(data.len(), || {
        let chose = |choice| choices & choice != 0;
        let network = if chose(SIMULATED) { Network::Sim } else { Network::Regtest };
        let mut bytes = bytes.to_vec();
        if chose(MENDED) {
            mend(network, &mut bytes);
        }
        let at = usize::from(u16::from_le_bytes([low, high])) % (bytes.len() + 1);
        let (first, second) = bytes.split_at(if chose(TWO) { at } else { bytes.len() });
        let newest = if chose(TWO) { second } else { first };
        RUNTIME.with_borrow(|runtime| {
            runtime.block_on(async {
                fs::remove_file(DIRECTORY.path().join("xor.dat")).ok();
                fs::remove_file(DIRECTORY.path().join("blk00001.dat")).ok();
                if chose(KEYED) {
                    fs::write(DIRECTORY.path().join("xor.dat"), KEY).expect("a key is written");
                }
                let write = |number, bytes: &[u8]| write(number, bytes, chose(KEYED), chose(SETTLED));
                write(0, first);
                if chose(TWO) {
                    write(1, second);
                }
                let at_once = open(network).await;
                if chose(GROWING) {
                    // again, as it is met by one who was there when it was written
                    write(u32::from(chose(TWO)), &newest[..at % (newest.len() + 1)]);
                    let Some(files) = opened(network) else { return };
                    files.tip().await.ok();
                    let before = files.report().await.ok();
                    write(u32::from(chose(TWO)), newest);
                    let grown = look(&files, network, bytes.len()).await;
                    compare(before, grown, at_once, chose(SETTLED));
                }
            });
        });
    });
});

/// Each header that follows a magic and a size stands on one before it, or on the genesis: the first byte of its parent
/// says which.
fn mend(network: Network, bytes: &mut [u8]) {
    let mut known = vec![network.genesis().map_or_else(BlockHash::all_zeros, |genesis| genesis.block_hash())];
    let mut at = 0;
    while at + 8 + HEADER_BYTES <= bytes.len() {
        if bytes[at..at + 4] != network.magic() {
            at += 1;
            continue;
        }
        let place = &mut bytes[at + 8..at + 8 + HEADER_BYTES];
        let mut header: Header = consensus::deserialize(place).expect("any 80 bytes are a header");
        if !known.contains(&header.prev_blockhash) {
            header.prev_blockhash = known[usize::from(place[4]) % known.len()];
        }
        if Some(header) != network.genesis() {
            work(network, &mut header);
        }
        place.copy_from_slice(&consensus::serialize(&header));
        known.push(header.block_hash());
        at += 8 + HEADER_BYTES;
    }
}

fn write(number: u32, bytes: &[u8], keyed: bool, settled: bool) {
    let path = DIRECTORY.path().join(format!("blk{number:05}.dat"));
    let mut bytes = bytes.to_vec();
    if keyed {
        bytes.iter_mut().zip(KEY.iter().cycle()).for_each(|(byte, key)| *byte ^= key);
    }
    fs::write(&path, bytes).expect("a block file is written");
    if settled {
        let long_ago = SystemTime::now() - Duration::from_secs(3_600);
        File::options().append(true).open(&path).and_then(|file| file.set_modified(long_ago)).expect("a time is set");
    }
}

fn opened(network: Network) -> Option<BlockFiles> {
    match BlockFiles::open("files", DIRECTORY.path(), network, None) {
        Ok(files) => Some(files),
        Err(NodeError::OtherNetwork { found, .. }) if found != network => None,
        Err(error) => panic!("{error}"),
    }
}

async fn open(network: Network) -> Option<(BlockId, ScanReport)> {
    let bytes = fs::read_dir(DIRECTORY.path()).expect("the directory").flatten();
    let bytes: u64 = bytes.filter_map(|entry| entry.metadata().ok()).map(|found| found.len()).sum();
    look(&opened(network)?, network, usize::try_from(bytes).expect("it came from memory")).await
}

/// All that a source can be asked, and that its answers agree.
async fn look(files: &BlockFiles, network: Network, bytes: usize) -> Option<(BlockId, ScanReport)> {
    let tip = match files.tip().await {
        Ok(tip) => tip,
        Err(NodeError::NoBlocks { .. } | NodeError::NoStart { .. }) => return None,
        Err(error) => panic!("{error}"),
    };
    let report = files.report().await.expect("there is a tip");
    assert!(report.blocks * LEAST + report.skipped_bytes <= bytes as u64, "{report:?} of {bytes} bytes");
    assert_eq!(files.tip().await.expect("there was one"), tip, "nothing has changed");

    let headers = headers(files, network, tip).await;
    let mut ids: Vec<BlockId> =
        (0..).zip(&headers).map(|(height, header)| BlockId { height, hash: header.block_hash() }).collect();
    if ids.is_empty() {
        read(files, &[tip]).await;
        return Some((tip, report));
    }
    let active: HashSet<BlockHash> = ids.iter().map(|id| id.hash).collect();
    let stale = files.stale_blocks().await.expect("there is a tip");
    assert!(stale.iter().all(|id| !active.contains(&id.hash) && id.height > 0));
    assert_eq!(active.len() + stale.len(), usize::try_from(report.blocks - report.detached).expect("a small count"));
    let mut beside = HashSet::new();
    for end in files.branch_tips().await.expect("there is a tip") {
        let headers = linked(&files.branch_headers(&end).await.expect("its branch is here"));
        assert_eq!(headers.len(), end.length as usize);
        assert_eq!(headers.last().map(Header::block_hash), Some(end.id.hash));
        assert!(active.contains(&headers[0].prev_blockhash), "a branch leaves the active chain");
        beside.extend(headers.iter().map(Header::block_hash));
    }
    assert_eq!(beside, stale.iter().map(|id| id.hash).collect(), "every stale block is on a branch, and no other");
    ids.extend(stale);
    read(files, &ids).await;
    Some((tip, report))
}

/// The active chain, which begins where it must and ends with the tip.
async fn headers(files: &BlockFiles, network: Network, tip: BlockId) -> Vec<Header> {
    let start = match network.genesis() {
        Some(genesis) => genesis.block_hash(),
        // a simulated chain brings its own: which it is shows where the tip is no other
        None if tip.height == 0 => tip.hash,
        None => return Vec::new(),
    };
    let bytes = files.headers_from(BlockId { height: 0, hash: start }).await.expect("there is a tip");
    let headers = linked(&bytes);
    assert_eq!(headers.last().map(Header::block_hash), Some(tip.hash));
    assert_eq!(headers.len(), tip.height as usize + 1);
    headers
}

fn linked(bytes: &[u8]) -> Vec<Header> {
    assert_eq!(bytes.len() % HEADER_BYTES, 0);
    let headers = bytes.chunks(HEADER_BYTES).map(|bytes| consensus::deserialize(bytes).expect("any 80 bytes"));
    let headers: Vec<Header> = headers.collect();
    assert!(headers.windows(2).all(|two| two[1].prev_blockhash == two[0].block_hash()));
    headers
}

/// Blocks out of their places: those asked for, and their fronts the same as they are.
async fn read(files: &BlockFiles, ids: &[BlockId]) {
    let ids = &ids[..ids.len().min(8)];
    let (whole, fronts) = (blocks(files, ids, Want::Whole).await, blocks(files, ids, Want::Front).await);
    let Some(whole) = whole else {
        // one of them is damaged; those below it are not the worse for it
        blocks(files, &ids[..1], Want::Whole).await;
        return;
    };
    for (whole, front) in whole.iter().zip(fronts.expect("what is whole has a front")) {
        assert_eq!((whole.header, whole.tx_count), (front.header, front.tx_count));
        assert_eq!((&whole.coinbase, whole.size), (&front.coinbase, front.size));
    }
}

async fn blocks(files: &BlockFiles, ids: &[BlockId], want: Want) -> Option<Vec<RawBlock>> {
    match files.blocks(ids, want).await {
        Ok(blocks) => {
            assert!(blocks.iter().map(|block| block.id).eq(ids.iter().copied()), "those asked for, in that order");
            assert!(blocks.iter().all(|block| block.header.block_hash() == block.id.hash));
            Some(blocks)
        }
        Err(NodeError::Block { id, .. }) if ids.contains(&id) => None,
        Err(error) => panic!("{error}"),
    }
}

/// Files read while they grow come to the same as files read at once, where no damage is in them.
fn compare(
    before: Option<ScanReport>,
    grown: Option<(BlockId, ScanReport)>,
    at_once: Option<(BlockId, ScanReport)>,
    settled: bool,
) {
    if let Some(before) = before {
        let after = grown.map_or(0, |(_, report)| report.blocks);
        assert!(after >= before.blocks, "{} blocks were found, then {after}", before.blocks);
    }
    // a file that ends within a block is damaged, once nobody writes it any more
    if !settled && at_once.is_some_and(|(_, report)| report.skipped_bytes + report.unproven == 0) {
        assert_eq!(grown, at_once, "read while it grew, and at once");
    }
}
