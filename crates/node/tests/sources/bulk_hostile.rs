//! REST from those who mean harm: what comes instead of headers is named, in bounded time and memory.

use std::time::Duration;

use hashwatch_node::{HEADERS_AT_ONCE, NodeError, Route};

use crate::{
    bulk::{by_rpc, headers_of, is_rest},
    fake_node::{FakeNode, Reply},
    made::{chain, genesis, id},
};

const MOST: usize = HEADERS_AT_ONCE * 80;

fn answer(head: &str, body: &[u8]) -> Reply {
    Reply::Bytes([format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n").as_bytes(), body].concat())
}

/// What is made of an answer by a client that may ask REST alone.
async fn error_of(reply: impl Fn() -> Reply + Send + Sync + 'static) -> NodeError {
    let node = FakeNode::start(move |asked| match is_rest(asked) {
        true => reply(),
        false => panic!("only REST is to be asked"),
    });
    let client = node.client_by(Route::Rest);
    let answered = tokio::time::timeout(Duration::from_secs(5), client.headers_from(id(0, &genesis()))).await;
    let error = answered.expect("an end soon after its second").unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with("GET /rest/headers/0f9188f1") && text.chars().count() < 600, "{text}");
    assert!(!text.chars().any(char::is_control), "{text}");
    error
}

#[tokio::test]
async fn lengths_that_no_headers_have() {
    for bytes in [1, 79, 81, MOST - 1] {
        let error = error_of(move || Reply::Http(200, vec![0; bytes])).await;
        let NodeError::Malformed { reason, .. } = &error else { panic!("{bytes}: {error:?}") };
        assert_eq!(*reason, format!("{bytes} bytes are no whole number of headers"));
    }
    for bytes in [MOST + 1, MOST + 80] {
        let error = error_of(move || Reply::Http(200, vec![0; bytes])).await;
        assert!(matches!(error, NodeError::TooLarge { limit: MOST, .. }), "{bytes}: {error:?}");
    }
}

#[tokio::test]
async fn as_much_as_was_asked_for_is_taken_whatever_it_is() {
    let bytes: Vec<u8> = (0..=255).cycle().take(MOST).collect();
    let node = FakeNode::start({
        let bytes = bytes.clone();
        move |_| Reply::Http(200, bytes.clone())
    });
    assert_eq!(node.client_by(Route::Rest).headers_from(id(0, &genesis())).await.unwrap(), bytes);
}

#[tokio::test]
async fn pages_and_redirects() {
    // of a length that headers may have, too
    for page in ["<html>\u{1b}[2J<p>Welcome", &"x".repeat(160)] {
        let page = page.to_owned();
        let head = format!("Content-Type: text/html\r\nContent-Length: {}", page.len());
        let error = error_of(move || answer(&head, page.as_bytes())).await;
        assert!(matches!(error, NodeError::Malformed { .. }), "{error:?}");
    }
    let elsewhere = FakeNode::start(|_| Reply::Http(200, vec![0; 80]));
    for status in [301, 302, 307, 308] {
        let head = format!("HTTP/1.1 {status} X\r\nLocation: {}/\r\nContent-Length: 0\r\n\r\n", elsewhere.url);
        let error = error_of(move || Reply::Bytes(head.clone().into_bytes())).await;
        assert!(matches!(error, NodeError::Http { status: found, .. } if found == status), "{error:?}");
    }
    assert_eq!(elsewhere.connections.load(std::sync::atomic::Ordering::SeqCst), 0, "no redirect is followed");
}

#[tokio::test]
async fn answers_that_break_off() {
    for (head, body) in [
        ("Content-Length: 160", &[0; 80][..]),
        ("Content-Length: 99999999999999999999999", &[0; 80]),
        ("Content-Length: 80\r\nContent-Length: 160", &[0; 160]),
        ("Transfer-Encoding: chunked", b"50\r\nshort"),
        ("Transfer-Encoding: chunked", b"fffffffffffffffffff\r\n"),
        ("Transfer-Encoding: chunked", b"rubbish\r\n"),
    ] {
        let error = error_of(move || answer(head, body)).await;
        assert!(matches!(error, NodeError::Broken { .. }), "{head}: {error:?}");
    }
    let error = error_of(|| Reply::Bytes(b"SSH-2.0-OpenSSH_9.2\r\n".to_vec())).await;
    assert!(matches!(error, NodeError::Broken { .. }), "{error:?}");
}

#[tokio::test]
async fn floods_and_drips() {
    let endless = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n";
    for head in ["HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9000000000\r\n\r\n", endless] {
        let error = error_of(move || Reply::Flood(head.to_owned())).await;
        assert!(matches!(error, NodeError::TooLarge { .. }), "{head}: {error:?}");
        let error = error_of(move || Reply::Trickle(head.to_owned())).await;
        assert!(matches!(error, NodeError::Timeout { .. }), "{head}: {error:?}");
    }
    let error = error_of(|| Reply::Flood("HTTP/1.1 200 OK\r\nX: ".to_owned())).await;
    assert!(matches!(error, NodeError::Broken { .. }), "{error:?}");
    let error = error_of(|| Reply::Silence).await;
    assert!(matches!(error, NodeError::Timeout { .. }), "{error:?}");
}

/// Something that answers every path, as servers in front of a node do, is no reason to be without headers.
#[tokio::test]
async fn what_is_no_rest_gives_way_to_rpc() {
    let blocks = chain(&genesis(), 3, "a");
    let replies: [fn() -> Reply; 5] = [
        || Reply::Http(200, b"<html>Welcome".to_vec()),
        || Reply::Http(200, vec![0; MOST + 80]),
        || Reply::Http(302, vec![]),
        || Reply::Http(403, vec![]),
        || Reply::Http(501, vec![]),
    ];
    for reply in replies {
        let active = blocks.clone();
        let node = FakeNode::start(move |asked| if is_rest(asked) { reply() } else { by_rpc(asked, &active, &[]) });
        assert_eq!(node.client().headers_from(id(0, &blocks[0])).await.unwrap(), headers_of(&blocks));
    }
}
