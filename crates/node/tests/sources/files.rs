//! Block files as nodes leave them. Blocks are made here, so that every byte of the files is known; real ones are read
//! where they are at hand.

use std::{fs, path::Path, time::Duration};

use bitcoin::{Block, CompactTarget, consensus};
use hashwatch_model::{BlockId, Header, Network, NodeState};
use hashwatch_node::{BlockFiles, HEADERS_AT_ONCE, NodeError, ScanReport, Source, Want};

use crate::made::{self, Directory, chain, genesis, id, mine, mine_at};

pub(crate) const KEY: [u8; 8] = [0xde, 0xad, 0xbe, 0xef, 1, 2, 3, 4];

pub(crate) fn open(directory: &Directory) -> Source {
    Source::Files(BlockFiles::open("files", directory.path(), Network::Regtest, None).unwrap())
}

pub(crate) async fn report(source: &Source) -> ScanReport {
    let Source::Files(files) = source else { panic!("not files") };
    files.report().await.unwrap()
}

/// The source's active chain from a block of it upward, as its headers tell it.
pub(crate) async fn active(source: &Source, first: BlockId) -> Vec<Header> {
    let mut chain: Vec<Header> = Vec::new();
    loop {
        let height = first.height + u32::try_from(chain.len().saturating_sub(1)).unwrap();
        let at = chain.last().map_or(first, |last| BlockId { height, hash: last.block_hash() });
        let raw = source.headers_from(at).await.unwrap();
        let known = chain.len().min(1);
        chain.extend(raw.chunks_exact(80).skip(known).map(|raw| consensus::deserialize::<Header>(raw).unwrap()));
        if raw.len() < 80 * HEADERS_AT_ONCE {
            return chain;
        }
    }
}

/// The source's active chain is this one, and it hands the blocks over whole.
pub(crate) async fn assert_chain(source: &Source, blocks: &[Block]) {
    let ids: Vec<BlockId> = (0..).zip(blocks).map(|(height, block)| id(height, block)).collect();
    let tip = *ids.last().unwrap();
    assert_eq!(source.tip().await.unwrap(), tip);
    let raw = source.blocks(&ids, Want::Whole).await.unwrap();
    for (raw, (block, id)) in raw.iter().zip(blocks.iter().zip(&ids)) {
        assert_eq!((raw.id, raw.header), (*id, block.header));
        assert_eq!(raw.coinbase, consensus::serialize(&block.txdata[0]));
        assert_eq!(raw.size.unwrap() as usize, consensus::serialize(block).len());
    }
    assert_eq!(active(source, ids[0]).await, blocks.iter().map(|block| block.header).collect::<Vec<_>>());
}

#[tokio::test]
async fn files_out_of_order_with_a_stale_branch_under_a_key() {
    let blocks = chain(&genesis(), 40, "a");
    let stale = chain(&blocks[29], 3, "stale");
    for key in [None, Some(KEY)] {
        let directory = Directory::new(key);
        // as a node gets them from several peers: children before parents, across files
        for (at, block) in blocks.iter().chain(&stale[1..]).rev().enumerate() {
            directory.append(u32::try_from(at / 15).unwrap(), block);
        }
        let source = open(&directory);
        assert_chain(&source, &blocks).await;
        let expected = [id(30, &stale[1]), id(31, &stale[2]), id(32, &stale[3])];
        assert_eq!(source.stale_blocks().await.unwrap(), expected);
        assert_eq!(source.blocks(&expected, Want::Whole).await.unwrap()[2].header, stale[3].header);
        let found = ScanReport { files: 3, blocks: 44, detached: 0, skipped_bytes: 0, unproven: 0 };
        assert_eq!(report(&source).await, found);

        assert_eq!(active(&source, id(0, &blocks[0])).await.len(), 41);
        assert_eq!(active(&source, id(39, &blocks[39])).await, [blocks[39].header, blocks[40].header]);
        assert_eq!(active(&source, id(38, &blocks[39])).await, [], "at a height that is not its own");
        assert_eq!(active(&source, expected[0]).await, [], "a stale block");
        let status = source.probe(0).await;
        assert_eq!((status.state, status.tip), (NodeState::Ok, Some(id(40, &blocks[40]))));
    }
}

