//! How many tests run at once: each has a full node, an embedded ClickHouse and the program under test.

use std::sync::{Condvar, Mutex, PoisonError};

const AT_ONCE: u32 = 4;

static FREE: Mutex<u32> = Mutex::new(AT_ONCE);
static FREED: Condvar = Condvar::new();

/// The right to start processes, until it is dropped.
pub(crate) struct Turn(());

/// Waits for a turn.
pub(crate) fn turn() -> Turn {
    let free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut free = FREED.wait_while(free, |free| *free == 0).unwrap_or_else(PoisonError::into_inner);
    *free -= 1;
    Turn(())
}

impl Drop for Turn {
    fn drop(&mut self) {
        *FREE.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        FREED.notify_one();
    }
}
