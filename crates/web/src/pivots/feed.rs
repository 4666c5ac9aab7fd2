//! `GET /feeds/pivots.atom`: announcements as an Atom feed (RFC 4287), the newest first.
//!
//! Texts are plain texts: whatever a source wrote is escaped by the writer, and no markup of anybody's is in it. Links are relative
//! to the feed's own address, since a server need not know what it is called outside.

use axum::{
    extract::State,
    http::{Uri, header},
    response::{IntoResponse, Response},
};
use hashwatch_registry::{Announcement, Registry};
use jiff::civil::Date;
use quick_xml::{
    Writer,
    events::{BytesDecl, Event},
};

use super::{
    Wanted, called,
    words::{Worded, figure_words, stage_words, wound_down_words},
};
use crate::{
    error::WebError,
    mainnet::Mainnet,
    params::Params,
    state::WebState,
    syndication::{ATOM, element, link, uuid},
};

/// Where the feed lies.
pub(crate) const HOME: &str = "/feeds/pivots.atom";
/// Entries at most.
const MOST: usize = 200;

/// `GET /feeds/pivots.atom`.
pub(crate) async fn feed(State(state): State<WebState>, uri: Uri) -> Result<Response, WebError> {
    let mut params = Params::of(&uri);
    let wanted = Wanted::between(&mut params)?;
    let question = params.question().to_owned();
    let asked = Mainnet::page(&state, params).await?;
    let who = asked.who(&state);
    let mut found = wanted.of(&asked.dossier, wanted.whom(who)?, asked.day);
    found.truncate(MOST);
    let myself = if question.is_empty() { HOME.to_owned() } else { format!("{HOME}?{question}") };
    let bytes = written(who, &found, asked.day, &myself).map_err(|error| WebError::Draw(error.to_string()))?;
    Ok(([(header::CONTENT_TYPE, "application/atom+xml; charset=utf-8")], bytes).into_response())
}

/// An id that an entry keeps for ever, on every instance.
fn id(of: &str) -> String {
    uuid(&format!("hashwatch pivots {of}"))
}

/// Midnight, as RFC 3339 has it: no source tells an hour.
fn time(day: Date) -> String {
    format!("{day}T00:00:00Z")
}

/// When something of it changed last, as known on a day.
fn updated(it: &Announcement, day: Date) -> Date {
    let days = it.status.iter().map(|status| status.on.first()).filter(|on| *on <= day);
    days.max().unwrap_or(it.on.first())
}

/// What it is, in a line.
pub(crate) fn headline(who: &Registry, it: &Announcement, day: Date) -> String {
    let (name, tickers) = called(who, &it.miner, day);
    let ticker = tickers.first().map_or_else(String::new, |ticker| format!(" ({ticker})"));
    let with = it.counterparty.as_deref().map_or_else(String::new, |other| format!("; {other}"));
    let site = it.site.as_deref().map_or_else(String::new, |site| format!("; {site}"));
    format!("{name}{ticker}: {}{with}{site}", it.kind.name().replace('-', " "))
}

/// All that is told of it, in sentences.
fn summary(it: &Announcement, day: Date) -> String {
    let mut parts: Vec<String> = it
        .figures
        .iter()
        .map(|figure| {
            let note = figure.note.as_deref().map_or_else(String::new, |note| format!(" ({note})"));
            format!("{} {}{note}", figure_words(figure), figure.what.words())
        })
        .collect();
    parts.extend(it.mining.as_ref().map(|mining| wound_down_words(mining.wound_down).to_owned()));
    parts.extend(it.note.clone());
    if let Some(status) = it.status_on(day) {
        parts.push(format!("As of {day}: {} since {}", stage_words(status.is), status.on));
    }
    if !it.contradicts.is_empty() {
        parts.push("Other sources say something else; both stand on the page".to_owned());
    }
    parts.into_iter().map(|part| format!("{}.", part.trim_end_matches('.'))).collect::<Vec<_>>().join(" ")
}

