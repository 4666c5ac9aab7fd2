//! A store that hangs holds up nobody who is being served; nor does it hold up the end, or one that refuses.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use tokio::time::timeout;

use super::{receiver::Receiver, *};

const SOON: Duration = Duration::from_secs(30);

/// Notices of a store that hangs now and then.
struct Hanging {
    spoken: Arc<Spoken>,
    hangs: AtomicBool,
}

impl Notices for Hanging {
    fn after(&self, seq: u64, limit: usize) -> Asked<'_> {
        Box::pin(async move {
            while self.hangs.load(Ordering::Relaxed) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            self.spoken.after(seq, limit).await
        })
    }

    fn latest(&self) -> watch::Receiver<Newest> {
        self.spoken.latest()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_hangs_holds_up_nobody() {
    let (fixture, receiver, spoken) = (engine().await, Receiver::start().await, Spoken::new());
    let subscribers = fixture.subscribers().await;
    confirmed(&subscribers, ChannelKind::Webhook(Format::Json), &[receiver.url("/slow/1")]).await;
    let notices = Arc::new(Hanging { spoken: spoken.clone(), hangs: AtomicBool::new(false) });
    let running = Running::start(&subscribers, &senders(None), notices.clone());
    spoken.say(1);
    until("it is under way", SOON, async || receiver.posts().pop()).await;
    notices.hangs.store(true, Ordering::Relaxed);
    spoken.say(1);
    let place = async || subscribers.tables().progress().await.unwrap().pop().map(|row| row.seq);
    until("it is heard of and noted", SOON, async || (place().await == Some(1)).then_some(())).await;
    assert_eq!(receiver.posts().len(), 1, "it hangs");
    notices.hangs.store(false, Ordering::Relaxed);
    until("the next one comes", SOON, async || receiver.posts().into_iter().nth(1)).await;
    notices.hangs.store(true, Ordering::Relaxed);
    spoken.say(1);
    // nor does one that refuses hold up the end
    subscribers.tables().query("DROP TABLE progress").execute().await.unwrap();
    assert!(timeout(Duration::from_secs(15), running.end()).await.is_ok(), "it ends when it is told to");
}
