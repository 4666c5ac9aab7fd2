//! Double SHA-256 (FIPS 180-4, twice over) in the two shapes that Bitcoin needs in bulk: runs of 80-byte headers and
//! of 64-byte merkle nodes, at the speed of the machine.
//!
//! There are several ways to hash, see [`Backend`]; which one is used is chosen once, when the first hash is asked
//! for. Hashes come in the order SHA-256 gives them, which is the reverse of how block hashes are written. What a
//! hash means (target, link, root) is for verify to say.
#![deny(clippy::undocumented_unsafe_blocks)]

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod backend;
#[cfg(any(target_arch = "x86_64", test))]
mod batches;
#[cfg(any(target_arch = "x86_64", test))]
mod constants;
#[cfg(any(target_arch = "x86_64", test))]
mod lanes;
#[cfg(any(target_arch = "x86_64", test))]
mod phased;
mod portable;
#[cfg(target_arch = "x86_64")]
mod sha_ni;
#[cfg(target_arch = "x86_64")]
mod streams;
#[cfg(test)]
mod tests;

pub use backend::{Backend, Unavailable, UnknownBackend};

/// Bytes of a serialized block header.
pub const HEADER_BYTES: usize = 80;

/// Headers that stay in the cache while they are hashed and then checked: callers go in runs of this many.
pub const RUN: usize = 512;

/// A hash, in the order SHA-256 gives it.
type Hash = [u8; 32];

/// SHA-256 of the SHA-256 of `bytes`.
pub fn sha256d(bytes: &[u8]) -> [u8; 32] {
    Backend::active().sha256d(bytes)
}

/// Hashes each 80-byte header of a contiguous run.
///
/// # Panics
/// When `headers` is not `out.len()` headers long.
pub fn hash_headers(headers: &[u8], out: &mut [[u8; 32]]) {
    Backend::active().hash_headers(headers, out);
}

/// Hashes each two merkle nodes into one of the level above. A node without a partner is the caller's to pair.
///
/// # Panics
/// When `nodes` is not twice as long as `out`.
pub fn hash_nodes(nodes: &[[u8; 32]], out: &mut [[u8; 32]]) {
    Backend::active().hash_nodes(nodes, out);
}
