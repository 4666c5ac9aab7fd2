//! Which entries may be announcements: those that name a listed miner and one of the terms.

use hashwatch_registry::Registry;

use super::feed::Entry;

/// What announcements of AI and HPC speak of. One written without small letters counts as it is written, others in any case; a
/// plural counts too.
pub(super) const TERMS: [&str; 22] = [
    "AI",
    "artificial intelligence",
    "HPC",
    "high-performance computing",
    "high performance computing",
    "GPU",
    "data center",
    "datacenter",
    "data centre",
    "lease",
    "colocation",
    "co-location",
    "hosting agreement",
    "hyperscaler",
    "hyperscale",
    "critical IT",
    "MW",
    "GW",
    "megawatt",
    "gigawatt",
    "wind down",
    "bitcoin sale",
];

/// Tickers that are words: one counts only where it is marked as a ticker. So does one of up to three letters.
const ORDINARY: [&str; 4] = ["GREE", "HIVE", "KEEL", "RIOT"];

/// What follows a name and is often left out, where what is left cannot be taken for anything else.
const LEGAL: [&str; 3] = [" Technologies", " Holdings", " Group"];

/// Words before a colon that mark a ticker, beside the exchanges of the registry.
const EXCHANGES: [&str; 12] =
    ["nasdaq", "nyse", "american", "arca", "tsx", "tsxv", "venture", "lse", "aim", "otc", "otcqx", "asx"];

/// Companies and terms to look for.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    companies: Vec<Company>,
    terms: Vec<String>,
}

#[derive(Clone, Debug)]
struct Company {
    slug: String,
    names: Vec<String>,
    /// Each with the exchange.
    tickers: Vec<(String, String)>,
}

/// What was found in an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Slugs of listed miners.
    pub(super) miners: Vec<String>,
    /// The names, tickers and terms that were found, as the registry and the settings write them.
    pub(super) by: Vec<String>,
}

impl Wanted {
    pub(super) fn new(registry: &Registry, terms: &[String]) -> Wanted {
        let companies = registry.miners().iter().map(|miner| {
            let mut names = vec![miner.name.clone()];
            names.extend(miner.former.iter().map(|former| former.name.clone()));
            let short = LEGAL.iter().filter_map(|legal| miner.name.strip_suffix(legal));
            names.extend(short.filter(|name| name.len() >= 5 && !name.contains(' ')).map(str::to_owned));
            let tickers = miner.listings.iter().map(|listing| (listing.ticker.clone(), listing.exchange.clone()));
            Company { slug: miner.slug.clone(), names, tickers: tickers.collect() }
        });
        Wanted { companies: companies.collect(), terms: terms.to_vec() }
    }

    /// None where no company is named, or no term.
    pub(super) fn found(&self, entry: &Entry) -> Option<Found> {
        let text = format!("{} | {}", entry.title, entry.text);
        let lower = text.to_ascii_lowercase();
        let (mut miners, mut by) = (Vec::new(), Vec::new());
        for company in &self.companies {
            let name = company.names.iter().find(|name| has_name(&lower, &name.to_ascii_lowercase()));
            let ticker = || company.tickers.iter().find(|(ticker, exchange)| has_ticker(&text, ticker, exchange));
            if let Some(mark) = name.or_else(|| ticker().map(|(ticker, _)| ticker)) {
                miners.push(company.slug.clone());
                by.push(mark.clone());
            }
        }
        let terms: Vec<String> = self.terms.iter().filter(|term| has_term(&text, &lower, term)).cloned().collect();
        if miners.is_empty() || terms.is_empty() {
            return None;
        }
        by.extend(terms);
        Some(Found { miners, by })
    }
}

/// What stands before and after each place of a text in another.
fn places<'t>(text: &'t str, sought: &'t str) -> impl Iterator<Item = (&'t str, &'t str)> {
    text.match_indices(sought).map(move |(at, _)| (&text[..at], &text[at + sought.len()..]))
}

fn ends_a_word(before: &str) -> bool {
    !before.ends_with(char::is_alphanumeric)
}

fn begins_no_word(after: &str) -> bool {
    !after.starts_with(char::is_alphanumeric)
}

fn has_name(lower: &str, name: &str) -> bool {
    places(lower, name).any(|(before, after)| ends_a_word(before) && begins_no_word(after))
}

fn has_ticker(text: &str, ticker: &str, exchange: &str) -> bool {
    let needs_mark = ticker.len() <= 3 || ORDINARY.contains(&ticker);
    places(text, ticker).any(|(before, after)| {
        ends_a_word(before) && begins_no_word(after) && (!needs_mark || is_marked(before, exchange))
    })
}

/// After a dollar sign, or after an exchange and a colon.
fn is_marked(before: &str, exchange: &str) -> bool {
    if before.ends_with('$') {
        return true;
    }
    let Some(before) = before.trim_end().strip_suffix(':') else { return false };
    let word = before.trim_end().rsplit(|c: char| !c.is_alphanumeric() && c != '-').next().unwrap_or_default();
    // TSX-V is TSXV
    let word = word.replace('-', "");
    word.eq_ignore_ascii_case(exchange) || EXCHANGES.iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// A number may stand right before it, as in 100MW.
fn has_term(text: &str, lower: &str, term: &str) -> bool {
    let as_written = !term.contains(char::is_lowercase);
    let sought = if as_written { term.to_owned() } else { term.to_ascii_lowercase() };
    places(if as_written { text } else { lower }, &sought).any(|(before, after)| {
        let single = begins_no_word(after);
        let plural = after.strip_prefix('s').is_some_and(begins_no_word);
        !before.ends_with(char::is_alphabetic) && (single || plural)
    })
}

#[cfg(test)]
mod tests;
