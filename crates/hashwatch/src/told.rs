//! How far saying has come, by whichever process: asked of the store once for all who need to know.

use std::time::Duration;

use hashwatch_store::{NoticesMark, Store};
use tokio::sync::watch;

/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(400);

/// As it goes on, as long as anybody wants to know.
pub(crate) fn follow(store: Store) -> watch::Receiver<NoticesMark> {
    let (sender, receiver) = watch::channel(NoticesMark::default());
    tokio::spawn(async move {
        loop {
            // a store that does not answer is told of elsewhere
            if let Ok(mark) = store.notices_mark().await {
                sender.send_if_modified(|known| std::mem::replace(known, mark) != mark);
            }
            if tokio::time::timeout(LOOK_EVERY, sender.closed()).await.is_ok() {
                return;
            }
        }
    });
    receiver
}
