//! One subscription's place in the order of notices: what comes next for it, and when.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use hashwatch_alerts::Filter;
use hashwatch_model::{Change, Notice};

use crate::{
    ChannelKind, SubscriptionId, backoff,
    rows::{DeadLetterRow, ProgressRow, SecretsRow},
};

const DAY: u64 = 86_400_000;

/// What is to be told next: one notice, or a day's.
#[derive(Clone, Debug)]
pub(crate) struct Due {
    /// Each with what it is to this reader.
    pub(crate) notices: Vec<(Arc<Notice>, Change)>,
    /// Everything up to here is served with it.
    pub(crate) up_to: u64,
}

impl Due {
    /// The last notice told: with the subscription it makes the key by which a receiver knows what it has had.
    pub(crate) fn seq(&self) -> u64 {
        self.notices.last().map_or(self.up_to, |(notice, _)| notice.seq)
    }

    /// The idempotency key.
    pub(crate) fn key(&self, id: u64) -> String {
        self.notices.last().map(|(notice, _)| key(id, notice)).unwrap_or_default()
    }
}

/// What a subscription's receiver knows a notice by: its number, and when it was said, as a store that is made anew counts from one again.
pub(crate) fn key(id: u64, notice: &Notice) -> String {
    format!("{}-{:x}-{}", SubscriptionId(id), notice.said_at, notice.seq)
}

/// Where a line stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Served as far as there is anything.
    Idle,
    /// Older notices are being read for it.
    Reading,
    /// Until its time comes.
    Waiting,
    /// In a queue.
    Queued,
    /// On its way.
    Flying,
}

/// A subscription that is served.
pub(crate) struct Line {
    pub(crate) kind: ChannelKind,
    pub(crate) filter: Filter,
    pub(crate) sealed: Arc<SecretsRow>,
    /// Whose requests are counted together; empty for mail.
    pub(crate) host: Arc<str>,
    /// Everything up to here is served, or was said before it was confirmed.
    pub(crate) cursor: u64,
    /// The cursor as it is recorded.
    pub(crate) recorded: u64,
    /// Everything up to here has been looked at.
    scanned: u64,
    gathered: Vec<(Arc<Notice>, Change)>,
    pub(crate) due: Option<Due>,
    pub(crate) tries: u32,
    pub(crate) since: u64,
    pub(crate) next_at: u64,
    /// The same by the clock that does not jump, while it waits.
    pub(crate) until: Option<Instant>,
    /// What is due is counted among its mailbox's mails.
    pub(crate) counted: bool,
    pub(crate) standing: Standing,
    /// What it is from the end of its flight on.
    pub(crate) changed: Option<Served>,
    /// Grows whenever what is queued or flying no longer counts.
    pub(crate) epoch: u64,
}

/// What a subscription's row and secrets say.
pub(crate) struct Served {
    pub(crate) kind: ChannelKind,
    pub(crate) filter: Filter,
    pub(crate) confirmed_at: u64,
    pub(crate) sealed: Arc<SecretsRow>,
    pub(crate) host: Arc<str>,
}

/// What comes of a failure.
#[derive(Debug)]
pub(crate) enum Setback {
    /// It is tried again.
    Again,
    /// It is given up.
    Dead(DeadLetterRow),
}

impl Line {
    pub(crate) fn new(served: Served, cursor: u64) -> Line {
        let Served { kind, filter, sealed, host, .. } = served;
        Line {
            kind,
            filter,
            sealed,
            host,
            cursor,
            recorded: cursor,
            scanned: cursor,
            gathered: Vec::new(),
            due: None,
            tries: 0,
            since: 0,
            next_at: 0,
            until: None,
            counted: false,
            standing: Standing::Idle,
            changed: None,
            epoch: 0,
        }
    }

    /// Goes on where a row says. No failure was noted later than now (Unix milliseconds), whatever the clock said then.
    pub(crate) fn resume(&mut self, row: &ProgressRow, now: u64) {
        (self.cursor, self.recorded, self.scanned) = (row.seq, row.seq, row.seq);
        (self.tries, self.since, self.next_at) = (row.tries, row.since.min(now), row.next_at);
    }

    /// How long it waits yet, and no longer than anything waits: a clock may have been ahead when the time was noted.
    pub(crate) fn wait(&self, now: u64) -> Duration {
        let longest = if self.tries > 0 { backoff::LONGEST } else { Duration::from_millis(DAY) };
        Duration::from_millis(self.next_at.saturating_sub(now)).min(longest)
    }

