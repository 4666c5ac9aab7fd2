//! Any history: it is read as it was written, and one number off is noticed.

use std::fmt::Write;

use hashwatch_registry::Published;
use proptest::prelude::*;

use super::pools;

/// A history of any counts, as the file has it.
fn written(from: u32, months: &[(u64, u64, u64)]) -> String {
    let blocks: u64 = months.iter().map(|(a, b, unknown)| a + b + unknown).sum();
    let mut text = format!(
        "source = \"https://example.org/\"\ndate = \"2026\"\nlicence = \"MIT\"\nfrom_height = {from}\nto_height = {}\n",
        u64::from(from) + blocks - 1
    );
    for (index, (a, b, unknown)) in months.iter().enumerate() {
        let (year, month, total) = (2011 + index / 12, 1 + index % 12, a + b + unknown);
        let _ = writeln!(text, "[[month]]\nmonth = \"{year}-{month:02}\"\ntotal = {total}\nunknown = {unknown}");
        let _ = writeln!(text, "blocks = {{ a = {a}, b = {b} }}");
    }
    text
}

fn months() -> impl Strategy<Value = Vec<(u64, u64, u64)>> {
    proptest::collection::vec((1..2_000_u64, 1..2_000_u64, 0..2_000_u64), 1..40)
}

proptest! {
    #[test]
    fn what_is_written_is_read(from in 0..1_000_000_u32, months in months()) {
        let read = Published::from_toml("history.toml", &written(from, &months), &pools()).expect("sound");
        prop_assert_eq!(read.months.len(), months.len());
        for (found, (a, b, unknown)) in read.months.iter().zip(&months) {
            prop_assert_eq!((found.total, found.unknown), (a + b + unknown, *unknown));
            prop_assert!(found.counts.contains(&("a".to_owned(), *a)) && found.counts.contains(&("b".to_owned(), *b)));
            prop_assert!(found.counts[0].1 >= found.counts[1].1);
        }
    }

    /// No digit can be changed in one place without another place's noticing.
    #[test]
    fn one_number_off_is_noticed(from in 1..1_000_000_u32, months in months(), at in any::<prop::sample::Index>()) {
        let text = written(from, &months);
        let numbers: Vec<usize> = text.match_indices(" = ").map(|(at, _)| at + 3)
            .filter(|&at| text[at..].starts_with(|digit: char| digit.is_ascii_digit())).collect();
        let at = numbers[at.index(numbers.len())];
        let end = at + text[at..].find(|letter: char| !letter.is_ascii_digit()).expect("a line's end");
        let number: u64 = text[at..end].parse().expect("a number");
        let changed = format!("{}{}{}", &text[..at], number + 1, &text[end..]);
        prop_assert!(Published::from_toml("history.toml", &changed, &pools()).is_err());
    }

    #[test]
    fn no_text_panics(text in "[\\PC\n\"=\\[\\]{}.]{0,200}") {
        if let Err(errors) = Published::from_toml("any", &text, &pools()) {
            prop_assert!(!errors.0.is_empty());
        }
    }

    #[test]
    fn no_value_panics(month in "[0-9Q-]{0,10}", number in any::<i64>(), other in any::<i64>(), slug in "\\PC{0,120}") {
        let text = format!(
            "source = \"https://example.org/\"\ndate = \"2026\"\nlicence = \"x\"\nfrom_height = {number}\nto_height = {other}\n\
             [[month]]\nmonth = \"{month}\"\nfirst_height = {other}\ntotal = {number}\nunknown = {other}\n\
             blocks = {{ {slug:?} = {number} }}\n"
        );
        prop_assert!(Published::from_toml("any", &text, &pools()).is_err());
    }
}
