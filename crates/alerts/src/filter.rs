//! Which notices a reader asked for, and what they are to one who is not interested in low levels.

use std::collections::BTreeMap;

use hashwatch_model::{Change, Notice};

/// What a reader wants to hear of. The default is everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Keys of rules; empty for all.
    pub rules: Vec<String>,
    /// Kinds and ids of subjects; empty for all.
    pub subjects: Vec<(String, String)>,
    /// By a rule's key the lowest level that counts; 1 where nothing is said.
    pub least_level: BTreeMap<String, u8>,
}

impl Filter {
    /// What a notice is to this reader: levels below the least count as none, so that what worsens may begin here and what eases
    /// may end. None where nothing changes.
    ///
    /// What is withdrawn is so only to whom it was there.
    pub fn seen(&self, notice: &Notice) -> Option<Change> {
        let subject = |(kind, id): &(String, String)| *kind == notice.subject.kind && *id == notice.subject.id;
        let wanted = (self.rules.is_empty() || self.rules.contains(&notice.rule))
            && (self.subjects.is_empty() || self.subjects.iter().any(subject));
        let least = self.least_level.get(&notice.rule).copied().unwrap_or(1).max(1);
        let level = |level: u8| if level < least { 0 } else { level };
        let change = Change::between(level(notice.from_level), level(notice.level)).filter(|_| wanted)?;
        Some(if notice.change == Change::Withdrawn { Change::Withdrawn } else { change })
    }
}

#[cfg(test)]
mod tests {
    use hashwatch_model::{AlertId, BlockHash, BlockId, RegistryVersion, Subject};

    use super::*;

    fn notice(kind: &str, id: &str, change: Change, from_level: u8, level: u8) -> Notice {
        let hash: BlockHash = "0".repeat(64).parse().unwrap();
        Notice {
            seq: 1,
            alert: AlertId(1),
            rule: "share".to_owned(),
            subject: Subject { kind: kind.to_owned(), id: id.to_owned(), name: String::new() },
            change,
            from_level,
            level,
            threshold: 0.4,
            threshold_now: None,
            block: BlockId { height: 1, hash },
            time: 0,
            measures: Vec::new(),
            registry: RegistryVersion(String::new()),
            said_at: 0,
            historic: false,
            first_said_of: None,
        }
    }

    #[test]
    fn low_levels_are_none() {
        let from_two = Filter { least_level: [("share".to_owned(), 2)].into(), ..Filter::default() };
        for (change, from, to, all, some) in [
            (Change::Raised, 0, 1, Some(Change::Raised), None),
            (Change::Raised, 0, 2, Some(Change::Raised), Some(Change::Raised)),
            (Change::Worsened, 1, 2, Some(Change::Worsened), Some(Change::Raised)),
            (Change::Worsened, 2, 3, Some(Change::Worsened), Some(Change::Worsened)),
            (Change::Eased, 3, 2, Some(Change::Eased), Some(Change::Eased)),
            (Change::Eased, 2, 1, Some(Change::Eased), Some(Change::Over)),
            (Change::Over, 1, 0, Some(Change::Over), None),
            (Change::Withdrawn, 1, 0, Some(Change::Withdrawn), None),
            (Change::Withdrawn, 3, 0, Some(Change::Withdrawn), Some(Change::Withdrawn)),
        ] {
            let said = notice("pool", "a", change, from, to);
            assert_eq!(Filter::default().seen(&said), all, "{change:?} {from} {to}");
            assert_eq!(from_two.seen(&said), some, "{change:?} {from} {to}");
        }
    }

    #[test]
    fn by_rule_and_subject() {
        let said = notice("pool", "a", Change::Raised, 0, 1);
        let subjects = |kind: &str, id: &str| Filter {
            subjects: vec![("owner".to_owned(), "z".to_owned()), (kind.to_owned(), id.to_owned())],
            ..Filter::default()
        };
        assert!(subjects("pool", "a").seen(&said).is_some());
        assert!(subjects("group", "a").seen(&said).is_none() && subjects("pool", "b").seen(&said).is_none());
        for (rules, seen) in [(vec!["share"], true), (vec!["hhi"], false), (vec!["hhi", "share"], true)] {
            let rules = rules.into_iter().map(str::to_owned).collect();
            assert_eq!(Filter { rules, ..Filter::default() }.seen(&said).is_some(), seen);
        }
    }
}
