//! Subscriptions: asked for, confirmed, managed, ended. No account: whoever reads the mailbox decides.
//!
//! What is asked for is taken alike whether the address is known or not, and takes as long: all that depends on an address happens
//! when its mail is sent (see [`crate::outbox`]). Rows are written in an order that a kill between two of them leaves nothing wrong:
//! what is sealed comes before the subscription, and goes after it.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use clickhouse::Client;
use hashwatch_outbound::{AllowList, Target};
use tokio::sync::watch;

use crate::{
    Changed, Channel, ChannelKind, DeliveryError, Key, Limits, Listed, Managed, Refused, State, SubscriptionId, Wanted,
    address::Address,
    filter,
    key::random,
    limits::{Sources, source},
    secrets::Secrets,
    table::{SecretsRow, SubscriptionRow, Tables, now},
    token::{Purpose, Token},
};

/// How long a wish waits to be confirmed, in milliseconds: 48 hours.
pub(crate) const CONFIRM_WITHIN: u64 = 48 * 3_600 * 1_000;

/// What an operator allows.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Whether visitors may subscribe.
    pub public: bool,
    /// Hosts that webhooks may lead to although they are private, and without https.
    pub allowed: AllowList,
    /// How much of everything.
    pub limits: Limits,
}

impl Default for Policy {
    fn default() -> Self {
        Policy { public: true, allowed: AllowList::default(), limits: Limits::default() }
    }
}

/// The subscriptions of a database. Clones are one.
#[derive(Clone)]
pub struct Subscribers {
    inner: Arc<Inner>,
    policy: Arc<Policy>,
}

struct Inner {
    tables: Tables,
    key: Key,
    sources: Mutex<Sources>,
    /// One change at a time.
    writing: tokio::sync::Mutex<()>,
    /// Grows with each change.
    changes: watch::Sender<u64>,
}

impl Subscribers {
    /// Opens a database, and makes it where there is none.
    ///
    /// # Errors
    /// [`DeliveryError::OtherKey`] where it is sealed under another key, else the store's failures.
    pub async fn open(client: Client, database: &str, key: Key) -> Result<Subscribers, DeliveryError> {
        let tables = Tables::open(client, database).await?;
        match tables.key_mark().await? {
            None => tables.write_key_mark(key.check()).await?,
            Some(mark) if mark.eq_ignore_ascii_case(&hex::encode(key.check())) => {}
            Some(_) => return Err(DeliveryError::OtherKey),
        }
        let inner = Inner {
            tables,
            key,
            sources: Mutex::new(Sources::by_hour()),
            writing: tokio::sync::Mutex::default(),
            changes: watch::Sender::new(0),
        };
        Ok(Subscribers { inner: Arc::new(inner), policy: Arc::default() })
    }

    /// The same under an operator's policy.
    #[must_use]
    pub fn under(self, policy: Policy) -> Subscribers {
        Subscribers { policy: Arc::new(policy), ..self }
    }

    /// Takes a wish; the address is asked by mail whether it is its own. What comes back never depends on who is subscribed.
    ///
    /// # Errors
    /// What is wrong with the wish itself, or too many from one source.
    pub async fn request(&self, wanted: Wanted) -> Result<(), Refused> {
        if !self.policy.public {
            return Err(Refused::Closed);
        }
        let address = Address::parse(&wanted.address).ok_or(Refused::Address)?;
        filter::check(&wanted.filter)?;
        let target = self.target(&wanted.channel)?;
        let most = self.policy.limits.requests_per_source_hour;
        let passed = {
            let mut sources = self.inner.sources.lock().unwrap_or_else(PoisonError::into_inner);
            sources.pass(source(wanted.from), most, Instant::now())
        };
        passed.map_err(|retry_after| Refused::TooMany { retry_after })?;
        let _turn = self.inner.writing.lock().await;
        let tables = &self.inner.tables;
        if tables.pending().await? >= self.policy.limits.pending {
            return Err(Refused::TooMany { retry_after: std::time::Duration::from_secs(3_600) });
        }
        let id = self.new_id().await?;
        let secrets = Secrets::new(address, target)?;
        tables.write_secrets(&secrets.seal(&self.inner.key, id, tables.next_version())?).await?;
        let row = SubscriptionRow {
            id: id.0,
            version: tables.next_version(),
            state: State::Pending.name().to_owned(),
            channel: wanted.channel.kind().name().to_owned(),
            filter: filter::to_text(&wanted.filter),
            due: Due::Confirm.name().to_owned(),
            requested_at: now(),
            confirmed_at: 0,
        };
        tables.write_subscription(&row).await?;
        self.tell();
        Ok(())
    }

