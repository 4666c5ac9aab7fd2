//! Figures of some hundred made-up windows, as lines of values between commas, for `tests/statistics/check.py` to compute
//! anew with other people's libraries. The windows are the same each time.
//!
//! `cargo run -p hashwatch-metrics --example figures`

#![allow(clippy::print_stdout, reason = "its lines are what it is for")]

use hashwatch_metrics::{
    Counts, Index, Interval, Tally, credible_above, credible_interval, goodman, holm, interval_cheap, predicted, wilson,
};

/// The generator splitmix64.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    /// In (0, 1), with six digits.
    #[allow(clippy::cast_precision_loss, reason = "below a million")]
    fn part(&mut self) -> f64 {
        (self.below(999_999) + 1) as f64 / 1e6
    }
}

fn main() {
    let mut dice = Dice(1);
    for window in 0..300 {
        // from few blocks to those of years
        let most = [4, 60, 3_000, 30_000][usize::try_from(dice.below(4)).unwrap_or_default()];
        let entities = 1 + dice.below(40);
        let counts: Vec<u64> = (0..entities)
            .map(|_| {
                let most = 1 + dice.below(most);
                dice.below(most + 1)
            })
            .collect();
        if counts.iter().sum::<u64>() > 1 {
            of_window(window, &counts, &mut dice);
        }
    }
    for _ in 0..300 {
        of_share(&mut dice);
    }
    for _ in 0..100 {
        let p_values: Vec<f64> = (0..1 + dice.below(12)).map(|_| dice.part().powi(2)).collect();
        if let Some(adjusted) = holm(&p_values) {
            println!("holm,{},{}", list(&p_values), list(&adjusted));
        }
    }
}

/// Values between semicolons.
fn list<T: std::fmt::Display>(values: &[T]) -> String {
    values.iter().map(ToString::to_string).collect::<Vec<_>>().join(";")
}

fn of_window(window: u64, counts: &[u64], dice: &mut Dice) {
    let tally = Tally::new(counts.iter().copied(), 0);
    let Some(measured) = tally.counts() else { return };
    println!("window,{window},{}", list(counts));
    for index in Index::ALL {
        if let Some(value) = index.of(&measured) {
            println!("index,{window},{},{value:e}", index.word());
        }
    }
    for index in [Index::Hhi, Index::Shannon] {
        if let Some((low, high)) = interval_cheap(index, &tally, 0.95) {
            println!("interval,{window},{},{low:e},{high:e}", index.word());
        }
    }
    of_population(window, &measured, dice);
    let confidence = dice.part();
    let intervals: Vec<Interval> = goodman(counts, confidence).unwrap_or_default();
    let ends = |of: fn(&Interval) -> f64| list(&intervals.iter().map(of).collect::<Vec<_>>());
    println!("goodman,{window},{confidence},{},{}", ends(|it| it.low), ends(|it| it.high));
}

#[allow(clippy::cast_precision_loss, reason = "small")]
fn of_population(window: u64, counts: &Counts, dice: &mut Dice) {
    for alpha in [0.0, 0.3, 0.999_999, 1.000_1, 1.7, 5.0, 40.0] {
        if let Some(bits) = counts.renyi(alpha) {
            println!("renyi,{window},{alpha},{bits:e}");
        }
    }
    let population = counts.entities() + dice.below(30);
    if let (Some(gini), Some(theil)) = (counts.gini_of_population(population), counts.theil_of_population(population)) {
        println!("population,{window},{population},{gini:e},{theil:e}");
    }
}

#[allow(clippy::cast_precision_loss, reason = "below a million")]
fn of_share(dice: &mut Dice) {
    let most = [10, 144, 4_320, 52_560, 970_000][usize::try_from(dice.below(5)).unwrap_or_default()];
    let trials = 1 + dice.below(most);
    let hits = dice.below(trials + 1);
    let confidence = if dice.below(2) == 0 { 0.95 } else { dice.part() };
    if let Some(found) = wilson(hits, trials, confidence) {
        println!("wilson,{hits},{trials},{confidence},{:e},{:e}", found.low, found.high);
    }
    if let Some(found) = credible_interval(hits, trials, confidence) {
        println!("jeffreys,{hits},{trials},{confidence},{:e},{:e}", found.low, found.high);
    }
    // near the share, where it is neither 0 nor 1
    let near = hits as f64 / trials as f64 + (dice.part() - 0.5) * 4.0 / (trials as f64).sqrt();
    let threshold = (near.clamp(0.0, 1.0) * 1e6).round() / 1e6;
    if let Some(chance) = credible_above(hits, trials, threshold) {
        println!("above,{hits},{trials},{threshold},{chance:e}");
    }
    let mean = dice.part() * most as f64;
    if let Some(found) = predicted(mean, confidence) {
        println!("poisson,{mean},{confidence},{},{}", found.low, found.high);
    }
}
