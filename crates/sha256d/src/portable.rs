//! The way for any processor, and for messages of any length: the `sha2` crate, which takes what the processor has
//! (on x86-64 and aarch64 their SHA-256 instructions) for one message at a time.

use sha2::{Digest, Sha256};

use crate::Hash;

/// Hashes each row.
pub(crate) fn rows<const ROW: usize>(rows: &[[u8; ROW]], out: &mut [Hash]) {
    for (row, hash) in rows.iter().zip(out) {
        *hash = sha256d(row);
    }
}

/// SHA-256 of the SHA-256 of `bytes`.
pub(crate) fn sha256d(bytes: &[u8]) -> Hash {
    Sha256::digest(Sha256::digest(bytes)).into()
}
