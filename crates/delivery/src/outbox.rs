//! What a subscription is sent besides notices: the mail that asks to confirm, the one that says it begins, tests.
//!
//! Here, not where the wish is taken, it matters whose address it is: too many wishes for one come to nothing, and nobody but its
//! mailbox can learn of it.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, timeout},
};

use crate::{
    ChannelKind, DeliveryError, Senders, Subscribers, SubscriptionId, backoff,
    confirmations::{Verdict, verdict},
    delivery::stopped,
    rows::{SecretsRow, SubscriptionRow},
    senders::Failure,
    table::now,
};

/// Sent at a time.
const AT_ONCE: usize = 8;
/// Looked at in one round.
const A_ROUND: u64 = 200;
/// Between two looks where nothing is heard, as other processes write too.
const BETWEEN_LOOKS: Duration = Duration::from_secs(5);
/// Between two looks for what has expired.
const BETWEEN_TIDYINGS: Duration = Duration::from_secs(600);

/// What a mailbox or a target is to be sent besides notices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    Confirm,
    Welcome,
    Test,
}

impl Due {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Due::Confirm => "confirm",
            Due::Welcome => "welcome",
            Due::Test => "test",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Due> {
        [Due::Confirm, Due::Welcome, Due::Test].into_iter().find(|due| due.name() == name)
    }
}

/// What is known of one that failed, or is being sent.
#[derive(Clone, Copy, Default)]
struct Tried {
    tries: u32,
    since: u64,
    next_at: u64,
}

struct Outbox {
    subscribers: Subscribers,
    senders: Senders,
    tried: HashMap<(u64, String), Tried>,
}

pub(crate) async fn run(subscribers: Subscribers, senders: Senders, mut stop: watch::Receiver<bool>) {
    let mut changes = subscribers.changes();
    let mut outbox = Outbox { subscribers, senders, tried: HashMap::new() };
    let mut tidied: Option<Instant> = None;
    loop {
        if tidied.is_none_or(|at| at.elapsed() >= BETWEEN_TIDYINGS) {
            tidied = Some(Instant::now());
            if let Err(error) = outbox.subscribers.tidy().await {
                tracing::warn!("subscriptions that expired cannot be taken away: {error}; trying again");
            }
        }
        let round = async {
            if let Err(error) = outbox.round().await {
                tracing::warn!("mails to subscribers cannot be sent: {error}; trying again");
            }
            let _ = timeout(BETWEEN_LOOKS, changes.changed()).await;
        };
        tokio::select! {
            biased;
            () = stopped(&mut stop) => return,
            () = round => {}
        }
    }
}

impl Outbox {
    /// Sends what is due, as far as its time has come.
    async fn round(&mut self) -> Result<(), DeliveryError> {
        let rows = self.subscribers.tables().due(A_ROUND).await?;
        let here: HashSet<(u64, String)> = rows.iter().map(key_of).collect();
        self.tried.retain(|key, _| here.contains(key));
        let ready = |row: &&SubscriptionRow| self.tried.get(&key_of(row)).is_none_or(|tried| tried.next_at <= now());
        let ready: Vec<SubscriptionRow> = rows.iter().filter(ready).cloned().collect();
        let ids: Vec<u64> = ready.iter().map(|row| row.id).collect();
        let mut sealed = self.subscribers.tables().secrets(&ids).await?;
        let (mut sending, mut ready) = (JoinSet::new(), ready.into_iter());
        loop {
            while sending.len() < AT_ONCE {
                let Some(row) = ready.next() else { break };
                let Some(sealed) = sealed.remove(&row.id) else { continue };
                if !self.may(&row, &sealed).await? {
                    continue;
                }
                let (subscribers, senders) = (self.subscribers.clone(), self.senders.clone());
                sending.spawn(async move {
                    let sent = send(&subscribers, &senders, &row, &sealed).await;
                    (row, sent)
                });
            }
            match sending.join_next().await {
                None => return Ok(()),
                Some(Ok((row, sent))) => self.sent(&row, sent).await?,
                Some(Err(error)) => tracing::error!(%error, "sending broke off"),
            }
        }
    }

    /// Whether it may be sent. A confirmation that may not ends its subscription, without a word to anybody.
    async fn may(&mut self, row: &SubscriptionRow, sealed: &SecretsRow) -> Result<bool, DeliveryError> {
        if row.due != Due::Confirm.name() || verdict(&self.subscribers, sealed).await? == Verdict::Send {
            return Ok(true);
        }
        self.subscribers.lapse(row.id).await?;
        Ok(false)
    }

    async fn sent(&mut self, row: &SubscriptionRow, sent: Result<(), Failure>) -> Result<(), DeliveryError> {
        let Err(Failure { reason, retry_after }) = sent else {
            self.tried.remove(&key_of(row));
            return self.subscribers.sent(row).await;
        };
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
            return Ok(());
        }
        tracing::warn!("subscription {id}: {what} is given up: {reason}");
        self.tried.remove(&key_of(row));
        match Due::from_name(what) {
            // nobody can say yes to what never came
            Some(Due::Confirm) => self.subscribers.lapse(row.id).await,
            _ => self.subscribers.sent(row).await,
        }
    }
}

fn key_of(row: &SubscriptionRow) -> (u64, String) {
    (row.id, row.due.clone())
}

async fn send(
    subscribers: &Subscribers,
    senders: &Senders,
    row: &SubscriptionRow,
    sealed: &SecretsRow,
) -> Result<(), Failure> {
    let secrets = subscribers.opened(sealed).map_err(|_| Failure::new("what is sealed does not open"))?;
    let channel = ChannelKind::from_name(&row.channel).ok_or_else(|| Failure::new("it has no channel"))?;
    let id = SubscriptionId(row.id);
    let test = format!("{id}-test-{}", row.version);
    match Due::from_name(&row.due) {
        Some(Due::Confirm) => senders.confirmation(id, &secrets).await,
        Some(Due::Welcome) => senders.welcome(id, &secrets).await,
        Some(Due::Test) => senders.test(channel, &test, &secrets).await,
        None => Ok(()),
    }
}

impl Senders {
    /// Sends a test at once and says what came of it; none where there is no such subscription, or it is not confirmed.
    pub async fn test_now(
        &self,
        subscribers: &Subscribers,
        id: SubscriptionId,
    ) -> Result<Option<Result<(), String>>, DeliveryError> {
        let row = subscribers.tables().subscription(id.0).await?.filter(|row| row.state == crate::State::Active.name());
        let sealed = subscribers.tables().secrets(&[id.0]).await?.remove(&id.0);
        let Some((row, sealed)) = row.zip(sealed) else { return Ok(None) };
        let row =
            SubscriptionRow { due: Due::Test.name().to_owned(), version: subscribers.tables().next_version(), ..row };
        Ok(Some(send(subscribers, self, &row, &sealed).await.map_err(|failure| failure.reason)))
    }
}
