//! The rows of the page's tables.

use std::collections::BTreeSet;

use hashwatch_registry::{Amount, Announcement, Dossier, MiningEffect, Online, Registry};
use jiff::civil::Date;

use super::{
    called,
    companies::Company,
    feed::headline,
    words::{Worded, amount_words, dated_words, figure_words, scope_words, stage_words, wound_down_words},
};
use crate::{
    miners::disclosed::home_of,
    params::query,
    registry::row::{SourceLink, source_link},
    wording::{as_told, significant},
};

pub(crate) struct PivotRow {
    pub(crate) slug: String,
    pub(crate) on: String,
    pub(crate) dated: &'static str,
    pub(crate) company: String,
    pub(crate) tickers: String,
    pub(crate) href: String,
    pub(crate) counterparty: String,
    pub(crate) kind: String,
    pub(crate) site: String,
    pub(crate) region: String,
    pub(crate) note: String,
    pub(crate) figures: Vec<FigureCell>,
    pub(crate) online: Vec<String>,
    pub(crate) mining: Option<MiningCell>,
    pub(crate) status: Vec<StatusCell>,
    pub(crate) sources: Vec<SourceLink>,
    pub(crate) about: Option<Lead>,
    pub(crate) contradicts: Vec<Lead>,
}

/// A figure, what it means, and how it is to be read.
pub(crate) struct FigureCell {
    pub(crate) amount: String,
    pub(crate) what: &'static str,
    pub(crate) of: &'static str,
    pub(crate) note: String,
}

pub(crate) struct MiningCell {
    pub(crate) words: String,
    pub(crate) note: String,
}

pub(crate) struct StatusCell {
    pub(crate) on: String,
    pub(crate) is: &'static str,
    pub(crate) note: String,
    pub(crate) source: SourceLink,
}

/// Another announcement, and where it stands.
pub(crate) struct Lead {
    pub(crate) href: String,
    pub(crate) label: String,
}

/// Two that say something else of the same thing.
pub(crate) struct Beside {
    pub(crate) matter: String,
    pub(crate) sides: Vec<Side>,
}

pub(crate) struct Side {
    pub(crate) lead: Lead,
    pub(crate) figures: Vec<FigureCell>,
    pub(crate) note: String,
    pub(crate) source: SourceLink,
}

/// What a page shows announcements with.
pub(super) struct Shown<'a> {
    pub(super) who: &'a Registry,
    pub(super) dossier: &'a Dossier,
    pub(super) day: Date,
    /// What pins the page, where it is pinned.
    pub(super) kept: &'a str,
    /// Those in the table.
    pub(super) slugs: BTreeSet<&'a str>,
}

impl Shown<'_> {
    /// Where an announcement stands: here, or on the page of all.
    fn place(&self, slug: &str) -> String {
        match self.slugs.contains(slug) {
            true => format!("#{slug}"),
            false => format!("/pivots{}#{slug}", query::first(self.kept)),
        }
    }

    /// One that was known on the day.
    fn lead(&self, slug: &str) -> Option<Lead> {
        let it = self.dossier.announcement(slug).filter(|it| it.on.first() <= self.day)?;
        Some(Lead { href: self.place(slug), label: format!("{}, {}", it.on, it.kind.name().replace('-', " ")) })
    }

    pub(super) fn row(&self, it: &Announcement) -> PivotRow {
        let (company, tickers) = called(self.who, &it.miner, self.day);
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        PivotRow {
            slug: it.slug.clone(),
            on: it.on.to_string(),
            dated: dated_words(it.dated),
            company,
            tickers: tickers.join(", "),
            href: home_of(self.who, &it.miner, self.day, self.kept),
            counterparty: text(&it.counterparty),
            kind: it.kind.name().replace('-', " "),
            site: text(&it.site),
            region: text(&it.region),
            note: text(&it.note),
            figures: figures(it),
            online: it.online.iter().map(online).collect(),
            mining: it.mining.as_ref().map(mining),
            status: self.status(it),
            sources: std::iter::once(&it.source).chain(&it.also).map(source_link).collect(),
            about: it.about.as_deref().and_then(|slug| self.lead(slug)),
            contradicts: it.contradicts.iter().filter_map(|slug| self.lead(slug)).collect(),
        }
    }

    /// What became of it by the day; that it was announced goes without saying.
    fn status(&self, it: &Announcement) -> Vec<StatusCell> {
        let known = it.status.iter().skip(1).filter(|status| status.on.first() <= self.day);
        let cell = |status: &hashwatch_registry::Status| StatusCell {
            on: status.on.to_string(),
            is: stage_words(status.is),
            note: status.note.clone().unwrap_or_default(),
            source: source_link(&status.source),
        };
        known.map(cell).collect()
    }

    /// Every set of announcements that contradict each other, side by side.
    pub(super) fn contradictions(&self) -> Vec<Beside> {
        let known = |slug: &str| self.dossier.announcement(slug).filter(|it| it.on.first() <= self.day);
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let mut found = Vec::new();
        for it in self.dossier.announcements().iter().filter(|it| it.on.first() <= self.day) {
            let others: Vec<&Announcement> = it.contradicts.iter().filter_map(|slug| known(slug)).collect();
            if others.is_empty() || seen.contains(it.slug.as_str()) {
                continue;
            }
            seen.insert(&it.slug);
            seen.extend(others.iter().map(|other| other.slug.as_str()));
            let side = |it: &Announcement| {
                let lead = Lead { href: self.place(&it.slug), label: it.on.to_string() };
                let note = it.note.clone().unwrap_or_default();
                Side { lead, figures: figures(it), note, source: source_link(&it.source) }
            };
            let sides = std::iter::once(it).chain(others).map(side).collect();
            found.push(Beside { matter: headline(self.who, it, self.day), sides });
        }
        found
    }
}

