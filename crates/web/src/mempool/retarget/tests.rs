//! The retarget to come, against the main chain's own and by hand.

use std::path::PathBuf;

use proptest::prelude::*;

use super::*;

/// Epochs of the main chain: first height, bits, first and last header time. None, with the reason printed, where the data are not there.
fn epochs() -> Option<Vec<(u32, u32, u32, u32)>> {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/real/difficulty/epochs.csv");
    let Ok(text) = std::fs::read_to_string(&file) else {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "no real chain data at {}", file.display());
        eprintln!("skipped: no real chain data at {}", file.display());
        return None;
    };
    let epoch = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        let bits = u32::from_str_radix(cells[2], 16).unwrap();
        (cells[1].parse().unwrap(), bits, cells[5].parse().unwrap(), cells[6].parse().unwrap())
    };
    Some(text.lines().skip(1).map(epoch).collect())
}

/// Times from one to another in as many waits as given.
fn spread(from: u32, to: u32, waits: u32) -> Vec<u32> {
    let at = |place: u32| u64::from(from) + u64::from(to.saturating_sub(from)) * u64::from(place) / u64::from(waits);
    (0..=waits).map(|place| u32::try_from(at(place)).unwrap()).collect()
}

/// With its last block an epoch's next change is the one that came, and halfway it is near where the pace holds.
#[test]
fn every_retarget_of_the_main_chain() {
    let Some(epochs) = epochs() else { return };
    assert!(epochs.len() > 400);
    for of in epochs.windows(3) {
        let [(from, old, start, end), (_, bits, first, last), (next_height, next_bits, ..)] = *of else { continue };
        let mut times = spread(start, end, 2_015);
        times.extend(spread(first, last, 2_015));
        let all: Vec<u32> = [[old; 2_016], [bits; 2_016]].concat();
        let chain = |blocks: usize| Chain { from, times: &times[..blocks], bits: &all[..blocks] };
        let found = next(chain(4_032)).unwrap();
        assert_eq!((found.next_retarget_height, found.remaining_blocks), (next_height, 1));
        assert_eq!(found.previous_time, first);
        let change = difficulty(next_bits) / difficulty(bits);
        // no difficulty is below 1, and bits hold 15 bits at least
        let told = (1.0 + found.difficulty_change / 100.0).max(1.0 / difficulty(bits));
        assert!((told / change - 1.0).abs() < 1.0 / 32_768.0, "{next_height}: {told} and {change}");
        let before = difficulty(bits) / difficulty(old);
        assert!((1.0 + found.previous_retarget / 100.0 - before).abs() < 1e-9);
        // times are spread evenly, so the pace so far is that of the whole
        let halfway = next(chain(2_016 + 1_009)).unwrap();
        assert_eq!((halfway.remaining_blocks, halfway.progress_percent), (1_008, 50.0));
        assert!((halfway.difficulty_change - found.difficulty_change).abs() < 0.5, "{halfway:?} {found:?}");
    }
}

/// By mempool's own example: of the 2,016 blocks up to 876,960 there are 1,361 to come, 390,537 seconds after the first.
#[test]
fn the_documented_figures() {
    let (first, waits) = (1_734_312_810, 655_u32);
    let mut times = spread(first - 2_016 * 575, first - 575, 2_015);
    times.extend(spread(first, first + 390_537, waits));
    let bits: Vec<u32> = (0..times.len()).map(|place| if place < 2_016 { 0x1702_b368 } else { 0x1702_9666 }).collect();
    let found = next(Chain { from: 876_960 - 2 * 2_016, times: &times, bits: &bits }).unwrap();
    assert_eq!((found.remaining_blocks, found.next_retarget_height, found.previous_time), (1_361, 876_960, first));
    assert_eq!((found.time_avg, found.adjusted_time_avg, found.remaining_time), (596_239, 596_239, 811_481_279));
    assert_eq!(found.estimated_retarget_date, (1_734_312_810 + 390_537) * 1_000 + 811_481_279);
    assert!((found.progress_percent - 32.490_079_365).abs() < 1e-6 && (found.expected_blocks - 650.895).abs() < 1e-9);
    // 1,209,600 / (390,537 + 1,360 * 390,537/655) = 1.006806; mempool, which counts 656 blocks in that time, has 0.7843 %
    assert!((found.difficulty_change - 0.680_611).abs() < 1e-6, "{found:?}");
}

