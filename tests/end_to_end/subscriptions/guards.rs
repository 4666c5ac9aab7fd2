//! Forms of others, forms without an end, too many of them, links used twice, pages that tell of themselves.

use anyhow::{Context, Result, ensure};

use super::{Links, Scene};
use crate::turn::turn;

const READER: &str = "reader@example.org";
/// Of a token's shape, and nobody's.
const NOBODYS: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

#[test]
fn pages_of_subscriptions_have_their_guards() -> Result<()> {
    let _turn = turn();
    let mut scene = Scene::new(300, "")?;
    used_once(&scene)?;
    let links = scene.subscribed(READER, "192.0.2.1")?;
    forms_of_others(&scene, &links)?;
    large_forms(&scene, &links)?;
    told_to_nobody(&scene, &links)?;
    too_often(&scene)?;
    one_click(&scene, &links)?;
    scene.hashwatch.terminate()?;
    log_without_secrets(&scene, &links)
}

fn used_once(scene: &Scene) -> Result<()> {
    scene.wish("once@example.org", "192.0.2.10")?;
    let confirm = format!("/subscriptions/confirm/{}", scene.confirm_token("once@example.org")?);
    // who looks, however often, begins nothing
    for _ in 0..2 {
        ensure!(scene.get(&confirm, "192.0.2.10")?.status == 200);
    }
    let first = scene.send(&confirm, "", "192.0.2.10")?;
    let again = scene.send(&confirm, "", "192.0.2.10")?;
    let unknown = scene.send(&format!("/subscriptions/confirm/{NOBODYS}"), "", "192.0.2.10")?;
    ensure!((first.status, again.status) == (303, 404), "{} {}", first.status, again.status);
    ensure!(again.text() == unknown.text(), "one that was used is like one that never was");
    Ok(())
}

