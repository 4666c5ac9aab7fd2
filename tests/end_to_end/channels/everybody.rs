//! Everybody who hears of a chain's warnings, each as people and programs are: a mailbox, webhooks, a stream, a feed reader.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bitcoincore_rpc::RpcApi;
use hashwatch_tests::site::Asked;
use hashwatch_tests::{FeedReader, Opened, Page, Site, Smtp, SmtpMode, bitcoincore_rpc, is_signed, wait_until};
use serde_json::Value;

use crate::alerts::Scene;
use crate::events::Listener;

pub(super) const SOON: Duration = Duration::from_secs(30);
/// Where something that must not come would have come by: delivery looks at once, a feed reader and the streams twice a second.
const WOULD_HAVE_COME: Duration = Duration::from_millis(1_500);
const SITE: &str = "https://watch.example";
pub(super) const FEEDS: [&str; 2] = ["/feeds/alerts.atom", "/feeds/alerts.rss"];
/// Subscribers: who confirms, by what, from which level of shares on, and where to.
const READER: &str = "reader@example.org";
const HOOKS: [(&str, &str, &str, &str); 3] = [
    ("hooks@example.org", "webhook_json", "1", "/json"),
    ("half@example.org", "webhook_json", "2", "/half"),
    ("chat@example.org", "webhook_slack", "1", "/slack"),
];

/// A step as it came: what happens, and as of which block.
pub(super) type Step = (String, u64, String);

/// Everybody who hears of it.
pub(super) struct Channels {
    pub(super) scene: Scene,
    smtp: Smtp,
    hooks: Site,
    /// Signing keys of the JSON webhooks, by path.
    keys: Vec<(&'static str, String)>,
    pub(super) stream: Listener,
    pub(super) reader: FeedReader,
}

impl Channels {
    /// A chain on which nothing has happened yet, and all of them listen.
    pub(super) fn open() -> Result<Channels> {
        let smtp = Smtp::start(SmtpMode::StartTls, Some(("watch", "hunter2")))?;
        let config = format!(
            "[site]\nurl = {SITE:?}\n[alerts.mail]\nhost = \"localhost\"\nport = {}\nauthority = {:?}\n\
             from = \"hashwatch <alerts@watch.example>\"\n[alerts.webhooks]\nallow = [\"127.0.0.1\"]\n",
            smtp.port,
            smtp.authority()
        );
        let login = [("HASHWATCH_SMTP_USER", "watch"), ("HASHWATCH_SMTP_PASSWORD", "hunter2")];
        let mut scene = Scene::with(&config, &login)?;
        scene.mine([false; 24])?;
        scene.evaluated()?;
        let hooks = Site::start(|_| Page::new(200, &[], ""))?;
        subscribe(&scene, &smtp, (READER, "mail", "1", ""))?;
        let mut keys = Vec::new();
        for (address, channel, level, path) in HOOKS {
            ensure!(hooks.asked().iter().all(|asked| asked.path != path), "nothing goes to who has not confirmed");
            let managed = subscribe(&scene, &smtp, (address, channel, level, &hooks.url(path)))?;
            let tested = || hooks.asked().iter().any(|asked| asked.path == path);
            wait_until("a test of the webhook", SOON, tested)?;
            let page = managed.answer.text();
            let key = page.split_once("class=\"key\">").and_then(|(_, rest)| rest.split_once('<'));
            ensure!(key.is_some() == (channel == "webhook_json"), "a key is shown where it signs: {page}");
            keys.extend(key.map(|(key, _)| (path, key.to_owned())));
        }
        let stream = Listener::start(&scene.hashwatch, None)?;
        let reader = FeedReader::start(&FEEDS.map(|path| format!("{}{path}", scene.hashwatch.url())))?;
        Ok(Channels { scene, smtp, hooks, keys, stream, reader })
    }

