//! What was said of alerts, and up to which block everything was evaluated.
//!
//! A notice gets its number here, from the one writer; what is said together is one insert, together with how far evaluation has come,
//! so that a crash leaves both as they were or both done. A notice that a reorg moved is restated: its number stays.
//!
//! Left to others: what is said (alerts), who hears of it (delivery).

mod rows;

use std::collections::HashMap;

use clickhouse::{Row, query::Query};
use hashwatch_model::{AlertId, BlockId, Measure, Notice};
use serde::Deserialize;

use self::rows::{EvaluatedRow, NoticeRow, WrittenRow};
use crate::{
    error::StoreError,
    rows::IdRow,
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
            rows.push(NoticeRow::new(&Notice { seq, ..notice.clone() }, 0, step, evaluated));
        }
        let written = NoticesMark { seq: last.seq + new.len() as u64, rows: last.rows + rows.len() as u64, step };
        if rows.is_empty() {
            let row = EvaluatedRow::new(step, evaluated);
            self.insert("evaluated", std::iter::once(row), "keeping how far alerts were evaluated").await?;
        } else {
            self.insert("notices", rows.into_iter(), "writing notices").await?;
        }
        self.newest.tell();
        Ok(written)
    }

    /// Rows of notices that stand elsewhere now; those that stand there already are left out.
    async fn restated(&self, moved: &[Restated], step: u64, evaluated: BlockId) -> Result<Vec<NoticeRow>, StoreError> {
        if moved.is_empty() {
            return Ok(Vec::new());
        }
        let seqs: Vec<u64> = moved.iter().map(|it| it.seq).collect();
        let query = self.client.query_raw(include_str!("../../../sql/queries/notices_at.sql")).param("seqs", seqs);
        let found: Vec<WrittenRow> = fetch_all(query, "reading notices").await?;
        let mut found: HashMap<u64, WrittenRow> = found.into_iter().map(|row| (row.0.seq, row)).collect();
        let mut rows = Vec::new();
        for it in moved {
            let (row, written_at) = found.remove(&it.seq).ok_or(StoreError::Moved)?;
            let revision = row.revision + 1;
            let was = row.into_kept(written_at)?.notice;
            if was.block == it.block && was.time == it.time && was.measures == it.measures {
                continue;
            }
            // back on the block where it began it stands as it was said
            let first_said_of = was.first_said_of.or(Some(was.block)).filter(|first| *first != it.block);
            let (block, time, measures) = (it.block, it.time, it.measures.clone());
            let now = Notice { block, time, measures, first_said_of, ..was };
            rows.push(NoticeRow::new(&now, revision, step, evaluated));
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
    let rows: Vec<WrittenRow> = fetch_all(query, "reading notices").await?;
    rows.into_iter().map(|(row, written_at)| row.into_kept(written_at)).collect()
}
