//! Who finds the next block: a draw by weight over the pools and the miners without a name.

use crate::{
    pools::{POOLS, Pool},
    random::Dice,
};

/// Weights in the order of [`POOLS`], the unknown miners last.
#[derive(Clone, Debug)]
pub(crate) struct Lottery {
    weights: Vec<u64>,
    total: u64,
}

impl Lottery {
    pub(crate) fn new(weights: Vec<u64>) -> Lottery {
        let total = weights.iter().sum();
        Lottery { weights, total }
    }

    #[cfg(test)]
    pub(crate) fn weight(&self, index: usize) -> u64 {
        self.weights[index]
    }

    /// The finder of a block; none for a miner without a name.
    pub(crate) fn draw(&self, dice: &mut Dice) -> Option<&'static Pool> {
        // weights add up to far less than 2^32
        let mut ticket = (u64::from(dice.number()) * self.total) >> 32;
        for (weight, pool) in self.weights.iter().zip(&POOLS) {
            if ticket < *weight {
                return Some(pool);
            }
            ticket -= weight;
        }
        None
    }
}
