//! How a question is asked and what is said of it: headers, conditions, statuses, messages.

use std::time::{Duration, SystemTime};

use hashwatch_tests::{Page, Site};

use super::{body, get, gzip, on_loopback};
use crate::{AllowList, Client, Fetched, Limits, OutboundError, Target, Validators};

#[tokio::test]
async fn what_has_not_changed_is_not_sent_again() {
    let site = Site::start(|asked| match asked.header("if-none-match") {
        Some("\"v1\"") => Page::new(304, &[], ""),
        _ => Page::new(200, &[("ETag", "\"v1\""), ("Last-Modified", "Wed, 21 Oct 2026 07:28:00 GMT")], "one"),
    })
    .unwrap();
    let (client, target) = (on_loopback(), Target::parse(&site.url("/feed")).unwrap());
    let Ok(Fetched::Answer(first)) = client.get(&target, &Validators::default()).await else { panic!("an answer") };
    assert_eq!(first.body, "one");
    assert_eq!(first.validators.etag.as_deref(), Some("\"v1\""));
    assert_eq!(client.get(&target, &first.validators).await.unwrap(), Fetched::NotModified);
    let asked = site.asked();
    assert_eq!(asked[0].header("if-none-match"), None);
    assert_eq!(asked[1].header("if-modified-since"), Some("Wed, 21 Oct 2026 07:28:00 GMT"));
    // what cannot stand in a header is not sent
    let damaged = Validators { etag: Some("\"v1\"\r\nX: y".to_owned()), last_modified: None };
    assert!(matches!(client.get(&target, &damaged).await, Ok(Fetched::Answer(_))));
    // nor is a 304 believed that nobody asked for
    let unasked = Site::start(|_| Page::new(304, &[], "")).unwrap();
    let error = get(&client, &unasked.url("/")).await.unwrap_err();
    assert!(matches!(error, OutboundError::Status { status: 304, .. }), "{error}");
}

#[tokio::test]
async fn it_says_who_asks_and_keeps_no_cookie() {
    let site =
        Site::start(|_| Page::new(200, &[("Set-Cookie", "id=1"), ("Content-Encoding", "gzip")], gzip(b"x"))).unwrap();
    let client = on_loopback();
    for _ in 0..2 {
        let Ok(Fetched::Answer(answer)) =
            client.get(&Target::parse(&site.url("/a?b=c#d")).unwrap(), &Validators::default()).await
        else {
            panic!("an answer")
        };
        assert_eq!(answer.body, "x");
    }
    for asked in site.asked() {
        let agent = format!("hashwatch/{} (+mailto:op@example.org)", env!("CARGO_PKG_VERSION"));
        assert_eq!((asked.path.as_str(), asked.header("user-agent")), ("/a?b=c", Some(agent.as_str())));
        assert_eq!((asked.header("cookie"), asked.header("authorization")), (None, None));
        assert_eq!(asked.header("accept-encoding"), Some("gzip"));
    }
    let contact = "a\r\nX-Forged: yes";
    assert!(matches!(Client::new(AllowList::default(), Limits::default(), Some(contact)), Err(OutboundError::Agent)));
}

#[tokio::test]
async fn a_refusal_says_for_how_long() {
    let date = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(7_200));
    let site = Site::start(move |asked| match asked.path.as_str() {
        "/seconds" => Page::new(429, &[("Retry-After", "120")], "slow down"),
        "/date" => Page::new(503, &[("Retry-After", &date)], ""),
        "/past" => Page::new(503, &[("Retry-After", "Wed, 21 Oct 2015 07:28:00 GMT")], ""),
        "/rubbish" => Page::new(503, &[("Retry-After", "-5")], ""),
        _ => Page::new(404, &[], "nothing"),
    })
    .unwrap();
    for (path, expected, least, most) in [
        ("/seconds", 429, 120, 120),
        ("/date", 503, 7_100, 7_200),
        ("/past", 503, 0, 0),
        ("/rubbish", 503, 0, 0),
        ("/x", 404, 0, 0),
    ] {
        let error = get(&on_loopback(), &site.url(path)).await.unwrap_err();
        let OutboundError::Status { status, retry_after, .. } = error else { panic!("{path}: {error}") };
        let seconds = retry_after.map_or(0, |after| after.as_secs());
        assert!(status == expected && (least..=most).contains(&seconds), "{path}: {status} {seconds}");
    }
    // only the whole answer counts
    let part = Site::start(|_| Page::new(206, &[], "part")).unwrap();
    assert!(matches!(get(&on_loopback(), &part.url("/")).await, Err(OutboundError::Status { status: 206, .. })));
}

#[test]
fn addresses_that_cannot_be_asked() {
    for url in [
        "",
        "example.org",
        "ftp://example.org/",
        "file:///etc/passwd",
        "http://",
        "http://u@example.org/",
        "http://:p@example.org/",
        "http://example.org:0/",
        "http://[::1/",
        "http://exa mple.org/",
        "javascript:alert(1)",
    ] {
        let error = Target::parse(url).unwrap_err();
        assert!(matches!(error, OutboundError::Url(_)), "{url}: {error}");
    }
    assert!(Target::parse(&format!("http://example.org/{}", "x".repeat(5_000))).is_err());
    // it would stand whole in each message
    assert!(Target::parse(&format!("http://{}/", "x.".repeat(127))).is_ok());
    assert!(Target::parse(&format!("http://{}x/", "x.".repeat(127))).is_err());
}

/// Keys stand in queries; what a message shows is short and holds none.
#[tokio::test]
async fn messages_hold_no_keys() {
    let target = Target::parse("https://example.org:8443/a\u{1b}[31m/b?token=hunter2#hunter2").unwrap();
    assert_eq!(target.to_string(), "https://example.org:8443/a%1B[31m/b…");
    assert_eq!(format!("{target:?}"), "Target(https://example.org:8443/a%1B[31m/b…)");
    let long = Target::parse(&format!("http://example.org/{}", "x".repeat(4_000))).unwrap();
    assert!(long.to_string().len() < 200);
    let error = Target::parse("http://hunter2:hunter2@example.org/?hunter2").unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hunter2"));
    let site = Site::start(|_| Page::new(500, &[], "hunter2")).unwrap();
    for url in [site.url("/?hunter2"), "http://10.0.0.1/?hunter2".to_owned(), "http://127.0.0.1:1/?hunter2".to_owned()]
    {
        let error = get(&on_loopback(), &url).await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    }
    assert_eq!(
        body(get(&on_loopback(), &Site::start(|_| Page::new(200, &[], "x")).unwrap().url("/")).await.unwrap()),
        b"x"
    );
}
