//! How disclosed figures read.

use hashwatch_registry::{Quantity, Source, When};
use jiff::civil::Date;

use super::{
    age_days,
    history::Part,
    network::{How, NetworkRate},
};
use crate::{
    registry::row::{SourceLink, source_link},
    wording::{counted, days_old, percent, significant, thousands},
};

/// A figure in a table, and where it can be read.
pub(crate) struct Cell {
    pub(crate) text: String,
    /// How it is to be read.
    pub(crate) note: String,
    pub(crate) source: Option<SourceLink>,
}

impl Cell {
    pub(super) fn new(text: String, note: impl Into<String>, source: &Source) -> Cell {
        Cell { text, note: note.into(), source: Some(source_link(source)) }
    }

    /// The newest of something: with its period and its age.
    pub(super) fn latest(text: String, period: When, day: Date, source: &Source) -> Cell {
        Cell::new(text, format!("{period}, {}", age_words(age_days(period, day))), source)
    }
}

pub(super) fn age_words(days: u32) -> String {
    match days {
        0 => "just over".to_owned(),
        days => days_old(days),
    }
}

/// A sentence whose dates do not break at the end of a line.
pub(super) fn unbroken(text: &str) -> String {
    let mut before = ' ';
    let letter = |letter: char| {
        let dash = letter == '-' && before.is_ascii_digit();
        before = letter;
        if dash { '\u{2011}' } else { letter }
    };
    text.chars().map(letter).collect()
}

/// Bitcoin's hashrates are told in EH/s.
pub(super) fn exahashes(hashes_per_second: f64) -> String {
    format!("{}\u{a0}EH/s", significant(hashes_per_second / 1e18))
}

/// Coins, with the digits of the source but for what lies below a hundredth.
pub(super) fn coins(coins: f64) -> String {
    let hundredths = (coins * 100.0).round();
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 2,100,000,000")]
    let hundredths = hundredths.clamp(0.0, 2.1e9) as u64;
    let part = format!("{:02}", hundredths % 100);
    let part = part.trim_end_matches('0');
    let point = if part.is_empty() { "" } else { "." };
    format!("{}{point}{part}", thousands(hundredths / 100))
}

/// `−24.0 %`
pub(super) fn signed(part: f64) -> String {
    let sign = match part {
        part if part <= -0.0005 => "\u{2212}",
        part if part >= 0.0005 => "+",
        _ => "",
    };
    format!("{sign}{:.1}\u{a0}%", (part * 100.0).abs())
}

/// A share of the network with its bounds.
pub(super) fn share_words(part: Part) -> String {
    let bounds = part.bounds.map(|(low, high)| format!(" ({} – {})", percent(low), percent(high)));
    format!("{}\u{a0}%{}", percent(part.value), bounds.unwrap_or_default())
}

/// What a share is of.
pub(super) fn network_words(network: &NetworkRate) -> String {
    format!("of {}, {}", exahashes(network.value), how_words(&network.how))
}

/// How the network's hashrate is known.
pub(super) fn how_words(how: &How) -> String {
    match how {
        How::Own(range) => {
            format!("by our own blocks {} to {}", thousands(u64::from(range.from)), thousands(u64::from(range.to)))
        }
        How::Published { what, at, days_apart, .. } => {
            let by = if *what == Quantity::Difficulty { "by the difficulty" } else { "published" };
            let off = match days_apart {
                0 => String::new(),
                days => format!(", {} off", counted(*days as usize, "day")),
            };
            format!("{by} of {at}{off}")
        }
    }
}

/// Where the network's hashrate can be read, where it was published.
pub(super) fn how_source(how: &How) -> Option<&Source> {
    match how {
        How::Own(_) => None,
        How::Published { source, .. } => Some(source),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_as_the_sources_have_them() {
        assert_eq!(coins(616.6), "616.6");
        assert_eq!((coins(454.83), coins(52_850.0)), ("454.83".to_owned(), "52,850".to_owned()));
        assert_eq!((coins(0.05), coins(1_310.004)), ("0.05".to_owned(), "1,310".to_owned()));
        assert_eq!(signed(-0.24), "\u{2212}24.0\u{a0}%");
        assert_eq!((signed(0.085), signed(0.0001)), ("+8.5\u{a0}%".to_owned(), "0.0\u{a0}%".to_owned()));
        assert_eq!(unbroken("of 2026-Q1, a-b, 2026-03"), "of 2026\u{2011}Q1, a-b, 2026\u{2011}03");
        assert_eq!(exahashes(4.44e19), "44.4\u{a0}EH/s");
        let part = Part { value: 0.041, bounds: Some((0.04, 0.0421)) };
        assert_eq!(share_words(part), "4.1\u{a0}% (4.0 – 4.2)");
        assert_eq!(
            (age_words(0), age_words(1), age_words(1_200)),
            ("just over".into(), "1 day old".into(), "1,200 days old".into())
        );
    }
}