/// Ten blocks of an epoch say little: the pace is that of 504, those before taken as if at the new difficulty.
#[test]
fn early_in_an_epoch_the_one_before_counts() {
    let start = 1_500_000_000;
    // twice as hard, and the blocks before took 300 seconds each: 600 at the new difficulty
    let mut times = spread(start, start + 2_015 * 300, 2_015);
    let first = times[2_015] + 300;
    times.extend(spread(first, first + 9 * 60, 9));
    let bits: Vec<u32> = (0..times.len()).map(|place| if place < 2_016 { 0x1b00_ffff } else { 0x1a7f_ff80 }).collect();
    let found = next(Chain { from: 0, times: &times, bits: &bits }).unwrap();
    assert!((found.previous_retarget - 100.0).abs() < 0.01, "{found:?}");
    let pace = (9.0 * 60.0 + 495.0 * 300.0 * 2.0) / 504.0;
    assert_eq!((found.time_avg, found.remaining_blocks), (60_000, 2_007));
    assert!((f64::from(u32::try_from(found.adjusted_time_avg).unwrap()) / 1_000.0 - pace).abs() < 0.01, "{found:?}");
    let change = 1_209_600.0 / (540.0 + 2_006.0 * pace) - 1.0;
    assert!((found.difficulty_change / 100.0 - change).abs() < 1e-4, "{found:?}");
    // the epoch's first block alone, and one whose clock is behind
    for blocks in [2_017, 2_018] {
        let mut times = times[..blocks].to_vec();
        if blocks == 2_018 {
            times[2_017] = first - 100;
        }
        let found = next(Chain { from: 0, times: &times, bits: &bits[..blocks] }).unwrap();
        assert_eq!((found.time_avg, found.expected_blocks), (found.adjusted_time_avg, 0.0), "{found:?}");
    }
}

#[test]
fn what_is_not_known_is_not_told() {
    let (times, bits) = (spread(1_500_000_000, 1_501_209_600, 2_016), [0x1d00_ffff; 2_017]);
    let told = |from, blocks: usize| next(Chain { from, times: &times[..blocks], bits: &bits[..blocks] });
    assert_eq!(told(0, 0), None, "no block");
    assert_eq!(told(0, 1), None, "no wait");
    assert_eq!(told(2_016, 100), None, "what was before the epoch");
    assert_eq!(told(100, 1_000), None, "the epoch's first block");
    assert_eq!(told(0, 2).map(|found| found.previous_retarget), Some(0.0));
    assert_eq!(told(2_015, 2).map(|found| found.remaining_blocks), Some(2_016));
    assert_eq!(told(u32::MAX, 1), None, "no height is above");
    let still = [1_500_000_000; 3];
    assert_eq!(next(Chain { from: 0, times: &still, bits: &bits[..3] }), None, "no time");
}

proptest! {
    /// Whatever header times say.
    #[test]
    fn within_its_range(from in 0..3_000_u32, times in proptest::collection::vec(any::<u32>(), 1..3_000)) {
        let bits: Vec<u32> = (0..times.len()).map(|at| if at % 7 == 0 { 0x1d00_ffff } else { 0x1703_8c12 }).collect();
        if let Some(found) = next(Chain { from, times: &times, bits: &bits }) {
            prop_assert!((-75.0..=300.0).contains(&found.difficulty_change), "{found:?}");
            prop_assert!((0.0..100.0).contains(&found.progress_percent) && found.expected_blocks >= 0.0);
            prop_assert!((1..=2_016).contains(&found.remaining_blocks) && found.next_retarget_height.is_multiple_of(2_016));
            prop_assert_eq!(found.remaining_time, u64::from(found.remaining_blocks) * found.adjusted_time_avg);
            prop_assert!(found.previous_retarget.is_finite());
        }
    }
}
