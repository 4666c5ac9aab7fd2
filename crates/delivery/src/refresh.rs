//! Looks at what is new: notices, and what subscriptions there are, by whomever it was written. They are made beside the loop, so that a
//! store that hangs holds up nobody who is being served.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use hashwatch_model::Notice;
use tokio::time::timeout;
use url::Url;

use crate::{
    ChannelKind, DeliveryError, Newest, Notices, State, Subscribers,
    delivery::{Delivery, Said},
    filter,
    line::{Line, Served, Standing},
    notices,
    rows::{ProgressRow, SecretsRow, SubscriptionRow},
    table::now,
};

/// How far clocks of processes that write may be apart, in microseconds.
const OVERLAP: u64 = 60_000_000;
/// After which a store does not answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a look has of those before it: it goes with each and comes back.
pub(crate) struct Looks {
    subscribers: Subscribers,
    notices: Arc<dyn Notices>,
    /// The version of each subscription that is served.
    served: HashMap<u64, u64>,
    newest_version: u64,
}

/// What a look saw.
#[derive(Default)]
pub(crate) struct Seen {
    newest: Newest,
    after: u64,
    /// Those after that seq; none where they cannot be read.
    notices: Option<Vec<Notice>>,
    /// Subscriptions that are new or have changed, with the places of the new ones.
    served: Vec<(u64, Served, Option<ProgressRow>)>,
    /// Those that are served no longer.
    gone: Vec<u64>,
    /// Somebody was told more than there is: the store was made anew.
    anew: bool,
}

/// Rows as they were read.
struct Rows {
    subscriptions: Vec<SubscriptionRow>,
    sealed: HashMap<u64, SecretsRow>,
    progress: HashMap<u64, ProgressRow>,
}

impl Looks {
    pub(crate) fn new(subscribers: Subscribers, notices: Arc<dyn Notices>) -> Looks {
        Looks { subscribers, notices, served: HashMap::new(), newest_version: 0 }
    }

    /// Looks at notices after a seq up to the newest, and at all subscriptions that have changed. What fails is tried again by the next.
    /// `told` is how far anybody was told.
    async fn look(&mut self, after: u64, newest: Newest, told: u64) -> Seen {
        let mut seen = Seen { newest, after, ..Seen::default() };
        match within(notices::read(&*self.notices, after, newest.seq)).await {
            Ok(read) => seen.notices = Some(read),
            Err(error) => tracing::warn!("notices cannot be read: {error}; trying again"),
        }
        let rows = match within(self.read()).await {
            Ok(rows) => rows,
            Err(error) => {
                tracing::warn!("subscriptions cannot be read: {error}; trying again");
                return seen;
            }
        };
        let told = rows.progress.values().map(|place| place.seq).max().unwrap_or(0).max(told);
        // there may be some that are not known yet
        let unsure = newest.seq == 0 || told > newest.seq;
        let ends = !unsure || within(self.notices.after(newest.seq, 1)).await.is_ok_and(|more| more.is_empty());
        seen.anew = told > newest.seq && ends;
        let known = seen.notices.is_some() && (newest.seq > 0 || ends);
        self.compare(rows, known, &mut seen);
        seen
    }

    async fn read(&self) -> Result<Rows, DeliveryError> {
        let tables = self.subscribers.tables();
        let subscriptions = tables.subscriptions(self.newest_version.saturating_sub(OVERLAP)).await?;
        let changed: Vec<u64> = subscriptions.iter().filter(|row| self.has_changed(row)).map(|row| row.id).collect();
        let sealed = tables.secrets(&changed).await?;
        let new: HashSet<u64> = changed.into_iter().filter(|id| !self.served.contains_key(id)).collect();
        Ok(Rows { subscriptions, sealed, progress: self.progress_of(&new).await? })
    }

    fn has_changed(&self, row: &SubscriptionRow) -> bool {
        row.state == State::Active.name() && self.served.get(&row.id) != Some(&row.version)
    }

    /// Places of those that are new; nothing is asked where none is.
    async fn progress_of(&self, new: &HashSet<u64>) -> Result<HashMap<u64, ProgressRow>, DeliveryError> {
        if new.is_empty() {
            return Ok(HashMap::new());
        }
        let rows = self.subscribers.tables().progress().await?;
        Ok(rows.into_iter().filter(|row| new.contains(&row.id)).map(|row| (row.id, row)).collect())
    }

