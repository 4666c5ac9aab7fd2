//! What is said after a reorg, a restart and another registry.

use super::*;

const NOW: u64 = 1_800_000_000_000;
const TIME: u32 = 1_799_999_000;

fn hash(height: u32, branch: u32) -> BlockHash {
    format!("{:064x}", u64::from(branch) << 32 | u64::from(height)).parse().unwrap()
}

fn step(levels: (u8, u8), raised: u32, height: u32) -> Step {
    Step {
        rule: Rule::Share,
        subject: Subject { kind: "pool".to_owned(), id: "a".to_owned(), name: "A".to_owned() },
        from_level: levels.0,
        level: levels.1,
        threshold: 0.4,
        threshold_now: None,
        raised,
        height,
        time: TIME,
        measures: Vec::new(),
    }
}

fn notice(seq: u64, levels: (u8, u8), raised: u32, height: u32, branch: u32) -> Notice {
    let registry = RegistryVersion("r".to_owned());
    let notice = step(levels, raised, height).notice(hash(height, branch), hash(raised, branch), registry);
    Notice { seq, said_at: NOW, ..notice }
}

fn evaluation(rules: &Rules) -> Evaluation<'_> {
    Evaluation {
        rules,
        tip: BlockId { height: 120, hash: hash(120, 1) },
        time: TIME,
        registry: RegistryVersion("r".to_owned()),
        now: NOW,
        first: false,
        open: Vec::new(),
        left: Vec::new(),
        steps: Vec::new(),
        raised: Vec::new(),
        hashes: (0..=120).map(|height| (height, hash(height, 1))).collect(),
    }
}

/// Change, levels and height of what is new.
fn new(saying: &Saying) -> Vec<(Change, u8, u8, u32)> {
    saying.new.iter().map(|notice| (notice.change, notice.from_level, notice.level, notice.block.height)).collect()
}

#[test]
fn a_course_without_a_reorg() {
    let rules = Rules::default();
    let steps = vec![step((0, 1), 110, 110), step((1, 2), 110, 112), step((2, 0), 110, 119)];
    let saying = saying(Evaluation { steps, ..evaluation(&rules) });
    assert_eq!(new(&saying), [(Change::Raised, 0, 1, 110), (Change::Worsened, 1, 2, 112), (Change::Over, 2, 0, 119)]);
    assert!(saying.new.iter().all(|notice| notice.alert == saying.new[0].alert && !notice.historic));
    assert_eq!(saying.moved, []);
}

#[test]
fn a_raise_that_is_said_of_another_block_is_moved() {
    let rules = Rules::default();
    let left = vec![notice(7, (0, 1), 110, 110, 0)];
    let (open, steps) = (vec![left[0].clone()], vec![step((0, 1), 111, 111), step((1, 2), 111, 112)]);
    let raised = vec![step((0, 2), 111, 120)];
    let it = Evaluation { open, left, steps, raised, ..evaluation(&rules) };
    let alert = it.open[0].alert;
    let saying = saying(it);
    assert_eq!(
        saying.moved.iter().map(|it| (it.seq, it.block)).collect::<Vec<_>>(),
        [(7, BlockId { height: 111, hash: hash(111, 1) })]
    );
    assert_eq!(new(&saying), [(Change::Worsened, 1, 2, 112)]);
    assert_eq!(saying.new[0].alert, alert, "it stays the alert that it was");
}

#[test]
fn a_raise_that_does_not_hold_is_withdrawn() {
    let rules = Rules::default();
    let left = vec![notice(7, (0, 1), 110, 110, 0), notice(8, (1, 2), 110, 112, 0)];
    let open = vec![left[1].clone()];
    let alert = left[0].alert;
    let saying = saying(Evaluation { open, left, ..evaluation(&rules) });
    assert_eq!(new(&saying), [(Change::Withdrawn, 2, 0, 120)]);
    assert_eq!((saying.new[0].alert, saying.moved), (alert, vec![]));
}

/// The raise stands on a block that stays; what came after does not.
#[test]
fn a_rise_that_does_not_hold_is_set_right() {
    let rules = Rules::default();
    let open = vec![notice(8, (1, 2), 100, 112, 0)];
    let (left, raised) = (vec![open[0].clone()], vec![step((0, 1), 100, 120)]);
    let eased = saying(Evaluation { open, left, raised, ..evaluation(&rules) });
    assert_eq!(new(&eased), [(Change::Eased, 2, 1, 120)]);
    assert_eq!(eased.new[0].threshold_now, Some(1.0 / 3.0), "what holds is told by its own mark");
    // and an end on a block that left, after which it holds still: the alert is raised again
    let left = vec![notice(8, (1, 0), 100, 112, 0)];
    let again = saying(Evaluation { left, raised: vec![step((0, 1), 100, 120)], ..evaluation(&rules) });
    assert_eq!(new(&again), [(Change::Raised, 0, 1, 120)]);
    assert_eq!(again.new[0].alert, alert_id(Rule::Share, &step((0, 1), 100, 100).subject, hash(100, 1)));
}

/// As after another registry: what was said of a pool does not hold, and what holds was not said.
#[test]
fn a_difference_is_set_right_at_the_tip() {
    let rules = Rules::default();
    let mut other = step((0, 3), 90, 120);
    other.subject.id = "b".to_owned();
    let observed = Notice { rule: "reorg".to_owned(), ..notice(3, (0, 1), 80, 80, 1) };
    let open = vec![notice(2, (0, 1), 70, 70, 1), observed];
    let saying = saying(Evaluation { open, raised: vec![other], ..evaluation(&rules) });
    assert_eq!(new(&saying), [(Change::Raised, 0, 3, 120), (Change::Over, 1, 0, 120)]);
    assert_eq!(saying.new[1].threshold, 1.0 / 3.0);
}

#[test]
fn what_is_old_is_history() {
    let rules = Rules::default();
    let hours = u64::from(rules.warn_within_hours) * 3_600_000;
    for (first, now, historic) in [
        (false, u64::from(TIME) * 1_000 + hours, false),
        (false, u64::from(TIME) * 1_000 + hours + 1_000, true),
        (true, u64::from(TIME) * 1_000, true),
    ] {
        let steps = vec![step((0, 1), 110, 110)];
        let said = saying(Evaluation { steps, first, now, ..evaluation(&rules) });
        // said of the block and, since it does not hold at the tip, over
        assert!(said.new.len() == 2 && said.new.iter().all(|notice| notice.historic == historic), "{said:?}");
    }
}
