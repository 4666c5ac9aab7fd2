//! What all companies disclosed, as a part of `/miners`: it is about the real ones, whatever chain is followed here.

use hashwatch_metrics::Middle;
use hashwatch_registry::{Registry, Report};
use jiff::civil::Date;

use super::{
    history::History,
    home,
    list::All,
    study::{Event, Study},
    tickers,
    words::{Cell, coins, exahashes, share_words, signed},
};
use crate::{
    error::WebError,
    mainnet::Mainnet,
    params::query,
    state::WebState,
    wording::{counted, from_to, significant},
};

/// The part of the page.
pub(crate) struct DisclosedPart {
    /// What is said of all of them, in a sentence.
    pub(crate) words: String,
    pub(crate) rows: Vec<CompanyCells>,
    /// Of whom nothing is known but the name.
    pub(crate) silent: Vec<Name>,
    pub(crate) study: String,
    pub(crate) share_study: String,
    pub(crate) events: Vec<EventRow>,
    pub(crate) citation: String,
    pub(crate) json: String,
    pub(crate) csv: String,
}

/// A company and its page.
pub(crate) struct Name {
    pub(crate) name: String,
    pub(crate) href: String,
    pub(crate) tickers: String,
}

/// A company's newest figures.
pub(crate) struct CompanyCells {
    pub(crate) who: Name,
    pub(crate) hashrate: Vec<Cell>,
    pub(crate) produced: Vec<Cell>,
    pub(crate) held: Vec<Cell>,
    pub(crate) efficiency: Vec<Cell>,
    pub(crate) power: Vec<Cell>,
    pub(crate) announcements: usize,
}

/// An announcement with hashrate disclosed on both sides.
pub(crate) struct EventRow {
    pub(crate) who: Name,
    pub(crate) on: String,
    pub(crate) kind: &'static str,
    pub(crate) href: String,
    pub(crate) hashrate_kind: &'static str,
    pub(crate) before: Cell,
    pub(crate) after: Cell,
    pub(crate) change: String,
    pub(crate) share_change: String,
    pub(crate) counted: &'static str,
}

fn name(it: &hashwatch_registry::Miner, who: &Registry, day: Date, kept: &str) -> Name {
    Name {
        name: it.name_on(day).to_owned(),
        href: home(who, it, day) + &query::first(kept),
        tickers: tickers(it, day).join(", "),
    }
}

pub(crate) async fn part(state: &WebState, asked: &Mainnet) -> Result<DisclosedPart, WebError> {
    let all = All::read(state, asked).await?;
    let (who, day, kept) = (all.who, asked.day, asked.kept.as_str());
    let named = |it: &History<'_>| name(it.miner, who, day, kept);
    let is_silent = |it: &&History<'_>| it.said.is_empty() && it.reports.is_empty();
    let mut told: Vec<&History<'_>> = all.companies.iter().filter(|it| !is_silent(it)).collect();
    // who speaks still stands first
    told.sort_by_cached_key(|it| {
        let newest = it.latest().map(|said| super::newness(said.it.period));
        (std::cmp::Reverse(newest), it.miner.name_on(day).to_lowercase())
    });
    let pins = asked.pins();
    Ok(DisclosedPart {
        words: words(&all, day),
        rows: told.into_iter().map(|it| cells(it, named(it))).collect(),
        silent: all.companies.iter().filter(is_silent).map(named).collect(),
        study: study_words(&all.study),
        share_study: share_words_of(&all.study),
        events: all.study.events.iter().rev().map(|event| event_row(event, who, day, kept)).collect(),
        citation: asked.citation("what listed miners disclosed last"),
        json: format!("/api/v1/miners?{pins}"),
        csv: format!("/api/v1/miners?{pins}&format=csv"),
    })
}

fn words(all: &All<'_>, day: Date) -> String {
    let with = all.companies.iter().filter(|it| !it.said.is_empty()).count();
    let fresh =
        |it: &&History<'_>| it.latest().is_some_and(|said| super::age_days(said.it.period, day) <= super::FRESH_DAYS);
    let fresh = all.companies.iter().filter(fresh).count();
    format!(
        "{with} of {} listed companies are known here to have disclosed their hashrate; {fresh} of them for a time that ended within {} \
         days of {day}.",
        all.companies.len(),
        super::FRESH_DAYS,
    )
}

