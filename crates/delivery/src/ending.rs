//! How subscriptions end: by a link, by the operator, by time. They are gone first, in their turn, and erased then, beside others' turns:
//! what a kill leaves in between, and what was still to be written of them, is erased by the next look.

use crate::{
    DeliveryError, State, Subscribers, SubscriptionId, rows::SubscriptionRow, subscribers::CONFIRM_WITHIN, table::now,
    token::Purpose,
};

/// How long what nobody owns may be half of something that is under way, in milliseconds.
const UNDER_WAY: u64 = 3_600_000;

impl Subscribers {
    /// Ends the subscription whose link to unsubscribe or to manage this is, and erases it. False where there is none (any more).
    pub async fn unsubscribe(&self, token: &str) -> Result<bool, DeliveryError> {
        let turn = self.inner.writing.lock().await;
        let Some((row, _)) = self.holder(token, &[Purpose::Unsubscribe, Purpose::Manage]).await? else {
            return Ok(false);
        };
        let ids = self.end(&[row]).await?;
        drop(turn);
        self.erase(&ids).await?;
        Ok(!ids.is_empty())
    }

    /// Ends a subscription at the operator's word. False where there is none.
    pub async fn remove(&self, id: SubscriptionId) -> Result<bool, DeliveryError> {
        let turn = self.inner.writing.lock().await;
        let row = self.inner.tables.subscription(id.0).await?;
        let ids = self.end(row.as_slice()).await?;
        drop(turn);
        self.erase(&ids).await?;
        Ok(!ids.is_empty())
    }

    /// Ends what waited too long, and erases what ended and was not erased yet.
    pub(crate) async fn tidy(&self) -> Result<(), DeliveryError> {
        let tables = &self.inner.tables;
        let superseded = {
            let _turn = self.inner.writing.lock().await;
            self.end(&tables.expired(now().saturating_sub(CONFIRM_WITHIN)).await?).await?;
            // no target is half changed
            tables.superseded().await?
        };
        let before = now().saturating_sub(UNDER_WAY).saturating_mul(1_000);
        self.erase(&tables.orphans(before).await?).await?;
        for (id, newest) in superseded {
            tables.erase_secrets(&[id], newest).await?;
        }
        // nobody has a link to a wish that came to nothing, and nobody was told its id
        tables.erase_ids(&tables.never_begun(before).await?).await
    }

    /// Ends a wish that comes to nothing. It is erased with the next tidying: to erase takes a while, and who asks meanwhile for the same
    /// address would notice.
    pub(crate) async fn lapse(&self, id: u64) -> Result<(), DeliveryError> {
        let _turn = self.inner.writing.lock().await;
        let row = self.inner.tables.subscription(id).await?.filter(|row| row.state == State::Pending.name());
        self.end(row.as_slice()).await.map(|_| ())
    }

    /// Says of these that they are gone, as far as they are not; whoever calls has the turn.
    async fn end(&self, rows: &[SubscriptionRow]) -> Result<Vec<u64>, DeliveryError> {
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
        if !tombstones.is_empty() {
            self.tell();
        }
        Ok(tombstones.iter().map(|row| row.id).collect())
    }

    async fn erase(&self, ids: &[u64]) -> Result<(), DeliveryError> {
        self.inner.tables.erase_secrets(ids, u64::MAX).await?;
        self.inner.tables.erase_versions(ids).await
    }
}
