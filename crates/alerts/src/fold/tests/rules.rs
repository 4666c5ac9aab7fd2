//! Each rule alone.

use super::*;
use crate::{marks::least_hits, words::headline};

const SHARE: &str = "levels = [0.4, 0.6]\nwindow = 40\ncalm = 5\nconfidence = 0.95";

fn value(step: &Step, name: &str) -> f64 {
    step.measures.iter().find(|measure| measure.name == name).unwrap().value
}

/// A pool that takes over: of 40 blocks 22 make more than 40 % certain enough, 30 more than 60 %; 16 and 25 keep it
/// likelier than not.
#[test]
fn a_takeover_is_told_block_by_block() {
    let rules = only("share", SHARE);
    assert_eq!(
        [(0.4, 0.95), (0.6, 0.95), (0.4, 0.5), (0.6, 0.5)].map(|(mark, p)| least_hits(40, mark, p)),
        [22, 30, 16, 25]
    );
    // alone up to the 50th block, then every second of the others'
    let chain = Made::new().blocks(cycle(&[3, 4, 5, 6, 0], 60)).blocks([3; 30]).blocks(cycle(&[4, 5, 6, 0], 60));
    let said = chain.said(&rules);
    assert_eq!(
        told(&said),
        [
            format!("{} pool/c 0>1", raised_at(&chain, 22)),
            format!("{} pool/c 1>2", raised_at(&chain, 30)),
            format!("{} pool/c 2>1", falls_at(&chain, 25) + 4),
            format!("{} pool/c 1>0", falls_at(&chain, 16) + 4),
        ]
    );
    assert_eq!((said[0].threshold, said[1].threshold, said[2].threshold, said[3].threshold), (0.4, 0.6, 0.6, 0.4));
    assert!(said.iter().all(|step| step.raised == said[0].height));
    assert!((value(&said[0], "share") - 22.0 / 40.0).abs() < 1e-12 && value(&said[0], "posterior") >= 0.95);
    assert_eq!((value(&said[0], "found"), value(&said[0], "window")), (22.0, 40.0));
}

fn hits(chain: &Made, place: usize) -> usize {
    chain.pools[place - 39..=place].iter().filter(|id| **id == 3).count()
}

fn raised_at(chain: &Made, least: usize) -> u32 {
    u32::try_from((39..chain.times.len()).find(|place| hits(chain, *place) >= least).unwrap()).unwrap()
}

/// The first block of the fall at which fewer than so many are left.
fn falls_at(chain: &Made, fewest: usize) -> u32 {
    u32::try_from((90..chain.times.len()).find(|place| hits(chain, *place) < fewest).unwrap()).unwrap()
}

/// Two pools of one group: neither is above the mark, and the group is. The pool that stands for itself is told of once.
#[test]
fn a_group_is_more_than_its_pools() {
    let rules = only("share", SHARE);
    let said = Made::new().blocks(cycle(&[1, 2, 1, 2, 3], 200)).said(&rules);
    assert_eq!(told(&said), ["39 group/ab 0>2"]);
    let alone = Made::new().blocks([3; 200]).said(&rules);
    assert_eq!(told(&alone), ["39 pool/c 0>2"]);
}

/// Nobody is warned of half a window, of a window longer than the chain, or of Unknown.
#[test]
fn what_is_not_known_is_no_warning() {
    for settings in ["", "[nakamoto]\nwindow = 40\n[share]\nwindow = 40\n[hhi]\nwindow = 40\n[hhi_rise]\nwindow = 20"] {
        let rules: Rules = toml::from_str(settings).unwrap();
        assert_eq!(Made::new().said(&rules), []);
        assert_eq!(Made::new().blocks([0; 6_000]).said(&rules), []);
        assert_eq!(Made::new().blocks([1; 39]).said(&rules), []);
    }
    assert_eq!(Made::new().blocks([1; 2_015]).said(&Rules::default()), []);
    let one = Made::new().blocks([1; 9_000]).said(&Rules::default());
    let expected = ["2015 pool/a 0>3", "2015 group/ab 0>3", "2015 network/ 0>3", "2015 network/ 0>2"];
    assert_eq!(told(&one), expected, "one who mines alone: share, Nakamoto and HHI, once each");
}

/// Half of the blocks Unknown: whoever they are, the other half is no more than half.
#[test]
fn unknown_counts_against_a_warning() {
    let rules: Rules = toml::from_str(
        "[share]\nlevels = [0.5]\nwindow = 100\n[nakamoto]\nwindow = 100\n[hhi]\nwindow = 100\nlevels = [2600]",
    )
    .unwrap();
    assert_eq!(Made::new().blocks(cycle(&[3, 0], 1_000)).said(&rules), []);
    assert_eq!(Made::new().blocks(cycle(&[3, 3, 0], 1_000)).said(&rules).len(), 3);
}

#[test]
fn few_groups_hold_more_than_half() {
    let rules = only("nakamoto", "window = 200\ncalm = 10");
    // six alike: four are needed. Then the group of a and b has two thirds
    let chain = Made::new().blocks(cycle(&[1, 3, 4, 5, 6, 0], 400)).blocks(cycle(&[1, 2, 3], 300));
    let said = chain.said(&rules);
    let levels: Vec<(u8, u8)> = said.iter().map(|step| (step.from_level, step.level)).collect();
    assert_eq!(levels, [(0, 1), (1, 2), (2, 3)], "{:?}", told(&said));
    assert_eq!(said.iter().map(|step| step.threshold).collect::<Vec<_>>(), [3.0, 2.0, 1.0]);
    let least = least_hits(200, 0.5, 0.95);
    assert!(said.iter().all(|step| value(step, "found") >= f64::from(u32::try_from(least).unwrap())));
}

