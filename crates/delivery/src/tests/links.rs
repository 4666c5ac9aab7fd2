//! Tokens: hashed at rest, used once, for one purpose, and not for ever.

use super::*;
use crate::token::{Purpose, Token};

async fn pending(subscribers: &Subscribers) -> (SubscriptionRow, Secrets) {
    subscribers.request(wanted("reader@example.org", Channel::Mail)).await.unwrap();
    let rows = subscribers.tables().subscriptions(0).await.unwrap();
    let row = rows.into_iter().find(|row| row.state == "pending").unwrap();
    let sealed = subscribers.tables().secrets(&[row.id]).await.unwrap().remove(&row.id).unwrap();
    let secrets = subscribers.opened(&sealed).unwrap();
    (row, secrets)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmation_expires() {
    let fixture = engine().await;
    let subscribers = fixture.subscribers().await;
    let (row, secrets) = pending(&subscribers).await;
    let token = secrets.token(Purpose::Confirm).text();
    let aged = async |age: u64| {
        let version = subscribers.tables().next_version();
        let row = SubscriptionRow { version, requested_at: now() - age, ..row.clone() };
        subscribers.tables().write_subscription(&row).await.unwrap();
    };
    let within = 48 * 3_600_000;
    aged(within + 1_000).await;
    assert!(subscribers.confirm(&token).await.unwrap().is_none(), "too late");
    aged(within - 60_000).await;
    assert!(subscribers.confirm(&token).await.unwrap().is_some(), "in time");
    // another that nobody confirms is erased
    let (row, _) = pending(&subscribers).await;
    let version = subscribers.tables().next_version();
    let row = SubscriptionRow { version, requested_at: now() - within - 1_000, ..row };
    subscribers.tables().write_subscription(&row).await.unwrap();
    subscribers.tidy().await.unwrap();
    assert_eq!(subscribers.tables().subscription(row.id).await.unwrap().unwrap().state, "gone");
    assert!(subscribers.tables().secrets(&[row.id]).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_open_what_they_are_for_and_are_not_in_the_store() {
    let fixture = engine().await;
    let subscribers = fixture.subscribers().await;
    let (row, secrets) = pending(&subscribers).await;
    let text = |purpose| secrets.token(purpose).text();
    let (confirm, manage, unsubscribe) = (text(Purpose::Confirm), text(Purpose::Manage), text(Purpose::Unsubscribe));
    assert!(subscribers.managed(&manage).await.unwrap().is_none(), "not before it is confirmed");
    for wrong in [&manage, &unsubscribe, "", "x", &confirm[1..], &Token::of(&[0; 32], Purpose::Confirm).text()] {
        assert!(subscribers.confirm(wrong).await.unwrap().is_none(), "{wrong}");
    }
    assert!(!subscribers.unsubscribe(&confirm).await.unwrap());
    // a hash as it lies in the store opens nothing
    let sealed = subscribers.tables().secrets(&[row.id]).await.unwrap().remove(&row.id).unwrap();
    use base64::Engine as _;
    let hash = base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(sealed.confirm_hash);
    assert!(subscribers.confirm(&hash).await.unwrap().is_none());
    assert!(subscribers.confirm(&confirm).await.unwrap().is_some());
    assert!(subscribers.managed(&manage).await.unwrap().is_some());
    // nothing of it lies anywhere on the disk, in whatever spelling
    let raw = |purpose| Token::read(&text(purpose)).unwrap();
    for purpose in [Purpose::Confirm, Purpose::Manage, Purpose::Unsubscribe] {
        let bytes: [u8; 32] = raw(purpose).bytes();
        for secret in [text(purpose).into_bytes(), hex::encode(bytes).into_bytes(), bytes.to_vec()] {
            assert_eq!(super::erased::found(&fixture.data.path().join("data"), &secret), Vec::<String>::new());
        }
    }
    assert_eq!(super::erased::found(&fixture.data.path().join("data"), b"reader@example.org"), Vec::<String>::new());
    let seen = super::erased::found(&fixture.data.path().join("data"), &sealed.manage_hash);
    assert!(!seen.is_empty(), "the search finds what is there");
}
