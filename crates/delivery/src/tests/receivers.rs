//! Receivers that refuse, redirect, ask for time, or never answer: each holds up its own line alone.

use std::time::Duration;

use tokio::time::timeout;

use super::{receiver::Receiver, *};
use crate::{Changed, rows::ProgressRow, token::Purpose};

const SOON: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn who_fails_waits_alone_and_ends_as_a_dead_letter() {
    let (fixture, receiver, spoken) = (engine().await, Receiver::start().await, Spoken::new());
    let subscribers = fixture.subscribers().await;
    let paths = ["/ok/1", "/fails/2", "/redirects/3", "/later/4", "/dead/5"];
    let targets = paths.map(|path| receiver.url(path));
    let ids = confirmed(&subscribers, ChannelKind::Webhook(Format::Json), &targets).await;
    // the second has failed for a day but for a moment, and has its last try
    let version = subscribers.tables().next_version();
    let row = ProgressRow { id: ids[1].0, version, seq: 0, tries: 19, since: now(), next_at: 0 };
    subscribers.tables().write_progress(&[row]).await.unwrap();
    let running = Running::start(&subscribers, &senders(None), spoken.clone());
    spoken.say(3);
    until("the one that is well has all", SOON, async || (receiver.to("/ok/1").len() == 3).then_some(())).await;
    let letters = until("a dead letter", SOON, async || {
        Some(subscribers.dead_letters().await.unwrap()).filter(|letters| !letters.is_empty())
    })
    .await;
    assert_eq!((letters[0].id, letters[0].seq, letters[0].tries), (ids[1], 1, 20));
    assert_eq!(letters[0].reason, "status 500");
    until("its next notice is tried", SOON, async || receiver.to("/fails/2").into_iter().nth(1)).await;
    assert!(receiver.to("/fails/2")[1].body.contains("\"seq\":2"));
    assert!(receiver.to("/ok/redirected").is_empty(), "no redirect is followed");
    assert!(!receiver.to("/redirects/3").is_empty());
    assert_eq!(receiver.to("/later/4").len(), 1, "it asked for a minute");
    running.end().await;

    // its receiver is mended, in its own row, and an operator has it tried again
    let sealed = subscribers.tables().secrets(&[ids[1].0]).await.unwrap().remove(&ids[1].0).unwrap();
    let mended = Secrets { target: receiver.url("/ok/2"), ..subscribers.opened(&sealed).unwrap() };
    let sealed = mended.seal(subscribers.key(), ids[1], subscribers.tables().next_version()).unwrap();
    subscribers.tables().write_secrets(&sealed).await.unwrap();
    assert_eq!(subscribers.retry(Some(ids[0])).await.unwrap(), 0);
    assert_eq!(subscribers.retry(None).await.unwrap(), 1);
    let running = Running::start(&subscribers, &senders(None), spoken.clone());
    let first = until("it comes after all", SOON, async || {
        receiver.to("/ok/2").into_iter().find(|post| post.key.ends_with("-1"))
    })
    .await;
    assert_eq!(first.key, receiver.to("/fails/2")[0].key, "under the key that it had");
    let done =
        until("it is noted", SOON, async || subscribers.tables().dead_letters("done").await.unwrap().pop()).await;
    assert_eq!((done.id, done.seq), (ids[1].0, 1));
    assert!(subscribers.dead_letters().await.unwrap().is_empty());
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_is_no_public_host_is_not_asked() {
    let (fixture, receiver) = (engine().await, Receiver::start().await);
    let subscribers = fixture.subscribers().await;
    let ids = confirmed(&subscribers, ChannelKind::Webhook(Format::Json), &[receiver.url("/ok/1")]).await;
    let strict = hashwatch_outbound::Client::new(AllowList::default(), WEBHOOK_LIMITS, None).unwrap();
    let senders = Senders::new(strict, None, "https://watch.example").unwrap();
    let Some(Err(reason)) = senders.test_now(&subscribers, ids[0]).await.unwrap() else { panic!("it was asked") };
    assert_eq!(reason, "its host is no public one, but loopback");
    assert!(receiver.posts().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_mailbox_gets_so_many_mails_a_day() {
    let (fixture, smtp, spoken) = (engine().await, smtp(), Spoken::new());
    let limits = Limits { mails_per_address_day: 20, ..generous() };
    let subscribers = fixture.subscribers().await.under(Policy { limits, ..Policy::default() });
    // more than go at once: who waits for a place is counted once
    confirmed(&subscribers, ChannelKind::Mail, &vec![String::new(); 12]).await;
    let running = Running::start(&subscribers, &senders(Some(&smtp)), spoken.clone());
    spoken.say(3);
    until("the bound", SOON, async || (smtp.mails().len() == 20).then_some(())).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(smtp.mails().len(), 20, "of all subscriptions of one address together");
    running.end().await;
    assert!(subscribers.dead_letters().await.unwrap().is_empty(), "the others wait");
    // whoever starts again knows how many it were
    let again = Running::start(&subscribers, &senders(Some(&smtp)), spoken);
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(smtp.mails().len(), 20, "the day is not over");
    again.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_target_is_heard_of_before_the_one_that_was_is_erased() {
    let (fixture, receiver, spoken) = (engine().await, Receiver::start().await, Spoken::new());
    let subscribers = fixture.subscribers().await;
    let ids = confirmed(&subscribers, ChannelKind::Webhook(Format::Json), &[receiver.url("/ok/1")]).await;
    let tables = subscribers.tables();
    let sealed = tables.secrets(&[ids[0].0]).await.unwrap().remove(&ids[0].0).unwrap();
    let secrets = subscribers.opened(&sealed).unwrap();
    let running = Running::start(&subscribers, &senders(None), spoken.clone());
    spoken.say(1);
    until("it is served", SOON, async || receiver.to("/ok/1").pop()).await;
    // nothing is erased for now, and whoever changes it does not come back: a kill
    tables.query("SYSTEM STOP MERGES secrets").execute().await.unwrap();
    let change = Changed { channel: Some(webhook(receiver.url("/ok/2"))), ..Changed::default() };
    let token = secrets.token(Purpose::Manage).text();
    assert!(timeout(Duration::from_secs(2), subscribers.change(&token, change)).await.is_err());
    spoken.say(1);
    let second = || receiver.posts().into_iter().find(|post| post.body.contains("\"seq\":2"));
    let told = until("somebody is told", SOON, async || second()).await;
    running.end().await;
    // what was is erased by the next look
    let again = secrets.seal(subscribers.key(), ids[0], tables.next_version()).unwrap();
    tables.write_secrets(&again).await.unwrap();
    let superseded = tables.superseded().await.unwrap();
    tables.query("SYSTEM START MERGES secrets").execute().await.unwrap();
    assert_eq!(told.path, "/ok/2");
    assert_eq!(superseded, [(ids[0].0, again.version)]);
    subscribers.tidy().await.unwrap();
    assert_eq!(tables.superseded().await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_changed_during_a_flight_counts_after_it() {
    let (fixture, receiver, spoken) = (engine().await, Receiver::start().await, Spoken::new());
    let subscribers = fixture.subscribers().await;
    let targets = ["/slow/1", "/ok/2"].map(|path| receiver.url(path));
    let ids = confirmed(&subscribers, ChannelKind::Webhook(Format::Json), &targets).await;
    let running = Running::start(&subscribers, &senders(None), spoken.clone());
    spoken.say(1);
    until("it is under way", SOON, async || receiver.to("/slow/1").pop()).await;
    // it wants no more of this rule; and another row is so much newer that this one is not read again
    let tables = subscribers.tables();
    let other = crate::Filter { rules: vec!["reorg".to_owned()], ..crate::Filter::default() };
    let changed = tables.subscription(ids[0].0).await.unwrap().unwrap();
    let changed = SubscriptionRow { filter: filter::to_text(&other), version: tables.next_version(), ..changed };
    tables.write_subscription(&changed).await.unwrap();
    let newer = tables.subscription(ids[1].0).await.unwrap().unwrap();
    let newer = SubscriptionRow { version: changed.version + 600_000_000, ..newer };
    tables.write_subscription(&newer).await.unwrap();
    subscribers.tell();
    until("its flight ends", SOON, async || {
        tables.progress().await.unwrap().iter().any(|row| row.id == ids[0].0 && row.seq == 1).then_some(())
    })
    .await;
    spoken.say(1);
    until("the other has both", SOON, async || receiver.to("/ok/2").into_iter().nth(1)).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(receiver.to("/slow/1").len(), 1);
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_reorg_moved_is_told_as_it_stands() {
    let (fixture, receiver, spoken) = (engine().await, Receiver::start().await, Spoken::new());
    let subscribers = fixture.subscribers().await;
    let running = Running::start(&subscribers, &senders(None), spoken.clone());
    let targets = [receiver.url("/slow/1")];
    confirmed(&subscribers, ChannelKind::Webhook(Format::Json), &targets).await;
    subscribers.tell();
    until("it is known", SOON, async || subscribers.tables().progress().await.unwrap().pop()).await;
    // the second is read at once and waits for the first to be taken
    spoken.say(2);
    until("the first is under way", SOON, async || receiver.posts().pop()).await;
    spoken.moves(2);
    let second = until("the second", SOON, async || receiver.posts().into_iter().nth(1)).await;
    assert!(second.body.contains("\"height\":2") && receiver.posts()[0].body.contains("\"height\":1"));
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_was_made_anew_is_heard() {
    let (fixture, receiver, spoken) = (engine().await, Receiver::start().await, Spoken::new());
    let subscribers = fixture.subscribers().await;
    let ids = confirmed(&subscribers, ChannelKind::Webhook(Format::Json), &[receiver.url("/ok/1")]).await;
    let tables = subscribers.tables();
    let row =
        ProgressRow { id: ids[0].0, version: tables.next_version(), seq: 412, tries: 3, since: 1, next_at: u64::MAX };
    tables.write_progress(&[row]).await.unwrap();
    spoken.say(1);
    let running = Running::start(&subscribers, &senders(None), spoken.clone());
    let place = async || tables.progress().await.unwrap().pop().map(|row| row.seq);
    until("its place is where the store ends", SOON, async || (place().await == Some(1)).then_some(())).await;
    spoken.say(1);
    let post = until("what follows", SOON, async || receiver.posts().pop()).await;
    assert!(post.body.contains("\"seq\":2"));
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_subscribed_while_the_clock_was_ahead_hears_of_all_that_follows() {
    let (fixture, receiver, spoken) = (engine().await, Receiver::start().await, Spoken::new());
    let subscribers = fixture.subscribers().await;
    // it is not known at once what was said before
    spoken.say(1);
    spoken.latest.send_replace(Newest::default());
    let ids = confirmed(&subscribers, ChannelKind::Webhook(Format::Json), &[receiver.url("/ok/1")]).await;
    let tables = subscribers.tables();
    let row = tables.subscription(ids[0].0).await.unwrap().unwrap();
    let row = SubscriptionRow { version: tables.next_version(), confirmed_at: now() + 3_600_000, ..row };
    tables.write_subscription(&row).await.unwrap();
    let running = Running::start(&subscribers, &senders(None), spoken.clone());
    tokio::time::sleep(Duration::from_millis(300)).await;
    spoken.latest.send_modify(|newest| newest.seq = 1);
    until("it begins", SOON, async || tables.progress().await.unwrap().pop()).await;
    spoken.say(1);
    let post = until("what follows", SOON, async || receiver.posts().into_iter().next()).await;
    assert!(post.body.contains("\"seq\":2"), "and nothing of before");
    running.end().await;
}
