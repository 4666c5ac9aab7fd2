//! How fast blocks come from a real bitcoind, by REST and by RPC, against a client that asks for the same over the same
//! number of kept connections and throws the answers away; and how long it takes from the node having a block until the API
//! answers with it.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::print_stdout, reason = "a bench that cannot go on fails")]

use std::{
    hint::black_box,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use bitcoin::{Amount, Block, consensus, hex::FromHex};
use hashwatch_model::{BlockId, Network, RawBlock};
use hashwatch_node::{Auth, Route, RpcConfig, RpcNode, Source, Want};
use hashwatch_tests::{
    Bitcoind, Coinbase, Hashwatch, Miner,
    bitcoincore_rpc::RpcApi,
    measure::{Table, in_earnest, interleaved},
};

/// Requests that hashwatch has under way once it knows that the node bears them.
const WIDTH: usize = 12;
/// Between two questions for a block that is not there yet.
const POLL: Duration = Duration::from_millis(2);

fn main() {
    let size = match in_earnest() {
        true => Size { small: 2_000, large: 60, payments: 2_000, rounds: 15, followed: 300 },
        false => Size { small: 150, large: 2, payments: 20, rounds: 1, followed: 3 },
    };
    let node = Bitcoind::start().expect("bitcoind: tests/fetch-bitcoind.sh");
    let mut miner = Miner::new(&node).expect("its miner");
    let small = mine(&mut miner, size.small, 0);
    let large = mine(&mut miner, size.large, size.payments);
    let mut table = Table::new("blocks of a node", &["blocks", "way", "blocks/s", "MB/s", "x plain client"]);
    for (what, ids, bytes) in [("small", &small.0, small.1), ("large", &large.0, large.1)] {
        for route in [Route::Rest, Route::Rpc] {
            compare(
                &node,
                &format!("{} {what}, {} bytes each", ids.len(), bytes / ids.len()),
                ids,
                bytes,
                route,
                size.rounds,
                &mut table,
            );
        }
    }
    table.note(&format!(
        "A real bitcoind on regtest on the same two cores, {WIDTH} requests under way, medians of {} rounds taken in turn. The plain \
         client keeps its connections and throws away what it reads; hashwatch decodes each block and hashes its transactions, of \
         large blocks most of the work.",
        size.rounds
    ));
    table.finish();
    follow(&node, &mut miner, size.followed);
}

struct Size {
    small: usize,
    large: usize,
    payments: usize,
    rounds: usize,
    followed: usize,
}

/// Blocks of so many payments, and how many bytes they are in all.
fn mine(miner: &mut Miner, count: usize, payments: usize) -> (Vec<BlockId>, usize) {
    let mut bytes = 0;
    let ids = (0..count).map(|_| {
        let payments = match payments {
            0 => Vec::new(),
            count => miner.payments(count, Amount::from_sat(500)).expect("payments"),
        };
        let mined = miner.mine_with(&Coinbase::tagged("/bench/"), &payments).expect("a block");
        bytes += mined.block.total_size();
        BlockId { height: mined.height, hash: mined.hash }
    });
    (ids.collect(), bytes)
}

fn compare(node: &Bitcoind, what: &str, ids: &[BlockId], bytes: usize, route: Route, rounds: usize, table: &mut Table) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let source = Source::Rpc(
        RpcNode::new(RpcConfig {
            name: "bench".to_owned(),
            url: node.url(),
            auth: Auth::Cookie(node.cookie_file()),
            network: Network::Regtest,
            timeout: Duration::from_secs(60),
            route,
            files: None,
        })
        .expect("a node"),
    );
    // until it has as many under way as it will
    for _ in 0..WIDTH {
        runtime.block_on(source.blocks(&ids[..ids.len().min(WIDTH + 1)], Want::Whole)).expect("blocks");
    }
    let mut ours = || {
        for slice in ids.chunks(source.at_once(Want::Front)) {
            let blocks = runtime.block_on(source.blocks(slice, Want::Whole)).expect("blocks");
            assert_eq!(blocks.len(), slice.len());
        }
    };
    let requests: Vec<Vec<u8>> = ids.iter().map(|id| request(node, route, id)).collect();
    let plain = |answered: fn(&[u8])| {
        let next = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..WIDTH {
                scope.spawn(|| plain_client(node, &requests, &next, answered));
            }
        });
    };
    let mut careless = || {
        plain(|body| {
            black_box(body);
        })
    };
    let mut careful = || plain(if matches!(route, Route::Rest) { check_block } else { check_answer });
    let whole: Vec<(BlockId, Vec<u8>)> = ids.iter().map(|id| (*id, serialized(node, id))).collect();
    let mut decoding = || {
        std::thread::scope(|scope| {
            for half in whole.chunks(whole.len().div_ceil(2)) {
                scope.spawn(move || {
                    for (id, bytes) in half {
                        black_box(RawBlock::from_bytes(*id, bytes).expect("a block"));
                    }
                });
            }
        });
    };
    let medians = interleaved(
        rounds,
        &mut [
            ("a plain client", &mut careless),
            ("hashwatch", &mut ours),
            ("a plain client that checks the merkle root, `bitcoin` 0.32", &mut careful),
            ("decoding and hashing alone, two threads", &mut decoding),
        ],
    );
    for work in &medians {
        let seconds = work.nanoseconds / 1e9;
        table.row(&[
            what.to_owned(),
            format!("{}: {}", if matches!(route, Route::Rest) { "REST" } else { "RPC" }, work.name),
            format!("{:.0}", ids.len() as f64 / seconds),
            format!("{:.0}", bytes as f64 / seconds / 1e6),
            format!("{:.2}", work.faster_than(&medians[0])),
        ]);
    }
}

