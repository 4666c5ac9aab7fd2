//! How many files this process may have open: each connection is one.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files that this process may have open, once it has asked for `wanted`, as far as the system allows; never fewer than before.
pub(crate) fn open_files(wanted: u64) -> u64 {
    let found = getrlimit(Resource::Nofile);
    let Some(now) = found.current.filter(|&now| now < wanted) else { return found.current.unwrap_or(u64::MAX) };
    let more = found.maximum.map_or(wanted, |most| most.min(wanted));
    let raised = setrlimit(Resource::Nofile, Rlimit { current: Some(more), maximum: found.maximum });
    if raised.is_ok() { more } else { now }
}