fn written(who: &Registry, found: &[&Announcement], day: Date, myself: &str) -> std::io::Result<Vec<u8>> {
    let mut writer = Writer::new(Vec::new());
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)))?;
    let newest = found.iter().map(|it| updated(it, day)).max().unwrap_or(day);
    writer.create_element("feed").with_attribute(("xmlns", ATOM)).write_inner_content(|writer| {
        element(writer, "id", &id(myself))?;
        element(writer, "title", "Pivots of listed Bitcoin miners")?;
        element(
            writer,
            "subtitle",
            "Announcements with their sources, as hashwatch has them; nothing here is verified",
        )?;
        element(writer, "updated", &time(newest))?;
        writer.create_element("author").write_inner_content(|writer| element(writer, "name", "hashwatch"))?;
        link(writer, "self", myself)?;
        link(writer, "alternate", "/pivots")?;
        found.iter().try_for_each(|it| entry(writer, who, it, day))
    })?;
    Ok(writer.into_inner())
}

fn entry(writer: &mut Writer<Vec<u8>>, who: &Registry, it: &Announcement, day: Date) -> std::io::Result<()> {
    writer.create_element("entry").write_inner_content(|writer| {
        element(writer, "id", &id(&it.slug))?;
        element(writer, "title", &headline(who, it, day))?;
        element(writer, "published", &time(it.on.first()))?;
        element(writer, "updated", &time(updated(it, day)))?;
        link(writer, "alternate", &format!("/pivots#{}", it.slug))?;
        for source in std::iter::once(&it.source).chain(&it.also) {
            link(writer, "via", &source.url)?;
        }
        writer.create_element("category").with_attribute(("term", it.kind.name())).write_empty()?;
        element(writer, "summary", &summary(it, day))
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use hashwatch_registry::Dossier;
    use jiff::civil::date;

    use super::*;
    use crate::syndication::tests::names;

    fn text(found: &[&Announcement], day: Date) -> String {
        String::from_utf8(written(Registry::builtin(), found, day, HOME).unwrap()).unwrap()
    }

    #[test]
    fn every_entry_has_what_rfc_4287_asks_for() {
        let day = date(2026, 10, 1);
        let found = Wanted::default().of(Dossier::builtin(), None, day);
        let text = text(&found, day);
        let names = names(&text);
        let count = |name: &str| names.iter().filter(|it| *it == name).count();
        assert_eq!(count("entry"), found.len());
        assert_eq!([count("id"), count("title"), count("updated")], [found.len() + 1; 3]);
        assert_eq!((count("published"), count("author")), (found.len(), 1));
        assert!(count("link") >= 2 * found.len() + 2);
        let ids: std::collections::BTreeSet<&str> = text.split("<id>").skip(1).map(|rest| &rest[..45]).collect();
        assert_eq!(ids.len(), found.len() + 1, "an id is one entry's");
    }

    #[test]
    fn an_id_never_changes() {
        // what readers have kept: never bend this
        assert_eq!(id("iren-microsoft-2025-11"), "urn:uuid:08bbd5cf-8d71-8a34-8b10-399a720b4e28");
    }

    #[test]
    fn an_entry_is_updated_by_what_became_of_it() {
        let dossier = Dossier::builtin();
        let offer = dossier.announcement("core-scientific-merger-2025-07").unwrap();
        assert_eq!(updated(offer, date(2025, 9, 1)), date(2025, 7, 7));
        assert_eq!(updated(offer, date(2025, 12, 1)), date(2025, 10, 30));
        assert!(text(&[offer], date(2025, 12, 1)).contains("<updated>2025-10-30T00:00:00Z</updated>"));
    }

    #[test]
    fn hostile_text_stays_text() {
        let mut it = Dossier::builtin().announcement("iren-microsoft-2025-11").unwrap().clone();
        it.counterparty = Some("</title><script>alert(1)</script>&x;".to_owned());
        it.note = Some("]]>\u{1}\u{ffff}<b>".to_owned());
        it.source.url = "https://example.com/\"><x/>".to_owned();
        let text = text(&[&it], date(2026, 10, 1));
        assert!(!names(&text).iter().any(|name| ["script", "b", "x"].contains(&name.as_str())), "{text}");
        assert!(!text.contains('\u{1}') && !text.contains('\u{ffff}'));
    }
}
