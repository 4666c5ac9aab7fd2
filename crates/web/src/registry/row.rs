//! A claim as a row of a table.

use hashwatch_registry::{Period, SIMULATED, Source};
use hashwatch_store::MarkRecord;

use super::claims::{Claim, Entry};
use crate::{mainnet::today, miners::disclosed::home, view::View, wording::thousands};

pub(crate) struct ClaimRow {
    /// What is claimed: a word.
    pub(crate) what: &'static str,
    pub(crate) value: String,
    /// Where the value leads, if anywhere.
    pub(crate) href: Option<String>,
    pub(crate) detail: String,
    pub(crate) when: String,
    /// Blocks that a mark named, and where they lie.
    pub(crate) blocks: String,
    pub(crate) heights: String,
    pub(crate) sources: Vec<SourceLink>,
}

pub(crate) struct SourceLink {
    /// None where nobody has published it.
    pub(crate) href: Option<String>,
    pub(crate) label: String,
    pub(crate) date: String,
}

impl ClaimRow {
    pub(crate) fn of(claim: &Claim<'_>) -> ClaimRow {
        ClaimRow {
            what: words(claim.what),
            value: claim.value.clone(),
            href: None,
            detail: claim.detail.clone().unwrap_or_default(),
            when: when(&claim.period),
            blocks: String::new(),
            heights: String::new(),
            sources: std::iter::once(claim.source).chain(claim.also).map(source_link).collect(),
        }
    }

    /// What ties a pool to somebody, told from the pool's side.
    /// A miner has a page of its own where the chain is mainnet's, `ours`.
    pub(crate) fn tie(view: &View, entry: &Entry<'_>, claim: &Claim<'_>, ours: bool) -> ClaimRow {
        let what = match claim.what {
            "member" => "in the group",
            "owns" => "owned by",
            _ => "used by",
        };
        let miner = Some(&entry.id).filter(|_| ours && entry.kind == "miner").and_then(|slug| view.who.miner(slug));
        let href = miner.map_or_else(
            || view.entity_link(entry.kind, &entry.id),
            |miner| view.link(home(&view.who, miner, today())),
        );
        ClaimRow { what, value: entry.name.to_owned(), href: Some(href), ..ClaimRow::of(claim) }
    }

    pub(crate) fn counted(mut self, record: Option<&MarkRecord>) -> ClaimRow {
        self.blocks = thousands(record.map_or(0, |record| record.blocks));
        self.heights = record.map_or_else(String::new, |record| {
            format!("{} – {}", thousands(u64::from(record.first)), thousands(u64::from(record.last)))
        });
        self
    }

    /// With the value a link to the pool that it names.
    pub(crate) fn leading_to_pool(mut self, view: &View) -> ClaimRow {
        if let Some(pool) = view.who.pool(&self.value) {
            self.href = Some(view.pool_link(Some(&pool.slug)));
            self.value.clone_from(&pool.name);
        }
        self
    }
}

fn words(what: &'static str) -> &'static str {
    match what {
        "former_name" => "former name",
        "mines_with" => "mines with",
        other => other,
    }
}

/// Nothing where nobody says.
fn when(period: &Period) -> String {
    match (period.from, period.until) {
        (None, None) => String::new(),
        (Some(from), Some(until)) if from == until => from.to_string(),
        (Some(from), Some(until)) => format!("{from} to {until}"),
        (Some(from), None) => format!("from {from}"),
        (None, Some(until)) => format!("until {until}"),
    }
}

/// Where a claim can be read.
pub(crate) fn source_link(source: &Source) -> SourceLink {
    published_link(&source.url, source.date.map(|date| date.to_string()).as_deref())
}

/// The same of an address and a date as an answer has them.
pub(crate) fn published_link(url: &str, date: Option<&str>) -> SourceLink {
    let date = date.unwrap_or_default().to_owned();
    if url == SIMULATED {
        return SourceLink { href: None, label: "invented".to_owned(), date };
    }
    SourceLink { href: Some(url.to_owned()), label: label(url).to_owned(), date }
}

/// Whose word it is: the host, and on GitHub the repository. The whole address is in the link.
fn label(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest).trim_start_matches("www.");
    let parts = if rest.starts_with("github.com/") || rest.starts_with("raw.githubusercontent.com/") { 3 } else { 1 };
    let end = rest.match_indices('/').nth(parts - 1).map_or(rest.len(), |(at, _)| at);
    &rest[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_called_after_whose_word_they_are() {
        assert_eq!(label("https://www.sec.gov/Archives/edgar/data/1"), "sec.gov");
        assert_eq!(label("https://github.com/mempool/mining-pools/pull/16"), "github.com/mempool/mining-pools");
        assert_eq!(label("https://github.com/mempool"), "github.com/mempool");
        assert_eq!(label("https://raw.githubusercontent.com/a/b/main/c.csv"), "raw.githubusercontent.com/a/b");
        assert_eq!(label("http://example.org"), "example.org");
    }
}
