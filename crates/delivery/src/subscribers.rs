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
    due::Due,
    filter,
    key::random,
    limits::{Sources, source},
    rows::{SecretsRow, SubscriptionRow},
    secrets::Secrets,
    table::{Tables, now},
    token::Purpose,
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
    pub(crate) inner: Arc<Inner>,
    policy: Arc<Policy>,
}

pub(crate) struct Inner {
    pub(crate) tables: Tables,
    pub(crate) key: Key,
    sources: Mutex<Sources>,
    /// One change at a time.
    pub(crate) writing: tokio::sync::Mutex<()>,
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
        let Limits { requests_per_source_hour: most, requests_per_network_hour: of_network, .. } = self.policy.limits;
        let passed = {
            let mut sources = self.inner.sources.lock().unwrap_or_else(PoisonError::into_inner);
            sources.pass(wanted.from.map(source), most, of_network, Instant::now())
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
        let mut erased_before = None;
        if let Some(channel) = &change.channel {
            let webhook = |kind| matches!(kind, ChannelKind::Webhook(_));
            if webhook(before) != webhook(channel.kind()) {
                return Err(Refused::Channel);
            }
            let target = self.target(channel)?;
            let secrets = Secrets::open(&self.inner.key, &sealed)?;
            // what is sealed later than its row was written is a change that broke off before anybody heard of it
            if secrets.target != target || sealed.version > row.version {
                let version = tables.next_version();
                sealed = Secrets { target, ..secrets }.seal(&self.inner.key, SubscriptionId(row.id), version)?;
                tables.write_secrets(&sealed).await?;
                erased_before = Some(version);
                row.test();
            }
            row.channel = channel.kind().name().to_owned();
        }
        self.write(&row).await?;
        // whoever delivers has heard of the new target when the one that was is erased
        if let Some(version) = erased_before {
            tables.erase_secrets(&[row.id], version).await?;
        }
        Ok(Some(self.shown(&row, &sealed)?))
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

    /// Has a test message sent by whoever delivers, where the welcome was, or that. False where there is no such subscription, or it is not confirmed.
    pub async fn test(&self, id: SubscriptionId) -> Result<bool, DeliveryError> {
        let _turn = self.inner.writing.lock().await;
        match self.inner.tables.subscription(id.0).await? {
            Some(mut row) if row.state == State::Active.name() => {
                row.test();
                self.write(&row).await?;
                Ok(true)
            }
            _ => Ok(false),
        }
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

    pub(crate) async fn write(&self, row: &SubscriptionRow) -> Result<(), DeliveryError> {
        let row = SubscriptionRow { version: self.inner.tables.next_version(), ..row.clone() };
        self.inner.tables.write_subscription(&row).await?;
        self.tell();
        Ok(())
    }

    pub(crate) fn tell(&self) {
        self.inner.changes.send_modify(|changes| *changes += 1);
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
