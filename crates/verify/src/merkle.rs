//! The merkle root of a block's transactions.

use hashwatch_sha256d::hash_nodes;

/// The merkle root of the leaves, and whether two equal nodes stand side by side on some level: then other lists of
/// leaves have the same root (CVE-2012-2459; Core `ComputeMerkleRoot`). Zeros for no leaf at all.
pub fn merkle_root(leaves: &[[u8; 32]]) -> ([u8; 32], bool) {
    let mut level = leaves.to_vec();
    let mut above = Vec::with_capacity(level.len().div_ceil(2));
    let mut repeated = false;
    while level.len() > 1 {
        repeated |= level.as_chunks::<2>().0.iter().any(|[left, right]| left == right);
        if level.len() % 2 == 1 {
            level.push(level[level.len() - 1]);
        }
        above.resize(level.len() / 2, [0; 32]);
        hash_nodes(&level, &mut above);
        std::mem::swap(&mut level, &mut above);
    }
    (level.first().copied().unwrap_or_default(), repeated)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bitcoin::{Txid, hashes::Hash, merkle_tree};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn agrees_with_the_bitcoin_crate(leaves in prop::collection::vec(any::<[u8; 32]>(), 0..200)) {
            let expected = merkle_tree::calculate_root(leaves.iter().map(|leaf| Txid::from_byte_array(*leaf)));
            let (root, repeated) = merkle_root(&leaves);
            prop_assert_eq!(root, expected.map_or([0; 32], Txid::to_byte_array));
            prop_assert!(!repeated);
        }
    }

    /// A level of odd length and the same with its last node written twice have one root; the second is seen.
    #[test]
    fn the_repetition_is_seen_on_any_level() {
        let leaves: Vec<[u8; 32]> = (1..=6_u8).map(|leaf| [leaf; 32]).collect();
        let (root, repeated) = merkle_root(&leaves);
        assert!(!repeated);
        let twice = [&leaves[..], &leaves[4..]].concat();
        assert_eq!(merkle_root(&twice), (root, true));
    }
}
