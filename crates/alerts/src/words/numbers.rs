//! How figures of a notice read: units, and no more digits than they are sure of.

use hashwatch_model::Measure;

use crate::rule::{Rule, Unit};

/// A threshold as a sentence has it: `40 %`, `a third`, `1,800 points`.
pub fn threshold(rule: Rule, value: f64) -> String {
    match rule.unit() {
        Unit::Share if (value - 1.0 / 3.0).abs() < 1e-9 => "a third".to_owned(),
        Unit::Share if (value - 0.5).abs() < 1e-9 => "half".to_owned(),
        Unit::Share => percent(value, if (value * 100.0).fract().abs() < 1e-6 { 0 } else { 1 }),
        Unit::PerYear => how_often(value),
        Unit::Probability => chance(value),
        unit => amount(value, unit.name()),
    }
}

/// A figure with its interval: `41.9 % (39.8 to 44.1)`.
pub fn figure(measure: &Measure) -> String {
    let bare = |value: f64| {
        let text = amount(value, &measure.unit);
        let end = text.find(' ').filter(|_| measure.unit != "usd").unwrap_or(text.len());
        text[..end].to_owned()
    };
    let interval = measure.interval.map(|(low, high)| format!(" ({} to {})", bare(low), bare(high)));
    format!("{}{}", amount(measure.value, &measure.unit), interval.unwrap_or_default())
}

/// A value with its unit, one of those of [`Measure::unit`].
pub fn amount(value: f64, unit: &str) -> String {
    let counted = |one: &str, many: &str| {
        let number = value.max(0.0).round();
        format!("{} {}", thousands(number), if number == 1.0 { one } else { many })
    };
    match unit {
        "share" => percent(value, 1),
        "probability" => chance(value),
        // a rise may be a fall
        "points" if value < -0.5 => format!("-{}", amount(-value, unit)),
        "points" => counted("point", "points"),
        "blocks" => counted("block", "blocks"),
        "entities" => counted("group", "groups"),
        "days" => counted("day", "days"),
        "minutes" => counted("minute", "minutes"),
        "usd" => format!("${}", thousands(value.max(0.0).round())),
        "usd_per_ph_day" => format!("{} USD per PH/s and day", digits(value)),
        "unix_seconds" => day(value),
        // one unit for all that is Bitcoin's today, so that the ends of an interval have it too
        "hashes_per_second" if value >= 1e15 => format!("{} EH/s", digits(value / 1e18)),
        "hashes_per_second" => format!("{} H/s", digits(value)),
        _ => digits(value),
    }
}

/// A line of evidence: `share: 41.9 % (39.8 to 44.1)`.
pub(super) fn line(measure: &Measure) -> String {
    let name = super::clean(&measure.name).replace('_', " ");
    // what prices go into has no probability of its own
    let sort = match (measure.interval, measure.unit.as_str()) {
        (None, _) => "",
        (Some(_), "usd" | "usd_per_ph_day") => "estimate, low and high in brackets",
        (Some(_), _) => "estimate, 95 % interval in brackets",
    };
    let sort = if sort.is_empty() { String::new() } else { format!(" ({sort})") };
    format!("{name}{sort}: {}", figure(measure))
}

/// The day of a time, in UTC.
fn day(unix_seconds: f64) -> String {
    #[allow(clippy::cast_possible_truncation, reason = "`as` saturates, and what is no time has no day")]
    let time = jiff::Timestamp::from_second(unix_seconds as i64).ok();
    time.map_or_else(String::new, |time| time.strftime("%F").to_string())
}

/// A part of one as a percentage.
pub(super) fn percent(part: f64, decimals: usize) -> String {
    format!("{:.decimals$} %", part * 100.0)
}

/// A probability: never 100 % where it is less.
pub(super) fn chance(part: f64) -> String {
    match part {
        part if part >= 0.999 => "more than 99.9 %".to_owned(),
        part if part >= 0.99 => format!("{:.1} %", (part * 1_000.0).floor() / 10.0),
        part if part < 0.001 => format!("{} %", digits(part * 100.0)),
        part if part < 0.01 => percent(part, 1),
        part => percent(part, 0),
    }
}

/// So often a year, in words: `once in 100 years`.
pub(super) fn how_often(per_year: f64) -> String {
    match per_year {
        rate if rate >= 1.0 => format!("{} times a year", digits(rate)),
        rate if rate > 1e-9 => {
            let years = 1.0 / rate;
            let magnitude = 10_f64.powf((years.log10().floor() - 1.0).max(0.0));
            format!("once in {} years", thousands((years / magnitude).round() * magnitude))
        }
        _ => "less than once in a billion years".to_owned(),
    }
}

/// A whole number of entities.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates, which is meant")]
pub(super) fn whole(value: f64) -> u64 {
    value.round() as u64
}

/// A small number as a word.
pub(super) fn small(number: u64) -> String {
    let words = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
    let word = usize::try_from(number).ok().and_then(|place| words.get(place));
    word.map_or_else(|| number.to_string(), |word| (*word).to_owned())
}

/// A height with commas.
pub(super) fn thousands_of(height: u32) -> String {
    thousands(f64::from(height))
}

/// A whole number with commas.
fn thousands(number: f64) -> String {
    let plain = format!("{number:.0}");
    let mut out = String::with_capacity(plain.len() + plain.len() / 3);
    for (place, digit) in plain.chars().enumerate() {
        if place > 0 && (plain.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Three significant figures.
fn digits(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return "0".to_owned();
    }
    let magnitude = value.abs().log10().floor();
    if magnitude >= 2.0 {
        let unit = 10_f64.powf(magnitude - 2.0);
        return thousands((value / unit).round() * unit);
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 20 after the clamp")]
    let decimals = (2.0 - magnitude).clamp(0.0, 20.0) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}
