//! How amounts of money read, by the largest word that fits: in three figures what is computed, in its source's digits what
//! somebody told.

use crate::wording::{as_told, significant};

/// Words, and what they stand for.
const WORDS: [(f64, &str); 3] = [(1e12, "trillion"), (1e9, "billion"), (1e6, "million")];

/// What is computed, in US dollars: `6.13 billion USD`.
pub(crate) fn rounded_usd(value: f64) -> String {
    format!("{} USD", rounded(value))
}

/// The same without its unit. What rounds to a thousand of one word is one of the next.
pub(crate) fn rounded(value: f64) -> String {
    by_word(value, &WORDS, 999.5 / 1_000.0, significant)
}

/// What a source tells, with its digits: `8.7 billion`, `183.3 million`, `96,500`. Nobody tells of a trillion.
pub(crate) fn as_source_told(value: f64) -> String {
    by_word(value, &WORDS[1..], 1.0, as_told)
}

/// By the first word of which it has at least the part `from`, else as it is.
fn by_word(value: f64, words: &[(f64, &str)], from: f64, digits: fn(f64) -> String) -> String {
    let (sign, amount) = (if value < 0.0 { "\u{2212}" } else { "" }, value.abs());
    match words.iter().find(|(size, _)| amount >= size * from) {
        Some((size, word)) => format!("{sign}{} {word}", digits((amount / size).max(1.0))),
        None => format!("{sign}{}", digits(amount)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_computed_has_three_figures() {
        for (value, words) in [
            (0.0, "0"),
            (0.051_24, "0.0512"),
            (999_499.0, "999,000"),
            (999_500.0, "1.00 million"),
            (6.126e9, "6.13 billion"),
            (21.08e9, "21.1 billion"),
            (999.4e6, "999 million"),
            (999.5e6, "1.00 billion"),
            (999.5e9, "1.00 trillion"),
            (-1.5e6, "\u{2212}1.50 million"),
            (-31.04e9, "\u{2212}31.0 billion"),
            (1.5e16, "15,000 trillion"),
            (f64::NAN, "0"),
        ] {
            assert_eq!(rounded(value), words, "{value}");
        }
        assert_eq!(rounded_usd(6.126e9), "6.13 billion USD");
    }

    #[test]
    fn what_is_told_keeps_its_digits() {
        for (value, words) in [
            (0.0, "0"),
            (96_500.0, "96,500"),
            (5.75, "5.75"),
            (183.3e6, "183.3 million"),
            (999_999_999.0, "1,000 million"),
            (8.7e9, "8.7 billion"),
            (1.2e12, "1,200 billion"),
            (-2.5e6, "\u{2212}2.5 million"),
        ] {
            assert_eq!(as_source_told(value), words, "{value}");
        }
    }
}
