//! Waiting for something that another process does, with an end to it.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// How often a condition is looked at: what is waited for shares the processors with whoever looks.
const PAUSE: Duration = Duration::from_millis(50);

/// Waits until `condition` gives a value, and returns it; an error that names `what` after `timeout`.
pub fn wait_for<T>(what: &str, timeout: Duration, mut condition: impl FnMut() -> Option<T>) -> Result<T> {
    let start = Instant::now();
    loop {
        if let Some(value) = condition() {
            return Ok(value);
        }
        if start.elapsed() >= timeout {
            bail!("waited {timeout:?} in vain: {what}");
        }
        std::thread::sleep(PAUSE);
    }
}

/// Waits until `condition` holds; an error that names `what` after `timeout`.
pub fn wait_until(what: &str, timeout: Duration, mut condition: impl FnMut() -> bool) -> Result<()> {
    wait_for(what, timeout, || condition().then_some(()))
}
