//! Bad histories: each mistake is named, with its file and its entry.

use hashwatch_registry::{Published, Reason};
use jiff::civil::date;

use super::pools;

/// Three months of two pools: heights 100 to 159.
const SOUND: &str = r#"source = "https://example.org/list"
date = "2021-03-02"
licence = "MIT"
from_height = 100
to_height = 159
[[month]]
month = "2020-12"
partial = true
first_height = 100
last_height = 109
total = 10
unknown = 1
blocks = { b = 3, a = 6 }
[[month]]
month = "2021-01"
total = 30
unknown = 0
blocks = { b = 15, a = 15 }
[[month]]
month = "2021-02"
last_height = 159
total = 20
unknown = 20
blocks = {}
"#;

fn problems(text: &str) -> Vec<(String, Reason)> {
    let errors = Published::from_toml("history.toml", text, &pools()).expect_err("a mistake");
    assert!(errors.0.iter().all(|problem| problem.file == "history.toml"), "{errors}");
    errors.0.into_iter().map(|problem| (problem.entry, problem.reason)).collect()
}

/// The only problem of the sound text with something else in it.
fn only(was: &str, is: &str) -> (String, Reason) {
    assert_eq!(SOUND.matches(was).count(), 1, "{was}");
    let mut problems = problems(&SOUND.replace(was, is));
    assert_eq!(problems.len(), 1, "{problems:?}");
    problems.remove(0)
}

fn next(what: &'static str, found: &str, expected: &str) -> Reason {
    Reason::NotNext { what, found: found.into(), expected: expected.into() }
}

#[test]
fn a_sound_history_is_read() {
    let published = Published::from_toml("history.toml", SOUND, &pools()).expect("sound");
    assert_eq!((published.licence.as_str(), published.from_height, published.to_height), ("MIT", 100, 159));
    let [first, second, last] = published.months.as_slice() else { panic!("{published:?}") };
    assert_eq!((first.month, first.partial, first.total, first.unknown), (date(2020, 12, 1), true, 10, 1));
    assert_eq!((first.first_height, first.last_height), (Some(100), Some(109)));
    assert_eq!(first.counts, [("a".to_owned(), 6), ("b".to_owned(), 3)]);
    assert_eq!((second.month, second.partial, second.first_height), (date(2021, 1, 1), false, None));
    assert_eq!(second.counts, [("a".to_owned(), 15), ("b".to_owned(), 15)], "equal ones by slug");
    assert_eq!((last.counts.as_slice(), last.unknown, last.last_height), ([].as_slice(), 20, Some(159)));
}

#[test]
fn the_head_is_checked() {
    let file = |reason| ("file".to_owned(), reason);
    assert_eq!(only("source = \"https://example.org/list\"\n", ""), file(Reason::Missing("source")));
    assert_eq!(only("https://example.org/list", "a list"), file(Reason::Url("a list".into())));
    assert_eq!(only("https://example.org/list", "simulated"), file(Reason::Url("simulated".into())));
    assert_eq!(only("date = \"2021-03-02\"\n", ""), file(Reason::Missing("date")));
    assert_eq!(only("2021-03-02", "2021-02-30"), file(Reason::When("2021-02-30".into())));
    assert_eq!(only("licence = \"MIT\"\n", ""), file(Reason::Missing("licence")));
    assert_eq!(only("licence = \"MIT\"", "licence = \" \""), file(Reason::Name));
    assert_eq!(only("from_height = 100\n", ""), file(Reason::Missing("from_height")));
    assert_eq!(only("to_height = 159\n", ""), file(Reason::Missing("to_height")));
    assert_eq!(only("from_height = 100", "from_height = -1"), file(Reason::Height(-1)));
    assert_eq!(only("to_height = 159", "to_height = 4294967296"), file(Reason::Height(4_294_967_296)));
    assert_eq!(only("licence", "license = \"MIT\"\nlicence"), file(Reason::UnknownKey("license".into())));
    let head = SOUND.split_once("[[month]]").expect("there").0;
    assert_eq!(problems(head), [file(Reason::Missing("month"))]);
    assert!(matches!(problems("[[month]\n").as_slice(), [(_, Reason::Syntax(_))]));
}

