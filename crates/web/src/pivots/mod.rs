//! What listed miners announced: the page `/pivots`, `/api/v1/pivots`, the chart `pivots`, the feed `/feeds/pivots.atom`, and markers for
//! charts of mainnet. What is known is the [`Dossier`]'s; what adds up without counting twice is computed there.

pub(crate) mod answer;
pub(crate) mod chart;
mod companies;
pub(crate) mod entry;
pub(crate) mod feed;
pub(crate) mod markers;
pub(crate) mod page;
pub(crate) mod rows;
pub(crate) mod words;

use hashwatch_registry::{Announcement, AnnouncementKind, Dossier, Miner, Registry, Stage};
use jiff::civil::Date;

use crate::{error::WebError, params::Params};

/// Which announcements are asked for. What is left out is no bound.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Wanted {
    /// A miner's slug, or a ticker of its.
    pub(crate) miner: Option<String>,
    pub(crate) kind: Option<AnnouncementKind>,
    /// How far it has come on the day.
    pub(crate) status: Option<Stage>,
    /// A month, a quarter or a year that is named counts from its first day, everywhere.
    pub(crate) from: Option<Date>,
    pub(crate) to: Option<Date>,
}

/// What the page takes for a year: all that there can be announcements of.
const YEARS: (u32, u32) = (2009, 2099);

impl Wanted {
    /// `miner`, `kind` and `status`.
    fn common(params: &mut Params) -> Result<Wanted, WebError> {
        let miner = params.part::<String>("miner")?;
        let kinds: Vec<&'static str> = AnnouncementKind::ALL.iter().map(|it| it.name()).collect();
        let stages: Vec<&'static str> = Stage::ALL.iter().map(|it| it.name()).collect();
        let kind = params.word_of("kind", &kinds)?;
        let status = params.word_of("status", &stages)?;
        for (name, word) in [("kind", kind), ("status", status)] {
            if let Some(word) = word {
                params.asked(name, &word);
            }
        }
        let (kind, status) = (kind.and_then(AnnouncementKind::named), status.and_then(Stage::named));
        Ok(Wanted { miner, kind, status, from: None, to: None })
    }

    /// The same between two days, both included.
    pub(crate) fn between(params: &mut Params) -> Result<Wanted, WebError> {
        let wanted = Wanted::common(params)?;
        let (from, to) = (params.day("from")?, params.day("to")?);
        for (name, day) in [("from", from), ("to", to)] {
            if let Some(day) = day {
                params.asked(name, &day);
            }
        }
        match (from, to) {
            (Some(from), Some(to)) if to < from => {
                let reason = format!("{to} lies before \"from\", {from}");
                Err(WebError::BadValue { name: "to", reason })
            }
            _ => Ok(Wanted { from, to, ..wanted }),
        }
    }

    /// The same of a year.
    pub(crate) fn of_year(params: &mut Params) -> Result<Wanted, WebError> {
        let wanted = Wanted::common(params)?;
        let Some(year) = params.count("year", YEARS)? else { return Ok(wanted) };
        // four digits
        let year = i16::try_from(year).unwrap_or(i16::MAX);
        let day = |month, day| Date::new(year, month, day).ok();
        Ok(Wanted { from: day(1, 1), to: day(12, 31), ..wanted })
    }

