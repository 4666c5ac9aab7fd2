//! Block files while another process writes them, and after bytes went bad.

use std::time::Duration;

use bitcoin::consensus;
use hashwatch_node::Want;

use crate::{
    files::{KEY, assert_chain, open, report},
    made::{Directory, chain, genesis, id, mine},
};

#[tokio::test]
async fn a_file_that_another_process_is_writing() {
    let blocks = chain(&genesis(), 6, "a");
    for key in [None, Some(KEY)] {
        let directory = Directory::new(key);
        directory.append_all(0, &blocks[..3]);
        let source = open(&directory);
        assert_chain(&source, &blocks[..3]).await;
        // byte by byte: nothing is seen before the block is whole, and nothing is lost
        for byte in directory.frame(&blocks[3]) {
            assert_eq!(source.tip().await.unwrap(), id(2, &blocks[2]));
            directory.append_bytes(0, &[byte]);
        }
        assert_chain(&source, &blocks[..4]).await;

        // laid out ahead: zeros on the disk, whatever the key, written over from the front
        let end = directory.length(0);
        directory.append_raw(0, &[0; 5_000]);
        assert_chain(&source, &blocks[..4]).await;
        let frame = directory.frame(&blocks[4]);
        for part in [0..4, 4..8, 8..50, 50..120] {
            directory.write_at(0, end + part.start as u64, &frame[part]);
            let tip = source.tip().await.unwrap();
            assert!(tip == id(3, &blocks[3]) || tip == id(4, &blocks[4]));
        }
        directory.write_at(0, end + 120, &frame[120..]);
        assert_chain(&source, &blocks[..5]).await;
        // the node goes on in a new file
        directory.append_all(1, &blocks[5..]);
        assert_chain(&source, &blocks).await;
        assert_eq!(report(&source).await.skipped_bytes, 0);
    }
}

/// Anyone can put the bytes of an old block into a transaction: while the block around it is half written, they must
/// not be taken for the next frame.
#[tokio::test]
async fn a_frame_inside_a_half_written_block() {
    let directory = Directory::new(None);
    let blocks = chain(&genesis(), 2, "a");
    directory.append_all(0, &blocks);
    let mut carrier = mine(&blocks[2], "carrier");
    carrier.txdata[0].output[0].script_pubkey = [directory.frame(&blocks[1]), vec![0; 400]].concat().into();
    let frame = directory.frame(&carrier);
    let source = open(&directory);
    directory.append_bytes(0, &frame[..frame.len() - 10]);
    assert_eq!(source.tip().await.unwrap(), id(2, &blocks[2]));
    directory.append_bytes(0, &frame[frame.len() - 10..]);
    assert_eq!(source.tip().await.unwrap(), id(3, &carrier));
}

#[tokio::test]
async fn damage_is_jumped_over_and_counted() {
    let blocks = chain(&genesis(), 8, "a");
    let garbage = b"garbage with \xfa\xbf\xb5\xda a magic in it and a size that is none";
    for key in [None, Some(KEY)] {
        let directory = Directory::new(key);
        directory.append_all(0, &blocks[..2]);
        directory.append_bytes(0, garbage);
        directory.append_all(0, &blocks[2..4]);
        // the start of a block that was never finished, in a file that is full
        directory.append_bytes(0, &directory.frame(&blocks[4])[..150]);
        directory.append_all(1, &blocks[4..6]);
        directory.append_raw(1, &[0; 3_000]);
        directory.append_all(1, &blocks[6..]);
        directory.append_raw(1, &[0; 3_000]);
        let source = open(&directory);
        assert_chain(&source, &blocks).await;
        assert_eq!(report(&source).await.skipped_bytes, garbage.len() as u64 + 3_000);
        // a look at the same end again counts nothing twice
        directory.append(1, &mine(&blocks[8], "next"));
        assert_eq!(source.tip().await.unwrap().height, 9);
        assert_eq!(report(&source).await.skipped_bytes, garbage.len() as u64 + 6_000);
    }
}

/// In a file that a node may be writing, a frame that ends beyond the file is a block to come. In one that nobody has
/// touched for long it is damage.
#[tokio::test]
async fn a_size_beyond_the_end_of_an_old_file() {
    let blocks = chain(&genesis(), 3, "a");
    let directory = Directory::new(None);
    directory.append_all(0, &blocks[..2]);
    let end = directory.length(0);
    directory.append(0, &mine(&blocks[1], "lost"));
    directory.append_all(0, &blocks[2..]);
    directory.write_at(0, end + 4, &1_000_000_u32.to_le_bytes());
    let source = open(&directory);
    assert_eq!(source.tip().await.unwrap(), id(1, &blocks[1]));
    directory.age(0, Duration::from_secs(3_600));
    assert_chain(&source, &blocks).await;
}

#[tokio::test]
async fn random_damage_loses_no_more_than_it_hits() {
    let blocks = chain(&genesis(), 30, "a");
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |below: u64| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed % below
    };
    for case in 0..200 {
        let directory = Directory::new((case % 2 == 0).then_some(KEY));
        let mut begins = vec![0];
        for block in &blocks {
            directory.append(0, block);
            begins.push(directory.length(0));
        }
        let length = directory.length(0);
        let from = 300 + random(length - 300);
        let to = from + 1 + random((length - from).min(900));
        let bytes: Vec<u8> = (from..to).map(|_| u8::try_from(random(256)).unwrap()).collect();
        directory.write_at(0, from, &bytes);
        directory.age(0, Duration::from_secs(3_600));
        let source = open(&directory);
        let tip = source.tip().await.unwrap();
        // blocks that end before the damage are all there; what stands on a lost one is detached, not wrong
        let whole = begins[1..].iter().filter(|end| **end <= from).count();
        assert!(tip.height as usize + 1 >= whole, "case {case}");
        let hit = begins.windows(2).filter(|block| block[0] < to && block[1] > from).count();
        let report = report(&source).await;
        assert!(report.blocks >= (blocks.len() - hit) as u64, "case {case}: {report:?}, hit {hit}");
        for (height, block) in (0..).zip(&blocks).take(whole) {
            let read = source.blocks(&[id(height, block)], Want::Whole).await.unwrap();
            assert_eq!(read[0].coinbase, consensus::serialize(&block.txdata[0]));
        }
    }
}