/// Five alike have an HHI of 2,000, four 2,500.
#[test]
fn concentration_above_a_mark() {
    let rules = only("hhi", "levels = [1900, 2400]\nwindow = 1000\ncalm = 10");
    assert_eq!(Made::new().blocks(cycle(&[1, 3, 4, 5, 6, 0], 3_000)).said(&rules), []);
    let five = || cycle(&[1, 3, 4, 5, 6], 2_000);
    let said = Made::new().blocks(five()).blocks(cycle(&[1, 3, 4, 5], 1_500)).blocks(five()).said(&rules);
    assert_eq!(said.iter().map(|step| (step.from_level, step.level)).collect::<Vec<_>>(), [(0, 1), (1, 2), (2, 1)]);
    let marks: Vec<_> = said.iter().map(|step| (step.threshold, step.threshold_now)).collect();
    assert_eq!(marks, [(1_900.0, Some(1_900.0)), (2_400.0, Some(2_400.0)), (2_400.0, Some(1_900.0))]);
    assert!((value(&said[0], "hhi") - 2_000.0).abs() < 1.0 && value(&said[1], "hhi") > 2_400.0);
}

#[test]
fn concentration_that_grows() {
    let rules = only("hhi_rise", "levels = [300]\nwindow = 1000\ncalm = 10");
    let steady = Made::new().blocks(cycle(&[1, 3, 4, 5, 6], 6_000));
    assert_eq!(steady.said(&rules), []);
    let grows = steady.blocks(cycle(&[1, 3, 4, 5], 3_000)).said(&rules);
    assert_eq!(grows.iter().map(|step| (step.from_level, step.level)).collect::<Vec<_>>(), [(0, 1), (1, 0)]);
    assert!(value(&grows[0], "rise") > 300.0 && value(&grows[0], "hhi_before") < 2_001.0);
    // what was Unknown and becomes known is no rise
    let known = Made::new().blocks(cycle(&[1, 3, 4, 0, 0], 3_000)).blocks(cycle(&[1, 3, 4, 5, 6], 3_000));
    assert_eq!(known.said(&rules), []);
}

/// A tenth of the blocks, evenly: 52,560 times the mean of (1-p) p^L is 0.0491 for six and 0.0050 for seven, the first below 0.01.
#[test]
fn a_run_that_is_not_to_be_seen() {
    let rules = only("streak", "before = 4000\ncalm = 10");
    let tenth = || Made::new().blocks(cycle(&[1, 3, 4, 5, 6, 3, 4, 5, 6, 3], 4_000));
    assert_eq!(tenth().blocks([1; 6]).said(&rules), []);
    let said = tenth().blocks([1; 7]).blocks(cycle(&[3, 4], 40)).said(&rules);
    assert_eq!(told(&said), ["4006 pool/a 0>1", "4016 pool/a 1>0"]);
    assert!((value(&said[0], "expected_per_year") - 0.004_983).abs() < 1e-6, "{:?}", said[0].measures);
    let longer = tenth().blocks([1; 12]).said(&rules);
    assert_eq!(told(&longer), ["4006 pool/a 0>1", "4008 pool/a 1>2"]);
    // Unknown's blocks are nobody's, and end a run
    assert_eq!(tenth().blocks([0; 30]).blocks([1; 4]).blocks([0]).blocks([1; 4]).said(&rules), []);
    // who was never seen before has to find six
    assert_eq!(told(&tenth().blocks([2; 6]).said(&rules)), ["4005 pool/b 0>2"]);
}

#[test]
fn a_fall_of_the_hashrate() {
    let rules = only("hashrate", "calm = 100");
    let mut chain = Made::new();
    let mut more = |blocks: usize, seconds: u32| (0..blocks).for_each(|_| chain.block(1, seconds));
    more(6_000, 600);
    // a third less, then as before
    more(3_000, 900);
    more(6_000, 600);
    let said = chain.said(&rules);
    let levels: Vec<(u8, u8)> = said.iter().map(|step| (step.from_level, step.level)).collect();
    assert_eq!(levels, [(0, 1), (1, 2), (2, 1), (1, 0)], "{:?}", told(&said));
    assert!((6_000..7_008).contains(&(said[0].height - 100)));
    assert!(said[..2].iter().all(|step| value(step, "posterior") >= 0.95));
    let mut without = chain.scene();
    without.chainworks = None;
    let mut fold = Fold::new(&rules);
    assert!((0..chain.times.len()).all(|_| fold.push(&without).is_empty()), "no work, no word");
}

#[test]
fn steps_become_notices_with_words() {
    let chain = Made::new().blocks(cycle(&[1, 2, 1, 2, 3], 60));
    let step = chain.said(&only("share", SHARE)).remove(0);
    let hash = format!("{:064x}", 9).parse().unwrap();
    let notice = step.clone().notice(hash, hash, hashwatch_model::RegistryVersion("r".to_owned()));
    assert_eq!((notice.alert, notice.block.height), (crate::alert_id(Rule::Share, &step.subject, hash), 139));
    let said = "AB holds more than 60 % of the hashrate with a probability of 99.6 %, by the last 40 blocks: an estimated 80.0 % (65.8 to 90.1)";
    assert_eq!(headline(&notice), said);
}
