//! A step of an alert before it is a notice: what is said, without who says it and when.

use hashwatch_model::{AlertId, BlockHash, BlockId, Change, Measure, Notice, RegistryVersion, Subject};
use sha2::{Digest, Sha256};

use crate::rule::Rule;

/// A change of level that is to be said.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The rule.
    pub rule: Rule,
    /// What it is about.
    pub subject: Subject,
    /// Level before, 0 for none.
    pub from_level: u8,
    /// Level from now on.
    pub level: u8,
    /// Threshold of the highest level concerned.
    pub threshold: f64,
    /// Threshold of the level from now on, or of the lowest where none holds; none for a rule without thresholds.
    pub threshold_now: Option<f64>,
    /// Height of the block that raised the alert.
    pub raised: u32,
    /// Height of the block as of which it holds.
    pub height: u32,
    /// That block's median time past, Unix seconds.
    pub time: u32,
    /// The figures, the deciding one first.
    pub measures: Vec<Measure>,
}

impl Step {
    /// What happens. A step always changes the level.
    pub fn change(&self) -> Change {
        Change::between(self.from_level, self.level).unwrap_or(Change::Over)
    }

    /// The whole network as a subject.
    pub fn network() -> Subject {
        Subject { kind: "network".to_owned(), id: String::new(), name: "the network".to_owned() }
    }

    /// The notice of it. The caller knows the hash of the block at its height and of the one that raised it. It has no place in the
    /// order of notices yet, and was not said.
    pub fn notice(self, block: BlockHash, raised: BlockHash, registry: RegistryVersion) -> Notice {
        Notice {
            seq: 0,
            alert: alert_id(self.rule, &self.subject, raised),
            rule: self.rule.key().to_owned(),
            change: self.change(),
            subject: self.subject,
            from_level: self.from_level,
            level: self.level,
            threshold: self.threshold,
            threshold_now: self.threshold_now,
            block: BlockId { height: self.height, hash: block },
            time: self.time,
            measures: self.measures,
            registry,
            said_at: 0,
            historic: false,
            first_said_of: None,
        }
    }
}

/// Which alert it is: the first eight bytes of SHA-256 over the rule's key, the subject's kind and id, each ended by a zero, and the
/// hash of the block that raised it as it is written.
pub fn alert_id(rule: Rule, subject: &Subject, raised: BlockHash) -> AlertId {
    let mut digest = Sha256::new();
    for part in [rule.key(), &subject.kind, &subject.id] {
        digest.update(part.as_bytes());
        digest.update([0]);
    }
    digest.update(raised.to_string().as_bytes());
    let digest = digest.finalize();
    AlertId(digest.iter().take(8).fold(0, |id, byte| id << 8 | u64::from(*byte)))
}

/// A figure with a 95 % interval.
pub(crate) fn estimate(name: &str, unit: &str, value: f64, interval: Option<(f64, f64)>) -> Measure {
    let finite = |value: f64| if value.is_finite() { value } else { 0.0 };
    let interval = interval.filter(|(low, high)| low.is_finite() && high.is_finite());
    Measure::new(name, unit, finite(value), interval)
}

/// A figure that is known.
pub(crate) fn known(name: &str, unit: &str, value: f64) -> Measure {
    estimate(name, unit, value, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `printf 'share\0pool\0antpool\0%064x' 7 | sha256sum`.
    #[test]
    fn an_id_is_of_rule_subject_and_block() {
        let hash: BlockHash = format!("{:064x}", 7).parse().unwrap();
        let subject =
            |kind: &str| Subject { kind: kind.to_owned(), id: "antpool".to_owned(), name: "AntPool".to_owned() };
        let id = alert_id(Rule::Share, &subject("pool"), hash);
        assert_eq!(id.to_string(), "44c61b5add3a1805");
        assert_ne!(id, alert_id(Rule::Share, &subject("owner"), hash));
        assert_ne!(id, alert_id(Rule::Streak, &subject("pool"), hash));
    }
}
