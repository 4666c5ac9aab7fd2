//! Free ports on loopback, each handed out once per process.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Result, bail};

/// Below those that systems give to outgoing connections: one of them could take a port between our look and its use.
const PORTS: std::ops::Range<u32> = 12_000..32_000;

/// A port of 127.0.0.1 on which nothing listened a moment ago.
///
/// Another process may take it before it is used; who starts a program on it should be ready to try again.
pub fn free_port() -> Result<u16> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    for _ in PORTS {
        // processes that test at the same time begin in places of their own
        let number = NEXT.fetch_add(1, Ordering::Relaxed).wrapping_add(std::process::id().wrapping_mul(7_919));
        let port = u16::try_from(PORTS.start + number % (PORTS.end - PORTS.start))?;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no free port on loopback")
}
