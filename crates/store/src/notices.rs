//! What was said of alerts, and up to which block everything was evaluated.
//!
//! A notice gets its number here, from the one writer; what is said together is one insert, together with how far evaluation has come,
//! so that a crash leaves both as they were or both done. A notice that a reorg moved is restated: its number stays.
//!
//! Left to others: what is said (alerts), who hears of it (delivery).

use std::collections::HashMap;

use clickhouse::{Row, query::Query};
use hashwatch_model::{AlertId, BlockId, Change, Measure, Notice, RegistryVersion, Subject};
use serde::{Deserialize, Serialize};

use crate::{
    error::StoreError,
    nodes::{moment_from_row, moment_to_row},
    rows::{IdRow, hash_from_row, hash_to_row},
    store::{Store, fetch_all},
};

/// A notice as it stands now.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptNotice {
    /// What was said.
    pub notice: Notice,
    /// When it was moved to another block last, Unix milliseconds; none where it stands as it was said.
    pub restated_at: Option<u64>,
}

/// A notice that holds as of another block now, since its own left the chain: what is asserted anew. All else of it stays.
#[derive(Clone, Debug, PartialEq)]
pub struct Restated {
    /// Its number.
    pub seq: u64,
    /// The block as of which it holds.
    pub block: BlockId,
    /// That block's median time past, Unix seconds.
    pub time: u32,
    /// The figures as of that block.
    pub measures: Vec<Measure>,
}

/// Which notices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeFilter {
    /// Said before this one; all where it is `u64::MAX`.
    pub before: u64,
    /// As of a block of this height or below; all where it is `u32::MAX`.
    pub up_to: u32,
    /// At most so many.
    pub limit: u32,
    /// Key of the rule.
    pub rule: Option<String>,
    /// Kind and slug of the subject.
    pub subject: Option<(String, String)>,
}

/// How far saying has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Row, Deserialize)]
pub struct NoticesMark {
    /// The last notice; 0 before the first.
    pub seq: u64,
    /// Grows with each notice and each restatement: where it is the same, everything that was said is.
    pub rows: u64,
    /// Orders what was written; of no meaning to others.
    step: u64,
}

/// A figure of a notice: name, unit, value, and the bounds of its interval, or none.
type MeasureRow = (String, String, f64, Vec<f64>);

#[derive(Row, Serialize)]
struct NewRow {
    seq: u64,
    revision: u32,
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

#[derive(Row, Deserialize)]
struct NoticeRow {
    seq: u64,
    alert: u64,
    rule: String,
    subject_kind: String,
    subject_id: String,
    subject_name: String,
    change: String,
    from_level: u8,
    level: u8,
    threshold: f64,
    height: u32,
    hash: [u8; 32],
    time: u32,
    measures: Vec<MeasureRow>,
    registry_version: String,
    said_at: i64,
    historic: bool,
    first_height: Option<u32>,
    first_hash: Option<[u8; 32]>,
    revision: u32,
    written_at: i64,
}

#[derive(Row, Serialize)]
struct EvaluatedRow {
    step: u64,
    height: u32,
    hash: [u8; 32],
}

impl NewRow {
    fn new(notice: &Notice, revision: u32, step: u64, evaluated: BlockId) -> NewRow {
        let measure = |it: &Measure| {
            let interval = it.interval.map_or_else(Vec::new, |(low, high)| vec![low, high]);
            (it.name.clone(), it.unit.clone(), it.value, interval)
        };
        NewRow {
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
}

impl NoticeRow {
    fn into_kept(self) -> Result<KeptNotice, StoreError> {
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
            block: BlockId { height, hash: hash_from_row(self.hash) },
            time: self.time,
            measures: self.measures.into_iter().map(measure).collect::<Result<_, _>>()?,
            registry: RegistryVersion(self.registry_version),
            said_at: moment_from_row(self.said_at),
            historic: self.historic,
            first_said_of: first.map(|(height, hash)| BlockId { height, hash: hash_from_row(hash) }),
        };
        Ok(KeptNotice { notice, restated_at: (self.revision > 0).then(|| moment_from_row(self.written_at)) })
    }
}

impl Store {
    /// Says notices, moves others to other blocks, and keeps that everything up to `evaluated` was evaluated: all of it or nothing.
    /// The notices get their numbers here, in the order in which they stand, after the last one; what `seq` they have does not count.
    /// Gives how far saying has come by it. There must be one who says, as there is one [`crate::Writer`].
    ///
    /// After a failure nobody knows whether it came through: ask [`Store::evaluated`], and say it again where that has not moved.
    ///
    /// # Errors
    /// [`StoreError::Moved`] where a notice that is to be moved was never said.
    pub async fn say(&self, new: &[Notice], moved: &[Restated], evaluated: BlockId) -> Result<NoticesMark, StoreError> {
        let last = self.notices_mark().await?;
        let step = last.step + 1;
        let mut rows = self.restated(moved, step, evaluated).await?;
        for (seq, notice) in (last.seq + 1..).zip(new) {
            rows.push(NewRow::new(&Notice { seq, ..notice.clone() }, 0, step, evaluated));
        }
        let written = NoticesMark { seq: last.seq + new.len() as u64, rows: last.rows + rows.len() as u64, step };
        if rows.is_empty() {
            let row = EvaluatedRow { step, height: evaluated.height, hash: hash_to_row(evaluated.hash) };
            self.insert("evaluated", std::iter::once(row), "keeping how far alerts were evaluated").await?;
        } else {
            self.insert("notices", rows.into_iter(), "writing notices").await?;
        }
        self.newest.tell();
        Ok(written)
    }

