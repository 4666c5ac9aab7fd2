//! The methodology as a whole: what it points to is there, every index has its place, every formula is drawn, and the test values
//! are those that the code gives.

use std::{collections::BTreeSet, path::Path};

use hashwatch_metrics::{Index, Tally, figures};
use math_core::MathDisplay;
use pulldown_cmark::{Event, Options, Parser, Tag};

use super::{
    documents::{Document, all, named},
    leads::{Lead, in_repository, lead},
    math::mathml,
    sources::source,
};

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn markdown(document: &Document) -> String {
    std::fs::read_to_string(root().join("docs/methodology").join(document.name).with_extension("md")).unwrap()
}

fn events(markdown: &str) -> Vec<Event<'_>> {
    Parser::new_ext(markdown, Options::ENABLE_TABLES | Options::ENABLE_MATH).collect()
}

/// Ids in a page, each of which must be there once.
fn ids(html: &str) -> BTreeSet<&str> {
    let found: Vec<&str> = html.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let ids: BTreeSet<&str> = found.iter().copied().collect();
    assert_eq!(ids.len(), found.len(), "{found:?}");
    ids
}

#[test]
fn every_link_and_every_place_is_there() {
    for document in all() {
        let text = markdown(document);
        for event in events(&text) {
            let Event::Start(Tag::Link { dest_url: target, .. }) = event else { continue };
            if target.starts_with("https://") {
                continue;
            }
            let (file, place) = target.split_once('#').unwrap_or((&target, ""));
            let path = if file.is_empty() { format!("{}.md", document.name) } else { file.to_owned() };
            let there = in_repository(&path).filter(|path| root().join(path).is_file());
            assert!(there.is_some(), "{}: {target} leads nowhere", document.name);
            if let (Lead::Here(_), Some(name)) = (lead(&target), path.strip_suffix(".md"))
                && let (Some(other), false) = (named(name), place.is_empty())
            {
                assert!(ids(&other.text.html).contains(place), "{}: no {place} in {name}", document.name);
            }
        }
    }
}

#[test]
fn every_link_of_a_page_leads_to_what_is_served() {
    for document in all() {
        for href in document.text.html.split("<a href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            let (path, place) = href.split_once('#').unwrap_or((href, ""));
            let name = path.strip_prefix("/methodology").map(|rest| rest.trim_start_matches('/'));
            let page = match name {
                _ if path.is_empty() => Some(document),
                Some("") => named("README"),
                Some(name) => named(name),
                None => None,
            };
            let code = path.strip_prefix("/methodology/code/").is_some_and(|path| source(path).is_some());
            let served = page.is_some_and(|page| place.is_empty() || ids(&page.text.html).contains(place));
            assert!(served || code || path == "/api" || path.starts_with("https://"), "{}: {href}", document.name);
        }
    }
}

/// Where the page of concentration sends its readers.
#[test]
fn every_index_has_its_place() {
    let concentration = named("concentration").unwrap();
    let ids = ids(&concentration.text.html);
    for index in Index::ALL {
        assert!(ids.contains(index.word()), "{index:?} is not defined");
    }
    let words: Vec<&str> = Index::ALL.map(Index::word).into();
    let placed: Vec<&str> =
        concentration.text.sections.iter().map(|it| it.words.as_str()).filter(|it| words.contains(it)).collect();
    assert_eq!(placed, words, "in the order of the code");
}

#[test]
fn every_formula_is_drawn() {
    let mut formulas = 0;
    for document in all() {
        let text = markdown(document);
        for event in events(&text) {
            let (tex, display) = match event {
                Event::InlineMath(tex) => (tex, MathDisplay::Inline),
                Event::DisplayMath(tex) => (tex, MathDisplay::Block),
                // the rest of a formula that was not taken for one
                Event::Text(text) => {
                    assert!(!text.contains('$'), "{}: {text}", document.name);
                    continue;
                }
                _ => continue,
            };
            let formula = mathml(&tex, display).unwrap_or_else(|| panic!("{}: {tex}", document.name));
            assert!(is_balanced(&formula) && !formula.contains(" style="), "{tex}: {formula}");
            assert!(document.text.html.contains(&formula), "{}: {tex}", document.name);
            let marks = |pair: &[u8]| pair[0] == b'\\' && pair[1].is_ascii_punctuation();
            assert!(!tex.as_bytes().windows(2).any(marks), "forges take the backslash away: {tex}");
            formulas += 1;
        }
    }
    assert!(formulas > 100, "{formulas}");
}

