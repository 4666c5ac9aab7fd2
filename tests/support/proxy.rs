//! A liar between hashwatch and its node: an HTTP proxy on loopback that passes JSON-RPC and REST on, credentials and
//! all, and spoils the answers as told.
//!
//! The node behind it stays honest, so whatever hashwatch makes of a lie can be compared with the truth.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::blockpart;
use anyhow::{Context, Result};
use bitcoin::BlockHash;
use bitcoin::block::Header;
use bitcoin::consensus::encode::{deserialize, deserialize_hex};
use serde_json::Value;

/// Bytes of a serialized header, and of its hex.
const HEADER: usize = 80;
const HEADER_HEX: usize = 2 * HEADER;

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

struct Request {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

struct Answer {
    status: u16,
    content_type: String,
    body: Vec<u8>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn accept(self: Arc<Self>, listener: &TcpListener) {
        for (number, stream) in listener.incoming().enumerate() {
            let mut state = self.state();
            if state.closed {
                return;
            }
            let Ok(stream) = stream else { continue };
            let Ok(kept) = stream.try_clone() else { continue };
            state.open.insert(number, kept);
            let serving = Arc::clone(&self);
            std::thread::spawn(move || {
                // a client that goes away in the middle is not the proxy's concern
                let _ = serving.serve(&stream);
                serving.state().open.remove(&number);
            });
        }
    }

    fn serve(&self, stream: &TcpStream) -> Result<()> {
        stream.set_nodelay(true)?;
        let mut reader = BufReader::new(stream);
        while let Some(request) = read_request(&mut reader)? {
            match self.fault_for(&request) {
                Fault::Silence => {
                    self.state().applied += 1;
                    // until the client gives up, or the proxy goes
                    io::copy(&mut reader, &mut io::sink())?;
                    return Ok(());
                }
                Fault::Rubbish => {
                    self.state().applied += 1;
                    let body = b"\xff\xfe{\"result\": <<< not JSON >>>".to_vec();
                    write_answer(stream, &Answer { status: 200, content_type: "application/json".into(), body })?;
                }
                Fault::ServerError => {
                    self.state().applied += 1;
                    let body = b"<html><body><h1>500 Internal Server Error</h1></body></html>".to_vec();
                    write_answer(stream, &Answer { status: 500, content_type: "text/html".into(), body })?;
                }
                Fault::HalfAnswer => {
                    let answer = self.pass_on(&request)?;
                    self.state().applied += 1;
                    let mut stream = stream;
                    stream.write_all(head(&answer).as_bytes())?;
                    stream.write_all(&answer.body[..answer.body.len() / 2])?;
                    return Ok(());
                }
                Fault::WrongTypes => {
                    let mut answer = self.pass_on(&request)?;
                    if retype_answer(&mut answer) {
                        self.state().applied += 1;
                    }
                    write_answer(stream, &answer)?;
                }
                Fault::Blocks(height) => {
                    let mut answer = self.pass_on(&request)?;
                    self.state().applied += set_blocks(&mut answer.body, height);
                    write_answer(stream, &answer)?;
                }
                Fault::FlipHeaderBit { block, bit } => {
                    let mut answer = self.pass_on(&request)?;
                    let flipped = flip_header_bit(&request.path, &mut answer.body, block, bit);
                    self.state().applied += flipped;
                    write_answer(stream, &answer)?;
                }
                Fault::Honest => write_answer(stream, &self.pass_on(&request)?)?,
            }
        }
        Ok(())
    }

    /// Notes what was asked for and says what is to be done to the answer.
    fn fault_for(&self, request: &Request) -> Fault {
        let calls = calls_of(request);
        let mut state = self.state();
        let meant = state.only.is_empty() || calls.iter().any(|call| state.only.contains(call));
        for call in calls {
            *state.asked.entry(call).or_default() += 1;
        }
        if meant { state.fault } else { Fault::Honest }
    }

