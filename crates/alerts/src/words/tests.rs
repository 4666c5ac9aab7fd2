//! The sentences as a reader gets them.

use hashwatch_model::{AlertId, BlockHash, BlockId, Change, Measure, Notice, RegistryVersion, Subject};
use proptest::prelude::*;

use super::*;
use crate::rules::Rules;

/// As by default, and with marks of an operator's.
fn rules() -> Rules {
    toml::from_str("[attack_cost]\nlevels = [2000000, 1000000]").unwrap()
}

fn block(height: u32) -> BlockId {
    let hash: BlockHash = format!("{height:064x}").parse().unwrap();
    BlockId { height, hash }
}

fn notice(rule: Rule, change: Change, (from_level, level): (u8, u8), threshold: f64, measures: Vec<Measure>) -> Notice {
    Notice {
        seq: 1,
        alert: AlertId(7),
        rule: rule.key().to_owned(),
        subject: Subject {
            kind: "group".to_owned(),
            id: "antpool-and-friends".to_owned(),
            name: "AntPool & friends".to_owned(),
        },
        change,
        from_level,
        level,
        threshold,
        threshold_now: rules().threshold_now(rule, level),
        block: block(840_000),
        time: 1_713_571_767,
        measures,
        registry: RegistryVersion("0".repeat(64)),
        said_at: 1_713_571_767_000,
        historic: false,
        first_said_of: None,
    }
}

fn share(change: Change, levels: (u8, u8), threshold: f64) -> Notice {
    let measures = vec![
        Measure::new("share", "share", 0.419, Some((0.398, 0.441))),
        Measure::new("posterior", "probability", 0.973, None),
        Measure::new("window", "blocks", 2_016.0, None),
    ];
    notice(Rule::Share, change, levels, threshold, measures)
}

#[test]
fn a_share_in_all_its_changes() {
    let now = ", by the last 2,016 blocks: an estimated 41.9 % (39.8 to 44.1)";
    for (change, levels, mark, said) in [
        (
            Change::Raised,
            (0, 2),
            0.4,
            "AntPool & friends holds more than 40 % of the hashrate with a probability of 97 %",
        ),
        (
            Change::Worsened,
            (1, 3),
            0.5,
            "AntPool & friends holds more than half of the hashrate with a probability of 97 %",
        ),
        (Change::Over, (1, 0), 1.0 / 3.0, "Over: AntPool & friends no longer holds more than a third of the hashrate"),
        // from a higher level: what is over is all of it
        (Change::Over, (3, 0), 0.5, "Over: AntPool & friends no longer holds more than a third of the hashrate"),
    ] {
        assert_eq!(headline(&share(change, levels, mark)), format!("{said}{now}"));
    }
    let withdrawn = headline(&share(Change::Withdrawn, (1, 0), 1.0 / 3.0));
    assert!(withdrawn.starts_with("Withdrawn after a reorg: AntPool & friends holds more than a third"), "{withdrawn}");
}

/// What holds now, and then what it left.
#[test]
fn what_eased_says_what_holds_now() {
    let said = headline(&share(Change::Eased, (3, 1), 0.5));
    let whole =
        "AntPool & friends holds more than a third of the hashrate (41.9 %, 39.8 to 44.1), no longer more than half";
    assert_eq!(said, whole);
    let of = |rule: Rule, measures: Vec<Measure>| {
        let rules = rules();
        headline(&notice(rule, Change::Eased, (2, 1), rules.threshold(rule, 2).unwrap_or_default(), measures))
    };
    let figure = |name: &str, unit: &str, value: f64, low: f64, high: f64| {
        vec![Measure::new(name, unit, value, Some((low, high))), Measure::new("window", "blocks", 2_016.0, None)]
    };
    for (rule, measures, said) in [
        (
            Rule::Nakamoto,
            figure("held", "share", 0.489, 0.467, 0.511),
            "Three groups together hold more than half of the hashrate, two no longer (48.9 %, 46.7 to 51.1)",
        ),
        (
            Rule::Hhi,
            figure("hhi", "points", 2_431.0, 2_380.0, 2_480.0),
            "Concentration lies above 1,800 points of the HHI (2,431 points, 2,380 to 2,480), no longer above 2,500 points",
        ),
        (
            Rule::HhiRise,
            figure("rise", "points", 310.0, 260.0, 360.0),
            "Concentration rose by more than 200 points of the HHI from one month to the next (310 points, 260 to 360), \
             no longer by more than 400 points",
        ),
        (
            Rule::Hashrate,
            figure("fall", "share", 0.15, 0.11, 0.19),
            "The hashrate is lower by more than 10 % than before (15.0 %, 11.0 to 19.0), no longer by more than 20 %",
        ),
        (Rule::Reorg, Vec::new(), "A reorg left 2 blocks or more behind, none of late left 4 blocks"),
        (
            Rule::DisclosedHashrate,
            vec![Measure::new("hashrate", "hashes_per_second", 4.2e19, None)],
            "The disclosed hashrate of AntPool & friends is lower by more than 10 % (42 EH/s), no longer by more than 25 %",
        ),
        (
            Rule::AttackCost,
            figure("cost", "usd", 1.2e6, 1.1e6, 1.3e6),
            "An hour of a majority costs less than $2,000,000 ($1,200,000, $1,100,000 to $1,300,000), \
             no longer less than $1,000,000",
        ),
        // of levels without thresholds
        (Rule::Node, Vec::new(), "Eased: the node AntPool & friends has left the branch that breaks a rule"),
    ] {
        assert_eq!(of(rule, measures), said);
    }
    // what was said before the mark was kept
    let before = Notice { threshold_now: None, ..share(Change::Eased, (2, 1), 0.4) };
    assert!(headline(&before).starts_with("Eased: AntPool & friends no longer holds more than 40 %"));
}

