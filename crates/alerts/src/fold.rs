//! Rules folded over a chain: each block is looked at once, and says what it changes.
//!
//! What is said at a block depends on the blocks up to it alone. A replay, a restart and a process that was there all along say
//! the same.

mod hashrate;
mod share;
mod spread;
mod streak;
mod windows;

#[cfg(test)]
mod tests;

use hashwatch_model::{Measure, Subject};

use self::{hashrate::Falls, share::Shares, spread::Spread, streak::Streaks, windows::Windows};
use crate::{
    level::{Found, Levels, Standing},
    rule::Rule,
    rules::Rules,
    scene::{By, Scene},
    step::Step,
};

/// A rule's subject: the rule, the reading and the number in it; 0 for the network.
pub(crate) type Key = (Rule, By, u16);

/// What was found of a subject at a block.
type Finding = (Key, Found);

/// The key of a rule about the whole network.
pub(crate) fn network(rule: Rule) -> Key {
    (rule, By::Group, 0)
}

/// The rules that need nothing but the chain, as they stand at a block.
#[derive(Clone, Debug)]
pub struct Fold {
    rules: Rules,
    /// How many blocks were looked at.
    next: usize,
    levels: Levels<Key>,
    windows: Windows,
    shares: Option<Shares>,
    spread: Spread,
    streaks: Option<Streaks>,
    falls: Option<Falls>,
}

impl Fold {
    /// Before the first block of a chain.
    pub fn new(rules: &Rules) -> Fold {
        let mut windows = Windows::default();
        Fold {
            shares: Shares::new(rules, &mut windows),
            spread: Spread::new(rules, &mut windows),
            streaks: Streaks::new(rules),
            falls: Falls::new(rules),
            rules: rules.clone(),
            next: 0,
            levels: Levels::new(),
            windows,
        }
    }

    /// How many blocks were looked at: the place of the next.
    pub fn blocks(&self) -> usize {
        self.next
    }

    /// Looks at the next block, and gives what it changes, in the order of the rules. Nothing where the scene has no such block.
    ///
    /// The blocks below it are those that were looked at, and have their numbers still.
    pub fn push(&mut self, scene: &Scene) -> Vec<Step> {
        let place = self.next;
        if place >= scene.blocks() {
            return Vec::new();
        }
        self.next += 1;
        self.levels.begin();
        self.windows.to(scene, place);
        let mut findings = Vec::new();
        if let Some(shares) = &self.shares {
            shares.find(scene, place, &self.windows, &self.levels, &mut findings);
        }
        self.spread.find(&self.windows, &self.levels, &mut findings);
        if let Some(streaks) = &mut self.streaks {
            streaks.find(scene, place, &self.levels, &mut findings);
        }
        findings.extend(self.falls.as_ref().and_then(|falls| falls.find(scene, place, &self.levels)));
        findings.into_iter().filter_map(|finding| self.step(scene, place, finding)).collect()
    }

    /// Takes back the blocks above a number of them, which stay. False, and nothing changes, where so many are not remembered: then
    /// the chain is to be folded anew.
    pub fn rewind(&mut self, blocks: usize) -> bool {
        let Some(back) = self.next.checked_sub(blocks) else { return blocks == self.next };
        if back > self.levels.remembered() {
            return false;
        }
        for _ in 0..back {
            self.levels.back();
        }
        self.next = blocks;
        if back > 0 {
            self.windows.clear();
            if let Some(streaks) = &mut self.streaks {
                streaks.clear();
            }
        }
        true
    }

    /// What is raised now, as if it were said as of the last block.
    pub fn open(&self, scene: &Scene) -> Vec<Step> {
        let Some(place) = self.next.checked_sub(1).filter(|place| *place < scene.blocks()) else { return Vec::new() };
        let all = self.levels.between((Rule::Share, By::Pool, 0), (Rule::Node, By::Owner, u16::MAX));
        let raised = all.filter(|(_, standing)| standing.level > 0);
        raised.map(|(key, Standing { level, raised, .. })| self.said(scene, place, key, (0, level, raised))).collect()
    }

    fn step(&mut self, scene: &Scene, place: usize, (key, found): Finding) -> Option<Step> {
        let calm = self.rules.of(key.0).calm;
        let step = self.levels.step(key, found, calm, scene.height(place))?;
        Some(self.said(scene, place, key, step))
    }

    fn said(&self, scene: &Scene, place: usize, key: Key, (from_level, level, raised): (u8, u8, u32)) -> Step {
        let (rule, by, id) = key;
        let concerned = from_level.max(level);
        let threshold = self.rules.threshold(rule, concerned).unwrap_or_default();
        Step {
            rule,
            subject: subject(scene, by, id),
            from_level,
            level,
            threshold,
            threshold_now: self.rules.threshold_now(rule, level),
            raised,
            height: scene.height(place),
            time: scene.median_times[place],
            measures: self.measures(scene, place, key, threshold),
        }
    }

    /// The figures that a step rests on, the deciding one first.
    fn measures(&self, scene: &Scene, place: usize, key: Key, threshold: f64) -> Vec<Measure> {
        let found = match key.0 {
            Rule::Share => self.shares.as_ref().and_then(|rule| rule.measures(&self.windows, key, threshold)),
            Rule::Nakamoto | Rule::Hhi | Rule::HhiRise => self.spread.measures(&self.windows, key.0, threshold),
            Rule::Streak => self.streaks.as_ref().and_then(|rule| rule.measures(key)),
            Rule::Hashrate => self.falls.as_ref().and_then(|rule| rule.measures(scene, place, threshold)),
            _ => None,
        };
        found.unwrap_or_default()
    }
}

/// Who a number is.
fn subject(scene: &Scene, by: By, id: u16) -> Subject {
    let entity = scene.scope(by).who.get(usize::from(id)).filter(|_| id > 0);
    entity.map_or_else(Step::network, |entity| Subject {
        kind: entity.kind.to_owned(),
        id: entity.id.clone(),
        name: entity.name.clone(),
    })
}
