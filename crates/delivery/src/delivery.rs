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
    task::AbortHandle,
    time::{MissedTickBehavior, interval, timeout},
};

use crate::{
    ChannelKind, DeliveryError, Newest, Notices, Senders, Subscribers,
    failure::Failure,
    lanes::{Lanes, Places, Ticket},
    limits::Windows,
    line::{Line, Standing},
    looks::{Looks, Seen, within},
    notices::Recent,
    recorder::{Record, record},
    stop::stopped,
    table::now,
};

/// Between two looks at what other processes have changed.
pub(crate) const BETWEEN_LOOKS: Duration = Duration::from_secs(5);
/// Older notices read at a time for a line that is behind.
const OLDER_AT_ONCE: usize = 64;
/// How far a line may be ahead of what is recorded without anything having been told to it.
const UNRECORDED: u64 = 1_000;
/// For what is under way when it is told to stop.
const FAREWELL: Duration = Duration::from_secs(10);
/// For the last of it to be written down.
const LAST_WORDS: Duration = Duration::from_secs(3);
pub(crate) const DAY: Duration = Duration::from_secs(86_400);

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
        Tuning { digest_hour: 7, first_lane: 128, second_lane: 1_024 }
    }
}

/// Serves every subscription until told to stop. One process at a time.
pub struct Delivery {
    pub(crate) subscribers: Subscribers,
    pub(crate) senders: Senders,
    pub(crate) notices: Arc<dyn Notices>,
    pub(crate) hour: u64,
    pub(crate) latest: watch::Receiver<Newest>,
    pub(crate) recent: Recent,
    pub(crate) lines: HashMap<u64, Line>,
    pub(crate) lanes: Lanes,
    pub(crate) timers: BinaryHeap<Reverse<(Instant, u64)>>,
    pub(crate) mails: Windows<[u8; 32]>,
    pub(crate) said: mpsc::UnboundedSender<Said>,
    hearing: mpsc::UnboundedReceiver<Said>,
    pub(crate) records: mpsc::UnboundedSender<Record>,
    /// Away while a look is under way.
    pub(crate) looks: Option<Looks>,
    pub(crate) looking: Option<AbortHandle>,
    /// There is something new since the look that is under way began.
    pub(crate) look_again: bool,
}

/// What a task has to say.
pub(crate) enum Said {
    Arrived(Ticket, Result<(), Failure>),
    /// And whether it is very slow.
    Slow(Ticket, bool),
    Older(Ticket, Result<Vec<Notice>, DeliveryError>),
    Seen(Box<(Looks, Seen)>),
}

impl Delivery {
    /// Runs until `stop` turns to true (or nobody can turn it any more), and then until what is under way has ended and is written down, or
    /// for some seconds where that does not come to an end.
    pub async fn run(
        subscribers: Subscribers,
        senders: Senders,
        notices: Arc<dyn Notices>,
        tuning: Tuning,
        mut stop: watch::Receiver<bool>,
    ) -> Result<(), DeliveryError> {
        let (said, hearing) = mpsc::unbounded_channel();
        let (records, recording) = mpsc::unbounded_channel();
        let mut recorder = tokio::spawn(record(subscribers.clone(), recording));
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
            latest: notices.latest(),
            recent: Recent::default(),
            lines: HashMap::new(),
            lanes: Lanes::new(places),
            timers: BinaryHeap::new(),
            mails: Windows::new(DAY),
            said,
            hearing,
            records: records.clone(),
            looks: Some(Looks::new(subscribers.clone(), notices.clone())),
            looking: None,
            look_again: false,
        };
        let beside = tokio::join!(
            delivery.serve(stop.clone()),
            soon(stop.clone(), crate::outbox::run(subscribers.clone(), senders.clone(), stop.clone())),
            crate::again::run(subscribers, senders, notices, records, stop.clone()),
        );
        stopped(&mut stop).await;
        drop(delivery);
        match timeout(LAST_WORDS, &mut recorder).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "recording how far subscribers are served broke off"),
            Err(_) => {
                recorder.abort();
                tracing::warn!(
                    "the store takes no more of how far subscribers are served: some hear the last again, under its key"
                );
            }
        }
        beside.0
    }

    async fn serve(&mut self, mut stop: watch::Receiver<bool>) -> Result<(), DeliveryError> {
        self.count_mails(&mut stop).await;
        let mut changes = self.subscribers.changes();
        let mut looks = interval(BETWEEN_LOOKS);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let until = self.timers.peek().map_or(DAY, |Reverse((at, _))| at.saturating_duration_since(Instant::now()));
            tokio::select! {
                biased;
                () = stopped(&mut stop) => break,
                Some(said) = self.hearing.recv() => {
                    self.hear(said);
                    while let Ok(said) = self.hearing.try_recv() {
                        self.hear(said);
                    }
                }
                Ok(()) = self.latest.changed() => self.look(),
                Ok(()) = changes.changed() => self.look(),
                _ = looks.tick() => self.look(),
                () = tokio::time::sleep(until) => self.ring(),
            }
            self.launch();
        }
        self.look_again = false;
        if let Some(looking) = self.looking.take() {
            looking.abort();
        }
        self.farewell().await;
        Ok(())
    }

    /// Where a subscription begins that nobody has served yet: with what was said once it was confirmed. Asked once, and written down:
    /// from then on numbers count, not times.
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
                    let read = within(notices.after(after, OLDER_AT_ONCE)).await;
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
    pub(crate) fn queue(&mut self, id: u64) {
        let Some(line) = self.lines.get_mut(&id) else { return };
        let wait = line.wait(now());
        if wait > Duration::ZERO {
            let until = Instant::now() + wait;
            (line.standing, line.until) = (Standing::Waiting, Some(until));
            self.timers.push(Reverse((until, id)));
        } else {
            line.standing = Standing::Queued;
            self.lanes.queue((id, line.epoch), line.tries);
        }
    }

    /// The time of those that wait has come.
    fn ring(&mut self) {
        let now = Instant::now();
        while let Some(Reverse((at, id))) = self.timers.peek().copied()
            && at <= now
        {
            self.timers.pop();
            let waits = |line: &&mut Line| line.standing == Standing::Waiting && line.until == Some(at);
            if let Some(line) = self.lines.get_mut(&id).filter(waits) {
                line.next_at = 0;
                self.queue(id);
            }
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

/// Ends what is told to stop and waits for a receiver or a store that hangs.
async fn soon(mut stop: watch::Receiver<bool>, work: impl Future<Output = ()>) {
    let late = async {
        stopped(&mut stop).await;
        tokio::time::sleep(FAREWELL).await;
    };
    tokio::select! {
        () = work => {}
        () = late => {}
    }
}
