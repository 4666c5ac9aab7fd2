//! How subscriptions end: by a link, by the operator, by time. They are gone first, and erased then: what a kill leaves in between is
//! erased by the next look.

use crate::{
    DeliveryError, State, Subscribers, SubscriptionId, rows::SubscriptionRow, subscribers::CONFIRM_WITHIN, table::now,
    token::Purpose,
};

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
        let orphans = self.inner.tables.orphans(now().saturating_sub(3_600_000).saturating_mul(1_000)).await?;
        if !orphans.is_empty() {
            self.erase(&orphans).await?;
        }
        for (id, newest) in self.inner.tables.superseded().await? {
            self.inner.tables.erase_secrets(&[id], newest).await?;
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
}
