//! A feed reader as people have them (feedparser), and a look at whether a feed is what it says it is.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::packages::{python, root};

/// A program that reads feeds again and again, until it is dropped.
pub struct FeedReader {
    child: Child,
    seen: Arc<Mutex<Vec<Value>>>,
}

impl FeedReader {
    /// Reads these.
    pub fn start(urls: &[String]) -> Result<FeedReader> {
        let mut child = Command::new(python("feeds")?)
            .arg(root()?.join("tests/feeds/reader.py"))
            .args(urls)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let lines = BufReader::new(child.stdout.take().context("its output")?).lines();
        let seen: Arc<Mutex<Vec<Value>>> = Arc::default();
        let kept = seen.clone();
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                // what it says that is no JSON is a fault of its own, and kept as one
                let said = serde_json::from_str(&line).unwrap_or_else(|_| line.into());
                kept.lock().unwrap_or_else(PoisonError::into_inner).push(said);
            }
        });
        Ok(FeedReader { child, seen })
    }

    /// What it has shown so far, in that order: entries when they were new and when they had changed, and what went wrong.
    pub fn seen(&self) -> Vec<Value> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for FeedReader {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What is wrong with files of feeds, by their schemas in `tests/feeds`: a line each, empty where all are well.
pub fn feed_faults(files: &[&Path]) -> Result<String> {
    let output = Command::new(python("feeds")?).arg(root()?.join("tests/feeds/check.py")).args(files).output()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let went_on = output.stderr.is_empty() && output.status.success() == said.is_empty();
    went_on.then_some(said).with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())
}