    /// Mails with warnings.
    fn mails(&self) -> Result<Vec<Step>> {
        let all = self.smtp.mails().into_iter().filter(|mail| mail.to == [READER]);
        let warnings = all.filter(|mail| !mail.header("subject").contains("our subscription"));
        let mut ids = Vec::new();
        let steps = warnings.map(|mail| {
            ensure!(mail.encrypted && mail.login, "{mail:?}");
            ensure!(mail.header("list-unsubscribe").starts_with(&format!("<{SITE}/subscriptions/")), "{mail:?}");
            ids.push(mail.header("message-id"));
            let body = mail.body();
            let plain = body.split("text/html").next().unwrap_or_default();
            ensure!(plain.contains(&format!("{SITE}/alerts/")), "{plain}");
            told_in(plain)
        });
        let steps = steps.collect::<Result<Vec<Step>>>()?;
        let count = ids.len();
        ids.sort();
        ids.dedup();
        ensure!(ids.len() == count, "a mail came twice: {ids:?}");
        Ok(steps)
    }

    /// What came to a webhook, but for the test.
    fn posts(&self, path: &str) -> Result<Vec<Asked>> {
        let all = self.hooks.asked().into_iter().filter(|asked| asked.path == path);
        let key = self.keys.iter().find(|(of, _)| *of == path).map(|(_, key)| key);
        let mut posts = Vec::new();
        for asked in all {
            let body = String::from_utf8(asked.body.clone())?;
            let signature = asked.header("hashwatch-signature").unwrap_or_default();
            if let Some(key) = key {
                ensure!(is_signed(signature, &body, key)?, "{asked:?}");
                ensure!(!is_signed(signature, &format!("{body} "), key)?, "a signature of any body");
            }
            if !body.contains("a test. Notices will arrive like this") {
                posts.push(asked);
            }
        }
        let mut keys: Vec<&str> = posts.iter().filter_map(|asked| asked.header("idempotency-key")).collect();
        keys.sort_unstable();
        keys.dedup();
        ensure!(keys.len() == posts.len(), "each has a key of its own: {posts:?}");
        Ok(posts)
    }

    fn webhook(&self, path: &str) -> Result<Vec<Step>> {
        let step = |asked: Asked| -> Result<Step> {
            let body: Value = serde_json::from_slice(&asked.body)?;
            step_of(&body["change"], &body["block"])
        };
        self.posts(path)?.into_iter().map(step).collect()
    }

    fn slack(&self) -> Result<Vec<Step>> {
        let step = |asked: Asked| -> Result<Step> {
            let body: Value = serde_json::from_slice(&asked.body)?;
            let text = body["text"].as_str().context("a text")?;
            ensure!(text.contains(&format!("{SITE}/alerts/")), "{text}");
            told_in(text)
        };
        self.posts("/slack")?.into_iter().map(step).collect()
    }

    /// What the reader has shown of a feed: entries as they are now, and how often one had changed.
    pub(super) fn feed(&self, path: &str) -> Result<(Vec<Step>, usize)> {
        let (mut entries, mut changed) = (Vec::<(Value, Step)>::new(), 0);
        for it in self.reader.seen() {
            ensure!(it["problem"].is_null() && it.is_object(), "{it}");
            if !it["feed"].as_str().is_some_and(|feed| feed.ends_with(path)) {
                continue;
            }
            ensure!(it["categories"][0] == "share", "{it}");
            let (_, height, hash) = told_in(it["text"].as_str().context("a text")?)?;
            let step = (it["categories"][1].as_str().context("a change")?.to_owned(), height, hash);
            match entries.iter_mut().find(|(id, _)| *id == it["id"]) {
                Some((_, known)) => {
                    ensure!(it["again"] == true && known.0 == step.0, "{it}");
                    *known = step;
                    changed += 1;
                }
                None => entries.push((it["id"].clone(), step)),
            }
        }
        Ok((entries.into_iter().map(|(_, step)| step).collect(), changed))
    }

    /// Waits until everybody has so many, lets pass the time in which more would have come, and sees what all of them have.
    pub(super) fn all_have(&self, steps: &[Step], of_half: &[Step]) -> Result<()> {
        wait_until("all have it", SOON, || {
            self.counts().is_ok_and(|all| all.iter().all(|(_, has)| *has >= steps.len()))
        })
        .with_context(|| format!("{:?} of {}", self.counts(), steps.len()))?;
        wait_until("who hears of halves has it", SOON, || {
            self.webhook("/half").is_ok_and(|has| has.len() >= of_half.len())
        })?;
        std::thread::sleep(WOULD_HAVE_COME);
        assert_eq!(self.mails()?, steps, "by mail");
        assert_eq!(self.webhook("/json")?, steps, "by a webhook with JSON");
        assert_eq!(self.webhook("/half")?, of_half, "by a webhook from a half on");
        assert_eq!(self.slack()?, steps, "by a webhook of Slack");
        assert_eq!(heard(&self.stream)?, steps, "by the stream");
        Ok(())
    }

