//! A notice as a row: what is written, and what is read.

use clickhouse::Row;
use hashwatch_model::{AlertId, BlockId, Change, Measure, Notice, RegistryVersion, Subject};
use serde::{Deserialize, Serialize};

use super::KeptNotice;
use crate::{
    error::StoreError,
    nodes::{moment_from_row, moment_to_row},
    rows::{hash_from_row, hash_to_row},
};

/// A figure of a notice: name, unit, value, and the bounds of its interval, or none.
type MeasureRow = (String, String, f64, Vec<f64>);

/// A row of `notices`, but for when it was written.
#[derive(Row, Serialize, Deserialize)]
pub(super) struct NoticeRow {
    pub(super) seq: u64,
    pub(super) revision: u32,
    step: u64,
    alert: u64,
    rule: String,
    subject_kind: String,
    subject_id: String,
    subject_name: String,
    change: String,
    from_level: u8,
    level: u8,
    threshold: f64,
    threshold_now: Option<f64>,
    height: u32,
    hash: [u8; 32],
    time: u32,
    measures: Vec<MeasureRow>,
    registry_version: String,
    said_at: i64,
    historic: bool,
    first_height: Option<u32>,
    first_hash: Option<[u8; 32]>,
    evaluated_height: u32,
    evaluated_hash: [u8; 32],
}

/// The same as it is read, with when it was written.
pub(super) type WrittenRow = (NoticeRow, i64);

#[derive(Row, Serialize)]
pub(super) struct EvaluatedRow {
    step: u64,
    height: u32,
    hash: [u8; 32],
}

impl EvaluatedRow {
    pub(super) fn new(step: u64, evaluated: BlockId) -> EvaluatedRow {
        EvaluatedRow { step, height: evaluated.height, hash: hash_to_row(evaluated.hash) }
    }
}

impl NoticeRow {
    pub(super) fn new(notice: &Notice, revision: u32, step: u64, evaluated: BlockId) -> NoticeRow {
        let measure = |it: &Measure| {
            let interval = it.interval.map_or_else(Vec::new, |(low, high)| vec![low, high]);
            (it.name.clone(), it.unit.clone(), it.value, interval)
        };
        NoticeRow {
            seq: notice.seq,
            revision,
            step,
            alert: notice.alert.0,
            rule: notice.rule.clone(),
            subject_kind: notice.subject.kind.clone(),
            subject_id: notice.subject.id.clone(),
            subject_name: notice.subject.name.clone(),
            change: notice.change.name().to_owned(),
            from_level: notice.from_level,
            level: notice.level,
            threshold: notice.threshold,
            threshold_now: notice.threshold_now,
            height: notice.block.height,
            hash: hash_to_row(notice.block.hash),
            time: notice.time,
            measures: notice.measures.iter().map(measure).collect(),
            registry_version: notice.registry.0.clone(),
            said_at: moment_to_row(notice.said_at),
            historic: notice.historic,
            first_height: notice.first_said_of.map(|block| block.height),
            first_hash: notice.first_said_of.map(|block| hash_to_row(block.hash)),
            evaluated_height: evaluated.height,
            evaluated_hash: hash_to_row(evaluated.hash),
        }
    }

    /// `written_at` as the store has it.
    pub(super) fn into_kept(self, written_at: i64) -> Result<KeptNotice, StoreError> {
        let (seq, height) = (self.seq, self.height);
        let damaged = |what: String| StoreError::Damaged { height, reason: format!("notice {seq}: {what}") };
        let change = Change::from_name(&self.change).ok_or_else(|| damaged(format!("change {:?}", self.change)))?;
        let measure = |(name, unit, value, interval): MeasureRow| match interval[..] {
            [] => Ok(Measure { name, unit, value, interval: None }),
            [low, high] => Ok(Measure { name, unit, value, interval: Some((low, high)) }),
            _ => Err(damaged(format!("an interval of {} numbers", interval.len()))),
        };
        let first = self.first_height.zip(self.first_hash);
        let notice = Notice {
            seq,
            alert: AlertId(self.alert),
            rule: self.rule,
            subject: Subject { kind: self.subject_kind, id: self.subject_id, name: self.subject_name },
            change,
            from_level: self.from_level,
            level: self.level,
            threshold: self.threshold,
            threshold_now: self.threshold_now,
            block: BlockId { height, hash: hash_from_row(self.hash) },
            time: self.time,
            measures: self.measures.into_iter().map(measure).collect::<Result<_, _>>()?,
            registry: RegistryVersion(self.registry_version),
            said_at: moment_from_row(self.said_at),
            historic: self.historic,
            first_said_of: first.map(|(height, hash)| BlockId { height, hash: hash_from_row(hash) }),
        };
        Ok(KeptNotice { notice, restated_at: (self.revision > 0).then(|| moment_from_row(written_at)) })
    }
}
