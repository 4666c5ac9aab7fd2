//! The stream of notices, as a program that listens to it sees it.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use hashwatch_tests::Hashwatch;
use serde_json::Value;

const SOON: Duration = Duration::from_secs(20);

/// A stream that is open: its lines.
pub(crate) fn listen(hashwatch: &Hashwatch, more: &str) -> Result<BufReader<TcpStream>> {
    let address = hashwatch.url().trim_start_matches("http://").trim_end_matches('/').to_owned();
    let mut stream = TcpStream::connect(&address)?;
    stream.set_read_timeout(Some(SOON))?;
    write!(stream, "GET /api/v1/alerts/stream HTTP/1.1\r\nHost: {address}\r\n{more}\r\n")?;
    Ok(BufReader::new(stream))
}

/// The ids of the next events, so many.
pub(crate) fn ids(stream: &mut impl BufRead, count: usize) -> Result<Vec<u64>> {
    let mut found = Vec::new();
    while found.len() < count {
        let mut line = String::new();
        ensure!(stream.read_line(&mut line)? > 0, "the stream has ended");
        found.extend(line.trim_end().strip_prefix("id: ").and_then(|id| id.parse::<u64>().ok()));
    }
    Ok(found)
}

/// Status and head of the answer.
pub(crate) fn status(stream: &mut impl BufRead) -> Result<(u16, String)> {
    let mut head = String::new();
    loop {
        let mut line = String::new();
        ensure!(stream.read_line(&mut line)? > 0, "no head: {head}");
        if line == "\r\n" {
            break;
        }
        head.push_str(&line.to_lowercase());
    }
    Ok((head.split(' ').nth(1).context("a status")?.parse()?, head))
}

/// One who listens all the while, and keeps what he hears.
pub(crate) struct Listener {
    stream: TcpStream,
    heard: Arc<Mutex<Vec<(u64, Value)>>>,
}

impl Listener {
    /// `after` is the id of the last event that he had.
    pub(crate) fn start(hashwatch: &Hashwatch, after: Option<u64>) -> Result<Listener> {
        let more = after.map_or_else(String::new, |id| format!("Last-Event-ID: {id}\r\n"));
        let mut lines = listen(hashwatch, &more)?;
        ensure!(status(&mut lines)?.0 == 200);
        let stream = lines.get_ref().try_clone()?;
        stream.set_read_timeout(None)?;
        let heard: Arc<Mutex<Vec<(u64, Value)>>> = Arc::default();
        let kept = heard.clone();
        std::thread::spawn(move || {
            let mut id = 0;
            for line in lines.lines().map_while(Result::ok) {
                if let Some(text) = line.strip_prefix("id: ") {
                    id = text.parse().unwrap_or_default();
                } else if let Some(data) = line.strip_prefix("data: ") {
                    let event = serde_json::from_str(data).unwrap_or_else(|_| data.into());
                    kept.lock().unwrap_or_else(PoisonError::into_inner).push((id, event));
                }
            }
        });
        Ok(Listener { stream, heard })
    }

    /// Ids and data of all events so far.
    pub(crate) fn heard(&self) -> Vec<(u64, Value)> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // the one who reads ends with it
        let _ = self.stream.shutdown(std::net::Shutdown::Both);
    }
}
