//! The rules that rest on what was seen when it happened: reorgs, stale blocks, addresses, announcements, nodes.
//!
//! Their conditions come from outside, all of those that hold at a block; the machine of levels is that of all rules. What is open
//! is known from what was said, since it cannot be told from the chain.

use std::collections::BTreeMap;

use hashwatch_metrics::incomplete_beta;
use hashwatch_model::{Measure, Subject};

use crate::{
    level::{Found, Standing},
    rule::Rule,
    rules::Rules,
    step::{Step, known},
};

/// Something that holds at a block.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// The rule that it is of.
    pub rule: Rule,
    /// What it is about.
    pub subject: Subject,
    /// The level that is reached; 0 where one is held alone.
    pub level: u8,
    /// The level that holds, from 1. Not below the one that is reached.
    pub held: u8,
    /// The figures, the deciding one first.
    pub measures: Vec<Measure>,
}

impl Condition {
    /// By a figure against a rule's levels: none where it reaches none, and where the rule is off.
    pub fn by(rules: &Rules, rule: Rule, subject: Subject, value: f64, measures: Vec<Measure>) -> Option<Condition> {
        let set = rules.of(rule);
        let reached = |mark: &f64| if rule.falls() { value <= *mark } else { value >= *mark };
        let passed = set.levels.iter().filter(|mark| reached(mark)).count();
        let level = u8::try_from(passed).ok().filter(|level| *level > 0 && set.enabled)?;
        Some(Condition { rule, subject, level, held: level, measures })
    }

    /// By an estimate against a rule's levels: reached where all of it, from its low to its high, lies beyond a mark, and held where its
    /// central value does. None where it holds none, and where the rule is off.
    pub fn by_estimate(
        rules: &Rules,
        rule: Rule,
        subject: Subject,
        (low, central, high): (f64, f64, f64),
        measures: Vec<Measure>,
    ) -> Option<Condition> {
        let (set, falls) = (rules.of(rule), rule.falls());
        let passed = |value: f64| {
            let beyond = |mark: &&f64| if falls { value < **mark } else { value > **mark };
            u8::try_from(set.levels.iter().filter(beyond).count()).unwrap_or(u8::MAX)
        };
        let (level, held) = (passed(if falls { high } else { low }), passed(central));
        (held > 0 && set.enabled).then_some(Condition { rule, subject, level, held, measures })
    }
}

/// Stale blocks before, below which nobody knows what is usual.
const LEAST_USUAL: u64 = 10;

/// Whether so many stale blocks in the window of [`Rule::StaleRate`] are more than usual, by those of the blocks before: the chance
/// that of all of them so many or more fall into the window, if each block goes stale alike.
///
/// None where fewer than ten are known of before: a node that saw little knows nothing of what is usual.
///
/// Source: the exact test of two Poisson means given their sum, J. Przyborowski, H. Wilenski, Biometrika 31 (1940).
pub fn stale_rate(rules: &Rules, recent: u64, before: u64) -> Option<Condition> {
    let set = rules.of(Rule::StaleRate);
    let (window, blocks) = (f64::from(set.window), f64::from(set.before));
    if recent == 0 || before < LEAST_USUAL {
        return None;
    }
    #[allow(clippy::cast_precision_loss, reason = "no chain has 2^53 stale blocks")]
    let (x, y) = (recent as f64, before as f64);
    let (chance, _) = incomplete_beta(x, y + 1.0, window / (window + blocks))?;
    let measures = vec![
        known("stale", "blocks", x),
        known("expected", "", y * window / blocks),
        known("probability", "probability", chance),
        known("window", "blocks", window),
        known("window_before", "blocks", blocks),
    ];
    Condition::by(rules, Rule::StaleRate, Step::network(), chance, measures)
}

/// How the observed rules stand.
#[derive(Clone, Debug)]
pub struct Observed {
    rules: Rules,
    /// By rule the block at which it was asked last.
    asked: BTreeMap<Rule, u32>,
    standing: BTreeMap<(Rule, String, String), (Standing, Subject)>,
}

fn key(rule: Rule, subject: &Subject) -> (Rule, String, String) {
    (rule, subject.kind.clone(), subject.id.clone())
}

impl Observed {
    /// Nothing holds.
    pub fn new(rules: &Rules) -> Observed {
        Observed { rules: rules.clone(), asked: BTreeMap::new(), standing: BTreeMap::new() }
    }

    /// An alert that is open, as it was said last, as of a block of that height. What happens at a block and is over with it has not
    /// happened again since, as far as is known: its calm goes on.
    pub fn resume(&mut self, rule: Rule, subject: &Subject, level: u8, said: u32) {
        if rule.is_of_a_block() {
            let asked = self.asked.entry(rule).or_insert(said);
            *asked = said.min(*asked);
        }
        self.standing.insert(key(rule, subject), (Standing::open(level, said), subject.clone()));
    }

