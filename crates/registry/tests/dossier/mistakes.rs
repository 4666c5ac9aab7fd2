//! Bad dossiers: each mistake is named with its file and entry, all at once, and nothing panics.

use hashwatch_registry::{Dossier, Quantity, Reason, Registry};
use jiff::civil::date;

use super::{INLINE, SOURCE, announced, miners, read};

fn problems(text: &str) -> Vec<(String, Reason)> {
    let errors = read(text).expect_err("a mistake");
    assert!(errors.0.iter().all(|problem| problem.file == "own.toml"), "{errors}");
    errors.0.into_iter().map(|problem| (problem.entry, problem.reason)).collect()
}

/// The only problem of a text.
fn only(text: &str) -> (String, Reason) {
    let mut problems = problems(text);
    assert_eq!(problems.len(), 1, "{problems:?}");
    problems.remove(0)
}

fn with(more: &str) -> Reason {
    only(&announced("x", "2026-01", more)).1
}

fn report(keys: &str) -> String {
    format!("[[reports]]\nminer = \"a\"\nreport = [{{ {keys}, {INLINE} }}]\n")
}

fn machine(keys: &str) -> String {
    format!("[[machine]]\nslug = \"m\"\nvendor = \"V\"\nmodel = \"M\"\n{keys}\n{SOURCE}")
}

fn value(what: &str, at: &str, more: &str) -> String {
    format!("[[value]]\nwhat = {what:?}\nat = {at:?}\n{more}\n{SOURCE}")
}

#[test]
fn all_problems_are_told_at_once() {
    let text = "extra = 1\n[[announcement]]\nslug = \"Bad\"\nmonth = 1\n[[reports]]\nmoner = \"a\"\n[[machine]]\n[[value]]\n\
                [[published_cost]]\n[[update]]\n";
    let told: Vec<String> = problems(text).into_iter().map(|(entry, reason)| format!("{entry}: {reason}")).collect();
    for part in [
        "file: unknown key \"extra\"",
        "announcement 1: \"Bad\" is no slug",
        "announcement 1: miner is missing",
        "announcement 1: on is missing",
        "announcement 1: dated is missing",
        "announcement 1: kind is missing",
        "announcement 1: source is missing",
        "announcement 1: unknown key \"month\"",
        "reports 1: miner is missing",
        "machine 1: th_s is missing",
        "value 1: what is missing",
        "value 1: value is missing",
        "published_cost 1: by is missing",
        "update 1: announcement is missing",
        "update 1: status is missing",
    ] {
        assert!(told.iter().any(|line| line.starts_with(part)), "{part}: {told:#?}");
    }
}

#[test]
fn values_are_checked() {
    for (more, number) in
        [("nan", "NaN"), ("inf", "inf"), ("-inf", "-inf"), ("-5", "-5"), ("10001", "10001"), ("0", "0")]
    {
        let found = with(&format!("figure = [{{ what = \"critical-it-mw\", value = {more} }}]"));
        assert_eq!(found.to_string(), format!("critical-it-mw is {number}: from 0.1 to 10000 is possible"));
    }
    let figure = |keys: &str| with(&format!("figure = [{{ what = \"gross-mw\", {keys} }}]"));
    assert_eq!(figure("low = 5"), Reason::Missing("value"));
    assert_eq!(figure("value = 5, low = 6"), Reason::Order);
    assert_eq!(figure("low = 6, high = 5"), Reason::Order);
    assert_eq!(figure("value = \"5\""), Reason::WrongType { key: "value", expected: "a number" });
    assert_eq!(figure("value = 5, note = \"\""), Reason::Note);
    assert_eq!(figure(&format!("value = 5, note = \"{}\"", "x".repeat(301))), Reason::Note);
    assert!(matches!(figure("value = 5, of = \"most\""), Reason::Word { .. }));
    assert!(matches!(with("figure = [{ what = \"mw\", value = 5 }]"), Reason::Word { .. }));
    assert!(matches!(with("kind = \"rumour\""), Reason::Word { .. }));
    for region in ["us", "USA", "US-", "US-TEXA", "US-tx", "Texas"] {
        assert_eq!(with(&format!("region = {region:?}")), Reason::Region(region.into()));
    }
    assert_eq!(with("online = [{ by = \"2026-H1\" }]"), Reason::When("2026-H1".into()));
    assert!(matches!(with("online = [{ by = \"2026\", mw = 20000 }]"), Reason::Number { key: "mw", .. }));
    assert!(matches!(with("mining = { wound_down = \"some\" }"), Reason::Word { .. }));
    assert!(matches!(with("mining = { wound_down = \"part\", eh_s = 10001 }"), Reason::Number { key: "eh_s", .. }));
    assert_eq!(with("mining = { wound_down = \"part\", ehs = 1 }"), Reason::UnknownKey("ehs".into()));
}

