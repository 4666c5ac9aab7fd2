//! The loop that has every subscription served, each in its order.
//!
//! A notice counts as served once its receiver has taken it, and that is written down a moment later: a kill in between sends it
//! again under the same key. What fails waits by [`crate::backoff`] and holds up its own line alone.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
    sync::Arc,
    time::{Duration, Instant},
};

use hashwatch_model::Notice;
use tokio::{
    sync::{mpsc, watch},
    time::{MissedTickBehavior, interval, timeout},
};

use crate::{
    ChannelKind, DeliveryError, Notices, Senders, Subscribers, backoff,
    lanes::{Lane, Lanes, Places, Ticket},
    limits::Windows,
    line::{Line, Setback, Standing},
    notices::Recent,
    recorder::{Record, record},
    senders::Failure,
    table::now,
    words::Told,
};

/// After which a flight gives up its place in the first lane.
const MOMENT: Duration = Duration::from_millis(400);
/// Between two looks at what other processes have changed.
const BETWEEN_LOOKS: Duration = Duration::from_secs(5);
/// Older notices read at a time for a line that is behind.
const OLDER_AT_ONCE: usize = 64;
/// How far a line may be ahead of what is recorded without anything having been told to it.
const UNRECORDED: u64 = 1_000;
/// For what is under way when it is told to stop.
const FAREWELL: Duration = Duration::from_secs(10);
const DAY: Duration = Duration::from_secs(86_400);

/// How delivery is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tuning {
    /// Hour of the daily mail, UTC.
    pub digest_hour: u8,
    /// Requests under way to receivers that are well.
    pub first_lane: usize,
    /// Requests under way to receivers that are slow or fail.
    pub second_lane: usize,
}

impl Default for Tuning {
    fn default() -> Self {
        Tuning { digest_hour: 7, first_lane: 128, second_lane: 256 }
    }
}

/// Serves every subscription until told to stop. One process at a time.
pub struct Delivery {
    pub(crate) subscribers: Subscribers,
    senders: Senders,
    notices: Arc<dyn Notices>,
    hour: u64,
    recent: Recent,
    pub(crate) lines: HashMap<u64, Line>,
    lanes: Lanes,
    timers: BinaryHeap<Reverse<(u64, u64)>>,
    mails: Windows<[u8; 32]>,
    said: mpsc::UnboundedSender<Said>,
    hearing: mpsc::UnboundedReceiver<Said>,
    records: mpsc::UnboundedSender<Record>,
    pub(crate) newest_version: u64,
}

/// What a task has to say.
enum Said {
    Arrived(Ticket, Result<(), Failure>),
    Slow(Ticket),
    Older(Ticket, Result<Vec<Notice>, DeliveryError>),
}

impl Delivery {
    /// Runs until `stop` turns to true (or nobody can turn it any more), and then until what is under way has ended and is written down.
    pub async fn run(
        subscribers: Subscribers,
        senders: Senders,
        notices: Arc<dyn Notices>,
        tuning: Tuning,
        mut stop: watch::Receiver<bool>,
    ) -> Result<(), DeliveryError> {
        let (said, hearing) = mpsc::unbounded_channel();
        let (records, recording) = mpsc::unbounded_channel();
        let recorder = tokio::spawn(record(subscribers.clone(), recording));
        let places = Places {
            first: tuning.first_lane.max(1),
            second: tuning.second_lane.max(1),
            per_host: subscribers.limits().per_host.max(1),
            mail: 8,
        };
        let mut delivery = Delivery {
            subscribers: subscribers.clone(),
            senders: senders.clone(),
            notices: notices.clone(),
            hour: u64::from(tuning.digest_hour.min(23)),
            recent: Recent::default(),
            lines: HashMap::new(),
            lanes: Lanes::new(places),
            timers: BinaryHeap::new(),
            mails: Windows::new(DAY),
            said,
            hearing,
            records: records.clone(),
            newest_version: 0,
        };
        let beside = tokio::join!(
            delivery.serve(stop.clone()),
            crate::outbox::run(subscribers.clone(), senders.clone(), stop.clone()),
            crate::again::run(subscribers, senders, notices, records, stop.clone()),
        );
        let _ = stop.wait_for(|stop| *stop).await;
        drop(delivery);
        if let Err(error) = recorder.await {
            tracing::error!(%error, "recording how far subscribers are served broke off");
        }
        beside.0
    }

