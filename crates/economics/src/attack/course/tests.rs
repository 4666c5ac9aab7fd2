//! Paces and times by hand, limits, refusals. The Monte Carlo of the whole race is in `tests/attack_race.rs`.

use proptest::prelude::*;

use super::*;
use crate::{attack::Attack, mining::exahashes_per_second};

const DIFFICULTY: f64 = 1e14;

fn network() -> f64 {
    exahashes_per_second(DIFFICULTY, 600.0).unwrap()
}

fn epoch(waits: u64) -> Epoch {
    Epoch { difficulty: DIFFICULTY, waits, seconds: i64::try_from(waits * 600).unwrap() }
}

fn forces(attack: Attack) -> Forces {
    attack.forces(network()).unwrap()
}

/// A match finds 144 blocks a day, and its branch's retarget changes next to nothing: 2,016 waits are meant to take the time
/// of 2,015.
#[test]
fn a_match_mines_at_the_old_rate_and_after() {
    let found = pace(forces(Attack::MatchFromOutside).attacker_exahashes_per_second, epoch(1_000)).unwrap();
    assert!((found.blocks_per_day_before - 144.0).abs() < 1e-9);
    assert!((found.seconds_to_retarget - 1_015.0 * 600.0).abs() < 1e-3);
    assert!((found.blocks_per_day_after - 144.0).abs() < 0.1);
}

/// From the start of an epoch 51 % captured inside find 73.44 blocks a day; their branch's difficulty then falls to 0.51.
#[test]
fn inside_both_branches_slow_down_and_recover() {
    let both = forces(Attack::CaptureInside { share: 0.51 });
    let attacker = pace(both.attacker_exahashes_per_second, epoch(0)).unwrap();
    assert!((attacker.blocks_per_day_before - 73.44).abs() < 1e-9);
    assert!((attacker.change - 0.51 * 2_016.0 / 2_015.0).abs() < 1e-9);
    let honest = pace(both.honest_exahashes_per_second, epoch(0)).unwrap();
    assert!((honest.blocks_per_day_before - 70.56).abs() < 1e-9 && (honest.blocks_per_day_after - 144.0).abs() < 0.1);
    // a fork late in the epoch: what the epoch took before counts
    let late = pace(both.attacker_exahashes_per_second, epoch(2_000)).unwrap();
    assert!(late.change > 0.98, "{late:?}");
}

#[test]
fn blocks_of_a_winning_branch() {
    let matching = forces(Attack::MatchFromOutside).attacker_exahashes_per_second;
    let week = branch_blocks(matching, epoch(0), 7.0 * 86_400.0).unwrap();
    assert!((week - 1_008.0).abs() < 1e-6, "144 a day, not 72: {week}");
    // four weeks of half the network: 14 days' blocks until the retarget at the 28th day
    let inside = branch_blocks(matching / 2.0, epoch(0), 28.0 * 86_400.0).unwrap();
    assert!((inside - 2_016.0).abs() < 2.0, "{inside}");
    let later = branch_blocks(matching / 2.0, epoch(0), 56.0 * 86_400.0).unwrap();
    assert!((later - 3.0 * 2_016.0).abs() < 4.0, "{later}");
    assert_eq!(branch_blocks(matching, epoch(5), 0.0), Ok(0.0));
    assert_eq!(branch_revenue_usd(1_008.0, 3.125, 70_000.0, 0.5), Ok(1_008.0 * 3.125 * 35_000.0));
    assert_eq!(branch_revenue_usd(1_008.0, 3.125, 70_000.0, 1.0), Ok(0.0));
}

/// Both figures of the note: 3,000 minutes inside, about 1,470 where the attacker is added from outside.
#[test]
fn times_to_make_up_six_blocks() {
    let minutes = |attack| expected_overtake_seconds(&forces(attack), DIFFICULTY, 6).unwrap().map(|it| it / 60.0);
    assert!((minutes(Attack::CaptureInside { share: 0.51 }).unwrap() - 3_000.0).abs() < 1e-6);
    assert!((minutes(Attack::CaptureInside { share: 0.6 }).unwrap() - 300.0).abs() < 1e-6);
    assert!((minutes(Attack::AddToShare { share: 0.51 }).unwrap() - 1_470.0).abs() < 1e-6);
    assert_eq!(minutes(Attack::MatchFromOutside), None);
    assert_eq!(minutes(Attack::AddToShare { share: 0.5 }), None);
    assert_eq!(minutes(Attack::CaptureInside { share: 0.3 }), None);
}

