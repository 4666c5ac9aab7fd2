//! What the page's tables and form show, as texts.

use hashwatch_economics::Range;
use hashwatch_metrics::Index;
use hashwatch_registry::{Registry, Source};

use super::{
    Played,
    answer::{attack, pays},
    course::{Ends, Epoch, ends, epochs},
    fields::{AttackFields, CostFields},
    leaving::{Leaver, Left, Offer, Said},
    words::{day, usd, within},
};
use crate::{
    concentration::words::{Unit, short_name},
    inputs::{Input, InputFields},
    registry::row::{SourceLink, source_link},
    wording::{counted, difficulty_words, percent, significant, thousands},
};

/// A company in the form: what it discloses, and its announcements.
pub(super) struct CompanyRow {
    pub(super) name: String,
    pub(super) href: String,
    pub(super) discloses: String,
    pub(super) source: Option<SourceLink>,
    pub(super) choices: Vec<ChoiceRow>,
}

/// A box of the form.
pub(super) struct ChoiceRow {
    pub(super) slug: String,
    pub(super) chosen: bool,
    /// When, of what kind and where.
    pub(super) label: String,
    /// What it takes off the network by itself.
    pub(super) ends: String,
    pub(super) source: SourceLink,
}

pub(super) fn companies(played: &Played, who: &Registry) -> Vec<CompanyRow> {
    let mut found: Vec<(f64, CompanyRow)> = Vec::new();
    let mut offers = played.leaving.offers.as_slice();
    while let Some(first) = offers.first() {
        let (all, rest) = offers.split_at(offers.iter().take_while(|it| it.miner == first.miner).count());
        offers = rest;
        let said = who
            .miners()
            .iter()
            .find(|miner| miner.slug == first.miner)
            .and_then(|miner| Said::on(miner, played.inputs.day));
        let rate = said.as_ref().map_or(0.0, Said::exahashes_per_second);
        found.push((
            rate,
            CompanyRow {
                name: first.name.clone(),
                href: format!("/registry#miner-{}", first.miner),
                discloses: said.as_ref().map_or_else(|| "discloses no hashrate".to_owned(), discloses),
                source: said.map(|said| source_link(&said.disclosure.source)),
                choices: all.iter().map(choice).collect(),
            },
        ));
    }
    found.sort_by(|one, other| other.0.total_cmp(&one.0));
    found.into_iter().map(|(_, row)| row).collect()
}

fn discloses(said: &Said) -> String {
    let it = &said.disclosure;
    let rate = significant(said.exahashes_per_second());
    format!(
        "{rate} EH/s {} of {}{}",
        it.kind.name(),
        it.period,
        if said.silent() { ", too old to rely on" } else { "" }
    )
}

fn choice(it: &Offer) -> ChoiceRow {
    let place = it.site.as_ref().map_or_else(String::new, |site| format!(", {site}"));
    let power = it.megawatts.map_or_else(String::new, |it| format!(", {} MW", span(it)));
    let ends = match (&it.ends, it.gone) {
        (_, true) => format!("left by {} already", it.by.map_or_else(String::new, |day| day.to_string())),
        (None, _) => "no hashrate to go by".to_owned(),
        (Some((_, amount)), _) => format!("{} EH/s", span(*amount)),
    };
    let by = it.by.filter(|_| !it.gone).map_or_else(String::new, |day| format!(" by {day}"));
    ChoiceRow {
        slug: it.slug.clone(),
        chosen: it.chosen,
        label: format!("{} {}{place}{power}", it.on, it.kind.name()),
        ends: ends + &by,
        source: source_link(&it.source),
    }
}

/// `10.1`, or `0 – 11.6` with its central value before.
fn span(range: Range) -> String {
    let Range { low, central, high } = range;
    if low == high { significant(central) } else { format!("{}{}", significant(central), within(range, significant)) }
}

/// Who leaves.
pub(super) struct LeaverRow {
    pub(super) name: String,
    pub(super) href: String,
    pub(super) amount: String,
    pub(super) ends: String,
    pub(super) rule: &'static str,
    /// From what, where that was power.
    pub(super) from: String,
    pub(super) discloses: String,
    pub(super) age: String,
    pub(super) stale: bool,
    pub(super) date: String,
    pub(super) dated: &'static str,
    pub(super) pool: String,
    pub(super) sources: Vec<SourceLink>,
}

pub(super) fn leavers(played: &Played, who: &Registry) -> Vec<LeaverRow> {
    let mut all: Vec<&Leaver> = played.leaving.leavers.iter().collect();
    all.sort_by(|one, other| other.amount.central.total_cmp(&one.amount.central));
    all.into_iter().map(|it| leaver(it, played, who)).collect()
}

