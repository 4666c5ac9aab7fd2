//! What listed companies disclose of their mining, over time: `/miners/{ticker}`, the second part of `/miners`, and
//! `/api/v1/miners`. It is about the real companies, whatever chain is followed here; our own blocks are used where they are
//! mainnet's.

mod answer;
pub(crate) mod chart;
mod check;
mod facts;
mod history;
pub(crate) mod list;
mod network;
pub(crate) mod one;
pub(crate) mod page;
pub(super) mod part;
mod periods;
mod study;
mod words;

use hashwatch_registry::{Disclosure, Dossier, Miner, Registry, Report, Source, When};
use jiff::civil::Date;

use crate::{error::WebError, params::query};

/// A figure that is no older than this is a fresh one: a quarter and its report.
const FRESH_DAYS: u32 = 135;

/// Whether a claim about a period counts as of a day: it stood at its source by then. Of a source without a date it is taken to
/// have been known at the period's end.
fn known(period: When, source: &Source, day: Date) -> bool {
    period.first() <= day && source.date.map_or(period.last(), When::first) <= day
}

/// What a company had disclosed of its hashrate by a day, the oldest first.
fn disclosures(miner: &Miner, day: Date) -> impl Iterator<Item = &Disclosure> {
    miner.disclosures.iter().filter(move |said| known(said.period, &said.source, day))
}

/// Which of two periods is the newer one: that which ends last, of those that end together the one that begins last.
fn newness(period: When) -> (Date, Date) {
    (period.last(), period.first())
}

/// Days from the end of a period to a day; none while it lasts.
fn age_days(period: When, day: Date) -> u32 {
    day.since(period.last()).ok().and_then(|span| u32::try_from(span.get_days()).ok()).unwrap_or_default()
}

/// The company of a slug, or of a ticker that it has or had: in whatever case, one that is listed under it on the day first.
fn company<'r>(who: &'r Registry, name: &str, day: Date) -> Result<&'r Miner, WebError> {
    let named = |text: &str| text.eq_ignore_ascii_case(name);
    let by_slug = || who.miners().iter().find(|miner| named(&miner.slug));
    let today = || who.miners().iter().find(|miner| miner.listings_on(day).any(|it| named(&it.ticker)));
    let ever = || who.miners().iter().find(|miner| miner.listings.iter().any(|it| named(&it.ticker)));
    let none = || {
        let shown: String = name.chars().take(40).collect();
        let reason = "/miners and /api/v1/miners list those that are known, by ticker and slug";
        WebError::NotFound(format!("no listed miner is known by the ticker or slug {shown:?}: {reason}"))
    };
    by_slug().or_else(today).or_else(ever).ok_or_else(none)
}

/// What stands for a company in an address: its ticker of the day or the last one where that leads to it, else its slug.
fn address(who: &Registry, miner: &Miner, day: Date) -> String {
    let plain = |ticker: &&str| !ticker.is_empty() && ticker.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let tickers = miner.listings_on(day).chain(miner.listings.iter().rev()).map(|it| it.ticker.as_str());
    let leads = |ticker: &&str| company(who, ticker, day).is_ok_and(|found| found.slug == miner.slug);
    let ticker = tickers.filter(plain).find(leads);
    ticker.map_or_else(|| miner.slug.clone(), str::to_owned)
}

/// The page of a company, as of a day.
pub(crate) fn home(who: &Registry, miner: &Miner, day: Date) -> String {
    format!("/miners/{}", address(who, miner, day))
}

/// The same by slug, with what pins it: a page of what is published knows announcers by theirs. Of whom the registry does not know,
/// there is no page.
pub(crate) fn home_of(who: &Registry, slug: &str, day: Date, kept: &str) -> String {
    let pins = query::first(kept);
    who.miner(slug).map_or_else(|| format!("/registry#miner-{slug}"), |miner| home(who, miner, day) + &pins)
}

/// Tickers as of a day, each once.
fn tickers(miner: &Miner, day: Date) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for it in miner.listings_on(day) {
        let text = format!("{} ({})", it.ticker, it.exchange);
        if !all.contains(&text) {
            all.push(text);
        }
    }
    all
}

/// What a company had reported by a day, the oldest first.
fn reports<'d>(dossier: &'d Dossier, miner: &'d str, day: Date) -> impl Iterator<Item = &'d Report> {
    dossier.reports_of(miner).filter(move |it| known(it.period, &it.source, day))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_company_is_found_by_what_it_is_or_was_called() {
        let (who, day) = (Registry::builtin(), date(2026, 11, 28));
        for (name, slug) in [
            ("IREN", "iren"),
            ("riot", "riot-platforms"),
            ("Riot-Platforms", "riot-platforms"),
            ("bitf", "keel-infrastructure"),
            ("KEEL", "keel-infrastructure"),
            ("BTCM", "solai"),
            ("bitzero-holdings", "bitzero-holdings"),
        ] {
            assert_eq!(company(who, name, day).map(|it| it.slug.as_str()).ok(), Some(slug), "{name}");
        }
        for name in ["", "XXXX", "ir en", "\u{202e}", &"a".repeat(5_000)] {
            let Err(WebError::NotFound(why)) = company(who, name, day) else { panic!("{name:?} is somebody") };
            assert!(why.contains("/api/v1/miners") && why.len() < 300, "{why}");
        }
    }

    #[test]
    fn every_company_has_an_address_that_leads_to_it() {
        let who = Registry::builtin();
        for day in [date(2022, 1, 1), date(2025, 6, 1), date(2026, 11, 28)] {
            for miner in who.miners() {
                let address = address(who, miner, day);
                assert_eq!(
                    company(who, &address, day).map(|it| &it.slug).ok(),
                    Some(&miner.slug),
                    "{address} on {day}"
                );
            }
        }
        let bitzero = company(who, "bitzero-holdings", date(2026, 1, 1)).unwrap();
        assert_eq!(address(who, bitzero, date(2026, 1, 1)), "bitzero-holdings");
        let day = date(2026, 1, 1);
        assert_eq!(home_of(who, "iren", day, "on=2026-01-01"), "/miners/IREN?on=2026-01-01");
        assert_eq!(
            (home(who, bitzero, day), home_of(who, "nobody", day, "")),
            ("/miners/bitzero-holdings".to_owned(), "/registry#miner-nobody".to_owned())
        );
    }

    #[test]
    fn what_was_published_later_is_not_known_yet() {
        let source =
            |date: Option<&str>| Source { url: "https://example.org".to_owned(), date: date.and_then(When::parse) };
        let month = When::parse("2024-03").unwrap();
        for (stood, day, is) in [
            (Some("2024-04-05"), date(2024, 4, 4), false),
            (Some("2024-04-05"), date(2024, 4, 5), true),
            (Some("2024-04"), date(2024, 4, 1), true),
            (None, date(2024, 3, 30), false),
            (None, date(2024, 3, 31), true),
            (Some("2023-01"), date(2024, 2, 28), false),
        ] {
            assert_eq!(known(month, &source(stood), day), is, "{stood:?} on {day}");
        }
        assert_eq!((age_days(month, date(2024, 3, 15)), age_days(month, date(2024, 4, 30))), (0, 30));
    }
}
