//! A liar between hashwatch and its node: an HTTP proxy on loopback that passes JSON-RPC and REST on, credentials and
//! all, and spoils the answers as told.
//!
//! The node behind it stays honest, so whatever hashwatch makes of a lie can be compared with the truth.

mod serving;
mod spoilt;
mod wire;

use std::collections::HashMap;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Result;
use bitcoin::BlockHash;

/// What the proxy does to an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Passes it on as it came.
    Honest,
    /// Flips one bit of this block's header wherever it is sent raw: `getblock` and `getblockheader` in hex, one by one
    /// or in a batch; `/rest/block/*.bin` and `/rest/headers/*.bin`. Every other byte is as the node sent it.
    FlipHeaderBit {
        /// Whose header.
        block: BlockHash,
        /// 0 to 639; bit `8 n + k` is bit `k` (the lowest is 0) of byte `n`. The version begins at 0, the previous
        /// block's hash at 32, the merkle root at 288, the time at 544, the bits at 576, the nonce at 608.
        bit: usize,
    },
    /// Status 200 and text that is no JSON.
    Rubbish,
    /// The head of a whole answer, half its body, and the connection is closed.
    HalfAnswer,
    /// Takes the request and never answers.
    Silence,
    /// HTTP 500 with a page of HTML.
    ServerError,
    /// JSON that parses, with every result (of an object: every field) of another type.
    WrongTypes,
    /// `getblockchaininfo` with so many `blocks`, whatever its best block is.
    Blocks(u32),
}

/// The proxy, listening on a port of its own until the value is dropped.
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    node: String,
    agent: ureq::Agent,
    state: Mutex<State>,
}

struct State {
    /// Answers `blockpart` itself, which the node is too old for.
    parts: bool,
    fault: Fault,
    /// Calls that the fault is meant for; all if empty.
    only: Vec<String>,
    applied: usize,
    asked: HashMap<String, usize>,
    /// The connections to clients, by number.
    open: HashMap<usize, TcpStream>,
    closed: bool,
}

impl Proxy {
    /// An honest proxy before the node at `url` (`http://127.0.0.1:PORT`).
    pub fn start(url: &str) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let config = ureq::Agent::config_builder().http_status_as_error(false).proxy(None).build();
        let state = State {
            parts: false,
            fault: Fault::Honest,
            only: Vec::new(),
            applied: 0,
            asked: HashMap::new(),
            open: HashMap::new(),
            closed: false,
        };
        let shared = Arc::new(Shared { node: url.to_owned(), agent: config.into(), state: Mutex::new(state) });
        let serving = Arc::clone(&shared);
        std::thread::spawn(move || serving.accept(&listener));
        Ok(Self { address, shared })
    }

    /// The same, answering REST's `blockpart` as Bitcoin Core v31 does.
    pub fn with_block_parts(url: &str) -> Result<Self> {
        let proxy = Self::start(url)?;
        proxy.shared.state().parts = true;
        Ok(proxy)
    }

    /// The address to give to hashwatch in the node's stead; the node's cookie is valid here.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From the next request on, does this to every answer. Counting starts again at 0.
    pub fn set(&self, fault: Fault) {
        self.set_for(&[], fault);
    }

    /// The same for some calls alone, the others being passed on: names of RPC methods, `rest` for
    /// all of REST, or `rest/block` and the like for one part of it.
    pub fn set_for(&self, calls: &[&str], fault: Fault) {
        let mut state = self.shared.state();
        state.fault = fault;
        state.only = calls.iter().map(|&call| call.to_owned()).collect();
        state.applied = 0;
    }

    /// How many answers the fault was done to since it was set; in a batch each spoilt header counts.
    pub fn applied(&self) -> usize {
        self.shared.state().applied
    }

    /// How often an RPC method (or `rest`) was asked for since the start; each call in a batch counts.
    pub fn asked(&self, call: &str) -> usize {
        self.shared.state().asked.get(call).copied().unwrap_or(0)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let mut state = self.shared.state();
        state.closed = true;
        for stream in state.open.values() {
            // one that is closed already is no loss
            let _ = stream.shutdown(Shutdown::Both);
        }
        drop(state);
        // wakes the accepting thread, which then sees that it is over
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
