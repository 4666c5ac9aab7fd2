//! What is ended is erased: from the tables, and from the disk.

use std::path::Path;

use super::*;
use crate::table::SecretsRow;

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
        let hashes = [row.address_mark, row.manage_hash, row.unsubscribe_hash].map(Vec::from);
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

#[tokio::test(flavor = "multi_thread")]
async fn another_key_opens_nothing() {
    let fixture = engine().await;
    fixture.subscribers().await;
    let other = Key::open_or_make(&fixture.data.path().join("other.key")).unwrap();
    let opened = Subscribers::open(fixture.engine.client(), "hashwatch_subscribers", other).await;
    assert!(matches!(opened, Err(DeliveryError::OtherKey)));
    fixture.subscribers().await;
}
