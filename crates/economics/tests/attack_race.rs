//! Attacks played out block by block: both branches find theirs at exponential times, each retargets by its own times as the rules
//! have it, and the branch with more work wins. Blocks, time and probabilities of the crate hold against it within the error of
//! the simulation. Seeds are fixed and printed.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test, and one that tells its figures")]

mod chance;

use chance::{Chance, mean};
use hashwatch_economics::{
    attack::{Attack, branch_blocks, expected_overtake_seconds, median_overtake_seconds, overtaken_within},
    mining::{exahashes_per_block, exahashes_per_second},
    race::{catch_up_probability, double_spend_probability},
};
use hashwatch_metrics::Epoch;

const SEED: u64 = 20_261_128;
const DIFFICULTY: f64 = 1e14;

/// A branch as the rules have it: blocks of the epoch so far, the time of its first, work in exahashes.
struct Branch {
    rate: f64,
    each: f64,
    height_in_epoch: u64,
    epoch_start: f64,
    next: f64,
    work: f64,
    blocks: u64,
}

impl Branch {
    fn new(rate: f64, epoch: Epoch, chance: &mut Chance) -> Self {
        let each = exahashes_per_block(epoch.difficulty).unwrap();
        #[allow(clippy::cast_precision_loss, reason = "seconds of an epoch")]
        let epoch_start = -(epoch.seconds as f64);
        let next = chance.wait(each / rate);
        Self { rate, each, height_in_epoch: epoch.waits, epoch_start, next, work: 0.0, blocks: 0 }
    }

    fn find(&mut self, chance: &mut Chance) {
        self.work += self.each;
        self.blocks += 1;
        self.height_in_epoch += 1;
        if self.height_in_epoch == 2_015 {
            let took = (self.next - self.epoch_start).clamp(302_400.0, 4_838_400.0);
            self.each *= 1_209_600.0 / took;
        }
        if self.height_in_epoch == 2_016 {
            (self.height_in_epoch, self.epoch_start) = (0, self.next);
        }
        self.next += chance.wait(self.each / self.rate);
    }
}

fn network() -> f64 {
    exahashes_per_second(DIFFICULTY, 600.0).unwrap()
}

fn epoch(waits: u64) -> Epoch {
    Epoch { difficulty: DIFFICULTY, waits, seconds: i64::try_from(waits * 600).unwrap() }
}

#[test]
#[allow(clippy::cast_precision_loss, reason = "blocks of a simulation")]
fn blocks_of_a_branch() {
    let mut chance = Chance(SEED);
    println!("seed {SEED}");
    for (attack, waits, days) in [
        (Attack::MatchFromOutside, 0, 7.0),
        (Attack::MatchFromOutside, 1_500, 10.0),
        (Attack::AddToShare { share: 0.7 }, 1_000, 12.0),
        (Attack::CaptureInside { share: 0.51 }, 1_200, 20.0),
    ] {
        let rate = attack.forces(network()).unwrap().attacker_exahashes_per_second;
        let end = days * 86_400.0;
        let blocks: Vec<f64> = (0..if std::env::var_os("HASHWATCH_SOAK").is_some() { 4_000 } else { 150 })
            .map(|_| {
                let mut branch = Branch::new(rate, epoch(waits), &mut chance);
                while branch.next <= end {
                    branch.find(&mut chance);
                }
                branch.blocks as f64
            })
            .collect();
        let (found, error) = mean(&blocks);
        let expected = branch_blocks(rate, epoch(waits), end).unwrap();
        println!("{attack:?} {days} days: {found:.1} +- {error:.1} blocks, expected {expected:.1}");
        assert!((found - expected).abs() < 4.0 * error, "seed {SEED}");
    }
}

/// The time to make up a deficit, within an epoch and over retargets of both branches.
#[test]
fn time_to_overtake() {
    let mut chance = Chance(SEED + 1);
    println!("seed {}", SEED + 1);
    for (attack, waits, deficit, draws) in [
        (Attack::CaptureInside { share: 0.6 }, 0, 6, 2_000),
        (Attack::AddToShare { share: 0.55 }, 0, 6, 2_000),
        (Attack::CaptureInside { share: 0.6 }, 1_950, 100, 500),
        (Attack::AddToShare { share: 0.6 }, 1_950, 100, 500),
    ] {
        let forces = attack.forces(network()).unwrap();
        let times: Vec<f64> = (0..draws).map(|_| overtake(&forces, waits, deficit, &mut chance)).collect();
        let (found, error) = mean(&times);
        let expected = expected_overtake_seconds(&forces, DIFFICULTY, deficit).unwrap().unwrap();
        println!("{attack:?} {deficit} blocks: {found:.0} +- {error:.0} s, expected {expected:.0}");
        // after a retarget the last block may go beyond level, by less than a block
        let beyond = if waits > 0 { expected / f64::from(u32::try_from(deficit).unwrap()) } else { 0.0 };
        assert!((found - expected - beyond / 2.0).abs() < 4.0 * error + beyond / 2.0, "seed {}", SEED + 1);
    }
}

