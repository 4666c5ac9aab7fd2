//! Feeds watched as an operator does it: found, listed, accepted, refused, each in a process of its own, so that all that is known
//! comes from the data directory.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result, ensure};
use hashwatch_tests::{Hashwatch, Page, Site};
use serde_json::Value;

use crate::turn::turn;

fn item(number: u32, title: &str) -> String {
    format!(
        "<item><title>{title}</title><link>https://example.org/{number}</link><guid>{number}</guid>\
         <pubDate>Fri, 27 Nov 2026 12:3{number}:00 GMT</pubDate><description>An AI lease of 200 MW</description></item>"
    )
}

fn feed(items: &[String]) -> String {
    format!(
        "<rss version=\"2.0\"><channel><title>t</title><link>http://a</link><description>d</description>{}</channel></rss>",
        items.concat()
    )
}

/// Runs `hashwatch pivots ...` to its end: status and both outputs.
fn pivots(hashwatch: &Hashwatch, config: &str, words: &[&str]) -> Result<(Option<i32>, String, String)> {
    let data = hashwatch.data_dir().display().to_string();
    let arguments = words.iter().copied().chain(["--data", &data, "--config", config]);
    let output = hashwatch.command("pivots", arguments)?;
    let [said, logged] = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    ensure!(!logged.contains("panicked"), "{words:?}: {logged}");
    Ok((output.status.code(), said, logged))
}

fn listed(hashwatch: &Hashwatch, config: &str, words: &[&str]) -> Result<Vec<Value>> {
    let words: Vec<&str> = ["drafts", "--json"].iter().chain(words).copied().collect();
    let (_, said, _) = pivots(hashwatch, config, &words)?;
    serde_json::from_str::<Value>(&said)?.as_array().cloned().context("a list")
}

#[test]
fn drafts_are_found_decided_and_do_not_come_back() -> Result<()> {
    let _turn = turn();
    let titles = [
        "IREN signs AI lease",
        "Hut 8 \u{202e}and&#27;[31m Google",
        "IREN reports production",
        "Core Scientific, again",
    ];
    let more = Arc::new(AtomicBool::new(false));
    let there = more.clone();
    let site = Site::start(move |asked| match asked.path.as_str() {
        "/bad" => Page::new(200, &[], "<rss version=\"2.0\"><channel><item>"),
        "/inside" => Page::redirect(302, "http://127.0.0.2/"),
        _ => {
            let count = if there.load(Ordering::Relaxed) { 4 } else { 2 };
            let items: Vec<String> = (0..).zip(&titles[..count]).map(|(number, title)| item(number, title)).collect();
            Page::new(200, &[], feed(&items))
        }
    })?;
    let hashwatch = Hashwatch::new()?;
    let folder = tempfile::tempdir()?;
    let config = folder.path().join("hashwatch.toml");
    let feeds = ["wire", "bad", "inside"]
        .map(|name| format!("{{ name = {name:?}, url = {:?} }}", site.url(&format!("/{name}"))));
    let section = format!("[pivots]\nfeeds = [{}]\n", feeds.join(", "));
    let config_path = config.display().to_string();

    // nothing of a private address, unless allowed
    fs::write(&config, &section)?;
    let (status, _, logged) = pivots(&hashwatch, &config_path, &["watch", "--once"])?;
    assert_eq!((status, site.asked().len()), (Some(1), 0), "{logged}");
    assert_eq!(logged.matches("loopback").count(), 3, "{logged}");

    fs::write(&config, section + "allow = [\"127.0.0.1\"]\n")?;
    let (status, _, logged) = pivots(&hashwatch, &config_path, &["watch", "--once"])?;
    assert_eq!(status, Some(1), "{logged}");
    assert!(logged.contains("breaks off") && logged.contains("127.0.0.2") && !logged.contains('\u{202e}'), "{logged}");
    let drafts = listed(&hashwatch, &config_path, &[])?;
    assert_eq!(drafts.len(), 2);
    assert_eq!(drafts[0]["title"], "Hut 8 and [31m Google");
    let ids: Vec<&str> = drafts.iter().filter_map(|draft| draft["id"].as_str()).collect();

    let (status, _, _) = pivots(&hashwatch, &config_path, &["refuse", ids[0]])?;
    assert_eq!(status, Some(0));
    let own = folder.path().join("own.toml");
    let own_path = own.display().to_string();
    let (status, said, logged) = pivots(&hashwatch, &config_path, &["accept", ids[1], "--to", &own_path])?;
    assert_eq!((status, said.as_str()), (Some(0), ""), "{logged}");
    let entry: toml::Table = fs::read_to_string(&own)?.parse()?;
    assert_eq!(entry["announcement"][0]["miner"].as_str(), Some("iren"));
    assert_eq!(entry["announcement"][0].get("figure"), None);

    more.store(true, Ordering::Relaxed);
    pivots(&hashwatch, &config_path, &["watch", "--once"])?;
    let open = listed(&hashwatch, &config_path, &[])?;
    assert_eq!(
        open.iter().map(|draft| draft["title"].as_str()).collect::<Vec<_>>(),
        [Some(titles[3]), Some(titles[2])]
    );
    assert_eq!(listed(&hashwatch, &config_path, &["--all"])?.len(), 4);

    let (status, said, logged) = pivots(&hashwatch, &config_path, &["accept", "nosuch"])?;
    assert_eq!((status, said.as_str()), (Some(2), ""), "{logged}");
    let (status, said, _) = pivots(&hashwatch, &config_path, &["accept", ids[1]])?;
    assert!(status == Some(0) && said.contains("[[announcement]]"), "once more, if the first was lost: {said}");
    Ok(())
}

#[test]
fn prices_are_told_with_their_age_and_what_is_missing_is_said() -> Result<()> {
    let _turn = turn();
    let hashwatch = Hashwatch::new()?;
    let folder = tempfile::tempdir()?;
    fs::write(folder.path().join("btc.csv"), "time,PriceUSD,HashRate\n2025-01-01,94000.5,1\n2025-01-02,,\n")?;
    let config = folder.path().join("hashwatch.toml");
    let csv = folder.path().join("btc.csv").display().to_string();
    let market = |text: &str| -> Result<(Option<i32>, String)> {
        fs::write(&config, format!("[market]\n{text}"))?;
        let output = hashwatch.command("market", ["--json", "--config", &config.display().to_string()])?;
        Ok((output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned()))
    };
    let (status, said) = market(&format!("csv = {csv:?}\n"))?;
    let said: Value = serde_json::from_str(&said)?;
    assert_eq!((status, &said["values"][0]["value"]), (Some(0), &Value::from(94_000.5)));
    assert_eq!(said["values"][0]["at"], "2025-01-01T00:00:00Z");
    assert!(said["values"][0]["age_seconds"].as_u64().is_some_and(|age| age > 86_400));
    assert_eq!(said["missing"], serde_json::json!(["hashprice_usd_per_ph_day", "rental_btc_per_eh_day"]));
    let (status, said) = market("csv = \"/nowhere.csv\"\n")?;
    assert!(status == Some(1) && said.contains("/nowhere.csv"), "{said}");
    assert_eq!(market("btc_usd = { value = nan, at = \"2025-01-01\" }\n")?.0, Some(2));
    Ok(())
}
