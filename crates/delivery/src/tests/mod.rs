//! On the real parts: the embedded ClickHouse, a real mail server, receivers on loopback.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod digests;
mod erased;
mod hangs;
mod kills;
mod links;
mod many;
mod outbox;
mod receiver;
mod receivers;
mod spam;
mod walk;

use std::{path::Path, sync::Arc, time::Duration};

use hashwatch_engine::{Engine, EngineError, Library};
use hashwatch_model::Notice;
use hashwatch_outbound::{AllowList, Client};
use hashwatch_tests::{Smtp, SmtpMode};
use tokio::{
    sync::{Mutex, MutexGuard, watch},
    task::JoinHandle,
};

use crate::{
    Asked, Channel, ChannelKind, Delivery, DeliveryError, Format, Key, Limits, MailSettings, Newest, Notices, Policy,
    Security, Senders, State, Subscribers, SubscriptionId, Tuning, WEBHOOK_LIMITS, Wanted,
    address::Address,
    filter, line,
    rows::{DeadLetterRow, SubscriptionRow},
    secrets::Secrets,
    table::now,
};

/// Of the first notice to a subscription: a letter that came back.
fn dead(id: u64, version: u64) -> DeadLetterRow {
    let (state, reason, key) = ("dead".to_owned(), String::new(), String::new());
    DeadLetterRow { id, seq: 1, version, state, reason, tries: 1, at: 1, seqs: vec![1], key }
}

static TURN: Mutex<()> = Mutex::const_new(());

/// An engine on a directory of its own, one test at a time: libchdb opens one directory per process.
struct Fixture {
    engine: Engine,
    data: tempfile::TempDir,
    _turn: MutexGuard<'static, ()>,
}

async fn engine() -> Fixture {
    let turn = TURN.lock().await;
    let data = tempfile::tempdir().unwrap();
    let engine = open(&data.path().join("data")).await;
    Fixture { engine, data, _turn: turn }
}

/// Once the last test has let go of its own.
async fn open(path: &Path) -> Engine {
    loop {
        match Engine::open(Library::find(None).unwrap(), path) {
            Err(EngineError::OtherPathOpen { .. }) => tokio::time::sleep(Duration::from_millis(10)).await,
            opened => return opened.unwrap(),
        }
    }
}

impl Fixture {
    async fn subscribers(&self) -> Subscribers {
        subscribers(&self.engine, self.data.path()).await
    }
}

async fn subscribers(engine: &Engine, folder: &Path) -> Subscribers {
    let key = Key::open_or_make(&folder.join("subscribers.key")).unwrap();
    let opened = Subscribers::open(engine.client(), "subscribers_of_hashwatch", key).await.unwrap();
    opened.under(Policy { allowed: AllowList::parse(&["127.0.0.1"]).unwrap(), limits: generous(), public: true })
}

/// All tests come from one address and go to one host.
fn generous() -> Limits {
    Limits { requests_per_source_hour: 1_000, per_host: 10_000, mails_per_address_day: 1_000, ..Limits::default() }
}

/// What a test says, when it says it.
struct Spoken {
    notices: std::sync::Mutex<Vec<Notice>>,
    latest: watch::Sender<Newest>,
}

impl Spoken {
    fn new() -> Arc<Spoken> {
        Arc::new(Spoken { notices: std::sync::Mutex::default(), latest: watch::Sender::default() })
    }

    /// Says so many more, now.
    fn say(&self, count: u64) {
        self.say_at(count, now());
    }

    fn say_at(&self, count: u64, at: u64) {
        let mut notices = self.notices.lock().unwrap();
        let last = notices.len() as u64;
        notices.extend((last + 1..=last + count).map(|seq| Notice::clone(&line::tests::notice(seq, at, 1))));
        drop(notices);
        self.latest.send_modify(|newest| newest.seq = last + count);
    }

