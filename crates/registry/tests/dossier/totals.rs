//! What adds up as of a day, against sums by hand.

use hashwatch_registry::{Amount, Dossier, Stage};
use jiff::civil::{Date, date};

use super::{INLINE, announced, read};

fn figure(what: &str, of: &str, value: f64) -> String {
    format!("{{ what = {what:?}, of = {of:?}, value = {value:?} }}")
}

fn mw(of: &str, value: f64) -> String {
    format!("figure = [{}]", figure("critical-it-mw", of, value))
}

fn announced_mw(dossier: &Dossier, day: Date) -> (f64, f64, f64) {
    let Amount { low, value, high } = dossier.critical_it_mw_on(day).announced;
    (low, value, high)
}

/// 200 MW and 3.5 billion; 120 and 2 more, 500 and 8.7 in all; 70 of these at one site; 590 in all. Another of 25 MW.
fn contract() -> Dossier {
    let both =
        |mw: [String; 2], usd: [String; 2]| format!("about = \"first\"\nfigure = [{}]", [mw, usd].concat().join(", "));
    let second = both(
        [figure("critical-it-mw", "new", 120.0), figure("critical-it-mw", "total", 500.0)],
        [figure("contract-usd", "new", 2e9), figure("contract-usd", "total", 8.7e9)],
    );
    let first =
        format!("figure = [{}, {}]", figure("critical-it-mw", "new", 200.0), figure("contract-usd", "new", 3.5e9));
    let billed = format!(
        "about = \"first\"\nkind = \"progress\"\nfigure = [{}, {}]",
        figure("critical-it-mw", "total", 590.0),
        figure("live-critical-it-mw", "total", 243.0)
    );
    let text = [
        announced("fourth", "2026-05-06", &billed),
        announced("second", "2024-10-22", &second),
        announced("third", "2024-11-18", &format!("about = \"first\"\nkind = \"progress\"\n{}", mw("part", 70.0))),
        announced("first", "2024-06-03", &first),
        announced("other", "2026-01", &mw("new", 25.0)),
    ];
    read(&text.concat()).expect("sound")
}

#[test]
fn nothing_is_counted_twice() {
    let dossier = contract();
    for (day, megawatts, usd) in [
        (date(2024, 6, 2), 0.0, 0.0),
        (date(2024, 6, 3), 200.0, 3.5e9),
        (date(2024, 10, 22), 500.0, 8.7e9),
        (date(2024, 11, 18), 500.0, 8.7e9),
        (date(2026, 1, 1), 525.0, 8.7e9),
        (date(2026, 5, 6), 615.0, 8.7e9),
    ] {
        assert_eq!(announced_mw(&dossier, day), (megawatts, megawatts, megawatts), "{day}");
        assert_eq!(dossier.contract_usd_on(day).value, usd, "{day}");
    }
    assert_eq!(dossier.critical_it_mw_on(date(2026, 5, 5)).live, Amount::ZERO);
    assert_eq!(dossier.critical_it_mw_on(date(2026, 5, 6)).live, Amount::exact(243.0));
    let contracts = dossier.contracts_on(date(2026, 5, 6));
    let slugs: Vec<Vec<&str>> =
        contracts.iter().map(|it| it.announcements.iter().map(|it| it.slug.as_str()).collect()).collect();
    assert_eq!(slugs, [vec!["first", "second", "third", "fourth"], vec!["other"]]);
}

#[test]
fn contradictions_are_bounds_and_no_sum() {
    let one = announced("one", "2025-01", &format!("contradicts = [\"two\"]\n{}", mw("new", 300.0)));
    let two = announced("two", "2025-02", &format!("about = \"one\"\ncontradicts = [\"one\"]\n{}", mw("new", 240.0)));
    let more = announced("more", "2025-03", &format!("about = \"one\"\n{}", mw("new", 10.0)));
    let dossier = read(&(one + &two + &more)).expect("sound");
    assert_eq!(announced_mw(&dossier, date(2025, 1, 31)), (300.0, 300.0, 300.0));
    assert_eq!(announced_mw(&dossier, date(2025, 2, 1)), (240.0, 240.0, 300.0), "the newest is the one to go by");
    assert_eq!(announced_mw(&dossier, date(2025, 3, 1)), (250.0, 250.0, 310.0));
}

