//! Scenarios of the built-in facts: identities, rules of amounts, limits, and what is refused.

use hashwatch_economics::cost::OWNED;
use hashwatch_registry::{Dossier, Registry};
use jiff::civil::{Date, date};

use super::{
    amounts::Rule,
    answer::fields,
    ask::Wanted,
    chart,
    course::ends,
    leaving::{Leaving, leaving},
    play::Played,
    start::{Begins, Counted, reward_btc, subsidy_btc},
    words::sentence,
};
use crate::{
    error::WebError,
    inputs::{Inputs, Sources},
    params::Params,
    span::midnight,
};
use hashwatch_economics::{path::Start, scenario::Pool};

const DAY: Date = date(2026, 11, 28);

fn wanted(query: &str) -> Result<Wanted, WebError> {
    let mut params = Params::of(&format!("/scenario?{query}").parse().unwrap());
    let wanted = Wanted::read(&mut params)?;
    params.finish()?;
    Ok(wanted)
}

fn played(query: &str) -> Result<Played, WebError> {
    let wanted = wanted(query)?;
    let sources = Sources { dossier: Dossier::builtin(), own: None, prices: None, day: DAY, later: false };
    let inputs = Inputs::from(sources, &OWNED, &wanted.market);
    let network = inputs.central("network_exahashes_per_second").unwrap();
    let start = Start { time: midnight(DAY), epoch: inputs.epoch().unwrap() };
    let begins = Begins { start, day: DAY, exahashes_per_second: network, height: 977_087, own: false };
    let days = wanted.days(DAY)?;
    let leaving = leaving(Dossier::builtin(), Registry::builtin(), (DAY, days), &wanted)?;
    let pools = [("foundryusa", 300), ("antpool", 200), ("marapool", 50)];
    let pools = pools.map(|(name, blocks)| Pool { name: name.to_owned(), blocks });
    let counted = Counted { pools: pools.into(), unknown: 10, words: String::new(), source: None };
    Played::put_together(wanted, (days, begins), leaving, (counted, inputs))
}

fn left(query: &str) -> Leaving {
    played(query).unwrap().leaving
}

fn refusal(query: &str) -> String {
    played(query).map(|_| ()).unwrap_err().to_string()
}

/// A part d leaves at an epoch's start: blocks take 10/(1-d) minutes, and the retarget falls by d.
#[test]
fn a_part_leaves_at_the_start_of_an_epoch() {
    let all = left("listed_share=1").disclosed;
    for share in [0.1, 0.25, 0.5] {
        // the network has twice what listed miners disclose
        let query = format!("listed_share={share}&network_exahashes_per_second={}&by={DAY}", 2.0 * all);
        let found = played(&query).unwrap();
        let (d, central) = (share / 2.0, &found.outcome.central);
        let slowest = ends(&found, central).slowest.unwrap();
        assert!((slowest.seconds / 600.0 - 1.0 / (1.0 - d)).abs() < 1e-9, "{slowest:?}");
        assert!((central.path.retargets[0].change.value / (2_016.0 / 2_015.0) - (1.0 - d)).abs() < 1e-9);
        assert!((ends(&found, central).change / (2_016.0 / 2_015.0) - (1.0 - d)).abs() < 1e-6);
        assert!(slowest.until.is_some_and(|until| (until - central.path.retargets[0].time.value).abs() < 1.0));
    }
}

#[test]
fn all_leave_and_nothing_is_infinite() {
    let all = left("listed_share=1").disclosed;
    let found = played(&format!("listed_share=1&network_exahashes_per_second={all}&by=2027-02-01")).unwrap();
    assert!(found.outcome.central.path.standstill);
    let said = sentence(&found);
    assert!(said.contains("no block is found") && !said.contains("inf") && !said.contains("NaN"), "{said}");
    let told = serde_json::to_value(fields(&found, Dossier::builtin(), Registry::builtin())).unwrap();
    // serde tells an infinity as null, where a number must be
    assert!(told["central"].as_object().unwrap().values().all(|value| !value.is_null()), "{}", told["central"]);
    assert_eq!(told["central"]["standstill"], true);
    assert!(told["attack"]["after"]["central"].is_null(), "nothing is left to attack");
    for show in ["difficulty", "hashrate", "hashprice"] {
        assert!(chart::data(&found, show)["points"].as_array().is_some_and(|points| !points.is_empty()), "{show}");
    }
    let said = refusal(&format!("listed_share=1&network_exahashes_per_second={}", all - 1.0));
    assert!(said.contains("\"network_exahashes_per_second\"") && said.contains("would leave"), "{said}");
}