    fn pass_on(&self, request: &Request) -> Result<Answer> {
        let parts = self.state().parts;
        let Some((hash, range)) = blockpart::asked(&request.path).filter(|_| parts) else {
            return self.ask(request, &request.path);
        };
        let refused = |said: &str| Answer { status: 400, content_type: "text/plain".to_owned(), body: said.into() };
        let range = match range {
            Ok(range) => range,
            Err(said) => return Ok(refused(said)),
        };
        let whole = self.ask(request, &format!("/rest/block/{hash}.bin"))?;
        if whole.status != 200 {
            return Ok(whole);
        }
        let bad_range = || refused(&format!("Bad block part offset/size {}/{} for {hash}\r\n", range.0, range.1));
        let part = blockpart::part(&whole.body, range).map(<[u8]>::to_vec);
        Ok(part.map_or_else(bad_range, |body| Answer { body, ..whole }))
    }

    fn ask(&self, request: &Request, path: &str) -> Result<Answer> {
        let uri = format!("{}{path}", self.node);
        let mut passed = ureq::http::Request::builder().method(request.method.as_str()).uri(uri);
        for (name, value) in &request.headers {
            if ["authorization", "content-type", "accept"].contains(&name.as_str()) {
                passed = passed.header(name, value);
            }
        }
        let mut answer = if request.method == "GET" {
            self.agent.run(passed.body(())?)?
        } else {
            self.agent.run(passed.body(request.body.as_slice())?)?
        };
        let content_type = answer.headers().get("content-type").and_then(|value| value.to_str().ok());
        let content_type = content_type.unwrap_or("text/plain").to_owned();
        let status = answer.status().as_u16();
        let body = answer.body_mut().with_config().limit(u64::MAX).read_to_vec()?;
        Ok(Answer { status, content_type, body })
    }
}

/// The RPC methods that a request calls; `rest` for a REST request, and with it what it asks for, such as `rest/block`.
fn calls_of(request: &Request) -> Vec<String> {
    if request.path.starts_with("/rest/") {
        let kind = request.path.split('/').nth(2).unwrap_or_default();
        return vec!["rest".to_owned(), format!("rest/{kind}")];
    }
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let calls = body.as_array().map_or_else(|| std::slice::from_ref(&body), Vec::as_slice);
    calls.iter().filter_map(|call| call["method"].as_str().map(str::to_owned)).collect()
}

/// Flips the bit in each raw copy of the header that the body holds; how many there were.
fn flip_header_bit(path: &str, body: &mut [u8], block: BlockHash, bit: usize) -> usize {
    let mask = 1u8 << (bit % 8);
    if path.starts_with("/rest/headers/") || path.starts_with("/rest/block/") {
        let headers = if path.starts_with("/rest/headers/") { usize::MAX } else { 1 };
        let mut flipped = 0;
        for header in body.chunks_exact_mut(HEADER).take(headers) {
            if deserialize::<Header>(header).is_ok_and(|header| header.block_hash() == block) {
                header[bit / 8] ^= mask;
                flipped += 1;
            }
        }
        return flipped;
    }

    let Ok(mut parsed) = serde_json::from_slice::<Value>(body) else { return 0 };
    let mut flipped = 0;
    for answer in answers_of(&mut parsed) {
        let Some(sent) = answer["result"].as_str().and_then(|hex| hex.get(..HEADER_HEX)) else { continue };
        if !deserialize_hex::<Header>(sent).is_ok_and(|header| header.block_hash() == block) {
            continue;
        }
        // in the text itself, so that nothing else changes
        let place = body.windows(HEADER_HEX).position(|window| window == sent.as_bytes());
        let Some(place) = place else { continue };
        // the high digit of a byte comes first
        let (digit, mask) = if mask > 0x0f { (0, mask >> 4) } else { (1, mask) };
        let digit = &mut body[place + 2 * (bit / 8) + digit];
        if let Some(value) = char::from(*digit).to_digit(16) {
            *digit = b"0123456789abcdef"[(value ^ u32::from(mask)) as usize];
            flipped += 1;
        }
    }
    flipped
}

/// Puts another height into an answer of `getblockchaininfo`; how many there were.
fn set_blocks(body: &mut Vec<u8>, height: u32) -> usize {
    let Ok(mut parsed) = serde_json::from_slice::<Value>(body) else { return 0 };
    let mut set = 0;
    for blocks in answers_of(&mut parsed).iter_mut().filter_map(|answer| answer.get_mut("result")?.get_mut("blocks")) {
        *blocks = Value::from(height);
        set += 1;
    }
    if set > 0 {
        *body = parsed.to_string().into_bytes();
    }
    set
}

/// Gives every result another type; whether there was any.
fn retype_answer(answer: &mut Answer) -> bool {
    let Ok(mut parsed) = serde_json::from_slice::<Value>(&answer.body) else { return false };
    for answer in answers_of(&mut parsed) {
        match answer.get_mut("result") {
            Some(Value::Object(fields)) => fields.values_mut().for_each(retype),
            Some(result) => retype(result),
            None => {}
        }
    }
    answer.body = parsed.to_string().into_bytes();
    true
}

fn retype(value: &mut Value) {
    *value = match value {
        Value::Null | Value::Object(_) => Value::from(true),
        Value::Bool(_) | Value::Number(_) => Value::from("not what you asked for"),
        Value::String(_) => Value::from(-7.5),
        Value::Array(_) => serde_json::json!({ "no": "array" }),
    };
}

/// The answer of a single call, or those of a batch.
fn answers_of(parsed: &mut Value) -> &mut [Value] {
    match parsed {
        Value::Array(answers) => answers,
        answer => std::slice::from_mut(answer),
    }
}

fn read_request(reader: &mut impl BufRead) -> Result<Option<Request>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace();
    let method = words.next().context("no method")?.to_owned();
    let path = words.next().context("no path")?.to_owned();
    let mut headers = Vec::new();
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        let (name, value) = (name.to_ascii_lowercase(), value.trim().to_owned());
        if name == "content-length" {
            length = value.parse()?;
        }
        headers.push((name, value));
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Some(Request { method, path, headers, body }))
}

