//! Feeds served on loopback, good ones and every bad kind.

use std::{
    fmt::Write as _,
    io::Write as _,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use flate2::{Compression, write::GzEncoder};
use hashwatch_tests::{Page, Site};

use super::*;
use crate::pivots::State;

const GOOD: &str = "<rss version=\"2.0\"><channel><title>t</title><link>http://a</link><description>d</description><item>\
                    <title>IREN signs AI lease</title><guid>1</guid><link>https://example.org/1</link></item></channel></rss>";

fn section(feeds: &[(&str, String)], rest: &str) -> PivotsSection {
    let mut text = String::from("feeds = [");
    for (name, url) in feeds {
        write!(text, "{{ name = {name:?}, url = {url:?} }},").unwrap();
    }
    toml::from_str(&format!("{text}]\n{rest}")).unwrap()
}

const ALLOWED: &str = "allow = [\"127.0.0.1\"]";

fn watching(feeds: &[(&str, String)], rest: &str, dir: &Path) -> Watch {
    Watch::new(&section(feeds, rest), Registry::builtin(), dir).unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn a_feed_that_has_not_changed_is_not_sent_again() {
    let site = Site::start(|asked| match asked.header("if-none-match") {
        Some("\"1\"") => Page::new(304, &[], ""),
        _ => Page::new(200, &[("ETag", "\"1\"")], GOOD),
    })
    .unwrap();
    let dir = tempfile::tempdir().unwrap();
    for reading in 0..3 {
        // as after a restart
        let mut watch = watching(&[("wire", site.url("/"))], ALLOWED, dir.path());
        assert!(watch.once().await.unwrap());
        assert_eq!(watch.drafts.all().unwrap().len(), 1, "{reading}");
    }
    let conditions: Vec<_> =
        site.asked().iter().map(|asked| asked.header("if-none-match").map(str::to_owned)).collect();
    assert_eq!(conditions, [None, Some("\"1\"".to_owned()), Some("\"1\"".to_owned())]);
    // another address under the same name is another feed
    let mut moved = watching(&[("wire", site.url("/moved"))], ALLOWED, dir.path());
    assert!(moved.once().await.unwrap());
    assert_eq!(site.asked()[3].header("if-none-match"), None);
    assert_eq!(moved.drafts.all().unwrap().len(), 1, "of the same page");
}

#[tokio::test]
async fn no_bad_feed_stops_another_or_leaves_anything() {
    let bomb = gzip(&vec![b'x'; 20 << 20]);
    let site = Site::start(move |asked| match asked.path.as_str() {
        "/huge" => Page::Endless(b"HTTP/1.1 200 OK\r\n\r\n<rss>".to_vec(), vec![b' '; 65_536]),
        "/bomb" => Page::new(200, &[("Content-Encoding", "gzip")], &bomb),
        "/malformed" => Page::new(200, &[], &GOOD[..GOOD.len() - 10]),
        "/entities" => Page::new(200, &[], format!("<!DOCTYPE r [<!ENTITY a \"{}\">]>{GOOD}", "x".repeat(1_000))),
        "/html" => Page::new(200, &[], "<html><body>IREN AI</body></html>"),
        "/deep" => Page::new(200, &[], format!("{}{}", "<a>".repeat(500_000), "</a>".repeat(500_000))),
        "/redirect" => Page::redirect(302, "http://127.0.0.2/"),
        "/metadata" => Page::redirect(301, "http://169.254.169.254/latest/meta-data/"),
        "/file" => Page::redirect(302, "file:///etc/passwd"),
        "/round" => Page::redirect(302, "/round"),
        "/gone" => Page::new(410, &[], GOOD),
        _ => Page::new(200, &[], GOOD),
    })
    .unwrap();
    let names = [
        "huge",
        "bomb",
        "malformed",
        "entities",
        "html",
        "deep",
        "redirect",
        "metadata",
        "file",
        "round",
        "gone",
        "good",
    ];
    let feeds: Vec<_> = names.iter().map(|name| (*name, site.url(&format!("/{name}")))).collect();
    let dir = tempfile::tempdir().unwrap();
    let mut watch = watching(&feeds, ALLOWED, dir.path());
    for _ in 0..2 {
        assert!(!watch.once().await.unwrap());
    }
    assert_eq!(watch.failing.len(), names.len() - 1);
    let drafts = watch.drafts.all().unwrap();
    assert_eq!((drafts.len(), drafts[0].feed.as_str()), (1, "good"));
    let kept = watch.drafts.read().unwrap();
    assert!(kept.feeds.values().all(|asked| asked.at > 0 && asked.not_before == 0));
}

#[tokio::test]
async fn nothing_is_asked_of_private_addresses_unless_allowed() {
    let site = Site::start(|_| Page::new(200, &[], GOOD)).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let hosts = ["127.0.0.1", "localhost", "[::1]", "2130706433", "[::ffff:127.0.0.1]", "0"];
    let urls: Vec<_> = hosts.iter().map(|host| (*host, format!("http://{host}:{}/", site.port()))).collect();
    let mut watch = watching(&urls, "", dir.path());
    assert!(!watch.once().await.unwrap());
    assert_eq!((watch.failing.len(), site.asked().len()), (hosts.len(), 0));
    let mut allowed = watching(&urls[..2], "allow = [\"127.0.0.0/8\", \"localhost\"]", dir.path());
    assert!(allowed.once().await.unwrap());
    assert_eq!(site.asked().len(), 2);
}

#[tokio::test]
async fn an_overloaded_feed_is_left_alone_as_long_as_it_says() {
    let status = Arc::new(AtomicU32::new(429));
    let answered = status.clone();
    let site = Site::start(move |_| match answered.load(Ordering::Relaxed) {
        429 => Page::new(429, &[("Retry-After", "7200")], ""),
        503 => Page::new(503, &[], ""),
        _ => Page::new(200, &[], GOOD),
    })
    .unwrap();
    let dir = tempfile::tempdir().unwrap();
    let feeds = [("wire", site.url("/"))];
    let rest_of = |watch: &Watch| watch.drafts.read().unwrap().feeds["wire"].not_before.saturating_sub(unix_now());
    let mut watch = watching(&feeds, ALLOWED, dir.path());
    assert!(!watch.once().await.unwrap());
    assert!((7_190..=7_200).contains(&rest_of(&watch)), "{}", rest_of(&watch));
    // also by one that was started meanwhile
    assert!(!watching(&feeds, ALLOWED, dir.path()).once().await.unwrap());
    assert_eq!(site.asked().len(), 1);

    let awake = |watch: &Watch| watch.drafts.change(|kept| kept.feeds.get_mut("wire").unwrap().not_before = 0).unwrap();
    status.store(503, Ordering::Relaxed);
    for doubled in [4 * 1_800, 8 * 1_800] {
        awake(&watch);
        assert!(!watch.once().await.unwrap());
        assert!((doubled - 10..=doubled).contains(&rest_of(&watch)), "{doubled}: {}", rest_of(&watch));
    }
    awake(&watch);
    status.store(200, Ordering::Relaxed);
    assert!(watch.once().await.unwrap());
    let asked = watch.drafts.read().unwrap().feeds["wire"].clone();
    assert_eq!((asked.refusals, asked.not_before), (0, 0));
}

#[test]
fn a_rest_has_bounds() {
    let every = Duration::from_secs(1_800);
    assert_eq!(rest(every, 1, Some(Duration::ZERO)), every);
    assert_eq!(rest(every, 1, Some(Duration::MAX)), LONGEST_REST);
    assert_eq!(rest(every, 1, None), 2 * every);
    assert_eq!(rest(every, u32::MAX, None), 32 * every);
    assert_eq!(rest(Duration::from_secs(36_000), 9, None), LONGEST_REST);
}

#[tokio::test]
async fn a_watch_asks_again_in_its_time_and_ends_when_told() {
    let site = Site::start(|_| Page::new(200, &[], GOOD)).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let feeds = [("wire", site.url("/"))];
    let mut watch = watching(&feeds, ALLOWED, dir.path());
    let (send, stop) = watch::channel(false);
    let running = tokio::spawn(async move {
        watch.run(stop).await.unwrap();
        watch
    });
    let found = async {
        while Drafts::new(dir.path()).all().unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), found).await.unwrap();
    send.send(true).unwrap();
    let watch = running.await.unwrap();
    assert_eq!(site.asked().len(), 1);
    // one that is started at once asks nothing: it was asked a moment ago
    let asked = watch.drafts.read().unwrap().feeds["wire"].clone();
    assert!(watch.due(&asked) > unix_now() + 1_700);
    assert_eq!(watch.due(&Asked { at: u64::MAX, ..asked.clone() }), 0, "the clock was set back");
    let resting = |rest: u64| Asked { not_before: unix_now() + rest, ..asked.clone() };
    assert!(watch.due(&resting(80_000)) > unix_now() + 79_900);
    assert!(watch.due(&resting(100_000)) < unix_now() + 1_900, "the same");
}

#[tokio::test]
async fn a_refused_draft_does_not_come_back() {
    let site = Site::start(|_| Page::new(200, &[], GOOD)).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let feeds = [("wire", site.url("/")), ("other", site.url("/other"))];
    assert!(watching(&feeds, ALLOWED, dir.path()).once().await.unwrap());
    let drafts = Drafts::new(dir.path());
    let id = drafts.all().unwrap()[0].id.clone();
    drafts.decide(&id, State::Refused).unwrap();
    assert!(watching(&feeds, ALLOWED, dir.path()).once().await.unwrap());
    let all = drafts.all().unwrap();
    assert_eq!((all.len(), all[0].state), (1, State::Refused));
}
