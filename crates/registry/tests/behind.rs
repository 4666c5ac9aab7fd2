//! Who stands behind pools: groups, owners, listed miners, names over time, and an operator's own entries.

use hashwatch_registry::{HashrateKind, Reason, Registry};
use jiff::civil::date;

const POOLS: &str = "[[pool]]\nslug = \"a\"\nname = \"A\"\ntag = [{ text = \"/a/\", source = \"simulated\" }]\n\
                     [[pool]]\nslug = \"b\"\nname = \"B\"\ntag = [{ text = \"/b/\", source = \"simulated\" }]\n";

fn with(more: &str) -> Result<Registry, Vec<(String, Reason)>> {
    let read = Registry::from_toml("r.toml", &format!("{POOLS}{more}"));
    read.map_err(|errors| errors.0.into_iter().map(|problem| (problem.entry, problem.reason)).collect())
}

/// The only problem of a text.
fn only(more: &str) -> (String, Reason) {
    match with(more) {
        Err(mut problems) if problems.len() == 1 => problems.remove(0),
        other => panic!("{other:?}"),
    }
}

fn group(slug: &str, members: &str) -> String {
    format!("[[group]]\nslug = {slug:?}\nname = \"G\"\nkind = \"proxy\"\nmember = [{members}]\n")
}

fn member(pool: &str, more: &str) -> String {
    format!("{{ pool = {pool:?}, source = \"simulated\"{more} }}")
}

#[test]
fn a_pool_is_in_its_group_while_it_is() {
    let members = [member("a", ""), member("b", ", from = \"2022-09\", until = \"2024\"")].join(", ");
    let registry = with(&group("g", &members)).unwrap();
    let in_group = |pool, day| registry.group_on(pool, day).map(|(group, _)| group.slug.as_str());
    assert_eq!(in_group("a", date(2009, 1, 3)), Some("g"));
    for (day, found) in [
        (date(2022, 8, 31), None),
        (date(2022, 9, 1), Some("g")),
        (date(2024, 12, 31), Some("g")),
        (date(2025, 1, 1), None),
    ] {
        assert_eq!(in_group("b", day), found, "{day}");
    }
}

#[test]
fn references_resolve_and_nothing_is_claimed_twice() {
    assert_eq!(only(&group("g", &member("nobody", ""))), ("group g".into(), Reason::UnknownPool("nobody".into())));
    let duplicate = |first: &str| Reason::Duplicate { what: "the slug", first: first.into() };
    assert_eq!(only(&group("a", "")), ("group a".into(), duplicate("a pool")));
    assert_eq!(only(&(group("g", "") + &group("g", ""))), ("group g".into(), duplicate("group")));
    let two = group("g", &member("a", "")) + &group("h", &member("a", ", from = \"2020\""));
    let overlap = Reason::Overlap { what: "it is in a group", pool: "a".into(), first: "group g".into() };
    assert_eq!(only(&two), ("group h".into(), overlap));
    // one after the other, within one month
    let after = group("g", &member("a", ", until = \"2020-12\"")) + &group("h", &member("a", ", from = \"2020-12\""));
    let registry = with(&after).unwrap();
    assert_eq!(registry.group_on("a", date(2020, 12, 5)).unwrap().0.slug, "h", "the one that began last");
    assert_eq!(only(&group("g", &member("a", ", from = \"2021\", until = \"2020\""))).1, Reason::Backwards);
    let word = Reason::Word { found: "cult".into(), allowed: vec!["proxy", "template"] };
    assert_eq!(only(&group("g", "").replace("proxy", "cult")).1, word);
    let claim = "[[claim]]\npool = \"nobody\"\ntag = [{ text = \"/x/\", source = \"simulated\" }]\n";
    assert_eq!(only(claim).1, Reason::UnknownPool("nobody".into()));
}

#[test]
fn owners_and_countries() {
    let owner = |country: &str| {
        format!(
            "[[owner]]\nslug = \"o\"\nname = \"O\"\njurisdiction = [{{ country = {country:?}, source = \"simulated\" }}]\n\
             pool = [{}]\n",
            member("a", ", until = \"2021-05-01\"")
        )
    };
    let registry = with(&owner("US")).unwrap();
    assert_eq!(registry.owner_on("a", date(2021, 5, 1)).unwrap().0.jurisdictions[0].country, "US");
    assert!(registry.owner_on("a", date(2021, 5, 2)).is_none());
    assert_eq!(only(&owner("Utopia")).1, Reason::Country("Utopia".into()));
}

