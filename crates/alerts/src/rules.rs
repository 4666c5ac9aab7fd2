//! How rules are set: thresholds of their levels, windows, confidence, how long a calm must last. The section `[alerts]` of the
//! configuration is read into this.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::rule::{Rule, Unit};

/// The longest window: some nineteen years of blocks.
const LONGEST: u32 = 1_000_000;
/// Levels are numbered in a byte, and told apart by a reader.
const MOST_LEVELS: usize = 9;

/// How a rule is set. What a rule has no use for is 0 in it, and an operator cannot set it.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// Whether it is asked at all.
    pub enabled: bool,
    /// Thresholds of level 1, 2, 3 ..., in the unit of the rule, each worse than the one before. Empty for a rule that holds or
    /// does not, and then it has the one level 1.
    pub levels: Vec<f64>,
    /// Blocks of its window.
    pub window: u32,
    /// Blocks of the window before that, for a rule that compares two.
    pub before: u32,
    /// The probability from which on a level is reached.
    pub confidence: f64,
    /// The probability below which it no longer holds.
    pub keep: f64,
    /// Blocks in a row for which a level must not hold before it is left, and after an end those without a new beginning.
    pub calm: u32,
    /// Blocks in a row, or blocks behind, below which nothing is said.
    pub least: u32,
    /// Minutes for which it must hold.
    pub minutes: u32,
    /// Days that a value may be old that it rests on.
    pub max_age_days: u32,
}

/// Every rule as it is set, and which notices are history.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "Sections")]
pub struct Rules {
    settings: [Setting; Rule::ALL.len()],
    /// Hours by their median time that a block may be old for a warning to go out; what is older is history.
    pub warn_within_hours: u32,
}

/// A setting that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("alerts.{rule}: {reason}")]
pub struct RulesError {
    /// The rule's key, or the setting's.
    pub rule: String,
    /// What is wrong.
    pub reason: String,
}

impl Default for Rules {
    fn default() -> Rules {
        Rules { settings: Rule::ALL.map(default_of), warn_within_hours: 48 }
    }
}

impl Rules {
    /// How a rule is set.
    pub fn of(&self, rule: Rule) -> &Setting {
        let place = Rule::ALL.iter().position(|one| *one == rule).unwrap_or_default();
        &self.settings[place]
    }

    /// The same, to be changed; [`Rules::validate`] says whether it can be.
    pub fn of_mut(&mut self, rule: Rule) -> &mut Setting {
        let place = Rule::ALL.iter().position(|one| *one == rule).unwrap_or_default();
        &mut self.settings[place]
    }

    /// The threshold of a level of a rule, from 1; none for level 0, for a level that it has not, and for a rule without
    /// thresholds.
    pub fn threshold(&self, rule: Rule, level: u8) -> Option<f64> {
        self.of(rule).levels.get(usize::from(level.checked_sub(1)?)).copied()
    }

    /// The threshold that a level is told by: its own, and of level 0 that of the lowest, below which it is.
    pub fn threshold_now(&self, rule: Rule, level: u8) -> Option<f64> {
        self.threshold(rule, level.max(1))
    }

    /// How many levels a rule has, one at least.
    pub fn levels(&self, rule: Rule) -> u8 {
        u8::try_from(self.of(rule).levels.len().max(1)).unwrap_or(u8::MAX)
    }

    /// Whether all that is set can be.
    ///
    /// # Errors
    /// The first that cannot.
    pub fn validate(&self) -> Result<(), RulesError> {
        for rule in Rule::ALL {
            check(rule, self.of(rule)).map_err(|reason| RulesError { rule: rule.key().to_owned(), reason })?;
        }
        if self.warn_within_hours == 0 {
            let reason = "at least 1: else every notice would be history".to_owned();
            return Err(RulesError { rule: "warn_within_hours".to_owned(), reason });
        }
        Ok(())
    }
}

/// Defaults, whose rates of false warnings stand in `docs/methodology/alerts.md`.
fn default_of(rule: Rule) -> Setting {
    let none = Setting {
        enabled: true,
        levels: Vec::new(),
        window: 0,
        before: 0,
        confidence: 0.0,
        keep: 0.0,
        calm: 0,
        least: 0,
        minutes: 0,
        max_age_days: 0,
    };
    let sure = Setting { confidence: 0.95, keep: 0.5, calm: 144, ..none.clone() };
    match rule {
        Rule::Share => Setting { levels: vec![1.0 / 3.0, 0.4, 0.5], window: 2_016, confidence: 0.99, ..sure },
        Rule::Nakamoto => Setting { levels: vec![3.0, 2.0, 1.0], window: 2_016, ..sure },
        Rule::Hhi => Setting { levels: vec![1_800.0, 2_500.0], window: 2_016, ..sure },
        Rule::HhiRise => Setting { levels: vec![200.0, 400.0], window: 4_320, ..sure },
        Rule::Streak => Setting { levels: vec![0.01, 0.000_1], before: 4_320, least: 6, calm: 144, ..none },
        Rule::Hashrate => Setting { levels: vec![0.1, 0.2, 0.35], window: 1_008, before: 4_032, ..sure },
        Rule::Reorg => Setting { levels: vec![2.0, 4.0, 6.0], calm: 144, ..none },
        Rule::StaleRate => Setting { levels: vec![0.001], window: 4_320, before: 52_560, calm: 144, ..none },
        Rule::ForeignAddress => Setting { calm: 144, ..none },
        Rule::Pivot => Setting { calm: 4_320, ..none },
        Rule::DisclosedHashrate => Setting { levels: vec![0.1, 0.25, 0.5], calm: 144, ..none },
        Rule::AttackCost => Setting { enabled: false, calm: 144, max_age_days: 7, ..none },
        Rule::Node => Setting { least: 3, minutes: 30, ..none },
    }
}

