//! A process that delivers, killed at random moments: nothing is lost, and what comes twice comes under the same key.

use std::{
    collections::HashMap,
    process::{Child, Command, Stdio},
    time::Duration,
};

use hashwatch_model::Notice;
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

use super::{
    receiver::{Post, Receiver},
    *,
};

const FOLDER: &str = "HASHWATCH_TEST_DELIVERS_IN";
const BEGUN: &str = "HASHWATCH_TEST_BEGUN";
const SMTP_PORT: &str = "HASHWATCH_TEST_SMTP_PORT";
const SEED: u64 = 8;
/// Between two notices.
const EVERY: u64 = 150;

/// Notices that come with the clock, the same in each process.
struct Clockwork {
    begun: u64,
    count: u64,
    latest: watch::Sender<Newest>,
}

impl Clockwork {
    /// How many there are by now.
    fn newest(&self) -> u64 {
        (now().saturating_sub(self.begun) / EVERY).min(self.count)
    }

    fn notice(&self, seq: u64) -> Notice {
        // what is for mail has another level
        let level = if seq.is_multiple_of(10) { 2 } else { 1 };
        Notice { from_level: 0, ..Notice::clone(&line::tests::notice(seq, self.begun + seq * EVERY, level)) }
    }
}

impl Notices for Clockwork {
    fn after(&self, seq: u64, limit: usize) -> Asked<'_> {
        let last = self.newest().min(seq + limit as u64);
        let some = (seq + 1..=last).map(|seq| self.notice(seq)).collect();
        Box::pin(async move { Ok(some) })
    }

    fn latest(&self) -> watch::Receiver<Newest> {
        self.latest.subscribe()
    }
}

fn count() -> u64 {
    if soak() { 2_000 } else { 300 }
}

fn soak() -> bool {
    std::env::var_os("HASHWATCH_SOAK").is_some()
}

