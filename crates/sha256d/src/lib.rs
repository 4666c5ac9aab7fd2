//! Double SHA-256 in the two shapes that Bitcoin needs in bulk: 80-byte headers and 64-byte merkle nodes.
//!
//! Hashes come in the order SHA-256 gives them, which is the reverse of how block hashes are written.
//! What a hash means (target, link, root) is for verify to say.

use sha2::{Digest, Sha256};

/// Bytes of a serialized block header.
pub const HEADER_BYTES: usize = 80;

/// SHA-256 of the SHA-256 of `bytes`.
pub fn sha256d(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(Sha256::digest(bytes)).into()
}

/// Hashes each 80-byte header of a contiguous run.
///
/// # Panics
/// When `headers` is not `out.len()` headers long.
pub fn hash_headers(headers: &[u8], out: &mut [[u8; 32]]) {
    assert_eq!(headers.len(), out.len() * HEADER_BYTES, "one hash for each 80-byte header");
    for (header, hash) in headers.chunks_exact(HEADER_BYTES).zip(out) {
        *hash = sha256d(header);
    }
}

/// Hashes pairs of merkle nodes into the level above. A last node without a partner is paired with itself.
pub fn hash_nodes(level: &[[u8; 32]]) -> Vec<[u8; 32]> {
    level
        .chunks(2)
        .map(|pair| {
            let mut node = [0; 64];
            node[..32].copy_from_slice(&pair[0]);
            node[32..].copy_from_slice(pair.last().unwrap_or(&pair[0]));
            sha256d(&node)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GENESIS: &str = "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e\
                           67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c";

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect()
    }

    #[test]
    fn genesis_header() {
        let mut hash = [[0; 32]];
        hash_headers(&bytes(GENESIS), &mut hash);
        hash[0].reverse();
        assert_eq!(hash[0].to_vec(), bytes("000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f"));
    }

    /// The empty message hashed twice; first value from NIST's SHA-256 vectors.
    #[test]
    fn empty_message() {
        assert_eq!(sha256d(b"").to_vec(), bytes("5df6e0e2761359d30a8275058e299fcc0381534545f55cf43e41983f5d4c9456"));
    }

    #[test]
    fn an_odd_node_is_paired_with_itself() {
        let [a, b, c] = [[1; 32], [2; 32], [3; 32]];
        let up = hash_nodes(&[a, b, c]);
        assert_eq!(up, hash_nodes(&[a, b, c, c]));
        assert_eq!(up.len(), 2);
        assert_eq!(up[0], sha256d(&[a, b].concat()));
    }

    #[test]
    #[should_panic(expected = "one hash for each")]
    fn a_cut_header_is_refused() {
        hash_headers(&[0; 79], &mut [[0; 32]]);
    }
}