#[test]
fn sources_are_public() {
    let text = announced("x", "2026", "").replace("https://example.org/", "simulated");
    assert_eq!(only(&text).1, Reason::Url("simulated".into()));
    let text = announced("x", "2026", "").replace("https://", "");
    assert_eq!(only(&text).1, Reason::Url("example.org/".into()));
}

#[test]
fn references_resolve() {
    assert_eq!(with("miner = \"nobody\""), Reason::UnknownMiner("nobody".into()));
    assert_eq!(with("about = \"y\""), Reason::UnknownAnnouncement("y".into()));
    assert_eq!(with("about = \"x\""), Reason::UnknownAnnouncement("x".into()));
    assert_eq!(with("contradicts = [\"y\"]"), Reason::UnknownAnnouncement("y".into()));
    assert_eq!(with("contradicts = [\"x\"]"), Reason::UnknownAnnouncement("x".into()));
    let two = announced("x", "2026", "") + &announced("x", "2026", "");
    assert_eq!(only(&two), ("announcement x".into(), Reason::Duplicate { what: "the slug", first: "x".into() }));
    let about = |first: &str, why| Reason::About { first: first.into(), why };
    let second = announced("second", "2025-01", "about = \"x\"");
    assert_eq!(only(&(announced("x", "2026", "") + &second)), ("announcement second".into(), about("x", "came later")));
    let others = announced("x", "2025", "miner = \"b\"") + &second;
    assert_eq!(only(&others).1, about("x", "is of another miner"));
    let third = announced("third", "2025-02", "about = \"second\"");
    let chain = announced("x", "2025", "") + &second + &third;
    assert_eq!(only(&chain).1, about("second", "is about another itself"));
    assert_eq!(
        only(&report("period = \"2026-01\", btc_held = 1").replace("\"a\"", "\"c\"")).1,
        Reason::UnknownMiner("c".into())
    );
}

#[test]
fn contradictions_are_of_both_sides_and_of_one_matter() {
    let x = |more: &str| announced("x", "2025-01", more);
    let y = |more: &str| announced("y", "2025-02", more);
    let one_sided = x("contradicts = [\"y\"]") + &y("about = \"x\"");
    assert_eq!(only(&one_sided), ("announcement x".into(), Reason::OneSided("y".into())));
    let apart = problems(&(x("contradicts = [\"y\"]") + &y("contradicts = [\"x\"]")));
    assert_eq!(apart.len(), 2);
    assert_eq!(apart[0].1, Reason::OtherMatter("y".into()));
    assert!(read(&(x("contradicts = [\"y\"]") + &y("about = \"x\"\ncontradicts = [\"x\"]"))).is_ok());
}