    /// The mailbox says yes: the subscription begins. None where the token is none, was used or is older than 48 hours.
    pub async fn confirm(&self, token: &str) -> Result<Option<Managed>, DeliveryError> {
        let _turn = self.inner.writing.lock().await;
        let Some((row, sealed)) = self.holder(token, &[Purpose::Confirm]).await? else { return Ok(None) };
        let late = now() >= row.requested_at.saturating_add(CONFIRM_WITHIN);
        if row.state != State::Pending.name() || late {
            return Ok(None);
        }
        let row = SubscriptionRow {
            state: State::Active.name().to_owned(),
            due: Due::Welcome.name().to_owned(),
            confirmed_at: now(),
            ..row
        };
        self.write(&row).await.map(Some)?;
        self.shown(&row, &sealed).map(Some)
    }

    /// What the holder of a link to manage sees; none where the token is none.
    pub async fn managed(&self, token: &str) -> Result<Option<Managed>, DeliveryError> {
        match self.holder(token, &[Purpose::Manage]).await? {
            Some((row, sealed)) if row.state == State::Active.name() => self.shown(&row, &sealed).map(Some),
            _ => Ok(None),
        }
    }

    /// Changes a subscription; none where the token is none.
    ///
    /// # Errors
    /// What is wrong with the change.
    pub async fn change(&self, token: &str, change: Changed) -> Result<Option<Managed>, Refused> {
        let _turn = self.inner.writing.lock().await;
        let Some((mut row, mut sealed)) = self.holder(token, &[Purpose::Manage]).await? else { return Ok(None) };
        let active = row.state == State::Active.name();
        let Some(before) = ChannelKind::from_name(&row.channel).filter(|_| active) else { return Ok(None) };
        if let Some(filter) = &change.filter {
            filter::check(filter)?;
            row.filter = filter::to_text(filter);
        }
        let tables = &self.inner.tables;
        if let Some(channel) = &change.channel {
            let webhook = |kind| matches!(kind, ChannelKind::Webhook(_));
            if webhook(before) != webhook(channel.kind()) {
                return Err(Refused::Channel);
            }
            let target = self.target(channel)?;
            let secrets = Secrets::open(&self.inner.key, &sealed)?;
            if secrets.target != target {
                let version = tables.next_version();
                sealed = Secrets { target, ..secrets }.seal(&self.inner.key, SubscriptionId(row.id), version)?;
                tables.write_secrets(&sealed).await?;
                // the target that was is erased
                tables.erase_secrets(&[row.id], version).await?;
                row.due = Due::Test.name().to_owned();
            }
            row.channel = channel.kind().name().to_owned();
        }
        self.write(&row).await?;
        Ok(Some(self.shown(&row, &sealed)?))
    }

    /// Ends the subscription whose link to unsubscribe or to manage this is, and erases it. False where there is none (any more).
    pub async fn unsubscribe(&self, token: &str) -> Result<bool, DeliveryError> {
        let _turn = self.inner.writing.lock().await;
        let Some((row, _)) = self.holder(token, &[Purpose::Unsubscribe, Purpose::Manage]).await? else {
            return Ok(false);
        };
        self.end(&[row]).await
    }

