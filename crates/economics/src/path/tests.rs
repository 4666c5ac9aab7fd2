//! Paths by hand, limits, coverage of the intervals.

use proptest::prelude::*;

use super::*;
use crate::{mining::exahashes_per_second, schedule::Step};

const DAY: i64 = 86_400;

fn start(waits: u64) -> Start {
    Start { time: 0, epoch: Epoch { difficulty: 1e14, waits, seconds: i64::try_from(waits * 600).unwrap() } }
}

fn network() -> f64 {
    exahashes_per_second(1e14, 600.0).unwrap()
}

fn draws() -> Draws {
    Draws { count: 300, seed: 7, confidence: 0.95 }
}

/// After a drop by d at the start of an epoch blocks come every 10/(1-d) minutes, the epoch takes 14/(1-d) days, and the
/// difficulty falls by d: -7.76 % of March 2026 is a wait of 10.84 minutes, -11.16 % of February one of 11.26.
#[test]
fn a_drop() {
    for (drop, minutes) in [(0.077_6, 10.84), (0.111_6, 11.26)] {
        let schedule = Schedule::constant(0, network() * (1.0 - drop)).unwrap();
        let found = path(&start(0), &schedule, 30 * DAY, draws()).unwrap();
        let first = found.retargets[0];
        assert!((first.mean_wait_seconds / 60.0 - minutes).abs() < 0.005, "{first:?}");
        assert!((first.time.value / 86_400.0 - 14.0 / (1.0 - drop)).abs() < 0.01);
        assert!((first.change.value - (1.0 - drop)).abs() < 1e-3);
        assert_eq!((first.blocks, found.retargets[1].blocks), (2_015, 4_031));
        assert!((found.retargets[1].mean_wait_seconds - 600.0).abs() < 1.0);
    }
}

#[test]
fn a_path_begins_anywhere_in_an_epoch() {
    let schedule = Schedule::constant(0, network()).unwrap();
    for waits in [0, 1, 1_000, 2_014, 2_015] {
        let found = path(&start(waits), &schedule, 40 * DAY, draws()).unwrap();
        assert_eq!(found.retargets[0].blocks, 2_015 - waits);
        assert!((found.retargets[0].change.value - 1.0).abs() < 1e-3);
        let width = found.retargets[0].change.high - found.retargets[0].change.low;
        assert_eq!(width == 0.0, waits == 2_015, "nothing is left to chance");
    }
}

#[test]
fn a_standstill_is_told() {
    let stop =
        vec![Step { from: 0, exahashes_per_second: network() }, Step { from: 20 * DAY, exahashes_per_second: 0.0 }];
    let found = path(&start(0), &Schedule::new(stop).unwrap(), 100 * DAY, draws()).unwrap();
    assert!(found.standstill);
    assert_eq!(found.retargets.len(), 1);
    let nothing = path(&start(0), &Schedule::constant(0, 0.0).unwrap(), DAY, draws()).unwrap();
    assert!(nothing.standstill && nothing.retargets.is_empty());
    // one hash in a thousand: the next retarget is 38 years away, which is no standstill
    let little = path(&start(0), &Schedule::constant(0, network() / 1_000.0).unwrap(), 365 * DAY, draws()).unwrap();
    assert!(!little.standstill && little.retargets.is_empty());
}

/// The interval of a whole epoch's change is that of a gamma variable of 2,015 waits, 0.957 to 1.044; of a draw each it
/// holds 95 of 100.
#[test]
fn intervals_hold_what_chance_does() {
    let schedule = Schedule::constant(0, network()).unwrap();
    let found = path(&start(0), &schedule, 80 * DAY, Draws { count: 2_000, ..draws() }).unwrap();
    for retarget in &found.retargets {
        let wide = if retarget.blocks == 2_015 { 0.044 } else { 0.062 };
        assert!((retarget.change.high - 1.0 - wide).abs() < 0.006, "{retarget:?}");
        assert!((1.0 - retarget.change.low - wide).abs() < 0.006, "{retarget:?}");
    }
    let mut held = 0;
    for seed in 0..400 {
        let other = path(&start(0), &schedule, 80 * DAY, Draws { count: 1, seed: 1_000 + seed, ..draws() }).unwrap();
        let (ours, drawn) = (found.retargets[3].time, other.retargets[3].time);
        let drawn = if drawn.low < drawn.value { drawn.low } else { drawn.high };
        held += i32::from(ours.low <= drawn && drawn <= ours.high);
    }
    assert!((366..=394).contains(&held), "{held} of 400");
}

#[test]
fn bad_input_is_refused_by_name() {
    let schedule = Schedule::constant(0, network()).unwrap();
    let said = |start: Start, until, draws| path(&start, &schedule, until, draws).unwrap_err().to_string();
    assert!(said(start(0), 0, draws()).starts_with("until: "), "dates reversed");
    assert!(said(start(0), i64::MAX, draws()).starts_with("until: "), "too far");
    assert!(said(start(2_016), DAY, draws()).starts_with("waits: "));
    for bad in [0.0, 1.0, f64::NAN] {
        assert!(said(start(0), DAY, Draws { confidence: bad, ..draws() }).starts_with("confidence is "));
    }
    assert!(said(start(0), DAY, Draws { count: 0, ..draws() }).starts_with("draws: "));
    assert!(said(start(0), 36_000 * DAY, Draws { count: u32::MAX, ..draws() }).starts_with("draws: "));
    // a hashrate far beyond the difficulty ends, one way or the other
    let much = Schedule::constant(0, 1e12).unwrap();
    assert!(path(&start(0), &much, 365 * DAY, Draws { count: 2, ..draws() }).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn within_its_range(
        waits in 0..=2_015_u64, rates in proptest::collection::vec(0.0..4_000.0, 1..8), days in 1..400_i64, seed in 0..u64::MAX,
    ) {
        let steps = rates.iter().zip(0..).map(|(&rate, at)| Step { from: at * 20 * DAY, exahashes_per_second: rate });
        let schedule = Schedule::new(steps.collect()).unwrap();
        let found = path(&start(waits), &schedule, days * DAY, Draws { count: 20, seed, confidence: 0.9 }).unwrap();
        for retarget in &found.retargets {
            for interval in [retarget.time, retarget.change, retarget.difficulty] {
                prop_assert!(interval.low <= interval.value && interval.value <= interval.high);
                prop_assert!(interval.high.is_finite());
            }
            prop_assert!(retarget.change.low >= 0.25 && retarget.change.high <= 4.0);
            prop_assert!(retarget.time.value <= seconds(days * DAY));
        }
        prop_assert!(found.retargets.is_sorted_by(|one, next| one.time.value <= next.time.value));
        let again = path(&start(waits), &schedule, days * DAY, Draws { count: 20, seed, confidence: 0.9 }).unwrap();
        prop_assert_eq!(found, again, "the same seed, the same answer");
    }
}
