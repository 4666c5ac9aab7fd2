//! What is to be said and what is to be moved, from what was said and what holds now.
//!
//! Plain functions: what was said is given, and nothing is asked.

use std::collections::BTreeMap;

use bitcoin::BlockHash;
use hashwatch_alerts::{Rule, Rules, Step, alert_id};
use hashwatch_model::{AlertId, BlockId, Change, Notice, RegistryVersion, Subject};
use hashwatch_store::Restated;

/// A rule and the kind and id of its subject.
type Key = (String, String, String);

fn key(rule: &str, subject: &Subject) -> Key {
    (rule.to_owned(), subject.kind.clone(), subject.id.clone())
}

/// What is known when something is to be said.
pub(super) struct Evaluation<'a> {
    pub(super) rules: &'a Rules,
    /// The block as of which everything is evaluated now.
    pub(super) tip: BlockId,
    /// Its median time past.
    pub(super) time: u32,
    pub(super) registry: RegistryVersion,
    /// Unix milliseconds.
    pub(super) now: u64,
    /// Nothing was ever evaluated: all of it is history.
    pub(super) first: bool,
    /// The last notice of each alert that is open.
    pub(super) open: Vec<Notice>,
    /// What was said as of blocks that have left the chain, the oldest first.
    pub(super) left: Vec<Notice>,
    /// What blocks change that were not evaluated before, in their order, and what was observed.
    pub(super) steps: Vec<Step>,
    /// What is raised now by the rules that need the chain alone.
    pub(super) raised: Vec<Step>,
    /// Hashes of the blocks that steps speak of, by height.
    pub(super) hashes: BTreeMap<u32, BlockHash>,
}

/// What comes of it.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Saying {
    pub(super) new: Vec<Notice>,
    pub(super) moved: Vec<Restated>,
}

/// Matches what left the chain with what the blocks in its place say; takes back what was raised on blocks that are gone and does not
/// hold; says what is new; and at the tip whatever else differs from what was said.
pub(super) fn saying(mut it: Evaluation) -> Saying {
    let open = std::mem::take(&mut it.open);
    let mut said: BTreeMap<Key, Notice> = open.into_iter().map(|last| (key(&last.rule, &last.subject), last)).collect();
    let mut saying = Saying::default();
    let (mut steps, left) = (std::mem::take(&mut it.steps), std::mem::take(&mut it.left));
    let mut gone: Vec<Notice> = Vec::new();
    for notice in left {
        match steps.iter().position(|step| is_same(step, &notice)) {
            Some(place) => saying.moved.extend(it.moved(&notice, steps.remove(place))),
            None => gone.push(notice),
        }
    }
    for notice in gone.into_iter().filter(|notice| notice.change == Change::Raised && is_replayed(&notice.rule)) {
        let key = key(&notice.rule, &notice.subject);
        if said.get(&key).is_some_and(|last| last.alert == notice.alert) {
            let level = said.remove(&key).map_or(notice.level, |last| last.level);
            let withdrawn = it.at_tip(&notice, level, 0, notice.threshold);
            saying.new.push(Notice { change: Change::Withdrawn, measures: notice.measures, ..withdrawn });
        }
    }
    for step in steps {
        let key = key(step.rule.key(), &step.subject);
        // what does not follow from what was said is set right at the tip
        if said.get(&key).map_or(0, |last| last.level) == step.from_level {
            let alert = said.get(&key).map(|last| last.alert);
            saying.new.extend(it.say(step, alert, &mut said));
        }
    }
    saying.new.extend(it.set_right(said));
    saying
}

fn is_replayed(rule: &str) -> bool {
    Rule::from_key(rule).is_some_and(Rule::replayed)
}

/// Whether blocks in the place of others say what those said.
fn is_same(step: &Step, notice: &Notice) -> bool {
    let subject = (&step.subject.kind, &step.subject.id) == (&notice.subject.kind, &notice.subject.id);
    let levels = (step.from_level, step.level) == (notice.from_level, notice.level);
    step.rule.key() == notice.rule && subject && levels && step.change() == notice.change
}

impl Evaluation<'_> {
    fn moved(&self, notice: &Notice, step: Step) -> Option<Restated> {
        let block = BlockId { height: step.height, hash: *self.hashes.get(&step.height)? };
        Some(Restated { seq: notice.seq, block, time: step.time, measures: step.measures })
    }

    /// The notice of a step, which belongs to the alert that is open.
    fn say(&self, step: Step, alert: Option<AlertId>, said: &mut BTreeMap<Key, Notice>) -> Option<Notice> {
        let (block, raised) = (self.hashes.get(&step.height)?, self.hashes.get(&step.raised)?);
        let notice = step.notice(*block, *raised, self.registry.clone());
        let historic = self.is_historic(notice.time);
        let notice = Notice { alert: alert.unwrap_or(notice.alert), said_at: self.now, historic, ..notice };
        let key = key(&notice.rule, &notice.subject);
        if notice.level > 0 {
            said.insert(key, notice.clone());
        } else {
            said.remove(&key);
        }
        Some(notice)
    }

    /// What was said and does not hold is over, what holds and was not said is raised, as of the tip.
    fn set_right(&self, mut said: BTreeMap<Key, Notice>) -> Vec<Notice> {
        said.retain(|(rule, ..), _| is_replayed(rule));
        let mut new = Vec::new();
        for step in &self.raised {
            let (level, last) = (step.level, said.remove(&key(step.rule.key(), &step.subject)));
            match last {
                Some(last) if last.level == level => {}
                Some(last) => {
                    let threshold = self.rules.threshold(step.rule, last.level.max(level)).unwrap_or_default();
                    let notice = self.at_tip(&last, last.level, level, threshold);
                    new.push(Notice { measures: step.measures.clone(), ..notice });
                }
                None => {
                    let Some(raised) = self.hashes.get(&step.raised) else { continue };
                    let notice = step.clone().notice(self.tip.hash, *raised, self.registry.clone());
                    let alert = alert_id(step.rule, &step.subject, *raised);
                    let historic = self.is_historic(self.time);
                    new.push(Notice { alert, said_at: self.now, historic, ..notice });
                }
            }
        }
        let over = said.into_values().map(|last| {
            let rule = Rule::from_key(&last.rule);
            let threshold = rule.and_then(|rule| self.rules.threshold(rule, last.level)).unwrap_or(last.threshold);
            self.at_tip(&last, last.level, 0, threshold)
        });
        new.extend(over);
        new
    }

    /// A further notice of an alert, as of the tip.
    fn at_tip(&self, last: &Notice, from_level: u8, level: u8, threshold: f64) -> Notice {
        Notice {
            seq: 0,
            change: Change::between(from_level, level).unwrap_or(Change::Over),
            from_level,
            level,
            threshold,
            threshold_now: Rule::from_key(&last.rule).and_then(|rule| self.rules.threshold_now(rule, level)),
            block: self.tip,
            time: self.time,
            measures: Vec::new(),
            registry: self.registry.clone(),
            said_at: self.now,
            historic: self.is_historic(self.time),
            first_said_of: None,
            ..last.clone()
        }
    }

    /// Whether a block was old already when it is spoken of.
    fn is_historic(&self, time: u32) -> bool {
        let within = u64::from(self.rules.warn_within_hours) * 3_600;
        self.first || u64::from(time) + within < self.now / 1_000
    }
}

#[cfg(test)]
mod tests;
