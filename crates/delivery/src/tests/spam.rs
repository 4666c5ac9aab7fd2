//! Nobody learns who is subscribed, and nobody's mailbox is filled by a stranger.

use std::{net::IpAddr, time::Duration};

use super::*;
use crate::Refused;

const SOON: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn a_strangers_mailbox_gets_so_many_mails_a_day_and_nobody_learns_of_it() {
    let (fixture, smtp) = (engine().await, smtp());
    let subscribers = fixture.subscribers().await;
    let running = Running::start(&subscribers, &senders(Some(&smtp)), Spoken::new());
    let mut answers = Vec::new();
    for turn in 0..12 {
        // the same mailbox in several spellings, from several sources
        let address = ["victim@example.org", "Victim@Example.ORG", &format!("victim+{turn}@example.org")]
            [usize::from(turn % 3)]
        .to_owned();
        let from = Some(IpAddr::from([192, 0, 2, turn]));
        let wish = Wanted { from, ..wanted(&address, Channel::Mail) };
        answers.push(format!("{:?}", subscribers.request(wish).await));
    }
    subscribers.request(wanted("last@example.org", Channel::Mail)).await.unwrap();
    smtp.mail("the last one's", SOON, |mail| mail.to == ["last@example.org"]).unwrap();
    let victims = |to: &str| to.to_lowercase().starts_with("victim");
    let mails = smtp.mails().iter().filter(|mail| victims(&mail.to[0])).count();
    assert_eq!(mails as u64, Limits::default().confirmations_per_address_day);
    assert!(answers.iter().all(|answer| answer == "Ok(())"), "each is answered alike: {answers:?}");
    // what came to nothing is gone
    until("those over the bound are erased", SOON, async || {
        (subscribers.list().await.unwrap().len() == 4).then_some(())
    })
    .await;
    // a restart forgets none of it
    running.end().await;
    let running = Running::start(&subscribers, &senders(Some(&smtp)), Spoken::new());
    subscribers.request(wanted("victim@example.org", Channel::Mail)).await.unwrap();
    until("it is dropped", SOON, async || (subscribers.list().await.unwrap().len() == 4).then_some(())).await;
    assert_eq!(smtp.mails().len(), 4);
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_the_same_whoever_is_subscribed() {
    let fixture = engine().await;
    let strict = Limits { requests_per_source_hour: 3, pending: 6, ..Limits::default() };
    let subscribers = fixture.subscribers().await.under(Policy { limits: strict, ..Policy::default() });
    confirmed(&subscribers, ChannelKind::Mail, &[String::new()]).await;
    let ask = async |address: &str, from: Option<[u8; 4]>| {
        let wish = Wanted { from: from.map(IpAddr::from), ..wanted(address, Channel::Mail) };
        subscribers.request(wish).await
    };
    // of one source three pass, known or not; the fourth is told to wait
    for (from, address) in [([192, 0, 2, 1], "reader@example.org"), ([192, 0, 2, 2], "nobody@example.org")] {
        for _ in 0..3 {
            assert!(ask(address, Some(from)).await.is_ok());
        }
        let Err(Refused::TooMany { retry_after }) = ask(address, Some(from)).await else { panic!("{address}") };
        assert!(retry_after > Duration::from_secs(3_000) && retry_after <= Duration::from_secs(3_600));
    }
    assert!(matches!(ask("new@example.org", None).await, Err(Refused::TooMany { .. })), "so many wait at all");
    for wrong in ["", "x", "a@b@c", "a@example.org\r\nBcc: b@example.org"] {
        assert!(matches!(ask(wrong, Some([192, 0, 2, 3])).await, Err(Refused::Address)), "{wrong:?}");
    }
    let closed = subscribers.clone().under(Policy { public: false, ..Policy::default() });
    assert!(matches!(closed.request(wanted("a@example.org", Channel::Mail)).await, Err(Refused::Closed)));
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_are_https_unless_an_operator_says_otherwise() {
    let fixture = engine().await;
    let allowed = AllowList::parse(&["127.0.0.1", "inside.example"]).unwrap();
    let policy = Policy { allowed, limits: generous(), public: true };
    let subscribers = fixture.subscribers().await.under(policy);
    let ask = async |url: &str| subscribers.request(wanted("a@example.org", webhook(url.to_owned()))).await;
    for good in ["https://example.org/x", "http://127.0.0.1:9/x", "http://inside.example/x"] {
        assert!(ask(good).await.is_ok(), "{good}");
    }
    for bad in [
        "http://example.org/x",
        "ftp://example.org/",
        "https://u:hunter2@example.org/",
        "x",
        "http://127.0.0.2/",
        "",
        &format!("https://example.org/{}", "x".repeat(5_000)),
    ] {
        let Err(Refused::Webhook(reason)) = ask(bad).await else { panic!("{bad}") };
        assert!(!reason.contains("hunter2"), "{reason}");
    }
    let large = Wanted {
        filter: crate::Filter { rules: vec!["x".to_owned(); 65], ..crate::Filter::default() },
        ..wanted("a@example.org", Channel::Mail)
    };
    assert!(matches!(subscribers.request(large).await, Err(Refused::Filter(_))));
}