/// Whether each element ends, in the right order, and no `<`, `>` or `&` stands by itself.
fn is_balanced(xml: &str) -> bool {
    let mut open = Vec::new();
    let mut parts = xml.split('<');
    let text = |text: &str| !text.contains('>') && text.split('&').skip(1).all(|rest| rest.contains(';'));
    if parts.next() != Some("") {
        return false;
    }
    for part in parts {
        let Some((tag, rest)) = part.split_once('>') else { return false };
        match tag.strip_prefix('/') {
            Some(name) if open.pop() != Some(name) => return false,
            Some(_) => {}
            None if tag.ends_with('/') => {}
            None => open.push(tag.split(' ').next().unwrap_or_default()),
        }
        if !text(rest) {
            return false;
        }
    }
    open.is_empty()
}

#[test]
fn balance_is_seen() {
    assert!(is_balanced("<math><mi>x</mi><mspace width=\"1\"/><mo>&lt;</mo></math>"));
    for bad in
        ["<math><mi>x</math></mi>", "<math>", "<math><mo><</mo></math>", "<math><mo>></mo></math>", "x<math></math>"]
    {
        assert!(!is_balanced(bad), "{bad}");
    }
}

/// Sections that define a figure say all that is to be said of one.
#[test]
fn every_figure_has_its_block() {
    let figures = [
        ("README", &["share-of-blocks", "stale-rate"][..]),
        (
            "hashrate",
            &[
                "hashrate",
                "next-change-of-difficulty",
                "time-between-blocks",
                "revenue-per-hash",
                "against-an-expectation-that-is-known",
                "against-the-pools-own-share-before",
                "runs-of-a-pools-blocks",
                "gaps-of-a-pool",
            ],
        ),
        ("miners", &["expected-blocks", "prediction-interval"]),
        ("concentration", &Index::ALL.map(Index::word)),
    ];
    for (name, sections) in figures {
        let html = &named(name).unwrap().text.html;
        for id in sections {
            let (_, section) = html.split_once(&format!(" id=\"{id}\"")).unwrap_or_else(|| panic!("{name}: no {id}"));
            let section = section.split("<h2").next().unwrap_or_default().split("<h3").next().unwrap_or_default();
            for part in [
                "<math",
                "<strong>Range</strong>",
                "<strong>Test value",
                "<strong>Code</strong>",
                "/methodology/code/metrics/",
            ] {
                assert!(section.contains(part), "{name}: {id} has no {part}");
            }
        }
    }
}

/// The blocks of March 2026, and what the page says of them: every digit is what the code gives today.
#[test]
fn test_values_are_those_of_the_code() {
    let text = markdown(named("concentration").unwrap());
    let (_, counted) = text.split_once("8 Unknown: ").unwrap();
    let (counted, _) = counted.split_once(" (counted").unwrap();
    let counts: Vec<u64> =
        counted.replace(" and ", ", ").split(',').map(|count| count.trim().parse().unwrap()).collect();
    assert_eq!((counts.len(), counts.iter().sum::<u64>()), (22, 4_341));
    for (index, figure) in figures(&Tally::new(counts, 8), 0.95) {
        let figure = figure.unwrap();
        let (_, section) = text.split_once(&format!("### `{}`\n", index.word())).unwrap();
        let (_, told) = section.split_once("**Test value**: ").unwrap();
        let told = told.lines().next().unwrap();
        let decimals = told.split(',').next().unwrap().split_once('.').map_or(0, |(_, part)| part.len());
        let shown = |value: f64| format!("{value:.decimals$}");
        let expected = format!(
            "{}, interval {} to {}, with Unknown {} to {}.",
            shown(figure.value.unwrap()),
            shown(figure.low.unwrap()),
            shown(figure.high.unwrap()),
            shown(figure.unknown_low),
            shown(figure.unknown_high)
        );
        assert_eq!(told, expected, "{}", index.word());
    }
}

#[test]
fn code_is_served_as_it_is_built_and_nothing_else() {
    let shares = source("metrics/shares.rs").unwrap();
    assert_eq!(&*shares, std::fs::read(root().join("crates/metrics/src/shares.rs")).unwrap());
    assert!(source("registry/unknown/mod.rs").is_some() && source("attribute/marks.rs").is_some());
    for path in [
        "",
        "/",
        "metrics",
        "metrics/",
        "metrics/shares",
        "metrics/nothing.rs",
        "metrics/../Cargo.toml",
        "metrics/../src/shares.rs",
        "metrics/..%2fsrc/shares.rs",
        "metrics/shares/../shares.rs",
        "metrics//shares.rs",
        "metrics/./shares.rs",
        "metrics/.rs",
        "metrics\\shares.rs",
        "/metrics/shares.rs",
        "metrics/shares.rs\0",
        "metrics/SHARES.rs",
        "web/lib.rs",
        "../metrics/src/shares.rs",
        "/etc/passwd",
    ] {
        assert!(source(path).is_none(), "{path}");
    }
}
