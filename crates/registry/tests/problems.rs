//! Bad registries: each mistake is named, all at once, and nothing panics.

use hashwatch_registry::{Reason, Registry};
use proptest::prelude::*;

/// An example of BIP 173.
const ADDRESS: &str = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4";
/// The same script as regtest writes it.
const REGTEST: &str = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";

/// A pool with one tag; `more` goes before the tag.
fn pool(slug: &str, tag: &str, more: &str) -> String {
    format!("[[pool]]\nslug = {slug:?}\nname = \"P\"\n{more}\n[[pool.tag]]\ntext = {tag:?}\nsource = \"simulated\"\n")
}

fn problems(text: &str) -> Vec<(String, Reason)> {
    match Registry::from_toml("pools.toml", text) {
        Ok(registry) => panic!("accepted: {:?}", registry.pools()),
        Err(errors) => errors.0.into_iter().map(|problem| (problem.entry, problem.reason)).collect(),
    }
}

/// The only problem of a text.
fn only(text: &str) -> (String, Reason) {
    let mut problems = problems(text);
    assert_eq!(problems.len(), 1, "{problems:?}");
    problems.remove(0)
}

fn claim(keys: &str) -> String {
    format!("[[pool]]\nslug = \"p\"\nname = \"P\"\n[[pool.tag]]\ntext = \"/p/\"\n{keys}\n")
}

fn address(address: &str) -> String {
    format!("[[pool.address]]\naddress = {address:?}\nsource = \"simulated\"\n")
}

#[test]
fn a_simulated_registry_is_read() {
    let text = pool("harbor-pool", "/Harbor/", "link = \"https://example.org/\"") + &address(REGTEST);
    let registry = Registry::from_toml("pools.toml", &text).expect("sound");
    let script = &registry.pool("harbor-pool").expect("there").addresses[0].script;
    assert_eq!(registry.script_claim(script).expect("known").address.address, REGTEST);
    assert!(Registry::from_toml("empty", "").expect("no pool, no problem").pools().is_empty());
}

