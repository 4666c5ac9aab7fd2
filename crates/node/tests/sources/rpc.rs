//! A node that answers as nodes do: states, chains, blocks, stale branches, waits, restarts.

use std::{
    fs,
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use bitcoin::{consensus, constants::genesis_block};
use hashwatch_model::{BlockHash, BlockId, NodeState};
use hashwatch_node::{NodeError, Route, Want};
use serde_json::{Value, json};

use crate::fake_node::{Asked, FakeNode, Reply};

pub(crate) fn hash(byte: u8) -> BlockHash {
    format!("{byte:02x}").repeat(32).parse().unwrap()
}

fn genesis() -> bitcoin::Block {
    genesis_block(bitcoin::Network::Regtest)
}

pub(crate) fn info() -> Value {
    json!({"chain": "regtest", "blocks": 7, "headers": 7, "bestblockhash": hash(7), "a field of the future": [[]]})
}

/// A regtest node of seven blocks that tells this of its chain.
pub(crate) fn sound(asked: &Asked, info: Value) -> Reply {
    match asked.method.as_str() {
        "getblockchaininfo" => Reply::result(info),
        "getnetworkinfo" => Reply::result(json!({"subversion": "/Satoshi:99.0.0(\u{1b}[31m)/", "version": 990_000})),
        "getblockhash" => match asked.params[0].as_u64().unwrap() {
            0 => Reply::result(json!(genesis().block_hash())),
            height @ 1..=7 => Reply::result(json!(hash(u8::try_from(height).unwrap()))),
            _ => Reply::error(500, -8, "Block height out of range"),
        },
        "getbestblockhash" => Reply::result(json!(hash(7))),
        _ => Reply::error(404, -32601, "Method not found"),
    }
}

#[tokio::test]
async fn a_sound_node_is_ok() {
    let node = FakeNode::start(|asked| sound(asked, info()));
    let status = node.client().probe(0).await;
    assert_eq!(status.state, NodeState::Ok);
    assert_eq!(status.tip, Some(BlockId { height: 7, hash: hash(7) }));
    assert_eq!(status.version.as_deref(), Some(r"/Satoshi:99.0.0(\u{1b}[31m)/"));
    assert_eq!(node.connections.load(Ordering::SeqCst), 1, "the connection is kept");
}

#[tokio::test]
async fn each_state_is_told() {
    let telling = |changes: Value| {
        let mut info = info();
        info.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        FakeNode::start(move |asked| sound(asked, info.clone()))
    };
    let wrong = telling(json!({"chain": "test"}));
    let state = wrong.client().probe(0).await.state;
    assert!(matches!(state, NodeState::WrongNetwork { found } if found.starts_with("test, genesis")));

    // the right name on another chain
    let fork = FakeNode::start(|asked| match asked.method.as_str() {
        "getblockhash" => Reply::result(json!(hash(9))),
        _ => sound(asked, info()),
    });
    let NodeState::WrongNetwork { found } = fork.client().probe(0).await.state else { panic!("a foreign genesis") };
    assert!(found.contains(&hash(9).to_string()), "{found}");

    // an idle regtest node is not one in its initial download
    let idle = telling(json!({"initialblockdownload": true}));
    assert_eq!(idle.client().probe(0).await.state, NodeState::Ok);
    let syncing = telling(json!({"initialblockdownload": true, "headers": 900}));
    let state = syncing.client().probe(0).await.state;
    assert_eq!(state, NodeState::InitialBlockDownload { blocks: 7, headers: 900 });

    let pruned = telling(json!({"pruned": true, "pruneheight": 5}));
    assert_eq!(pruned.client().probe(4).await.state, NodeState::PrunedBelowStart { lowest: 5, needed: 4 });
    assert_eq!(pruned.client().probe(5).await.state, NodeState::Ok);

    let warming = FakeNode::start(|_| Reply::error(500, -28, "Loading block index\u{2026}"));
    let NodeState::Unreachable(why) = warming.client().probe(0).await.state else { panic!("not unreachable") };
    assert!(why.contains("Loading block index"), "{why}");
}

#[tokio::test]
async fn a_new_cookie_is_read_when_the_old_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let cookie = directory.path().join(".cookie");
    let node = FakeNode::start({
        let cookie = cookie.clone();
        move |asked| match fs::read_to_string(&cookie).is_ok_and(|now| now.trim_end() == asked.credentials) {
            true => sound(asked, info()),
            false => Reply::Http(401, vec![]),
        }
    });
    let client = node.client_with_cookie(&cookie);
    let error = client.tip().await.unwrap_err();
    assert!(matches!(error, NodeError::Cookie { .. }) && error.to_string().contains("is the node running"), "{error}");
    fs::write(&cookie, "__cookie__:aaaa\n").unwrap();
    client.tip().await.unwrap();
    fs::write(&cookie, "__cookie__:bbbb").unwrap();
    client.tip().await.unwrap();
    assert_eq!(node.requests.load(Ordering::SeqCst), 3, "one refused, no more");
    fs::write(&cookie, "no colon").unwrap();
    assert!(matches!(client.tip().await, Err(NodeError::Cookie { .. })));
}

