//! Stale blocks as the branches they form.

use std::collections::{HashMap, HashSet};

use hashwatch_model::{BlockHash, BlockId};
use hashwatch_store::StaleBlock;

/// A run of stale blocks, from the active chain up to one that no stale block stands on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Branch {
    /// Its highest block.
    pub(crate) tip: BlockId,
    /// The block of the active chain that it stands on.
    pub(crate) ancestor: BlockId,
    /// How many blocks it has.
    pub(crate) length: u32,
    /// Whether any of its blocks was part of the chain that is followed once.
    pub(crate) was_active: bool,
    /// The highest of its blocks, highest first.
    pub(crate) blocks: Vec<StaleBlock>,
}

/// The branches that stale blocks form by their parents, the highest tips first: at most `limit` of them that end at
/// `from` or above, each with its highest `listed` blocks. Branches that part above the active chain share what lies below.
pub(crate) fn branches(stale: &[StaleBlock], from: u32, limit: usize, listed: usize) -> Vec<Branch> {
    let by_hash: HashMap<BlockHash, &StaleBlock> = stale.iter().map(|block| (block.id.hash, block)).collect();
    let stood_on: HashSet<BlockHash> = stale.iter().map(|block| block.parent).collect();
    let ends = |block: &&StaleBlock| block.id.height >= from && !stood_on.contains(&block.id.hash);
    let mut tips: Vec<&StaleBlock> = stale.iter().filter(ends).collect();
    tips.sort_by_key(|block| (std::cmp::Reverse(block.id.height), block.id.hash));
    tips.truncate(limit);
    tips.into_iter().map(|tip| down(tip, &by_hash, listed)).collect()
}

fn down(tip: &StaleBlock, by_hash: &HashMap<BlockHash, &StaleBlock>, listed: usize) -> Branch {
    let mut blocks = Vec::new();
    let (mut lowest, mut length, mut was_active) = (tip, 0, false);
    let mut next = Some(tip);
    while let Some(block) = next {
        if blocks.len() < listed {
            blocks.push(block.clone());
        }
        length += 1;
        was_active |= block.was_active;
        lowest = block;
        // each step goes down, whatever the store says
        next = by_hash.get(&block.parent).copied().filter(|below| below.id.height < block.id.height);
    }
    let ancestor = BlockId { height: lowest.id.height.saturating_sub(1), hash: lowest.parent };
    Branch { tip: tip.id, ancestor, length, was_active, blocks }
}

#[cfg(test)]
mod tests {
    use hashwatch_model::CoinbaseProof;

    use super::*;

    fn hash(number: u8) -> BlockHash {
        format!("{number:02x}").repeat(32).parse().unwrap()
    }

    fn stale(height: u32, number: u8, parent: u8, was_active: bool) -> StaleBlock {
        StaleBlock {
            id: BlockId { height, hash: hash(number) },
            parent: hash(parent),
            time: 0,
            coinbase_proof: CoinbaseProof::Merkle,
            pool: None,
            was_active,
        }
    }

    #[test]
    fn blocks_are_joined_by_their_parents() {
        // 5-1-2 and 5-1-3 part above the active chain; 4 stands alone
        let all = [stale(12, 3, 1, false), stale(12, 2, 1, true), stale(11, 1, 5, false), stale(9, 4, 6, false)];
        let found = branches(&all, 0, 10, 10);
        let tips: Vec<_> = found.iter().map(|b| (b.tip.hash, b.ancestor.hash, b.length, b.was_active)).collect();
        assert_eq!(tips, [(hash(2), hash(5), 2, true), (hash(3), hash(5), 2, false), (hash(4), hash(6), 1, false)]);
        assert_eq!(found[0].ancestor.height, 10);
        assert_eq!(found[0].blocks.iter().map(|b| b.id.height).collect::<Vec<_>>(), [12, 11]);
        assert_eq!(branches(&all, 10, 10, 10).len(), 2);
        let cut = branches(&all, 0, 1, 1);
        assert_eq!((cut.len(), cut[0].length, cut[0].blocks.len()), (1, 2, 1));
        assert_eq!(branches(&[], 0, 10, 10), []);
    }

    /// Rows that nobody can have written lead nowhere, and end.
    #[test]
    fn a_circle_ends() {
        let circle = [stale(9, 1, 2, false), stale(9, 2, 1, false), stale(10, 3, 1, false)];
        assert_eq!(branches(&circle, 0, 10, 10)[0].length, 2);
    }
}
