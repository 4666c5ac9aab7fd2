//! Against real servers on loopback, which an allow-list lets through where a test wants them reached.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod addresses;
mod bounds;
mod encrypted;
mod posts;
mod redirects;
mod ways;

use std::{
    io::{self, Write},
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use flate2::{Compression, write::GzEncoder};
use rustls::RootCertStore;

use crate::{
    AllowList, Client, Fetched, Limits, OutboundError, Target, Validators,
    resolve::{Resolve, Resolving},
};

const LIMITS: Limits =
    Limits { connect: Duration::from_secs(5), whole: Duration::from_secs(10), body_bytes: 100_000, redirects: 3 };

/// Gives the first list of addresses to the first question, the next to the second, and the last from then on.
struct Turns {
    answers: Vec<Vec<IpAddr>>,
    asked: AtomicUsize,
}

impl Turns {
    fn new(answers: &[&[&str]]) -> Arc<Turns> {
        let parse = |answer: &&[&str]| answer.iter().map(|address| address.parse().unwrap()).collect();
        Arc::new(Turns { answers: answers.iter().map(parse).collect(), asked: AtomicUsize::new(0) })
    }
}

impl Resolve for Turns {
    fn resolve<'a>(&'a self, _: &'a str) -> Resolving<'a> {
        let turn = self.asked.fetch_add(1, Ordering::Relaxed).min(self.answers.len() - 1);
        Box::pin(async move { Ok(self.answers[turn].clone()) })
    }
}

/// Fails a test that asks it.
struct NoNames;

impl Resolve for NoNames {
    fn resolve<'a>(&'a self, name: &'a str) -> Resolving<'a> {
        Box::pin(async move { Err(io::Error::other(format!("{name} was to be resolved"))) })
    }
}

fn client(allowed: &[&str], limits: Limits, resolver: Arc<dyn Resolve>) -> Client {
    let allowed = AllowList::parse(allowed).unwrap();
    Client::with(allowed, limits, Some("+mailto:op@example.org"), RootCertStore::empty(), resolver).unwrap()
}

/// One that may ask servers on loopback, by address.
fn on_loopback() -> Client {
    client(&["127.0.0.0/8"], LIMITS, Arc::new(NoNames))
}

async fn get(client: &Client, url: &str) -> Result<Fetched, OutboundError> {
    client.get(&Target::parse(url)?, &Validators::default()).await
}

fn body(fetched: Fetched) -> Vec<u8> {
    match fetched {
        Fetched::Answer(answer) => answer.body.to_vec(),
        Fetched::NotModified => panic!("nothing was asked by"),
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
