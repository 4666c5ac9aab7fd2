//! The page's tables of what comes of it: figures before and after, retargets, shares.

use hashwatch_metrics::Index;

use super::{
    Played,
    course::{EXAHASHES_PER_DIFFICULTY, Ends, Epoch, ends, epochs},
    outcome::attack,
    outcome_fields::{ScenarioAttackFields, ScenarioCostFields, ScenarioShareFields},
    words::day,
};
use crate::{
    concentration::words::{Unit, short_name},
    money::{rounded, rounded_usd},
    wording::{difficulty_words, from_to, percent, significant, thousands},
};

/// A figure before, and by how much leaves.
pub(super) struct FigureRow {
    pub(super) name: String,
    pub(super) before: String,
    /// Where least leaves, as expected, where most does.
    pub(super) cases: [String; 3],
    pub(super) note: String,
}

/// All figures of the scenario.
pub(super) fn figures(played: &Played) -> Vec<FigureRow> {
    let cases = [&played.outcome.low, &played.outcome.central, &played.outcome.high];
    let found = cases.map(|case| ends(played, case));
    let start = played.begins.start.epoch.difficulty;
    let mut rows = vec![
        FigureRow {
            name: "Hashrate that leaves".to_owned(),
            before: String::new(),
            cases: cases.map(|case| format!("{} EH/s", significant(case.departed_exahashes_per_second))),
            note: format!("{} % of it is for sale afterwards, as asked", percent(played.wanted.retired_share)),
        },
        FigureRow {
            name: "Hashrate that starts or stops by the hashprice".to_owned(),
            before: String::new(),
            cases: cases.map(|case| match played.wanted.fleet.is_empty() {
                true => "not told".to_owned(),
                false => format!("{} EH/s", signed(case.returned_exahashes_per_second, significant)),
            }),
            note: "nobody has published what stands idle: none is taken unless it is given".to_owned(),
        },
        FigureRow {
            name: "Hashrate of the network".to_owned(),
            before: format!("{} EH/s", significant(played.begins.exahashes_per_second)),
            cases: found.map(|it| format!("{} EH/s", significant(it.exahashes_per_second))),
            note: format!("on {}", played.days.until),
        },
        FigureRow {
            name: "Difficulty".to_owned(),
            before: difficulty_words(start),
            cases: found
                .map(|it| format!("{} ({} %)", difficulty_words(it.difficulty), signed(it.change - 1.0, percent))),
            note: "of the last epoch before the end".to_owned(),
        },
        FigureRow {
            name: "Blocks take at most, on the mean".to_owned(),
            before: minutes(start, played.begins.exahashes_per_second),
            cases: [0, 1, 2].map(|at| slow(found[at], cases[at].path.standstill)),
            note: "from the last departure to the retarget that answers".to_owned(),
        },
    ];
    rows.extend(prices(played));
    rows.extend(super::play::INDICES.map(|index| index_row(played, index)));
    rows.extend(attack(played).map(|it| costs(&it)).into_iter().flatten());
    rows
}

/// With its sign.
fn signed(value: f64, words: fn(f64) -> String) -> String {
    let text = words(value.abs());
    match text.bytes().all(|byte| matches!(byte, b'0' | b'.')) {
        true => text,
        false => format!("{}{text}", if value < 0.0 { "\u{2212}" } else { "+" }),
    }
}

fn minutes(difficulty: f64, exahashes_per_second: f64) -> String {
    let wait = difficulty * EXAHASHES_PER_DIFFICULTY / exahashes_per_second;
    format!("{:.1} minutes", wait / 60.0)
}

fn slow(it: Ends, standstill: bool) -> String {
    match it.slowest {
        _ if standstill => "no block is found any more".to_owned(),
        Some(slow) => {
            let until = slow.until.map_or_else(String::new, |until| format!(" until {}", day(until)));
            format!("{:.1} minutes{until}", slow.seconds / 60.0)
        }
        None => "no block is found".to_owned(),
    }
}

/// What the hashprice is reckoned from: it is not the published one, which is of another day.
const REWARD: &str = "per PH/s and day at the end, from the pay of a block and the price of a coin below";

fn prices(played: &Played) -> Option<FigureRow> {
    let all = epochs(played);
    let (first, last) = (all.first()?.hashprice?, all.last()?.hashprice?);
    let cases = if played.outcome.central.path.standstill { [0.0; 3] } else { [last.low, last.value, last.high] };
    let halved = all.first()?.reward_btc > all.last()?.reward_btc;
    Some(FigureRow {
        name: "Hashprice".to_owned(),
        before: format!("{:.1} USD", first.value),
        cases: cases.map(|price| if price > 0.0 { format!("{price:.1} USD") } else { "none".to_owned() }),
        note: if halved { format!("{REWARD}; the subsidy has halved by then") } else { REWARD.to_owned() },
    })
}

