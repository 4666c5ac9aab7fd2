//! China's ban of 2021 against the path of the difficulty.
//!
//! What is fed: counts of blocks per UTC day by their header times, from 13 May 2021 on, and the difficulty in force at the start of
//! that window (block 683,424, whose epoch had begun under China's full hashrate). Nothing else of the chain: no bits, no
//! difficulty of a later epoch, no height at which an epoch ends.
//!
//! How the circle is avoided: a count says hashrate only once the difficulty is known, and the difficulty is what is to be
//! found. `hashrate_behind` predicts it on the way, from the counts: after 2,016 blocks comes a retarget, by the days they took.
//! An error in one predicted difficulty would go into all hashrates after it. The last test shows that the test can fail: with
//! the difficulty held at its start, what comes is far outside.
//!
//! What it does not test: foresight. Whoever knows each day's blocks knows when 2,016 of them are found, to the day; that the path
//! gives these retargets back shows that its arithmetic is the chain's, within what days can tell of seconds. For weeks in place
//! of days (the second test) hashrate is told less closely. The data are not part of the repository; without them it is skipped.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test, and one that tells its figures"
)]

use std::{
    io::Read,
    path::{Path, PathBuf},
};

use hashwatch_economics::{
    path::{Count, Draws, Retarget, Start, hashrate_behind, path},
    schedule::Schedule,
};
use hashwatch_metrics::{Epoch, Interval};

const DAY: i64 = 86_400;
/// Block 683,424, the first of its epoch: its height, its header's time, its difficulty.
const START: (u64, i64, f64) = (683_424, 1_620_896_338, 25_046_487_590_083.27);
/// 1 August 2021.
const END: i64 = 1_627_776_000;
/// What came: the first block at the new difficulty, its header's time, the change in percent.
const CAME: [(u64, i64, f64); 3] =
    [(685_440, 1_622_337_521, -15.97), (687_456, 1_623_614_836, -5.30), (689_472, 1_625_294_046, -27.94)];

/// Header times of the blocks above the start's, up to the end; none, with the reason printed, where the file is not there.
fn times() -> Option<Vec<i64>> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let shared = std::env::var_os("HASHWATCH_SHARED").map_or_else(beside, PathBuf::from);
    let file = shared.join("real/pool_by_height/pool_by_height_610683_923810.csv.gz");
    if !file.is_file() {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "no block times at {}", file.display());
        eprintln!("skipped: no block times at {}", file.display());
        return None;
    }
    let mut text = String::new();
    // the rows that are wanted lie in its first third
    let mut packed = flate2::read::GzDecoder::new(std::fs::File::open(file).unwrap()).take(4_500_000);
    packed.read_to_string(&mut text).unwrap();
    let rows = text.lines().skip(1).map_while(|line| {
        let mut cells = line.split(',');
        Some((cells.next()?.parse::<u64>().ok()?, cells.next()?.parse::<i64>().ok()?))
    });
    let times: Vec<i64> = rows.filter(|&(height, time)| height > START.0 && time < END).map(|(_, time)| time).collect();
    assert!(times.iter().any(|&time| time > END - 7_200), "the file ends before the window does");
    Some(times)
}

fn start() -> Start {
    Start { time: START.1, epoch: Epoch { difficulty: START.2, waits: 0, seconds: 0 } }
}

/// Blocks within stretches of so many days that end at midnight; the first begins with the start.
fn counts(times: &[i64], days: i64) -> Vec<Count> {
    let first = START.1 - START.1.rem_euclid(DAY) + days * DAY;
    let ends = (0..).map(|at| first + at * days * DAY).take_while(|&end| end <= END);
    let mut from = START.1;
    ends.map(|end| {
        let blocks = times.iter().filter(|&&time| time >= from && time < end).count();
        let stretch = end - from;
        from = end;
        Count { seconds: f64::from(i32::try_from(stretch).unwrap()), blocks: f64::from(u32::try_from(blocks).unwrap()) }
    })
    .collect()
}

fn retargets(counts: &[Count]) -> Vec<Retarget> {
    let hashrate = Schedule::new(hashrate_behind(&start(), counts).unwrap()).unwrap();
    let draws = Draws { count: 400, seed: 2_021, confidence: 0.95 };
    path(&start(), &hashrate, CAME[2].1 + 10 * DAY, draws).unwrap().retargets
}

fn holds(interval: Interval, value: f64) -> bool {
    interval.low <= value && value <= interval.high
}

#[allow(clippy::cast_precision_loss, reason = "a date")]
fn told(found: &Retarget, came: (u64, i64, f64)) -> (f64, f64, bool) {
    let (percent, late) = ((found.change.value - 1.0) * 100.0, (found.time.value - came.1 as f64) / 3_600.0);
    // the retarget is measured to the last block of an epoch, and told by the first at the new difficulty
    let within = holds(found.change, 1.0 + came.2 / 100.0) && holds(found.time, came.1 as f64);
    println!(
        "{}: {percent:.2} % ({:.2} to {:.2}), came {:.2}; {late:+.1} h (within {:.1} h)",
        came.0,
        (found.change.low - 1.0) * 100.0,
        (found.change.high - 1.0) * 100.0,
        came.2,
        (found.time.high - found.time.low) / 7_200.0
    );
    (percent, late, within)
}

#[test]
fn from_each_days_blocks() {
    let Some(times) = times() else { return };
    let found = retargets(&counts(&times, 1));
    for (at, (found, came)) in found.iter().zip(CAME).enumerate() {
        let (percent, late, within) = told(found, came);
        assert!(within, "outside of its interval");
        assert_eq!(START.0 + found.blocks + 1, came.0, "retarget {at}");
        // and much nearer than chance would have to be
        assert!((percent - came.2).abs() < 0.5 && late.abs() < 6.0, "{percent} {late}");
    }
}

#[test]
fn from_each_weeks_blocks() {
    let Some(times) = times() else { return };
    for (found, came) in retargets(&counts(&times, 7)).iter().zip(CAME) {
        let (_, _, within) = told(found, came);
        assert!(within, "outside of its interval");
    }
}

/// With each day's blocks counted at the difficulty of the start, the second and third change come out wrong.
#[test]
fn a_difficulty_that_is_not_predicted_fails() {
    let Some(times) = times() else { return };
    let each = START.2 * 4_294_967_296.0 / 1e18;
    let mut from = START.1;
    let mut steps = Vec::new();
    for count in counts(&times, 1) {
        let exahashes_per_second = count.blocks * each / count.seconds;
        steps.push(hashwatch_economics::schedule::Step { from, exahashes_per_second });
        #[allow(clippy::cast_possible_truncation, reason = "seconds of a day")]
        let took = count.seconds as i64;
        from += took;
    }
    let draws = Draws { count: 400, seed: 2_021, confidence: 0.95 };
    let found = path(&start(), &Schedule::new(steps).unwrap(), CAME[2].1 + 10 * DAY, draws).unwrap().retargets;
    assert!(found.iter().zip(CAME).skip(1).all(|(found, came)| !told(found, came).2));
}
