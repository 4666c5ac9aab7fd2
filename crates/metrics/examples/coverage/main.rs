//! How often the intervals hold the truth, as tables in Markdown: those of `docs/methodology/concentration.md`.
//!
//! `cargo run --release -p hashwatch-metrics --example coverage [ROUNDS] [SEED]`

#![allow(clippy::print_stdout, reason = "tables are what it is for")]

mod simulation;

use hashwatch_metrics::{Index, Interval, credible_interval, wilson};
use statrs::distribution::{Binomial, Discrete};

use simulation::{ALIKE, BY_TAG, CONFIDENCE, MERGED, METHODS, indices, shares};

/// Six hours, a day, a week, an epoch, a month, a year.
const BLOCKS: [u64; 6] = [36, 144, 1_008, 2_016, 4_320, 52_560];
const SHARES: [f64; 9] = [0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4];
/// Cells that Goodman's interval of a single share is one of: the pools of March 2026.
const CELLS: f64 = 22.0;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let rounds = arguments.next().and_then(|rounds| rounds.parse().ok()).unwrap_or(4_000);
    let seed = arguments.next().and_then(|seed| seed.parse().ok()).unwrap_or(2_026);
    println!(
        "Nominal 95 %. Percent of windows that hold the truth; in brackets the mean width. {rounds} windows, seed {seed}."
    );
    single_shares("Wilson", |hits, trials| wilson(hits, trials, CONFIDENCE));
    single_shares("Jeffreys", |hits, trials| credible_interval(hits, trials, CONFIDENCE));
    single_shares("Goodman, one of 22", |hits, trials| wilson(hits, trials, 1.0 - (1.0 - CONFIDENCE) / CELLS));
    pools(rounds, seed);
    for (name, weights) in
        [("Pools by tag", &BY_TAG[..]), ("AntPool and its proxies as one", &MERGED), ("Ten pools alike", &ALIKE)]
    {
        concentration(name, weights, rounds, seed);
    }
}

fn heading(first: &str) {
    println!("\n| {first} | {} |", BLOCKS.map(|n| n.to_string()).join(" | "));
    println!("| --- |{}", " ---: |".repeat(BLOCKS.len()));
}

fn row(name: &str, cells: impl IntoIterator<Item = String>) {
    println!("| {name} | {} |", cells.into_iter().collect::<Vec<_>>().join(" | "));
}

/// Exactly: the chances of all counts whose interval holds the share, added up.
fn single_shares(name: &str, interval: impl Fn(u64, u64) -> Option<Interval>) {
    heading(&format!("{name}: share"));
    for share in SHARES {
        let cells = BLOCKS.map(|n| {
            let chance = |hits: u64| Binomial::new(share, n).map_or(0.0, |binomial| binomial.pmf(hits));
            let holds = |hits: u64| interval(hits, n).is_some_and(|it| (it.low..=it.high).contains(&share));
            let held: f64 = (0..=n)
                .map(|hits| (hits, chance(hits)))
                .filter(|(hits, chance)| *chance > 1e-9 && holds(*hits))
                .map(|(_, chance)| chance)
                .sum();
            format!("{:.1}", 100.0 * held)
        });
        row(&format!("{} %", 100.0 * share), cells);
    }
}

fn pools(rounds: u32, seed: u64) {
    heading("Pools by tag: method and pools");
    for (name, method) in METHODS {
        let held = BLOCKS.map(|n| shares(&BY_TAG, n, rounds, seed, method));
        let cells = |of: fn(&simulation::Held) -> f64| held.each_ref().map(|held| format!("{:.1}", 100.0 * of(held)));
        row(&format!("{name}, mean of 1 % and more"), cells(|held| held.mean));
        row(&format!("{name}, worst of these"), cells(|held| held.worst));
        row(&format!("{name}, mean below 1 %"), cells(|held| held.rare));
        row(&format!("{name}, 1 % and more at once"), cells(|held| held.at_once));
        row(&format!("{name}, all at once"), cells(|held| held.all_at_once));
    }
}

fn concentration(name: &str, weights: &[u64], rounds: u32, seed: u64) {
    heading(&format!("{name}: index"));
    let held = BLOCKS.map(|n| indices(weights, n, rounds, seed));
    for (place, index) in Index::ALL.into_iter().enumerate() {
        if !matches!(index, Index::Hartley | Index::Entities) {
            let cell =
                |held: &Vec<(Index, f64, f64)>| format!("{:.1} ({})", 100.0 * held[place].1, width(held[place].2));
            row(index.word(), held.each_ref().map(cell));
        }
    }
}

/// To three digits or so.
fn width(width: f64) -> String {
    match width {
        _ if width >= 100.0 => format!("{width:.0}"),
        _ if width >= 1.0 => format!("{width:.2}"),
        _ => format!("{width:.3}"),
    }
}
