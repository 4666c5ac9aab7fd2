//! Feeds of notices as Atom (RFC 4287) and as RSS 2.0. Texts are plain texts, escaped by the writer: no markup of anybody's is in them.

use hashwatch_alerts::words;
use hashwatch_store::KeptNotice;
use jiff::{Timestamp, fmt::rfc2822};
use quick_xml::{
    Writer,
    events::{BytesDecl, Event},
};

use crate::syndication::{ATOM, element, empty, link, uuid};

/// What every feed of alerts says of itself.
const SUBTITLE: &str = "What hashwatch warns of, with the figures and the block that each warning rests on";

/// A feed, ready to be written.
pub(super) struct Channel {
    pub(super) title: String,
    /// Its own address, without the site.
    pub(super) path: String,
    /// The page that it is of, without the site.
    pub(super) page: String,
    /// Where the site is, as `https://hashes.example`.
    pub(super) site: String,
    /// What makes its ids those of this store: the chain it follows.
    pub(super) scope: String,
    /// The newest first.
    pub(super) notices: Vec<KeptNotice>,
}

/// The id that a notice's entry keeps for ever.
fn id(scope: &str, it: &KeptNotice) -> String {
    uuid(&format!("hashwatch notice {scope} {} {}", it.notice.alert, it.notice.seq))
}

fn stamp(millis: u64) -> Timestamp {
    i64::try_from(millis).ok().and_then(|millis| Timestamp::from_millisecond(millis).ok()).unwrap_or_default()
}

fn rfc3339(millis: u64) -> String {
    stamp(millis / 1_000 * 1_000).to_string()
}

fn rfc822(millis: u64) -> String {
    // every moment of a u64 that is one has a year of four digits, or is the epoch
    rfc2822::to_string(&stamp(millis).to_zoned(jiff::tz::TimeZone::UTC)).unwrap_or_default()
}

/// When an entry changed last: when it was said, or moved by a reorg.
fn updated(it: &KeptNotice) -> u64 {
    it.restated_at.unwrap_or(0).max(it.notice.said_at)
}

/// The headline; of one that was moved, that it was.
fn title(it: &KeptNotice) -> String {
    let restated = if it.restated_at.is_some() { " (restated after a reorg)" } else { "" };
    format!("{}{restated}", words::headline(&it.notice))
}

fn summary(it: &KeptNotice) -> String {
    words::detail(&it.notice).iter().map(|line| format!("{line}.")).collect::<Vec<_>>().join(" ")
}

/// RSS has HTML in its descriptions: a text as the HTML that shows it.
fn as_html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Some readers take a title of RSS for text and some for HTML: what could be a tag to one of them is none to either.
fn without_tags(text: &str) -> String {
    text.replace('<', "\u{2039}").replace('>', "\u{203a}")
}

fn begun() -> std::io::Result<Writer<Vec<u8>>> {
    let mut writer = Writer::new(Vec::new());
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)))?;
    Ok(writer)
}

/// The channel as Atom.
pub(super) fn atom(channel: &Channel) -> std::io::Result<Vec<u8>> {
    let mut writer = begun()?;
    let at = |path: &str| format!("{}{path}", channel.site);
    let newest = channel.notices.iter().map(updated).max().unwrap_or(0);
    writer.create_element("feed").with_attribute(("xmlns", ATOM)).write_inner_content(|writer| {
        element(writer, "id", &uuid(&format!("hashwatch alerts {} {}", channel.scope, channel.path)))?;
        element(writer, "title", &channel.title)?;
        element(writer, "subtitle", SUBTITLE)?;
        element(writer, "updated", &rfc3339(newest))?;
        writer.create_element("author").write_inner_content(|writer| element(writer, "name", "hashwatch"))?;
        link(writer, "self", &at(&channel.path))?;
        link(writer, "alternate", &at(&channel.page))?;
        channel.notices.iter().try_for_each(|it| {
            let notice = &it.notice;
            writer.create_element("entry").write_inner_content(|writer| {
                element(writer, "id", &id(&channel.scope, it))?;
                element(writer, "title", &title(it))?;
                element(writer, "published", &rfc3339(notice.said_at))?;
                element(writer, "updated", &rfc3339(updated(it)))?;
                link(writer, "alternate", &at(&super::page_of(notice)))?;
                empty(writer, "category", &[("term", &notice.rule)])?;
                empty(writer, "category", &[("term", notice.change.name())])?;
                element(writer, "summary", &summary(it))
            })?;
            Ok(())
        })
    })?;
    Ok(writer.into_inner())
}