fn leaver(it: &Leaver, played: &Played, who: &Registry) -> LeaverRow {
    let offer = |slug: &String| played.leaving.offers.iter().find(|offer| offer.slug == *slug);
    let mut sources: Vec<&Source> = vec![&it.said.disclosure.source];
    if it.rule != super::amounts::Rule::Whole {
        sources.extend(it.announcements.iter().filter_map(offer).map(|offer| &offer.source));
    }
    sources
        .extend(it.efficiency.iter().filter(|it| it.own).flat_map(|it| it.reports.iter().map(|(.., source)| source)));
    sources.extend(it.pool.iter().map(|(_, source)| source));
    let from = it.megawatts.zip(it.efficiency.as_ref()).map(|(power, joules)| {
        let whose = match (joules.own, joules.reports.is_empty()) {
            (true, _) => "its own last report",
            (_, true) => "as asked",
            _ => "last reports of other miners",
        };
        format!("{} MW at {} J/TH, {whose}", span(power), span(joules.range))
    });
    LeaverRow {
        name: it.name.clone(),
        href: format!("/registry#miner-{}", it.miner),
        amount: significant(it.amount.central),
        ends: format!("{} – {}", significant(it.amount.low), significant(it.amount.high)),
        rule: it.rule.words(),
        from: from.unwrap_or_default(),
        discloses: discloses(&it.said),
        age: format!("{} old", counted(it.said.age_days as usize, "day")),
        stale: it.said.silent(),
        date: it.date.to_string(),
        dated: if it.dated { "as announced, at the latest" } else { "as asked" },
        pool: it.pool.as_ref().map_or_else(
            || "not known".to_owned(),
            |(slug, _)| who.pool(slug).map_or(slug.as_str(), |pool| &pool.name).to_owned(),
        ),
        sources: sources.into_iter().map(source_link).collect(),
    }
}

/// What takes nothing off the network.
pub(super) struct NothingRow {
    pub(super) name: String,
    pub(super) announcements: String,
    pub(super) why: &'static str,
}

pub(super) fn nothing(all: &[Left]) -> Vec<NothingRow> {
    let row = |it: &Left| NothingRow { name: it.name.clone(), announcements: it.announcements.join(", "), why: it.why };
    all.iter().map(row).collect()
}

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
    let wait = difficulty * 4_294_967_296.0 / 1e18 / exahashes_per_second;
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

fn prices(played: &Played) -> Option<FigureRow> {
    let all = epochs(played);
    let (first, last) = (all.first()?.hashprice?, all.last()?.hashprice?);
    let cases = if played.outcome.central.path.standstill { [0.0; 3] } else { [last.low, last.value, last.high] };
    let halved = all.first()?.reward_btc > all.last()?.reward_btc;
    Some(FigureRow {
        name: "Hashprice".to_owned(),
        before: format!("{:.1} USD", first.value),
        cases: cases.map(|price| if price > 0.0 { format!("{price:.1} USD") } else { "none".to_owned() }),
        note: if halved {
            "per PH/s and day at the end, at the same price of a coin; the subsidy has halved by then".to_owned()
        } else {
            "per PH/s and day at the end, at the same price of a coin".to_owned()
        },
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

fn costs(it: &AttackFields) -> [FigureRow; 2] {
    let words = |cost: &Option<CostFields>| {
        cost.as_ref().map_or_else(|| "nothing is left to attack".to_owned(), |it| format!("{} USD", usd(it.gross_usd)))
    };
    let row = |name: &str, cases: [&Option<CostFields>; 3], note: &str| FigureRow {
        name: name.to_owned(),
        before: format!("{} USD", usd(it.before.gross_usd)),
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
            "before revenue and resale, all parameters central",
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

pub(super) fn share_rows(shares: &[super::fields::ShareFields]) -> Vec<ShareRow> {
    let row = |it: &super::fields::ShareFields| {
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

/// A parameter.
pub(super) struct InputRow {
    pub(super) meaning: String,
    pub(super) value: String,
    pub(super) origin: String,
    pub(super) how: String,
    pub(super) sources: Vec<SourceLink>,
}

pub(super) fn input_rows<'a>(inputs: impl Iterator<Item = &'a Input>) -> Vec<InputRow> {
    let row = |it: &Input| {
        let crate::inputs::Origin::Published { claims, .. } = &it.origin else {
            return input_row(it, Vec::new());
        };
        input_row(it, claims.iter().take(2).map(|claim| source_link(&claim.source)).collect())
    };
    inputs.map(row).collect()
}

fn input_row(it: &Input, sources: Vec<SourceLink>) -> InputRow {
    let unit = if it.parameter.unit == "1" { String::new() } else { format!(" {}", it.parameter.unit) };
    let left_out = matches!(it.origin, crate::inputs::Origin::LeftOut(_));
    let age = it.age_days.filter(|days| *days > 0).map(|days| format!(", {days} days old")).unwrap_or_default();
    let fields = serde_json::json!(InputFields::from(it));
    let how = fields["how"].as_str().map(str::to_owned).unwrap_or_default();
    InputRow {
        meaning: it.parameter.meaning.to_owned(),
        value: if left_out { "left out".to_owned() } else { format!("{}{unit}", span(it.range)) },
        origin: it.origin.word().replace('_', " ") + &age,
        how,
        sources,
    }
}

/// Which machines pay, in words.
pub(super) fn pays_words(played: &Played, dossier: &hashwatch_registry::Dossier) -> Option<String> {
    let it = pays(played, dossier)?;
    let models = match it.machines.len() {
        0 => "none of the models known here lies between".to_owned(),
        1 => format!("the {} lies between", it.machines[0].model),
        many => format!(
            "{many} of the models known here lie between, from the {} to the {}",
            it.machines[0].model,
            it.machines[many - 1].model
        ),
    };
    Some(format!(
        "At {} USD per kWh machines of up to {} J/TH pay for their power at the end, and would up to {} J/TH had nobody left: {models}. \
         How many of them stand idle nobody has published.",
        it.usd_per_kwh,
        significant(it.joules_per_terahash),
        significant(it.joules_per_terahash_without),
    ))
}