    fn counts(&self) -> Result<Vec<(&'static str, usize)>> {
        Ok(vec![
            ("mail", self.mails()?.len()),
            ("json", self.webhook("/json")?.len()),
            ("slack", self.slack()?.len()),
            ("stream", self.stream.heard().len()),
            ("atom", self.feed(FEEDS[0])?.0.len()),
            ("rss", self.feed(FEEDS[1])?.0.len()),
        ])
    }

    /// What follows from the blocks, with their hashes.
    pub(super) fn expected(&self) -> Result<Vec<Step>> {
        let step = |(change, _, _, height): (&str, usize, usize, usize)| self.step(change, height as u64);
        self.scene.expected().into_iter().map(step).collect()
    }

    pub(super) fn step(&self, change: &str, height: u64) -> Result<Step> {
        Ok((change.to_owned(), height, self.scene.rpc.get_block_hash(height)?.to_string()))
    }
}

/// From the form of the site to the page that the link in the mail leads to, without a script. Address, channel, least level of
/// shares, URL.
fn subscribe(scene: &Scene, smtp: &Smtp, (address, channel, level, url): (&str, &str, &str, &str)) -> Result<Opened> {
    let visited = &scene.hashwatch;
    let form = Opened::at(visited, "/subscribe")?.form(visited, "/subscribe")?;
    let form = form.fill("share", level)?.fill("channel", channel)?.fill("address", address)?.fill("url", url)?;
    let asked = form.send(visited)?;
    ensure!(asked.path == "/subscribe/asked", "{}", asked.path);
    let mail_of =
        |subject: &str| smtp.mail(subject, SOON, |mail| mail.to == [address] && mail.header("subject") == subject);
    let confirm = mail_of("Confirm your subscription")?;
    let link = format!("/subscriptions/confirm/{}", confirm.after("/subscriptions/confirm/").context("a link")?);
    // looking changes nothing, the button does
    let looked = Opened::at(visited, &link)?;
    ensure!(smtp.mails().iter().filter(|mail| mail.to == [address]).count() == 1, "{address} has not confirmed");
    let managed = looked.form(visited, &link)?.send(visited)?;
    let welcome = mail_of("Your subscription is active")?;
    let link = format!("/subscriptions/{}", welcome.after(&format!("{SITE}/subscriptions/")).context("a link")?);
    ensure!(managed.path == format!("{link}?begun=yes"), "{} and {link}", managed.path);
    Ok(managed)
}

fn step_of(change: &Value, block: &Value) -> Result<Step> {
    let (height, hash) = (block["height"].as_u64().context("a height")?, block["hash"].as_str().context("a hash")?);
    Ok((change.as_str().context("a change")?.to_owned(), height, hash.to_owned()))
}

pub(super) fn heard(stream: &Listener) -> Result<Vec<Step>> {
    stream.heard().iter().map(|(_, event)| step_of(&event["change"], &event["as_of"])).collect()
}

/// What a person reads.
fn told_in(text: &str) -> Result<Step> {
    let change = [
        ("withdrawn", "Withdrawn after a reorg: "),
        ("over", "Over: ViaBTC "),
        ("eased", "), no longer more than half"),
        ("worsened", "ViaBTC holds more than half "),
        ("raised", "ViaBTC holds more than a third "),
    ];
    let change = change.iter().find(|(_, words)| text.contains(words)).map_or("", |(change, _)| change);
    let (_, block) = text.split_once("As of block ").with_context(|| format!("no block in {text}"))?;
    let (height, rest) = block.split_once(" (").context("a height")?;
    let hash = rest.split(')').next().context("a hash")?;
    Ok((change.to_owned(), height.replace(',', "").parse()?, hash.to_owned()))
}
