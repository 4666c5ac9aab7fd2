//! The wall clock. Rules and figures are given it where they need it; none reads it by itself.

use std::time::{SystemTime, UNIX_EPOCH};

/// Unix seconds; 0 where the clock is set before 1970.
pub(crate) fn unix_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