/// Who hears of high levels alone is told that theirs is over, and what holds still.
#[test]
fn what_is_over_for_one_reader_may_hold_at_a_lower_level() {
    let said = headline(&share(Change::Over, (3, 1), 0.5));
    let whole = "Over: AntPool & friends holds more than a third of the hashrate (41.9 %, 39.8 to 44.1), no longer more than half";
    assert_eq!(said, whole);
    let before = Notice { threshold_now: None, ..share(Change::Over, (3, 1), 0.5) };
    assert!(
        headline(&before).starts_with("Over: AntPool & friends no longer holds more than half of the hashrate, by")
    );
}

/// What two groups hold is not what three do.
#[test]
fn what_is_over_is_not_told_by_another_figure() {
    let held = vec![Measure::new("held", "share", 0.41, Some((0.39, 0.43)))];
    let over = headline(&notice(Rule::Nakamoto, Change::Over, (2, 0), 2.0, held.clone()));
    assert_eq!(over, "Over: three groups together no longer hold more than half of the hashrate");
    let over = headline(&notice(Rule::Nakamoto, Change::Over, (1, 0), 3.0, held));
    assert!(over.ends_with("hashrate: an estimated 41.0 % (39.0 to 43.0)"), "{over}");
}

#[test]
fn other_rules() {
    let streak = vec![
        Measure::new("run", "blocks", 13.0, None),
        Measure::new("expected_per_year", "", 0.006_1, None),
        Measure::new("share_before", "share", 0.301, Some((0.288, 0.315))),
    ];
    let said = headline(&notice(Rule::Streak, Change::Raised, (0, 1), 0.01, streak));
    let whole = "AntPool & friends found 13 blocks in a row: expected once in 160 years at its share before, an estimated 30.1 %";
    assert_eq!(said, whole);
    let held = vec![
        Measure::new("held", "share", 0.53, Some((0.508, 0.552))),
        Measure::new("window", "blocks", 2_016.0, None),
    ];
    let mut nakamoto = notice(Rule::Nakamoto, Change::Raised, (0, 2), 2.0, held);
    let now = ", by the last 2,016 blocks: an estimated 53.0 % (50.8 to 55.2)";
    assert_eq!(headline(&nakamoto), format!("Two groups together hold more than half of the hashrate{now}"));
    nakamoto.threshold = 1.0;
    assert_eq!(headline(&nakamoto), format!("One group alone holds more than half of the hashrate{now}"));
    let depth = vec![Measure::new("depth", "blocks", 2.0, None)];
    assert_eq!(headline(&notice(Rule::Reorg, Change::Raised, (0, 1), 2.0, depth)), "A reorg left 2 blocks behind");
    let node = notice(Rule::Node, Change::Over, (1, 0), 0.0, vec![]);
    assert_eq!(headline(&node), "Over: the node AntPool & friends no longer lags behind");
}

