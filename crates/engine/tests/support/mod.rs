//! An engine on a directory of its own, for one test at a time.
//!
//! libchdb serves one directory per process at a time. nextest gives each test a process; under plain
//! `cargo test` the tests of a file share one, so they take turns.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)] // each test file uses a part, and tests may unwrap

use clickhouse::Client;
use hashwatch_engine::{Engine, EngineError, Library};
use std::ops::Deref;
use std::time::Duration;
use tokio::sync::{Mutex, MutexGuard};

static TURN: Mutex<()> = Mutex::const_new(());

/// An open engine with a database `t`. Fields are dropped in this order.
pub struct Fixture {
    pub engine: Option<Engine>,
    pub data: tempfile::TempDir,
    turn: MutexGuard<'static, ()>,
}

pub async fn turn() -> MutexGuard<'static, ()> {
    TURN.lock().await
}

/// libchdb, or the message how to get it.
pub fn library() -> Library {
    Library::find(None).unwrap_or_else(|error| panic!("{error}"))
}

pub async fn engine() -> Fixture {
    let turn = turn().await;
    let data = tempfile::tempdir().unwrap();
    // under plain `cargo test`, the last test's runtime may still be letting go of its engine
    let engine = loop {
        match Engine::open(library(), data.path()) {
            Err(EngineError::OtherPathOpen { .. }) => tokio::time::sleep(Duration::from_millis(10)).await,
            opened => break opened.unwrap(),
        }
    };
    engine.client().query("CREATE DATABASE t").execute().await.unwrap();
    Fixture { engine: Some(engine), data, turn }
}

impl Fixture {
    pub fn client(&self) -> Client {
        self.engine().client().with_database("t")
    }

    pub fn engine(&self) -> &Engine {
        self.engine.as_ref().expect("open")
    }

    /// Closes the engine and opens it again on the same directory.
    pub fn reopen(&mut self) {
        drop(self.engine.take());
        self.engine = Some(Engine::open(library(), self.data.path()).unwrap());
    }
}

impl Deref for Fixture {
    type Target = Engine;

    fn deref(&self) -> &Engine {
        self.engine()
    }
}

/// ClickHouse's code in a failed result.
pub fn code<T: std::fmt::Debug>(result: Result<T, clickhouse::error::Error>) -> u32 {
    let error = result.expect_err("a refusal");
    hashwatch_engine::exception_code(&error).unwrap_or_else(|| panic!("no exception of ClickHouse: {error}"))
}