#[test]
fn nothing_happens_before_it_is_announced_or_twice() {
    let status = |all: &[(&str, &str)]| {
        let all = all.iter().map(|(on, is)| format!("{{ on = {on:?}, is = {is:?}, {INLINE} }}"));
        announced("x", "2026-02-10", &format!("status = [{}]", all.collect::<Vec<_>>().join(", ")))
    };
    assert_eq!(only(&status(&[("2026-02-09", "live")])).1, Reason::TooEarly { is: "live", on: "2026-02-09".into() });
    let twice = Reason::Duplicate { what: "this status", first: "x".into() };
    assert_eq!(only(&status(&[("2026-03", "live"), ("2026-03", "live")])).1, twice);
    assert_eq!(only(&status(&[("2026-03", "announced")])).1, twice);
    // later in the file and earlier in time
    let dossier = read(&status(&[("2026-04", "live"), ("2026-02", "building")])).expect("sound");
    let stages: Vec<&str> = dossier.announcements()[0].status.iter().map(|status| status.is.name()).collect();
    assert_eq!(stages, ["announced", "building", "live"]);
    let totals = "figure = [{ what = \"gross-mw\", of = \"total\", value = 1 }, { what = \"gross-mw\", of = \"total\", value = 2 }]";
    assert_eq!(with(totals), Reason::Duplicate { what: "the total", first: "gross-mw".into() });
}

#[test]
fn reports_hold_something_of_a_period() {
    assert_eq!(only(&report("period = \"2026-01-02\", btc_held = 1")).1, Reason::NoSpan("2026-01-02".into()));
    assert_eq!(only(&report("period = \"2026-01\"")), ("reports of a, 2026-01".into(), Reason::NoFigure));
    assert!(matches!(
        only(&report("period = \"2026\", btc_produced = -1")).1,
        Reason::Number { key: "btc_produced", .. }
    ));
    assert!(matches!(only(&report("period = \"2026\", j_th = nan")).1, Reason::Number { key: "j_th", .. }));
    let twice = report("period = \"2026-Q1\", btc_held = 1") + &report("period = \"2026-Q1\", btc_held = 2");
    assert_eq!(only(&twice).1, Reason::Duplicate { what: "this period", first: "https://example.org/".into() });
}

#[test]
fn machines_draw_what_they_say() {
    let sound = machine("th_s = 100\nwatts = 2000\nj_th = 20.5");
    assert!(read(&sound).is_ok());
    let off = only(&machine("th_s = 100\nwatts = 2000\nj_th = 20.7"));
    assert_eq!(off, ("machine m".into(), Reason::Efficiency { stated: 20.7, computed: 20.0 }));
    assert_eq!(only(&(sound.clone() + &sound)).1, Reason::Duplicate { what: "the slug", first: "m".into() });
    assert_eq!(only(&machine("th_s = 100\nwatts = 2000")).1, Reason::Missing("j_th"));
    let price = |keys: &str| machine(&format!("th_s = 100\nwatts = 2000\nj_th = 20\nprice = [{{ {keys}, {INLINE} }}]"));
    assert_eq!(only(&price("at = \"2026\"")).1, Reason::Missing("usd"));
    assert!(matches!(only(&price("at = \"2026\", usd = inf")).1, Reason::Number { key: "usd", .. }));
    // two prices of one machine stand side by side
    let two = format!("{{ usd = 7760, at = \"2026\", {INLINE} }}, {{ usd = 28599, at = \"2026\", {INLINE} }}");
    let read = read(&machine(&format!("th_s = 100\nwatts = 2000\nj_th = 20\nprice = [{two}]"))).expect("sound");
    assert_eq!(read.machine("m").expect("there").prices.len(), 2);
}

#[test]
fn a_value_has_one_time_and_possible_numbers() {
    let twice = value("difficulty", "2026-01", "value = 1e14") + &value("difficulty", "2026-01", "value = 2e14");
    let reason = Reason::Duplicate { what: "this kind and time", first: "https://example.org/".into() };
    assert_eq!(only(&twice), ("value difficulty of 2026-01".into(), reason));
    assert_eq!(only(&value("difficulty", "2026", "value = 1e14\nsupersedes = true")).1, Reason::SupersedesNothing);
    assert!(matches!(only(&value("btc-price", "2026", "value = 1")).1, Reason::Word { .. }));
    for (what, number) in
        [("pue", 0.9), ("network-ehs", 10_001.0), ("difficulty-change-percent", -76.0), ("btc-usd", 0.0)]
    {
        assert!(
            matches!(only(&value(what, "2026", &format!("value = {number:?}"))).1, Reason::Number { .. }),
            "{what}"
        );
    }
    let cost = |part: &str| {
        format!("[[published_cost]]\nslug = \"c\"\nby = \"B\"\nat = \"2026\"\nvalue = 1e9\npart = [{part}]\n{SOURCE}")
    };
    assert!(read(&cost("{ of = \"machines\", value = 1e9 }")).is_ok());
    assert!(matches!(only(&cost("{ of = \"hope\", value = 1e9 }")).1, Reason::Word { .. }));
    assert!(matches!(only(&cost("{ of = \"machines\", value = nan }")).1, Reason::Number { key: "part", .. }));
}