#[tokio::test]
async fn hashes_come_in_batches_and_end_with_the_chain() {
    let node = FakeNode::start(|asked| sound(asked, info()));
    let client = node.client();
    assert_eq!(client.hashes(1, 7).await.unwrap(), (1..=7).map(hash).collect::<Vec<_>>());
    assert_eq!(client.hashes(6, 900).await.unwrap(), [hash(6), hash(7)]);
    assert_eq!(client.hashes(9, 900).await.unwrap(), []);
    assert_eq!(client.hash_at(3).await.unwrap(), Some(hash(3)));
    assert_eq!(client.hash_at(8).await.unwrap(), None);

    let node = FakeNode::start(|asked| match asked.method.as_str() {
        "getblockhash" if asked.batch > 500 => Reply::Whole(500, "too much at once".to_owned()),
        "getblockhash" => Reply::result(json!(hash(7))),
        _ => {
            let mut long = info();
            long["blocks"] = json!(1_200);
            sound(asked, long)
        }
    });
    assert_eq!(node.client().hashes(0, 1_200).await.unwrap().len(), 1_201);
    assert!(node.requests.load(Ordering::SeqCst) < 10);
}

#[tokio::test]
async fn a_chain_that_moves_while_it_is_listed() {
    let node = FakeNode::start(|asked| match asked.method.as_str() {
        "getblockhash" if asked.batch == 0 => Reply::result(json!(hash(99))),
        _ => sound(asked, info()),
    });
    assert!(matches!(node.client().hashes(1, 7).await, Err(NodeError::ChainMoved { from: 1, to: 7 })));
}

#[tokio::test]
async fn blocks_come_in_order_whatever_they_are() {
    let block = consensus::encode::serialize_hex(&genesis());
    let node = FakeNode::start(move |asked| {
        let which = (1..=5).find(|n| asked.params[0] == json!(hash(*n)));
        match which {
            Some(1) => Reply::error(500, -5, "Block not found"),
            Some(2) => Reply::error(500, -1, "Block not available (pruned data)"),
            Some(3) => Reply::result(json!("zz")),
            Some(4) => Reply::result(json!("00ff")),
            Some(_) => Reply::result(json!({"hash": "x"})),
            None => Reply::result(json!(block)),
        }
    });
    let client = node.client_by(Route::Rpc);
    // whether each is the block asked for is for verify to say
    let ids: Vec<BlockId> = (10..30).map(|n| BlockId { height: u32::from(n), hash: hash(n) }).collect();
    let blocks = client.blocks(&ids, Want::Whole).await.unwrap();
    assert_eq!(blocks.iter().map(|block| block.id).collect::<Vec<_>>(), ids);
    assert_eq!(blocks[0].header, genesis().header);
    let mut errors = Vec::new();
    for n in 1..=5 {
        errors.push(client.blocks(&[BlockId { height: 1, hash: hash(n) }], Want::Whole).await.unwrap_err());
    }
    let [unknown, pruned, no_hex, no_block, no_text] = errors.as_slice() else { panic!("five were asked for") };
    assert!(matches!(unknown, NodeError::BlockMissing { hash: h, .. } if *h == hash(1)), "{unknown:?}");
    assert!(matches!(pruned, NodeError::BlockMissing { hash: h, .. } if *h == hash(2)), "{pruned:?}");
    assert!(matches!(no_hex, NodeError::Malformed { .. }), "{no_hex:?}");
    assert!(matches!(no_block, NodeError::Block { .. }), "{no_block:?}");
    assert!(matches!(no_text, NodeError::Malformed { .. }), "{no_text:?}");
}

