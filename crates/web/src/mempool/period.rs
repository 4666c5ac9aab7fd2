//! The trailing periods that mempool's paths end with, as windows of ours.

use axum::extract::{Path, rejection::PathRejection};
use hashwatch_model::Window;

use crate::{error::WebError, params::segment};

/// Those that mempool's pages offer.
const PERIODS: [&str; 11] = ["24h", "3d", "1w", "1m", "3m", "6m", "1y", "2y", "3y", "4y", "all"];
/// Our own windows end at three years.
const FOUR_YEARS: Window = Window::Days(4 * 365);

/// The window of a path's period. mempool takes whatever it does not know for all; that is refused here, as a slip.
pub(super) fn window(path: Result<Path<String>, PathRejection>) -> Result<Window, WebError> {
    of(&segment(path, "period")?)
}

fn of(period: &str) -> Result<Window, WebError> {
    let refuse = || WebError::BadValue { name: "period", reason: format!("one of: {}", PERIODS.join(", ")) };
    match PERIODS.into_iter().find(|known| *known == period) {
        Some("4y") => Ok(FOUR_YEARS),
        Some(known) => known.parse().map_err(|_| refuse()),
        None => Err(refuse()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_windows() {
        for (period, window) in [
            ("24h", Window::Days(1)),
            ("3d", Window::Days(3)),
            ("1w", Window::Days(7)),
            ("1m", Window::Days(30)),
            ("3m", Window::Days(90)),
            ("6m", Window::Days(182)),
            ("1y", Window::Days(365)),
            ("2y", Window::Days(730)),
            ("3y", Window::Days(1_095)),
            ("4y", Window::Days(1_460)),
            ("all", Window::All),
        ] {
            assert_eq!(of(period).ok(), Some(window), "{period}");
        }
    }

    #[test]
    fn others_are_refused_with_a_list() {
        for period in ["", "5y", "1W", "1d", "144", "7d", " 1w", "1w/"] {
            let refused = of(period).unwrap_err().to_string();
            assert!(refused.contains("\"period\"") && refused.contains("4y, all"), "{period}: {refused}");
        }
    }
}
