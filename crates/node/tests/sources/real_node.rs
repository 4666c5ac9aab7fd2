//! Real full nodes: headers in bulk by REST and by RPC are the same bytes, and branches are those that were mined.

use std::{thread, time::Duration};

use bitcoin::{Block, consensus::encode::serialize_hex};
use hashwatch_model::{BlockHash, BlockId, Network};
use hashwatch_node::{
    Auth, BlockFiles, BranchTip, HEADERS_AT_ONCE, NodeError, Route, RpcConfig, RpcNode, Source, Standing,
};
use hashwatch_tests::{
    Bitcoind, Coinbase, Miner,
    bitcoincore_rpc::{Client, RpcApi},
    wait_until,
};
use serde_json::{Value, json};

use crate::{
    bulk::headers_of,
    made::{genesis, id, mine, work},
};

fn source(node: &Bitcoind, route: Route) -> Source {
    let config = RpcConfig {
        name: "bitcoind".to_owned(),
        url: node.url(),
        auth: Auth::Cookie(node.cookie_file()),
        network: Network::Regtest,
        timeout: Duration::from_secs(20),
        route,
        files: None,
    };
    Source::Rpc(RpcNode::new(config).unwrap())
}

/// `count` blocks that pay to anyone.
fn mine_many(rpc: &Client, count: usize) {
    let _: Value = rpc.call("generatetodescriptor", &[json!(count), json!("raw(51)#8lvh9jxk")]).unwrap();
}

fn at(rpc: &Client, height: u64) -> BlockId {
    BlockId { height: u32::try_from(height).unwrap(), hash: rpc.get_block_hash(height).unwrap() }
}

/// Tells the node of a block on `parent`, but not the block.
fn announce(rpc: &Client, parent: &Block) -> Block {
    let mut block = mine(parent, "announced");
    block.header.version = parent.header.version;
    block.header.time = parent.header.time + 600;
    work(&mut block);
    let _: Value = rpc.call("submitheader", &[json!(serialize_hex(&block.header))]).unwrap();
    block
}

/// The chain from genesis on, in as many calls as it takes: from each answer's last header on.
async fn walk(source: &Source) -> (Vec<u8>, usize) {
    let (mut all, mut calls) = (headers_of(&[genesis()]), 0);
    loop {
        let last: bitcoin::block::Header = bitcoin::consensus::deserialize(&all[all.len() - 80..]).unwrap();
        let height = u32::try_from(all.len() / 80 - 1).unwrap();
        let more = source.headers_from(BlockId { height, hash: last.block_hash() }).await.unwrap();
        calls += 1;
        assert_eq!(more[..80], all[all.len() - 80..], "the first is the one that was named");
        if more.len() == 80 {
            return (all, calls);
        }
        all.extend_from_slice(&more[80..]);
    }
}

#[tokio::test]
async fn rest_and_rpc_and_files_give_the_same_bytes() {
    let with = Bitcoind::start_with(&["-rest=1"]).unwrap();
    let mut without = Bitcoind::start_with(&["-rest=0"]).unwrap();
    let (rpc, other) = (with.rpc().unwrap(), without.rpc().unwrap());
    let height = HEADERS_AT_ONCE + 500;
    mine_many(&rpc, height);
    without.connect(&with).unwrap();
    let best = rpc.get_best_block_hash().unwrap();
    let followed = || other.get_best_block_hash().is_ok_and(|hash| hash == best);
    wait_until("the other node follows", Duration::from_secs(60), followed).unwrap();

    let (by_rest, calls) = walk(&source(&with, Route::Rest)).await;
    assert_eq!((by_rest.len(), calls), ((height + 1) * 80, 3));
    let last: bitcoin::block::Header = bitcoin::consensus::deserialize(&by_rest[height * 80..]).unwrap();
    assert_eq!(last.block_hash(), best);
    for source in [source(&with, Route::Auto), source(&with, Route::Rpc), source(&without, Route::Auto)] {
        assert_eq!(walk(&source).await, (by_rest.clone(), 3));
    }
    let error = source(&without, Route::Rest).headers_from(at(&other, 0)).await.unwrap_err();
    assert!(matches!(error, NodeError::Http { status: 404, .. }), "{error:?}");

    without.stop().unwrap();
    let files = BlockFiles::open("files", without.blocks_dir(), Network::Regtest, None).unwrap();
    assert_eq!(walk(&Source::Files(files)).await, (by_rest, 3));
}