#[test]
fn evidence_by_line() {
    let mut said = share(Change::Raised, (0, 2), 0.4);
    said.first_said_of = Some(block(839_999));
    said.historic = true;
    let lines = detail(&said);
    assert_eq!(lines[0], "share (estimate, 95 % interval in brackets): 41.9 % (39.8 to 44.1)");
    assert_eq!(lines[1], "posterior: 97 %");
    let cost =
        notice(Rule::AttackCost, Change::Raised, (0, 1), 2e6, vec![Measure::new("cost", "usd", 1e6, Some((9e5, 2e6)))]);
    assert_eq!(detail(&cost)[0], "cost (estimate, low and high in brackets): $1,000,000 ($900,000 to $2,000,000)");
    assert!(lines[3].starts_with("As of block 840,000 (0000"), "{lines:?}");
    assert!(lines[4].starts_with("First said of block 839,999") && lines[5].starts_with("Found in"), "{lines:?}");
}

#[test]
fn marks_and_figures() {
    for (rule, value, said) in [
        (Rule::Share, 1.0 / 3.0, "a third"),
        (Rule::Share, 0.4, "40 %"),
        (Rule::Share, 0.125, "12.5 %"),
        (Rule::Hashrate, 0.35, "35 %"),
        (Rule::Hhi, 1_800.0, "1,800 points"),
        (Rule::Nakamoto, 1.0, "1 group"),
        (Rule::Streak, 0.01, "once in 100 years"),
        (Rule::Streak, 0.000_1, "once in 10,000 years"),
        (Rule::StaleRate, 0.001, "0.1 %"),
        (Rule::AttackCost, 1_250_000.0, "$1,250,000"),
    ] {
        assert_eq!(threshold(rule, value), said, "{rule:?}");
    }
    for (value, unit, said) in [
        (0.9999, "probability", "more than 99.9 %"),
        (0.9949, "probability", "99.4 %"),
        (0.000_012_3, "probability", "0.00123 %"),
        (1.0, "blocks", "1 block"),
        (-1_080.0, "points", "-1,080 points"),
        (9.87e20, "hashes_per_second", "987 EH/s"),
        (4.5e3, "hashes_per_second", "4,500 H/s"),
        (1_234.5, "", "1,230"),
        (1_795_737_600.0, "unix_seconds", "2026-11-27"),
        (f64::MAX, "unix_seconds", ""),
        (38.25, "usd_per_ph_day", "38.2 USD per PH/s and day"),
    ] {
        assert_eq!(amount(value, unit), said, "{value} {unit}");
    }
    let between = Measure::new("cost", "usd", 2e6, Some((1.5e6, 3e6)));
    assert_eq!(figure(&between), "$2,000,000 ($1,500,000 to $3,000,000)");
}

/// What is no part of a name: controls, what turns the direction, blanks without end. Markup is text, and stays.
#[test]
fn hostile_names_are_text() {
    let mut said = share(Change::Raised, (0, 2), 0.4);
    said.subject.name = "\u{202e}a\r\nBcc: x@example.org\0 <script>alert(1)</script>\u{200b}".to_owned();
    let line = headline(&said);
    assert!(line.starts_with("A Bcc: x@example.org <script>alert(1)</script> holds more"), "{line}");
    said.subject.name = "\u{202e}\n".to_owned();
    assert!(headline(&said).starts_with("Antpool-and-friends holds"), "{}", headline(&said));
    said.subject.name = "n".repeat(500);
    assert!(headline(&said).chars().count() < 300);
}

proptest! {
    /// Any notice has its words, on one line each, whatever its figures are.
    #[test]
    fn any_notice_is_told(
        name in ".{0,200}", rule in "[a-z_]{0,9}", which in 0..Rule::ALL.len() + 1, change in 0..5_usize,
        levels in (0..5_u8, 0..5_u8), mark in -1e9..1e21, value in -1e30..1e30, unit in 0..11_usize,
    ) {
        let units = ["share", "points", "blocks", "probability", "hashes_per_second", "usd", "days", "entities", "unix_seconds", "usd_per_ph_day", ""];
        let names = ["share", "posterior", "window", "held", "hhi", "rise", "run", "expected_per_year", "depth", "fall"];
        let measures = names.map(|name| Measure::new(name, units[unit], value, Some((value, value)))).to_vec();
        let mut said = notice(Rule::Share, Change::ALL[change], levels, mark, measures);
        said.rule = Rule::ALL.get(which).map_or(rule, |rule| rule.key().to_owned());
        said.subject.name = name;
        for line in detail(&said).into_iter().chain([headline(&said)]) {
            prop_assert!(!line.is_empty() && !line.chars().any(|c| c.is_control() || is_invisible(c)), "{:?}", line);
            prop_assert!(!line.contains("NaN") && !line.contains("inf"), "{:?}", line);
        }
    }
}
