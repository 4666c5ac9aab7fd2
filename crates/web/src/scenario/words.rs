//! The answer in a sentence, and how its figures read.

use hashwatch_economics::{Range, scenario::Case};
use hashwatch_metrics::{Figure, Index};
use jiff::Timestamp;

use super::{
    Played,
    course::{Ends, ends},
};
use crate::{
    concentration::words::Unit,
    money::{rounded, rounded_usd},
    wording::{counted, from_to, percent, significant},
};

/// The day of Unix seconds, in UTC.
#[allow(clippy::cast_possible_truncation, reason = "`as` saturates, which is meant")]
pub(super) fn day(time: f64) -> String {
    Timestamp::from_second(time as i64).unwrap_or(Timestamp::MAX).strftime("%Y-%m-%d").to_string()
}

/// EH/s as `336 EH/s (18.2 to 336)`, or without ends where they are the same.
pub(super) fn hashrate(range: Range) -> String {
    format!("{} EH/s{}", significant(range.central), within(range, significant))
}

/// Ends in parentheses, where they differ as they are written.
pub(super) fn within(Range { low, high, .. }: Range, words: impl Fn(f64) -> String) -> String {
    if words(low) == words(high) { String::new() } else { format!(" ({})", from_to(low, high, words)) }
}

/// How many EH/s leave, by case.
pub(super) fn departed(played: &Played) -> Range {
    let of = |case: &Case| case.departed_exahashes_per_second;
    let outcome = &played.outcome;
    Range { low: of(&outcome.low), central: of(&outcome.central), high: of(&outcome.high) }
}

/// An index before and after, central.
pub(super) fn index(played: &Played, index: Index) -> Option<(Option<Figure>, Option<Figure>)> {
    let found = played.outcome.central.indices.iter().find(|change| change.index == index)?;
    Some((found.before, found.after))
}

/// The whole answer.
pub(super) fn sentence(played: &Played) -> String {
    let departed = departed(played);
    let network = significant(played.begins.exahashes_per_second);
    if departed.high <= 0.0 {
        return format!("Nobody leaves: the network keeps its {network} EH/s, and difficulty stays what it is.");
    }
    let who = who(played);
    let (amount, central) = (hashrate(departed), ends(played, &played.outcome.central));
    if played.outcome.central.path.standstill {
        return format!(
            "If {who}, {amount} of {network} EH/s leave. That is all there is: from then on no block is found, and no retarget \
             comes to make it easier."
        );
    }
    let parts = [falls(played, central), slow(central), moves(played), costs(played)];
    format!(
        "If {who}, {amount} of {network} EH/s leave: {}.",
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    )
}

fn who(played: &Played) -> String {
    let (wanted, leaving) = (&played.wanted, &played.leaving);
    let mut parts = Vec::new();
    if wanted.all {
        parts.push(format!("all {} listed miners that announced a pivot stop by {}", leaving.pivoted, played.days.by));
    }
    let chosen = leaving.offers.iter().filter(|it| it.chosen).count();
    if chosen > 0 && !wanted.all {
        parts.push(format!(
            "{} carried out",
            counted(chosen, "announcement") + if chosen == 1 { " is" } else { " are" }
        ));
    }
    if wanted.listed_share > 0.0 {
        let whom = if parts.is_empty() { "all listed miners disclose" } else { "the other listed miners disclose" };
        parts.push(format!("{} % of what {whom} leaves by {}", percent(wanted.listed_share), played.days.by));
    }
    parts.join(" and ")
}

/// `difficulty falls by 33.4 % (1.8 to 33.4 %)`: from the start to the end, by how much leaves.
fn falls(played: &Played, central: Ends) -> Option<String> {
    let outcome = &played.outcome;
    let fall = |case: &Case| 1.0 - ends(played, case).change;
    let (one, other) = (fall(&outcome.low), fall(&outcome.high));
    let range = Range { low: one.min(other), central: 1.0 - central.change, high: one.max(other) };
    let words = |part: f64| if part.abs() < 5e-5 { "0.0".to_owned() } else { percent(part.abs()) };
    if range.central < 0.0 {
        return Some(format!("difficulty rises by {} %", words(range.central)));
    }
    let low = words(range.low.max(0.0));
    let high = words(range.high.max(0.0));
    let within = if low == high { String::new() } else { format!(" ({low} to {high} %)") };
    Some(format!("difficulty falls by {} %{within}", words(range.central)))
}

fn slow(central: Ends) -> Option<String> {
    let slowest = central.slowest?;
    let until = slowest.until.map_or_else(String::new, |until| format!(" until about {}", day(until)));
    Some(format!("blocks take up to {:.1} minutes on the mean{until}", slowest.seconds / 60.0))
}

fn moves(played: &Played) -> Option<String> {
    let (before, after) = index(played, Index::Hhi)?;
    let words = |figure: Option<Figure>| Some(Unit::Points.words(figure?.value?));
    let (before, after) = (words(before)?, words(after)?);
    Some(if before == after {
        format!("HHI stays {before}, since no source says with which pools they mine")
    } else {
        format!("HHI goes from {before} to {after}")
    })
}

fn costs(played: &Played) -> Option<String> {
    let costs = played.outcome.central.attack.as_ref()?;
    let (before, after) = (costs.before.central.cost.gross_usd, costs.after.as_ref()?.central.cost.gross_usd);
    Some(format!("matching the network costs {} instead of {}", rounded_usd(after), rounded(before)))
}

/// How many of those that are asked to leave disclose nothing, in words; none where all do.
pub(super) fn silent(played: &Played) -> Option<String> {
    let none: Vec<&str> = played
        .leaving
        .nothing
        .iter()
        .filter(|it| it.why == super::leaving::NO_HASHRATE)
        .map(|it| it.name.as_str())
        .collect();
    (!none.is_empty()).then(|| {
        format!("{} of them disclose no hashrate and take nothing with them here: {}.", none.len(), none.join(", "))
    })
}
