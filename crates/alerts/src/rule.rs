//! The rules: what each of them says, in which unit its thresholds are, and what it is about.
//!
//! How each of them is set stands in [`crate::rules`], how it is reckoned in `docs/methodology/alerts.md`.

/// A condition that is worth a warning while it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rule {
    /// A pool, a group or an owner holds more than a part of the hashrate.
    Share,
    /// So few groups hold more than half.
    Nakamoto,
    /// The blocks of groups are concentrated.
    Hhi,
    /// Concentration grew within two months.
    HhiRise,
    /// A pool found more blocks in a row than its share makes likely.
    Streak,
    /// The hashrate fell.
    Hashrate,
    /// The chain left blocks behind.
    Reorg,
    /// Blocks go stale more often than they did.
    StaleRate,
    /// A block has one pool's tag and pays another's address.
    ForeignAddress,
    /// A listed miner said that it turns from mining.
    Pivot,
    /// A listed miner's disclosed hashrate fell.
    DisclosedHashrate,
    /// A majority has become cheap.
    AttackCost,
    /// A node is behind, or on a branch that is refused.
    Node,
}

/// What a threshold of a rule counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A part of one.
    Share,
    /// So many entities.
    Entities,
    /// Points of the HHI, from 0 to 10,000.
    Points,
    /// Times a year.
    PerYear,
    /// So many blocks.
    Blocks,
    /// A probability.
    Probability,
    /// US dollars an hour.
    Usd,
    /// No threshold: it holds, or it does not.
    None,
}

impl Unit {
    /// The word in the API.
    pub fn name(self) -> &'static str {
        match self {
            Unit::Share => "share",
            Unit::Entities => "entities",
            Unit::Points => "points",
            Unit::PerYear => "per_year",
            Unit::Blocks => "blocks",
            Unit::Probability => "probability",
            Unit::Usd => "usd",
            Unit::None => "none",
        }
    }
}

impl Rule {
    /// All of them, in the order in which they are listed.
    pub const ALL: [Rule; 13] = [
        Rule::Share,
        Rule::Nakamoto,
        Rule::Hhi,
        Rule::HhiRise,
        Rule::Streak,
        Rule::Hashrate,
        Rule::Reorg,
        Rule::StaleRate,
        Rule::ForeignAddress,
        Rule::Pivot,
        Rule::DisclosedHashrate,
        Rule::AttackCost,
        Rule::Node,
    ];

