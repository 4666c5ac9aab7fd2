//! The mail of a day is one thing, also once it was given up.

use std::time::Duration;

use super::*;
use crate::rows::ProgressRow;

const SOON: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_day_is_tried_again_as_a_whole() {
    let (fixture, smtp, spoken) = (engine().await, smtp(), Spoken::new());
    let subscribers = fixture.subscribers().await;
    let (tables, id) = (subscribers.tables(), confirmed(&subscribers, ChannelKind::Digest, &[String::new()]).await[0]);
    let goes_to = async |address: &str| {
        let secrets = Secrets::new(Address::parse(address).unwrap(), String::new()).unwrap();
        tables.write_secrets(&secrets.seal(subscribers.key(), id, tables.next_version()).unwrap()).await.unwrap();
    };
    goes_to("refused@example.org").await;
    // two of the day before the last; the mail has its last try
    let row = tables.subscription(id.0).await.unwrap().unwrap();
    let row = SubscriptionRow { version: tables.next_version(), confirmed_at: 0, ..row };
    tables.write_subscription(&row).await.unwrap();
    let place = ProgressRow { id: id.0, version: tables.next_version(), seq: 0, tries: 19, since: now(), next_at: 0 };
    tables.write_progress(&[place]).await.unwrap();
    spoken.say_at(2, now() - 36 * 3_600_000);
    let running = Running::start(&subscribers, &senders(Some(&smtp)), spoken.clone());
    let letter = until("it is given up", SOON, async || subscribers.dead_letters().await.unwrap().pop()).await;
    assert_eq!((letter.seq, letter.seqs), (2, vec![1, 2]));
    running.end().await;
    goes_to("reader@example.org").await;
    assert_eq!(subscribers.retry(None).await.unwrap(), 1);
    let running = Running::start(&subscribers, &senders(Some(&smtp)), spoken);
    let mail = smtp.mail("it comes after all", SOON, |_| true).unwrap();
    assert_eq!(mail.header("subject"), "2 warnings of the last day");
    until("it is noted", SOON, async || tables.dead_letters("done").await.unwrap().pop()).await;
    running.end().await;
}