#[test]
fn miners_disclose() {
    let miner = |hashrate: &str| {
        format!(
            "[[miner]]\nslug = \"m\"\nname = \"M\"\nlisting = [{{ ticker = \"MMM\", exchange = \"Nasdaq\", source = \"simulated\" }}]\n\
             pool = [{{ pool = \"a\", own = true, from = \"2021-10\", source = \"simulated\" }}]\nhashrate = [{hashrate}]\n"
        )
    };
    let said = |period: &str, kind: &str, rate: &str| {
        format!("{{ period = {period:?}, kind = {kind:?}, eh_s = {rate}, source = \"simulated\" }}")
    };
    let both =
        [said("2026-08", "installed", "60"), said("2026-08", "operating", "50.5"), said("2026-Q1", "operating", "40")];
    let registry = with(&miner(&both.join(", "))).unwrap();
    let miner_m = &registry.miners()[0];
    let latest = miner_m.disclosure_on(date(2026, 11, 27)).unwrap().0;
    assert_eq!((latest.kind, latest.hashes_per_second), (HashrateKind::Operating, 50.5e18));
    assert_eq!(miner_m.pools_on(date(2021, 9, 30)).count(), 0);
    assert!(miner_m.pools_on(date(2021, 10, 1)).all(|with| with.own));
    let twice = miner(&[said("2026-08", "operating", "50"), said("2026-08", "operating", "51")].join(", "));
    assert!(matches!(only(&twice).1, Reason::Duplicate { .. }));
    // a pool is one miner's own at a time, and its names and tickers are those of the day
    let other = miner("").replace("slug = \"m\"", "slug = \"n\"");
    let overlap = Reason::Overlap { what: "it is a miner's own", pool: "a".into(), first: "miner m".into() };
    assert_eq!(only(&(miner("") + &other)), ("miner n".into(), overlap));
    assert_eq!(miner_m.listings_on(date(2026, 1, 1)).map(|it| it.ticker.as_str()).collect::<Vec<_>>(), ["MMM"]);
    assert_eq!(miner_m.name_on(date(2026, 1, 1)), "M");
    for rate in ["0", "-1", "nan", "inf", "10001"] {
        let problems = with(&miner(&said("2026-08", "operating", rate))).unwrap_err();
        assert!(problems.iter().any(|(_, reason)| matches!(reason, Reason::Hashrate(_))), "{rate}: {problems:?}");
    }
    assert!(with(&miner("3")).is_err());
}

/// Averages hold within their period and after it, the others from its end; none for ever.
#[test]
fn a_disclosure_holds_for_a_time() {
    let text = "[[miner]]\nslug = \"m\"\nname = \"M\"\nlisting = [{ ticker = \"M\", exchange = \"X\", source = \"simulated\" }]\n\
                hashrate = [\n\
                { period = \"2023-12-31\", kind = \"installed\", eh_s = 1, source = \"simulated\" },\n\
                { period = \"2025-Q2\", kind = \"operating\", eh_s = 2, source = \"simulated\" },\n\
                { period = \"2025-06\", kind = \"energized\", eh_s = 3, source = \"simulated\" },\n\
                { period = \"2025-06\", kind = \"operational\", eh_s = 4, source = \"simulated\" }]\n";
    let registry = Registry::from_toml("r.toml", text).unwrap();
    let on = |year, month, day| {
        let found = registry.miners()[0].disclosure_on(date(year, month, day))?;
        Some(((found.0.hashes_per_second / 1e18).round(), found.1))
    };
    assert_eq!(on(2023, 12, 30), None, "before its period's end");
    assert_eq!(on(2023, 12, 31), Some((1.0, 0)));
    assert_eq!(on(2024, 1, 1), Some((1.0, 1)));
    assert_eq!(on(2025, 2, 3), Some((1.0, 400)));
    assert_eq!(on(2025, 2, 4), None, "too old");
    assert_eq!(on(2025, 3, 31), None);
    assert_eq!(on(2025, 4, 1), Some((2.0, 0)), "the average of the quarter that has begun");
    assert_eq!(on(2025, 6, 29), Some((2.0, 0)));
    assert_eq!(on(2025, 6, 30), Some((4.0, 0)), "of June, and what is nearest to what hashes");
    assert_eq!(on(2026, 8, 4), Some((4.0, 400)));
    assert_eq!(on(2026, 8, 5), None);
    assert_eq!(on(9999, 12, 31), None);
}

