//! What is ended is erased: from the tables, and from the disk.

use std::path::Path;

use super::*;
use crate::rows::{ProgressRow, SecretsRow};

/// Files below a folder that hold these bytes.
pub(super) fn found(folder: &Path, bytes: &[u8]) -> Vec<String> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(found(&path, bytes));
        } else if std::fs::read(&path).is_ok_and(|read| read.windows(bytes.len()).any(|window| window == bytes)) {
            files.push(path.display().to_string());
        }
    }
    files
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_of_whoever_unsubscribes() {
    let fixture = engine().await;
    let subscribers = fixture.subscribers().await;
    let target = "https://hooks.example/services/hunter2".to_owned();
    let ids =
        confirmed(&subscribers, ChannelKind::Webhook(Format::Json), &[target, "https://b.example/".to_owned()]).await;
    let sealed = subscribers.tables().secrets(&[ids[0].0, ids[1].0]).await.unwrap();
    let of = |row: &SecretsRow| {
        let hashes = [row.manage_hash, row.unsubscribe_hash].map(Vec::from);
        [vec![row.address.clone(), row.target.clone(), row.signing_key.clone(), row.seed.clone()], hashes.into()]
            .concat()
    };
    let data = fixture.data.path().join("data");
    let (gone, stays) = (of(&sealed[&ids[0].0]), of(&sealed[&ids[1].0]));
    assert!(gone.iter().chain(&stays).all(|bytes| !found(&data, bytes).is_empty()), "the search finds what is there");
    let token = subscribers.opened(&sealed[&ids[0].0]).unwrap().token(crate::token::Purpose::Unsubscribe).text();
    assert!(subscribers.unsubscribe(&token).await.unwrap());
    assert!(subscribers.tables().secrets(&[ids[0].0]).await.unwrap().is_empty());
    let (patience, start) = (Duration::from_secs(60), std::time::Instant::now());
    until("it leaves the disk", patience, async || {
        gone.iter().all(|bytes| found(&data, bytes).is_empty()).then_some(())
    })
    .await;
    eprintln!("what was erased left the disk after {:?}", start.elapsed());
    assert!(stays.iter().all(|bytes| !found(&data, bytes).is_empty()), "others stay");
    // its id is known to have been, and nothing else
    let tombstone = subscribers.tables().subscription(ids[0].0).await.unwrap().unwrap();
    assert_eq!((tombstone.state.as_str(), tombstone.filter.as_str(), tombstone.requested_at), ("gone", "", 0));
    assert_eq!(subscribers.list().await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_kill_left_between_two_steps_is_erased() {
    let fixture = engine().await;
    let subscribers = fixture.subscribers().await;
    let ids = confirmed(&subscribers, ChannelKind::Mail, &[String::new(), String::new()]).await;
    let tables = subscribers.tables();
    // gone, but not erased yet
    let row = tables.subscription(ids[0].0).await.unwrap().unwrap();
    let gone = SubscriptionRow { state: State::Gone.name().to_owned(), version: tables.next_version(), ..row };
    tables.write_subscription(&gone).await.unwrap();
    // sealed, but not asked for yet; one an hour ago, one just now
    let old = Secrets::new(Address::parse("a@example.org").unwrap(), String::new()).unwrap();
    let version = (now() - 2 * 3_600_000) * 1_000;
    tables.write_secrets(&old.seal(subscribers.key(), SubscriptionId(77), version).unwrap()).await.unwrap();
    tables
        .write_secrets(&old.seal(subscribers.key(), SubscriptionId(78), tables.next_version()).unwrap())
        .await
        .unwrap();
    subscribers.tidy().await.unwrap();
    let mut left: Vec<u64> = tables.secrets(&[ids[0].0, ids[1].0, 77, 78]).await.unwrap().into_keys().collect();
    left.sort_unstable();
    assert_eq!(left, [ids[1].0, 78], "what is young may be half of a wish that is being taken");
    assert_eq!(tables.orphans(u64::MAX).await.unwrap(), [78], "it goes with the next hour");
}

async fn statement(subscribers: &Subscribers, statement: &'static str) {
    subscribers.tables().query(statement).execute().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_else_is_left_either_nor_comes_back() {
    let fixture = engine().await;
    let subscribers = fixture.subscribers().await;
    let ids = confirmed(&subscribers, ChannelKind::Mail, &[String::new(), String::new()]).await;
    let tables = subscribers.tables();
    let told = async |id: u64| {
        let version = tables.next_version();
        let letter = dead(id, version);
        tables.write_dead_letters(&[letter]).await.unwrap();
        tables.write_progress(&[ProgressRow { id, version, seq: 1, tries: 0, since: 0, next_at: 0 }]).await.unwrap();
    };
    let kept = async || {
        let letters = tables.dead_letters("dead").await.unwrap().iter().map(|row| row.id).collect::<Vec<_>>();
        (letters, tables.progress().await.unwrap().iter().map(|row| row.id).collect::<Vec<_>>())
    };
    let others = (vec![ids[1].0], vec![ids[1].0]);
    told(ids[0].0).await;
    told(ids[1].0).await;
    assert!(subscribers.remove(ids[0]).await.unwrap());
    assert_eq!(kept().await, others);
    // still to be written when it ended
    told(ids[0].0).await;
    subscribers.tidy().await.unwrap();
    assert_eq!(kept().await, others);

    // killed before what it was is erased
    let row = tables.subscription(ids[1].0).await.unwrap().unwrap();
    statement(&subscribers, "SYSTEM STOP MERGES subscribers_of_hashwatch.subscriptions").await;
    tables
        .write_subscription(&SubscriptionRow { state: "gone".to_owned(), version: tables.next_version(), ..row })
        .await
        .unwrap();
    tables.erase_secrets(&[ids[1].0], u64::MAX).await.unwrap();
    let versions = async || {
        let asked = tables.query("SELECT count() FROM subscriptions WHERE state != 'gone'").fetch_one::<u64>();
        asked.await.unwrap()
    };
    assert_eq!(versions().await, 1);
    statement(&subscribers, "SYSTEM START MERGES subscribers_of_hashwatch.subscriptions").await;
    subscribers.tidy().await.unwrap();
    assert_eq!((versions().await, kept().await), (0, (vec![], vec![])));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_wish_that_came_to_nothing_not_even_its_id_is_left() {
    let fixture = engine().await;
    let subscribers = fixture.subscribers().await;
    let tables = subscribers.tables();
    let ids = confirmed(&subscribers, ChannelKind::Mail, &[String::new()]).await;
    subscribers.request(wanted("nobody@example.org", Channel::Mail)).await.unwrap();
    let wish = tables.due().await.unwrap()[0].id;
    subscribers.lapse(wish).await.unwrap();
    subscribers.lapse(ids[0].0).await.unwrap();
    assert_eq!(tables.secrets(&[wish]).await.unwrap().len(), 1, "it is erased with the next look");
    subscribers.tidy().await.unwrap();
    assert_eq!(tables.secrets(&[wish]).await.unwrap().len(), 0);
    assert!(subscribers.remove(ids[0]).await.unwrap(), "what was confirmed is not ended with wishes");
    assert_eq!(tables.never_begun(u64::MAX).await.unwrap(), [wish]);
    // after an hour others know of it, and it goes
    let gone = tables.subscription(wish).await.unwrap().unwrap();
    let old = SubscriptionRow { id: 77, version: (now() - 2 * 3_600_000) * 1_000, ..gone };
    tables.write_subscription(&old).await.unwrap();
    subscribers.tidy().await.unwrap();
    assert!(tables.subscription(77).await.unwrap().is_none() && tables.subscription(wish).await.unwrap().is_some());
    assert_eq!(tables.subscription(ids[0].0).await.unwrap().unwrap().state, "gone", "no other gets its number");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_does_not_wait_for_what_is_erased() {
    let fixture = engine().await;
    let subscribers = fixture.subscribers().await;
    let ids = confirmed(&subscribers, ChannelKind::Mail, &[String::new()]).await;
    subscribers.request(wanted("nobody@example.org", Channel::Mail)).await.unwrap();
    let wish = subscribers.tables().due().await.unwrap()[0].id;
    statement(&subscribers, "SYSTEM STOP MERGES subscribers_of_hashwatch.secrets").await;
    let (ending, id) = (subscribers.clone(), ids[0]);
    let ending = tokio::spawn(async move { ending.remove(id).await });
    let gone = async |id| subscribers.tables().subscription(id).await.unwrap().map(|row| row.state == "gone");
    let soon = Duration::from_secs(20);
    until("it has ended", soon, async || gone(ids[0].0).await.filter(|gone| *gone)).await;
    let quick = async {
        subscribers.request(wanted("nobody@example.org", Channel::Mail)).await.unwrap();
        subscribers.lapse(wish).await.unwrap();
    };
    let (quick, waits) = (tokio::time::timeout(soon, quick).await, !ending.is_finished());
    statement(&subscribers, "SYSTEM START MERGES subscribers_of_hashwatch.secrets").await;
    assert!(ending.await.unwrap().unwrap() && waits);
    assert!(quick.is_ok(), "nothing is waited for");
    assert_eq!(gone(wish).await, Some(true));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_key_opens_nothing() {
    let fixture = engine().await;
    fixture.subscribers().await;
    let other = Key::open_or_make(&fixture.data.path().join("other.key")).unwrap();
    let opened = Subscribers::open(fixture.engine.client(), "subscribers_of_hashwatch", other).await;
    assert!(matches!(opened, Err(DeliveryError::OtherKey)));
    fixture.subscribers().await;
}