#[test]
fn nobody_leaves_with_more_than_is_disclosed() {
    let slugs: Vec<String> = left("").offers.iter().map(|it| it.slug.clone()).collect();
    assert!(slugs.len() > 40, "{slugs:?}");
    for query in [format!("leave={}", slugs.join(",")), "leave=all-announced&listed_share=1".to_owned()] {
        let found = left(&query);
        for one in &found.leavers {
            let of = found.leavers.iter().filter(|it| it.miner == one.miner);
            let sum = of.fold((0.0, 0.0, 0.0), |sum, it| {
                (sum.0 + it.amount.low, sum.1 + it.amount.central, sum.2 + it.amount.high)
            });
            let most = one.said.exahashes_per_second() * (1.0 + 1e-12);
            assert!(sum.0 <= sum.1 + 1e-9 && sum.1 <= sum.2 + 1e-9 && sum.2 <= most, "{one:?}");
        }
    }
    let all = left("leave=all-announced");
    assert!(
        all.leavers.iter().all(|it| it.reasons[0].rule == Rule::Whole)
            && all.leavers.len() + all.nothing.len() == all.pivoted
    );
}

#[test]
fn amounts_follow_their_rules() {
    let one = |slug: &str| left(&format!("leave={slug}"));
    // the company ends its mining, by the end of the year that it names
    let exit = &one("cipher-exit-2026-02").leavers[0];
    assert_eq!(
        (exit.reasons[0].rule, exit.amount.central, exit.date, exit.dated),
        (Rule::Company, 11.6, date(2027, 12, 31), true)
    );
    // 180 MW of its matter, by the miners' last efficiencies: 24.5 in the middle
    let part = &one("bitdeer-tydal-2026").leavers[0];
    assert_eq!((part.reasons[0].rule, part.reasons[0].megawatts.map(|it| it.central)), (Rule::Power, Some(180.0)));
    assert!((part.amount.central - 180.0 / 24.5).abs() < 1e-9 && part.amount.low > 0.0, "{part:?}");
    assert_eq!(part.efficiency.as_ref().map(|it| it.own), Some(false));
    // given, the efficiency is what was given
    let given = &left("leave=bitdeer-tydal-2026&joules_per_terahash=20").leavers[0];
    assert_eq!((given.amount.low, given.amount.central, given.amount.high), (9.0, 9.0, 9.0));
    // a lease says nothing of mining: at the least nothing stops
    let lease = &one("riot-anthropic-2026-08").leavers[0];
    assert_eq!((lease.reasons[0].rule, lease.amount.low), (Rule::Converted, 0.0));
    assert!((lease.amount.central - 191.0 / 20.5).abs() < 1e-9);
    // what has left already does not leave again
    let gone = one("iren-exit-2026-03");
    assert!(gone.leavers.is_empty() && gone.nothing[0].why.contains("already"), "{gone:?}");
    // an old figure says nothing of today
    let old = &one("hive-grand-falls-2026-05").leavers[0];
    assert!(old.said.silent() && old.amount.low == 0.0 && old.amount.central == 3.88, "{old:?}");
    // announcements on one matter are one reason, of several matters the miner leaves with no more than it has
    let both = left("leave=terawulf-fluidstack-2025-08-14,terawulf-fluidstack-2025-08-18");
    assert_eq!((both.leavers.len(), both.leavers[0].reasons.len()), (1, 1));
}

#[test]
fn shares_move_where_the_pool_is_known() {
    let found = played("leave=mara-treasury-2026-05").unwrap();
    let after = |pool: &str| {
        let share = found.outcome.central.shares.iter().find(|it| it.pool.as_deref() == Some(pool)).unwrap();
        (share.before, share.after)
    };
    assert!(after("marapool").1 < after("marapool").0 && after("antpool").1 > after("antpool").0);
    let unmoved = played("leave=riot-anthropic-2026-08").unwrap();
    assert!(unmoved.outcome.central.shares.iter().all(|it| (it.before - it.after).abs() < 1e-12));
    assert!(sentence(&unmoved).contains("HHI stays"), "{}", sentence(&unmoved));
}

