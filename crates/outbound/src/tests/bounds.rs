//! Servers that send too much, too slowly, or rubbish.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::{Duration, Instant},
};

use bytes::Bytes;
use hashwatch_tests::{Page, Site};
use hyper::{
    body::{Body, Frame},
    header::HeaderMap,
};

use super::{LIMITS, NoNames, body, client, get, gzip, on_loopback};
use crate::{Limits, OutboundError, body::read};

const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n";

async fn error_of(limits: Limits, page: Page) -> OutboundError {
    let site = Site::start(move |_| page.clone()).unwrap();
    get(&client(&["127.0.0.1"], limits, std::sync::Arc::new(NoNames)), &site.url("/feed?key=secret")).await.unwrap_err()
}

#[tokio::test]
async fn as_many_bytes_as_may_be_and_not_one_more() {
    for coding in ["identity", "gzip"] {
        let site = Site::start(move |asked| {
            let bytes = vec![b'x'; asked.path[1..].parse().unwrap()];
            let sent = if coding == "gzip" { gzip(&bytes) } else { bytes };
            Page::new(200, &[("Content-Encoding", coding)], sent)
        })
        .unwrap();
        assert_eq!(body(get(&on_loopback(), &site.url("/100000")).await.unwrap()).len(), 100_000);
        let error = get(&on_loopback(), &site.url("/100001")).await.unwrap_err();
        assert!(matches!(error, OutboundError::TooLarge { limit: 100_000, .. }), "{coding}: {error}");
    }
}

#[tokio::test]
async fn what_never_ends_is_cut_off() {
    let chunk = b"1000\r\n".iter().copied().chain([b'x'; 0x1000]).chain(*b"\r\n").collect();
    let chunked = Page::Endless(format!("{HEAD}Transfer-Encoding: chunked\r\n\r\n").into(), chunk);
    assert!(matches!(error_of(LIMITS, chunked).await, OutboundError::TooLarge { .. }));
    let unmeasured = Page::Endless(format!("{HEAD}Connection: close\r\n\r\n").into(), vec![b'x'; 4_096]);
    assert!(matches!(error_of(LIMITS, unmeasured).await, OutboundError::TooLarge { .. }));
    let announced = Page::Whole(format!("{HEAD}Content-Length: 99999999999\r\n\r\n").into());
    assert!(matches!(error_of(LIMITS, announced).await, OutboundError::TooLarge { .. }));
    let headers = Page::Endless(HEAD.into(), b"X-More: and more\r\n".to_vec());
    assert!(matches!(error_of(LIMITS, headers).await, OutboundError::Broken { .. }));
    let header = Page::Endless(format!("{HEAD}X-Long: ").into(), vec![b'x'; 4_096]);
    assert!(matches!(error_of(LIMITS, header).await, OutboundError::Broken { .. }));
}

/// A hundred megabytes in a hundred kilobytes, and the same packed once more.
#[tokio::test]
async fn a_bomb_does_not_go_off() {
    let bomb = gzip(&vec![0; 90 << 20]);
    assert!(bomb.len() < LIMITS.body_bytes, "{}", bomb.len());
    let page = Page::new(200, &[("Content-Encoding", "gzip")], &bomb);
    assert!(matches!(error_of(LIMITS, page).await, OutboundError::TooLarge { .. }));
    let twice = Page::new(200, &[("Content-Encoding", "gzip"), ("Content-Encoding", "gzip")], gzip(&bomb));
    assert!(matches!(error_of(LIMITS, twice).await, OutboundError::Coding { .. }));
    // a member after another counts too
    let members = Page::new(200, &[("Content-Encoding", "gzip")], gzip(&[b'x'; 60_000]).repeat(2));
    assert!(matches!(error_of(LIMITS, members).await, OutboundError::TooLarge { .. }));
}

