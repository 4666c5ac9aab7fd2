//! What holds for every answer: security headers, validation by ETag, compression, no panic reaching a visitor.

use std::hash::{DefaultHasher, Hash, Hasher};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use sha2::{Digest, Sha256};
use tower_http::{CompressionLevel, catch_panic::CatchPanicLayer, compression::CompressionLayer};

use crate::{asked::Asked, crowd::PATIENCE, error::WebError, mainnet::today, replies, state::WebState};

/// Of a page: nothing from anywhere else, nothing inline.
const OF_PAGES: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; \
    form-action 'self'; frame-ancestors 'none'";

/// Of all else, as a picture, which needs nothing though it be opened by itself.
const OF_ALL_ELSE: &str = "default-src 'none'; form-action 'none'; frame-ancestors 'none'";

/// Of brotli: with more, an answer that has to be made at once takes longer, and is hardly smaller.
const QUALITY: i32 = 5;

/// Answers of the site are far smaller; a larger one is not buffered for its ETag.
const MAX_BUFFERED: usize = 64 << 20;

/// An answer that is sent while it is made. It is the same for ever under this name, which stands for its bytes.
#[derive(Clone)]
pub(crate) struct Streamed(String);

impl Streamed {
    /// By the question, and by what else its answer depends on: the registry that names are from, which is today's where that of then
    /// was not kept, and this program.
    pub(crate) fn of(asked: &Asked) -> Streamed {
        let (names, version) = (asked.view.who.version(), env!("CARGO_PKG_VERSION"));
        Streamed(format!("{:?} {} {names} {version}", asked.form, asked.permalink()))
    }
}

/// An answer without an end: it is passed on as it comes.
#[derive(Clone, Copy)]
pub(crate) struct Unending;

pub(crate) fn apply(routes: Router, state: WebState) -> Router {
    routes
        .layer(CatchPanicLayer::custom(|_| WebError::Draw("a handler panicked".to_owned()).into_response()))
        .layer(CompressionLayer::new().quality(CompressionLevel::Precise(QUALITY)))
        // outside of compression: each coding has bytes, and so an ETag, of its own
        .layer(middleware::from_fn_with_state(state, validate))
        .layer(middleware::from_fn(secure))
}

async fn secure(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let status = response.status();
    let headers = response.headers_mut();
    let kind = headers.get(header::CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    let policy = if kind.starts_with(b"text/html") { OF_PAGES } else { OF_ALL_ELSE };
    // where nothing has changed, what was kept keeps the policy that it came with
    if status != StatusCode::NOT_MODIFIED {
        headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(policy));
    }
    for (name, value) in [(header::X_CONTENT_TYPE_OPTIONS, "nosniff"), (header::X_FRAME_OPTIONS, "DENY")] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // a page whose address is a secret says that it is to be told nowhere
    headers.entry(header::REFERRER_POLICY).or_insert(HeaderValue::from_static("same-origin"));
    let opener = header::HeaderName::from_static("cross-origin-opener-policy");
    headers.insert(opener, HeaderValue::from_static("same-origin"));
    response
}

/// Gives every successful answer a strong ETag over its bytes, and 304 to whoever has them already. What was answered since the
/// last commit is not asked for again.
async fn validate(State(state): State<WebState>, request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let known = request.headers().get(header::IF_NONE_MATCH).cloned();
    let key = replies::key(&request, told(&state));
    let commit = match key {
        Some(_) => state.store.mark().await.ok().flatten().map(|mark| mark.commit),
        None => None,
    };
    let kept = key.zip(commit);
    // of the present as it was before it was asked for, where the answer tells of it
    let told = kept.as_ref().is_some_and(|(key, _)| key.tells_of_the_present());
    let now = told.then(|| state.status.borrow().clone());
    let ready = || kept.as_ref().and_then(|(key, commit)| state.replies.get(key, *commit, now.as_ref()));
    if let Some(reply) = ready() {
        return unless_known(known.as_ref(), reply.headers, Body::from(reply.bytes));
    }
    let turn = kept.as_ref().map(|(key, _)| state.replies.turn(key));
    // held until the answer is kept; who has waited long enough goes on by itself
    let _turn = match &turn {
        Some(turn) => tokio::time::timeout(PATIENCE, turn.lock()).await.ok(),
        None => None,
    };
    if let Some(reply) = ready() {
        return unless_known(known.as_ref(), reply.headers, Body::from(reply.bytes));
    }
    let response = next.run(request).await;
    let passed_on = response.extensions().get::<Unending>().is_some() || is_of_the_moment(response.headers());
    if !reads || response.status() != StatusCode::OK || passed_on {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    parts.headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-cache"));
    if let Some(Streamed(name)) = parts.extensions.remove::<Streamed>() {
        let coding = parts.headers.get(header::CONTENT_ENCODING).map_or(&b""[..], HeaderValue::as_bytes);
        let tag = etag(&[name.as_bytes(), coding].concat());
        parts.headers.insert(header::ETAG, tag);
        return unless_known(known.as_ref(), parts.headers, body);
    }
    let Ok(bytes) = to_bytes(body, MAX_BUFFERED).await else {
        return WebError::Draw("an answer too large to send".to_owned()).into_response();
    };
    parts.headers.insert(header::ETAG, etag(&bytes));
    if let Some((key, commit)) = kept {
        state.replies.keep(key, parts.headers.clone(), bytes.clone(), commit, now);
    }
    unless_known(known.as_ref(), parts.headers, Body::from(bytes))
}

/// What answers rest on beside the blocks: the day, what is published, the operator's prices, what was said of alerts.
fn told(state: &WebState) -> String {
    let mut moving = DefaultHasher::new();
    for value in &state.market.borrow().values {
        (value.what, value.at, value.value.to_bits()).hash(&mut moving);
    }
    state.alerts.notices.borrow().hash(&mut moving);
    format!("{} {} {:x}", today(), state.dossier.borrow().version(), moving.finish())
}

/// Whether nobody may keep the answer.
fn is_of_the_moment(headers: &HeaderMap) -> bool {
    headers.get(header::CACHE_CONTROL).is_some_and(|value| value == "no-store")
}

fn etag(bytes: &[u8]) -> HeaderValue {
    let text = format!("\"{}\"", hex::encode(&Sha256::digest(bytes)[..16]));
    // hex digits between quotes are a header's value
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("\"\""))
}

/// The answer, or 304 to whoever has it.
fn unless_known(known: Option<&HeaderValue>, mut headers: HeaderMap, body: Body) -> Response {
    let tag = headers.get(header::ETAG).and_then(|tag| tag.to_str().ok()).unwrap_or_default();
    if known.is_some_and(|known| matches_etag(known, tag)) {
        headers.remove(header::CONTENT_TYPE);
        headers.remove(header::CONTENT_LENGTH);
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, body).into_response()
}

/// If-None-Match compares weakly (RFC 9110, 13.1.2): something on the way may have weakened what the client kept.
fn matches_etag(known: &HeaderValue, etag: &str) -> bool {
    let Ok(known) = known.to_str() else { return false };
    known.split(',').map(str::trim).any(|one| one == "*" || one.trim_start_matches("W/") == etag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn etags_are_compared_weakly() {
        let known = |text: &'static str| HeaderValue::from_static(text);
        assert!(matches_etag(&known("\"a\", W/\"b\""), "\"b\""));
        assert!(matches_etag(&known("*"), "\"b\""));
        assert!(!matches_etag(&known("\"a\""), "\"b\""));
    }
}
