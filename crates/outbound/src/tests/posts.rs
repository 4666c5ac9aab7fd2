//! What is sent: guarded as what is asked for, and never handed on.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use hashwatch_tests::{Page, Site};

use super::{LIMITS, NoNames, Turns, client, on_loopback};
use crate::{AllowList, Client, Limits, OutboundError, Posted, Target};

async fn post(client: &Client, url: &str) -> Result<Posted, OutboundError> {
    client.post(&Target::parse(url)?, &[("Idempotency-Key", "a-1")], "{\"seq\":1}").await
}

#[tokio::test]
async fn a_body_arrives_with_its_headers_and_any_status_is_an_answer() {
    let site = Site::start(|asked| {
        let status = asked.path[1..].split('?').next().unwrap().parse().unwrap();
        Page::new(status, &[("Retry-After", "7")], "whatever it says")
    })
    .unwrap();
    let after = Some(Duration::from_secs(7));
    for (status, taken) in
        [(200, true), (204, true), (299, true), (304, false), (404, false), (429, false), (503, false)]
    {
        let posted = post(&on_loopback(), &site.url(&format!("/{status}?key=k"))).await.unwrap();
        assert_eq!((posted, posted.is_taken()), (Posted { status, retry_after: after }, taken));
    }
    let asked = site.asked().remove(0);
    assert_eq!((asked.path.as_str(), asked.body.as_slice()), ("/200?key=k", b"{\"seq\":1}".as_slice()));
    assert_eq!(asked.header("idempotency-key"), Some("a-1"));
    assert_eq!(asked.header("content-length"), Some("9"));
    assert!(asked.header("user-agent").unwrap().starts_with("hashwatch/"));
    let target = Target::parse(&site.url("/200")).unwrap();
    for header in [("X-Bad\r\nX", "1"), ("X-Bad", "1\r\nX-More: 2"), ("X-Bad", "1\n2")] {
        assert!(matches!(on_loopback().post(&target, &[header], "").await, Err(OutboundError::Url(_))), "{header:?}");
    }
}

#[tokio::test]
async fn no_redirect_is_followed() {
    let inner = Site::start(|_| Page::new(200, &[], "")).unwrap();
    let to = inner.url("/inner");
    let site = Site::start(move |asked| Page::redirect(asked.path[1..].parse().unwrap(), &to)).unwrap();
    for status in [301, 302, 303, 307, 308] {
        let posted = post(&on_loopback(), &site.url(&format!("/{status}"))).await.unwrap();
        assert_eq!((posted.status, posted.is_taken()), (status, false));
    }
    assert!(inner.asked().is_empty());
}

/// By their address in any spelling, and by a name that leads there.
#[tokio::test]
async fn no_private_address_is_sent_anything() {
    let site = Site::start(|_| Page::new(200, &[], "")).unwrap();
    let strict = client(&[], LIMITS, Arc::new(NoNames));
    for host in [
        "127.0.0.1",
        "2130706433",
        "0x7f.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.0.1",
        "169.254.169.254",
        "100.100.100.200",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "[fc00::1]",
        "224.0.0.1",
        "[ff02::1]",
        "0.0.0.0",
        "255.255.255.255",
        "[64:ff9b::127.0.0.1]",
    ] {
        let error = post(&strict, &format!("http://{host}:{}/", site.port())).await.unwrap_err();
        assert!(matches!(error, OutboundError::Refused { .. }), "{host}: {error}");
    }
    for address in
        ["127.0.0.1", "10.0.0.1", "192.168.1.1", "169.254.169.254", "fe80::1", "ff02::1", "::1", "fd00:ec2::254"]
    {
        // one that is no public host's among public ones refuses them all
        let named = client(&[], LIMITS, Turns::new(&[&["192.31.196.1", address]]));
        let error = post(&named, &format!("http://hooks.example:{}/", site.port())).await.unwrap_err();
        assert!(matches!(error, OutboundError::Refused { .. }), "{address}: {error}");
    }
    assert!(site.asked().is_empty());
}

/// A name that answers with an allowed address first and with another from then on.
#[tokio::test]
async fn a_name_is_resolved_once() {
    let site = Site::start(|_| Page::new(200, &[], "")).unwrap();
    let turns = Turns::new(&[&["127.0.0.1"], &["127.0.0.2"]]);
    let rebound = client(&["127.0.0.1"], LIMITS, turns.clone());
    let url = format!("http://hooks.example:{}/", site.port());
    assert_eq!(post(&rebound, &url).await.unwrap().status, 200);
    assert_eq!(turns.asked.load(Ordering::Relaxed), 1, "what was checked is what is connected to");
    let error = post(&rebound, &url).await.unwrap_err();
    assert!(matches!(error, OutboundError::Refused { .. }), "looked at anew the next time: {error}");
    assert_eq!(site.asked().len(), 1);
}

#[tokio::test]
async fn slow_and_endless_answers_are_cut_off() {
    let limits = Limits { whole: Duration::from_millis(600), body_bytes: 1_000, ..LIMITS };
    let error = async |page: Page| {
        let site = Site::start(move |_| page.clone()).unwrap();
        post(&client(&["127.0.0.1"], limits, Arc::new(NoNames)), &site.url("/?key=hunter2")).await.unwrap_err()
    };
    let began = Instant::now();
    for slow in [
        Page::new(200, &[], "x".repeat(500)).slowly(Duration::from_millis(50)),
        Page::Trickle(b"HTTP".to_vec(), Duration::from_secs(20)),
    ] {
        let error = error(slow).await;
        assert!(matches!(error, OutboundError::Timeout { .. }) && !error.to_string().contains("hunter2"), "{error}");
    }
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    let head = "HTTP/1.1 200 OK\r\nConnection: close\r\n";
    let endless = Page::Endless(format!("{head}\r\n").into(), vec![b'x'; 4_096]);
    assert!(matches!(error(endless).await, OutboundError::TooLarge { limit: 1_000, .. }));
    let announced = Page::Whole(format!("{head}Content-Length: 1001\r\n\r\n{}", "x".repeat(1_001)).into());
    assert!(matches!(error(announced).await, OutboundError::TooLarge { .. }));
    let headers = Page::Endless(head.into(), b"X-More: and more\r\n".to_vec());
    assert!(matches!(error(headers).await, OutboundError::Broken { .. }));
}

#[test]
fn an_allow_list_names_hosts_by_their_text() {
    let list = AllowList::parse(&["inside.example", "10.0.0.0/8"]).unwrap();
    for (url, is) in [
        ("http://inside.example/x", true),
        ("http://INSIDE.example.:8080/", true),
        ("http://10.1.2.3/", true),
        ("http://[::ffff:10.1.2.3]/", true),
        ("http://example.org/", false),
        ("http://11.1.2.3/", false),
        ("http://x.inside.example/", false),
    ] {
        assert_eq!(list.names(&Target::parse(url).unwrap()), is, "{url}");
    }
}