fn figures(it: &Announcement) -> Vec<FigureCell> {
    let cell = |figure: &hashwatch_registry::Figure| FigureCell {
        amount: figure_words(figure),
        what: figure.what.words(),
        of: scope_words(figure.of),
        note: figure.note.clone().unwrap_or_default(),
    };
    it.figures.iter().map(cell).collect()
}

fn online(online: &Online) -> String {
    let mw = online.mw.map_or_else(String::new, |mw| format!("{} MW ", as_told(mw)));
    let note = online.note.as_deref().map_or_else(String::new, |note| format!(", {note}"));
    format!("{mw}by {}{note}", online.by)
}

pub(crate) fn mining(mining: &MiningEffect) -> MiningCell {
    let rate = mining.hashes_per_second.map_or_else(String::new, |rate| format!(", {} EH/s", as_told(rate / 1e18)));
    let by = mining.by.map_or_else(String::new, |by| format!(", by {by}"));
    MiningCell {
        words: format!("{}{rate}{by}", wound_down_words(mining.wound_down)),
        note: mining.note.clone().unwrap_or_default(),
    }
}

/// A company's megawatts and hashes, each with a bar to its column's scale.
pub(crate) struct CompanyRow {
    pub(crate) name: String,
    pub(crate) tickers: String,
    pub(crate) href: String,
    pub(crate) filter: String,
    pub(crate) announcements: usize,
    pub(crate) announced: String,
    pub(crate) live: String,
    pub(crate) unsigned: String,
    pub(crate) megawatts: Option<Bar>,
    pub(crate) hashrate: String,
    pub(crate) hashes: Option<Bar>,
    pub(crate) kind: String,
    pub(crate) stale: bool,
    pub(crate) source: Option<SourceLink>,
}

/// A bar in a picture 120 wide: what is counted, a part of it, and its bounds where they are apart.
pub(crate) struct Bar {
    pub(crate) width: String,
    pub(crate) part: String,
    pub(crate) bounds: Option<(String, String)>,
}

const BAR: f64 = 120.0;
/// A disclosure that has been carried forward for longer than this is pointed at: a quarter and its report.
const STALE_DAYS: u32 = 135;

/// None of nothing, or without a scale.
pub(crate) fn bar(amount: Amount, part: f64, top: f64) -> Option<Bar> {
    let px = |value: f64| format!("{:.1}", value / top * BAR);
    let apart = amount.high - amount.low > 0.0;
    (top > 0.0 && amount.high > 0.0).then(|| Bar {
        width: px(amount.value),
        part: px(part),
        bounds: apart.then(|| (px(amount.low), px(amount.high))),
    })
}

/// `kept` is what pins the page.
pub(super) fn company_rows(who: &Registry, all: &[Company], day: Date, kept: &str) -> Vec<CompanyRow> {
    let megawatts = all.iter().filter_map(|it| it.announced).map(|amount| amount.high).fold(0.0, f64::max);
    let hashes = all.iter().filter_map(|it| it.hashrate.as_ref()).map(|it| it.hashes_per_second).fold(0.0, f64::max);
    let words = |amount: Option<Amount>| amount.map_or_else(|| "none told".to_owned(), |it| amount_words(it, as_told));
    let row = |it: &Company| {
        let said = it.hashrate.as_ref();
        let age = said.map_or_else(String::new, |said| match said.stale_days {
            Some(0) => String::new(),
            Some(days) => format!(", {days} days old"),
            None => ", more than 400 days old".to_owned(),
        });
        CompanyRow {
            name: it.name.clone(),
            tickers: it.tickers.join(", "),
            href: home_of(who, &it.slug, day, kept),
            filter: format!("/pivots?miner={}{}", it.slug, query::further(kept)),
            announcements: it.announcements,
            announced: words(it.announced),
            live: words(it.live),
            unsigned: words(it.unsigned),
            megawatts: it.announced.and_then(|all| bar(all, it.live.map_or(0.0, |live| live.value), megawatts)),
            hashrate: said.map_or_else(
                || "none told".to_owned(),
                |said| format!("{} EH/s", significant(said.hashes_per_second / 1e18)),
            ),
            hashes: said.and_then(|said| bar(Amount::exact(said.hashes_per_second), 0.0, hashes)),
            kind: said.map_or_else(String::new, |said| format!("{}, {}{age}", said.kind, said.period)),
            stale: said.is_some_and(|said| said.stale_days.is_none_or(|days| days > STALE_DAYS)),
            source: said.map(|said| source_link(&said.source)),
        }
    };
    all.iter().map(row).collect()
}
