//! How the nodes that are followed are: which lag behind the chain that is stored, and which are on a branch that breaks a rule.
//!
//! A node that does not answer, or of whose chain nothing is known yet, is as it was told last: silence is no news.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use hashwatch_alerts::{Condition, Rule, Rules};
use hashwatch_model::{Measure, NodeStatus, Notice, Status, Subject};

/// Levels of the rule.
const LAGS: u8 = 1;
const LIES: u8 = 2;

/// All of them.
pub(super) struct Nodes {
    least: u32,
    long: Duration,
    /// Since when a node has been behind; none of one that was told of before this process began.
    behind: HashMap<String, Option<Instant>>,
    /// As they were told last.
    told: Vec<Condition>,
}

impl Nodes {
    pub(super) fn new(rules: &Rules) -> Nodes {
        let set = rules.of(Rule::Node);
        let long = Duration::from_secs(u64::from(set.minutes) * 60);
        Nodes { least: set.least.max(1), long, behind: HashMap::new(), told: Vec::new() }
    }

    /// What was said last of those that are open.
    pub(super) fn resume<'a>(&mut self, open: impl Iterator<Item = &'a Notice>) {
        self.told.clear();
        for last in open {
            if last.level == LAGS {
                self.behind.entry(last.subject.id.clone()).or_insert(None);
            }
            let subject = last.subject.clone();
            self.told.push(Condition {
                rule: Rule::Node,
                subject,
                level: last.level,
                held: last.level,
                measures: last.measures.clone(),
            });
        }
    }

    /// Whether another look would tell something else.
    pub(super) fn have_news(&mut self, status: &Status, tip: u32) -> bool {
        let levels = |all: &[Condition]| -> Vec<(String, u8)> {
            all.iter().map(|condition| (condition.subject.id.clone(), condition.level)).collect()
        };
        let (now, told) = (levels(&self.now(status, tip)), levels(&self.told));
        now.len() != told.len() || now.iter().any(|one| !told.contains(one))
    }

    /// What holds of them.
    pub(super) fn look(&mut self, status: &Status, tip: u32) -> Vec<Condition> {
        self.told = self.now(status, tip);
        self.told.clone()
    }

    fn now(&mut self, status: &Status, tip: u32) -> Vec<Condition> {
        status.nodes.iter().filter_map(|node| self.of(node, tip)).collect()
    }

    fn of(&mut self, node: &NodeStatus, tip: u32) -> Option<Condition> {
        let lies = node.refused.is_some();
        let known = node.tip.filter(|_| lies || node.ancestor.is_some());
        let Some(at) = known else {
            return self.told.iter().find(|told| told.subject.id == node.name).cloned();
        };
        let blocks = tip.saturating_sub(at.height);
        let lags = blocks >= self.least && {
            let since = self.behind.entry(node.name.clone()).or_insert_with(|| Some(Instant::now()));
            since.is_none_or(|since| since.elapsed() >= self.long)
        };
        if blocks < self.least {
            self.behind.remove(&node.name);
        }
        let level = if lies { LIES } else { u8::from(lags) * LAGS };
        let behind = Measure::new("behind", "blocks", f64::from(blocks), None);
        let subject = Subject { kind: "node".to_owned(), id: node.name.clone(), name: node.name.clone() };
        // where a chain that is refused ends says nothing
        let measures = if lies { Vec::new() } else { vec![behind] };
        (level > 0).then_some(Condition { rule: Rule::Node, subject, level, held: level, measures })
    }
}

#[cfg(test)]
mod tests {
    use hashwatch_alerts::Step;
    use hashwatch_model::{BlockId, NodeState, RegistryVersion, StoreState, Sync};

    use super::*;

    const NOTHING: [u8; 0] = [];

    fn id(height: u32) -> BlockId {
        BlockId { height, hash: format!("{height:064x}").parse().unwrap() }
    }