    /// Goes on behind a number before its own.
    pub(crate) fn go_back(&mut self, seq: u64) {
        self.cursor = seq;
        (self.tries, self.since, self.next_at, self.counted) = (0, 0, 0, false);
        self.start_over();
    }

    /// Takes what has changed. What was queued or flying no longer counts.
    pub(crate) fn change(&mut self, served: Served) {
        let Served { kind, filter, sealed, host, .. } = served;
        // a target that failed is another now
        if sealed.version != self.sealed.version {
            (self.tries, self.since, self.next_at) = (0, 0, 0);
        }
        (self.kind, self.filter, self.sealed) = (kind, filter, sealed);
        (self.host, self.changed) = (host, None);
        self.start_over();
    }

    fn start_over(&mut self) {
        self.epoch += 1;
        self.standing = Standing::Idle;
        self.scanned = self.cursor;
        self.gathered.clear();
        self.due = None;
    }

    /// From where the next notices are wanted.
    pub(crate) fn scanned(&self) -> u64 {
        self.scanned
    }

    /// Looks at notices in their order until one is due. `hour` is that of the daily mail, in UTC; `now` Unix milliseconds.
    pub(crate) fn scan<'a>(&mut self, notices: impl Iterator<Item = &'a Arc<Notice>>, hour: u64, now: u64) -> bool {
        let digest = self.kind == ChannelKind::Digest;
        let until = if digest { self.day_end(hour, now) } else { u64::MAX };
        for notice in notices {
            if notice.said_at >= until {
                return self.close();
            }
            self.scanned = notice.seq;
            if let Some(seen) = self.filter.seen(notice).filter(|_| !notice.historic) {
                self.gathered.push((notice.clone(), seen));
                if !digest {
                    return self.close();
                }
            } else if self.gathered.is_empty() {
                self.cursor = notice.seq;
            }
        }
        false
    }

    /// Makes what was gathered due; false where there is none.
    pub(crate) fn close(&mut self) -> bool {
        if self.gathered.is_empty() {
            return false;
        }
        self.due = Some(Due { notices: std::mem::take(&mut self.gathered), up_to: self.scanned });
        true
    }

    /// The end of the last whole day, which a digest goes up to. While one fails it stays where it was, so that what is tried again is
    /// the same mail.
    pub(crate) fn day_end(&self, hour: u64, now: u64) -> u64 {
        let now = if self.tries > 0 { self.since } else { now };
        let shift = hour * 3_600_000;
        now.saturating_sub(shift) / DAY * DAY + shift
    }

    /// It has arrived.
    pub(crate) fn served(&mut self) {
        if let Some(due) = self.due.take() {
            self.cursor = due.up_to;
        }
        (self.tries, self.since, self.next_at, self.counted) = (0, 0, 0, false);
        self.start_over();
    }

    /// It has not. `drawn` is from 0 to 1.
    pub(crate) fn failed(
        &mut self,
        id: u64,
        reason: &str,
        asked_for: Option<Duration>,
        now: u64,
        drawn: f64,
    ) -> Setback {
        self.tries += 1;
        if self.tries == 1 {
            self.since = now;
        }
        if backoff::is_over(self.tries, self.since, now) {
            let seq = self.due.as_ref().map_or(self.cursor, Due::seq);
            let notices = self.due.iter().flat_map(|due| &due.notices);
            let seqs = notices.map(|(notice, _)| notice.seq).collect();
            let key = self.due.as_ref().map(|due| due.key(id)).unwrap_or_default();
            let (tries, reason, state) = (self.tries, reason.to_owned(), "dead".to_owned());
            let letter = DeadLetterRow { id, seq, version: 0, state, reason, tries, at: now, seqs, key };
            self.served();
            return Setback::Dead(letter);
        }
        let wait = backoff::wait(self.tries, drawn, asked_for).as_millis();
        self.next_at = now.saturating_add(u64::try_from(wait).unwrap_or(u64::MAX));
        Setback::Again
    }

    pub(crate) fn progress(&mut self, id: u64) -> ProgressRow {
        self.recorded = self.cursor;
        ProgressRow { id, version: 0, seq: self.cursor, tries: self.tries, since: self.since, next_at: self.next_at }
    }
}

#[cfg(test)]
#[path = "tests/line.rs"]
pub(crate) mod tests;