fn head(answer: &Answer) -> String {
    format!(
        "HTTP/1.1 {} Answer\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n",
        answer.status,
        answer.content_type,
        answer.body.len()
    )
}

fn write_answer(mut stream: &TcpStream, answer: &Answer) -> Result<()> {
    stream.set_write_timeout(Some(Duration::from_secs(60)))?;
    let mut bytes = head(answer).into_bytes();
    bytes.extend_from_slice(&answer.body);
    stream.write_all(&bytes)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flips_exactly_the_bit_it_is_told() {
        let genesis = bitcoin::constants::genesis_block(bitcoin::Network::Regtest);
        let header = bitcoin::consensus::serialize(&genesis.header);
        let text =
            format!(r#"[{{"result":"{}00","id":0}}]"#, bitcoin::consensus::encode::serialize_hex(&genesis.header));
        for bit in 0..8 * HEADER {
            let mut raw = header.clone();
            assert_eq!(flip_header_bit("/rest/block/x.bin", &mut raw, genesis.block_hash(), bit), 1);
            let changed: Vec<usize> =
                (0..8 * HEADER).filter(|&bit| (raw[bit / 8] ^ header[bit / 8]) & (1 << (bit % 8)) != 0).collect();
            assert_eq!(changed, [bit]);

            let mut json = text.clone().into_bytes();
            assert_eq!(flip_header_bit("/", &mut json, genesis.block_hash(), bit), 1);
            let parsed: Value = serde_json::from_slice(&json).expect("still JSON");
            let sent = parsed[0]["result"].as_str().expect("still a string");
            let sent: Header = deserialize_hex(&sent[..HEADER_HEX]).expect("still a header");
            assert_eq!(bitcoin::consensus::serialize(&sent), raw);
        }
        let mut other = header.clone();
        assert_eq!(
            flip_header_bit(
                "/rest/block/x.bin",
                &mut other,
                BlockHash::from_raw_hash(bitcoin::hashes::Hash::all_zeros()),
                0
            ),
            0
        );
        assert_eq!(other, header);
    }
}
