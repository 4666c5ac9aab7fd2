//! A receiver of webhooks that keeps what it was sent and behaves as the path says: /ok/…, /dead/… (never answers), /fails/… (500),
//! /slow/… (answers after a second), /flaky/… (sometimes refuses, sometimes takes it and hangs up), /redirects/…, /later/… (asks for a
//! minute).

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, Uri, header::LOCATION, header::RETRY_AFTER},
    response::{IntoResponse, Response},
};
use tokio::net::TcpListener;

/// A request as it came.
#[derive(Clone, Debug)]
pub(super) struct Post {
    pub(super) path: String,
    pub(super) key: String,
    pub(super) signature: String,
    pub(super) body: String,
}

#[derive(Clone, Default)]
struct Kept {
    posts: Arc<Mutex<Vec<Post>>>,
    count: Arc<AtomicU64>,
}

/// Listens as long as the runtime that it was started on.
#[derive(Clone)]
pub(super) struct Receiver {
    address: SocketAddr,
    kept: Kept,
}

impl Receiver {
    pub(super) async fn start() -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, kept) = (listener.local_addr().unwrap(), Kept::default());
        let router = Router::new().fallback(take).with_state(kept.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Receiver { address, kept }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(super) fn posts(&self) -> Vec<Post> {
        self.kept.posts.lock().unwrap().clone()
    }

    /// Those to paths that begin so.
    pub(super) fn to(&self, path: &str) -> Vec<Post> {
        self.posts().into_iter().filter(|post| post.path.starts_with(path)).collect()
    }
}

async fn take(State(kept): State<Kept>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let path = uri.path().to_owned();
    let post = Post {
        path: path.clone(),
        key: header("idempotency-key"),
        signature: header("hashwatch-signature"),
        body: String::from_utf8(body.to_vec()).unwrap(),
    };
    let keep = || kept.posts.lock().unwrap().push(post);
    match path.split('/').nth(1).unwrap_or_default() {
        "dead" => std::future::pending().await,
        "fails" => {
            keep();
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
        "slow" => {
            keep();
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
            StatusCode::OK.into_response()
        }
        "redirects" => {
            keep();
            (StatusCode::TEMPORARY_REDIRECT, [(LOCATION, "/ok/redirected")]).into_response()
        }
        "later" => {
            keep();
            (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, "60")]).into_response()
        }
        "flaky" => match kept.count.fetch_add(1, Ordering::Relaxed) % 50 {
            17 => StatusCode::SERVICE_UNAVAILABLE.into_response(),
            // it was taken, but nobody hears of it
            33 => {
                keep();
                StatusCode::BAD_GATEWAY.into_response()
            }
            _ => {
                keep();
                StatusCode::NO_CONTENT.into_response()
            }
        },
        _ => {
            keep();
            StatusCode::OK.into_response()
        }
    }
}