#[test]
fn a_renamed_pool_keeps_its_past_name_in_the_past() {
    let pool = Registry::builtin().pool("braiinspool").unwrap();
    assert_eq!(pool.name_on(date(2019, 1, 1)), "Slush Pool");
    assert_eq!(pool.name_on(date(2022, 10, 31)), "Slush Pool");
    assert_eq!(pool.name_on(date(2022, 11, 1)), pool.name);
    assert!(!pool.existed_on(date(2010, 11, 26)));
    let text = "[[pool]]\nslug = \"p\"\nname = \"Third\"\nformer = [\n\
                { name = \"Second\", until = \"2020\", source = \"simulated\" },\n\
                { name = \"First\", until = \"2015-06\", source = \"simulated\" }]\n\
                tag = [{ text = \"/p/\", source = \"simulated\" }]\n";
    let registry = Registry::from_toml("r.toml", text).unwrap();
    let name = |year| registry.pools()[0].name_on(date(year, 3, 1));
    assert_eq!([2015, 2016, 2021].map(name), ["First", "Second", "Third"]);
}

#[test]
fn an_operator_adds_entries_of_their_own() {
    let overlay = "[[claim]]\npool = \"f2pool\"\ntag = [{ text = \"/our f2 farm/\", source = \"https://example.org\", date = \"2026\" }]\n\
                   [[pool]]\nslug = \"our-own\"\nname = \"Ours\"\ntag = [{ text = \"/ours!/\", source = \"https://example.org\", date = \"2026-11\" }]\n";
    let registry = Registry::with_overlay("own.toml", overlay).unwrap();
    let found = registry.tag_claims(b"/our f2 farm/ /ours!/");
    assert_eq!(found.iter().map(|found| found.pool.slug.as_str()).collect::<Vec<_>>(), ["f2pool", "our-own"]);
    assert_ne!(registry.version(), Registry::builtin().version());
    assert_eq!(registry.pool("our-own").unwrap().file, "own.toml");
    let taken = overlay.replace("our-own", "f2pool");
    let told = Registry::with_overlay("own.toml", &taken).unwrap_err().to_string();
    assert!(told.starts_with("own.toml: pool f2pool: the slug is claimed by f2pool"), "{told}");
    assert_eq!(Registry::with_overlay("own.toml", "").unwrap().version(), Registry::builtin().version());
}

#[test]
fn markers_of_other_chains() {
    let registry = Registry::builtin();
    assert_eq!(registry.marker(b"RSKBLOCK:\x01\x02").map(|marker| marker.name.as_str()), Some("Rootstock"));
    assert_eq!(registry.marker(b"RSKBLOCK"), None);
    let marker = |prefix: &str, name: &str| {
        format!("[[marker]]\nprefix = {prefix:?}\nname = {name:?}\nsource = \"simulated\"\n")
    };
    let nested = with(&(marker("aabbcc", "short") + &marker("aabbccdd", "long"))).unwrap();
    assert_eq!(nested.marker(&[0xaa, 0xbb, 0xcc, 0xdd]).unwrap().name, "long");
    assert_eq!(nested.marker(&[0xaa, 0xbb, 0xcc, 0xde]).unwrap().name, "short");
    for prefix in ["", "aabb", "xyz", &"aa".repeat(41)] {
        assert_eq!(only(&marker(prefix, "m")).1, Reason::Prefix(prefix.into()));
    }
    assert!(matches!(only(&(marker("aabbcc", "a") + &marker("AABBCC", "b"))).1, Reason::Duplicate { .. }));
}

/// What comes with hashwatch about who stands behind whom.
#[test]
fn what_is_built_in() {
    let registry = Registry::builtin();
    let day = date(2025, 1, 1);
    assert_eq!(registry.group_on("poolin", day).unwrap().0.slug, "antpool-and-friends");
    assert_eq!(registry.group_on("foundryusa", day).map(|(group, _)| &group.slug), None);
    assert_eq!(registry.owner_on("marapool", day).map(|(owner, _)| owner.name.as_str()), Some("MARA Holdings"));
    let cleanspark = registry.miners().iter().find(|miner| miner.name == "CleanSpark").unwrap();
    assert!(cleanspark.disclosure_on(date(2026, 11, 1)).is_some_and(|(said, _)| said.hashes_per_second > 1e18));
    assert!(registry.miners().len() >= 20);
}
