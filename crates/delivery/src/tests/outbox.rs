//! What is sent besides notices: nobody waits for those who fail, and nothing is sent again because something else went wrong.

use std::{collections::HashSet, time::Duration};

use tokio::sync::mpsc;

use super::{receiver::Receiver, *};
use crate::{
    Changed, again,
    confirmations::{Verdict, verdict},
    rows::SecretsRow,
    token::Purpose,
};

const SOON: Duration = Duration::from_secs(30);

async fn statement(subscribers: &Subscribers, statement: &'static str) {
    subscribers.tables().query(statement).execute().await.unwrap();
}

/// Subjects of the mails to an address.
fn subjects(smtp: &Smtp, to: &str) -> Vec<String> {
    let mails = smtp.mails();
    mails.iter().filter(|mail| mail.to == [to]).map(|mail| mail.header("subject")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_fails_keeps_nobody_waiting() {
    let (fixture, smtp, receiver) = (engine().await, smtp(), Receiver::start().await);
    let subscribers = fixture.subscribers().await;
    // more than are looked at, and than are under way, at a time; some never answer
    let path = |at| if at % 20 == 0 { format!("/dead/{at}") } else { format!("/fails/{at}") };
    let targets: Vec<String> = (1..=260).map(|at| receiver.url(&path(at))).collect();
    confirmed(&subscribers, ChannelKind::Webhook(Format::Json), &targets).await;
    let tables = subscribers.tables();
    let rows = tables.subscriptions(0).await.unwrap().into_iter();
    let due = |row| SubscriptionRow { due: "test".to_owned(), version: tables.next_version(), ..row };
    tables.insert("subscriptions", &rows.map(due).collect::<Vec<_>>(), "a test").await.unwrap();
    let running = Running::start(&subscribers, &senders(Some(&smtp)), Spoken::new());
    until("many have failed", SOON, async || (receiver.to("/fails").len() >= 200).then_some(())).await;
    subscribers.request(wanted("new@example.org", webhook(receiver.url("/ok/1")))).await.unwrap();
    let confirm = smtp.mail("a question", SOON, |mail| mail.to == ["new@example.org"]).unwrap();
    let confirm = confirm.after("https://watch.example/subscriptions/confirm/").unwrap();
    subscribers.confirm(&confirm).await.unwrap().unwrap();
    until("a test", SOON, async || receiver.to("/ok/1").pop()).await;
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_is_not_sent_again_because_that_cannot_be_written() {
    let (fixture, smtp, receiver) = (engine().await, smtp(), Receiver::start().await);
    let subscribers = fixture.subscribers().await;
    subscribers.request(wanted("reader@example.org", webhook(receiver.url("/fails/1")))).await.unwrap();
    let full = "ALTER TABLE subscriptions MODIFY SETTING min_free_disk_bytes_to_perform_insert = 1000000000000000000";
    statement(&subscribers, full).await;
    let running = Running::start(&subscribers, &senders(Some(&smtp)), Spoken::new());
    let mails = || subjects(&smtp, "reader@example.org");
    until("a question", SOON, async || (mails().len() == 1).then_some(())).await;
    for _ in 0..10 {
        // as if something else had changed
        subscribers.tell();
        tokio::time::sleep(Duration::from_millis(150)).await;
    }
    assert_eq!(mails().len(), 1);
    assert_eq!(subscribers.tables().due().await.unwrap().len(), 1, "it could not be written");
    statement(&subscribers, "ALTER TABLE subscriptions MODIFY SETTING min_free_disk_bytes_to_perform_insert = 0").await;
    until("it is written", SOON, async || {
        subscribers.tell();
        subscribers.tables().due().await.unwrap().is_empty().then_some(())
    })
    .await;
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_under_way_at_the_end_is_written_down_once_it_lands() {
    let (fixture, receiver) = (engine().await, Receiver::start().await);
    let subscribers = fixture.subscribers().await;
    let ids = confirmed(&subscribers, ChannelKind::Webhook(Format::Json), &[receiver.url("/slow/1")]).await;
    let tables = subscribers.tables();
    let row = tables.subscription(ids[0].0).await.unwrap().unwrap();
    let row = SubscriptionRow { due: "test".to_owned(), version: tables.next_version(), ..row };
    tables.write_subscription(&row).await.unwrap();
    let running = Running::start(&subscribers, &senders(None), Spoken::new());
    until("it is under way", SOON, async || receiver.posts().pop()).await;
    running.end().await;
    assert!(tables.due().await.unwrap().is_empty(), "whoever starts again sends it no more");
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

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_while_it_is_under_way_waits_for_its_end() {
    let (fixture, receiver) = (engine().await, Receiver::start().await);
    let subscribers = fixture.subscribers().await;
    let ids = confirmed(&subscribers, ChannelKind::Webhook(Format::Json), &[receiver.url("/slow/1")]).await;
    let running = Running::start(&subscribers, &senders(None), Spoken::new());
    assert!(subscribers.test(ids[0]).await.unwrap());
    until("it is under way", SOON, async || receiver.posts().pop()).await;
    assert!(subscribers.test(ids[0]).await.unwrap());
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(receiver.posts().len(), 1, "the first is not answered yet");
    until("both are over", SOON, async || subscribers.tables().due().await.unwrap().is_empty().then_some(())).await;
    assert_eq!(receiver.posts().len(), 2);
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_target_costs_no_welcome_and_is_tested_though_the_old_one_is_just_then() {
    let (fixture, receiver) = (engine().await, Receiver::start().await);
    let subscribers = fixture.subscribers().await;
    let ids = confirmed(&subscribers, ChannelKind::Webhook(Format::Json), &[receiver.url("/ok/1")]).await;
    let tables = subscribers.tables();
    let sealed = tables.secrets(&[ids[0].0]).await.unwrap().remove(&ids[0].0).unwrap();
    let token = subscribers.opened(&sealed).unwrap().token(Purpose::Manage).text();
    let change = async |path: &str| {
        let channel = Some(webhook(receiver.url(path)));
        subscribers.change(&token, Changed { channel, ..Changed::default() }).await.unwrap().unwrap();
        tables.due().await.unwrap().remove(0)
    };
    let row = tables.subscription(ids[0].0).await.unwrap().unwrap();
    subscribers.write(&SubscriptionRow { due: "welcome".to_owned(), ..row }).await.unwrap();
    let welcome = change("/ok/2").await;
    assert!(subscribers.test(ids[0]).await.unwrap());
    assert_eq!((welcome.due.as_str(), tables.due().await.unwrap()[0].due.as_str()), ("welcome", "welcome"));
    subscribers.sent(&welcome).await.unwrap();
    let (first, second) = (tables.due().await.unwrap().remove(0), change("/ok/3").await);
    assert_eq!((first.due.as_str(), second.due.as_str()), ("test", "test"));
    subscribers.sent(&first).await.unwrap();
    assert_eq!(tables.due().await.unwrap().len(), 1, "the third target is not tested yet");
    subscribers.sent(&second).await.unwrap();
    assert!(tables.due().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_is_tried_once_more_and_not_each_time_that_this_is_not_written_yet() {
    let (fixture, receiver, spoken) = (engine().await, Receiver::start().await, Spoken::new());
    let subscribers = fixture.subscribers().await;
    let ids = confirmed(&subscribers, ChannelKind::Webhook(Format::Json), &[receiver.url("/fails/1")]).await;
    spoken.say(1);
    let version = subscribers.tables().next_version();
    let letter = dead(ids[0].0, version);
    subscribers.tables().write_dead_letters(&[letter]).await.unwrap();
    let (records, _unwritten) = mpsc::unbounded_channel();
    let mut tried = HashSet::new();
    for wanted in [1, 1, 2] {
        if receiver.posts().len() < wanted {
            subscribers.retry(None).await.unwrap();
            let again = subscribers.tables().dead_letters("again").await.unwrap().pop().unwrap();
            // an operator who wants it again is heard again
            let row = DeadLetterRow { version: subscribers.tables().next_version(), ..again };
            subscribers.tables().write_dead_letters(&[row]).await.unwrap();
        }
        again::round(&subscribers, &senders(None), &*spoken, &records, &mut tried).await.unwrap();
        assert_eq!(receiver.posts().len(), wanted);
    }
}

/// What is sealed of the one wish of an address.
async fn asked(subscribers: &Subscribers, address: &str) -> SecretsRow {
    let mark = subscribers.key().address_mark(address);
    let ids: Vec<u64> = subscribers.tables().due().await.unwrap().iter().map(|row| row.id).collect();
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
    // and what others ask for, or a lower bound, does not hold up what was counted
    subscribers.request(wanted("other@example.org", Channel::Mail)).await.unwrap();
    let other = asked(&subscribers, "other@example.org").await;
    assert_eq!(verdict(&subscribers, &other).await.unwrap(), Verdict::Send);
    let limits = Limits { confirmations_per_hour: 1, ..generous() };
    let bounded = subscribers.under(Policy { limits, ..Policy::default() });
    assert_eq!(verdict(&bounded, &sealed).await.unwrap(), Verdict::Send);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_domain_and_all_addresses_together_are_asked_so_often_and_the_rest_waits() {
    let (fixture, smtp) = (engine().await, smtp());
    let limits = Limits { confirmations_per_domain_day: 2, confirmations_per_hour: 5, ..generous() };
    let subscribers = fixture.subscribers().await.under(Policy { limits, ..Policy::default() });
    let running = Running::start(&subscribers, &senders(Some(&smtp)), Spoken::new());
    for address in ["a@example.org", "b@Example.org", "c@example.org", "d@gmail.com", "e@gmail.com", "f@gmail.com"] {
        subscribers.request(wanted(address, Channel::Mail)).await.unwrap();
    }
    smtp.mail("the last one's", SOON, |mail| mail.to == ["f@gmail.com"]).unwrap();
    subscribers.request(wanted("g@example.net", Channel::Mail)).await.unwrap();
    assert!(subjects(&smtp, "c@example.org").is_empty(), "two are its domain's");
    running.end().await;
    for (address, waits) in [("c@example.org", Verdict::Domain), ("g@example.net", Verdict::All)] {
        let sealed = asked(&subscribers, address).await;
        assert_eq!(verdict(&subscribers, &sealed).await.unwrap(), waits);
    }
    assert_eq!((smtp.mails().len(), subscribers.list().await.unwrap().len()), (5, 7), "nobody is dropped");
}