/// Not a test by itself: what the test below starts and kills.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_child_delivers() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let number = |name: &str| std::env::var(name).unwrap().parse::<u64>().unwrap();
    let folder = Path::new(&folder);
    let engine = open(&folder.join("data")).await;
    let subscribers = subscribers(&engine, folder).await;
    let settings = MailSettings {
        host: "localhost".to_owned(),
        port: Some(u16::try_from(number(SMTP_PORT)).unwrap()),
        security: Security::StartTls,
        login: Some(("watch".to_owned(), "hunter2".to_owned())),
        authority: Some(folder.join("authority.pem")),
        from: "alerts@watch.example".to_owned(),
        reply_to: None,
    };
    let senders = Senders::new(client(), Some(&settings), "https://watch.example").unwrap();
    std::fs::write(folder.join("ready"), "").unwrap();
    let clockwork = Arc::new(Clockwork { begun: number(BEGUN), count: count(), latest: watch::Sender::default() });
    let ticking = clockwork.clone();
    tokio::spawn(async move {
        loop {
            let seq = ticking.newest();
            ticking.latest.send_if_modified(|newest| std::mem::replace(&mut newest.seq, seq) != seq);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    let (_stop, stopped) = watch::channel(false);
    Delivery::run(subscribers, senders, clockwork, Tuning::default(), stopped).await.unwrap();
}

fn child(folder: &Path, begun: u64, smtp: &Smtp) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "tests::kills::the_child_delivers", "--nocapture"])
        .env(FOLDER, folder)
        .env(BEGUN, begun.to_string())
        .env(SMTP_PORT, smtp.port.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn kills_lose_nothing_and_change_no_key() {
    let _turn = TURN.lock().await;
    let folder = tempfile::tempdir().unwrap();
    let (receiver, smtp) = (Receiver::start().await, smtp());
    std::fs::copy(smtp.authority(), folder.path().join("authority.pem")).unwrap();
    let paths: Vec<String> =
        (1..=6).map(|number| format!("/{}/{number}", if number % 3 == 0 { "flaky" } else { "ok" })).collect();
    let targets: Vec<String> = paths.iter().map(|path| receiver.url(path)).collect();
    // confirmed before the first notice was said
    let begun = {
        let engine = open(&folder.path().join("data")).await;
        let subscribers = subscribers(&engine, folder.path()).await;
        confirmed(&subscribers, ChannelKind::Webhook(Format::Json), &targets).await;
        mail_line(&subscribers).await;
        now()
    };
    let (kills, mut random) = (if soak() { 100 } else { 20 }, ChaCha8Rng::seed_from_u64(SEED));
    let ready = folder.path().join("ready");
    for turn in 0..kills {
        let _ = std::fs::remove_file(&ready);
        let mut child = child(folder.path(), begun, &smtp);
        // some while they open the store, most while they deliver
        if turn % 5 != 0 {
            until("it delivers", Duration::from_secs(60), async || ready.exists().then_some(())).await;
        }
        tokio::time::sleep(Duration::from_millis(u64::from(random.next_u32() % 1_500))).await;
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let before = receiver.posts().len();
    let mut last = child(folder.path(), begun, &smtp);
    let complete = |posts: &[Post]| {
        let mut seen: HashMap<&str, std::collections::HashSet<&str>> = HashMap::new();
        posts.iter().for_each(|post| {
            seen.entry(&post.path).or_default().insert(&post.key);
        });
        seen.len() == paths.len() && seen.values().all(|keys| keys.len() as u64 == count())
    };
    let mails = || smtp.mails().iter().map(|mail| mail.header("message-id")).collect::<std::collections::BTreeSet<_>>();
    let wanted_mails = usize::try_from(count() / 10).unwrap();
    until("all of it arrives", Duration::from_secs(300), async || {
        (complete(&receiver.posts()) && mails().len() == wanted_mails).then_some(())
    })
    .await;
    last.kill().unwrap();
    last.wait().unwrap();
    let posts = receiver.posts();
    eprintln!(
        "{kills} kills: {} posts, {before} before the last start, {} of them again",
        posts.len(),
        posts.len() - 6 * usize::try_from(count()).unwrap()
    );
    for path in &paths {
        in_order(&posts.iter().filter(|post| post.path == *path).collect::<Vec<_>>());
    }
    assert!(before > posts.len() / 4, "kills before anything was sent show nothing: {before}");
}

/// First arrivals in their order, and whatever comes again the same under the same key.
fn in_order(posts: &[&Post]) {
    let mut first: HashMap<&str, &str> = HashMap::new();
    let mut next = 1;
    for post in posts {
        let body: serde_json::Value = serde_json::from_str(&post.body).unwrap();
        let seq = body["seq"].as_u64().unwrap();
        assert!(post.key.ends_with(&format!("-{seq}")), "{}", post.key);
        match first.insert(&post.key, &post.body) {
            None => {
                assert_eq!(seq, next, "in order");
                next += 1;
            }
            Some(before) => assert_eq!(before, post.body, "the same under the same key"),
        }
    }
    assert_eq!(next, count() + 1);
}

/// A subscription by mail that sees every tenth notice.
async fn mail_line(subscribers: &Subscribers) {
    let secrets = Secrets::new(Address::parse("reader@example.org").unwrap(), String::new()).unwrap();
    let tables = subscribers.tables();
    let filter = crate::Filter { least_level: [("share".to_owned(), 2)].into(), ..crate::Filter::default() };
    tables
        .write_secrets(&secrets.seal(subscribers.key(), SubscriptionId(99), tables.next_version()).unwrap())
        .await
        .unwrap();
    let row = SubscriptionRow {
        id: 99,
        version: tables.next_version(),
        state: State::Active.name().to_owned(),
        channel: ChannelKind::Mail.name().to_owned(),
        filter: filter::to_text(&filter),
        due: String::new(),
        requested_at: now(),
        confirmed_at: now(),
    };
    tables.write_subscription(&row).await.unwrap();
}