fn overtake(forces: &hashwatch_economics::attack::Forces, waits: u64, deficit: u64, chance: &mut Chance) -> f64 {
    let mut attacker = Branch::new(forces.attacker_exahashes_per_second, epoch(waits), chance);
    let mut honest = Branch::new(forces.honest_exahashes_per_second, epoch(waits), chance);
    #[allow(clippy::cast_precision_loss, reason = "few")]
    let ahead = deficit as f64 * honest.each;
    loop {
        if attacker.next < honest.next {
            let time = attacker.next;
            attacker.find(chance);
            if attacker.work >= (honest.work + ahead) * (1.0 - 1e-12) {
                return time;
            }
        } else {
            honest.find(chance);
        }
    }
}

/// How near the continuous approximation of the time comes, at the median of a match and of a stronger attacker.
#[test]
#[allow(clippy::cast_precision_loss, reason = "counts of draws")]
fn chance_to_overtake_in_time() {
    let mut chance = Chance(SEED + 2);
    println!("seed {}", SEED + 2);
    for (attack, deficit) in
        [(Attack::MatchFromOutside, 6), (Attack::MatchFromOutside, 20), (Attack::AddToShare { share: 0.6 }, 6)]
    {
        let forces = attack.forces(network()).unwrap();
        let end = median_overtake_seconds(&forces, DIFFICULTY, deficit).unwrap().unwrap();
        let draws = 3_000;
        let hits = (0..draws).filter(|_| within(&forces, deficit, end, &mut chance)).count();
        let (found, expected) =
            (hits as f64 / f64::from(draws), overtaken_within(&forces, DIFFICULTY, deficit, end).unwrap().unwrap());
        println!("{attack:?} {deficit} blocks in {:.1} h: {found:.3}, expected {expected:.3}", end / 3_600.0);
        assert!((found - expected).abs() < 0.03 + 4.0 * 0.5 / f64::from(draws).sqrt(), "seed {}", SEED + 2);
    }
}

fn within(forces: &hashwatch_economics::attack::Forces, deficit: u64, end: f64, chance: &mut Chance) -> bool {
    let mut attacker = Branch::new(forces.attacker_exahashes_per_second, epoch(0), chance);
    let mut honest = Branch::new(forces.honest_exahashes_per_second, epoch(0), chance);
    while attacker.next.min(honest.next) <= end {
        if attacker.next < honest.next {
            attacker.find(chance);
            if attacker.blocks >= honest.blocks + deficit {
                return true;
            }
        } else {
            honest.find(chance);
        }
    }
    false
}

/// The double spend and the catch-up by coin tosses over a grid, against the exact formulas.
#[test]
#[allow(clippy::cast_precision_loss, reason = "counts of draws")]
fn double_spends() {
    let mut chance = Chance(SEED + 3);
    println!("seed {}", SEED + 3);
    let draws = 10_000_u32;
    for q in [0.1, 0.25, 0.4, 0.45] {
        for z in [1, 3, 6, 12] {
            let undone = (0..draws).filter(|_| double_spend(q, z, &mut chance)).count() as f64 / f64::from(draws);
            let expected = double_spend_probability(q, z).unwrap();
            let caught = (0..draws).filter(|_| catches_up(q, z, &mut chance)).count() as f64 / f64::from(draws);
            let catching = catch_up_probability(q, z).unwrap();
            println!("{q} {z}: {undone:.4} of {expected:.4}, {caught:.4} of {catching:.4}");
            for (found, expected) in [(undone, expected), (caught, catching)] {
                let error = (expected * (1.0 - expected) / f64::from(draws)).sqrt();
                assert!((found - expected).abs() < 4.5 * error + 2.0 / f64::from(draws), "seed {}", SEED + 3);
            }
        }
    }
}

fn double_spend(q: f64, z: u64, chance: &mut Chance) -> bool {
    let (mut honest, mut attacker) = (0, 0);
    while honest < z {
        if chance.happens(q) { attacker += 1 } else { honest += 1 }
    }
    attacker >= z || catches_up(q, z - attacker, chance)
}

/// From so far behind that fewer than one in a million millions come back, it is given up.
fn catches_up(q: f64, deficit: u64, chance: &mut Chance) -> bool {
    let hopeless = deficit + 1 + (0..).find(|&more| (q / (1.0 - q)).powi(more) < 1e-6).unwrap().unsigned_abs() as u64;
    let mut behind = deficit;
    while behind > 0 && behind < hopeless {
        if chance.happens(q) { behind -= 1 } else { behind += 1 }
    }
    behind == 0
}