fn index_row(played: &Played, index: Index) -> FigureRow {
    let unit = Unit::of(index);
    let words = |figure: Option<hashwatch_metrics::Figure>| {
        figure.and_then(|it| it.value).map_or_else(|| "none".to_owned(), |value| unit.words(value))
    };
    let cases = [&played.outcome.low, &played.outcome.central, &played.outcome.high];
    let of = |at: usize| cases[at].indices.iter().find(|change| change.index == index);
    FigureRow {
        name: short_name(index).to_owned(),
        before: words(of(1).and_then(|it| it.before)),
        cases: [0, 1, 2].map(|at| words(of(at).and_then(|it| it.after))),
        note: "by pool, of attributed blocks".to_owned(),
    }
}

fn with_range(cost: &ScenarioCostFields) -> String {
    let ScenarioCostFields { gross_usd, gross_low_usd, gross_high_usd, .. } = cost;
    format!("{} ({})", rounded_usd(*gross_usd), from_to(*gross_low_usd, *gross_high_usd, rounded))
}

fn costs(it: &ScenarioAttackFields) -> [FigureRow; 2] {
    let words = |cost: &Option<ScenarioCostFields>| {
        cost.as_ref().map_or_else(|| "nothing is left to attack".to_owned(), with_range)
    };
    let row = |name: &str, cases: [&Option<ScenarioCostFields>; 3], note: &str| FigureRow {
        name: name.to_owned(),
        before: with_range(&it.before),
        cases: cases.map(words),
        note: note.to_owned(),
    };
    [
        row(
            "Cost of matching the network, when the last has left",
            [&it.during.low, &it.during.central, &it.during.high],
            "before a retarget answers; retired machines can be bought",
        ),
        row(
            "Cost of matching the network, at the end",
            [&it.after.low, &it.after.central, &it.after.high],
            "before revenue and resale; in parentheses over the ranges of the parameters, the network\u{2019}s hashrate at its central one",
        ),
    ]
}

/// A retarget.
pub(super) struct EpochRow {
    pub(super) height: String,
    pub(super) from: String,
    pub(super) within: String,
    pub(super) change: String,
    pub(super) change_within: String,
    pub(super) difficulty: String,
    pub(super) by_case: String,
    pub(super) wait: String,
    pub(super) hashrate: String,
    pub(super) hashprice: String,
}

pub(super) fn epoch_rows(played: &Played) -> Vec<EpochRow> {
    let row = |it: &Epoch| EpochRow {
        height: thousands(it.height),
        from: day(it.from.value),
        within: match it.from.low < it.from.high {
            true => format!("{} – {}", day(it.from.low), day(it.from.high)),
            false => String::new(),
        },
        change: it.change.map_or_else(String::new, |it| format!("{} %", signed(it.value - 1.0, percent))),
        change_within: it.change.map_or_else(String::new, |it| {
            format!("{} – {} %", signed(it.low - 1.0, percent), signed(it.high - 1.0, percent))
        }),
        difficulty: difficulty_words(it.difficulty.value),
        by_case: match it.least < it.most * (1.0 - 1e-9) {
            true => format!("{} – {}", difficulty_words(it.least), difficulty_words(it.most)),
            false => String::new(),
        },
        wait: it.mean_wait_seconds.map_or_else(String::new, |wait| format!("{:.1} min", wait / 60.0)),
        hashrate: significant(it.exahashes_per_second),
        hashprice: it.hashprice.map_or_else(String::new, |it| format!("{:.1}", it.value)),
    };
    epochs(played).iter().map(row).collect()
}

/// A pool before and after.
pub(super) struct ShareRow {
    pub(super) name: String,
    pub(super) before: String,
    pub(super) after: String,
    pub(super) ends: String,
    pub(super) unknown: bool,
}

pub(super) fn share_rows(shares: &[ScenarioShareFields]) -> Vec<ShareRow> {
    let row = |it: &ScenarioShareFields| {
        let (one, other) = (percent(it.after.low), percent(it.after.high));
        ShareRow {
            name: it.name.clone(),
            before: percent(it.before),
            after: percent(it.after.central),
            ends: if one == other { String::new() } else { format!("{one} – {other} %") },
            unknown: it.pool.is_none(),
        }
    };
    shares.iter().map(row).collect()
}