    /// Every subscription that is pending or active, as an operator sees it.
    pub async fn list(&self) -> Result<Vec<Listed>, DeliveryError> {
        let progress = self.inner.tables.progress().await?;
        let rows = self.inner.tables.subscriptions(0).await?;
        let listed = rows.iter().filter_map(|row| {
            let state = State::from_name(&row.state).filter(|state| *state != State::Gone)?;
            let served = progress.binary_search_by_key(&row.id, |row| row.id).ok().map(|at| progress[at]);
            Some(Listed {
                id: SubscriptionId(row.id),
                state,
                channel: ChannelKind::from_name(&row.channel)?,
                filter: filter::from_text(&row.filter)?,
                requested_at: row.requested_at,
                confirmed_at: row.confirmed_at,
                served: served.map(|row| row.seq),
                tries: served.map_or(0, |row| row.tries),
            })
        });
        Ok(listed.collect())
    }

    /// Ends a subscription at the operator's word. False where there is none.
    pub async fn remove(&self, id: SubscriptionId) -> Result<bool, DeliveryError> {
        let _turn = self.inner.writing.lock().await;
        match self.inner.tables.subscription(id.0).await? {
            Some(row) => self.end(&[row]).await,
            None => Ok(false),
        }
    }

    /// Has a test message sent by whoever delivers. False where there is no such subscription, or it is not confirmed.
    pub async fn test(&self, id: SubscriptionId) -> Result<bool, DeliveryError> {
        let _turn = self.inner.writing.lock().await;
        match self.inner.tables.subscription(id.0).await? {
            Some(row) if row.state == State::Active.name() => {
                self.write(&SubscriptionRow { due: Due::Test.name().to_owned(), ..row }).await?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }
}

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

impl Subscribers {
    pub(crate) fn tables(&self) -> &Tables {
        &self.inner.tables
    }

    #[cfg(test)]
    pub(crate) fn key(&self) -> &Key {
        &self.inner.key
    }

    pub(crate) fn limits(&self) -> Limits {
        self.policy.limits
    }

    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.inner.changes.subscribe()
    }

    /// What of a subscription is sealed, opened.
    pub(crate) fn opened(&self, sealed: &SecretsRow) -> Result<Secrets, DeliveryError> {
        Secrets::open(&self.inner.key, sealed)
    }

    /// Notes that what was due has been sent, unless something else has come due meanwhile.
    pub(crate) async fn sent(&self, row: &SubscriptionRow) -> Result<(), DeliveryError> {
        let _turn = self.inner.writing.lock().await;
        match self.inner.tables.subscription(row.id).await? {
            Some(newest) if newest.due == row.due && newest.state != State::Gone.name() => {
                self.write(&SubscriptionRow { due: String::new(), ..newest }).await
            }
            _ => Ok(()),
        }
    }

    /// Ends what waited too long or may not be, and erases what a killed process left.
    pub(crate) async fn tidy(&self) -> Result<(), DeliveryError> {
        let _turn = self.inner.writing.lock().await;
        let expired = self.inner.tables.expired(now().saturating_sub(CONFIRM_WITHIN)).await?;
        self.end(&expired).await?;
        let orphans = self.inner.tables.orphans(now().saturating_sub(3_600_000).saturating_mul(1_000)).await?;
        if !orphans.is_empty() {
            self.erase(&orphans).await?;
        }
        Ok(())
    }

    /// As [`Subscribers::remove`], for several. They are gone first, and erased then.
    pub(crate) async fn end_all(&self, rows: &[SubscriptionRow]) -> Result<(), DeliveryError> {
        let _turn = self.inner.writing.lock().await;
        self.end(rows).await.map(|_| ())
    }

    async fn end(&self, rows: &[SubscriptionRow]) -> Result<bool, DeliveryError> {
        let gone = |row: &&SubscriptionRow| row.state != State::Gone.name();
        let ids: Vec<u64> = rows.iter().filter(gone).map(|row| row.id).collect();
        if ids.is_empty() {
            return Ok(false);
        }
        let tables = &self.inner.tables;
        let tombstone = |id: &u64| SubscriptionRow {
            id: *id,
            version: tables.next_version(),
            state: State::Gone.name().to_owned(),
            channel: String::new(),
            filter: String::new(),
            due: String::new(),
            requested_at: 0,
            confirmed_at: 0,
        };
        let tombstones: Vec<SubscriptionRow> = ids.iter().map(tombstone).collect();
        tables.insert("subscriptions", &tombstones, "ending subscriptions").await?;
        self.tell();
        self.erase(&ids).await?;
        Ok(true)
    }

    async fn erase(&self, ids: &[u64]) -> Result<(), DeliveryError> {
        self.inner.tables.erase_secrets(ids, u64::MAX).await?;
        self.inner.tables.erase_versions(ids).await
    }

    async fn write(&self, row: &SubscriptionRow) -> Result<(), DeliveryError> {
        let row = SubscriptionRow { version: self.inner.tables.next_version(), ..row.clone() };
        self.inner.tables.write_subscription(&row).await?;
        self.tell();
        Ok(())
    }

    fn tell(&self) {
        self.inner.changes.send_modify(|changes| *changes += 1);
    }

    /// Whose token this is, where it is for one of these purposes.
    async fn holder(
        &self,
        token: &str,
        purposes: &[Purpose],
    ) -> Result<Option<(SubscriptionRow, SecretsRow)>, DeliveryError> {
        let Some(token) = Token::read(token) else { return Ok(None) };
        let sealed = self.inner.tables.by_token(token.hash()).await?;
        let is = |sealed: &SecretsRow, purpose: &Purpose| match purpose {
            Purpose::Confirm => token.is(&sealed.confirm_hash),
            Purpose::Manage => token.is(&sealed.manage_hash),
            Purpose::Unsubscribe => token.is(&sealed.unsubscribe_hash),
        };
        let Some(sealed) = sealed.into_iter().find(|sealed| purposes.iter().any(|purpose| is(sealed, purpose))) else {
            return Ok(None);
        };
        let row = self.inner.tables.subscription(sealed.id).await?;
        Ok(row.filter(|row| row.state != State::Gone.name()).map(|row| (row, sealed)))
    }

    fn shown(&self, row: &SubscriptionRow, sealed: &SecretsRow) -> Result<Managed, DeliveryError> {
        let secrets = self.opened(sealed)?;
        let damaged = |reason| DeliveryError::Damaged { id: SubscriptionId(row.id).to_string(), reason };
        let kind = ChannelKind::from_name(&row.channel).ok_or_else(|| damaged("it has no channel"))?;
        let channel = match kind {
            ChannelKind::Mail => Channel::Mail,
            ChannelKind::Digest => Channel::Digest,
            ChannelKind::Webhook(format) => Channel::Webhook { url: secrets.target.clone(), format },
        };
        let webhook = matches!(kind, ChannelKind::Webhook(_));
        Ok(Managed {
            id: SubscriptionId(row.id),
            token: secrets.token(Purpose::Manage).text(),
            address_hint: secrets.address.hint(),
            filter: filter::from_text(&row.filter).ok_or_else(|| damaged("its filter cannot be read"))?,
            channel,
            signing_key: if webhook { secrets.signing_key } else { String::new() },
        })
    }

    /// The URL of a webhook, looked at as far as its text goes; empty for mail.
    fn target(&self, channel: &Channel) -> Result<String, Refused> {
        let Channel::Webhook { url, .. } = channel else { return Ok(String::new()) };
        let refuse = |reason: &dyn std::fmt::Display| Refused::Webhook(reason.to_string());
        let target = Target::parse(url).map_err(|error| refuse(&error))?;
        match target.is_encrypted() || self.policy.allowed.names(&target) {
            true => Ok(url.clone()),
            false => Err(refuse(&"it must begin with https://")),
        }
    }

    /// One that no subscription has or had.
    async fn new_id(&self) -> Result<SubscriptionId, DeliveryError> {
        loop {
            let id = u64::from_be_bytes(random()?);
            if self.inner.tables.subscription(id).await?.is_none() {
                return Ok(SubscriptionId(id));
            }
        }
    }
}
