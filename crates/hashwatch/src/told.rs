//! How far saying has come, by whichever process: asked of the store once for all who need to know.

use std::time::Duration;

use hashwatch_store::{NoticesMark, Store};
use tokio::sync::watch;

/// Between two looks at what other processes say.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// As it goes on, as long as anybody wants to know. What this process says is known at once.
pub(crate) fn follow(store: Store) -> watch::Receiver<NoticesMark> {
    let (sender, receiver) = watch::channel(NoticesMark::default());
    let mut news = store.news();
    tokio::spawn(async move {
        loop {
            news.mark_unchanged();
            // a store that does not answer is told of elsewhere
            if let Ok(mark) = store.notices_mark().await {
                sender.send_if_modified(|known| std::mem::replace(known, mark) != mark);
            }
            tokio::select! {
                () = sender.closed() => return,
                _ = tokio::time::timeout(LOOK_EVERY, news.changed()) => {}
            }
        }
    });
    receiver
}
