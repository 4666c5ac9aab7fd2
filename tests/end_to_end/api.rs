//! The API asked wrongly: refused by name, with the right status, and in JSON; and what holds for every answer.

use std::time::Duration;

use anyhow::{Context, Result};
use hashwatch_tests::{Bitcoind, Hashwatch, Miner};
use serde_json::{Value, json};

use crate::turn::turn;

fn served(blocks: u32) -> Result<(Bitcoind, Hashwatch)> {
    let node = Bitcoind::start()?;
    let tip = Miner::new(&node)?.mine_blocks(blocks)?[blocks as usize - 1].hash;
    let mut hashwatch = Hashwatch::following(&node)?;
    hashwatch.run()?;
    hashwatch.wait_for_tip(&tip, Duration::from_secs(30))?;
    Ok((node, hashwatch))
}

/// An error as the API has them: status, code and a message that names `what`.
fn is_error(hashwatch: &Hashwatch, path: &str, status: u16, code: &str, what: &str) -> Result<()> {
    let answer = hashwatch.get(path)?;
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (status, "application/json"),
        "{path}: {}",
        answer.text()
    );
    let body = answer.json()?;
    assert_eq!(body["error"]["code"], code, "{path}: {body}");
    assert!(body["error"]["message"].as_str().context("a message")?.contains(what), "{path}: {body}");
    assert_eq!(body.as_object().map(serde_json::Map::len), Some(1), "{body}");
    Ok(())
}

#[test]
fn wrong_parameters_are_refused_by_name() -> Result<()> {
    let _turn = turn();
    let (_node, mut hashwatch) = served(12)?;
    let bad = [
        (
            "window",
            "/api/v1/shares",
            &["0", "-1", "0d", "1w2", "", "1e3", "40000d", "99999999999", "%00", "1W", "all%20"][..],
        ),
        ("by", "/api/v1/shares", &["", "miners", "Pool", "pool,pool"]),
        ("format", "/api/v1/shares", &["", "xml", "CSV"]),
        ("window", "/api/v1/pools", &["0", "tomorrow"]),
        ("as_of", "/api/v1/pools/antpool", &["-1", "x", ""]),
        ("window", "/api/v1/unknown", &["0", "1w2"]),
        ("registry", "/api/v1/registry", &["", "x", "../../etc"]),
        ("as_of", "/api/v1/shares", &["-1", "x", "", "4294967296", "00", "0x10", "ffff"]),
        ("from", "/api/v1/blocks", &["-1", "1.0", "+1", "", "4294967296", "%201"]),
        ("to", "/api/v1/blocks", &["-1", "tip", "4294967296"]),
        ("limit", "/api/v1/blocks", &["0", "201", "-5", "ten", "", "1e2"]),
        ("pool", "/api/v1/blocks", &["nobody", "", "F2Pool", "f2pool'--", "%3Cscript%3E", "../etc"]),
        ("limit", "/api/v1/forks", &["0", "201", "-5", ""]),
        ("window", "/api/v1/forks", &["0", "tomorrow"]),
        ("window", "/charts/shares.json", &["0", "tomorrow"]),
        ("width", "/charts/shares.svg", &["0", "279", "2001", "wide"]),
        ("theme", "/charts/shares.svg", &["blue"]),
    ];
    for (name, path, values) in bad {
        for value in values {
            // heights with leading zeros are heights
            if (name, *value) != ("as_of", "00") {
                is_error(&hashwatch, &format!("{path}?{name}={value}"), 400, "bad_value", &format!("\"{name}\""))?;
            }
        }
        let good = match name {
            "by" => "pool",
            "format" => "json",
            "registry" => "0123456789abcdef",
            _ => "10",
        };
        is_error(
            &hashwatch,
            &format!("{path}?{name}={good}&{name}={good}"),
            400,
            "repeated_parameter",
            &format!("\"{name}\""),
        )?;
    }
    is_error(&hashwatch, "/api/v1/blocks?from=9&to=8", 400, "bad_value", "\"from\"")?;
    for path in [
        "/api/v1/status",
        "/api/v1/shares",
        "/api/v1/pools",
        "/api/v1/pools/antpool",
        "/api/v1/unknown",
        "/api/v1/registry",
        "/api/v1/blocks",
        "/api/v1/blocks/3",
        "/api/v1/nodes",
        "/api/v1/forks",
        "/charts/shares.csv",
        "/charts/history.svg",
    ] {
        is_error(&hashwatch, &format!("{path}?wat=1"), 400, "unknown_parameter", "\"wat\"")?;
        is_error(&hashwatch, &format!("{path}?WINDOW=1w"), 400, "unknown_parameter", "\"WINDOW\"")?;
    }
    let html = hashwatch.get_with("/?window=%3Cscript%3E", &[("Accept", "text/html")])?;
    assert_eq!((html.status, html.header("content-type")), (400, "text/html; charset=utf-8"));
    assert!(!html.text().contains("<script>"), "{}", html.text());
    // and what is asked rightly is answered
    for path in [
        "/api/v1/shares?window=1w&by=pool&as_of=5",
        "/api/v1/blocks?from=3&to=5&limit=1&pool=unknown",
        "/api/v1/blocks?from=4294967295",
        "/api/v1/shares?by=miner&window=all",
        "/api/v1/pools?window=5&as_of=3&format=csv",
        "/api/v1/unknown?window=all",
        "/api/v1/nodes",
        "/api/v1/forks?window=5&limit=1",
    ] {
        assert_eq!(hashwatch.get(path)?.status, 200, "{path}");
    }
    hashwatch.terminate()
}

