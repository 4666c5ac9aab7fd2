//! Alerts and notices as the API tells them.

use hashwatch_alerts::{Rule, words};
use hashwatch_model::{Change, Measure};
use hashwatch_store::KeptNotice;
use serde::Serialize;
use utoipa::ToSchema;

use crate::openapi::words::{HashText, VersionText, pattern, texts, words as one_of};

texts! {
    /// 16 hex digits.
    AlertText: pattern("^[0-9a-f]{16}$");
    /// How a notice changes its alert.
    ChangeWord: one_of(Change::ALL.map(Change::name));
    /// What an alert is about.
    SubjectKindWord: one_of(super::KINDS);
}

/// An alert.
#[derive(Serialize, ToSchema)]
pub(crate) struct AlertFields {
    #[schema(value_type = AlertText)]
    alert: String,
    /// Key of the rule: `share`, `nakamoto`, `hhi`.
    rule: String,
    subject: SubjectFields,
    /// From 1; 0 once it has ended.
    level: u8,
    /// The block as of which it was raised.
    since: NoticeBlockFields,
    /// How many notices were said of it.
    notices: usize,
    /// The last of them.
    notice: NoticeFields,
    /// Its page.
    page: String,
}

/// What it is about.
#[derive(Serialize, ToSchema)]
pub(crate) struct SubjectFields {
    #[schema(value_type = SubjectKindWord)]
    kind: String,
    /// The slug of a pool, a group, an owner or a miner, the name of a node, and nothing for the network.
    id: String,
    /// As it was called when it was said.
    name: String,
}

/// One step of an alert.
#[derive(Serialize, ToSchema)]
pub(crate) struct NoticeFields {
    /// Its place in the order in which notices were said, from 1.
    seq: u64,
    #[schema(value_type = AlertText)]
    alert: String,
    /// Key of the rule.
    rule: String,
    subject: SubjectFields,
    #[schema(value_type = ChangeWord)]
    change: &'static str,
    /// Before it; 0 for none.
    from_level: u8,
    /// From it on; 0 for none.
    level: u8,
    /// Of the highest level concerned, in `unit`; 0 for a rule without thresholds.
    threshold: f64,
    /// Of the level from it on; of an alert that ends of its lowest level, below which it is. Null for a rule without thresholds.
    #[schema(required)]
    threshold_now: Option<f64>,
    /// What `threshold` counts: share, entities, points, per_year, blocks, probability, usd or none.
    unit: &'static str,
    /// The block as of which it holds.
    as_of: NoticeBlockFields,
    /// What it rests on, the deciding figure first.
    measures: Vec<MeasureFields>,
    /// The notice as a sentence.
    headline: String,
    /// What it rests on, in words.
    evidence: Vec<String>,
    #[schema(value_type = VersionText)]
    registry_version: String,
    /// When it was said, Unix milliseconds.
    said_at: u64,
    /// Found in blocks that were old already when it was said: nobody was warned.
    historic: bool,
    /// The block that it was first said as of, where a reorg moved it to `as_of`.
    #[schema(required)]
    first_as_of: Option<MovedFromFields>,
    /// When that was, Unix milliseconds; null where it was never moved.
    #[schema(required)]
    restated_at: Option<u64>,
    /// The page of its alert.
    page: String,
}

/// A block that a notice is as of.
#[derive(Serialize, ToSchema)]
pub(crate) struct NoticeBlockFields {
    height: u32,
    #[schema(value_type = HashText)]
    hash: String,
    /// Median time past, Unix seconds.
    median_time: u32,
}

/// A block that left the chain.
#[derive(Serialize, ToSchema)]
pub(crate) struct MovedFromFields {
    height: u32,
    #[schema(value_type = HashText)]
    hash: String,
}

/// A figure.
#[derive(Serialize, ToSchema)]
pub(crate) struct MeasureFields {
    name: String,
    /// share (a part of one), points, blocks, probability, hashes_per_second, usd, usd_per_ph_day, days, minutes, unix_seconds (a day, at its
    /// beginning), entities or none
    unit: String,
    value: f64,
    /// Of its 95 % interval; null where it has none.
    #[schema(required)]
    low: Option<f64>,
    #[schema(required)]
    high: Option<f64>,
}

impl From<&Measure> for MeasureFields {
    fn from(it: &Measure) -> MeasureFields {
        let (low, high) = it.interval.unzip();
        MeasureFields { name: it.name.clone(), unit: it.unit.clone(), value: it.value, low, high }
    }
}

fn block(it: &KeptNotice) -> NoticeBlockFields {
    let notice = &it.notice;
    NoticeBlockFields { height: notice.block.height, hash: notice.block.hash.to_string(), median_time: notice.time }
}

fn subject(it: &KeptNotice) -> SubjectFields {
    let subject = it.notice.subject.clone();
    SubjectFields { kind: subject.kind, id: subject.id, name: subject.name }
}

impl NoticeFields {
    pub(super) fn unit(&self) -> &'static str {
        self.unit
    }

    pub(super) fn headline(&self) -> &str {
        &self.headline
    }
}

/// A notice as it stands now.
pub(crate) fn notice_fields(it: &KeptNotice) -> NoticeFields {
    let notice = &it.notice;
    let moved =
        |block: hashwatch_model::BlockId| MovedFromFields { height: block.height, hash: block.hash.to_string() };
    NoticeFields {
        seq: notice.seq,
        alert: notice.alert.to_string(),
        rule: notice.rule.clone(),
        subject: subject(it),
        change: notice.change.name(),
        from_level: notice.from_level,
        level: notice.level,
        threshold: notice.threshold,
        threshold_now: notice.threshold_now,
        unit: Rule::from_key(&notice.rule).map_or("none", |rule| rule.unit().name()),
        as_of: block(it),
        measures: notice.measures.iter().map(MeasureFields::from).collect(),
        headline: words::headline(notice),
        evidence: words::detail(notice),
        registry_version: notice.registry.0.clone(),
        said_at: notice.said_at,
        historic: notice.historic,
        first_as_of: notice.first_said_of.map(moved),
        restated_at: it.restated_at,
        page: super::page_of(notice),
    }
}

/// An alert by its notices, of which there is one at least.
pub(crate) fn alert_fields(notices: &[KeptNotice]) -> Option<AlertFields> {
    let (first, last) = (notices.first()?, notices.last()?);
    Some(AlertFields {
        alert: last.notice.alert.to_string(),
        rule: last.notice.rule.clone(),
        subject: subject(last),
        level: last.notice.level,
        since: block(first),
        notices: notices.len(),
        notice: notice_fields(last),
        page: super::page_of(&last.notice),
    })
}
