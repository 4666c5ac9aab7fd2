//! Nodes that are broken or mean harm: what they answer becomes a state or an error that says what happened, in bounded
//! time and memory, and without our password.

use std::time::{Duration, Instant};

use base64::{Engine, engine::general_purpose::STANDARD};
use hashwatch_model::{Network, NodeState};
use hashwatch_node::{Auth, NodeError, Route, RpcConfig, RpcNode};
use serde_json::json;

use crate::{
    fake_node::{Asked, FakeNode, Reply},
    rpc::{hash, info, sound},
};

fn config(url: &str, user: &str) -> RpcConfig {
    RpcConfig {
        name: "n".to_owned(),
        url: url.to_owned(),
        auth: Auth::UserPass { user: user.to_owned(), password: "s3cret-word".to_owned() },
        network: Network::Regtest,
        timeout: Duration::from_secs(1),
        route: Route::Auto,
        files: None,
    }
}

#[tokio::test]
async fn rubbish_is_named_and_shown_short() {
    let long = format!("<html>\u{1b}[2J\u{202e}{}", "x".repeat(9_000));
    let deep = "[".repeat(50_000);
    let deep_result = format!(r#"{{"result":{},"error":null,"id":1}}"#, "[".repeat(20_000) + &"]".repeat(20_000));
    let bodies: Vec<Vec<u8>> = vec![
        long.into_bytes(),
        vec![],
        b"{".to_vec(),
        b"null".to_vec(),
        b"[]".to_vec(),
        vec![0xff; 500],
        deep.into_bytes(),
        deep_result.into_bytes(),
        br#"{"result":{"blocks":-1},"id":1}"#.to_vec(),
        br#"{"result":{"chain":"regtest","blocks":1e30,"headers":0,"bestblockhash":"00"},"id":1}"#.to_vec(),
        br#"{"result":{"chain":["regtest"]},"id":1}"#.to_vec(),
        br#"{"result":null,"id":1}"#.to_vec(),
        br#"{"result":"x","id":77}"#.to_vec(),
        br#"{"result":"x","error":"a string","id":1}"#.to_vec(),
    ];
    for body in bodies {
        let label = String::from_utf8_lossy(&body[..body.len().min(80)]).into_owned();
        let node = FakeNode::start(move |_| Reply::Http(200, body.clone()));
        let error = node.client().tip().await.unwrap_err();
        assert!(matches!(error, NodeError::Malformed { .. }), "{label}: {error:?}");
        let text = error.to_string();
        assert!(text.starts_with("getblockchaininfo: "), "{text}");
        assert!(text.chars().count() < 2_500 && !text.chars().any(|c| c.is_control() || c == '\u{202e}'), "{text}");
        assert!(matches!(node.client().probe(0).await.state, NodeState::Unreachable(_)));
    }
}

#[tokio::test]
async fn http_errors_carry_their_status() {
    let node = FakeNode::start(|_| Reply::Http(503, b"Work queue depth exceeded".to_vec()));
    let error = node.client().tip().await.unwrap_err();
    assert_eq!(error.to_string(), "getblockchaininfo: HTTP status 503: Work queue depth exceeded");
    // an error inside a JSON-RPC answer is the node's word, whatever the status
    let node = FakeNode::start(|_| Reply::error(500, -1, "no \u{7}"));
    let error = node.client().tip().await.unwrap_err();
    assert!(matches!(&error, NodeError::Refused { code: -1, said, .. } if said == r"no \u{7}"), "{error:?}");
}

#[tokio::test]
async fn batches_answered_wrongly() {
    let answered_by = |status: u16, body: &str| {
        let body = body.to_owned();
        FakeNode::start(move |asked| match asked.batch {
            0 => sound(asked, info()),
            _ => Reply::Whole(status, body.clone()),
        })
    };
    let good = hash(1);
    let one = format!(r#"{{"result":"{good}","error":null,"id":1}}"#);
    for body in [
        "[".to_owned(),
        "7".to_owned(),
        "{}".to_owned(),
        "[]".to_owned(),
        "nothing".to_owned(),
        format!("[{one}]"),
        format!("[{one},{one}]"),
        format!("[{one},{one},{one}]"),
        format!(r#"[{one},{{"result":"{good}","id":9}}]"#),
        format!(r#"[{one},{{"result":null,"id":2}}]"#),
        format!(r#"[{one},{{"result":"00","id":2}}]"#),
    ] {
        let node = answered_by(200, &body);
        let error = node.client().hashes(1, 2).await.unwrap_err();
        assert!(matches!(error, NodeError::Malformed { .. }), "{body}: {error:?}");
    }
    let node = answered_by(500, r#"{"result":null,"error":{"code":-28,"message":"Verifying blocks"},"id":null}"#);
    assert!(matches!(node.client().hashes(1, 2).await, Err(NodeError::Refused { code: -28, .. })));
    let node = answered_by(503, "Work queue depth exceeded");
    assert!(matches!(node.client().hashes(1, 2).await, Err(NodeError::Http { status: 503, .. })));
}

#[tokio::test]
async fn half_an_answer_and_no_http_at_all() {
    for bytes in [
        &b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"result\":"[..],
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\0\0\0\0\0\0\0\0",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffffff\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        b"",
    ] {
        let node = FakeNode::start(|_| Reply::Bytes(bytes.to_vec()));
        let error = node.client().tip().await.unwrap_err();
        assert!(matches!(error, NodeError::Broken { .. }), "{}: {error:?}", bytes.escape_ascii());
    }
}

#[tokio::test]
async fn silence_and_trickles_end_at_the_deadline() {
    let replies: [fn() -> Reply; 3] = [
        || Reply::Silence,
        || Reply::Trickle("HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n".to_owned()),
        || Reply::Trickle("HTTP/1.1 200 OK\r\nX:".to_owned()),
    ];
    for reply in replies {
        let node = FakeNode::start(move |_| reply());
        let client = node.impatient_client(Duration::from_millis(200));
        let begun = Instant::now();
        let error = client.tip().await.unwrap_err();
        assert!(matches!(error, NodeError::Timeout { .. }), "{error:?}");
        let waited = client.wait_for_change(hash(7), Duration::from_secs(60)).await;
        assert!(matches!(waited, Err(NodeError::Timeout { .. })));
        assert!(begun.elapsed() < Duration::from_secs(5));
    }
}

#[tokio::test]
async fn floods_are_cut() {
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n";
    for head in ["HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9000000000\r\n\r\n", chunked] {
        let node = FakeNode::start(move |_| Reply::Flood(head.to_owned()));
        let error = node.client().tip().await.unwrap_err();
        assert!(matches!(error, NodeError::TooLarge { .. }), "{head}: {error:?}");
    }
    // a head without end
    let node = FakeNode::start(|_| Reply::Flood("HTTP/1.1 200 OK\r\nX: ".to_owned()));
    let error = node.client().tip().await.unwrap_err();
    assert!(matches!(error, NodeError::Broken { .. }), "{error:?}");
}

#[tokio::test]
async fn nobody_there() {
    // discard's port: nobody listens
    let node = RpcNode::new(config("http://127.0.0.1:9", "alice")).unwrap();
    let error = node.tip().await.unwrap_err();
    assert!(matches!(error, NodeError::Connect { .. }), "{error:?}");
    let status = node.probe(0).await;
    assert!(matches!(status.state, NodeState::Unreachable(_)));
    assert_eq!((status.tip, status.version), (None, None));
}

#[tokio::test]
async fn credentials_appear_in_no_message() {
    let node = FakeNode::start(|asked: &Asked| {
        let text = format!("{} {} alice s3cret-word", asked.credentials, STANDARD.encode(&asked.credentials));
        Reply::Http(500, text.into_bytes())
    });
    let client = node.client();
    let error = client.tip().await.unwrap_err();
    assert!(error.to_string().contains("***"), "{error}");
    let state = client.probe(0).await.state;
    for text in [error.to_string(), format!("{error:?}"), format!("{state:?}"), format!("{client:?}")] {
        assert!(!text.contains("s3cret") && !text.contains("YWxpY2"), "{text}");
    }
    let node = FakeNode::start(|_| Reply::Http(401, vec![]));
    assert!(matches!(node.client().tip().await, Err(NodeError::Unauthorized { .. })));
}

#[test]
fn settings_that_cannot_work() {
    for (url, user) in [
        ("http://alice:s3cret-word@127.0.0.1:8332", "alice"),
        ("https://127.0.0.1:8332", "alice"),
        ("127.0.0.1:8332", "alice"),
        ("http://", "alice"),
        ("http://127.0.0.1:8332", "ali:ce"),
        ("http://127.0.0.1:8332", "ali\nce"),
    ] {
        let config = config(url, user);
        assert!(!format!("{config:?}").replace(url, "").contains("s3cret"));
        let error = RpcNode::new(config).unwrap_err();
        assert!(matches!(error, NodeError::Url(_) | NodeError::Credentials), "{error:?}");
        assert!(!format!("{error} {error:?}").contains("s3cret"), "{error}");
    }
    let sim = RpcConfig { network: Network::Sim, ..config("http://127.0.0.1:8332", "alice") };
    assert!(matches!(RpcNode::new(sim), Err(NodeError::NoSuchNode(Network::Sim))));
}

/// Whoever stops asking must not hold up the end of the program.
#[test]
fn a_runtime_ends_at_once_in_the_middle_of_a_call() {
    let node = FakeNode::start(|asked| match asked.method.as_str() {
        "getbestblockhash" => Reply::result(json!(hash(7))),
        _ => Reply::Silence,
    });
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let client = node.client();
    let begun = Instant::now();
    runtime.block_on(async {
        let wait = client.wait_for_change(hash(7), Duration::from_secs(60));
        assert!(tokio::time::timeout(Duration::from_millis(100), wait).await.is_err());
    });
    drop(runtime);
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
}