/// The channel as RSS. An entry that was moved keeps its guid and gets a newer date.
pub(super) fn rss(channel: &Channel) -> std::io::Result<Vec<u8>> {
    let mut writer = begun()?;
    let at = |path: &str| format!("{}{path}", channel.site);
    let newest = channel.notices.iter().map(updated).max().unwrap_or(0);
    let names = [("version", "2.0"), ("xmlns:atom", ATOM)];
    writer.create_element("rss").with_attributes(names).write_inner_content(|writer| {
        writer.create_element("channel").write_inner_content(|writer| {
            element(writer, "title", &without_tags(&channel.title))?;
            element(writer, "link", &at(&channel.page))?;
            element(writer, "description", SUBTITLE)?;
            element(writer, "language", "en")?;
            element(writer, "lastBuildDate", &rfc822(newest))?;
            let myself = at(&channel.path);
            let myself = [("rel", "self"), ("href", myself.as_str()), ("type", "application/rss+xml")];
            empty(writer, "atom:link", &myself)?;
            channel.notices.iter().try_for_each(|it| {
                let notice = &it.notice;
                writer.create_element("item").write_inner_content(|writer| {
                    element(writer, "title", &without_tags(&title(it)))?;
                    element(writer, "link", &at(&super::page_of(notice)))?;
                    element(writer, "description", &as_html(&summary(it)))?;
                    element(writer, "category", &notice.rule)?;
                    element(writer, "category", notice.change.name())?;
                    let guid = id(&channel.scope, it);
                    writer
                        .create_element("guid")
                        .with_attribute(("isPermaLink", "false"))
                        .write_text_content(quick_xml::events::BytesText::new(&guid))?;
                    element(writer, "pubDate", &rfc822(updated(it)))
                })?;
                Ok(())
            })
        })?;
        Ok(())
    })?;
    Ok(writer.into_inner())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{alerts::tests::kept, syndication::tests::names};

    fn channel(notices: Vec<KeptNotice>) -> Channel {
        Channel {
            title: "Alerts".to_owned(),
            path: "/feeds/alerts.atom".to_owned(),
            page: "/alerts".to_owned(),
            site: "https://hashes.example".to_owned(),
            scope: "00".repeat(32),
            notices,
        }
    }

    fn text(bytes: std::io::Result<Vec<u8>>) -> String {
        String::from_utf8(bytes.unwrap()).unwrap()
    }

    fn count(text: &str, name: &str) -> usize {
        names(text).iter().filter(|it| *it == name).count()
    }

    #[test]
    fn atom_has_what_rfc_4287_asks_for() {
        let text = text(atom(&channel(vec![kept(2, 1, (1, 2)), kept(1, 1, (0, 1))])));
        for name in ["id", "title", "updated"] {
            assert_eq!(count(&text, name), 3, "{name}");
        }
        assert_eq!([count(&text, "entry"), count(&text, "author"), count(&text, "published")], [2, 1, 2]);
        assert!(text.contains("<updated>2023-11-14T22:33:20Z</updated>"), "{text}");
        assert!(text.contains("href=\"https://hashes.example/alerts/0000000000000001\""));
        let ids: BTreeSet<&str> = text.split("<id>").skip(1).map(|rest| &rest[..45]).collect();
        assert_eq!(ids.len(), 3);
    }

    #[test]
    fn rss_has_what_its_specification_asks_for() {
        let text = text(rss(&channel(vec![kept(2, 1, (1, 2)), kept(1, 1, (0, 1))])));
        // of a channel and of each item
        for name in ["title", "link", "description"] {
            assert_eq!(count(&text, name), 3, "{name}");
        }
        assert_eq!([count(&text, "item"), count(&text, "guid"), count(&text, "pubDate")], [2, 2, 2]);
        assert!(text.contains("<pubDate>Tue, 14 Nov 2023 22:33:20 +0000</pubDate>"), "{text}");
        assert!(text.contains("<guid isPermaLink=\"false\">urn:uuid:"));
    }

    #[test]
    fn a_notice_that_moved_is_the_same_entry_updated() {
        let said = kept(1, 1, (0, 1));
        let mut moved = KeptNotice { restated_at: Some(1_700_009_999_000), ..said.clone() };
        moved.notice.first_said_of = Some(said.notice.block);
        let scope = "00".repeat(32);
        assert_eq!(id(&scope, &said), id(&scope, &moved));
        // what readers have kept: never bend this
        assert_eq!(id(&scope, &said), uuid(&format!("hashwatch notice {scope} 0000000000000001 1")));
        assert!(updated(&moved) > updated(&said));
        let text = text(atom(&channel(vec![moved])));
        assert!(text.contains("(restated after a reorg)") && text.contains("<updated>2023-11-15T00:59:59Z</updated>"));
        assert!(text.contains("<published>2023-11-14T22:23:20Z</published>"), "{text}");
    }

    #[test]
    fn hostile_text_stays_text() {
        let mut it = kept(1, 1, (0, 1));
        it.notice.subject.name = "</title><script>alert(1)</script>&x;\u{1}\u{ffff}]]>".to_owned();
        it.notice.rule = "\"><x/>".to_owned();
        for text in [text(atom(&channel(vec![it.clone()]))), text(rss(&channel(vec![it])))] {
            assert!(!names(&text).iter().any(|name| ["script", "x"].contains(&name.as_str())), "{text}");
            assert!(!text.contains('\u{1}') && !text.contains('\u{ffff}'));
        }
    }

    /// Readers of RSS make HTML of what they read, once it is out of the XML.
    #[test]
    fn what_rss_says_is_no_markup_to_its_readers_either() {
        let mut it = kept(1, 1, (0, 1));
        it.notice.subject.name = "<img src=x onerror=alert(1)>&lt;b&gt;".to_owned();
        it.notice.measures[0].name = "<i>".to_owned();
        let mut channel = channel(vec![it]);
        channel.title = "Alerts: <u>".to_owned();
        let text = text(rss(&channel));
        let shown = text.split_once("<item>").unwrap().1;
        assert!(text.contains("<title>Alerts: \u{2039}u\u{203a}</title>"), "{text}");
        assert!(shown.contains("\u{2039}img src=x onerror=alert(1)\u{203a}&amp;lt;b&amp;gt; holds"), "{text}");
        assert!(shown.contains("&amp;lt;i&amp;gt;") && !shown.contains("&lt;"), "{text}");
    }
}
