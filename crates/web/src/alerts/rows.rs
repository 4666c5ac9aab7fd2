//! Alerts and notices as pages show them.

use hashwatch_alerts::{Rule, Rules, words};
use hashwatch_model::{Change, NotEvaluated, Notice};
use hashwatch_store::KeptNotice;

use crate::{
    method::Link,
    view::View,
    wording::{iso, thousands, utc},
};

/// An alert that is raised.
pub(crate) struct Card {
    pub(crate) level: LevelWords,
    pub(crate) headline: String,
    pub(crate) rule: String,
    pub(crate) href: String,
    /// Since when.
    pub(crate) since: String,
    pub(crate) since_iso: String,
    pub(crate) since_height: String,
    pub(crate) evidence: Vec<String>,
    pub(crate) figures: Vec<Link>,
    pub(crate) restated: bool,
}

/// A level in words, and how grave it looks.
#[derive(Clone)]
pub(crate) struct LevelWords {
    /// `level 2 of 3`.
    pub(crate) words: String,
    /// `bad` from the highest level on, `warn` below, `ok` for none.
    pub(crate) class: &'static str,
}

/// A notice.
pub(crate) struct NoticeRow {
    pub(crate) seq: u64,
    pub(crate) time: String,
    pub(crate) time_iso: String,
    pub(crate) height: String,
    pub(crate) hash: String,
    pub(crate) change: &'static str,
    pub(crate) level: LevelWords,
    pub(crate) headline: String,
    pub(crate) href: String,
    pub(crate) rule: String,
    pub(crate) rule_href: String,
    pub(crate) subject: String,
    pub(crate) subject_href: String,
    pub(crate) evidence: Vec<String>,
    pub(crate) figures: Vec<Link>,
    pub(crate) note: String,
    /// The note is of a reorg.
    pub(crate) warns: bool,
    /// A block of the active chain is led to.
    pub(crate) block_href: String,
}

/// A rule as it is listed.
pub(crate) struct RuleRow {
    pub(crate) name: &'static str,
    pub(crate) href: String,
    pub(crate) says: &'static str,
    pub(crate) levels: String,
    pub(crate) atom: String,
    pub(crate) off: bool,
    /// Why it cannot be evaluated now, where it cannot.
    pub(crate) lacks: Option<String>,
}

/// A level of a rule.
pub(crate) fn level_words(rules: &Rules, rule: &str, level: u8) -> LevelWords {
    let most = Rule::from_key(rule).map_or(1, |rule| rules.levels(rule));
    let words = match (level, most) {
        (0, _) => "none".to_owned(),
        // of one that is set otherwise by now
        (level, most) if most <= 1 && level == 1 => "raised".to_owned(),
        (level, most) => format!("level {level} of {}", most.max(level)),
    };
    let class = match level {
        0 => "ok",
        level if level >= most => "bad",
        _ => "warn",
    };
    LevelWords { words, class }
}

/// Where the figures of a notice can be looked at as they were.
pub(crate) fn figures(notice: &Notice) -> Vec<Link> {
    let at = format!("as_of={}", notice.block.height);
    let id = &notice.subject.id;
    let link = |label: &str, href: String| vec![Link::new(label, href)];
    let concentration =
        |metric: &str| link("Concentration then", format!("/concentration?metric={metric}&by=group&{at}"));
    match Rule::from_key(&notice.rule) {
        Some(Rule::Share | Rule::Streak | Rule::ForeignAddress) if notice.subject.kind == "pool" => {
            link("The pool then", format!("/pools/{id}?{at}"))
        }
        Some(Rule::Share) => link("Shares then", format!("/?window=2016&by={}&{at}", notice.subject.kind)),
        Some(Rule::Nakamoto) => concentration("nakamoto"),
        Some(Rule::Hhi | Rule::HhiRise) => concentration("hhi"),
        Some(Rule::Hashrate) => link("Hashrate then", format!("/hashrate?{at}")),
        Some(Rule::Reorg | Rule::StaleRate) => link("Branches (JSON)", "/api/v1/forks".to_owned()),
        Some(Rule::Pivot | Rule::DisclosedHashrate) => link("Pivots", "/pivots".to_owned()),
        Some(Rule::AttackCost) => link("Attack cost", "/attack".to_owned()),
        Some(Rule::Node) => link("Nodes (JSON)", "/api/v1/nodes".to_owned()),
        _ => Vec::new(),
    }
}

/// Lines of evidence but for the block, which stands beside them.
fn evidence(notice: &Notice) -> Vec<String> {
    let mut lines = words::detail(notice);
    lines.truncate(notice.measures.len());
    lines
}

fn rule_name(key: &str) -> String {
    Rule::from_key(key).map_or_else(|| words::clean(key), |rule| rule.name().to_owned())
}

/// A reorg moved it, or took it back.
fn is_moved(it: &KeptNotice) -> bool {
    it.restated_at.is_some() || it.notice.first_said_of.is_some() || it.notice.change == Change::Withdrawn
}

/// What else is to be known of a notice.
fn note(it: &KeptNotice) -> String {
    let mut notes = Vec::new();
    if let Some(first) = it.notice.first_said_of {
        notes.push(format!(
            "Restated: first said of block {}, which a reorg replaced.",
            thousands(u64::from(first.height))
        ));
    } else if it.restated_at.is_some() {
        notes.push("Restated after a reorg; it stands on the block that it was first said of.".to_owned());
    }
    if it.notice.change == Change::Withdrawn {
        notes.push("Withdrawn: the blocks that raised it have left the chain.".to_owned());
    }
    if it.notice.historic {
        notes.push("History: found in blocks that were old already, so nobody was warned.".to_owned());
    }
    notes.join(" ")
}

