//! The stretch of chain that a figure is taken over: `2016` blocks, `30d`, `1w`, `all`. One parser for all of hashwatch.

use std::{fmt, str::FromStr};

/// A stretch of chain that ends at the as-of block.
///
/// A window of time ends at the as-of block's median time past and holds the blocks whose median time past is later
/// than that minus the window. The wall clock plays no part, so the same question has the same answer for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Window {
    /// The last n blocks.
    Blocks(u32),
    /// The last n days of 86,400 seconds.
    Days(u32),
    /// From the start of what is stored.
    All,
}

/// A text that names no window.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a window: {0:?}; give a number of blocks (2016; up to {MAX_BLOCKS}), days (30d; up to {MAX_DAYS}d), one of \
     24h 3d 1w 1m 3m 6m 1y 2y 3y, or all"
)]
pub struct WindowError(pub String);

/// Windows by name, as the pages offer them, with their days.
pub const NAMED: [(&str, u32); 9] =
    [("24h", 1), ("3d", 3), ("1w", 7), ("1m", 30), ("3m", 90), ("6m", 182), ("1y", 365), ("2y", 730), ("3y", 1095)];

/// No chain is longer than this for centuries; a larger number is a slip.
const MAX_BLOCKS: u32 = 10_000_000;
const MAX_DAYS: u32 = 36_525;

impl Window {
    /// Seconds of a window of time.
    pub fn seconds(self) -> Option<u32> {
        match self {
            Window::Days(days) => Some(days * 86_400),
            Window::Blocks(_) | Window::All => None,
        }
    }
}

impl FromStr for Window {
    type Err = WindowError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = || WindowError(text.chars().take(40).collect());
        if text == "all" {
            return Ok(Window::All);
        }
        if let Some((_, days)) = NAMED.iter().find(|(name, _)| *name == text) {
            return Ok(Window::Days(*days));
        }
        let (digits, days) = match text.strip_suffix('d') {
            Some(digits) => (digits, true),
            None => (text, false),
        };
        // u32::from_str would let a sign pass
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(refuse());
        }
        let number: u32 = digits.parse().map_err(|_| refuse())?;
        match (number, days) {
            (1..=MAX_DAYS, true) => Ok(Window::Days(number)),
            (1..=MAX_BLOCKS, false) => Ok(Window::Blocks(number)),
            _ => Err(refuse()),
        }
    }
}

impl fmt::Display for Window {
    /// The form that the parser reads back, by name where there is one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Window::Blocks(blocks) => write!(f, "{blocks}"),
            Window::Days(days) => match NAMED.iter().find(|(_, d)| d == days) {
                Some((name, _)) => f.write_str(name),
                None => write!(f, "{days}d"),
            },
            Window::All => f.write_str("all"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_read() {
        for (text, window) in [
            ("24h", Window::Days(1)),
            ("1w", Window::Days(7)),
            ("7d", Window::Days(7)),
            ("6m", Window::Days(182)),
            ("45d", Window::Days(45)),
            ("2016", Window::Blocks(2016)),
            ("all", Window::All),
        ] {
            assert_eq!(text.parse(), Ok(window));
            assert_eq!(window.to_string().parse(), Ok(window));
        }
    }

    #[test]
    fn rubbish_is_refused() {
        for text in
            ["", "0", "0d", "-1", "+5", "1.5d", "99999999999", "1e3", "d", "w", "1W", " 7d", "7d ", "٣d", "40000d"]
        {
            assert!(text.parse::<Window>().is_err(), "{text:?}");
        }
    }
}
