//! From TOML to announcements and what became of them. What one says against another is for check.

use super::{
    Entries, KEYS,
    announcement::{Announcement, AnnouncementKind, Dated, MiningEffect, Online, Stage, Status, WoundDown},
    figure::{Figure, Measure, Scope, amount, bounded},
    read_market,
};
use crate::{
    Source,
    fields::{Fields, Problems},
    period::When,
    problem::Reason,
    read::{self, checked_name, public_source, shortened, slug, when, whole},
    read_behind::{MOST_EH_S, each, word},
};

/// More bytes than a remark needs.
const NOTE_BYTES: usize = 300;

/// Reads a file. An entry with a problem is left out; the entries are of use only if there is none.
pub(super) fn read(file: &str, text: &str, entries: &mut Entries, problems: &mut Problems) {
    let Some(mut fields) = whole(file, text, problems) else { return };
    // an operator's overlay may hold both
    fields.leave(&read::KEYS);
    let [announcements, updates, reports, machines, values, costs] = KEYS;
    entries
        .announcements
        .extend(each(&mut fields, announcements, problems, |entry, problems| announcement(file, entry, problems)));
    entries.updates.extend(each(&mut fields, updates, problems, |entry, problems| update(file, entry, problems)));
    let reports = each(&mut fields, reports, problems, |entry, problems| read_market::reports(file, entry, problems));
    entries.reports.extend(reports.into_iter().flatten());
    entries
        .machines
        .extend(each(&mut fields, machines, problems, |entry, problems| read_market::machine(file, entry, problems)));
    entries
        .values
        .extend(each(&mut fields, values, problems, |entry, problems| read_market::value(file, entry, problems)));
    entries
        .costs
        .extend(each(&mut fields, costs, problems, |entry, problems| read_market::cost(file, entry, problems)));
    fields.finish(problems);
}

fn announcement(file: &str, fields: &mut Fields, problems: &mut Problems) -> Option<Announcement> {
    let slug = slug(fields, "announcement", problems);
    let miner = fields.required("miner", problems);
    let on = required_when(fields, "on", problems);
    let dated = word(fields, "dated", &Dated::words(), problems);
    let kind = word(fields, "kind", &AnnouncementKind::words(), problems);
    let [counterparty, site] = ["counterparty", "site"].map(|key| named(fields, key, problems));
    let region = fields.text("region", problems).and_then(|text| problems.ok(&fields.entry, checked_region(text)));
    let about = fields.text("about", problems);
    let contradicts = fields.texts("contradicts", problems);
    let figures = each(fields, "figure", problems, figure);
    let online = each(fields, "online", problems, online);
    let mining = fields.table("mining", problems).and_then(|mut fields| {
        let found = mining(&mut fields, problems);
        fields.finish(problems);
        found
    });
    let note = note(fields, problems);
    let mut later = each(fields, "status", problems, status);
    let (source, also) = sources(fields, problems);
    let (on, source) = (on?, source?);
    let mut status = vec![Status { on, is: Stage::Announced, note: None, source: source.clone() }];
    status.append(&mut later);
    let file = file.to_owned();
    let (miner, dated, kind) = (miner?, dated?, kind?);
    Some(Announcement {
        slug,
        miner,
        on,
        dated,
        kind,
        counterparty,
        site,
        region,
        about,
        contradicts,
        figures,
        online,
        mining,
        note,
        status,
        source,
        also,
        file,
    })
}

/// What became of an announcement that stands elsewhere, and what contradicts it.
pub(super) struct Update {
    pub(super) announcement: String,
    pub(super) contradicts: Vec<String>,
    pub(super) status: Vec<Status>,
    pub(super) file: String,
}

fn update(file: &str, fields: &mut Fields, problems: &mut Problems) -> Option<Update> {
    let announcement = fields.required("announcement", problems);
    if let Some(slug) = &announcement {
        fields.entry = format!("update of {}", shortened(slug));
    }
    let status = each(fields, "status", problems, status);
    let contradicts = fields.texts("contradicts", problems);
    if status.is_empty() && contradicts.is_empty() {
        problems.add(&fields.entry, Reason::Missing("status"));
    }
    Some(Update { announcement: announcement?, contradicts, status, file: file.to_owned() })
}

fn figure(fields: &mut Fields, problems: &mut Problems) -> Option<Figure> {
    let what = word(fields, "what", &Measure::words(), problems);
    if let Some(what) = what {
        fields.entry = format!("{} ({})", fields.entry, what.name());
    }
    let of = if fields.has("of") { word(fields, "of", &Scope::words(), problems) } else { Some(Scope::New) };
    let bounds = what.map_or(0.0..=f64::MAX, Measure::bounds);
    let amount = amount(fields, what.map_or("value", Measure::name), &bounds, problems);
    let note = note(fields, problems);
    Some(Figure { what: what?, of: of?, amount: amount?, note })
}

fn online(fields: &mut Fields, problems: &mut Problems) -> Option<Online> {
    let by = required_when(fields, "by", problems);
    let mw = bounded(fields, "mw", "mw", &Measure::GrossMw.bounds(), problems);
    let note = note(fields, problems);
    Some(Online { by: by?, mw, note })
}

fn mining(fields: &mut Fields, problems: &mut Problems) -> Option<MiningEffect> {
    let wound_down = word(fields, "wound_down", &WoundDown::words(), problems);
    let exahashes = bounded(fields, "eh_s", "eh_s", &(0.001..=MOST_EH_S), problems);
    let by = fields.text("by", problems).and_then(|text| problems.ok(&fields.entry, when(text)));
    let note = note(fields, problems);
    Some(MiningEffect { wound_down: wound_down?, hashes_per_second: exahashes.map(|it| it * 1e18), by, note })
}

fn status(fields: &mut Fields, problems: &mut Problems) -> Option<Status> {
    let on = required_when(fields, "on", problems);
    let is = word(fields, "is", &Stage::words(), problems);
    let note = note(fields, problems);
    let source = public_source(fields, problems);
    Some(Status { on: on?, is: is?, note, source: source? })
}

/// A time that must be there.
pub(super) fn required_when(fields: &mut Fields, key: &'static str, problems: &mut Problems) -> Option<When> {
    fields.required(key, problems).and_then(|text| problems.ok(&fields.entry, when(text)))
}

/// The key `source`, and further ones in `also`.
pub(super) fn sources(fields: &mut Fields, problems: &mut Problems) -> (Option<Source>, Vec<Source>) {
    (public_source(fields, problems), each(fields, "also", problems, public_source))
}

/// The key `note`.
pub(super) fn note(fields: &mut Fields, problems: &mut Problems) -> Option<String> {
    let text = fields.text("note", problems)?;
    let shown = !text.trim().is_empty() && text.len() <= NOTE_BYTES && !text.contains(char::is_control);
    problems.ok(&fields.entry, if shown { Ok(text) } else { Err(Reason::Note) })
}

fn named(fields: &mut Fields, key: &'static str, problems: &mut Problems) -> Option<String> {
    fields.text(key, problems).and_then(|text| problems.ok(&fields.entry, checked_name(text)))
}

/// A country, or one of its parts after a hyphen.
fn checked_region(text: String) -> Result<String, Reason> {
    let (country, part) = text.split_once('-').map_or((text.as_str(), None), |(country, part)| (country, Some(part)));
    let letters = country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase());
    let whole = part.is_none_or(|part| {
        (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    });
    if letters && whole { Ok(text) } else { Err(Reason::Region(shortened(&text))) }
}
