//! What a subscription is sent besides notices: the mail that asks to confirm, the one that says it begins, tests.
//!
//! Here, not where the wish is taken, it matters whose address it is: too many wishes for one come to nothing, and nobody but its
//! mailbox can learn of it (see [`crate::confirmations`]). Mails and webhooks have places of their own; what failed comes behind what was
//! not tried yet.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use tokio::{
    sync::watch,
    task::{Id, JoinError, JoinSet},
    time::{Instant, sleep_until},
};

use crate::{
    ChannelKind, DeliveryError, Senders, Subscribers, SubscriptionId, backoff,
    confirmations::{Verdict, verdict},
    due::{Due, send},
    failure::Failure,
    rows::DueRow,
    stop::stopped,
    table::now,
};

/// Mails under way at a time.
const MAILS: usize = 8;
/// Tests of webhooks under way at a time. A dead one takes ten seconds.
const WEBHOOKS: usize = 16;
/// Between two looks where nothing is heard, as other processes write too.
const BETWEEN_LOOKS: Duration = Duration::from_secs(5);
/// Between two looks, whatever is heard.
const AT_LEAST: Duration = Duration::from_millis(100);
/// Between two looks for what has expired.
const BETWEEN_TIDYINGS: Duration = Duration::from_secs(600);
/// Between two tries to write down what came of it, in milliseconds.
const BETWEEN_WRITES: u64 = 1_000;
/// How long a wish waits for others of its domain before it is looked at again, in milliseconds.
const DOMAIN_WAITS: u64 = 1_800_000;
/// How long all wishes wait where too many were asked to confirm, in milliseconds.
const ALL_WAIT: u64 = 30_000;
/// Looked at between two looks at what else there is.
const AT_ONCE: usize = 64;

/// A subscription, as of the version in which something came due.
type Key = (u64, u64);

fn key_of(row: &DueRow) -> Key {
    (row.id, row.version)
}

/// Whether it goes by webhook.
fn by_webhook(row: &DueRow) -> bool {
    row.due == Due::Test.name() && matches!(ChannelKind::from_name(&row.channel), Some(ChannelKind::Webhook(_)))
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// It arrived, or is given up where nobody waits for it.
    Over,
    /// The wish comes to nothing.
    Lapsed,
}

/// What is known of one that failed, or waits.
#[derive(Clone, Copy, Default)]
struct Tried {
    tries: u32,
    since: u64,
    next_at: u64,
    /// What came of it, where it is not written down yet: it is not sent again for that.
    end: Option<End>,
}

pub(crate) struct Outbox {
    subscribers: Subscribers,
    senders: Senders,
    due: Vec<DueRow>,
    tried: HashMap<Key, Tried>,
    sending: JoinSet<Result<(), Failure>>,
    flying: HashMap<Id, DueRow>,
    /// Until when no confirmation is sent, Unix milliseconds.
    held_until: u64,
}

pub(crate) async fn run(subscribers: Subscribers, senders: Senders, mut stop: watch::Receiver<bool>) {
    let mut changes = subscribers.changes();
    let mut outbox = Outbox::new(subscribers, senders);
    let (mut tidied, mut looked) = (None, Instant::now());
    let mut next_look = looked;
    loop {
        let turn = async {
            tokio::select! {
                Some(landed) = outbox.sending.join_next_with_id() => outbox.landed(landed).await,
                Ok(()) = changes.changed() => next_look = next_look.min(looked + AT_LEAST),
                () = sleep_until(next_look) => {
                    if tidied.is_none_or(|at: Instant| at.elapsed() >= BETWEEN_TIDYINGS) {
                        tidied = Some(Instant::now());
                        outbox.tidy().await;
                    }
                    outbox.look().await;
                    looked = Instant::now();
                    next_look = looked + BETWEEN_LOOKS;
                }
            }
            outbox.launch().await;
        };
        tokio::select! {
            biased;
            () = stopped(&mut stop) => break,
            () = turn => {}
        }
    }
    outbox.farewell().await;
}

impl Outbox {
    pub(crate) fn new(subscribers: Subscribers, senders: Senders) -> Outbox {
        Outbox {
            subscribers,
            senders,
            due: Vec::new(),
            tried: HashMap::new(),
            sending: JoinSet::new(),
            flying: HashMap::new(),
            held_until: 0,
        }
    }

    async fn tidy(&self) {
        if let Err(error) = self.subscribers.tidy().await {
            tracing::warn!("subscriptions that expired cannot be taken away: {error}; trying again");
        }
    }

    /// Looks for all that is due.
    async fn look(&mut self) {
        match self.subscribers.tables().due().await {
            Ok(due) => self.due = due,
            Err(error) => tracing::warn!("what is to be sent to subscribers cannot be read: {error}; trying again"),
        }
        let here: HashSet<Key> = self.due.iter().chain(self.flying.values()).map(key_of).collect();
        self.tried.retain(|key, _| here.contains(key));
    }

    /// Sends what is due, as far as its time has come and there is room.
    async fn launch(&mut self) {
        for _ in 0..AT_ONCE {
            let Some(row) = self.next() else { break };
            if let Err(error) = self.begin(&row).await {
                tracing::warn!("mails to subscribers cannot be sent: {error}; trying again");
                break;
            }
        }
    }

