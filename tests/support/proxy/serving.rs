//! Serving: requests are read, passed on, and what was told is done to their answers.

use std::io::{self, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use anyhow::Result;
use serde_json::Value;

use super::spoilt::{flip_header_bit, retype_answer, set_blocks};
use super::wire::{Answer, Request, head, read_request, write_answer};
use super::{Fault, Shared};
use crate::blockpart;

impl Shared {
    pub(super) fn accept(self: Arc<Self>, listener: &TcpListener) {
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
                    if retype_answer(&mut answer.body) {
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
