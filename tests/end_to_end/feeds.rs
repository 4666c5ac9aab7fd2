//! Feeds are what they say they are: Atom by RFC 4287 and RSS 2.0 by its specification, whatever the names in them are; and what
//! looks at them finds faults.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use hashwatch_tests::{Hashwatch, feed_faults};

use crate::alert_pages::{HOSTILE, say, served, until};
use crate::turn::turn;

/// Names that would be markup, the end of a text, a formula, an entity, or no character of XML at all.
const NAMES: [&str; 8] = [
    HOSTILE,
    "</title></entry></feed><script>alert(1)</script>",
    "]]><b>&amp;&#x3c;i&#x3e;&nbsp;&x;",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "\u{1}\u{8}\u{b}\u{1b}[31m\u{7f}\u{85}\u{fffe}\u{ffff}",
    "\u{202e}\u{200b}\u{feff}\" onload=\"x' <!-- <?php",
    "<!DOCTYPE x [<!ENTITY y SYSTEM \"file:///etc/passwd\">]>&y;",
];

fn kept(hashwatch: &Hashwatch, folder: &Path, path: &str) -> Result<PathBuf> {
    let answer = hashwatch.get(path)?;
    ensure!(answer.status == 200, "{path}: {}", answer.text());
    let kind = if path.ends_with("rss") { "application/rss+xml" } else { "application/atom+xml" };
    ensure!(answer.header("content-type") == format!("{kind}; charset=utf-8"), "{path}");
    let file = folder.join(path.trim_matches('/').replace('/', "-"));
    fs::write(&file, &answer.body)?;
    Ok(file)
}

#[test]
fn feeds_are_valid_whatever_is_in_them() -> Result<()> {
    let _turn = turn();
    let home = tempfile::tempdir()?;
    let (hashwatch, sql) = served(&home.path().join("chain"), "[site]\nurl = \"https://hashes.example\"\n")?;
    let empty = kept(&hashwatch, home.path(), "/feeds/alerts.atom")?;
    assert_eq!(feed_faults(&[&empty])?, "", "one of which nothing was said yet");
    for (place, name) in (0..).zip(NAMES) {
        let (seq, alert, id) = (2 * place + 1, place + 1, format!("x{place}"));
        say(&sql, (seq, 0), alert, [&id, name], (0, 1), 1000 + u32::try_from(place)?)?;
        say(&sql, (seq + 1, 0), alert, [&id, name], (1, 0), 1100 + u32::try_from(place)?)?;
    }
    until(&hashwatch, 2 * NAMES.len() as u64)?;
    let mut files = Vec::new();
    for path in [
        "/feeds/alerts.atom",
        "/feeds/alerts.rss",
        "/feeds/alerts/rule/share.atom",
        "/feeds/alerts/rule/hhi.rss",
        "/feeds/alerts/pool/x0.atom",
        "/feeds/alerts/pool/x5.rss",
        "/feeds/alerts/network/network.rss",
        "/feeds/pivots.atom",
    ] {
        files.push(kept(&hashwatch, home.path(), path)?);
    }
    let [atom, rss] = [&files[0], &files[1]].map(fs::read_to_string);
    let (atom, rss) = (atom?, rss?);
    let entries = 2 * NAMES.len();
    assert_eq!((atom.matches("<entry>").count(), rss.matches("<item>").count()), (entries, entries));
    assert_eq!(feed_faults(&files.iter().map(PathBuf::as_path).collect::<Vec<_>>())?, "");
    bent_ones_are_found(home.path(), &atom, &rss)
}

/// Each bent in one place.
fn bent_ones_are_found(folder: &Path, atom: &str, rss: &str) -> Result<()> {
    let bent = [
        (atom, "<updated>", "<updated>on ", "updated"),
        (atom, "</updated>", "</updated><updated>2026-01-01T00:00:00Z</updated>", "updated"),
        (atom, "<id>urn:uuid:", "<id>", "id"),
        (atom, "<title>", "<title><b/>", "title"),
        (atom, "<entry>", "<entry><item/>", "entry"),
        (atom, "<author><name>hashwatch</name></author>", "", "no author"),
        (atom, "term=\"share\"", "name=\"share\"", "category"),
        (atom, " href=\"https://", " href=\"> ", "href"),
        (rss, "<rss version=\"2.0\"", "<rss", "rss"),
        (rss, "<description>", "<summary>", "no XML"),
        (rss, "<link>https://", "<link>", "link"),
        (rss, " isPermaLink=\"false\"", "", "guid"),
        (rss, "<guid", "<category></category><guid", "category"),
        (rss, " +0000</pubDate>", " CEST</pubDate>", "pubDate"),
        (rss, "<title>", "<title>&lt;b>", "markup"),
        (rss, "<channel>", "<channel><item/>", "neither a title nor a description"),
    ];
    let mut files = Vec::new();
    for (place, (feed, what, instead, _)) in bent.iter().enumerate() {
        ensure!(feed.contains(what), "{what}");
        let file = folder.join(format!("bent-{place}"));
        fs::write(&file, feed.replacen(what, instead, 1))?;
        files.push(file);
    }
    // of ids that are there twice each is well by itself
    let entry = rss.split_once("<item>").and_then(|(_, rest)| rest.split_once("</item>")).context("an item")?.0;
    files.push(folder.join("twice"));
    fs::write(folder.join("twice"), rss.replacen("<item>", &format!("<item>{entry}</item><item>"), 1))?;
    let faults = feed_faults(&files.iter().map(PathBuf::as_path).collect::<Vec<_>>())?;
    let found = bent.iter().map(|(.., found)| *found).chain(["is there twice"]);
    for (file, found) in files.iter().zip(found) {
        let of_it = format!("{}: ", file.display());
        let told = faults.lines().any(|line| line.starts_with(&of_it) && line[of_it.len()..].contains(found));
        ensure!(told, "{found} of {of_it}{faults}");
    }
    Ok(())
}