    /// What the conditions that hold at a block change: of these rules those that are given hold, and no others. Of several of one
    /// rule and subject the highest counts.
    pub fn at(&mut self, rules: &[Rule], height: u32, time: u32, conditions: Vec<Condition>) -> Vec<Step> {
        let mut now: BTreeMap<_, Condition> = BTreeMap::new();
        for condition in conditions.into_iter().filter(|condition| self.rules.of(condition.rule).enabled) {
            let place = now.entry(key(condition.rule, &condition.subject)).or_insert_with(|| condition.clone());
            if (place.level, place.held) < (condition.level, condition.held) {
                *place = condition;
            }
        }
        for (key, condition) in &now {
            self.standing.entry(key.clone()).or_insert_with(|| (Standing::default(), condition.subject.clone()));
        }
        let mut steps = Vec::new();
        for (key, (standing, subject)) in self.standing.iter_mut().filter(|(key, _)| rules.contains(&key.0)) {
            let condition = now.get(key);
            let found = condition.map_or(Found::NOTHING, |it| Found { firm: it.level, held: it.held });
            if let Some(condition) = condition {
                subject.name.clone_from(&condition.subject.name);
            }
            let before = *standing;
            // between two looks nothing was found either
            let first = self.asked.get(&key.0).map_or(height, |asked| asked.saturating_add(1));
            if first > height && found == Found::NOTHING && key.0.is_of_a_block() {
                continue;
            }
            let calm = self.rules.of(key.0).calm;
            *standing = before.next_since(found, calm, (first.min(height), height));
            if before.level == standing.level {
                continue;
            }
            let concerned = before.level.max(standing.level);
            steps.push(Step {
                rule: key.0,
                subject: subject.clone(),
                from_level: before.level,
                level: standing.level,
                threshold: self.rules.threshold(key.0, concerned).unwrap_or_default(),
                threshold_now: self.rules.threshold_now(key.0, standing.level),
                raised: standing.raised,
                height,
                time,
                measures: condition.map(|condition| condition.measures.clone()).unwrap_or_default(),
            });
        }
        self.standing.retain(|_, (standing, _)| !standing.is_nothing());
        self.asked.extend(rules.iter().map(|rule| (*rule, height)));
        steps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn depth(blocks: f64) -> Vec<Condition> {
        let measures = vec![known("depth", "blocks", blocks)];
        Condition::by(&Rules::default(), Rule::Reorg, Step::network(), blocks, measures).into_iter().collect()
    }

    #[test]
    fn a_reorg_is_told_once_and_ends_after_a_calm() {
        let mut observed = Observed::new(&Rules::default());
        assert_eq!(depth(1.0), []);
        let raised = at(&mut observed, 100, depth(2.0));
        assert_eq!((raised.len(), raised[0].level, raised[0].threshold, raised[0].raised), (1, 1, 2.0, 100));
        assert_eq!(at(&mut observed, 101, depth(5.0))[0].level, 2);
        for height in 102..245 {
            assert_eq!(at(&mut observed, height, vec![]), [], "{height}");
        }
        let over = at(&mut observed, 245, vec![]).remove(0);
        assert_eq!((over.from_level, over.level, over.raised, over.measures.len()), (2, 0, 100, 0));
        assert_eq!((over.threshold, over.threshold_now), (4.0, Some(2.0)));
        assert_eq!(at(&mut observed, 250, depth(2.0)), [], "no more than what ended, and too soon");
        assert_eq!(at(&mut observed, 251, depth(6.0))[0].level, 3);
    }

    /// Of the calm it plays no part whether it is looked at with every block, or at one block twice.
    #[test]
    fn a_calm_is_of_blocks_and_not_of_looks() {
        let mut often = Observed::new(&Rules::default());
        let mut seldom = often.clone();
        for observed in [&mut often, &mut seldom] {
            assert_eq!(at(observed, 100, depth(2.0)).len(), 1);
        }
        for height in (100..244).flat_map(|height| [height, height]) {
            assert_eq!(at(&mut often, height, vec![]), [], "{height}");
        }
        assert_eq!(at(&mut seldom, 243, vec![]), []);
        assert_eq!((at(&mut often, 244, vec![]).len(), at(&mut seldom, 244, vec![]).len()), (1, 1));
    }

    #[test]
    fn rules_that_are_not_asked_stay_as_they_are() {
        let mut observed = Observed::new(&Rules::default());
        assert_eq!(observed.at(&[Rule::Node], 100, 7, depth(2.0)), []);
        assert_eq!(at(&mut observed, 100, depth(2.0)).len(), 1);
        assert_eq!(observed.at(&[Rule::Node], 300, 7, vec![]), []);
        assert_eq!(at(&mut observed, 300, vec![]).len(), 1);
    }

    /// All rules, at some time.
    fn at(observed: &mut Observed, height: u32, conditions: Vec<Condition>) -> Vec<Step> {
        observed.at(&Rule::ALL, height, 7, conditions)
    }

    /// Two a month are usual: the binomial sum of so many or more, each in the window with a chance of 4,320 of 56,880.
    #[test]
    fn more_stale_blocks_than_usual() {
        let rules = Rules::default();
        assert_eq!(stale_rate(&rules, 6, 24), None);
        let found = stale_rate(&rules, 9, 24).unwrap();
        let chance = |n: i32, from: i32| -> f64 {
            let p: f64 = 4_320.0 / 56_880.0;
            let ways = |k: i32| (0..k).fold(1.0, |ways, i| ways * f64::from(n - i) / f64::from(i + 1));
            (from..=n).map(|k| ways(k) * p.powi(k) * (1.0 - p).powi(n - k)).sum()
        };
        assert!((found.measures[2].value - chance(33, 9)).abs() < 1e-12 && chance(30, 6) > 0.001);
        assert_eq!(stale_rate(&rules, 9, 9), None, "nobody knows what is usual");
        assert_eq!(stale_rate(&rules, 0, 0), None);
    }

    #[test]
    fn what_was_said_is_resumed() {
        let mut observed = Observed::new(&Rules::default());
        observed.resume(Rule::Reorg, &Step::network(), 2, 90);
        assert_eq!(at(&mut observed, 100, depth(4.0)), []);
        assert_eq!(at(&mut observed, 101, depth(6.0))[0].raised, 90);
        // who starts again each day hears of the end all the same
        let mut observed = Observed::new(&Rules::default());
        observed.resume(Rule::Reorg, &Step::network(), 2, 90);
        assert_eq!(at(&mut observed, 233, vec![]), []);
        assert_eq!(at(&mut observed, 234, vec![])[0].change(), hashwatch_model::Change::Over);
    }

    #[test]
    fn a_rule_that_is_off_says_nothing() {
        let rules: Rules = toml::from_str("[node]\nenabled = false").unwrap();
        let subject = Subject { kind: "node".to_owned(), id: "a".to_owned(), name: "a".to_owned() };
        let behind = Condition { rule: Rule::Node, subject, level: 1, held: 1, measures: vec![] };
        assert_eq!(at(&mut Observed::new(&rules), 1, vec![behind.clone()]), []);
        assert_eq!(at(&mut Observed::new(&Rules::default()), 1, vec![behind.clone(), behind]).len(), 1);
    }

    /// Levels of 2 and 1 MUSD: reached where all of the estimate lies below, held where its centre does.
    #[test]
    fn an_estimate_reaches_with_its_end_and_holds_with_its_centre() {
        let rules: Rules = toml::from_str("[attack_cost]\nlevels = [2000000, 1000000]").unwrap();
        let of = |low: f64, central: f64, high: f64| {
            let range = (low * 1e6, central * 1e6, high * 1e6);
            let found = Condition::by_estimate(&rules, Rule::AttackCost, Step::network(), range, Vec::new());
            found.map(|found| (found.level, found.held))
        };
        assert_eq!(of(1.8, 2.0, 2.1), None, "as much is not less");
        assert_eq!(of(1.8, 1.9, 2.0), Some((0, 1)));
        assert_eq!(of(1.8, 1.9, 1.99), Some((1, 1)));
        assert_eq!(of(0.9, 0.99, 1.1), Some((1, 2)));
        assert_eq!(of(0.9, 0.95, 0.99), Some((2, 2)));
        let off = Condition::by_estimate(&Rules::default(), Rule::AttackCost, Step::network(), (1.0, 1.0, 1.0), vec![]);
        assert_eq!(off, None);
        // of a rule that rises the low end counts
        let rise = Condition::by_estimate(&Rules::default(), Rule::Reorg, Step::network(), (3.0, 4.5, 7.0), vec![]);
        assert_eq!(rise.map(|found| (found.level, found.held)), Some((1, 2)));
    }

    /// What is not known neither raises nor ends.
    #[test]
    fn a_rule_of_which_nothing_is_known_stays_as_it_stands() {
        let rules: Rules = toml::from_str("[attack_cost]\nlevels = [2000000]\ncalm = 2").unwrap();
        let mut observed = Observed::new(&rules);
        let at = |cost: (f64, f64, f64)| {
            Condition::by_estimate(&rules, Rule::AttackCost, Step::network(), cost, Vec::new()).into_iter().collect()
        };
        let said = |steps: Vec<Step>| steps.into_iter().map(|step| (step.from_level, step.level)).collect::<Vec<_>>();
        assert_eq!(said(observed.at(&Rule::ALL, 1, 1, at((1.8e6, 1.9e6, 2.1e6)))), [], "held, but not reached");
        assert_eq!(said(observed.at(&Rule::ALL, 2, 2, at((1.8e6, 1.9e6, 1.95e6)))), [(0, 1)]);
        for height in 3..20 {
            assert_eq!(observed.at(&[Rule::Node], height, 2, Vec::new()), []);
        }
        assert_eq!(said(observed.at(&Rule::ALL, 20, 3, at((1.9e6, 1.99e6, 2.2e6)))), [], "its centre holds it");
        assert_eq!(said(observed.at(&Rule::ALL, 21, 3, Vec::new())), []);
        assert_eq!(said(observed.at(&Rule::ALL, 22, 3, Vec::new())), [(1, 0)]);
    }
}