#[test]
fn an_overlay_adds_updates_and_supersedes() {
    let update = format!(
        "[[update]]\nannouncement = \"hut-8-river-bend-2025-12\"\nstatus = [{{ on = \"2027-04-01\", is = \"live\", {INLINE} }}]\n"
    );
    let newer = value("hashprice-usd-per-ph-day", "2026-05-25", "value = 36\nsupersedes = true");
    let private = "[[miner]]\nslug = \"private\"\nname = \"Private\"\n";
    let text = format!("{update}{newer}{private}{}", announced("own", "2026-11", "miner = \"private\""));
    let registry = Registry::with_overlay("own.toml", &text).expect("the dossier's entries are left to the dossier");
    let dossier = Dossier::with_overlay("own.toml", &text, &registry).expect("sound");
    let (builtin, day) = (Dossier::builtin(), date(2027, 4, 1));
    assert_ne!(dossier.version(), builtin.version());
    assert_eq!(dossier.announcements().len(), builtin.announcements().len() + 1);
    assert_eq!(dossier.latest(Quantity::Hashprice, day).expect("there").amount.value, 36.0);
    let live = |dossier: &Dossier| dossier.critical_it_mw_on(day).live.value;
    assert_eq!(live(&dossier), live(builtin) + 245.0);
    // a press report with other megawatts, beside a built-in announcement
    let contrary = announced(
        "contrary",
        "2025-12-18",
        "miner = \"hut-8\"\nabout = \"hut-8-river-bend-2025-12\"\ncontradicts = [\"hut-8-river-bend-2025-12\"]\n\
         figure = [{ what = \"critical-it-mw\", value = 230 }]",
    );
    let other = "[[update]]\nannouncement = \"hut-8-river-bend-2025-12\"\ncontradicts = [\"contrary\"]\n";
    let wider = Dossier::with_overlay("own.toml", &(contrary + other), Registry::builtin()).expect("sound");
    let announced = |dossier: &Dossier| dossier.critical_it_mw_on(day).announced;
    assert_eq!(announced(&wider).low, announced(builtin).low - 15.0);
    assert_eq!(announced(&wider).high, announced(builtin).high);
    // without its miner, and on an announcement that is not there
    let errors = Dossier::with_overlay("own.toml", &text.replace("hut-8-river", "hut-9-river"), Registry::builtin());
    let told = errors.expect_err("two mistakes").to_string();
    assert_eq!(told.lines().count(), 2);
    assert!(told.contains("update of hut-9-river-bend-2025-12: \"hut-9-river-bend-2025-12\" is no other announcement"));
    assert!(told.contains("announcement own: \"private\" is no miner"));
    // the same value again without the word is a mistake
    let again = value("hashprice-usd-per-ph-day", "2026-05-25", "value = 36");
    let errors = Dossier::with_overlay("own.toml", &again, Registry::builtin()).expect_err("twice");
    assert!(errors.to_string().starts_with("own.toml: value hashprice-usd-per-ph-day of 2026-05-25:"), "{errors}");
}

#[test]
fn what_belongs_to_neither_is_told_by_both() {
    let text = "[[announcment]]\nslug = \"x\"\n";
    assert_eq!(only(text).1, Reason::UnknownKey("announcment".into()));
    assert!(Registry::with_overlay("own.toml", text).is_err());
    let bad = Dossier::from_files(&[("one.toml", "[[value]"), ("two.toml", "value = 3")], &miners()).expect_err("two");
    assert_eq!(bad.0.iter().map(|problem| problem.file.as_str()).collect::<Vec<_>>(), ["one.toml", "two.toml"]);
}
