//! Sites that announcements name: where they lie, what is told of mining there, and who owns them.

use std::collections::BTreeMap;

use hashwatch_registry::{Announcement, AnnouncementKind, Dossier, Registry, Source, WoundDown};
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    openapi::words::{WhenText, texts, words},
    pivots::called,
    registry::claims::{SourceFields, source_fields},
};

/// What is told of mining at a site.
const MINING: [&str; 4] = ["none", "some", "company-ends", "unknown"];

texts! {
    /// `none`: all mining there was said to end; `some`: a part ends; `company-ends`: all that the company does; else `unknown`.
    StillMiningWord: words(MINING);
    /// `listed` where the registry has a listing of the owner on the day; of whom nothing is known, `unknown`.
    OwnerKindWord: words(["listed", "unknown"]);
}

/// A site of a company, by what its announcements call it before the first comma.
#[derive(Serialize, ToSchema)]
pub(crate) struct SiteFields {
    pub(crate) miner: String,
    pub(crate) name: String,
    pub(crate) site: String,
    /// A country, or one of its parts (ISO 3166); null where no source tells it.
    #[schema(required)]
    pub(crate) region: Option<String>,
    /// The oldest first.
    pub(crate) announcements: Vec<String>,
    #[schema(value_type = StillMiningWord)]
    pub(crate) still_mining: &'static str,
    /// By when mining ends, where told.
    #[schema(required, value_type = Option<WhenText>)]
    pub(crate) mining_until: Option<String>,
    #[schema(required)]
    pub(crate) mining_note: Option<String>,
    /// The announcement that says so.
    #[schema(required)]
    pub(crate) mining_announcement: Option<String>,
    /// Who owns it: the company, or who bought it; null where the buyer is not told.
    #[schema(required)]
    pub(crate) owner: Option<String>,
    #[schema(value_type = OwnerKindWord)]
    pub(crate) owner_kind: &'static str,
    /// Of the listing.
    #[schema(required)]
    pub(crate) owner_source: Option<SourceFields>,
}

/// Kinds whose place is a site that mines, mined or will host.
fn has_a_site(kind: AnnouncementKind) -> bool {
    use AnnouncementKind::{Financing, Offer, Strategy, TreasurySale};
    !matches!(kind, Financing | Offer | Strategy | TreasurySale)
}

/// All that were named by a day, by company and site.
pub(super) fn sites(dossier: &Dossier, who: &Registry, day: Date) -> Vec<SiteFields> {
    let mut named: BTreeMap<(&str, &str), Vec<&Announcement>> = BTreeMap::new();
    let known = || dossier.announcements().iter().filter(|it| it.on.first() <= day && it.stands_on(day));
    for it in known().filter(|it| has_a_site(it.kind)) {
        let Some(site) = it.site.as_deref() else { continue };
        let site = site.split(',').next().unwrap_or(site).trim();
        named.entry((&it.miner, site)).or_default().push(it);
    }
    let ends = |miner: &str| {
        let of = |it: &&Announcement| {
            it.miner == miner && it.mining.as_ref().is_some_and(|mining| mining.wound_down == WoundDown::Company)
        };
        known().rfind(of)
    };
    named.into_iter().map(|((miner, site), all)| site_fields(who, (miner, site), &all, ends(miner), day)).collect()
}

fn site_fields(
    who: &Registry,
    (miner, site): (&str, &str),
    all: &[&Announcement],
    company_ends: Option<&Announcement>,
    day: Date,
) -> SiteFields {
    let told = |how: WoundDown| {
        all.iter().rev().find(|it| it.mining.as_ref().is_some_and(|mining| mining.wound_down == how)).copied()
    };
    let (still_mining, by) =
        [("none", told(WoundDown::Site)), ("company-ends", company_ends), ("some", told(WoundDown::Part))]
            .into_iter()
            .find_map(|(word, it)| it.map(|it| (word, Some(it))))
            .unwrap_or(("unknown", None));
    let mining = by.and_then(|it| it.mining.as_ref());
    let owner = owner(who, miner, all, day);
    let listing = owner.as_deref().and_then(|name| listing(who, name, day));
    SiteFields {
        miner: miner.to_owned(),
        name: called(who, miner, day).0,
        site: site.to_owned(),
        region: all.iter().find_map(|it| it.region.clone()),
        announcements: all.iter().map(|it| it.slug.clone()).collect(),
        still_mining,
        mining_until: mining.and_then(|mining| mining.by).map(|by| by.to_string()),
        mining_note: mining.and_then(|mining| mining.note.clone()),
        mining_announcement: by.map(|it| it.slug.clone()),
        owner,
        owner_kind: if listing.is_some() { "listed" } else { "unknown" },
        owner_source: listing.map(source_fields),
    }
}

/// The company; of a site that it sold, the buyer.
fn owner(who: &Registry, miner: &str, all: &[&Announcement], day: Date) -> Option<String> {
    let sold = all.iter().rev().find(|it| it.kind == AnnouncementKind::Sale);
    sold.map_or_else(|| Some(called(who, miner, day).0), |it| it.counterparty.clone())
}

/// A listing of the company of that name, now or formerly, on a day.
fn listing<'r>(who: &'r Registry, name: &str, day: Date) -> Option<&'r Source> {
    let called = |former: &str| former.eq_ignore_ascii_case(name);
    let found = who.miners().iter().find(|it| called(&it.name) || it.former.iter().any(|old| called(&old.name)))?;
    found.listings_on(day).next().map(|listing| &listing.source)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn site(miner: &str, name: &str, day: Date) -> SiteFields {
        let all = sites(Dossier::builtin(), Registry::builtin(), day);
        all.into_iter().find(|it| it.miner == miner && it.site == name).unwrap()
    }

    #[test]
    fn what_no_source_tells_is_unknown() {
        let mariner = site("terawulf", "Lake Mariner", date(2025, 12, 1));
        assert_eq!((mariner.region.as_deref(), mariner.still_mining), (Some("US-NY"), "unknown"));
        assert_eq!((mariner.owner.as_deref(), mariner.owner_kind), (Some("TeraWulf"), "listed"));
        assert!(mariner.announcements.len() >= 2 && mariner.owner_source.is_some());
    }

    #[test]
    fn mining_that_ends_and_a_site_that_was_sold() {
        let day = date(2026, 10, 1);
        let pearl = site("cipher-digital", "Black Pearl", day);
        assert_eq!((pearl.still_mining, pearl.mining_until.as_deref()), ("none", Some("2026-02")));
        let yguazu = site("keel-infrastructure", "Yguazu", day);
        assert_eq!((yguazu.owner.as_deref(), yguazu.owner_kind), (Some("HIVE Digital"), "listed"));
        let paso_pe = site("keel-infrastructure", "Paso Pe", day);
        assert_eq!((paso_pe.owner.as_deref(), paso_pe.owner_kind), (Some("Sympatheia Power Fund"), "unknown"));
        // before it was announced nobody knew
        assert_eq!(site("cipher-digital", "Black Pearl", date(2025, 12, 1)).still_mining, "unknown");
    }
}