/// A source with a hole tells no tip, since a chain may go on behind it; what lies in the other files can be had all the same.
#[tokio::test]
async fn a_file_that_cannot_be_read_hides_no_other() {
    let blocks = chain(&genesis(), 5, "a");
    let directory = Directory::new(Some(KEY));
    for (number, block) in [0, 0, 0, 2, 2, 2].into_iter().zip(&blocks) {
        directory.append(number, block);
    }
    // opens, and cannot be read
    fs::create_dir(directory.path().join("blk00001.dat")).unwrap();
    let source = open(&directory);
    let error = source.tip().await.unwrap_err();
    assert!(matches!(&error, NodeError::File { path, .. } if path.ends_with("blk00001.dat")), "{error}");
    let ids: Vec<BlockId> = (0..).zip(&blocks).map(|(height, block)| id(height, block)).collect();
    assert_eq!(source.blocks(&ids, Want::Front).await.unwrap().len(), blocks.len());
    fs::remove_dir(directory.path().join("blk00001.dat")).unwrap();
    assert_chain(&source, &blocks).await;
}

#[tokio::test]
async fn work_decides_and_the_first_seen_of_equals() {
    let directory = Directory::new(None);
    let base = chain(&genesis(), 2, "base");
    let long = chain(&base[2], 3, "long");
    let heavy = mine_at(&base[2], "heavy", 0x201f_ffff);
    let (first, second) = (mine(&heavy, "first"), mine(&heavy, "second"));
    directory.append_all(0, &base);
    directory.append_all(0, &long[1..]);
    let source = open(&directory);
    assert_eq!(source.tip().await.unwrap(), id(5, &long[3]));
    directory.append(0, &heavy);
    assert_eq!(source.tip().await.unwrap(), id(3, &heavy), "one block of four times the work");
    assert_eq!(source.stale_blocks().await.unwrap(), [id(3, &long[1]), id(4, &long[2]), id(5, &long[3])]);
    directory.append(0, &first);
    directory.append(0, &second);
    assert_eq!(source.tip().await.unwrap(), id(4, &first));
    assert_eq!(open(&directory).tip().await.unwrap(), id(4, &first));
    directory.append(0, &mine(&second, "third"));
    assert_eq!(active(&source, id(3, &heavy)).await, [heavy.header, first.header], "as at the last look");
    source.tip().await.unwrap();
    assert_eq!(active(&source, id(3, &heavy)).await[1], second.header);
}

#[tokio::test]
async fn claimed_work_must_have_been_done() {
    let directory = Directory::new(None);
    let base = chain(&genesis(), 3, "base");
    directory.append_all(0, &base);
    // the header claims mainnet's difficulty; its hash does not meet it
    let mut boast = mine(&base[1], "boast");
    boast.header.bits = CompactTarget::from_consensus(0x1d00_ffff);
    directory.append(0, &boast);
    // and one that has its work, but by a target beyond the limit
    let mut easy = mine(&base[3], "easy");
    easy.header.bits = CompactTarget::from_consensus(0x2100_ffff);
    directory.append(0, &easy);
    let next = mine(&base[3], "next");
    directory.append(0, &next);
    let source = open(&directory);
    assert_chain(&source, &[base, vec![next]].concat()).await;
    assert_eq!(report(&source).await.unproven, 2);
}

#[tokio::test]
async fn waiting_for_growth() {
    let directory = Directory::new(Some(KEY));
    let blocks = chain(&genesis(), 2, "a");
    directory.append_all(0, &blocks[..2]);
    let source = open(&directory);
    let known = source.tip().await.unwrap().hash;
    source.wait_for_change(known, Duration::from_millis(50)).await.unwrap();
    let (waited, ()) = tokio::join!(source.wait_for_change(known, Duration::from_secs(30)), async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        directory.append(0, &blocks[2]);
    });
    waited.unwrap();
    assert_chain(&source, &blocks).await;
}

