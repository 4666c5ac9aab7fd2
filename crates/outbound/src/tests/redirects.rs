//! Redirects, and names that change what they lead to.

use std::sync::{Arc, atomic::Ordering};

use hashwatch_tests::{Page, Site};

use super::{LIMITS, NoNames, Turns, body, client, get, on_loopback};
use crate::{Client, OutboundError, Target, resolve::check};

/// Redirects what is asked for to the rest of its path.
fn redirecting() -> Site {
    Site::start(|asked| match asked.path.strip_prefix("/to/") {
        Some(to) => Page::redirect(302, to),
        None => Page::new(200, &[], "here"),
    })
    .unwrap()
}

#[tokio::test]
async fn three_redirects_are_followed_and_no_fourth() {
    let site = Site::start(|asked| match asked.path.strip_prefix("/left/").and_then(|left| left.parse::<u32>().ok()) {
        None | Some(0) => Page::new(200, &[], asked.path.as_str()),
        // relative, absolute path, whole: all the forms there are
        Some(left) if left % 2 == 0 => Page::redirect(301, &format!("{}", left - 1)),
        Some(left) => Page::redirect(307, &format!("/left/{}", left - 1)),
    })
    .unwrap();
    assert_eq!(body(get(&on_loopback(), &site.url("/left/3")).await.unwrap()), b"/left/0");
    let error = get(&on_loopback(), &site.url("/left/4")).await.unwrap_err();
    assert!(matches!(error, OutboundError::Redirects { limit: 3, .. }), "{error}");
    assert_eq!(site.asked().len(), 4 + 4);
}

#[tokio::test]
async fn no_redirect_leads_to_a_private_address() {
    let inner = Site::start(|_| Page::new(200, &[], "secret")).unwrap();
    let site = redirecting();
    // the one address that may be asked, not its neighbours
    let client = client(&["127.0.0.1"], LIMITS, Turns::new(&[&["127.0.0.2"]]));
    assert_eq!(body(get(&client, &site.url(&format!("/to/{}", inner.url("/")))).await.unwrap()), b"secret");
    for host in ["127.0.0.2", "2130706434", "0x7f.2", "[::1]", "[::ffff:127.0.0.2]", "inner.example", "169.254.169.254"]
    {
        let to = format!("/to/http://{host}:{}/", inner.port());
        let error = get(&client, &site.url(&to)).await.unwrap_err();
        assert!(matches!(error, OutboundError::Refused { .. }), "{host}: {error}");
        assert!(error.to_string().contains("allow-list"), "{error}");
    }
    assert_eq!(inner.asked().len(), 1);
}

#[tokio::test]
async fn a_redirect_elsewhere_than_to_http_is_an_error() {
    let site = redirecting();
    for to in [
        "file:///etc/passwd",
        "ftp://example.org/",
        "gopher://127.0.0.1/",
        "http://u:p@127.0.0.1/",
        "data:text/plain,x",
    ] {
        let error = get(&on_loopback(), &site.url(&format!("/to/{to}"))).await.unwrap_err();
        assert!(matches!(error, OutboundError::Redirect { .. }), "{to}: {error}");
    }
    let error = get(&on_loopback(), &site.url("/to/")).await.unwrap_err();
    assert!(matches!(error, OutboundError::Redirects { .. }), "to itself: {error}");
    let nowhere = Site::start(|_| Page::new(302, &[], "")).unwrap();
    let error = get(&on_loopback(), &nowhere.url("/")).await.unwrap_err();
    assert!(error.to_string().contains("nowhere"), "{error}");
}

#[test]
fn https_never_leads_to_http() {
    let from = Target::parse("https://example.org/a").unwrap();
    for to in ["http://example.org/a", "http:b", "HTTP://other.example"] {
        assert!(matches!(from.redirected(to), Err(OutboundError::Redirect { .. })), "{to}");
    }
    assert_eq!(from.redirected("b?c#d").unwrap(), Target::parse("https://example.org/b?c").unwrap());
    assert!(from.redirected("//other.example/").unwrap().is_encrypted());
    assert!(Target::parse("http://example.org/").unwrap().redirected("https://example.org/").is_ok());
}

/// Public when it is looked at, private a moment later: it is looked at once, and what was seen is what is connected to.
#[tokio::test]
async fn a_name_that_changes_its_mind_gains_nothing() {
    let turns = Turns::new(&[&["192.31.196.1"], &["127.0.0.1"]]);
    let target = Target::parse("http://rebinding.example/").unwrap();
    let checked = check(&target, &crate::AllowList::default(), &*turns).await.unwrap();
    assert_eq!(checked.addresses(), ["192.31.196.1:80".parse().unwrap()]);

    // in whole: the redirect to itself asks again, and is refused then
    let turns = Turns::new(&[&["127.0.0.1"], &["127.0.0.2"]]);
    let site = Site::start(|_| Page::redirect(302, "/again")).unwrap();
    let client: Client = client(&["127.0.0.1"], LIMITS, turns.clone());
    let error = get(&client, &format!("http://rebinding.example:{}/", site.port())).await.unwrap_err();
    assert!(matches!(error, OutboundError::Refused { .. }), "{error}");
    assert_eq!((turns.asked.load(Ordering::Relaxed), site.asked().len()), (2, 1));
}

#[tokio::test]
async fn one_private_address_among_public_ones_refuses_the_name() {
    for answer in [["192.31.196.1", "10.0.0.1"], ["fd00::1", "2606:4700::1111"]] {
        let error = get(&client(&[], LIMITS, Turns::new(&[&answer])), "http://mixed.example/").await.unwrap_err();
        assert!(matches!(error, OutboundError::Refused { .. }), "{error}");
    }
    let error = get(&client(&[], LIMITS, Turns::new(&[&[]])), "http://empty.example/").await.unwrap_err();
    assert!(matches!(error, OutboundError::Resolve { .. }), "{error}");
}

#[tokio::test]
async fn literals_are_refused_without_a_resolver() {
    for url in ["http://127.0.0.1/", "http://127.1/", "https://[::1]/", "http://169.254.169.254/latest/meta-data/"] {
        let error = get(&client(&[], LIMITS, Arc::new(NoNames)), url).await.unwrap_err();
        assert!(matches!(error, OutboundError::Refused { .. }), "{url}: {error}");
    }
    // and the machine's own resolver says what localhost is
    let own = Client::new(crate::AllowList::default(), LIMITS, None).unwrap();
    let error = get(&own, "http://localhost/").await.unwrap_err();
    assert!(matches!(error, OutboundError::Refused { what: "loopback", .. }), "{error}");
}

#[tokio::test]
async fn an_allowed_name_may_lead_anywhere() {
    let site = Site::start(|asked| Page::new(200, &[], asked.header("host").unwrap_or_default())).unwrap();
    let url = format!("http://Inner.Example:{}/", site.port());
    let allowed = client(&["inner.example"], LIMITS, Turns::new(&[&["127.0.0.1"]]));
    let host = format!("inner.example:{}", site.port());
    assert_eq!(body(get(&allowed, &url).await.unwrap()), host.as_bytes());
    let error = get(&client(&["other.example"], LIMITS, Turns::new(&[&["127.0.0.1"]])), &url).await.unwrap_err();
    assert!(matches!(error, OutboundError::Refused { .. }), "{error}");
}
