//! Where notices come from, and the newest of them in memory.

use std::{collections::VecDeque, pin::Pin, sync::Arc};

use hashwatch_model::Notice;
use tokio::sync::watch;

use crate::DeliveryError;

/// Notices kept in memory. Who is further behind reads them from the source.
const KEPT: usize = 4_096;
/// Notices asked for at a time.
const AT_ONCE: usize = 512;

/// An answer of a source of notices.
pub type Asked<'a> = Pin<Box<dyn Future<Output = Result<Vec<Notice>, DeliveryError>> + Send + 'a>>;

/// A source of notices: seq goes from 1 on without gaps, and what was said once stays.
pub trait Notices: Send + Sync + 'static {
    /// Those after `seq`, in their order, `limit` at most.
    fn after(&self, seq: u64, limit: usize) -> Asked<'_>;

    /// The newest seq, 0 before the first, and word of each new one.
    fn latest(&self) -> watch::Receiver<u64>;
}

/// Those after a seq up to another, as far as they are there.
pub(crate) async fn read(source: &dyn Notices, after: u64, latest: u64) -> Result<Vec<Notice>, DeliveryError> {
    let (mut all, mut last): (Vec<Notice>, u64) = (Vec::new(), after);
    while last < latest {
        let some = source.after(last, AT_ONCE).await?;
        if some.is_empty() {
            break;
        }
        for notice in some {
            if notice.seq != last + 1 {
                return Err(DeliveryError::Notices(format!("{} follows {last}", notice.seq)));
            }
            last = notice.seq;
            all.push(notice);
        }
    }
    Ok(all)
}

/// The newest notices, without a gap.
#[derive(Default)]
pub(crate) struct Recent {
    notices: VecDeque<Arc<Notice>>,
    /// The seq before the first of them.
    before: u64,
}

impl Recent {
    /// Seq of the newest.
    pub(crate) fn last(&self) -> u64 {
        self.notices.back().map_or(self.before, |notice| notice.seq)
    }

    /// After which seq it wants what there is up to `latest`; the first time no more than is kept.
    pub(crate) fn wants(&self, latest: u64) -> u64 {
        let first = if self.notices.is_empty() { latest.saturating_sub(KEPT as u64) } else { 0 };
        self.last().max(first)
    }

    /// Takes those after a seq that it wanted.
    pub(crate) fn take(&mut self, after: u64, read: Vec<Notice>) {
        if self.notices.is_empty() {
            self.before = after;
        }
        self.notices.extend(read.into_iter().map(Arc::new));
        while self.notices.len() > KEPT {
            self.before = self.notices.pop_front().map_or(self.before, |notice| notice.seq);
        }
    }

    /// Those after a seq; none where the first of them is no longer kept.
    pub(crate) fn after(&self, seq: u64) -> Option<impl Iterator<Item = &Arc<Notice>>> {
        let passed = usize::try_from(seq.checked_sub(self.before)?).ok()?;
        Some(self.notices.iter().skip(passed))
    }

    /// The seq before the first that was said at a time (Unix milliseconds) or later, as far as they are kept.
    pub(crate) fn before_time(&self, time: u64) -> u64 {
        let later = self.notices.iter().position(|notice| notice.said_at >= time);
        later.map_or(self.last(), |at| self.before + at as u64)
    }
}