    /// A reorg moves one to the next block.
    fn moves(&self, seq: u64) {
        let mut notices = self.notices.lock().unwrap();
        notices[usize::try_from(seq - 1).unwrap()].block.height += 1;
        drop(notices);
        self.latest.send_modify(|newest| newest.moved += 1);
    }
}

impl Notices for Spoken {
    fn after(&self, seq: u64, limit: usize) -> Asked<'_> {
        let notices = self.notices.lock().unwrap();
        let from = usize::try_from(seq).unwrap();
        let some = notices.iter().skip(from).take(limit).cloned().collect();
        Box::pin(async move { Ok(some) })
    }

    fn latest(&self) -> watch::Receiver<Newest> {
        self.latest.subscribe()
    }
}

/// Delivery under way, until it is stopped.
struct Running {
    stop: watch::Sender<bool>,
    task: JoinHandle<Result<(), DeliveryError>>,
}

impl Running {
    fn start(subscribers: &Subscribers, senders: &Senders, notices: Arc<dyn Notices>) -> Running {
        let (stop, stopped) = watch::channel(false);
        let work = Delivery::run(subscribers.clone(), senders.clone(), notices, Tuning::default(), stopped);
        Running { stop, task: tokio::spawn(work) }
    }

    async fn end(self) {
        self.stop.send_replace(true);
        self.task.await.unwrap().unwrap();
    }
}

fn client() -> Client {
    Client::new(AllowList::parse(&["127.0.0.1"]).unwrap(), WEBHOOK_LIMITS, None).unwrap()
}

fn mail_settings(smtp: &Smtp, security: Security) -> MailSettings {
    MailSettings {
        host: "localhost".to_owned(),
        port: Some(smtp.port),
        security,
        login: Some(("watch".to_owned(), "hunter2".to_owned())),
        authority: Some(smtp.authority()),
        from: "hashwatch <alerts@watch.example>".to_owned(),
        reply_to: None,
    }
}

fn smtp() -> Smtp {
    Smtp::start(SmtpMode::StartTls, Some(("watch", "hunter2"))).unwrap()
}

fn senders(mail: Option<&Smtp>) -> Senders {
    let settings = mail.map(|smtp| mail_settings(smtp, Security::StartTls));
    Senders::new(client(), settings.as_ref(), "https://watch.example").unwrap()
}

fn wanted(address: &str, channel: Channel) -> Wanted {
    Wanted { address: address.to_owned(), filter: crate::Filter::default(), channel, from: None }
}

fn webhook(url: String) -> Channel {
    Channel::Webhook { url, format: Format::Json }
}

/// Active subscriptions that nobody had to confirm, in one write.
async fn confirmed(subscribers: &Subscribers, kind: ChannelKind, targets: &[String]) -> Vec<SubscriptionId> {
    let key = subscribers.key().clone();
    let (mut rows, mut sealed) = (Vec::new(), Vec::new());
    for (id, target) in (1..).zip(targets) {
        let secrets = Secrets::new(Address::parse("reader@example.org").unwrap(), target.clone()).unwrap();
        let version = subscribers.tables().next_version();
        sealed.push(secrets.seal(&key, SubscriptionId(id), version).unwrap());
        rows.push(SubscriptionRow {
            id,
            version,
            state: State::Active.name().to_owned(),
            channel: kind.name().to_owned(),
            filter: filter::to_text(&crate::Filter::default()),
            due: String::new(),
            requested_at: now(),
            confirmed_at: now(),
        });
    }
    subscribers.tables().insert("secrets", &sealed, "a test").await.unwrap();
    subscribers.tables().insert("subscriptions", &rows, "a test").await.unwrap();
    rows.iter().map(|row| SubscriptionId(row.id)).collect()
}

/// Until it holds, or it is too late.
async fn until<T>(what: &str, within: Duration, mut is: impl AsyncFnMut() -> Option<T>) -> T {
    let start = std::time::Instant::now();
    loop {
        if let Some(found) = is().await {
            return found;
        }
        assert!(start.elapsed() < within, "waited {within:?} in vain: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