#[tokio::test]
async fn directories_that_cannot_serve() {
    let open = |path: &Path, network| BlockFiles::open("files", path, network, None);
    let empty = tempfile::tempdir().unwrap();
    assert!(matches!(open(empty.path(), Network::Regtest), Err(NodeError::NoBlockFiles { .. })));
    assert!(matches!(open(&empty.path().join("none"), Network::Regtest), Err(NodeError::Directory { .. })));

    let keyed = Directory::new(Some(KEY));
    keyed.append_all(0, &chain(&genesis(), 3, "a"));
    let error = open(keyed.path(), Network::Mainnet).unwrap_err();
    assert!(error.to_string().ends_with("holds blocks of regtest, not of mainnet"), "{error}");

    fs::remove_file(keyed.path().join("xor.dat")).unwrap();
    let files = open(keyed.path(), Network::Regtest).unwrap();
    let error = files.tip().await.unwrap_err();
    assert!(error.to_string().contains("its xor.dat may be missing"), "{error}");
    assert!(matches!(files.probe(0).await.state, NodeState::Unreachable(_)));
    assert!(matches!(files.headers_from(id(0, &genesis())).await, Err(NodeError::NoBlocks { keyed: false, .. })));
    fs::write(keyed.path().join("xor.dat"), [0; 7]).unwrap();
    assert!(matches!(open(keyed.path(), Network::Regtest), Err(NodeError::XorKey { bytes: 7, .. })));
}

#[tokio::test]
async fn a_pruned_directory_serves_from_a_trusted_start() {
    let blocks = chain(&genesis(), 3, "a");
    let pruned = Directory::new(None);
    pruned.append_all(7, &blocks[1..]);
    let open = |start| BlockFiles::open("files", pruned.path(), Network::Regtest, start).unwrap();
    let error = open(None).tip().await.unwrap_err();
    assert!(matches!(error, NodeError::NoStart { blocks: 3, .. }), "{error}");
    let trusted = open(Some(id(1, &blocks[1])));
    assert_eq!(trusted.tip().await.unwrap(), id(3, &blocks[3]));
    assert!(trusted.headers_from(id(0, &blocks[0])).await.unwrap().is_empty());
    let from_the_start = trusted.headers_from(id(1, &blocks[1])).await.unwrap();
    assert_eq!(
        from_the_start,
        blocks[1..].iter().flat_map(|block| consensus::serialize(&block.header)).collect::<Vec<_>>()
    );
    assert_eq!(trusted.stale_blocks().await.unwrap(), []);
    assert_eq!(trusted.probe(0).await.state, NodeState::PrunedBelowStart { lowest: 1, needed: 0 });
    assert_eq!(trusted.probe(1).await.state, NodeState::Ok);
}

#[tokio::test]
async fn files_that_go_away_or_are_exchanged() {
    let directory = Directory::new(None);
    let blocks = chain(&genesis(), 6, "a");
    directory.append_all(0, &blocks[..4]);
    directory.append_all(1, &blocks[4..]);
    let source = open(&directory);
    assert_chain(&source, &blocks).await;
    directory.remove(0);
    assert_eq!(source.tip().await.unwrap(), id(6, &blocks[6]), "the headers are known");
    let error = source.blocks(&[id(1, &blocks[1])], Want::Whole).await.unwrap_err();
    assert!(matches!(error, NodeError::BlockMissing { .. }), "{error:?}");
    let unknown = id(1, &mine(&blocks[1], "no"));
    assert!(matches!(source.blocks(&[unknown], Want::Whole).await, Err(NodeError::BlockMissing { .. })));

    // another chain of the same length: found out when a block is read
    let other = chain(&genesis(), 6, "b");
    directory.remove(1);
    directory.append_all(0, &other[..4]);
    directory.append_all(1, &other[4..]);
    assert!(matches!(source.blocks(&[id(6, &blocks[6])], Want::Whole).await, Err(NodeError::BlockMissing { .. })));
    assert_chain(&source, &other).await;

    // and a shorter one at the next look
    let short = chain(&genesis(), 2, "c");
    directory.remove(0);
    directory.remove(1);
    directory.append_all(0, &short);
    assert_chain(&source, &short).await;
}

