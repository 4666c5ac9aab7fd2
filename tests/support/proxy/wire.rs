//! HTTP/1.1, as far as clients of a node speak it.

use std::io::{BufRead, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result};

pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) content_type: String,
    pub(super) body: Vec<u8>,
}

pub(super) fn read_request(reader: &mut impl BufRead) -> Result<Option<Request>> {
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

pub(super) fn head(answer: &Answer) -> String {
    format!(
        "HTTP/1.1 {} Answer\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n",
        answer.status,
        answer.content_type,
        answer.body.len()
    )
}

pub(super) fn write_answer(mut stream: &TcpStream, answer: &Answer) -> Result<()> {
    stream.set_write_timeout(Some(Duration::from_secs(60)))?;
    let mut bytes = head(answer).into_bytes();
    bytes.extend_from_slice(&answer.body);
    stream.write_all(&bytes)?;
    Ok(())
}
