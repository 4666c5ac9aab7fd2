//! The kinds of what is sent besides notices, and the sending of one.

use crate::{
    ChannelKind, DeliveryError, Senders, State, Subscribers, SubscriptionId,
    failure::Failure,
    rows::{DueRow, SecretsRow, SubscriptionRow},
};

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

pub(crate) async fn send(
    subscribers: &Subscribers,
    senders: &Senders,
    row: &SubscriptionRow,
    sealed: &SecretsRow,
) -> Result<(), Failure> {
    let secrets = subscribers.opened(sealed).map_err(|_| Failure::new("what is sealed does not open"))?;
    let channel = ChannelKind::from_name(&row.channel).ok_or_else(|| Failure::new("it has no channel"))?;
    let id = SubscriptionId(row.id);
    match Due::from_name(&row.due) {
        Some(Due::Confirm) => senders.confirmation(id, &secrets).await,
        Some(Due::Welcome) => senders.welcome(id, &secrets).await,
        Some(Due::Test) => senders.test(channel, &format!("{id}-test-{}", row.version), &secrets).await,
        None => Ok(()),
    }
}

impl SubscriptionRow {
    /// Has a test sent, or where a welcome is due that: behind it a webhook is tested all the same, and a mailbox is by it.
    pub(crate) fn test(&mut self) {
        if self.due != Due::Welcome.name() {
            self.due = Due::Test.name().to_owned();
        }
    }
}

impl Subscribers {
    /// Notes that what was due has been sent, unless something else has come due meanwhile. Behind a webhook's welcome, which is a mail,
    /// comes a test of it.
    pub(crate) async fn sent(&self, row: &DueRow) -> Result<(), DeliveryError> {
        let _turn = self.inner.writing.lock().await;
        match self.inner.tables.subscription(row.id).await? {
            // what has changed since may be the target, and then the test was of another
            Some(newest) if newest.due == Due::Test.name() && newest.version != row.version => Ok(()),
            Some(newest) if newest.due == row.due && newest.state != State::Gone.name() => {
                let webhook = matches!(ChannelKind::from_name(&newest.channel), Some(ChannelKind::Webhook(_)));
                let next = if webhook && row.due == Due::Welcome.name() { Due::Test.name() } else { "" };
                self.write(&SubscriptionRow { due: next.to_owned(), ..newest }).await
            }
            _ => Ok(()),
        }
    }
}

impl Senders {
    /// Sends a test at once and says what came of it; none where there is no such subscription, or it is not confirmed.
    pub async fn test_now(
        &self,
        subscribers: &Subscribers,
        id: SubscriptionId,
    ) -> Result<Option<Result<(), String>>, DeliveryError> {
        let row = subscribers.tables().subscription(id.0).await?.filter(|row| row.state == State::Active.name());
        let sealed = subscribers.tables().secrets(&[id.0]).await?.remove(&id.0);
        let Some((row, sealed)) = row.zip(sealed) else { return Ok(None) };
        let row =
            SubscriptionRow { due: Due::Test.name().to_owned(), version: subscribers.tables().next_version(), ..row };
        Ok(Some(send(subscribers, self, &row, &sealed).await.map_err(|failure| failure.reason)))
    }
}