    /// One node, whose tip and last block of ours have these heights.
    fn status(tip: Option<u32>, ancestor: Option<u32>, refused: Option<u32>) -> Status {
        let node = NodeStatus {
            name: "second".to_owned(),
            state: NodeState::Ok,
            version: None,
            tip: tip.map(id),
            ancestor: ancestor.map(id),
            refused: refused.map(id),
            network_hashes_per_second: None,
            more_work: None,
        };
        Status {
            nodes: vec![node],
            store: StoreState::Ok,
            store_kind: "embedded",
            store_version: String::new(),
            sync: Sync::Following,
            refusal: None,
            not_evaluated: Vec::new(),
            setback: None,
            overlay_problems: 0,
        }
    }

    fn nodes(minutes: u32) -> Nodes {
        let rules: Rules = toml::from_str(&format!("[node]\nminutes = {minutes}")).unwrap();
        Nodes::new(&rules)
    }

    fn levels(nodes: &mut Nodes, status: &Status, tip: u32) -> Vec<u8> {
        nodes.look(status, tip).iter().map(|condition| condition.level).collect()
    }

    #[test]
    fn behind_by_so_many_blocks_for_so_long() {
        let mut at_once = nodes(0);
        assert_eq!(levels(&mut at_once, &status(Some(98), Some(98), None), 100), NOTHING);
        assert_eq!(levels(&mut at_once, &status(Some(97), Some(97), None), 100), [LAGS]);
        assert!(at_once.have_news(&status(Some(98), Some(98), None), 100));
        let mut later = nodes(30);
        assert_eq!(levels(&mut later, &status(Some(90), Some(90), None), 100), NOTHING);
        let since = later.behind.get_mut("second").unwrap();
        *since = since.and_then(|since| since.checked_sub(Duration::from_secs(1_801)));
        assert_eq!(levels(&mut later, &status(Some(90), Some(90), None), 100), [LAGS]);
    }

    /// How long it had been behind when it was told of was counted by a process that is gone.
    #[test]
    fn who_was_told_of_is_not_forgotten_with_a_restart() {
        let subject = Subject { kind: "node".to_owned(), id: "second".to_owned(), name: "second".to_owned() };
        let raised = Step {
            rule: Rule::Node,
            subject,
            from_level: 0,
            level: LAGS,
            threshold: 0.0,
            threshold_now: None,
            raised: 99,
            height: 99,
            time: 1,
            measures: Vec::new(),
        };
        let told = raised.notice(id(99).hash, id(99).hash, RegistryVersion("r".to_owned()));
        let mut again = nodes(30);
        again.resume([&told].into_iter());
        assert!(
            !again.have_news(&status(None, None, None), 100)
                && !again.have_news(&status(Some(90), Some(90), None), 100)
        );
        assert_eq!(levels(&mut again, &status(Some(90), Some(90), None), 100), [LAGS]);
        assert_eq!(levels(&mut again, &status(Some(100), Some(100), None), 100), NOTHING);
        assert_eq!(levels(&mut again, &status(Some(90), Some(90), None), 100), NOTHING, "its time begins anew");
    }

    /// One that is ahead on a chain of its own lets no honest one lag.
    #[test]
    fn behind_is_behind_what_was_verified() {
        let mut all = nodes(0);
        let mut status = status(Some(100), Some(100), None);
        let liar = NodeStatus {
            name: "liar".to_owned(),
            tip: Some(id(110)),
            refused: Some(id(101)),
            ..status.nodes[0].clone()
        };
        status.nodes.push(liar);
        let found = all.look(&status, 100);
        assert_eq!((found.len(), found[0].subject.id.as_str(), found[0].level), (1, "liar", LIES));
    }

    #[test]
    fn silence_is_no_news() {
        let mut all = nodes(0);
        assert_eq!(levels(&mut all, &status(Some(90), Some(90), None), 100), [LAGS]);
        for silent in [status(None, Some(90), None), status(Some(100), None, None)] {
            assert!(!all.have_news(&silent, 100));
            assert_eq!(levels(&mut all, &silent, 100), [LAGS]);
        }
        assert_eq!(levels(&mut all, &status(Some(100), Some(100), None), 100), NOTHING);
        assert_eq!(levels(&mut all, &status(None, None, None), 100), NOTHING);
    }
}