#[test]
fn a_chain_of_contradictions_is_one() {
    let text = [
        announced("x", "2025-01", &format!("contradicts = [\"y\"]\n{}", mw("new", 100.0))),
        announced("y", "2025-02", &format!("about = \"x\"\ncontradicts = [\"x\", \"z\"]\n{}", mw("new", 50.0))),
        announced("z", "2025-03", &format!("about = \"x\"\ncontradicts = [\"y\"]\n{}", mw("new", 70.0))),
    ];
    let dossier = read(&text.concat()).expect("sound");
    assert_eq!(announced_mw(&dossier, date(2025, 3, 1)), (50.0, 70.0, 100.0));
}

#[test]
fn what_is_over_counts_no_more() {
    let cancelled = format!("status = [{{ on = \"2025-06-01\", is = \"cancelled\", {INLINE} }}]");
    let first = announced("first", "2025-01", &format!("{}\n{cancelled}", mw("new", 100.0)));
    let more = announced("more", "2025-02", &format!("about = \"first\"\n{}", mw("new", 30.0)));
    let dossier = read(&(first.clone() + &more)).expect("sound");
    assert_eq!(announced_mw(&dossier, date(2025, 5, 31)).1, 130.0);
    assert_eq!(announced_mw(&dossier, date(2025, 6, 1)).1, 0.0, "with its first announcement a contract ends");
    let status = |day| dossier.announcement("first").expect("there").status_on(day).map(|status| status.is);
    assert_eq!(status(date(2024, 12, 31)), None);
    assert_eq!(status(date(2025, 5, 31)), Some(Stage::Announced));
    assert_eq!(status(date(2025, 6, 1)), Some(Stage::Cancelled));
    // an extension that falls through takes nothing else with it
    let first = announced("first", "2025-01", &mw("new", 100.0));
    let more = announced("more", "2025-02", &format!("about = \"first\"\n{}\n{cancelled}", mw("new", 30.0)));
    assert_eq!(announced_mw(&read(&(first + &more)).expect("sound"), date(2025, 6, 1)).1, 100.0);
}

#[test]
fn what_is_not_signed_stands_apart_until_it_is() {
    let plan = announced("plan", "2025-01", &format!("kind = \"plan\"\n{}", mw("new", 600.0)));
    let signed = announced("signed", "2025-09", &format!("about = \"plan\"\n{}", mw("new", 400.0)));
    let sale = announced("sale", "2025-09", &format!("about = \"plan\"\nkind = \"sale\"\n{}", mw("new", 400.0)));
    let dossier = read(&(plan + &signed + &sale)).expect("sound");
    let capacity = dossier.critical_it_mw_on(date(2025, 8, 31));
    assert_eq!((capacity.announced.value, capacity.unsigned.value), (0.0, 600.0));
    let capacity = dossier.critical_it_mw_on(date(2025, 9, 1));
    assert_eq!((capacity.announced.value, capacity.unsigned.value), (400.0, 0.0));
}

#[test]
fn live_is_what_is_told_or_what_the_status_allows() {
    let live = |is: &str, figure: &str| {
        let status = format!("status = [{{ on = \"2026-02\", is = {is:?}, {INLINE} }}]");
        let text = announced("x", "2026-01", &format!("{figure}\n{status}"))
            + &announced("y", "2026-03", &format!("about = \"x\"\nkind = \"progress\"\n{}", mw("total", 216.0)));
        let Amount { low, value, high } = read(&text).expect("sound").critical_it_mw_on(date(2026, 3, 1)).live;
        (low, value, high)
    };
    assert_eq!(live("live", &mw("new", 200.0)), (200.0, 200.0, 200.0));
    assert_eq!(live("partly-live", &mw("new", 200.0)), (0.0, 0.0, 200.0));
    assert_eq!(live("partly-live", ""), (0.0, 0.0, 216.0), "of all, where it names no megawatts of its own");
    assert_eq!(live("building", &mw("new", 200.0)), (0.0, 0.0, 0.0));
}

#[test]
fn bounds_of_a_source_are_kept() {
    let text = announced("x", "2026", "figure = [{ what = \"critical-it-mw\", low = 100, high = 300 }]")
        + &announced("y", "2026", "figure = [{ what = \"critical-it-mw\", value = 10, low = 5 }]");
    assert_eq!(announced_mw(&read(&text).expect("sound"), date(2026, 1, 1)), (105.0, 210.0, 310.0));
}