#[test]
fn values_of_a_month_are_checked() {
    for bad in ["2021", "2021-1", "2021-13", "2021-01-01", "2021-Q1", "2008-12", "January", ""] {
        let found = only("\"2021-01\"", &format!("{bad:?}"));
        assert_eq!(found, ("month 2".into(), Reason::Month(bad.into())));
    }
    let of = |entry: &str, reason| (format!("month 2021-01{entry}"), reason);
    assert_eq!(only("month = \"2021-01\"\n", "").1, Reason::Missing("month"));
    assert_eq!(only("total = 30\n", ""), of("", Reason::Missing("total")));
    assert_eq!(only("unknown = 0\n", ""), of("", Reason::Missing("unknown")));
    assert_eq!(only("blocks = { b = 15, a = 15 }\n", ""), of("", Reason::Missing("blocks")));
    assert_eq!(only("total = 30", "total = 30\nshare = 1"), of("", Reason::UnknownKey("share".into())));
    let wrong = |key, expected| of("", Reason::WrongType { key, expected });
    assert_eq!(only("total = 30", "total = 30.0"), wrong("total", "a whole number"));
    assert_eq!(only("{ b = 15, a = 15 }", "30"), wrong("blocks", "a table of whole numbers"));
    assert_eq!(only("{ b = 15,", "{ b = \"15\","), wrong("blocks", "a table of whole numbers"));
    assert_eq!(only("total = 30", "partial = 1\ntotal = 30"), wrong("partial", "true or false"));
    assert_eq!(only("total = 30", "first_height = -5\ntotal = 30"), of("", Reason::Height(-5)));

    let blocks = |found, least| Reason::Blocks { found, least, most: 6_000 };
    for bad in [0, -3, 6_001, i64::MAX, i64::MIN] {
        assert_eq!(only("a = 15", &format!("a = {bad}")), of(", pool a", blocks(bad, 1)));
        assert_eq!(only("total = 30", &format!("total = {bad}")), of(", total", blocks(bad, 1)));
    }
    assert_eq!(only("unknown = 0", "unknown = -1"), of(", unknown", blocks(-1, 0)));
    assert_eq!(only("total = 30", "total = 31"), of("", Reason::Sum { stated: 31, counted: 30 }));
    assert_eq!(only("a = 15", "a = 14"), of("", Reason::Sum { stated: 30, counted: 29 }));
}

#[test]
fn pools_are_of_the_registry_and_stand_once() {
    for slug in ["c", "A", "unknown", "''"] {
        let name = slug.trim_matches('\'');
        let found = only("a = 15", &format!("{slug} = 15"));
        assert_eq!(found, (format!("month 2021-01, pool {name}"), Reason::UnknownPool(name.into())));
    }
    for twice in ["a = 14, a = 1", "a = 14, \"a\" = 1"] {
        let (entry, reason) = only("a = 15", twice);
        assert!(entry == "file" && matches!(&reason, Reason::Syntax(told) if told.contains("line 18")), "{reason}");
    }
    // each of them is told
    let all = problems(&SOUND.replace("{ b = 15, a = 15 }", "{ c = 0, d = 30 }").replace("a = 6", "a = -6"));
    assert_eq!(all.len(), 4, "{all:?}");
}

#[test]
fn months_follow_each_other() {
    for (found, entry) in [("2021-02", "month 2021-02"), ("2020-12", "month 2020-12"), ("2020-11", "month 2020-11")] {
        let all = problems(&SOUND.replace("\"2021-01\"", &format!("{found:?}")));
        assert_eq!(all[0], (entry.into(), next("month", found, "2021-01")));
        assert_eq!(all.len(), 2, "the one after it is out of place too: {all:?}");
    }
    assert_eq!(only("\"2021-02\"", "\"2021-03\""), ("month 2021-03".into(), next("month", "2021-03", "2021-02")));
    let partial = only("total = 30", "partial = true\ntotal = 30");
    assert_eq!(partial, ("month 2021-01".into(), Reason::Partial));
    let both = SOUND.replace("total = 20", "partial = true\ntotal = 20");
    assert!(Published::from_toml("history.toml", &both, &pools()).expect("sound").months[2].partial);
}

#[test]
fn heights_follow_each_other() {
    let of = |month: &str, what, found, expected| (format!("month {month}"), next(what, found, expected));
    assert_eq!(only("to_height = 159", "to_height = 160"), ("file".into(), next("to_height", "160", "159")));
    assert_eq!(only("from_height = 100", "from_height = 99"), of("2020-12", "first_height", "100", "99"));
    assert_eq!(only("last_height = 109", "last_height = 110"), of("2020-12", "last_height", "110", "109"));
    assert_eq!(only("total = 30", "first_height = 111\ntotal = 30"), of("2021-01", "first_height", "111", "110"));
    assert_eq!(only("last_height = 159", "last_height = 158"), of("2021-02", "last_height", "158", "159"));
    let backwards = SOUND.replace("from_height = 100", "from_height = 200").replace("first_height = 100\n", "");
    assert_eq!(problems(&backwards), [of("2020-12", "last_height", "109", "209")]);
}