fn cells(it: &History<'_>, who: Name) -> CompanyCells {
    let day = it.day;
    let figure = |of: fn(&Report) -> Option<f64>, text: fn(f64) -> String| {
        let found = it.latest_figure(of);
        let cell = |(report, value): (&Report, f64)| Cell::latest(text(value), report.period, day, &report.source);
        found.map(cell).into_iter().collect::<Vec<_>>()
    };
    let rate = |said: &&super::history::Said<'_>| {
        let text = format!("{} {}", exahashes(said.it.hashes_per_second), said.it.kind.name());
        Cell::latest(text, said.it.period, day, &said.it.source)
    };
    CompanyCells {
        who,
        hashrate: it.latest_of_each().iter().map(rate).collect(),
        produced: figure(|report| report.btc_produced, coins),
        held: figure(|report| report.btc_held, coins),
        efficiency: figure(|report| report.joules_per_terahash, significant),
        power: figure(|report| report.power_mw, significant),
        announcements: it.announcements.len(),
    }
}

pub(super) fn event_row(it: &Event<'_>, who: &Registry, day: Date, kept: &str) -> EventRow {
    let query = query::first(kept);
    let side = |said: &hashwatch_registry::Disclosure, all: Option<&super::network::NetworkRate>| {
        let share = all
            .map(|all| share_words(super::history::Part { value: said.hashes_per_second / all.value, bounds: None }));
        let share = share.map_or_else(String::new, |share| format!(", {share} of the network"));
        Cell::new(exahashes(said.hashes_per_second), format!("{}{share}", said.period), &said.source)
    };
    let (first, last) = it.networks.as_ref().map(|(first, last)| (first, last)).unzip();
    EventRow {
        who: name(it.miner, who, day, kept),
        on: it.announcement.on.to_string(),
        kind: it.announcement.kind.name(),
        href: format!("/pivots{query}#{}", it.announcement.slug),
        hashrate_kind: it.before.kind.name(),
        before: side(it.before, first),
        after: side(it.after, last),
        change: signed(it.change),
        share_change: it.change_of_share.map_or_else(|| "unknown".to_owned(), signed),
        counted: match (it.counted, it.share_counted) {
            (true, true) => "in both",
            (true, false) => "in the first",
            (false, true) => "in the second",
            (false, false) => "in neither: the company counts once",
        },
    }
}

/// The middle of changes in words, its doubt with it.
fn middle_words(it: &Middle) -> String {
    let interval = match it.interval {
        Some((low, high)) => format!("the median's 95\u{a0}% interval is {}", from_to(low, high, signed)),
        None => format!("{} are too few for a 95\u{a0}% interval of the median", it.n),
    };
    format!(
        "{} at the median and {} on the mean of {} ({} fell, {} rose; {interval}; sign test p = {:.2})",
        signed(it.median),
        signed(it.mean),
        counted_companies(it.n),
        it.below,
        it.above,
        it.p_value
    )
}

fn counted_companies(n: usize) -> String {
    if n == 1 { "1 company".to_owned() } else { format!("{n} companies") }
}

fn study_words(it: &Study<'_>) -> String {
    let of = counted(it.announcements, "announcement");
    match &it.change {
        None => format!(
            "Of {of} of a lease, a cloud contract or the end of mining none has a hashrate of one kind disclosed on both sides."
        ),
        Some(change) => format!(
            "Of {of} of a lease, a cloud contract or the end of mining, {} have a hashrate of one kind disclosed within two quarters \
             before and after. It changed by {}. So few say little, and what follows an announcement does not follow from it.",
            it.events.len(),
            middle_words(change),
        ),
    }
}

fn share_words_of(it: &Study<'_>) -> String {
    it.change_of_share.as_ref().map_or_else(
        || "Beside the network nothing can be said: its hashrate is not known on both sides of any of them.".to_owned(),
        |change| {
            format!(
                "As a share of the network, where that is known on both sides, it changed by {}.",
                middle_words(change)
            )
        },
    )
}