#[test]
fn the_subsidy_halves_and_fees_stay() {
    assert_eq!(
        (subsidy_btc(0), subsidy_btc(840_000), subsidy_btc(1_049_999), subsidy_btc(1_050_000)),
        (50.0, 3.125, 3.125, 1.5625)
    );
    assert_eq!(subsidy_btc(u64::MAX), 0.0);
    assert_eq!(reward_btc(3.125, 1_049_000, 999), 3.125);
    assert_eq!(reward_btc(3.145, 1_049_000, 1_000), 3.145 - 3.125 + 1.5625);
    assert_eq!(reward_btc(1.0, 1_049_000, 1_000), 0.5, "less than the subsidy halves as a whole");
    let found = played("until=2029-06-01").unwrap();
    assert!(found.late.is_some(), "the attack's blocks pay less by then");
}

#[test]
fn bad_questions_are_refused_by_name() {
    for (query, name) in [
        ("leave=nobody-2026-01", "leave"),
        ("leave=riot-target-2025-05", "leave"),
        ("leave=cipher-west-texas-2026-02", "leave"),
        ("leave=mara-treasury-2026-03", "leave"),
        ("listed_share=NaN", "listed_share"),
        ("listed_share=1.5", "listed_share"),
        ("listed_share=-1", "listed_share"),
        ("listed_share=inf", "listed_share"),
        ("retired_share=2", "retired_share"),
        ("until=2026-11-28", "until"),
        ("until=2036-11-29", "until"),
        ("until=2020-01-01", "until"),
        ("by=2026-11-27", "by"),
        ("by=2028-01-01&until=2027-01-01", "by"),
        ("by=2027-13-01", "by"),
        ("by=20270601", "by"),
        ("until=", "until"),
        ("leave=", "leave"),
        ("listed_share=", "listed_share"),
        ("joules_per_terahash=0", "joules_per_terahash"),
        ("joules_per_terahash=20..10", "joules_per_terahash"),
        ("network_exahashes_per_second=0", "network_exahashes_per_second"),
        ("network_exahashes_per_second=1", "network_exahashes_per_second"),
        ("usd_per_btc=nan", "usd_per_btc"),
        ("fleet=1@2", "fleet"),
        ("fleet=1@NaN@0.05", "fleet"),
        ("fleet=-0@20@0.05", "fleet"),
        ("fleet=100@20@-0.05", "fleet"),
        ("fleet=5000@20@0.01", "fleet"),
    ] {
        let said = refusal(query);
        assert!(said.starts_with(&format!("bad value for \"{name}\"")), "{query}: {said}");
    }
    assert!(matches!(wanted("retired_share=1&retired_share=1"), Err(WebError::RepeatedParameter("retired_share"))));
    assert!(matches!(wanted("wat=1"), Err(WebError::UnknownParameter { .. })));
}

#[test]
fn what_is_left_out_is_all_who_announced() {
    let default = wanted("").unwrap();
    assert!(default.all && default.slugs.is_empty());
    assert!(!wanted("listed_share=0").unwrap().all, "nobody is an answer, too");
    let several = wanted("leave=cipher-exit-2026-02&leave=all-announced").unwrap();
    assert!(several.all && several.slugs.contains("cipher-exit-2026-02"));
    let nobody = played("listed_share=0").unwrap();
    assert!(sentence(&nobody).starts_with("Nobody leaves"), "{}", sentence(&nobody));
    let days = default.days(date(2026, 11, 28)).unwrap();
    assert_eq!((days.by, days.until), (date(2027, 12, 31), date(2028, 12, 31)));
    let later = default.days(date(2030, 1, 1)).unwrap();
    assert_eq!((later.by, later.until), (date(2031, 1, 1), date(2032, 1, 1)));
}

#[test]
fn a_fleet_answers_to_the_hashprice() {
    let query = "leave=all-announced&usd_per_btc=63000&reward_btc=3.125&fleet=100@30@0.05";
    let found = played(query).unwrap();
    assert_eq!(found.outcome.central.returned_exahashes_per_second, 100.0, "42.3 pays for 36");
    assert!(
        ends(&found, &found.outcome.central).difficulty
            > ends(&played("").unwrap(), &played("").unwrap().outcome.central).difficulty
    );
}

#[test]
fn the_sentence_has_its_figures() {
    let said = sentence(&played("").unwrap());
    assert!(said.starts_with("If all ") && said.contains("stop by 2027-12-31, ") && said.ends_with('.'), "{said}");
    for part in [
        "EH/s leave",
        "difficulty falls by ",
        "minutes on the mean until about 2028-01-",
        "HHI ",
        "matching the network costs ",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
}