    async fn serve(&mut self, mut stop: watch::Receiver<bool>) -> Result<(), DeliveryError> {
        let mut latest = self.notices.latest();
        let mut changes = self.subscribers.changes();
        let mut looks = interval(BETWEEN_LOOKS);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let until =
                self.timers.peek().map_or(DAY, |Reverse((at, _))| Duration::from_millis(at.saturating_sub(now())));
            tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => break,
                Some(said) = self.hearing.recv() => {
                    self.hear(said);
                    while let Ok(said) = self.hearing.try_recv() {
                        self.hear(said);
                    }
                }
                Ok(()) = latest.changed() => {
                    let newest = *latest.borrow_and_update();
                    self.look(newest).await;
                }
                Ok(()) = changes.changed() => self.look(*latest.borrow()).await,
                _ = looks.tick() => self.look(*latest.borrow()).await,
                () = tokio::time::sleep(until) => self.ring(),
            }
            self.launch();
        }
        self.farewell().await;
        Ok(())
    }

    /// Looks at what is new: notices, subscriptions, the day. What fails is tried again soon.
    async fn look(&mut self, newest: u64) {
        if let Err(error) = self.recent.fill(&*self.notices, newest).await {
            tracing::warn!("notices cannot be read: {error}; trying again");
        }
        if let Err(error) = self.refresh().await {
            tracing::warn!("subscriptions cannot be read: {error}; trying again");
        }
        let ids: Vec<u64> = self.lines.keys().copied().collect();
        for id in ids {
            self.consider(id);
        }
    }

    /// Where a subscription begins that nobody has served yet: with what was said once it was confirmed.
    pub(crate) fn begins(&self, confirmed_at: u64) -> u64 {
        self.recent.before_time(confirmed_at)
    }

    pub(crate) fn record(&mut self, id: u64) {
        if let Some(line) = self.lines.get_mut(&id) {
            let _ = self.records.send(Record::Progress(line.progress(id)));
        }
    }

    /// Ends what a line has under way, where it no longer counts.
    pub(crate) fn recall(&mut self, id: u64, epoch: u64) {
        self.lanes.abort((id, epoch));
    }

    /// Finds what is next for a line that has nothing to do.
    pub(crate) fn consider(&mut self, id: u64) {
        let Some(line) = self.lines.get_mut(&id).filter(|line| line.standing == Standing::Idle) else { return };
        let found = match self.recent.after(line.scanned()) {
            Some(notices) => {
                let found = line.scan(notices, self.hour, now());
                found || (line.kind == ChannelKind::Digest && line.close())
            }
            None => {
                line.standing = Standing::Reading;
                let (ticket, after) = ((id, line.epoch), line.scanned());
                let (notices, said) = (self.notices.clone(), self.said.clone());
                tokio::spawn(async move {
                    let read = notices.after(after, OLDER_AT_ONCE).await;
                    let _ = said.send(Said::Older(ticket, read));
                });
                return;
            }
        };
        if found {
            self.queue(id);
        } else if line.cursor >= line.recorded + UNRECORDED {
            self.record(id);
        }
    }

    /// Has a line with something due wait for its time, or for its turn.
    fn queue(&mut self, id: u64) {
        let Some(line) = self.lines.get_mut(&id) else { return };
        if line.next_at > now() {
            line.standing = Standing::Waiting;
            self.timers.push(Reverse((line.next_at, id)));
        } else {
            line.standing = Standing::Queued;
            self.lanes.queue((id, line.epoch), line.tries);
        }
    }

    /// The time of those that wait has come.
    fn ring(&mut self) {
        let now = now();
        while let Some(Reverse((at, id))) = self.timers.peek().copied()
            && at <= now
        {
            self.timers.pop();
            if self.lines.get(&id).is_some_and(|line| line.standing == Standing::Waiting && line.next_at <= now) {
                self.queue(id);
            }
        }
    }

    fn launch(&mut self) {
        while let Some((ticket, lane)) = self.lanes.next() {
            let (id, epoch) = ticket;
            let Some(line) = self.lines.get_mut(&id) else { continue };
            if line.epoch != epoch || line.standing != Standing::Queued {
                continue;
            }
            if line.kind == ChannelKind::Mail && line.tries == 0 {
                let most = self.subscribers.limits().mails_per_address_day;
                if let Err(wait) = self.mails.pass(line.sealed.address_mark, most, Instant::now()) {
                    line.next_at = now().saturating_add(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
                    self.queue(id);
                    continue;
                }
            }
            if self.lanes.admits(ticket, &line.host, line.tries) {
                self.fly(ticket, lane);
            }
        }
    }

    fn fly(&mut self, ticket: Ticket, lane: Lane) {
        let Some(line) = self.lines.get_mut(&ticket.0) else { return };
        let Some(due) = line.due.clone() else { return };
        line.standing = Standing::Flying;
        let (kind, sealed, retried) = (line.kind, line.sealed.clone(), line.tries > 0);
        let (subscribers, senders, notices) = (self.subscribers.clone(), self.senders.clone(), self.notices.clone());
        let work = async move {
            let secrets = subscribers.opened(&sealed).map_err(|_| Failure::new("what is sealed does not open"))?;
            let mut told = Vec::with_capacity(due.notices.len());
            for (notice, seen) in &due.notices {
                // a reorg may have moved it to another block meanwhile
                let moved = if retried {
                    notices.after(notice.seq - 1, 1).await.ok().and_then(|mut read| read.pop())
                } else {
                    None
                };
                told.push(Told::new(moved.as_ref().unwrap_or(notice), *seen, senders.base()));
            }
            senders.tell(kind, &due.key(ticket.0), &secrets, &told).await
        };
        let said = self.said.clone();
        let flight = tokio::spawn(async move {
            let mut work = std::pin::pin!(work);
            let outcome = match timeout(MOMENT, &mut work).await {
                Ok(outcome) => outcome,
                Err(_) => {
                    let _ = said.send(Said::Slow(ticket));
                    work.await
                }
            };
            let _ = said.send(Said::Arrived(ticket, outcome));
        });
        self.lanes.fly(ticket, lane, line.host.clone(), flight.abort_handle());
    }

    fn hear(&mut self, said: Said) {
        match said {
            Said::Arrived(ticket, outcome) => {
                if self.lanes.land(ticket) {
                    self.arrived(ticket, outcome);
                }
            }
            Said::Slow(ticket) => {
                if !self.lanes.slow(ticket)
                    && let Some(line) = self.lines.get_mut(&ticket.0)
                    && line.epoch == ticket.1
                {
                    // not its fault: it gets its time in the second lane, and another ticket, as the first may still be heard of
                    line.epoch += 1;
                    line.standing = Standing::Queued;
                    self.lanes.queue((ticket.0, line.epoch), line.tries.max(1));
                }
            }
            Said::Older(ticket, read) => self.read_older(ticket, read),
        }
    }

    fn arrived(&mut self, (id, epoch): Ticket, outcome: Result<(), Failure>) {
        let Some(line) = self.lines.get_mut(&id).filter(|line| line.epoch == epoch) else { return };
        match outcome {
            Ok(()) => {
                line.served();
                self.record(id);
                self.consider(id);
            }
            Err(Failure { reason, retry_after }) => {
                match line.failed(id, &reason, retry_after, now(), backoff::draw()) {
                    Setback::Again(at) => {
                        self.timers.push(Reverse((at, id)));
                        self.record(id);
                    }
                    Setback::Dead(letter) => {
                        tracing::warn!(
                            "subscription {}: notice {} is given up: {reason}",
                            crate::SubscriptionId(id),
                            letter.seq
                        );
                        let place = line.progress(id);
                        let _ = self.records.send(Record::Dead(letter, place));
                        self.consider(id);
                    }
                }
            }
        }
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

    /// Waits for what is under way.
    async fn farewell(&mut self) {
        let all = async {
            while self.lanes.flying() > 0 {
                let Some(said) = self.hearing.recv().await else { break };
                self.hear(said);
            }
        };
        if timeout(FAREWELL, all).await.is_err() {
            tracing::debug!("{} requests were still under way at the end: they are made again", self.lanes.flying());
        }
    }
}