/// What is wrong with a setting.
fn check(rule: Rule, set: &Setting) -> Result<(), String> {
    let default = default_of(rule);
    let in_order = |pair: &[f64]| if rule.falls() { pair[0] > pair[1] } else { pair[0] < pair[1] };
    let possible = |level: &f64| match rule.unit() {
        Unit::Share | Unit::Probability => *level > 0.0 && *level < 1.0,
        Unit::Points => *level > 0.0 && *level < 10_000.0,
        Unit::Entities => (1.0..=100.0).contains(level) && level.fract() == 0.0,
        Unit::Blocks => (1.0..=1_000.0).contains(level) && level.fract() == 0.0,
        Unit::PerYear | Unit::Usd => level.is_finite() && *level > 0.0,
        Unit::None => false,
    };
    let has_none = rule.unit() != Unit::None && set.enabled && set.levels.is_empty();
    if has_none || set.levels.len() > MOST_LEVELS || !set.levels.iter().all(possible) {
        return Err(format!("levels are 1 to {MOST_LEVELS} possible thresholds ({})", rule.unit().name()));
    }
    if !set.levels.windows(2).all(in_order) {
        return Err("each level is worse than the one before".to_owned());
    }
    for (name, set, default) in [("window", set.window, default.window), ("before", set.before, default.before)] {
        if default > 0 && !(2..=LONGEST).contains(&set) {
            return Err(format!("{name} is 2 to {LONGEST} blocks"));
        }
    }
    if default.confidence > 0.0 && !(set.confidence > 0.5 && set.confidence < 1.0 && set.keep > 0.0) {
        return Err("confidence lies between 0.5 and 1, keep above 0".to_owned());
    }
    if set.keep > set.confidence {
        return Err("keep is no more than confidence, or a level would be left as it is reached".to_owned());
    }
    if [set.calm, set.least, set.minutes, set.max_age_days].iter().any(|number| *number > LONGEST) {
        return Err(format!("no more than {LONGEST}"));
    }
    Ok(())
}

/// The section as an operator writes it: a table for each rule, and what is left out is as by default.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Sections {
    warn_within_hours: Option<u32>,
    #[serde(flatten)]
    rules: BTreeMap<String, Section>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Section {
    enabled: Option<bool>,
    levels: Option<Vec<f64>>,
    window: Option<u32>,
    before: Option<u32>,
    confidence: Option<f64>,
    keep: Option<f64>,
    calm: Option<u32>,
    least: Option<u32>,
    minutes: Option<u32>,
    max_age_days: Option<u32>,
}

impl TryFrom<Sections> for Rules {
    type Error = RulesError;

    fn try_from(sections: Sections) -> Result<Rules, RulesError> {
        let mut rules = Rules::default();
        rules.warn_within_hours = sections.warn_within_hours.unwrap_or(rules.warn_within_hours);
        for (key, section) in sections.rules {
            let wrong = |reason: String| RulesError { rule: key.clone(), reason };
            let rule = Rule::from_key(&key).ok_or_else(|| wrong("there is no such rule".to_owned()))?;
            let set = rules.of_mut(rule);
            let useless = section.laid_over(set);
            useless.map_or(Ok(()), |name| Err(wrong(format!("{name} is nothing to this rule"))))?;
        }
        rules.validate()?;
        Ok(rules)
    }
}

impl Section {
    /// Lays what is said over a setting. Names what the rule has no use for.
    fn laid_over(self, set: &mut Setting) -> Option<&'static str> {
        let mut useless = None;
        // who gives levels to a rule that is off by default wants it on
        set.enabled = self.enabled.unwrap_or(set.enabled || self.levels.is_some());
        set.levels = self.levels.unwrap_or_else(|| std::mem::take(&mut set.levels));
        for (name, said, set) in [
            ("window", self.window, &mut set.window),
            ("before", self.before, &mut set.before),
            ("calm", self.calm, &mut set.calm),
            ("least", self.least, &mut set.least),
            ("minutes", self.minutes, &mut set.minutes),
            ("max_age_days", self.max_age_days, &mut set.max_age_days),
        ] {
            useless = useless.or((said.is_some() && *set == 0).then_some(name));
            *set = said.unwrap_or(*set);
        }
        for (name, said, set) in
            [("confidence", self.confidence, &mut set.confidence), ("keep", self.keep, &mut set.keep)]
        {
            useless = useless.or((said.is_some() && *set == 0.0).then_some(name));
            *set = said.unwrap_or(*set);
        }
        useless
    }
}