    /// The miner that is asked for, where one is. Slugs come before tickers: no slug is written like one.
    pub(crate) fn whom<'r>(&self, who: &'r Registry) -> Result<Option<&'r Miner>, WebError> {
        let Some(asked) = &self.miner else { return Ok(None) };
        let listed = |it: &&Miner| it.listings.iter().any(|listing| listing.ticker.eq_ignore_ascii_case(asked));
        let found = who.miner(asked).or_else(|| who.miners().iter().find(listed));
        let reason = "the slug or a ticker of a listed miner; /api/v1/registry has them".to_owned();
        found.map(Some).ok_or(WebError::BadValue { name: "miner", reason })
    }

    /// Those asked for of what was announced by a day, the newest first. `miner` is [`Wanted::whom`]'s.
    pub(crate) fn of<'d>(&self, dossier: &'d Dossier, miner: Option<&Miner>, day: Date) -> Vec<&'d Announcement> {
        let fits = |it: &&Announcement| {
            let first = it.on.first();
            first <= day
                && miner.is_none_or(|miner| miner.slug == it.miner)
                && self.kind.is_none_or(|kind| kind == it.kind)
                && self.status.is_none_or(|stage| it.status_on(day).is_some_and(|status| status.is == stage))
                && self.from.is_none_or(|from| from <= first)
                && self.to.is_none_or(|to| first <= to)
        };
        dossier.announcements().iter().rev().filter(fits).collect()
    }
}

/// A miner's name on a day, and the tickers under which it was traded then.
pub(crate) fn called(who: &Registry, slug: &str, day: Date) -> (String, Vec<String>) {
    let Some(miner) = who.miner(slug) else { return (slug.to_owned(), Vec::new()) };
    let mut tickers: Vec<String> = miner.listings_on(day).map(|it| it.ticker.clone()).collect();
    tickers.dedup();
    (miner.name_on(day).to_owned(), tickers)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn params(query: &str) -> Params {
        Params::of(&format!("/pivots?{query}").parse().unwrap())
    }

    fn found(query: &str, day: Date) -> Vec<String> {
        let wanted = Wanted::between(&mut params(query)).unwrap();
        let miner = wanted.whom(Registry::builtin()).unwrap();
        wanted.of(Dossier::builtin(), miner, day).iter().map(|it| it.slug.clone()).collect()
    }

    #[test]
    fn what_is_asked_for_is_found_the_newest_first() {
        let day = date(2026, 10, 1);
        let all = found("", day);
        assert_eq!(all.len(), Dossier::builtin().announcements().iter().filter(|it| it.on.first() <= day).count());
        let cipher = found("miner=cipher-digital", day);
        assert_eq!(found("miner=CIFR", day), cipher);
        assert!(cipher.len() > 5 && cipher.iter().all(|slug| slug.starts_with("cipher-")), "{cipher:?}");
        assert_eq!(found("kind=cloud&to=2025-12-31", day), ["iren-microsoft-2025-11"]);
        assert_eq!(found("status=rejected&miner=CORZ&from=2025-01-01", day), ["core-scientific-merger-2025-07"]);
        // before the shareholders had voted it was an offer like any other
        assert!(found("status=rejected&miner=CORZ&from=2025-01-01", date(2025, 8, 1)).is_empty());
        let days = Dossier::builtin();
        let times: Vec<Date> = all.iter().map(|slug| days.announcement(slug).unwrap().on.first()).collect();
        assert!(times.windows(2).all(|pair| pair[0] >= pair[1]), "{times:?}");
    }

    #[test]
    fn a_year_is_its_days() {
        let mut asked = params("year=2025&kind=lease");
        let wanted = Wanted::of_year(&mut asked).unwrap();
        assert_eq!((wanted.from, wanted.to), (Some(date(2025, 1, 1)), Some(date(2025, 12, 31))));
        assert_eq!(asked.question(), "kind=lease&year=2025");
    }

    #[test]
    fn what_cannot_be_asked_is_refused_by_name() {
        let name = |query| match Wanted::between(&mut params(query)) {
            Err(WebError::BadValue { name, .. }) => name,
            _ => "",
        };
        for (query, refused) in [
            ("kind=merger", "kind"),
            ("status=done", "status"),
            ("from=2025-02-30", "from"),
            ("from=2026-01-01&to=2025-01-01", "to"),
        ] {
            assert_eq!(name(query), refused, "{query}");
        }
        assert!(Wanted::of_year(&mut params("year=20255")).is_err());
        let nobody = Wanted { miner: Some("nobody".to_owned()), ..Wanted::default() };
        assert!(matches!(nobody.whom(Registry::builtin()), Err(WebError::BadValue { name: "miner", .. })));
    }
}