#[tokio::test]
async fn a_reorg_between_two_calls_gives_nothing() {
    let node = Bitcoind::start().unwrap();
    let rpc = node.rpc().unwrap();
    mine_many(&rpc, 30);
    let (fork, gone, tip) = (at(&rpc, 20), at(&rpc, 21), at(&rpc, 30));
    for source in [source(&node, Route::Auto), source(&node, Route::Rest), source(&node, Route::Rpc)] {
        let active = at(&rpc, 21);
        assert_eq!(source.headers_from(active).await.unwrap().len(), 10 * 80);
        rpc.invalidate_block(&active.hash).unwrap();
        assert!(source.headers_from(active).await.unwrap().is_empty(), "the chain ends below it");
        assert_eq!(source.headers_from(fork).await.unwrap().len(), 80);
        Miner::new(&node).unwrap().mine_blocks(10).unwrap();
        assert_ne!(at(&rpc, 21).hash, active.hash);
        for off in [active, gone, tip, BlockId { height: 31, hash: gone.hash }, id(5, &mine(&genesis(), "unknown"))] {
            assert!(source.headers_from(off).await.unwrap().is_empty(), "{off}");
        }
        assert_eq!(source.headers_from(fork).await.unwrap().len(), 11 * 80);
    }
}

#[tokio::test]
async fn a_node_that_comes_back_is_asked_by_rest_again() {
    let mut node = Bitcoind::start().unwrap();
    mine_many(&node.rpc().unwrap(), 5);
    let first = at(&node.rpc().unwrap(), 1);
    let source = source(&node, Route::Auto);
    let before = source.headers_from(first).await.unwrap();
    assert_eq!(before.len(), 5 * 80);
    // in order, so that its blocks are on disk
    node.stop().unwrap();
    let error = source.headers_from(first).await.unwrap_err();
    assert!(matches!(error, NodeError::Connect { .. } | NodeError::Broken { .. }), "{error:?}");
    node.restart().unwrap();
    assert_eq!(source.headers_from(first).await.unwrap(), before);
}

#[tokio::test]
async fn branches_of_every_standing() {
    let node = Bitcoind::start().unwrap();
    let rpc = node.rpc().unwrap();
    let mut miner = Miner::new(&node).unwrap();
    let main = miner.mine_blocks(10).unwrap();
    let mut branch_on = |parent: BlockHash, length: usize, tag: &str| -> Vec<Block> {
        let mut branch: Vec<Block> = Vec::new();
        for _ in 0..length {
            let parent = branch.last().map_or(parent, Block::block_hash);
            branch.push(miner.mine_on(parent, &Coinbase::tagged(tag)).unwrap().block);
        }
        branch
    };
    // never more work than the active chain: kept, not validated
    let beside = branch_on(main[4].hash, 3, "/beside/");
    // one that was active until another overtook it, and one that was made invalid
    let overtaking = branch_on(main[7].hash, 3, "/overtaking/");
    let refused = branch_on(overtaking[2].block_hash(), 2, "/refused/");
    rpc.invalidate_block(&refused[0].block_hash()).unwrap();
    // headers whose blocks nobody has
    let first = announce(&rpc, &main[2].block);
    let announced = vec![first.clone(), announce(&rpc, &first)];

    let source = source(&node, Route::Auto);
    let overtaken: Vec<Block> = main[8..].iter().map(|mined| mined.block.clone()).collect();
    let expected = [
        (5, &announced, Standing::HeadersOnly),
        (8, &beside, Standing::ValidHeaders),
        (10, &overtaken, Standing::ValidFork),
        (13, &refused, Standing::Invalid),
    ];
    let mut tips = source.branch_tips().await.unwrap();
    tips.sort_by_key(|tip| tip.id);
    let told = expected.map(|(height, branch, standing)| BranchTip {
        id: id(height, branch.last().unwrap()),
        length: u32::try_from(branch.len()).unwrap(),
        standing,
    });
    assert_eq!(tips, told);
    for (tip, (_, branch, standing)) in tips.iter().zip(expected) {
        assert_eq!(source.branch_headers(tip).await.unwrap(), headers_of(branch), "{}", standing.name());
    }
    // only what can be fetched counts as stale
    assert_eq!(source.stale_blocks().await.unwrap().len(), beside.len() + overtaken.len());
}

/// The runtime's thread is asleep, so that nobody notices how the node lets go of the connection: the next request goes
/// out on a dead one.
#[tokio::test]
async fn a_connection_that_the_node_closed_is_made_anew() {
    let node = Bitcoind::start_with(&["-rpcservertimeout=1"]).unwrap();
    mine_many(&node.rpc().unwrap(), 3);
    let (first, source) = (at(&node.rpc().unwrap(), 0), source(&node, Route::Rest));
    for _ in 0..2 {
        assert_eq!(source.headers_from(first).await.unwrap().len(), 4 * 80);
        thread::sleep(Duration::from_millis(2_500));
    }
}