#[tokio::test]
async fn stale_branches_are_walked_down_to_the_fork() {
    let header = genesis().header;
    // a branch of two: the upper one's parent is read from its header
    let upper = header.block_hash();
    let tips = json!([
        {"height": 7, "hash": hash(7), "branchlen": 0, "status": "active"},
        {"height": 6, "hash": upper, "branchlen": 2, "status": "valid-fork"},
        {"height": 4, "hash": hash(40), "branchlen": 1, "status": "valid-headers"},
        {"height": 9, "hash": hash(41), "branchlen": 3, "status": "headers-only"},
        {"height": 5, "hash": hash(42), "branchlen": 1, "status": "invalid"},
        {"height": 5, "hash": hash(43), "branchlen": 1, "status": "a status of the future"},
    ]);
    let hex = consensus::encode::serialize_hex(&header);
    let node = FakeNode::start(move |asked| match asked.method.as_str() {
        "getchaintips" => Reply::result(tips.clone()),
        "getblockheader" => Reply::result(json!(hex)),
        _ => sound(asked, info()),
    });
    let stale = node.client().stale_blocks().await.unwrap();
    let expected = [(4, hash(40)), (5, header.prev_blockhash), (6, upper)];
    assert_eq!(stale, expected.map(|(height, hash)| BlockId { height, hash }));

    // the header that comes is another's: no walking on from it
    let tips = json!([{"height": 6, "hash": hash(44), "branchlen": 2, "status": "valid-fork"}]);
    let hex = consensus::encode::serialize_hex(&header);
    let node = FakeNode::start(move |asked| match asked.method.as_str() {
        "getchaintips" => Reply::result(tips.clone()),
        _ => Reply::result(json!(hex)),
    });
    assert!(matches!(node.client().stale_blocks().await, Err(NodeError::NotAskedFor { .. })));
}

#[tokio::test]
async fn waiting_falls_back_to_what_the_node_has() {
    // newer nodes take the tip that we know, older ones only a timeout; some have no such call. Each tells in the end
    for (name, most_arguments) in [("from tip", 2), ("plain", 1), ("none", 0)] {
        let begun = Instant::now();
        let changed = move || begun.elapsed() > Duration::from_millis(400);
        let best = move || if changed() { hash(8) } else { hash(7) };
        let node = FakeNode::start(move |asked| match asked.method.as_str() {
            "getbestblockhash" => Reply::result(json!(best())),
            _ if most_arguments == 0 => Reply::error(404, -32601, "Method not found"),
            _ if asked.params.len() > most_arguments => Reply::error(500, -1, "waitfornewblock help"),
            _ => {
                while !changed() {
                    std::thread::sleep(Duration::from_millis(5));
                }
                Reply::result(json!({"hash": best(), "height": 8}))
            }
        });
        node.client().wait_for_change(hash(7), Duration::from_secs(10)).await.unwrap();
        let took = begun.elapsed();
        // polling looks again only after a second
        let latest = if most_arguments == 0 { 5_000 } else { 950 };
        assert!(took > Duration::from_millis(390) && took < Duration::from_millis(latest), "{name}: {took:?}");
        // and at once when the tip is another already
        node.client().wait_for_change(hash(1), Duration::from_secs(10)).await.unwrap();
    }
}

#[tokio::test]
async fn a_block_between_the_look_and_the_wait_is_seen() {
    let node = FakeNode::start(|asked| match asked.method.as_str() {
        "getbestblockhash" if asked.earlier < 3 => Reply::result(json!(hash(7))),
        "getbestblockhash" => Reply::result(json!(hash(8))),
        _ if asked.params.len() > 1 => Reply::error(500, -1, "waitfornewblock help"),
        _ => Reply::Silence,
    });
    let begun = Instant::now();
    node.client().wait_for_change(hash(7), Duration::from_secs(10)).await.unwrap();
    assert!(begun.elapsed() < Duration::from_millis(950));
}

#[tokio::test]
async fn a_wait_ends_at_its_timeout() {
    let node = FakeNode::start(|asked| match asked.method.as_str() {
        "getbestblockhash" => Reply::result(json!(hash(7))),
        _ => {
            std::thread::sleep(Duration::from_millis(asked.params[0].as_u64().unwrap()));
            Reply::result(json!({"hash": hash(7), "height": 7}))
        }
    });
    let begun = Instant::now();
    node.client().wait_for_change(hash(7), Duration::from_millis(500)).await.unwrap();
    assert!(begun.elapsed() >= Duration::from_millis(500) && begun.elapsed() < Duration::from_secs(3));
}
