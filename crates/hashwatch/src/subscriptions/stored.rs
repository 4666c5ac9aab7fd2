//! The store's notices, for delivery.

use hashwatch_delivery::{Asked, DeliveryError, Newest, Notices};
use hashwatch_store::{NoticesMark, Store};
use tokio::sync::watch;

/// Notices as they are said, by whichever process.
pub(super) struct StoredNotices {
    store: Store,
    latest: watch::Receiver<Newest>,
}

impl StoredNotices {
    /// `told` says how far saying has come.
    pub(super) fn follow(store: Store, mut told: watch::Receiver<NoticesMark>) -> StoredNotices {
        let (said, latest) = watch::channel(Newest::default());
        tokio::spawn(async move {
            loop {
                let mark = *told.borrow_and_update();
                // each notice has a row, and one more each time that it was moved
                let newest = Newest { seq: mark.seq, moved: mark.rows.saturating_sub(mark.seq) };
                said.send_if_modified(|latest| std::mem::replace(latest, newest) != newest);
                tokio::select! {
                    changed = told.changed() => if changed.is_err() { return },
                    () = said.closed() => return,
                }
            }
        });
        StoredNotices { store, latest }
    }
}

impl Notices for StoredNotices {
    fn after(&self, seq: u64, limit: usize) -> Asked<'_> {
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        Box::pin(async move {
            let kept = self.store.notices_after(seq, limit).await;
            let kept = kept.map_err(|error| DeliveryError::Notices(error.to_string()))?;
            Ok(kept.into_iter().map(|kept| kept.notice).collect())
        })
    }

    fn latest(&self) -> watch::Receiver<Newest> {
        self.latest.clone()
    }
}
