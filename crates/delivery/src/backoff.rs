//! When what failed is tried again, and when it is given up: plain arithmetic.

use std::time::Duration;

/// The first wait's bound; it doubles with each failure.
const FIRST: Duration = Duration::from_secs(5);
/// The longest wait's bound.
pub(crate) const LONGEST: Duration = Duration::from_secs(2 * 3_600);
/// Failures after which a notice is a dead letter.
pub(crate) const MOST_TRIES: u32 = 20;
/// How long after its first failure a notice is a dead letter, in milliseconds.
pub(crate) const GIVE_UP_AFTER: u64 = 24 * 3_600 * 1_000;
/// But not before so many failures: a clock that jumps, or a process that was off, gives nothing up. Even where each wait is the longest
/// a day holds as many.
const LEAST_TRIES: u32 = 12;

/// A wait drawn evenly from none up to the bound (full jitter: those that failed together do not come back together), at least what the
/// receiver asked for. `drawn` is from 0 to 1; `tries` counts the failures so far, from 1.
///
/// Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
pub(crate) fn wait(tries: u32, drawn: f64, asked_for: Option<Duration>) -> Duration {
    let doubled = FIRST.saturating_mul(2_u32.saturating_pow(tries.saturating_sub(1)));
    let drawn = doubled.min(LONGEST).mul_f64(drawn.clamp(0.0, 1.0));
    drawn.max(asked_for.unwrap_or_default().min(LONGEST))
}

/// Whether it is given up: after so many failures, or some of them and so long after the first (Unix milliseconds).
pub(crate) fn is_over(tries: u32, since: u64, now: u64) -> bool {
    tries >= MOST_TRIES || tries >= LEAST_TRIES && now.saturating_sub(since) >= GIVE_UP_AFTER
}

/// A number from 0 to 1. Without a source of randomness everything waits its longest.
pub(crate) fn draw() -> f64 {
    let bytes = crate::key::random::<4>();
    bytes.map_or(1.0, |bytes| f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_two_hours_and_are_drawn_from_nothing_on() {
        assert_eq!([1, 2, 3, 10].map(|tries| wait(tries, 1.0, None).as_secs()), [5, 10, 20, 2_560]);
        assert_eq!(wait(12, 1.0, None), LONGEST);
        assert_eq!(wait(u32::MAX, 1.0, None), LONGEST);
        assert_eq!(wait(3, 0.0, None), Duration::ZERO);
        assert_eq!(wait(3, 0.5, None), Duration::from_secs(10));
        assert_eq!(wait(1, f64::NAN.max(0.0), None), Duration::ZERO);
    }

    #[test]
    fn a_receiver_that_asks_for_time_gets_it_within_reason() {
        assert_eq!(wait(1, 0.0, Some(Duration::from_secs(60))), Duration::from_secs(60));
        assert_eq!(wait(9, 1.0, Some(Duration::from_secs(60))), Duration::from_secs(1_280));
        assert_eq!(wait(1, 0.0, Some(Duration::from_secs(1 << 40))), LONGEST);
    }

    #[test]
    fn it_ends_after_twenty_failures_or_a_day() {
        assert!(!is_over(19, 0, GIVE_UP_AFTER - 1));
        assert!(is_over(20, 0, 0));
        assert!(is_over(12, 5, 5 + GIVE_UP_AFTER));
        assert!(!is_over(11, 5, 5 + GIVE_UP_AFTER), "a clock that jumps ahead");
        assert!(!is_over(12, 5, 0), "a clock that goes back");
        let longest = u64::from(LEAST_TRIES) * u64::try_from(LONGEST.as_millis()).unwrap();
        assert!(longest >= GIVE_UP_AFTER, "of a process that was never off a day holds as many");
    }

    #[test]
    fn draws_differ() {
        let drawn: Vec<f64> = (0..100).map(|_| draw()).collect();
        assert!(drawn.iter().all(|drawn| (0.0..=1.0).contains(drawn)));
        assert!(drawn.iter().any(|drawn| *drawn < 0.5) && drawn.iter().any(|drawn| *drawn > 0.5));
    }
}