#[test]
fn what_is_not_there_is_said_so() -> Result<()> {
    let _turn = turn();
    let (_node, mut hashwatch) = served(12)?;
    let nobody = "ab".repeat(32);
    for path in [
        "/api/v1/blocks/13",
        "/api/v1/blocks/999999999",
        &format!("/api/v1/blocks/{nobody}"),
        "/api/v1/shares?as_of=13",
        &format!("/api/v1/shares?as_of={nobody}"),
        "/api/v1",
        "/api/v1/",
        "/api/v1/nothing",
        "/api/v2/status",
        "/nothing",
        "/charts/pies.svg",
        "/charts/shares.exe",
        "/charts/shares",
        "/%00",
        "/api/v1/status/",
    ] {
        is_error(&hashwatch, path, 404, "not_found", "")?;
    }
    for path in [
        "/api/v1/blocks/-1",
        "/api/v1/blocks/zz",
        "/api/v1/blocks/4294967296",
        &format!("/api/v1/blocks/{}", "zz".repeat(32)),
    ] {
        is_error(&hashwatch, path, 400, "bad_value", "block")?;
    }
    for path in ["/static/app.css.map", "/static/..%2f..%2fCargo.toml", "/static/"] {
        assert_eq!(hashwatch.get(path)?.status, 404, "{path}");
    }
    let page = hashwatch.get_with("/nothing", &[("Accept", "text/html")])?;
    assert_eq!((page.status, page.header("content-type")), (404, "text/html; charset=utf-8"));

    let url = hashwatch.url();
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).proxy(None).build().into();
    for path in ["/api/v1/status", "/api/v1/shares", "/api/v1/blocks", "/"] {
        for mut answer in
            [agent.post(format!("{url}{path}")).send("x=1")?, agent.delete(format!("{url}{path}")).call()?]
        {
            let body: Value = serde_json::from_str(&answer.body_mut().read_to_string()?)?;
            assert_eq!(
                (answer.status().as_u16(), &body["error"]["code"]),
                (405, &json!("method_not_allowed")),
                "{path}"
            );
        }
        assert_eq!(agent.head(format!("{url}{path}")).call()?.status().as_u16(), 200);
    }
    hashwatch.terminate()
}

#[test]
fn every_answer_can_be_validated_and_does_nothing_else() -> Result<()> {
    let _turn = turn();
    let (node, mut hashwatch) = served(12)?;
    let paths = [
        "/",
        "/?window=all",
        "/api/v1/status",
        "/api/v1/shares?window=10",
        "/api/v1/blocks?to=9",
        "/api/v1/blocks/3",
        "/charts/shares.json",
        "/charts/history.csv",
        "/charts/shares.svg",
    ];
    for path in paths {
        let first = hashwatch.get(path)?;
        assert_eq!(first.status, 200, "{path}: {}", first.text());
        let etag = first.header("etag").to_owned();
        assert!(etag.len() > 10 && etag.starts_with('"'), "{path}: {etag}");
        for known in [etag.clone(), format!("W/{etag}"), format!("\"other\", {etag}"), "*".to_owned()] {
            let again = hashwatch.get_with(path, &[("If-None-Match", &known)])?;
            assert_eq!((again.status, again.body.len()), (304, 0), "{path} with {known}");
            assert_eq!(again.header("etag"), etag);
            // a browser would put it in the place of the page's own
            assert!(["", first.header("content-security-policy")].contains(&again.header("content-security-policy")));
        }
        let other = hashwatch.get_with(path, &[("If-None-Match", "\"other\"")])?;
        assert_eq!((other.status, other.body), (200, first.body.clone()), "{path}");
        assert_eq!(first.header("x-content-type-options"), "nosniff");
        let policy = first.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'") && !policy.contains("http") && !policy.contains('*'),
            "{path}: {policy}"
        );
        assert!(
            !policy.contains("unsafe-eval") && (!policy.contains("unsafe-inline") || path.ends_with("svg")),
            "{policy}"
        );
    }
    // errors carry the same headers, and no validator
    let missing = hashwatch.get("/api/v1/nothing")?;
    assert!(
        missing.header("content-security-policy").starts_with("default-src 'none'")
            && missing.header("etag").is_empty()
    );
    // a new block makes a new answer; one as of an older block stays as it was
    let (newest, old) = (hashwatch.get("/api/v1/shares")?, hashwatch.get("/api/v1/shares?as_of=12")?);
    let tip = Miner::new(&node)?.mine_blocks(1)?[0].hash;
    hashwatch.wait_for_tip(&tip, Duration::from_secs(30))?;
    assert_ne!(hashwatch.get("/api/v1/shares")?.header("etag"), newest.header("etag"));
    assert_eq!(hashwatch.get("/api/v1/shares?as_of=12")?.body, old.body);
    no_script_or_style_within(&hashwatch.get("/")?.text());
    hashwatch.terminate()
}

/// Nothing inline, and nothing from another host.
fn no_script_or_style_within(html: &str) {
    for (place, _) in html.match_indices("<script") {
        let tag = &html[place..place + html[place..].find('>').unwrap_or(0)];
        assert!(tag.contains(" src=\"/static/"), "{tag}");
    }
    assert!(!html.contains("<style") && !html.contains(" style="));
    for handler in [" onclick", " onload", " onerror", " onmouse"] {
        assert!(!html.contains(handler), "{handler}");
    }
    for attribute in ["src=\"", "srcset=\"", "href=\""] {
        for value in html.split(attribute).skip(1) {
            let link = attribute == "href=\"";
            assert!(
                value.starts_with(['/', '#', '"'])
                    || value.starts_with("data:")
                    || link && value.starts_with("https://"),
                "{attribute}{}",
                &value[..40]
            );
        }
    }
}
