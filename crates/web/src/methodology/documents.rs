//! The files of `docs/methodology`, written as HTML once and kept.

use std::sync::LazyLock;

use rust_embed::RustEmbed;

use super::{
    HOME,
    leads::lead,
    markdown::{Written, write},
};

/// The page that stands at the head of the others.
pub(super) const FIRST: &str = "README";

/// The pages in the order of the list, and what they are called there. A test holds it complete.
const LISTED: &[(&str, &str)] = &[
    (FIRST, "Shares and stale blocks"),
    ("attribution", "Attribution"),
    ("unknown", "Unknown blocks"),
    ("concentration", "Concentration"),
    ("hashrate", "Hashrate, luck and runs"),
    ("miners", "Expected blocks"),
    ("economics", "Attacks, mining and departures"),
    ("scenario", "What if miners leave"),
    ("published", "Published history"),
    ("attack", "Price of a majority"),
    ("pivots", "Pivots"),
    ("alerts", "Alerts"),
];

#[derive(RustEmbed)]
#[folder = "../../docs/methodology"]
struct Files;

/// A page.
pub(super) struct Document {
    /// Of its file, without the ending.
    pub(super) name: &'static str,
    /// What it is called in the list of pages.
    pub(super) label: &'static str,
    pub(super) text: Written,
}

impl Document {
    pub(super) fn href(&self) -> String {
        if self.name == FIRST { HOME.to_owned() } else { format!("{HOME}/{}", self.name) }
    }
}

/// All pages, in the order of the list.
pub(super) fn all() -> &'static [Document] {
    static DOCUMENTS: LazyLock<Vec<Document>> = LazyLock::new(|| {
        let written = |(name, label)| {
            let file = Files::get(&format!("{name}.md"))?;
            Some(Document { name, label, text: write(&String::from_utf8_lossy(&file.data), lead) })
        };
        LISTED.iter().copied().filter_map(written).collect()
    });
    &DOCUMENTS
}

/// The page of that name.
pub(super) fn named(name: &str) -> Option<&'static Document> {
    all().iter().find(|document| document.name == name)
}

/// Whether there is a page of that name, without writing any.
pub(super) fn is_one(name: &str) -> bool {
    LISTED.iter().any(|(listed, _)| *listed == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_listed() {
        let mut files: Vec<String> = Files::iter().map(Into::into).collect();
        let mut listed: Vec<String> = LISTED.iter().map(|(name, _)| format!("{name}.md")).collect();
        files.sort();
        listed.sort();
        assert_eq!(files, listed, "the files (left) and the list (right) differ");
        assert_eq!(all().len(), LISTED.len());
    }

    #[test]
    fn pages_are_found_by_name_alone() {
        assert!(named("attribution").is_some_and(|page| page.href() == "/methodology/attribution"));
        assert!(named(FIRST).is_some_and(|page| page.href() == "/methodology"));
        for name in ["", ".", "..", "../api", "attribution.md", "Attribution", "readme", "attribution/", "%2e%2e", "\0"]
        {
            assert!(named(name).is_none(), "{name}");
        }
    }
}