fn serialized(node: &Bitcoind, id: &BlockId) -> Vec<u8> {
    let block = node.rpc().and_then(|rpc| Ok(rpc.get_block_hex(&id.hash)?)).expect("the block");
    Vec::from_hex(&block).expect("hex")
}

fn request(node: &Bitcoind, route: Route, id: &BlockId) -> Vec<u8> {
    let host = node.url().replace("http://", "");
    match route {
        Route::Rpc => {
            let cookie = BASE64.encode(std::fs::read(node.cookie_file()).expect("the cookie"));
            let body = format!(r#"{{"jsonrpc":"2.0","id":0,"method":"getblock","params":["{}",0]}}"#, id.hash);
            format!(
                "POST / HTTP/1.1\r\nHost: {host}\r\nAuthorization: Basic {cookie}\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )
        }
        _ => format!("GET /rest/block/{}.bin HTTP/1.1\r\nHost: {host}\r\n\r\n", id.hash),
    }
    .into_bytes()
}

/// Takes requests until there are none left, over one connection.
fn plain_client(node: &Bitcoind, requests: &[Vec<u8>], next: &AtomicUsize, answered: fn(&[u8])) {
    let mut stream = TcpStream::connect(node.url().replace("http://", "")).expect("the node listens");
    stream.set_nodelay(true).expect("a socket");
    let mut reader = BufReader::with_capacity(1 << 16, stream.try_clone().expect("a socket"));
    let (mut line, mut body) = (String::new(), Vec::new());
    while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
        stream.write_all(request).expect("the node reads");
        let mut length = 0;
        reader.read_line(&mut line).expect("an answer");
        assert!(line.contains(" 200 "), "{line}");
        while line != "\r\n" {
            line.clear();
            reader.read_line(&mut line).expect("a header");
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().expect("a length");
            }
        }
        line.clear();
        body.resize(length, 0);
        reader.read_exact(&mut body).expect("a body");
        answered(&body);
    }
}

fn check_block(bytes: &[u8]) {
    let block: Block = consensus::deserialize(bytes).expect("a block");
    assert!(block.check_merkle_root());
    black_box(block.witness_root());
}

fn check_answer(json: &[u8]) {
    let hex = json.split(|byte| *byte == b'"').max_by_key(|text| text.len()).expect("a text");
    check_block(&Vec::from_hex(std::str::from_utf8(hex).expect("digits")).expect("hex"));
}

/// From handing a block to the node until the API has it, block after block.
fn follow(node: &Bitcoind, miner: &mut Miner, count: usize) {
    let mut hashwatch = Hashwatch::following(node).expect("a directory");
    hashwatch.run().expect("hashwatch starts");
    let first = miner.mine_blocks(1).expect("a block")[0].hash;
    hashwatch.wait_for_tip(&first, Duration::from_secs(60)).expect("it follows");
    let mut waits: Vec<Duration> = (0..count)
        .map(|place| {
            // never in step with what either does now and then
            std::thread::sleep(Duration::from_millis(100 + (place as u64 * 37) % 150));
            let parent = first_parent(node);
            let mined = miner.build(parent, &Coinbase::tagged("/bench/"), &[], None).expect("a block");
            let began = Instant::now();
            miner.submit(&mined.block).expect("a good block");
            let path = format!("/api/v1/blocks/{}", mined.height);
            let block = loop {
                let answer = hashwatch.get(&path).expect("an answer");
                if answer.status == 200 {
                    break answer.json().expect("the block");
                }
                assert!(began.elapsed() < Duration::from_secs(30), "block {} never came", mined.height);
                std::thread::sleep(POLL);
            };
            assert_eq!(block["hash"], mined.hash.to_string(), "{block}");
            began.elapsed()
        })
        .collect();
    waits.sort();
    let at = |percent: usize| waits[(waits.len() * percent / 100).min(waits.len() - 1)].as_secs_f64() * 1e3;
    let mut table =
        Table::new("from the node to the API", &["blocks", "median, ms", "90 %, ms", "99 %, ms", "longest, ms"]);
    table.row(&[
        count.to_string(),
        format!("{:.1}", at(50)),
        format!("{:.1}", at(90)),
        format!("{:.1}", at(99)),
        format!("{:.1}", at(100)),
    ]);
    table.note(
        "From handing a block to bitcoind (`submitblock`) until the API has answered with it, its store on disk: the node's own \
         check of the block is in it, and the time between two questions to the API, 2 ms and the answer.",
    );
    table.finish();
}

fn first_parent(node: &Bitcoind) -> bitcoin::BlockHash {
    node.rpc().and_then(|rpc| Ok(rpc.get_best_block_hash()?)).expect("the node's tip")
}