#[test]
fn all_problems_are_told_with_file_and_entry() {
    let text = "pools = 1\n[[pool]]\nslug = \"Bad Slug\"\nname = \"\"\nlink = \"ftp://x\"\nmempool_id = 0\n\
                color = { light = \"#FFF\" }\ncolour = 3\n[[pool.tag]]\ntext = \"ab\"\nsource = \"\"\n\
                [[pool.address]]\naddress = \"1Bogus\"\nsource = \"https://example.org\"\ndate = \"2026-02-30\"\n";
    let errors = Registry::from_toml("pools.toml", text).expect_err("a dozen mistakes");
    let told = errors.to_string();
    for part in [
        "slug",
        "name",
        "ftp://x",
        "mempool",
        "#FFF",
        "dark is missing",
        "date is missing",
        "\"colour\"",
        "2 bytes",
        "\"\" is neither",
        "1Bogus",
        "2026-02-30",
        "\"pools\"",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert_eq!(errors.0.len(), 13);
    assert!(told.lines().all(|line| line.starts_with("pools.toml: ")));
}

#[test]
fn values_are_checked() {
    assert_eq!(
        only(&claim("source = \"simulated\"\nregex = true")),
        ("pool p, tag \"/p/\"".into(), Reason::UnknownKey("regex".into()))
    );
    assert_eq!(only(&claim("date = \"2026-02-24\"")).1, Reason::Missing("source"));
    assert_eq!(only(&claim("source = \"https://example.org/\"")).1, Reason::Missing("date"));
    let number = claim("source = 3\ndate = \"2026-02-24\"");
    assert_eq!(only(&number).1, Reason::WrongType { key: "source", expected: "a text" });
    for source in ["mempool.space", "https://", "https:///x", "javascript:alert(1)", "https://a b", "Simulated"] {
        assert_eq!(only(&claim(&format!("source = {source:?}\ndate = \"2026-02-24\""))).1, Reason::Url(source.into()));
    }
    for date in ["2026-02-30", "2026-13-01", "2008-12-31", "24.02.2026", "20260224", "2026-02-24T00:00:00", ""] {
        let keys = format!("source = \"https://example.org/\"\ndate = {date:?}");
        assert_eq!(only(&claim(&keys)).1, Reason::When(date.into()));
    }
    for slug in ["", "Big", "a b", "-a", "a-", "unknown", "ä", "../x"] {
        assert_eq!(only(&pool(slug, "/p/", "")).1, Reason::Slug(slug.into()));
    }
    for (tag, bytes) in
        [("ab", 2), ("", 0), ("x".repeat(101).as_str(), 101), ("x".repeat(10_000_000).as_str(), 10_000_000)]
    {
        assert_eq!(only(&pool("p", tag, "")).1, Reason::TagLength(bytes));
    }
    assert_eq!(
        only(&pool("p", "/p/", "color = { light = \"#12345g\", dark = \"#123456\" }")).1,
        Reason::Color("#12345g".into())
    );
    assert_eq!(only(&pool("p", "/p/", "mempool_id = -1")).1, Reason::MempoolId(-1));
    assert_eq!(only("[[pool]]\nslug = \"p\"\nname = \"P\"").1, Reason::NoMark);
    assert!(matches!(only("[[pool]\n").1, Reason::Syntax(_)));
    assert_eq!(only("pool = 3").1, Reason::WrongType { key: "pool", expected: "a list of tables" });
    assert!(matches!(
        only(&(pool("p", "/p/", "") + &address("x".repeat(1_000_000).as_str()))).1,
        Reason::Address { .. }
    ));
}

#[test]
fn nothing_is_claimed_twice() {
    let duplicate = |what, first: &str| Reason::Duplicate { what, first: first.into() };
    assert_eq!(only(&(pool("a", "/a/", "") + &pool("a", "/b/", ""))), ("pool a".into(), duplicate("the slug", "a")));
    let same_tag = pool("a", "/Tag/", "") + &pool("b", "/tAG/", "");
    assert_eq!(only(&same_tag), ("pool b, tag \"/tAG/\"".into(), duplicate("this tag (case ignored)", "a")));
    let same_script = pool("a", "/a/", "") + &address(ADDRESS) + &pool("b", "/b/", "") + &address(REGTEST);
    assert_eq!(only(&same_script).1, duplicate("this address", "a"));
    let same_id = pool("a", "/a/", "mempool_id = 1") + &pool("b", "/b/", "mempool_id = 1");
    assert_eq!(only(&same_id).1, duplicate("the mempool_id", "a"));
}

#[test]
fn a_tag_inside_anothers_needs_a_priority() {
    let with = |over: &str| pool("short", "pool", "") + &pool("long", "/the POOL/", "") + over;
    let hidden = Reason::Hidden { inner: "pool".into(), pool: "short".into() };
    assert_eq!(only(&with("")), ("pool long, tag \"/the POOL/\"".into(), hidden));
    assert!(Registry::from_toml("pools.toml", &with("over = [\"short\"]")).is_ok());
    // within one pool there is nothing to decide
    let one = pool("p", "/the pool/", "") + "[[pool.tag]]\ntext = \"pool\"\nsource = \"simulated\"\n";
    assert!(Registry::from_toml("pools.toml", &one).is_ok());
}

#[test]
fn priorities_lead_somewhere() {
    let over = |slug: &str, over: &str| pool(slug, &format!("/{slug}/"), "") + &format!("over = [{over:?}]\n");
    assert_eq!(only(&over("a", "nobody")).1, Reason::UnknownPool("nobody".into()));
    assert_eq!(only(&over("a", "a")).1, Reason::UnknownPool("a".into()));
    let circle = over("x", "a") + &over("a", "b") + &over("b", "c") + &over("c", "a");
    let names = ["a", "b", "c", "a"].map(String::from).to_vec();
    assert_eq!(only(&circle), ("pool a".into(), Reason::Circle(names)));
}

#[test]
fn the_version_is_blind_to_order_only() {
    let version = |text: &str| Registry::from_toml("pools.toml", text).expect("sound").version().clone();
    let (a, b) = (pool("a", "/a/", "") + &address(ADDRESS), pool("b", "/b/", ""));
    let both = version(&(a.clone() + &b));
    assert_eq!(both, version(&(b.clone() + &a)));
    assert_eq!((both.0.len(), both.0.bytes().all(|byte| byte.is_ascii_hexdigit())), (16, true));
    for other in [a.clone(), b.clone(), a.clone() + &pool("b", "/B/", ""), a.clone() + &pool("c", "/b/", "")] {
        assert_ne!(both, version(&other));
    }
    let linked = pool("b", "/b/", "link = \"https://example.org/\"");
    assert_ne!(both, version(&(a + &linked)));
}

proptest! {
    #[test]
    fn no_text_panics(text in "[\\PC\n\"=\\[\\]{}.]{0,200}") {
        let _ = Registry::from_toml("any", &text);
    }

    #[test]
    fn no_entry_panics(slug in "\\PC{0,50}", tag in "\\PC{0,120}", over in "[ab]", address in "\\PC{0,90}") {
        let text = format!(
            "[[pool]]\nslug = '''{slug}'''\nname = '''{tag}'''\ntag = [{{ text = '''{tag}''', over = ['{over}'] }}]\n\
             address = [{{ address = '''{address}''' }}]\n"
        );
        prop_assert!(Registry::from_toml("any", &text).is_err());
    }

    #[test]
    fn no_script_panics(script in proptest::collection::vec(any::<u8>(), 0..200)) {
        for found in Registry::builtin().tag_claims(&script) {
            prop_assert!(script[found.range()].eq_ignore_ascii_case(found.tag.text.as_bytes()));
        }
    }
}