/// Of a match the reflection principle has the median where `z/sqrt(2 t)` is the normal quartile 0.67449: t = 39.57 waits for six.
#[test]
fn the_median_of_a_match() {
    let found = median_overtake_seconds(&forces(Attack::MatchFromOutside), DIFFICULTY, 6).unwrap().unwrap();
    assert!((found / 600.0 - 18.0 / 0.674_49_f64.powi(2)).abs() < 1e-2, "{found}");
    assert_eq!(median_overtake_seconds(&forces(Attack::CaptureInside { share: 0.3 }), DIFFICULTY, 6), Ok(None));
    assert_eq!(median_overtake_seconds(&forces(Attack::CaptureInside { share: 0.3 }), DIFFICULTY, 0), Ok(Some(0.0)));
}

#[test]
fn bad_input_is_refused_and_ends() {
    for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(pace(bad, epoch(0)).unwrap_err().to_string().starts_with("exahashes_per_second is "), "{bad}");
        assert!(pace(1.0, Epoch { difficulty: bad, ..epoch(0) }).is_err(), "{bad}");
        let both = Forces { attacker_exahashes_per_second: bad, ..forces(Attack::MatchFromOutside) };
        let said = overtaken_within(&both, DIFFICULTY, 6, 1.0).unwrap_err().to_string();
        assert!(said.starts_with("attacker_exahashes_per_second is "), "{said}");
    }
    for bad in [-1.0, f64::NAN, f64::INFINITY, 1e12] {
        assert!(branch_blocks(1.0, epoch(0), bad).unwrap_err().to_string().starts_with("duration_seconds"), "{bad}");
    }
    assert!(pace(1e-290, epoch(0)).is_ok_and(|found| found.change == 0.25));
    assert!(pace(1e-300, epoch(0)).is_err(), "beyond a float");
    // the difficulty catches up within twenty epochs
    assert!(branch_blocks(1e12, epoch(0), 1e9).is_ok_and(|blocks| (1.66e6..1.75e6).contains(&blocks)));
    assert!(branch_blocks(1e13, epoch(0), 1e9).is_err());
    assert!(branch_revenue_usd(1.0, f64::MAX, f64::MAX, 0.0).is_err());
    let most = Forces {
        attacker_exahashes_per_second: 2e300,
        honest_exahashes_per_second: 1e300,
        ..forces(Attack::MatchFromOutside)
    };
    assert!(overtaken_within(&most, DIFFICULTY, 6, 1e300).is_err(), "no NaN");
    let far = expected_overtake_seconds(&forces(Attack::MatchFromOutside), DIFFICULTY, u64::MAX);
    assert!(far.unwrap_err().to_string().starts_with("deficit_blocks"));
}

proptest! {
    #[test]
    fn more_hashrate_and_more_time_are_more_blocks(
        rate in 1e-3..1e5, more in 1.0..4.0, waits in 0..=2_015_u64, days in 0.0..200.0, longer in 0.0..100.0,
    ) {
        let of = |rate, days: f64| branch_blocks(rate, epoch(waits), days * 86_400.0).unwrap();
        prop_assert!(of(rate * more, days) >= of(rate, days) - 1e-6);
        prop_assert!(of(rate, days + longer) >= of(rate, days) - 1e-6);
    }

    #[test]
    fn a_probability_that_rises(share in 0.5..0.95, z in 1..2_000_u64, days in 0.0..100.0, more in 0.0..10.0) {
        let both = forces(Attack::AddToShare { share });
        let of = |days: f64| overtaken_within(&both, DIFFICULTY, z, days * 86_400.0).unwrap().unwrap();
        prop_assert!((0.0..=1.0).contains(&of(days)) && of(days + more) >= of(days) - 1e-9);
        let median = median_overtake_seconds(&both, DIFFICULTY, z).unwrap().unwrap();
        prop_assert!((of(median / 86_400.0) - 0.5).abs() < 1e-6);
    }
}