    /// Whose turn it is: of those whose time has come and for whom there is room, who was tried least often, and came first.
    fn next(&self) -> Option<DueRow> {
        // one that has changed meanwhile waits for what is under way of it, lest a mailbox get the same twice
        let (at, flying) = (now(), self.flying.values().map(|row| row.id).collect::<HashSet<u64>>());
        let webhooks = self.flying.values().filter(|row| by_webhook(row)).count();
        let full = [self.flying.len() - webhooks >= MAILS, webhooks >= WEBHOOKS];
        let tried = |row: &DueRow| self.tried.get(&key_of(row)).copied().unwrap_or_default();
        let held = |row: &DueRow| row.due == Due::Confirm.name() && self.held_until > at;
        let room = |row: &DueRow| !full[usize::from(by_webhook(row))] && !flying.contains(&row.id);
        let come = self.due.iter().filter(|row| room(row) && !held(row) && tried(row).next_at <= at);
        come.min_by_key(|row| tried(row).tries).cloned()
    }

    async fn begin(&mut self, row: &DueRow) -> Result<(), DeliveryError> {
        if let Some(end) = self.tried.get(&key_of(row)).and_then(|tried| tried.end) {
            self.write_down(row, end).await;
            return Ok(());
        }
        let tables = self.subscribers.tables();
        let newest = tables.subscription(row.id).await?.filter(|newest| newest.version == row.version);
        let Some((newest, sealed)) = newest.zip(tables.secrets(&[row.id]).await?.remove(&row.id)) else {
            self.forget(row);
            return Ok(());
        };
        let confirms = row.due == Due::Confirm.name();
        let verdict = if confirms { verdict(&self.subscribers, &sealed).await? } else { Verdict::Send };
        match verdict {
            Verdict::Send => {
                let (subscribers, senders) = (self.subscribers.clone(), self.senders.clone());
                let task = self.sending.spawn(async move { send(&subscribers, &senders, &newest, &sealed).await });
                self.flying.insert(task.id(), row.clone());
            }
            Verdict::Domain => self.tried.entry(key_of(row)).or_default().next_at = now().saturating_add(DOMAIN_WAITS),
            Verdict::All => self.held_until = now().saturating_add(ALL_WAIT),
            Verdict::Nothing => self.write_down(row, End::Lapsed).await,
        }
        Ok(())
    }

    async fn landed(&mut self, landed: Result<(Id, Result<(), Failure>), JoinError>) {
        let (id, sent) = landed.unwrap_or_else(|error| {
            tracing::error!(%error, "sending broke off");
            (error.id(), Err(Failure::new("sending broke off")))
        });
        let Some(row) = self.flying.remove(&id) else { return };
        let end = match sent {
            Ok(()) => Some(End::Over),
            Err(failure) => self.failed(&row, failure),
        };
        if let Some(end) = end {
            self.write_down(&row, end).await;
        }
    }

    /// It waits, or is given up.
    fn failed(&mut self, row: &DueRow, Failure { reason, retry_after }: Failure) -> Option<End> {
        let (id, what) = (SubscriptionId(row.id), row.due.as_str());
        let tried = self.tried.entry(key_of(row)).or_default();
        tried.tries += 1;
        if tried.tries == 1 {
            tried.since = now();
        }
        if !backoff::is_over(tried.tries, tried.since, now()) {
            let wait = backoff::wait(tried.tries, backoff::draw(), retry_after);
            tried.next_at = now().saturating_add(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
            tracing::debug!("subscription {id}: {what} failed: {reason}");
            return None;
        }
        tracing::warn!("subscription {id}: {what} is given up: {reason}");
        // nobody can say yes to what never came
        Some(if what == Due::Confirm.name() { End::Lapsed } else { End::Over })
    }

    /// What cannot be written is written later, or where this is broken off. What was sent is not sent again for it.
    async fn write_down(&mut self, row: &DueRow, end: End) {
        let first = self.tried.entry(key_of(row)).or_default().end.replace(end).is_none();
        let written = match end {
            End::Over => self.subscribers.sent(row).await,
            End::Lapsed => self.subscribers.lapse(row.id).await,
        };
        let Err(error) = written else {
            self.forget(row);
            return;
        };
        if first {
            tracing::warn!("what came of a mail or a test cannot be written: {error}; trying again");
        }
        self.tried.entry(key_of(row)).or_default().next_at = now().saturating_add(BETWEEN_WRITES);
    }

    /// Nothing else begins: what has ended is written down, and what is under way once it lands. Whoever calls does not wait for ever.
    async fn farewell(&mut self) {
        let end = |row: &DueRow| self.tried.get(&key_of(row)).and_then(|tried| tried.end);
        let ended: Vec<_> = self.due.iter().filter_map(|row| Some((row.clone(), end(row)?))).collect();
        for (row, end) in ended {
            self.write_down(&row, end).await;
        }
        while let Some(landed) = self.sending.join_next_with_id().await {
            self.landed(landed).await;
        }
    }

    fn forget(&mut self, row: &DueRow) {
        self.tried.remove(&key_of(row));
        self.due.retain(|due| key_of(due) != key_of(row));
    }
}
