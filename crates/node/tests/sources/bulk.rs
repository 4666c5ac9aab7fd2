//! Headers in bulk, from a node with REST and without, and from block files: which way they take, and that it is said.

use std::{
    io::{self, Write},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use bitcoin::{Block, consensus};
use hashwatch_node::{HEADERS_AT_ONCE, NodeError, Route};
use serde_json::json;

use crate::{
    fake_node::{Asked, FakeNode, Reply},
    files::open,
    made::{Directory, chain, genesis, id, mine},
};

pub(crate) fn headers_of(blocks: &[Block]) -> Vec<u8> {
    blocks.iter().flat_map(|block| consensus::serialize(&block.header)).collect()
}

pub(crate) fn is_rest(asked: &Asked) -> bool {
    asked.method.starts_with('/')
}

/// A node whose active chain is this, with REST off. Other blocks may be known to it.
pub(crate) fn by_rpc(asked: &Asked, active: &[Block], known: &[Block]) -> Reply {
    let tip = active.last().unwrap().block_hash();
    match asked.method.as_str() {
        "getblockchaininfo" => Reply::result(
            json!({"chain": "regtest", "blocks": active.len() - 1, "headers": active.len() - 1, "bestblockhash": tip}),
        ),
        "getblockhash" => match active.get(usize::try_from(asked.params[0].as_u64().unwrap()).unwrap()) {
            Some(block) => Reply::result(json!(block.block_hash())),
            None => Reply::error(500, -8, "Block height out of range"),
        },
        "getblockheader" => {
            let block = active.iter().chain(known).find(|block| json!(block.block_hash()) == asked.params[0]);
            block.map_or_else(
                || Reply::error(500, -5, "Block not found"),
                |block| Reply::result(json!(consensus::encode::serialize_hex(&block.header))),
            )
        }
        _ => Reply::Http(404, vec![]),
    }
}

/// The same with REST on.
fn by_rest(asked: &Asked, active: &[Block]) -> Reply {
    let Some(question) = asked.method.strip_prefix("/rest/headers/") else { return by_rpc(asked, active, &[]) };
    assert_eq!(asked.credentials, "", "REST asks for none");
    let (hash, count) = question.split_once(".bin?count=").unwrap();
    let from = active.iter().position(|block| block.block_hash().to_string() == hash).unwrap_or(active.len());
    let most = active.len().min(from + count.parse::<usize>().unwrap());
    Reply::Http(200, headers_of(&active[from..most]))
}

/// What is logged while it lives, on this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn start() -> (Log, tracing::subscriber::DefaultGuard) {
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    fn lines(&self) -> Vec<String> {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap().lines().map(str::to_owned).collect()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn by_rest_where_it_is_on() {
    let blocks = chain(&genesis(), 12, "a");
    let active = blocks.clone();
    let node = FakeNode::start(move |asked| by_rest(asked, &active));
    let client = node.client();
    let (log, _guard) = Log::start();
    for from in [0, 1, 11, 12] {
        let first = id(u32::try_from(from).unwrap(), &blocks[from]);
        assert_eq!(client.headers_from(first).await.unwrap(), headers_of(&blocks[from..]));
    }
    let stranger = mine(&blocks[3], "stranger");
    assert!(client.headers_from(id(4, &stranger)).await.unwrap().is_empty());
    assert_eq!(node.requests.load(Ordering::SeqCst), 5, "REST was asked for each, and nothing else");
    assert_eq!(node.connections.load(Ordering::SeqCst), 1, "the connection is kept");
    let lines = log.lines();
    assert!(lines.len() == 1 && lines[0].contains("by REST") && lines[0].contains("has REST on"), "{lines:?}");
}

#[tokio::test]
async fn by_rpc_where_it_is_off_until_the_node_was_away() {
    let blocks = chain(&genesis(), 6, "a");
    let (rest, away, asked_rest) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)), Arc::default());
    let node = FakeNode::start({
        let (blocks, rest, away, asked_rest) =
            (blocks.clone(), Arc::clone(&rest), Arc::clone(&away), Arc::<Mutex<u32>>::clone(&asked_rest));
        move |asked| {
            if away.load(Ordering::SeqCst) {
                return Reply::Bytes(vec![]);
            }
            *asked_rest.lock().unwrap() += u32::from(is_rest(asked));
            if rest.load(Ordering::SeqCst) { by_rest(asked, &blocks) } else { by_rpc(asked, &blocks, &[]) }
        }
    });
    let client = node.client();
    let (log, _guard) = Log::start();
    for from in [0, 2, 6] {
        let first = id(u32::try_from(from).unwrap(), &blocks[from]);
        assert_eq!(client.headers_from(first).await.unwrap(), headers_of(&blocks[from..]));
    }
    let stranger = mine(&blocks[3], "stranger");
    assert!(client.headers_from(id(4, &stranger)).await.unwrap().is_empty(), "another block is active there");
    assert!(client.headers_from(id(7, &mine(&blocks[6], "b"))).await.unwrap().is_empty(), "the chain ends below");
    assert_eq!(*asked_rest.lock().unwrap(), 1, "that REST is off is remembered");
    let lines = log.lines();
    assert!(lines.len() == 1 && lines[0].contains("by RPC") && lines[0].contains("HTTP status 404"), "{lines:?}");

    // it comes back, REST still off: asked again, nothing new to say
    let first = id(1, &blocks[1]);
    away.store(true, Ordering::SeqCst);
    assert!(matches!(client.headers_from(first).await, Err(NodeError::Broken { .. })));
    away.store(false, Ordering::SeqCst);
    assert_eq!(client.headers_from(first).await.unwrap(), headers_of(&blocks[1..]));
    assert_eq!((*asked_rest.lock().unwrap(), log.lines().len()), (2, 1));

    // it comes back with REST on, after an outage that another call saw
    away.store(true, Ordering::SeqCst);
    client.tip().await.unwrap_err();
    away.store(false, Ordering::SeqCst);
    rest.store(true, Ordering::SeqCst);
    assert_eq!(client.headers_from(first).await.unwrap(), headers_of(&blocks[1..]));
    let lines = log.lines();
    assert!(*asked_rest.lock().unwrap() == 3 && lines.len() == 2 && lines[1].contains("by REST"), "{lines:?}");
}

