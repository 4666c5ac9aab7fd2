//! Turns, flights and what comes of them.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use hashwatch_model::{Change, Notice};
use tokio::time::timeout;

use crate::{
    ChannelKind, DeliveryError, SubscriptionId, backoff,
    delivery::{Delivery, Said},
    failure::Failure,
    lanes::{Lane, Ticket},
    line::{Line, Setback, Standing},
    looks::within,
    recorder::Record,
    rows::MailRow,
    table::now,
    words::Told,
};

/// After which a flight gives up its place in the first lane.
const MOMENT: Duration = Duration::from_millis(400);
/// After which it ends where the second lane has no place for it. Longer: what is sent again may have arrived.
const PATIENCE: Duration = Duration::from_secs(3);

impl Delivery {
    /// Has everybody fly whose turn it is.
    pub(crate) fn launch(&mut self) {
        while let Some((ticket, lane)) = self.lanes.next() {
            if !self.departs(ticket, lane) {
                self.lanes.stays(ticket);
            }
        }
    }

    /// Whether it flies now.
    fn departs(&mut self, ticket: Ticket, lane: Lane) -> bool {
        let (id, epoch) = ticket;
        let queued = |line: &&mut Line| line.epoch == epoch && line.standing == Standing::Queued;
        let Some(line) = self.lines.get_mut(&id).filter(queued) else { return false };
        if !self.lanes.admits(ticket, &line.host, line.tries) {
            return false;
        }
        // counted when it has its place, and once: whoever waits for one comes here again
        if line.kind == ChannelKind::Mail && line.tries == 0 && !line.counted {
            let most = self.subscribers.limits().mails_per_address_day;
            if let Err(wait) = self.mails.pass(line.sealed.address_mark, most, Instant::now()) {
                line.next_at = now().saturating_add(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
                self.queue(id);
                return false;
            }
            line.counted = true;
            let _ = self.records.send(Record::Mail(MailRow::new(line.sealed.address_mark, now())));
        }
        self.fly(ticket, lane)
    }

    fn fly(&mut self, ticket: Ticket, lane: Lane) -> bool {
        let Some(line) = self.lines.get_mut(&ticket.0) else { return false };
        let Some(due) = line.due.clone() else { return false };
        line.standing = Standing::Flying;
        let (kind, sealed, key) = (line.kind, line.sealed.clone(), due.key(ticket.0));
        // a reorg may have moved them to another block meanwhile; whether it has is known of the newest
        let stand = |(notice, seen): &(Arc<Notice>, Change)| match self.recent.get(notice.seq) {
            Some(newest) => (newest.clone(), *seen, true),
            None => (notice.clone(), *seen, false),
        };
        let due: Vec<_> = due.notices.iter().map(stand).collect();
        let (subscribers, senders, notices) = (self.subscribers.clone(), self.senders.clone(), self.notices.clone());
        let work = async move {
            let secrets = subscribers.opened(&sealed).map_err(|_| Failure::new("what is sealed does not open"))?;
            let mut told = Vec::with_capacity(due.len());
            for (notice, seen, stands) in &due {
                let read = if *stands { None } else { within(notices.after(notice.seq - 1, 1)).await.ok() };
                let read = read.and_then(|mut read| read.pop());
                told.push(Told::new(read.as_ref().unwrap_or(notice), *seen, senders.base()));
            }
            senders.tell(kind, &key, &secrets, &told).await
        };
        let said = self.said.clone();
        let flight = tokio::spawn(async move {
            let mut work = std::pin::pin!(work);
            let outcome = match timeout(MOMENT, &mut work).await {
                Ok(outcome) => outcome,
                Err(_) => {
                    let _ = said.send(Said::Slow(ticket, false));
                    match timeout(PATIENCE, &mut work).await {
                        Ok(outcome) => outcome,
                        Err(_) => {
                            let _ = said.send(Said::Slow(ticket, true));
                            work.await
                        }
                    }
                }
            };
            let _ = said.send(Said::Arrived(ticket, outcome));
        });
        self.lanes.fly(ticket, lane, line.host.clone(), flight.abort_handle());
        true
    }

    pub(crate) fn hear(&mut self, said: Said) {
        match said {
            Said::Arrived(ticket, outcome) => {
                if self.lanes.land(ticket) {
                    self.arrived(ticket, outcome);
                }
            }
            Said::Slow(ticket, very) => {
                if !self.lanes.slow(ticket, very) {
                    self.ended(ticket);
                }
            }
            Said::Older(ticket, read) => self.read_older(ticket, read),
            Said::Seen(seen) => {
                let (looks, seen) = *seen;
                self.saw(looks, seen);
            }
        }
    }

    /// Its flight was ended, as there was no place for one so slow.
    fn ended(&mut self, (id, epoch): Ticket) {
        if self.lines.get(&id).is_none_or(|line| line.epoch != epoch) || self.settle(id) {
            return;
        }
        if let Some(line) = self.lines.get_mut(&id) {
            // not its fault: it gets its time in the second lane, and another ticket, as the first may still be heard of
            line.epoch += 1;
            line.standing = Standing::Queued;
            self.lanes.queue((id, line.epoch), line.tries.max(1));
        }
    }

    fn arrived(&mut self, (id, epoch): Ticket, outcome: Result<(), Failure>) {
        let Some(line) = self.lines.get_mut(&id).filter(|line| line.epoch == epoch) else { return };
        match outcome {
            Ok(()) => {
                line.served();
                self.record(id);
            }
            Err(Failure { reason, retry_after }) => {
                match line.failed(id, &reason, retry_after, now(), backoff::draw()) {
                    Setback::Again => {
                        self.record(id);
                        self.queue(id);
                    }
                    Setback::Dead(letter) => {
                        tracing::warn!(
                            "subscription {}: notice {} is given up: {reason}",
                            SubscriptionId(id),
                            letter.seq
                        );
                        let place = line.progress(id);
                        let _ = self.records.send(Record::Dead(letter, place));
                    }
                }
            }
        }
        if !self.settle(id) {
            self.consider(id);
        }
    }

    /// Has what was changed during a flight count from now on. False where nothing was.
    pub(crate) fn settle(&mut self, id: u64) -> bool {
        let Some(line) = self.lines.get_mut(&id) else { return false };
        let Some(changed) = line.changed.take() else { return false };
        line.change(changed);
        self.consider(id);
        true
    }

    fn read_older(&mut self, (id, epoch): Ticket, read: Result<Vec<Notice>, DeliveryError>) {
        let Some(line) = self.lines.get_mut(&id).filter(|line| line.epoch == epoch) else { return };
        line.standing = Standing::Idle;
        match read {
            Ok(read) if read.is_empty() => {}
            Ok(read) => {
                let read: Vec<Arc<Notice>> = read.into_iter().map(Arc::new).collect();
                if line.scan(read.iter(), self.hour, now()) { self.queue(id) } else { self.consider(id) }
            }
            // the next look tries again
            Err(error) => tracing::debug!("older notices cannot be read: {error}"),
        }
    }
}
