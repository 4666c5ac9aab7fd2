//! What the indices over sums of squares need of a moving window: no order, and a few instructions for each block.

use super::Window;
use crate::concentration::{Index, quotient};

/// The number that stands for no known entity.
pub(super) const UNKNOWN: u16 = 0;

/// Blocks of each entity, their sum and that of their squares.
#[derive(Clone, Debug)]
pub(super) struct Sums {
    /// By the entity's number, Unknown's first.
    blocks: Vec<u64>,
    named: u64,
    /// Of the named ones.
    squares: u128,
    /// Those with at least one block.
    entities: u32,
}

impl Sums {
    pub(super) fn new(entities: u16) -> Self {
        Self { blocks: vec![0; usize::from(entities) + 1], named: 0, squares: 0, entities: 0 }
    }

    pub(super) fn blocks(&self, id: u16) -> u64 {
        self.blocks.get(usize::from(id)).copied().unwrap_or(0)
    }

    pub(super) fn named(&self) -> u64 {
        self.named
    }

    /// Whether nothing else is needed for an index.
    pub(super) fn suffice(index: Index) -> bool {
        use Index::{EffectiveNumber, Entities, Hartley, Hhi, HhiUnbiased, Renyi2};
        matches!(index, Hhi | HhiUnbiased | EffectiveNumber | Renyi2 | Hartley | Entities)
    }
}

impl Window for Sums {
    fn push(&mut self, id: u16) -> bool {
        let Some(blocks) = self.blocks.get_mut(usize::from(id)) else { return false };
        if id != UNKNOWN {
            self.named += 1;
            self.squares += u128::from(2 * *blocks + 1);
            self.entities += u32::from(*blocks == 0);
        }
        *blocks += 1;
        true
    }

    fn pop(&mut self, id: u16) -> bool {
        let Some(blocks) = self.blocks.get_mut(usize::from(id)).filter(|blocks| **blocks > 0) else { return false };
        *blocks -= 1;
        if id != UNKNOWN {
            self.named -= 1;
            self.squares -= u128::from(2 * *blocks + 1);
            self.entities -= u32::from(*blocks == 0);
        }
        true
    }

    fn clear(&mut self) {
        self.blocks.fill(0);
        (self.named, self.squares, self.entities) = (0, 0, 0);
    }

    /// None too for an index that these sums do not suffice for.
    fn value(&self, index: Index) -> Option<f64> {
        let (squares, total) = (self.squares, u128::from(self.named));
        match index {
            _ if total == 0 => None,
            Index::Hhi => Some(quotient(10_000 * squares, total * total)),
            Index::HhiUnbiased => (total > 1).then(|| quotient(10_000 * (squares - total), total * (total - 1))),
            Index::EffectiveNumber => Some(quotient(total * total, squares)),
            Index::Renyi2 => Some(quotient(total * total, squares).log2()),
            Index::Entities => Some(f64::from(self.entities)),
            Index::Hartley => Some(f64::from(self.entities).log2()),
            _ => None,
        }
    }
}