#[tokio::test]
async fn rubbish_is_told() {
    for (coding, bytes) in [("gzip", b"no gzip".to_vec()), ("br", b"x".to_vec()), ("gzip, gzip", gzip(b"x"))] {
        let page = Page::new(200, &[("Content-Encoding", coding)], bytes);
        assert!(matches!(error_of(LIMITS, page).await, OutboundError::Coding { .. }), "{coding}");
    }
    let mut cut = gzip(&b"a feed that breaks off".repeat(100));
    cut.truncate(30);
    let page = Page::new(200, &[("Content-Encoding", "gzip")], cut);
    assert!(matches!(error_of(LIMITS, page).await, OutboundError::Coding { .. }));
    for bytes in [&b""[..], b"\0\0\0\0", b"220 mail.example.org ESMTP\r\n", b"HTTP/1.1 999999 \r\n\r\n"] {
        let error = error_of(LIMITS, Page::Whole(bytes.to_vec())).await;
        assert!(matches!(error, OutboundError::Broken { .. }), "{error}");
    }
    let short = Page::Whole(format!("{HEAD}Content-Length: 100\r\n\r\nshort").into());
    assert!(matches!(error_of(LIMITS, short).await, OutboundError::Broken { .. }));
}

#[tokio::test]
async fn a_trickle_ends_in_time() {
    let limits = Limits { whole: Duration::from_millis(600), ..LIMITS };
    let every = Duration::from_millis(50);
    let body = Page::new(200, &[], "x".repeat(10_000)).slowly(every);
    let head = Page::Trickle(format!("{HEAD}X: {}", "x".repeat(10_000)).into(), every);
    let silent = Page::Trickle(b"HTTP".to_vec(), Duration::from_secs(20));
    let round = Page::redirect(302, "/").slowly(Duration::from_millis(5));
    for page in [body, head, silent, round] {
        let began = Instant::now();
        let error = error_of(limits, page).await;
        assert!(matches!(error, OutboundError::Timeout { .. }), "{error}");
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    }
}

/// Listens and never answers TLS; swallows nothing but time.
#[tokio::test]
async fn to_connect_is_bounded_too() {
    let silent = Site::start(|_| Page::Trickle(vec![0; 2], Duration::from_secs(20))).unwrap();
    let limits = Limits { connect: Duration::from_millis(300), ..LIMITS };
    let client = client(&["127.0.0.1"], limits, std::sync::Arc::new(NoNames));
    let url = silent.url("/").replace("http:", "https:");
    let error = get(&client, &url).await.unwrap_err();
    assert!(matches!(error, OutboundError::Connect { .. }), "{error}");
    assert_eq!(error.to_string(), get(&client, &url).await.unwrap_err().to_string(), "the same in the same words");
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = get(&client, &format!("http://127.0.0.1:{port}/")).await.unwrap_err();
    assert!(matches!(error, OutboundError::Connect { .. }), "{error}");
}

/// What a piece came in, for as long as anybody holds on to it.
struct Held(Arc<AtomicUsize>);

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        b"x"
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// So many pieces of one byte, and how many of them there are at a time.
struct Pieces {
    left: usize,
    held: Arc<AtomicUsize>,
    most: usize,
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.most = self.most.max(self.held.load(Ordering::Relaxed));
        let Some(left) = self.left.checked_sub(1) else { return Poll::Ready(None) };
        self.left = left;
        self.held.fetch_add(1, Ordering::Relaxed);
        let piece = Bytes::from_owner(Held(self.held.clone()));
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }
}

/// A body sent byte by byte takes no more room than another: no piece is kept until the last has come.
#[tokio::test]
async fn crumbs_are_not_kept() {
    let mut pieces = Pieces { left: 1_000, held: Arc::default(), most: 0 };
    let whole = read(&HeaderMap::new(), &mut pieces, 1_000, "x").await.unwrap();
    assert_eq!((&whole[..], pieces.most), (&[b'x'; 1_000][..], 0));
    let mut more = Pieces { left: 1_001, held: Arc::default(), most: 0 };
    assert!(matches!(read(&HeaderMap::new(), &mut more, 1_000, "x").await, Err(OutboundError::TooLarge { .. })));
}