    /// Finds what has changed. Where it is not `known` what was said, nobody begins, but at the next look.
    fn compare(&mut self, rows: Rows, known: bool, seen: &mut Seen) {
        let Rows { subscriptions, mut sealed, mut progress } = rows;
        let (mut newest_version, mut all) = (self.newest_version, true);
        for row in subscriptions {
            newest_version = newest_version.max(row.version);
            if row.state != State::Active.name() {
                seen.gone.extend(self.served.remove(&row.id).map(|_| row.id));
            } else if self.has_changed(&row) {
                if !known && !self.served.contains_key(&row.id) && !progress.contains_key(&row.id) {
                    all = false;
                    continue;
                }
                let Some(served) = sealed.remove(&row.id).and_then(|sealed| self.served_by(&row, sealed)) else {
                    tracing::warn!("subscription {} cannot be served: it is damaged", crate::SubscriptionId(row.id));
                    continue;
                };
                self.served.insert(row.id, row.version);
                seen.served.push((row.id, served, progress.remove(&row.id)));
            }
        }
        if all {
            self.newest_version = newest_version;
        }
    }

    fn served_by(&self, row: &SubscriptionRow, sealed: SecretsRow) -> Option<Served> {
        let kind = ChannelKind::from_name(&row.channel)?;
        let host = match kind {
            ChannelKind::Mail | ChannelKind::Digest => String::new(),
            ChannelKind::Webhook(_) => {
                let url = Url::parse(&self.subscribers.opened(&sealed).ok()?.target).ok()?;
                url[url::Position::BeforeHost..url::Position::AfterPort].to_owned()
            }
        };
        let (filter, confirmed_at) = (filter::from_text(&row.filter)?, row.confirmed_at);
        Some(Served { kind, filter, confirmed_at, sealed: Arc::new(sealed), host: host.into() })
    }
}

/// Waits for a store, but not for ever.
pub(crate) async fn within<T>(work: impl Future<Output = Result<T, DeliveryError>>) -> Result<T, DeliveryError> {
    timeout(PATIENCE, work).await.unwrap_or(Err(DeliveryError::Hangs(PATIENCE)))
}

impl Delivery {
    /// Has a look made, or one more after the one that is under way.
    pub(crate) fn look(&mut self) {
        let Some(mut looks) = self.looks.take() else {
            self.look_again = true;
            return;
        };
        self.look_again = false;
        let newest = *self.latest.borrow_and_update();
        let (after, said) = (self.recent.wants(newest), self.said.clone());
        let told = self.lines.values().map(|line| line.cursor).max().unwrap_or(0).max(self.recent.last());
        let look = tokio::spawn(async move {
            let seen = looks.look(after, newest, told).await;
            let _ = said.send(Said::Seen(Box::new((looks, seen))));
        });
        self.looking = Some(look.abort_handle());
    }

    /// Takes what a look saw.
    pub(crate) fn saw(&mut self, looks: Looks, seen: Seen) {
        if let Some(read) = seen.notices {
            self.recent.take(seen.after, seen.newest, read);
        }
        for id in seen.gone {
            if let Some(line) = self.lines.remove(&id) {
                self.recall(id, line.epoch);
            }
        }
        for (id, served, progress) in seen.served {
            self.take(id, served, progress);
        }
        if seen.anew {
            self.go_back(seen.newest);
        }
        let ids: Vec<u64> = self.lines.keys().copied().collect();
        for id in ids {
            self.consider(id);
        }
        self.looks = Some(looks);
        if self.look_again {
            self.look();
        }
    }

    /// Has those who were told more than there is hear what is said from now on.
    fn go_back(&mut self, newest: Newest) {
        if self.recent.last() > newest.seq {
            self.recent.end(newest);
        }
        let beyond = |(id, line): (&u64, &Line)| (line.cursor > newest.seq).then_some((*id, line.epoch));
        let beyond: Vec<(u64, u64)> = self.lines.iter().filter_map(beyond).collect();
        if !beyond.is_empty() {
            tracing::warn!(
                "the store was made anew: {} subscriptions were told more than its {} notices and hear what follows",
                beyond.len(),
                newest.seq
            );
        }
        for (id, epoch) in beyond {
            if let Some(line) = self.lines.get_mut(&id) {
                line.go_back(newest.seq);
            }
            self.recall(id, epoch);
            self.settle(id);
            self.record(id);
        }
    }

    fn take(&mut self, id: u64, served: Served, progress: Option<ProgressRow>) {
        match self.lines.get_mut(&id) {
            // what is under way goes on to where it was sent
            Some(line) if line.standing == Standing::Flying && line.sealed.version == served.sealed.version => {
                line.changed = Some(served);
            }
            Some(line) => {
                let epoch = line.epoch;
                line.change(served);
                self.recall(id, epoch);
            }
            None => {
                let begins = self.begins(served.confirmed_at);
                let mut line = Line::new(served, begins);
                let begun = progress.as_ref().map(|row| line.resume(row, now())).is_some();
                self.lines.insert(id, line);
                if !begun {
                    self.record(id);
                }
            }
        }
    }
}