#[tokio::test]
async fn the_way_can_be_forced() {
    let blocks = chain(&genesis(), 3, "a");
    let (first, all) = (id(0, &blocks[0]), headers_of(&blocks));
    let (log, _guard) = Log::start();
    let active = blocks.clone();
    let on = FakeNode::start(move |asked| match is_rest(asked) {
        true => Reply::Http(500, b"REST was asked".to_vec()),
        false => by_rpc(asked, &active, &[]),
    });
    assert_eq!(on.client_by(Route::Rpc).headers_from(first).await.unwrap(), all);
    let off = FakeNode::start(move |asked| by_rpc(asked, &blocks, &[]));
    let error = off.client_by(Route::Rest).headers_from(first).await.unwrap_err();
    assert!(matches!(error, NodeError::Http { status: 404, .. }), "{error:?}");
    assert_eq!(off.requests.load(Ordering::SeqCst), 1, "no RPC");
    let lines = log.lines();
    assert!(lines.len() == 1 && lines[0].contains("by RPC") && lines[0].contains("configured"), "{lines:?}");
}

#[tokio::test]
async fn a_node_with_too_much_to_do_keeps_its_rest() {
    let blocks = chain(&genesis(), 3, "a");
    let active = blocks.clone();
    let node = FakeNode::start(move |asked| match asked.earlier {
        0 => Reply::Http(503, b"Work queue depth exceeded".to_vec()),
        _ => by_rest(asked, &active),
    });
    let client = node.client();
    let error = client.headers_from(id(0, &blocks[0])).await.unwrap_err();
    assert!(error.to_string().ends_with(".bin?count=2000: HTTP status 503: Work queue depth exceeded"), "{error}");
    assert_eq!(client.headers_from(id(0, &blocks[0])).await.unwrap(), headers_of(&blocks));
    assert_eq!(node.requests.load(Ordering::SeqCst), 2, "REST both times");
}

#[tokio::test]
async fn block_files_tell_the_headers_of_their_active_chain() {
    let most = HEADERS_AT_ONCE;
    let blocks = chain(&genesis(), most + 20, "a");
    let stale = mine(&blocks[8], "stale");
    let directory = Directory::new(None);
    directory.append_all(0, &blocks[..most]);
    directory.append(0, &stale);
    directory.append_all(1, &blocks[most..]);
    let source = open(&directory);
    let from = async |height: usize| source.headers_from(id(u32::try_from(height).unwrap(), &blocks[height])).await;
    assert_eq!(from(0).await.unwrap(), headers_of(&blocks[..most]));
    assert_eq!(from(20).await.unwrap(), headers_of(&blocks[20..20 + most]));
    assert_eq!(from(most + 20).await.unwrap(), headers_of(&blocks[most + 20..]));
    for nothing in [id(9, &stale), id(9, &blocks[8]), id(9, &mine(&blocks[8], "unknown"))] {
        assert!(source.headers_from(nothing).await.unwrap().is_empty());
    }
    // a heavier branch takes over between two calls
    directory.append_all(1, &chain(&stale, most + 20, "b")[1..]);
    source.tip().await.unwrap();
    assert!(from(most).await.unwrap().is_empty());
    assert_eq!(from(8).await.unwrap()[..160], headers_of(&[blocks[8].clone(), stale]));
}
