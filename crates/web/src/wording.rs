//! How numbers read: units, digits, times. Digits beyond the interval are not shown.

use jiff::Timestamp;

/// `946236` as `946,236`.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 group`, `2 groups`.
pub(crate) fn counted(number: usize, what: &str) -> String {
    format!("{} {what}{}", thousands(number as u64), if number == 1 { "" } else { "s" })
}

/// `1 day old`, `1,200 days old`. Of what is to come, 0.
pub(crate) fn days_old(days: impl TryInto<usize>) -> String {
    format!("{} old", counted(days.try_into().unwrap_or_default(), "day"))
}

/// A part of one as a percentage with one decimal, without its sign: `32.7`. What would read as nothing and is something has the
/// digits to say so: `0.004`.
pub(crate) fn percent(part: f64) -> String {
    let part = part * 100.0;
    if part > 0.0 && part < 0.05 {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "2 to 12 after the clamp")]
        let decimals = (-part.log10()).ceil().clamp(2.0, 12.0) as usize;
        return format!("{part:.decimals$}");
    }
    format!("{part:.1}")
}

/// As many letters of a text, and a sign that there are more.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}\u{2026}", &text[..end]),
        None => text.to_owned(),
    }
}

/// Three significant figures: `0.0128`, `1.28`, `982`, `1,020`.
pub(crate) fn significant(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return "0".to_owned();
    }
    let magnitude = value.abs().log10().floor();
    if magnitude >= 2.0 {
        let unit = 10_f64.powf(magnitude - 2.0);
        return thousands(saturating(((value / unit).round() * unit).round()));
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 20 after the clamp")]
    let decimals = (2.0 - magnitude).clamp(0.0, 20.0) as usize;
    format!("{value:.decimals$}")
}

/// A source's number with as many of three decimals as it has: `1,234.5`.
pub(crate) fn as_told(value: f64) -> String {
    let text = format!("{:.3}", value.abs());
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let whole = whole.parse().map_or_else(|_| whole.to_owned(), thousands);
    let sign = if value < 0.0 { "\u{2212}" } else { "" };
    match part.trim_end_matches('0') {
        "" => format!("{sign}{whole}"),
        part => format!("{sign}{whole}.{part}"),
    }
}

/// A number's digits without zeros at their end that say nothing: `13.90` as `13.9`, `2.000` as `2`.
pub(crate) fn without_zeros(digits: &str) -> &str {
    if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits }
}

/// The ends of a range: `13.1 to 31`.
pub(crate) fn from_to(low: f64, high: f64, words: impl Fn(f64) -> String) -> String {
    format!("{} to {}", words(low), words(high))
}

/// The same behind a figure: ` (13.1 to 31)`, or nothing where both are one number.
pub(crate) fn bounds(low: f64, high: f64, words: impl Fn(f64) -> String) -> String {
    if low < high { format!(" ({})", from_to(low, high, words)) } else { String::new() }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates, which is meant")]
fn saturating(value: f64) -> u64 {
    value as u64
}

/// The unit that hashrates around `value` hashes a second read best in, and its size. EH/s wherever Bitcoin is meant.
pub(crate) fn hashrate_unit(value: f64) -> (&'static str, f64) {
    [("EH/s", 1e18), ("PH/s", 1e15), ("TH/s", 1e12), ("GH/s", 1e9), ("MH/s", 1e6), ("kH/s", 1e3)]
        .into_iter()
        .find(|(_, size)| value >= *size)
        .unwrap_or(("H/s", 1.0))
}

/// Unix seconds as `2026-05-25 13:45 UTC`.
pub(crate) fn utc(time: u32) -> String {
    format!("{} UTC", stamp(time).strftime("%Y-%m-%d %H:%M"))
}

/// Unix seconds as `2026-05-25`, in UTC.
pub(crate) fn utc_day(time: u32) -> String {
    stamp(time).strftime("%Y-%m-%d").to_string()
}

/// Unix seconds as `2026-05-25T13:45:12Z`.
pub(crate) fn iso(time: u32) -> String {
    stamp(time).to_string()
}

fn stamp(time: u32) -> Timestamp {
    // every u32 of seconds lies within jiff's range
    Timestamp::from_second(i64::from(time)).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Satoshis as `0.12345678 BTC`.
pub(crate) fn btc(sats: i64) -> String {
    let sign = if sats < 0 { "\u{2212}" } else { "" };
    let (whole, part) = (sats.unsigned_abs() / 100_000_000, sats.unsigned_abs() % 100_000_000);
    format!("{sign}{}.{part:08} BTC", thousands(whole))
}

/// Bytes as `1.58 MB`.
pub(crate) fn bytes(size: u32) -> String {
    let size = f64::from(size);
    match size {
        s if s >= 1e6 => format!("{:.2} MB", s / 1e6),
        s if s >= 1e3 => format!("{:.1} kB", s / 1e3),
        s => format!("{s:.0} B"),
    }
}

/// Difficulty has no unit; trillions are how the field says it.
pub(crate) fn difficulty_words(difficulty: f64) -> String {
    match difficulty {
        d if d >= 1e12 => format!("{} trillion", significant(d / 1e12)),
        d if d >= 1e6 => format!("{} million", significant(d / 1e6)),
        d => significant(d),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_meant() {
        assert_eq!((shortened("ab", 2), shortened("\u{e9}bc", 2)), ("ab".to_owned(), "\u{e9}b\u{2026}".to_owned()));
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(946_236), "946,236");
        assert_eq!(thousands(1_000), "1,000");
        assert_eq!((counted(1, "group"), counted(1_000, "group")), ("1 group".to_owned(), "1,000 groups".to_owned()));
        assert_eq!(
            (days_old(1_i32), days_old(1_200_u32), days_old(-3_i32)),
            ("1 day old".into(), "1,200 days old".into(), "0 days old".into())
        );
        assert_eq!(percent(0.327_4), "32.7");
        assert_eq!((percent(0.0), percent(0.000_6), percent(0.000_03)), ("0.0".into(), "0.1".into(), "0.003".into()));
        assert_eq!(significant(982.4), "982");
        assert_eq!(significant(1_024.9), "1,020");
        assert_eq!(significant(12.84), "12.8");
        assert_eq!(significant(0.012_84), "0.0128");
        assert_eq!(significant(f64::NAN), "0");
        assert_eq!(
            (as_told(-2.5), as_told(0.0), as_told(1_234_567.0)),
            ("\u{2212}2.5".into(), "0".into(), "1,234,567".into())
        );
        assert_eq!((without_zeros("13.90"), without_zeros("2.000"), without_zeros("200")), ("13.9", "2", "200"));
        assert_eq!((bounds(1.0, 2.5, as_told), bounds(1.0, 1.0, as_told)), (" (1 to 2.5)".into(), String::new()));
        assert_eq!(utc(1_231_006_505), "2009-01-03 18:15 UTC");
        assert_eq!(iso(u32::MAX), "2106-02-07T06:28:15Z");
        assert_eq!(btc(-1), "\u{2212}0.00000001 BTC");
        assert_eq!(btc(312_512_345), "3.12512345 BTC");
        assert_eq!(btc(i64::MIN), "\u{2212}92,233,720,368.54775808 BTC");
        assert_eq!(bytes(1_580_000), "1.58 MB");
        assert_eq!(hashrate_unit(9.8e20).0, "EH/s");
        assert_eq!(hashrate_unit(0.5).0, "H/s");
    }
}