    /// Its word in the store, the API, feeds and the configuration; never changes.
    pub fn key(self) -> &'static str {
        match self {
            Rule::Share => "share",
            Rule::Nakamoto => "nakamoto",
            Rule::Hhi => "hhi",
            Rule::HhiRise => "hhi_rise",
            Rule::Streak => "streak",
            Rule::Hashrate => "hashrate",
            Rule::Reorg => "reorg",
            Rule::StaleRate => "stale_rate",
            Rule::ForeignAddress => "foreign_address",
            Rule::Pivot => "pivot",
            Rule::DisclosedHashrate => "disclosed_hashrate",
            Rule::AttackCost => "attack_cost",
            Rule::Node => "node",
        }
    }

    /// The inverse of [`Rule::key`].
    pub fn from_key(key: &str) -> Option<Rule> {
        Rule::ALL.into_iter().find(|rule| rule.key() == key)
    }

    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Rule::Share => "Share of the hashrate",
            Rule::Nakamoto => "Nakamoto coefficient",
            Rule::Hhi => "Concentration (HHI)",
            Rule::HhiRise => "Rise of concentration",
            Rule::Streak => "Blocks in a row",
            Rule::Hashrate => "Fall of the hashrate",
            Rule::Reorg => "Reorg",
            Rule::StaleRate => "Stale blocks",
            Rule::ForeignAddress => "Another pool's address",
            Rule::Pivot => "Miner turns from mining",
            Rule::DisclosedHashrate => "Disclosed hashrate falls",
            Rule::AttackCost => "Cost of a majority",
            Rule::Node => "State of a node",
        }
    }

    /// What it warns of, in a sentence.
    pub fn says(self) -> &'static str {
        match self {
            Rule::Share => "A pool, a group of pools or an owner holds more than a part of the hashrate.",
            Rule::Nakamoto => "So few groups together hold more than half of the hashrate.",
            Rule::Hhi => "The Herfindahl-Hirschman index over groups lies above a mark.",
            Rule::HhiRise => {
                "The Herfindahl-Hirschman index over groups is higher in a month than in the month before."
            }
            Rule::Streak => "A pool finds more blocks in a row than its share before lets expect in a lifetime.",
            Rule::Hashrate => {
                "The hashrate of a week is lower than that of the four weeks before, by more than chance moves it."
            }
            Rule::Reorg => "The chain that most work stands on left blocks behind.",
            Rule::StaleRate => "More blocks go stale than before, by more than chance makes likely.",
            Rule::ForeignAddress => "A block carries one pool's tag and pays an address that is known as another's.",
            Rule::Pivot => "A listed miner announces that it turns machines or power from mining to something else.",
            Rule::DisclosedHashrate => "The hashrate that a listed miner discloses is lower than the one before.",
            Rule::AttackCost => "An hour of as much hashrate as everybody's costs less than the operator's mark.",
            Rule::Node => "A node that is followed lags behind, or holds on to a branch that breaks a rule.",
        }
    }

    /// What its thresholds count.
    pub fn unit(self) -> Unit {
        match self {
            Rule::Share | Rule::Hashrate | Rule::DisclosedHashrate => Unit::Share,
            Rule::Nakamoto => Unit::Entities,
            Rule::Hhi | Rule::HhiRise => Unit::Points,
            Rule::Streak => Unit::PerYear,
            Rule::Reorg => Unit::Blocks,
            Rule::StaleRate => Unit::Probability,
            Rule::AttackCost => Unit::Usd,
            Rule::ForeignAddress | Rule::Pivot | Rule::Node => Unit::None,
        }
    }

    /// Kinds of subjects that it speaks of.
    pub fn subjects(self) -> &'static [&'static str] {
        match self {
            Rule::Share => &["pool", "group", "owner"],
            Rule::Streak | Rule::ForeignAddress => &["pool"],
            Rule::Pivot | Rule::DisclosedHashrate => &["miner"],
            Rule::Node => &["node"],
            Rule::Nakamoto
            | Rule::Hhi
            | Rule::HhiRise
            | Rule::Hashrate
            | Rule::Reorg
            | Rule::StaleRate
            | Rule::AttackCost => &["network"],
        }
    }

    /// Whether it needs nothing but columns of the chain, so that what it would have said can be told of any block. The others
    /// rest on what was seen when it happened.
    pub fn replayed(self) -> bool {
        matches!(self, Rule::Share | Rule::Nakamoto | Rule::Hhi | Rule::HhiRise | Rule::Streak | Rule::Hashrate)
    }

    /// Whether it tells of something that happens at a block and is over with it, so that its calm begins with the next.
    pub fn is_of_a_block(self) -> bool {
        matches!(self, Rule::Reorg | Rule::ForeignAddress)
    }

    /// Whether a higher level is a lower number: of the Nakamoto coefficient, of how rare a run is, of costs.
    pub fn falls(self) -> bool {
        matches!(self, Rule::Nakamoto | Rule::Streak | Rule::StaleRate | Rule::AttackCost)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn keys_go_back_and_are_words() {
        assert!(Rule::ALL.into_iter().all(|rule| Rule::from_key(rule.key()) == Some(rule)));
        assert_eq!(Rule::from_key("shares"), None);
        assert_eq!(Rule::from_key(""), None);
        let keys: BTreeSet<&str> = Rule::ALL.into_iter().map(Rule::key).collect();
        assert_eq!(keys.len(), Rule::ALL.len());
        assert!(keys.iter().all(|key| key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')));
    }
}
