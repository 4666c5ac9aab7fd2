//! What is sent besides notices: nobody waits for those who fail, and nothing is sent again because something else went wrong.

use std::time::Duration;

use super::{receiver::Receiver, *};
use crate::{
    confirmations::{Verdict, verdict},
    rows::SecretsRow,
};

const SOON: Duration = Duration::from_secs(30);

/// Subjects of the mails to an address.
fn subjects(smtp: &Smtp, to: &str) -> Vec<String> {
    let mails = smtp.mails();
    mails.iter().filter(|mail| mail.to == [to]).map(|mail| mail.header("subject")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_welcome_is_sent_once_however_often_the_test_behind_it_fails() {
    let (fixture, smtp, receiver) = (engine().await, smtp(), Receiver::start().await);
    let subscribers = fixture.subscribers().await;
    let ids = confirmed(&subscribers, ChannelKind::Webhook(Format::Json), &[receiver.url("/fails/1")]).await;
    let row = subscribers.tables().subscription(ids[0].0).await.unwrap().unwrap();
    let row = SubscriptionRow { due: "welcome".to_owned(), version: subscribers.tables().next_version(), ..row };
    subscribers.tables().write_subscription(&row).await.unwrap();
    let running = Running::start(&subscribers, &senders(Some(&smtp)), Spoken::new());
    until("two tests", SOON, async || {
        subscribers.tell();
        (receiver.to("/fails/1").len() >= 2).then_some(())
    })
    .await;
    assert_eq!(subjects(&smtp, "reader@example.org"), ["Your subscription is active"]);
    running.end().await;
}

/// What is sealed of the one wish of an address.
async fn asked(subscribers: &Subscribers, address: &str) -> SecretsRow {
    let mark = subscribers.key().address_mark(address);
    let ids: Vec<u64> = subscribers.tables().due(9).await.unwrap().iter().map(|row| row.id).collect();
    let sealed = subscribers.tables().secrets(&ids).await.unwrap();
    sealed.into_values().find(|row| row.address_mark == mark).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wish_counts_once_however_often_its_mail_is_tried() {
    let fixture = engine().await;
    let subscribers = fixture.subscribers().await;
    subscribers.request(wanted("reader@example.org", Channel::Mail)).await.unwrap();
    let sealed = asked(&subscribers, "reader@example.org").await;
    // each as if the process had been started anew, as by an operator who mends the settings of his mail server
    for _ in 0..5 {
        assert_eq!(verdict(&subscribers, &sealed).await.unwrap(), Verdict::Send);
    }
}