pub(crate) fn card(rules: &Rules, alert: &[KeptNotice]) -> Option<Card> {
    let (first, last) = (&alert.first()?.notice, alert.last()?);
    Some(Card {
        level: level_words(rules, &last.notice.rule, last.notice.level),
        headline: words::headline(&last.notice),
        rule: rule_name(&last.notice.rule),
        href: super::page_of(&last.notice),
        since: utc(first.time),
        since_iso: iso(first.time),
        since_height: thousands(u64::from(first.block.height)),
        evidence: evidence(&last.notice),
        figures: figures(&last.notice),
        restated: alert.iter().any(|it| it.restated_at.is_some()),
    })
}

pub(crate) fn notice_row(view: &View, rules: &Rules, it: &KeptNotice) -> NoticeRow {
    let notice = &it.notice;
    let (kind, id) = (&notice.subject.kind, &notice.subject.id);
    let wanted = super::Wanted { rule: None, subject: Some((kind.clone(), id.clone())) };
    let name = match words::clean(&notice.subject.name) {
        name if !name.is_empty() => name,
        _ if kind == "network" => "the network".to_owned(),
        _ => words::clean(id),
    };
    NoticeRow {
        seq: notice.seq,
        time: utc(notice.time),
        time_iso: iso(notice.time),
        height: thousands(u64::from(notice.block.height)),
        hash: notice.block.hash.to_string(),
        change: notice.change.name(),
        level: level_words(rules, &notice.rule, notice.level),
        headline: words::headline(notice),
        href: super::page_of(notice),
        rule: rule_name(&notice.rule),
        rule_href: match Rule::from_key(&notice.rule) {
            Some(rule) => format!("/alerts?rule={}", rule.key()),
            None => "/alerts".to_owned(),
        },
        subject: name,
        subject_href: format!("/alerts?{}", wanted.query().trim_end_matches('&')),
        evidence: evidence(notice),
        figures: figures(notice),
        note: note(it),
        warns: is_moved(it),
        block_href: view.link(format!("/blocks/{}", notice.block.hash)),
    }
}

/// Why a rule cannot be evaluated now, where it cannot.
pub(crate) fn lacks(not_evaluated: &[NotEvaluated], rule: Rule) -> Option<String> {
    not_evaluated.iter().find(|it| it.rule == rule.key()).map(|it| it.reason.clone())
}

/// Rules that are asked, with their levels.
pub(crate) fn rule_rows(rules: &Rules, not_evaluated: &[NotEvaluated]) -> Vec<RuleRow> {
    let row = |rule: Rule| {
        let setting = rules.of(rule);
        let levels: Vec<String> = setting.levels.iter().map(|level| words::threshold(rule, *level)).collect();
        let wanted = super::Wanted { rule: Some(rule), subject: None };
        let [atom, _] = super::feed::addresses(&wanted);
        RuleRow {
            name: rule.name(),
            href: format!("/alerts?rule={}", rule.key()),
            says: rule.says(),
            levels: levels.join(", "),
            atom,
            off: !setting.enabled,
            lacks: lacks(not_evaluated, rule),
        }
    };
    Rule::ALL.into_iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alerts::tests::kept;

    #[test]
    fn the_highest_level_looks_gravest() {
        let rules = Rules::default();
        let of = |level| level_words(&rules, "share", level);
        assert_eq!((of(1).words.as_str(), of(1).class), ("level 1 of 3", "warn"));
        assert_eq!((of(3).words.as_str(), of(3).class), ("level 3 of 3", "bad"));
        assert_eq!(of(0).class, "ok");
        assert_eq!(level_words(&rules, "pivot", 1).words, "raised");
        assert_eq!(level_words(&rules, "gone", 4).words, "level 4 of 4");
    }

    #[test]
    fn what_moved_and_what_was_taken_back_say_so() {
        let mut it = kept(1, 1, (0, 1));
        it.notice.historic = true;
        assert!(note(&it).contains("nobody was warned") && !is_moved(&it));
        it.notice.historic = false;
        assert_eq!(note(&it), "");
        it.notice.first_said_of = Some(it.notice.block);
        it.restated_at = Some(1);
        it.notice.change = Change::Withdrawn;
        it.notice.historic = true;
        let note = super::note(&it);
        assert!(note.starts_with("Restated: first said of block 800,001") && note.contains("Withdrawn: "), "{note}");
        assert!(note.contains("nobody was warned") && is_moved(&it));
    }

    #[test]
    fn every_rule_is_listed_with_its_levels() {
        let lacking = NotEvaluated { rule: "attack_cost", reason: "no source gives the hashprice".to_owned() };
        let rows = rule_rows(&Rules::default(), &[lacking]);
        let lacks: Vec<&str> = rows.iter().filter(|row| row.lacks.is_some()).map(|row| row.name).collect();
        assert_eq!(lacks, [Rule::AttackCost.name()]);
        assert_eq!(rows.len(), Rule::ALL.len());
        assert_eq!(rows[0].levels, "a third, 40 %, half");
        assert_eq!(rows[0].atom, "/feeds/alerts/rule/share.atom");
        assert!(rows.iter().any(|row| row.off), "the cost of a majority, until an operator sets a mark");
    }
}
