//! How subscriptions end: by a link, by the operator, by time. They are gone first, and erased then: what a kill leaves in between is
//! erased by the next look.

use crate::{
    DeliveryError, State, Subscribers, SubscriptionId, rows::SubscriptionRow, subscribers::CONFIRM_WITHIN, table::now,
    token::Purpose,
};

/// How long what nobody owns may be half of something that is under way, in milliseconds.
const UNDER_WAY: u64 = 3_600_000;

impl Subscribers {
    /// Ends the subscription whose link to unsubscribe or to manage this is, and erases it. False where there is none (any more).
    pub async fn unsubscribe(&self, token: &str) -> Result<bool, DeliveryError> {
        let _turn = self.inner.writing.lock().await;
        let Some((row, _)) = self.holder(token, &[Purpose::Unsubscribe, Purpose::Manage]).await? else {
            return Ok(false);
        };
        self.end(&[row]).await
    }

    /// Ends a subscription at the operator's word. False where there is none.
    pub async fn remove(&self, id: SubscriptionId) -> Result<bool, DeliveryError> {
        let _turn = self.inner.writing.lock().await;
        match self.inner.tables.subscription(id.0).await? {
            Some(row) => self.end(&[row]).await,
            None => Ok(false),
        }
    }

    /// Ends what waited too long or may not be, and erases what a killed process left.
    pub(crate) async fn tidy(&self) -> Result<(), DeliveryError> {
        let _turn = self.inner.writing.lock().await;
        let expired = self.inner.tables.expired(now().saturating_sub(CONFIRM_WITHIN)).await?;
        self.end(&expired).await?;
        let before = now().saturating_sub(UNDER_WAY).saturating_mul(1_000);
        self.erase(&self.inner.tables.orphans(before).await?).await?;
        // nobody has a link to a wish that came to nothing, and nobody was told its id
        self.inner.tables.erase_ids(&self.inner.tables.never_begun(before).await?).await
    }

    /// As [`Subscribers::remove`], for several. They are gone first, and erased then.
    pub(crate) async fn end_all(&self, rows: &[SubscriptionRow]) -> Result<(), DeliveryError> {
        let _turn = self.inner.writing.lock().await;
        self.end(rows).await.map(|_| ())
    }

    async fn end(&self, rows: &[SubscriptionRow]) -> Result<bool, DeliveryError> {
        let tables = &self.inner.tables;
        let gone = |row: &&SubscriptionRow| row.state != State::Gone.name();
        let tombstone = |row: &SubscriptionRow| SubscriptionRow {
            id: row.id,
            version: tables.next_version(),
            state: State::Gone.name().to_owned(),
            channel: String::new(),
            filter: String::new(),
            due: String::new(),
            requested_at: 0,
            // that it was, not when
            confirmed_at: row.confirmed_at.min(1),
        };
        let tombstones: Vec<SubscriptionRow> = rows.iter().filter(gone).map(tombstone).collect();
        tables.insert("subscriptions", &tombstones, "ending subscriptions").await?;
        if tombstones.is_empty() {
            return Ok(false);
        }
        self.tell();
        self.erase(&tombstones.iter().map(|row| row.id).collect::<Vec<u64>>()).await?;
        Ok(true)
    }

    async fn erase(&self, ids: &[u64]) -> Result<(), DeliveryError> {
        self.inner.tables.erase_secrets(ids, u64::MAX).await?;
        self.inner.tables.erase_versions(ids).await
    }
}