    /// Rows of notices that stand elsewhere now; those that stand there already are left out.
    async fn restated(&self, moved: &[Restated], step: u64, evaluated: BlockId) -> Result<Vec<NewRow>, StoreError> {
        if moved.is_empty() {
            return Ok(Vec::new());
        }
        let seqs: Vec<u64> = moved.iter().map(|it| it.seq).collect();
        let query = self.client.query_raw(include_str!("../../../sql/queries/notices_at.sql")).param("seqs", seqs);
        let found: Vec<NoticeRow> = fetch_all(query, "reading notices").await?;
        let mut found: HashMap<u64, NoticeRow> = found.into_iter().map(|row| (row.seq, row)).collect();
        let mut rows = Vec::new();
        for it in moved {
            let row = found.remove(&it.seq).ok_or(StoreError::Moved)?;
            let revision = row.revision + 1;
            let was = row.into_kept()?.notice;
            if was.block == it.block && was.time == it.time && was.measures == it.measures {
                continue;
            }
            // back on the block where it began it stands as it was said
            let first_said_of = was.first_said_of.or(Some(was.block)).filter(|first| *first != it.block);
            let (block, time, measures) = (it.block, it.time, it.measures.clone());
            let now = Notice { block, time, measures, first_said_of, ..was };
            rows.push(NewRow::new(&now, revision, step, evaluated));
        }
        Ok(rows)
    }

    /// Up to which block everything was evaluated; none before the first.
    pub async fn evaluated(&self) -> Result<Option<BlockId>, StoreError> {
        let query = self.client.query_raw(include_str!("../../../sql/queries/evaluated.sql"));
        let row: Option<IdRow> =
            query.fetch_optional().await.map_err(StoreError::during("asking how far alerts were evaluated"))?;
        Ok(row.map(|row| row.id()))
    }

    /// How far saying has come.
    pub async fn notices_mark(&self) -> Result<NoticesMark, StoreError> {
        let query = self.client.query_raw(include_str!("../../../sql/queries/notices_last.sql"));
        query.fetch_one().await.map_err(StoreError::during("asking for the last notice"))
    }

    /// What was said after a notice, in that order.
    pub async fn notices_after(&self, seq: u64, limit: u32) -> Result<Vec<KeptNotice>, StoreError> {
        let query = self.client.query_raw(include_str!("../../../sql/queries/notices_after.sql"));
        kept(query.param("after", seq).param("limit", limit)).await
    }

    /// What was said before a notice, the newest first.
    pub async fn notices_page(&self, filter: &NoticeFilter) -> Result<Vec<KeptNotice>, StoreError> {
        let (kind, id) = filter.subject.clone().unwrap_or_default();
        let query = self.client.query_raw(include_str!("../../../sql/queries/notices_page.sql"));
        let query = query.param("before", filter.before).param("up_to", filter.up_to);
        let query = query.param("rule", filter.rule.clone().unwrap_or_default());
        kept(query.param("kind", kind).param("id", id).param("limit", filter.limit)).await
    }

    /// The notices of an alert, the first first; none where there is no such alert.
    pub async fn alert(&self, id: AlertId) -> Result<Vec<KeptNotice>, StoreError> {
        kept(self.client.query_raw(include_str!("../../../sql/queries/alert.sql")).param("alert", id.0)).await
    }

    /// Every alert whose last notice does not end it, each with all its notices, the first first; of what was said as of
    /// blocks up to a height, `u32::MAX` for all.
    pub async fn notices_open(&self, up_to: u32) -> Result<Vec<Vec<KeptNotice>>, StoreError> {
        let query = self.client.query_raw(include_str!("../../../sql/queries/notices_open.sql"));
        let mut alerts: Vec<Vec<KeptNotice>> = Vec::new();
        for it in kept(query.param("up_to", up_to)).await? {
            match alerts.last_mut() {
                Some(alert) if alert[0].notice.alert == it.notice.alert => alert.push(it),
                _ => alerts.push(vec![it]),
            }
        }
        alerts.sort_by_key(|alert| alert[0].notice.seq);
        Ok(alerts)
    }
}

async fn kept(query: Query) -> Result<Vec<KeptNotice>, StoreError> {
    let rows: Vec<NoticeRow> = fetch_all(query, "reading notices").await?;
    rows.into_iter().map(NoticeRow::into_kept).collect()
}
