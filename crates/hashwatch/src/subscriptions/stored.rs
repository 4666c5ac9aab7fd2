//! The store's notices, for delivery.

use std::time::Duration;

use hashwatch_delivery::{Asked, DeliveryError, Notices};
use hashwatch_store::Store;
use tokio::{sync::watch, time::timeout};

/// Between two looks at whether anything was said.
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

/// Notices as they are said, by whichever process.
pub(super) struct StoredNotices {
    store: Store,
    latest: watch::Receiver<u64>,
}

impl StoredNotices {
    /// Looks until told to stop.
    pub(super) fn follow(store: Store, mut stop: watch::Receiver<bool>) -> StoredNotices {
        let (said, latest) = watch::channel(0);
        let asked = store.clone();
        tokio::spawn(async move {
            loop {
                match asked.notices_mark().await {
                    Ok(mark) => {
                        said.send_if_modified(|latest| std::mem::replace(latest, mark.seq) != mark.seq);
                    }
                    Err(error) => tracing::debug!("the last notice cannot be read: {error}"),
                }
                if timeout(BETWEEN_LOOKS, stop.wait_for(|stop| *stop)).await.is_ok() {
                    return;
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

    fn latest(&self) -> watch::Receiver<u64> {
        self.latest.clone()
    }
}
