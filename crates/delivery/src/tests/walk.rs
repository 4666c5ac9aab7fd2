//! A subscription from the wish to its end: by mail and by webhook, over a real mail server.

use std::time::Duration;

use hashwatch_tests::{Smtp, SmtpMode, is_signed};

use super::{receiver::Receiver, *};
use crate::Changed;

const SOON: Duration = Duration::from_secs(30);

fn token(smtp: &Smtp, subject: &str, to: &str, start: &str) -> String {
    let mail = smtp.mail(subject, SOON, |mail| mail.header("subject") == subject && mail.to == [to]).unwrap();
    assert!(mail.encrypted && mail.login, "{mail:?}");
    mail.after(start).unwrap()
}

fn verified(post: &super::receiver::Post, key: &str) -> bool {
    is_signed(&post.signature, &post.body, key).unwrap()
}

fn confirm_token(smtp: &Smtp, to: &str) -> String {
    token(smtp, "Confirm your subscription", to, "https://watch.example/subscriptions/confirm/")
}

#[tokio::test(flavor = "multi_thread")]
async fn by_mail_from_the_wish_to_the_end() {
    let (fixture, smtp, spoken) = (engine().await, smtp(), Spoken::new());
    let subscribers = fixture.subscribers().await;
    let running = Running::start(&subscribers, &senders(Some(&smtp)), spoken.clone());
    spoken.say(1);
    subscribers.request(wanted("reader@example.org", Channel::Mail)).await.unwrap();
    let confirm = confirm_token(&smtp, "reader@example.org");
    assert!(subscribers.managed(&confirm).await.unwrap().is_none(), "one token opens one door");
    assert_eq!(subscribers.list().await.unwrap()[0].state, State::Pending);
    spoken.say(1);
    let managed = subscribers.confirm(&confirm).await.unwrap().unwrap();
    assert!(subscribers.confirm(&confirm).await.unwrap().is_none(), "a confirmation is used once");
    assert_eq!((managed.address_hint.as_str(), managed.signing_key.as_str()), ("r…@example.org", ""));
    let manage =
        token(&smtp, "Your subscription is active", "reader@example.org", "https://watch.example/subscriptions/");
    assert_eq!(manage, managed.token);
    spoken.say(2);
    let warning = |seq: u64| {
        let (id, seq) = (format!("<{}-", managed.id), format!("-{seq}@watch.example>"));
        let is = |key: &str| key.starts_with(&id) && key.ends_with(&seq);
        smtp.mail("a warning", SOON, |mail| is(&mail.header("message-id"))).unwrap()
    };
    let (third, fourth) = (warning(3), warning(4));
    assert!(third.body().contains("https://watch.example/alerts/0000000000000003"), "{}", third.body());
    let link = fourth.header("list-unsubscribe");
    let unsubscribe =
        link.strip_prefix("<https://watch.example/subscriptions/").unwrap().strip_suffix("/unsubscribe>").unwrap();
    assert_eq!(smtp.mails().len(), 4, "nothing that was said before it was confirmed");

    let change = Changed { channel: Some(Channel::Digest), ..Changed::default() };
    let changed = subscribers.change(&manage, change).await.unwrap().unwrap();
    assert_eq!(changed.channel, Channel::Digest);
    let webhook = Changed { channel: Some(webhook("https://example.org/".to_owned())), ..Changed::default() };
    assert!(subscribers.change(&manage, webhook).await.is_err());
    assert!(subscribers.managed(unsubscribe).await.unwrap().is_none(), "a link to unsubscribe does only that");
    assert!(subscribers.unsubscribe(unsubscribe).await.unwrap());
    assert!(!subscribers.unsubscribe(unsubscribe).await.unwrap(), "it is over");
    assert!(subscribers.managed(&manage).await.unwrap().is_none() && subscribers.list().await.unwrap().is_empty());
    spoken.say(1);
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(smtp.mails().len(), 4);
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn by_webhook_signed_and_tested_first() {
    let (fixture, smtp, spoken, receiver) = (engine().await, smtp(), Spoken::new(), Receiver::start().await);
    let subscribers = fixture.subscribers().await;
    let running = Running::start(&subscribers, &senders(Some(&smtp)), spoken.clone());
    subscribers.request(wanted("reader@example.org", webhook(receiver.url("/ok/1")))).await.unwrap();
    let confirm = confirm_token(&smtp, "reader@example.org");
    assert!(receiver.posts().is_empty(), "nothing goes to a target before its owner says so");
    let managed = subscribers.confirm(&confirm).await.unwrap().unwrap();
    let test = until("a test", SOON, async || receiver.posts().pop()).await;
    assert!(test.body.contains("\"test\":true") && verified(&test, &managed.signing_key));
    spoken.say(1);
    let post = until("a warning", SOON, async || receiver.posts().into_iter().nth(1)).await;
    assert!(verified(&post, &managed.signing_key) && !verified(&post, "another key"));
    let body: serde_json::Value = serde_json::from_str(&post.body).unwrap();
    assert_eq!((&body["seq"], &body["change"]), (&1.into(), &"raised".into()));
    assert_eq!(post.key, format!("{}-{:x}-1", managed.id, body["said_at"].as_u64().unwrap()));

    // another target is tested before anything else goes there, and what was is forgotten
    let change = Changed { channel: Some(webhook(receiver.url("/ok/2"))), ..Changed::default() };
    subscribers.change(&managed.token, change).await.unwrap().unwrap();
    until("a test of the new one", SOON, async || receiver.to("/ok/2").pop()).await;
    assert!(subscribers.test(managed.id).await.unwrap());
    until("a test that was asked for", SOON, async || receiver.to("/ok/2").into_iter().nth(1)).await;
    let now = senders(Some(&smtp)).test_now(&subscribers, managed.id).await.unwrap();
    assert_eq!((now, receiver.to("/ok/2").len()), (Some(Ok(())), 3));
    assert!(subscribers.remove(managed.id).await.unwrap() && !subscribers.remove(managed.id).await.unwrap());
    assert_eq!(senders(None).test_now(&subscribers, managed.id).await.unwrap(), None);
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_is_believed_only_with_its_certificate_and_never_in_the_open() {
    for (mode, security) in [(SmtpMode::Tls, Security::Tls), (SmtpMode::StartTls, Security::StartTls)] {
        let smtp = Smtp::start(mode, Some(("watch", "hunter2"))).unwrap();
        let right = mail_settings(&smtp, security);
        let send = async |settings: MailSettings| {
            let senders = Senders::new(client(), Some(&settings), "https://watch.example").unwrap();
            let secrets = Secrets::new(Address::parse("reader@example.org").unwrap(), String::new()).unwrap();
            senders.confirmation(SubscriptionId(1), &secrets).await.map_err(|failure| failure.reason)
        };
        assert_eq!(send(right.clone()).await, Ok(()));
        assert!(smtp.mail("it", SOON, |mail| mail.encrypted && mail.login).is_ok());
        let stranger = MailSettings { authority: None, ..right.clone() };
        assert!(send(stranger).await.unwrap_err().contains("connection"));
        let wrong = MailSettings { login: Some(("watch".to_owned(), "hunter3".to_owned())), ..right.clone() };
        let refused = send(wrong).await.unwrap_err();
        assert!(refused.contains("535") && !refused.contains("hunter"), "{refused}");
        assert_eq!(smtp.mails().len(), 1);
    }
    // a server that offers no encryption gets neither password nor mail
    let open = Smtp::start(SmtpMode::Plain, None).unwrap();
    let settings = MailSettings { login: None, ..mail_settings(&open, Security::StartTls) };
    let senders = Senders::new(client(), Some(&settings), "https://watch.example").unwrap();
    let secrets = Secrets::new(Address::parse("reader@example.org").unwrap(), String::new()).unwrap();
    assert!(senders.confirmation(SubscriptionId(1), &secrets).await.is_err());
    assert!(open.mails().is_empty());
    let settings = MailSettings { login: None, ..mail_settings(&open, Security::None) };
    let senders = Senders::new(client(), Some(&settings), "https://watch.example").unwrap();
    senders.confirmation(SubscriptionId(1), &secrets).await.unwrap();
    let refused = Secrets::new(Address::parse("refused@example.org").unwrap(), String::new()).unwrap();
    let reason = senders.confirmation(SubscriptionId(1), &refused).await.unwrap_err().reason;
    assert!(reason.contains("550") && !reason.contains("example.org"), "{reason}");
}