/// Where a form of each kind is sent, and what it says.
fn forms(links: &Links) -> [(String, &'static str); 4] {
    [
        ("/subscribe".to_owned(), "share=1&channel=mail&address=other%40example.org"),
        (format!("/subscriptions/confirm/{}", links.confirm), ""),
        (format!("/subscriptions/{}", links.manage), "share=2&channel=digest"),
        (format!("/subscriptions/{}/unsubscribe", links.unsubscribe), ""),
    ]
}

fn forms_of_others(scene: &Scene, links: &Links) -> Result<()> {
    let from = ("x-forwarded-for", "192.0.2.20");
    let ours = scene.url.as_str();
    let strange: [&[(&str, &str)]; 5] = [
        &[("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")],
        &[("origin", "https://evil.example")],
        &[("origin", "null"), ("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("origin", ours), ("sec-fetch-site", "cross-site")],
    ];
    let before = scene.get(&format!("/subscriptions/{}", links.manage), "192.0.2.21")?.text();
    for (path, form) in forms(links) {
        for headers in strange {
            let answer = scene.hashwatch.send(&path, form, &[headers, &[from]].concat())?;
            ensure!(answer.status == 403, "{path} {headers:?}: {} {}", answer.status, answer.text());
        }
    }
    // where an address holds no secret, one that does not say where it is from is not ours
    let (path, form) = &forms(links)[0];
    ensure!(scene.hashwatch.send(path, form, &[from])?.status == 403, "{path}");
    ensure!(scene.get(&format!("/subscriptions/{}", links.manage), "192.0.2.21")?.text() == before, "nothing changed");
    // and the same as a page of ours sends it
    scene.send(path, form, "192.0.2.20")?;
    scene.confirm_token("other@example.org")?;
    let mails = scene.smtp.mails().into_iter().filter(|mail| mail.to == ["other@example.org"]).count();
    ensure!(mails == 1, "none of the others was taken: {mails}");
    let (path, form) = &forms(links)[2];
    let kept = scene.send(path, form, "192.0.2.20")?;
    ensure!(kept.status == 303, "{}", kept.text());
    let after = scene.get(&format!("/subscriptions/{}", links.manage), "192.0.2.21")?.text();
    ensure!(after != before && after.contains("You are subscribed: one mail a day"), "{after}");
    Ok(())
}

fn large_forms(scene: &Scene, links: &Links) -> Result<()> {
    for (path, form) in forms(links) {
        let endless = format!("{form}&x={}", "x".repeat(17 << 10));
        let answer = scene.send(&path, &endless, "192.0.2.30")?;
        ensure!(answer.status == 413, "{path}: {}", answer.status);
        let click = format!("List-Unsubscribe=One-Click&x={}", "x".repeat(17 << 10));
        ensure!(scene.send(&path, &click, "192.0.2.30")?.status == 413, "{path}");
    }
    ensure!(scene.get(&format!("/subscriptions/{}", links.manage), "192.0.2.31")?.status == 200, "it is there still");
    Ok(())
}

/// No cache keeps a page whose address is a secret, and no other site hears of it, whatever it says.
fn told_to_nobody(scene: &Scene, links: &Links) -> Result<()> {
    let from = "192.0.2.40";
    let [_, confirm, manage, unsubscribe] = forms(links).map(|(path, _)| path);
    let nobodys = format!("/subscriptions/{NOBODYS}");
    let mut answers = Vec::new();
    for path in [&confirm, &manage, &unsubscribe, &nobodys, &format!("{manage}?wat=1"), &format!("{manage}?saved=yes")]
    {
        answers.push((path.clone(), scene.get(path, from)?));
    }
    for (path, form) in
        [(&confirm, ""), (&manage, "share=0"), (&manage, "share=9"), (&manage, "share=1"), (&nobodys, "")]
    {
        answers.push((path.clone(), scene.send(path, form, from)?));
        answers.push((path.clone(), scene.hashwatch.send(path, form, &[("origin", "https://evil.example")])?));
    }
    answers.push((manage.clone(), scene.send(&manage, &"x".repeat(17 << 10), from)?));
    let mut seen: Vec<u16> = answers.iter().map(|(_, answer)| answer.status).collect();
    seen.sort_unstable();
    seen.dedup();
    ensure!(seen == [200, 303, 400, 403, 404, 413], "each kind of answer: {seen:?}");
    for (path, answer) in &answers {
        let said = ["referrer-policy", "cache-control", "x-robots-tag"].map(|name| answer.header(name));
        ensure!(said == ["no-referrer", "no-store", "noindex"], "{path}: {} {said:?}", answer.status);
        ensure!(answer.header("etag").is_empty(), "{path}");
    }
    // what was typed is kept by nobody, either
    let typed = scene.send("/subscribe", "share=1&address=nonsense", from)?;
    ensure!((typed.status, typed.header("cache-control")) == (400, "no-store"), "{}", typed.text());
    // a browser would not say where a form of it is from, and it could not be sent again
    ensure!(typed.header("referrer-policy") == "same-origin", "{}", typed.header("referrer-policy"));
    Ok(())
}

fn too_often(scene: &Scene) -> Result<()> {
    let nobodys = format!("/subscriptions/{NOBODYS}");
    for (path, from) in [("/subscribe", "192.0.2.50"), (nobodys.as_str(), "192.0.2.51")] {
        let mut last = scene.get(path, from)?;
        for _ in 0..60 {
            ensure!(last.status != 429, "{path}: too soon");
            last = scene.get(path, from)?;
        }
        let wait: u32 = last.header("retry-after").parse().context("when to ask again")?;
        ensure!(last.status == 429 && (1..=60).contains(&wait), "{path}: {} {wait}", last.status);
        ensure!(scene.send(path, "", from)?.status == 429, "{path}: forms count, too");
        ensure!(scene.get(path, "198.51.100.50")?.status != 429, "{path}: another visitor");
    }
    // wishes of one source, to whomever
    for turn in 0..10 {
        let asked = scene.wish(&format!("nobody{turn}@example.org"), "192.0.2.52")?;
        ensure!(asked.status == 303, "{turn}: {}", asked.text());
    }
    let refused = scene.wish("nobody@example.org", "192.0.2.52")?;
    let wait: u32 = refused.header("retry-after").parse().context("when to ask again")?;
    ensure!(refused.status == 429 && (3_000..=3_600).contains(&wait), "{} {wait}", refused.status);
    ensure!(scene.wish("nobody@example.org", "192.0.2.53")?.status == 303, "another source");
    Ok(())
}

/// RFC 8058: from anywhere, without a word of where from.
fn one_click(scene: &Scene, links: &Links) -> Result<()> {
    let path = format!("/subscriptions/{}/unsubscribe", links.unsubscribe);
    let headers = [("x-forwarded-for", "192.0.2.60"), ("accept", "text/html"), ("origin", "https://mail.example")];
    let click = || scene.hashwatch.send(&path, "List-Unsubscribe=One-Click", &headers);
    let (first, again) = (click()?, click()?);
    ensure!(first.status == 200 && first.text().contains("The subscription is over."), "{}", first.text());
    ensure!((again.status, again.text()) == (200, first.text()), "whether it was there is told to nobody");
    let (gone, unknown) = (links.manage.as_str(), NOBODYS);
    let [gone, unknown] = [gone, unknown].map(|token| scene.get(&format!("/subscriptions/{token}"), "192.0.2.60"));
    let (gone, unknown) = (gone?, unknown?);
    ensure!((gone.status, gone.text()) == (404, unknown.text()), "{}", gone.text());
    Ok(())
}

fn log_without_secrets(scene: &Scene, links: &Links) -> Result<()> {
    let log = scene.hashwatch.stderr();
    ensure!(log.contains("TRACE") && log.contains("DEBUG"), "all that can be said was said");
    for secret in [&links.confirm, &links.manage, &links.unsubscribe] {
        ensure!(!log.contains(secret.as_str()), "a token in the log: {}", line_of(&log, secret));
    }
    for address in [READER, "other@example.org", "nobody0@example.org"] {
        for spelled in [address.to_owned(), address.replace('@', "%40")] {
            ensure!(!log.contains(&spelled), "an address in the log: {}", line_of(&log, &spelled));
        }
    }
    Ok(())
}

fn line_of<'a>(log: &'a str, what: &str) -> &'a str {
    log.lines().find(|line| line.contains(what)).unwrap_or_default()
}
