//! Pure maths over counts and work: shares and concentration with intervals, hashrate, difficulty, luck, streaks, gaps, revenue,
//! expected blocks, changes before and after events. No I/O, no clock.
//!
//! Each figure's formula, range and limits stand in `docs/methodology/`.

pub mod before_after;
pub mod comparisons;
pub mod concentration;
pub mod difficulty;
pub mod expected;
pub mod gaps;
pub mod hashrate;
pub mod luck;
pub mod poisson;
pub mod revenue;
pub mod rolling;
pub mod shares;
pub mod streaks;
pub mod two_windows;

pub use before_after::{Middle, change, change_of_share, middle};
pub use comparisons::holm;
pub use concentration::{Counts, Figure, Fraction, Index, Tally, figure, figures, interval_cheap};
pub use difficulty::{EPOCH_BLOCKS, EPOCH_SECONDS, EPOCH_WAITS, Epoch, Pace, Retarget, next_retarget};
pub use expected::{Prediction, expected_blocks, predicted};
pub use gaps::{expected_gaps, expected_waits_above, gap_probability, longest_gaps, longest_wait_probability};
pub use hashrate::{Estimate, Hashrate, MEDIAN_LAG, hashrate, hashrate_between, hashrate_of_time, mean_hashrate};
pub use luck::{Luck, luck, luck_since};
pub use poisson::{garwood, poisson_p_value};
pub use revenue::{fee_share, hashprice_sats_per_th_day};
pub use rolling::{Moving, Rolling, series};
pub use shares::{Interval, credible_above, credible_interval, goodman, incomplete_beta, wilson};
pub use streaks::{Run, any_run_bound, expected_runs, longest_run_of_each, longest_runs, run_probability};
pub use two_windows::{Found, fisher_p_value, share_ratio};
