//! Which chain is the best: by work alone, of equals the one seen first.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use bitcoin::{CompactTarget, consensus};
use hashwatch_model::{BlockId, Header, Network};
use hashwatch_tests::shared::shared;
use hashwatch_verify::{HeaderTree, Start};

#[path = "../src/tests/mining.rs"]
mod mining;

use mining::{NOW, bytes, chain, limit};

/// A trunk up to 2,015, on which the next is the first of an epoch: bits may be a quarter there, the trunk's beginning
/// being unknown.
fn trunk() -> (HeaderTree, Vec<Header>) {
    let trunk = chain(None, 5, 600, limit());
    let mut tree = HeaderTree::new(Network::Sim, Start::Height(2_011));
    tree.extend(&bytes(&trunk), NOW).unwrap();
    (tree, trunk)
}

/// A quarter of the easiest target: four times the work a block.
fn hard() -> CompactTarget {
    CompactTarget::from_consensus(0x2003_ffff)
}

fn end(first: u32, branch: &[Header]) -> Option<BlockId> {
    let height = first + u32::try_from(branch.len()).unwrap() - 1;
    branch.last().map(|last| BlockId { height, hash: last.block_hash() })
}

#[test]
fn more_work_wins_and_a_tie_stays() {
    let (mut tree, trunk) = trunk();
    // from 2,013 on: two blocks above the fork are the trunk's own
    let branch = chain(Some(&trunk[2]), 3, 601, limit());
    assert_eq!(tree.best(), end(2_011, &trunk));
    tree.extend(&bytes(&branch[..1]), NOW).unwrap();
    tree.extend(&bytes(&branch[1..2]), NOW).unwrap();
    assert_eq!(tree.best(), end(2_011, &trunk), "as much work, seen later");
    tree.extend(&bytes(&branch[2..]), NOW).unwrap();
    assert_eq!(tree.best(), end(2_014, &branch), "more work");
    assert_eq!(tree.ends(), [end(2_011, &trunk).unwrap(), end(2_014, &branch).unwrap()]);
    let fork = tree.fork(trunk[4].block_hash(), branch[2].block_hash()).unwrap();
    assert_eq!((fork.height, fork.hash), (2_013, trunk[2].block_hash()));
    // and back again
    let trunk_on = chain(trunk.last(), 2, 600, limit());
    tree.extend(&bytes(&trunk_on), NOW).unwrap();
    assert_eq!(tree.best(), end(2_016, &trunk_on));
}

#[test]
fn fewer_blocks_of_more_work_win() {
    let (mut tree, trunk) = trunk();
    let easy = chain(trunk.last(), 7, 600, limit());
    let hard = chain(trunk.last(), 2, 601, hard());
    tree.extend(&bytes(&easy), NOW).unwrap();
    assert_eq!(tree.best(), end(2_016, &easy));
    tree.extend(&bytes(&hard[..1]), NOW).unwrap();
    assert_eq!(tree.best(), end(2_016, &easy), "4 blocks' work against 7");
    tree.extend(&bytes(&hard[1..]), NOW).unwrap();
    assert_eq!(tree.best(), end(2_016, &hard), "8 blocks' work against 7");
    let work = |headers: &[Header]| tree.chainwork(headers.last().unwrap().block_hash()).unwrap();
    assert!(work(&hard) > work(&easy));
}

/// A real branch of eight blocks that the rest of the network did not follow.
#[test]
fn a_real_minority_chain() {
    let Some(path) = shared("real/stale/minority_chain_961632.csv") else { return };
    let mut headers: Vec<Header> = csv::Reader::from_path(path)
        .unwrap()
        .records()
        .map(|row| consensus::deserialize(&hex::decode(&row.unwrap()[2]).unwrap()).unwrap())
        .collect();
    // listed from the top down
    headers.reverse();
    assert_eq!(headers.len(), 8);
    let mut tree = HeaderTree::new(Network::Mainnet, Start::Height(961_632));
    tree.extend(&bytes(&headers), NOW).unwrap();
    assert_eq!(tree.best(), end(961_632, &headers));
    let top = headers[7].block_hash();
    assert_eq!(tree.path(top, 0, u32::MAX).len(), 8);
    assert_eq!(tree.ancestor(top, 961_634).map(|id| id.hash), Some(headers[2].block_hash()));
    // a ninth block at its own bits is more work than it has: the rest of the network had that
    let eight = tree.chainwork(top).unwrap();
    let nine = (0..9).map(|_| headers[0].work()).reduce(|a, b| a + b).unwrap();
    assert!(eight < nine && headers.iter().all(|header| header.bits == headers[0].bits));
}
