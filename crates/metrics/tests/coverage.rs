//! A slice of `examples/coverage`: intervals at 95 % hold the truth in nearly as many windows. The seed is fixed, so that the
//! figures are the same each time; in full they stand in `docs/methodology/concentration.md`.

#[path = "../examples/coverage/simulation.rs"]
mod simulation;

use hashwatch_metrics::Index;
use simulation::{ALIKE, BY_TAG, MERGED, METHODS, indices, shares};

const ROUNDS: u32 = 400;
/// 95 % less two and a half standard errors of 400 windows, 1.1 points each.
const LEAST: f64 = 0.923;

#[test]
fn intervals_of_indices_hold_the_truth() {
    for (name, weights, n) in
        [("by tag", &BY_TAG[..], 144), ("by tag", &BY_TAG, 2_016), ("merged", &MERGED, 1_008), ("alike", &ALIKE, 1_008)]
    {
        for (index, held, width) in indices(weights, n, ROUNDS, 7) {
            assert!(held >= LEAST, "{} of {n} blocks, {name}: {held}", index.word());
            assert!(width.is_finite());
        }
    }
}

/// Where the normal theory holds, an interval that held the truth ever would be too wide.
#[test]
fn intervals_are_no_wider_than_need_be() {
    for (index, held, _) in indices(&BY_TAG, 2_016, ROUNDS, 11) {
        if matches!(
            index,
            Index::Hhi | Index::EffectiveNumber | Index::Cr1 | Index::Cr2 | Index::Shannon | Index::MinEntropy
        ) {
            assert!(held <= 0.975, "{}: {held}", index.word());
        }
    }
}

#[test]
fn intervals_of_shares_hold_the_truth() {
    for n in [144, 2_016] {
        for (name, method) in METHODS {
            let held = shares(&BY_TAG, n, ROUNDS, 13, method);
            assert!(held.mean >= 0.935 && held.worst >= 0.90 && held.rare >= 0.92, "{name} of {n} blocks");
            let at_once = if name == "Goodman" { held.at_once } else { 1.0 - held.at_once };
            // twelve pools: each for itself, they miss somewhere in nearly every other window
            assert!(at_once >= 0.35 && (name != "Goodman" || at_once >= LEAST), "{name} of {n} blocks: {at_once}");
            assert!(held.all_at_once <= held.at_once);
        }
    }
}
