//! How costs and kinds of attack read.

use hashwatch_economics::Range;

use super::{Kind, Question};
use crate::{
    money::rounded,
    wording::{bounds, percent, significant, thousands, without_zeros},
};

/// ` (13.1 billion to 31 billion)`, or nothing for what is one number.
pub(super) fn between(range: Range) -> String {
    bounds(range.low, range.high, rounded)
}

/// What the attacker does, from here and in numbers.
pub(super) fn what(question: &Question) -> String {
    let share = percent(question.share);
    match question.kind {
        Kind::Match => "As much hashrate again as the network has comes from outside: half of both together. The others mine on as \
                        before."
            .to_owned(),
        Kind::Add => format!(
            "So much hashrate comes from outside that it is {share} % of the enlarged network. The others mine on as before."
        ),
        Kind::Inside => format!(
            "{share} % of the network's own hashrate changes sides: machines and sites stand where they stood and cost the attacker \
             nothing here, and the others are so many fewer. What it costs to capture them is not in the figure."
        ),
        Kind::Retired => format!(
            "So much comes from outside that it is {share} % of the enlarged network, of machines that were taken off the network as far \
             as these go."
        ),
    }
}

/// The kind in a few words, as a choice.
pub(super) fn label(kind: Kind) -> &'static str {
    match kind {
        Kind::Match => "Match from outside",
        Kind::Add => "Add a share from outside",
        Kind::Inside => "Capture a share inside",
        Kind::Retired => "Buy retired machines",
    }
}

/// The kind as the beginning of a sentence, against so many EH/s. A share is of both together; who has no more than half outruns nobody.
pub(super) fn to_do(question: &Question, network: f64) -> String {
    let (share, network) = (percent(question.share), significant(network));
    let race = if question.share > 0.5 { "outrun" } else { "race" };
    match question.kind {
        Kind::Match => format!("To match the network\u{2019}s {network} EH/s"),
        Kind::Add => {
            format!("To {race} the network\u{2019}s {network} EH/s from outside, with {share}\u{a0}% of both together,")
        }
        Kind::Inside => {
            format!("To run a captured {share}\u{a0}% of the network\u{2019}s {network} EH/s against the rest")
        }
        Kind::Retired => {
            format!(
                "To {race} the network\u{2019}s {network} EH/s with {share}\u{a0}% of both together, retired machines first,"
            )
        }
    }
}

/// `a week`, `a day`, `30 days`.
pub(super) fn span(days: f64) -> String {
    match days {
        d if (d - 7.0).abs() < 1e-9 => "a week".to_owned(),
        d if (d - 1.0).abs() < 1e-9 => "a day".to_owned(),
        d if d >= 100.0 => format!("{} days", significant(d)),
        d => format!("{} days", number(d)),
    }
}

/// `50 hours`, `4.9 days`, `3.2 years`.
pub(super) fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 5_400.0 => format!("{} minutes", significant(s / 60.0)),
        s if s < 259_200.0 => format!("{} hours", significant(s / 3_600.0)),
        s if s < 63_072_000.0 => format!("{} days", significant(s / 86_400.0)),
        s => format!("{} years", significant(s / 31_536_000.0)),
    }
}

/// A value as it is typed: four significant figures, whole from a thousand on, no zeros that say nothing.
pub(super) fn number(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return "0".to_owned();
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 20 after the clamp")]
    let decimals = (3.0 - value.abs().log10().floor()).clamp(0.0, 20.0) as usize;
    without_zeros(&format!("{value:.decimals$}")).to_owned()
}

/// Blocks in expectation, whole where there are many.
pub(super) fn blocks(count: f64) -> String {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates; blocks are 0 and more")]
    let whole = count.round() as u64;
    if count >= 10.0 { thousands(whole) } else { number(count) }
}

/// A probability: percent where that says something, the power of ten where it does not.
pub(super) fn probability(value: f64) -> String {
    match value {
        0.0 => "0".to_owned(),
        p if (0.999_95..1.0).contains(&p) => "> 99.99 %".to_owned(),
        p if p >= 0.000_1 => format!("{} %", number(p * 100.0)),
        p if p >= 1e-12 => {
            // 9.96 would read as ten times the power below
            let power = (p * (10.0 / 9.95)).log10().floor();
            format!("{:.1} \u{d7} 10{}", p / 10_f64.powf(power), raised(power))
        }
        _ => format!("< 10{}", raised(-12.0)),
    }
}

/// A power as it stands above a line.
fn raised(power: f64) -> String {
    const DIGITS: [char; 10] = [
        '\u{2070}', '\u{b9}', '\u{b2}', '\u{b3}', '\u{2074}', '\u{2075}', '\u{2076}', '\u{2077}', '\u{2078}',
        '\u{2079}',
    ];
    let raise = |letter: char| letter.to_digit(10).map_or('\u{207b}', |digit| DIGITS[digit as usize]);
    format!("{power:.0}").chars().map(raise).collect()
}

/// A count of confirmations.
pub(super) fn confirmations(needed: Option<u64>) -> String {
    needed.map_or_else(|| "no number is enough".to_owned(), thousands)
}
