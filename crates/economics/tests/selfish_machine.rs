//! Eyal and Sirer's state machine played out, against the closed form that the crate has from their paper.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test, and one that tells its figures")]

mod chance;

use chance::{Chance, mean};
use hashwatch_economics::selfish::relative_revenue;

const SEED: u64 = 13_110_243;

/// The part of the chain's blocks that the selfish miner finds, in so many blocks (algorithm 1 of the paper).
fn played(share: f64, gamma: f64, blocks: u32, chance: &mut Chance) -> f64 {
    let (mut lead, mut level, mut selfish, mut others) = (0_u32, false, 0.0, 0.0);
    for _ in 0..blocks {
        let found = chance.happens(share);
        if level {
            // two branches of one block each: whoever finds the next decides
            match (found, chance.happens(gamma)) {
                (true, _) => selfish += 2.0,
                (false, true) => (selfish, others) = (selfish + 1.0, others + 1.0),
                (false, false) => others += 2.0,
            }
            level = false;
        } else if found {
            lead += 1;
        } else {
            match lead {
                0 => others += 1.0,
                1 => (lead, level) = (0, true),
                2 => (lead, selfish) = (0, selfish + 2.0),
                _ => (lead, selfish) = (lead - 1, selfish + 1.0),
            }
        }
    }
    selfish / (selfish + others)
}

#[test]
fn the_closed_form_holds() {
    let mut chance = Chance(SEED);
    println!("seed {SEED}");
    for share in [0.1, 0.25, 1.0 / 3.0, 0.4, 0.45] {
        for gamma in [0.0, 0.5, 1.0] {
            let parts: Vec<f64> = (0..20).map(|_| played(share, gamma, 30_000, &mut chance)).collect();
            let (found, error) = mean(&parts);
            let expected = relative_revenue(share, gamma).unwrap();
            println!("{share:.3} {gamma}: {found:.4} +- {error:.4}, expected {expected:.4}");
            assert!((found - expected).abs() < 4.5 * error + 1e-3, "seed {SEED}");
        }
    }
}
