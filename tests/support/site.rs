//! A web site on loopback that answers as a test says, well or badly, and remembers what it was asked.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use anyhow::Result;

/// One question.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Path and query.
    pub path: String,
    /// What was sent with it.
    pub body: Vec<u8>,
    /// Header lines.
    head: Vec<String>,
}

impl Asked {
    /// A header's value, if it was sent.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.iter().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// What is answered.
#[derive(Clone, Debug)]
pub enum Page {
    /// These bytes, head and all.
    Whole(Vec<u8>),
    /// The same, a byte at a time.
    Trickle(Vec<u8>, Duration),
    /// The first bytes, then the others again and again.
    Endless(Vec<u8>, Vec<u8>),
}

impl Page {
    /// Status line, headers, length and body.
    pub fn new(status: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Page {
        let body = body.as_ref();
        let mut bytes = format!("HTTP/1.1 {status} Said\r\nConnection: close\r\n").into_bytes();
        for (name, value) in headers {
            bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        bytes.extend_from_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
        bytes.extend_from_slice(body);
        Page::Whole(bytes)
    }

    /// A redirect.
    pub fn redirect(status: u16, to: &str) -> Page {
        Page::new(status, &[("Location", to)], "")
    }

    /// The same answer, a byte at a time.
    #[must_use]
    pub fn slowly(self, every: Duration) -> Page {
        match self {
            Page::Whole(bytes) => Page::Trickle(bytes, every),
            other => other,
        }
    }
}

/// Listens until it is dropped.
pub struct Site {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    over: Arc<AtomicBool>,
}

impl Site {
    /// Answers each question as `answer` says.
    pub fn start(answer: impl Fn(&Asked) -> Page + Send + Sync + 'static) -> Result<Site> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let site = Site { address: listener.local_addr()?, asked: Arc::default(), over: Arc::default() };
        let (asked, over, answer) = (site.asked.clone(), site.over.clone(), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if over.load(Ordering::Relaxed) {
                    return;
                }
                let (asked, over, answer) = (asked.clone(), over.clone(), answer.clone());
                thread::spawn(move || {
                    let Some(question) = read(&stream) else { return };
                    asked.lock().unwrap_or_else(PoisonError::into_inner).push(question.clone());
                    // one who hangs up is what some tests are about
                    let _ = send(stream, answer(&question), &over);
                });
            }
        });
        Ok(site)
    }

    /// The URL of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// All that was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        // wakes the one who listens
        let _ = TcpStream::connect(self.address);
    }
}

fn read(stream: &TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(stream);
    let mut lines = reader.by_ref().lines();
    let first = lines.next()?.ok()?;
    let head = lines.map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
    let mut asked = Asked { path: first.split(' ').nth(1)?.to_owned(), body: Vec::new(), head };
    let length = asked.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    asked.body = vec![0; length];
    reader.read_exact(&mut asked.body).ok()?;
    Some(asked)
}

fn send(mut stream: TcpStream, page: Page, over: &AtomicBool) -> std::io::Result<()> {
    let on = || !over.load(Ordering::Relaxed);
    match page {
        Page::Whole(bytes) => stream.write_all(&bytes),
        Page::Trickle(bytes, every) => {
            stream.set_nodelay(true)?;
            for byte in bytes.chunks(1).take_while(|_| on()) {
                stream.write_all(byte)?;
                thread::sleep(every);
            }
            Ok(())
        }
        Page::Endless(first, more) => {
            stream.write_all(&first)?;
            while on() {
                stream.write_all(&more)?;
            }
            Ok(())
        }
    }
}
