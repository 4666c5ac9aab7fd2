//! From the bytes of an RSS or Atom feed to its entries.

use feed_rs::{
    model::{self, Link},
    parser::Builder,
};
use url::Url;

use super::{
    guard,
    text::{plain, plain_of_markup},
};

/// Entries that are read of a feed; those of newswires hold some twenty, filings' a hundred.
const MOST_ENTRIES: usize = 1_000;
/// Characters of a title.
const TITLE_CHARS: usize = 300;
/// Characters of what an entry says that are searched for companies and terms.
const TEXT_CHARS: usize = 20_000;
/// Characters of what is said to be wrong with a feed.
const ERROR_CHARS: usize = 200;
/// Bytes of a link.
const LINK_BYTES: usize = 1_000;
/// Bytes of what a feed calls an entry by.
const ID_BYTES: usize = 1_000;

/// One entry, its texts inert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// What the feed calls it by; empty where it has no name for it.
    pub(super) id: String,
    pub(super) title: String,
    /// What else it says.
    pub(super) text: String,
    /// An http or https URL, without what only says who followed it.
    pub(super) link: Option<String>,
    /// Unix seconds.
    pub(super) published: Option<i64>,
}

/// The entries, in the feed's order. What has neither a name nor a link is passed over: it would be new each time.
pub(super) fn entries(document: &[u8]) -> Result<Vec<Entry>, String> {
    // whoever finds something wrong cites it
    let inert = |error: String| plain(&error, ERROR_CHARS);
    let text = guard::checked(document).map_err(inert)?;
    let parser = Builder::new().sanitize_content(false).id_generator(|_, _, _| String::new()).build();
    let feed = parser.parse(text.as_bytes()).map_err(|error| inert(format!("it is no feed: {error}")))?;
    let entries = feed.entries.into_iter().take(MOST_ENTRIES).map(entry);
    Ok(entries.filter(|entry| !entry.id.is_empty() || entry.link.is_some()).collect())
}

fn entry(entry: model::Entry) -> Entry {
    let text = |text: Option<model::Text>| text.map(|text| text.content).unwrap_or_default();
    let said = [text(entry.summary), entry.content.and_then(|content| content.body).unwrap_or_default()].join("\n");
    // RSS calls an entry by its address as a rule
    let named = (entry.links.is_empty()).then(|| link(&entry.id)).flatten();
    let first = |links: &[Link]| {
        let page = |link: &&Link| link.rel.as_deref().is_none_or(|rel| rel == "alternate");
        links.iter().find(page).and_then(|found| link(&found.href))
    };
    Entry {
        title: plain_of_markup(&text(entry.title), TITLE_CHARS),
        text: plain_of_markup(&said, TEXT_CHARS),
        link: first(&entry.links).or(named),
        published: entry.published.or(entry.updated).map(|time| time.timestamp()),
        id: if entry.id.len() <= ID_BYTES { entry.id } else { String::new() },
    }
}

/// Normalized, so that the same page is the same link in two feeds.
fn link(text: &str) -> Option<String> {
    let mut url = Url::parse(text.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return None;
    }
    url.set_fragment(None);
    let kept: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(key, _)| !key.starts_with("utm_"))
        .map(|(key, value)| (key.into(), value.into()))
        .collect();
    if kept.len() != url.query_pairs().count() {
        url.set_query(None);
        if !kept.is_empty() {
            url.query_pairs_mut().extend_pairs(kept);
        }
    }
    Some(String::from(url)).filter(|url| url.len() <= LINK_BYTES)
}

#[cfg(test)]
mod tests;
