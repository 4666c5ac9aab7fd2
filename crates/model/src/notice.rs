//! What is said when a rule's condition begins, changes or ends: an alert is a series of notices under one id.
//!
//! A notice is a fact once it is said: it is kept as it was, with the block it was said as of. What a reorg moves is restated, not
//! said again.
//!
//! Left to others: when something is said (alerts), where it is kept (store), who hears of it (delivery).

use std::{fmt, str::FromStr};

use crate::{BlockId, RegistryVersion};

/// Which alert a notice belongs to: 16 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AlertId(pub u64);

impl fmt::Display for AlertId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// A text that is no id of an alert.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the id of an alert: {0:?}; it has 16 hexadecimal digits, in lower case")]
pub struct AlertIdError(pub String);

impl FromStr for AlertId {
    type Err = AlertIdError;

    fn from_str(text: &str) -> Result<AlertId, AlertIdError> {
        let digits = text.len() == 16 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let id = u64::from_str_radix(text, 16).ok().filter(|_| digits);
        id.map(AlertId).ok_or_else(|| AlertIdError(text.to_owned()))
    }
}

/// What a rule speaks of: a pool, a group or an owner by slug; a listed miner by slug; a node by name; or, without one, the whole
/// network.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Subject {
    /// `pool`, `group`, `owner`, `miner`, `node` or `network`.
    pub kind: String,
    /// The slug; empty for the network.
    pub id: String,
    /// The name for people, as it was when this was said. Not to be trusted: it may come from a file or a node.
    pub name: String,
}

/// How a notice changes its alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Change {
    /// The alert begins.
    Raised,
    /// A higher level is reached.
    Worsened,
    /// A lower level is left.
    Eased,
    /// The condition no longer holds.
    Over,
    /// The blocks on which it was raised have left the chain, and on those in their place it does not hold.
    Withdrawn,
}

impl Change {
    /// All of them.
    pub const ALL: [Change; 5] = [Change::Raised, Change::Worsened, Change::Eased, Change::Over, Change::Withdrawn];

    /// The word in the store, the API and mail.
    pub fn name(self) -> &'static str {
        match self {
            Change::Raised => "raised",
            Change::Worsened => "worsened",
            Change::Eased => "eased",
            Change::Over => "over",
            Change::Withdrawn => "withdrawn",
        }
    }

    /// The inverse of [`Change::name`].
    pub fn from_name(name: &str) -> Option<Change> {
        Change::ALL.into_iter().find(|change| change.name() == name)
    }

    /// What a step from one level to another is; none where they are the same. Level 0 is none at all.
    pub fn between(from: u8, to: u8) -> Option<Change> {
        match (from, to) {
            (from, to) if from == to => None,
            (0, _) => Some(Change::Raised),
            (_, 0) => Some(Change::Over),
            (from, to) if from < to => Some(Change::Worsened),
            _ => Some(Change::Eased),
        }
    }

    /// Whether the alert ends with it.
    pub fn ends(self) -> bool {
        matches!(self, Change::Over | Change::Withdrawn)
    }
}

/// A figure that a notice rests on.
#[derive(Clone, Debug, PartialEq)]
pub struct Measure {
    /// Its name in snake case, as in the API: `share`, `posterior`, `hhi`.
    pub name: String,
    /// `share` (a part of one), `points` (0 to 10,000), `blocks`, `probability`, `hashes_per_second`, `usd`, `usd_per_ph_day`, `days`,
    /// `unix_seconds` (a day, at its beginning), `entities` or none.
    pub unit: String,
    /// The figure. Never NaN or infinite.
    pub value: f64,
    /// The 95 % interval, where it has one; of what is reckoned from prices its low and high.
    pub interval: Option<(f64, f64)>,
}

impl Measure {
    /// A figure. That its numbers are finite is for the caller to see to.
    pub fn new(name: &str, unit: &str, value: f64, interval: Option<(f64, f64)>) -> Measure {
        Measure { name: name.to_owned(), unit: unit.to_owned(), value, interval }
    }
}

/// One step of an alert.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// Its place in the order in which notices were said, from 1, without gaps.
    pub seq: u64,
    /// The alert that it belongs to.
    pub alert: AlertId,
    /// Key of the rule: `share`, `nakamoto`, `hhi`.
    pub rule: String,
    /// What it is about.
    pub subject: Subject,
    /// What happens.
    pub change: Change,
    /// Level before, 0 for none.
    pub from_level: u8,
    /// Level from now on, 0 for none; levels of a rule are numbered from 1.
    pub level: u8,
    /// Threshold of the highest level concerned, in the unit of the rule.
    pub threshold: f64,
    /// Threshold of the level from now on; of an alert that ends that of its lowest level, below which it is now. None for a rule
    /// without thresholds.
    pub threshold_now: Option<f64>,
    /// The block as of which it holds.
    pub block: BlockId,
    /// That block's median time past, Unix seconds.
    pub time: u32,
    /// The figures, the deciding one first.
    pub measures: Vec<Measure>,
    /// The registry that names and shares are of.
    pub registry: RegistryVersion,
    /// When it was said, Unix milliseconds.
    pub said_at: u64,
    /// Found in blocks that were old already when it was said, as on a first run: it is history, and nobody is warned.
    pub historic: bool,
    /// Where a reorg moved it to `block`: the block that it was first said as of.
    pub first_said_of: Option<BlockId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_as_it_is_written_and_not_otherwise() {
        let id = AlertId(0x00ab_cdef_0123_4567);
        assert_eq!(id.to_string(), "00abcdef01234567");
        assert_eq!(id.to_string().parse(), Ok(id));
        for wrong in
            ["", "00ABCDEF01234567", "0abcdef01234567", "+0abcdef01234567", "00abcdef012345678", "00abcdef0123456g"]
        {
            assert!(wrong.parse::<AlertId>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_step_between_levels_has_a_name() {
        for (from, to, change) in [
            (0, 0, None),
            (2, 2, None),
            (0, 1, Some(Change::Raised)),
            (0, 3, Some(Change::Raised)),
            (1, 3, Some(Change::Worsened)),
            (3, 1, Some(Change::Eased)),
            (3, 0, Some(Change::Over)),
        ] {
            assert_eq!(Change::between(from, to), change, "{from} to {to}");
        }
        assert!(Change::ALL.into_iter().all(|change| Change::from_name(change.name()) == Some(change)));
    }
}
