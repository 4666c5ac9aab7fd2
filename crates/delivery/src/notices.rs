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

/// How far saying has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Newest {
    /// The newest notice; 0 before the first.
    pub seq: u64,
    /// Grows whenever a reorg moved notices to other blocks.
    pub moved: u64,
}

/// A source of notices: seq goes from 1 on without gaps, and what was said once stays, but for the block as of which it holds.
pub trait Notices: Send + Sync + 'static {
    /// Those after `seq`, in their order, `limit` at most: all there are, also where `latest` does not know of them yet.
    fn after(&self, seq: u64, limit: usize) -> Asked<'_>;

    /// How far saying has come, and word of each step.
    fn latest(&self) -> watch::Receiver<Newest>;
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
    /// As of which they were read.
    moved: u64,
}

impl Recent {
    /// Seq of the newest.
    pub(crate) fn last(&self) -> u64 {
        self.notices.back().map_or(self.before, |notice| notice.seq)
    }

    /// After which seq it wants what there is; the first time no more than is kept, and all of it anew where some were moved.
    pub(crate) fn wants(&self, newest: Newest) -> u64 {
        if self.notices.is_empty() {
            self.before.max(newest.seq.saturating_sub(KEPT as u64))
        } else if newest.moved == self.moved {
            self.last()
        } else {
            self.before
        }
    }

    /// Takes those after a seq that it wanted.
    pub(crate) fn take(&mut self, after: u64, newest: Newest, read: Vec<Notice>) {
        if self.notices.is_empty() || after != self.last() {
            self.notices.clear();
            self.before = after;
        }
        self.moved = newest.moved;
        self.notices.extend(read.into_iter().map(Arc::new));
        while self.notices.len() > KEPT {
            self.before = self.notices.pop_front().map_or(self.before, |notice| notice.seq);
        }
    }

    /// None of them is there any more: the source ends before them.
    pub(crate) fn end(&mut self, newest: Newest) {
        *self = Recent { notices: VecDeque::new(), before: newest.seq, moved: newest.moved };
    }

    /// One as it stands now; none where it is not kept.
    pub(crate) fn get(&self, seq: u64) -> Option<&Arc<Notice>> {
        self.notices.get(usize::try_from(seq.checked_sub(self.before + 1)?).ok()?)
    }

    /// Those after a seq; none where the first of them is no longer kept.
    pub(crate) fn after(&self, seq: u64) -> Option<impl Iterator<Item = &Arc<Notice>>> {
        let passed = usize::try_from(seq.checked_sub(self.before)?).ok()?;
        Some(self.notices.iter().skip(passed))
    }

    /// The seq of the last that was said before a time (Unix milliseconds), as far as they are kept.
    pub(crate) fn before_time(&self, time: u64) -> u64 {
        let earlier = self.notices.iter().rfind(|notice| notice.said_at < time);
        earlier.map_or(self.before, |notice| notice.seq)
    }
}
