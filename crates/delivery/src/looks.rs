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
    ChannelKind, DeliveryError, Newest, Notices, State, Subscribers, filter,
    line::Served,
    notices,
    rows::{ProgressRow, SecretsRow, SubscriptionRow},
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
    pub(crate) newest: Newest,
    pub(crate) after: u64,
    /// Those after that seq; none where they cannot be read.
    pub(crate) notices: Option<Vec<Notice>>,
    /// Subscriptions that are new or have changed, with the places of the new ones.
    pub(crate) served: Vec<(u64, Served, Option<ProgressRow>)>,
    /// Those that are served no longer.
    pub(crate) gone: Vec<u64>,
    /// Somebody was told more than there is: the store was made anew.
    pub(crate) anew: bool,
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
    pub(crate) async fn look(&mut self, after: u64, newest: Newest, told: u64) -> Seen {
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