#[tokio::test]
async fn a_look_that_is_given_up_loses_nothing() {
    let directory = Directory::new(Some(KEY));
    let blocks = chain(&genesis(), 3_000, "a");
    for (number, part) in (0..).zip(blocks.chunks(1_500)) {
        directory.append_all(number, part);
        directory.age(number, Duration::from_secs(3_600));
    }
    let mut given_up = 0;
    for wait in (0..40).map(|step| Duration::from_micros(50 * step)) {
        let source = open(&directory);
        given_up += usize::from(tokio::time::timeout(wait, source.tip()).await.is_err());
        assert_eq!(source.tip().await.unwrap(), id(3_000, &blocks[3_000]));
        assert_eq!(report(&source).await.blocks, 3_001);
    }
    assert!(given_up > 0);
}

#[tokio::test]
async fn a_simulated_chain_brings_its_own_genesis() {
    let limit = Network::Sim.retarget().limit.to_consensus();
    let mut first = genesis();
    first.header.bits = CompactTarget::from_consensus(limit);
    made::work(&mut first);
    let second = mine_at(&first, "sim", limit);
    let directory = Directory::of(Network::Sim, Some(KEY));
    directory.append_all(0, &[second.clone(), first.clone()]);
    let open = |start| BlockFiles::open("sim", directory.path(), Network::Sim, start).unwrap();
    assert_eq!(open(None).tip().await.unwrap(), id(1, &second));
    assert_eq!(open(Some(id(0, &first))).tip().await.unwrap(), id(1, &second));
    assert!(matches!(open(Some(id(0, &genesis()))).tip().await, Err(NodeError::NoStart { .. })));
}

/// Twelve real blocks of mainnet, of ten years; the last four follow each other.
#[tokio::test]
async fn real_blocks() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/real/blocks");
    let Ok(listing) = fs::read_dir(&folder) else {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "the real blocks are missing");
        eprintln!("skipped: there are no real blocks at {}", folder.display());
        return;
    };
    let mut blocks: Vec<(BlockId, Vec<u8>)> = listing
        .map(|entry| {
            let path = entry.unwrap().path();
            let (height, hash) = path.file_stem().unwrap().to_str().unwrap().split_once('-').unwrap();
            (BlockId { height: height.parse().unwrap(), hash: hash.parse().unwrap() }, fs::read(&path).unwrap())
        })
        .collect();
    blocks.sort();
    assert_eq!(blocks.len(), 12);
    let directory = Directory::of(Network::Mainnet, Some(KEY));
    for (at, (_, bytes)) in blocks.iter().enumerate() {
        directory.append_bytes(u32::from(at >= 6), &directory.frame_of(bytes));
    }
    let files = BlockFiles::open("real", directory.path(), Network::Mainnet, Some(blocks[8].0)).unwrap();
    assert_eq!(files.tip().await.unwrap(), blocks[11].0);
    assert_eq!(files.report().await.unwrap().detached, 8);
    for (id, bytes) in &blocks {
        let raw = files.blocks(&[*id], Want::Whole).await.unwrap().remove(0);
        let whole: Block = consensus::deserialize(bytes).unwrap();
        assert_eq!(raw.header.block_hash(), id.hash);
        assert_eq!(raw.tx_count as usize, whole.txdata.len());
        assert_eq!(raw.size.map(|size| size as usize), Some(bytes.len()));
        assert_eq!(raw.weight().map(u64::from), Some(whole.weight().to_wu()));
    }
}
