//! What keeps forms from being sent by others than our own pages, and pages with secrets from being kept or told.

use std::time::{Duration, Instant};

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::HOME;
use crate::{error::WebError, page::error_page, state::WebState, visitor::visitor};

/// Bytes of a form.
const LARGEST: usize = 16 << 10;
/// For a form to come.
const WITHIN: Duration = Duration::from_secs(10);

/// Of a page whose address, or content, is a secret.
pub(super) fn secret(response: Response) -> Response {
    let mut response = unkept(response);
    response.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// Of a page with what a visitor typed, under an address that anybody may know. It may be told from where a form is sent: one that
/// tells nobody sends `Origin: null`, which [`own`] does not take for our own.
pub(super) fn unkept(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert("x-robots-tag", HeaderValue::from_static("noindex"));
    response
}

/// Lets a visitor ask so often.
pub(super) fn often_enough(state: &WebState, request: &Request) -> Result<std::net::IpAddr, WebError> {
    let who = visitor(request.extensions(), request.headers(), &state.alerts.proxies);
    state.asked_of_subscriptions.pass(who, Instant::now()).map_err(|seconds| WebError::TooMany { seconds })?;
    Ok(who)
}

/// Has a form come whole before anything is done with it: who sends it slowly takes nobody's place meanwhile.
pub(super) async fn whole(State(state): State<Option<WebState>>, request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    let error = match tokio::time::timeout(WITHIN, to_bytes(body, LARGEST)).await {
        Ok(Ok(bytes)) => return next.run(Request::from_parts(head, Body::from(bytes))).await,
        Ok(Err(_)) => WebError::TooLarge("this form is larger than 16 kB, or broke off"),
        Err(_) => WebError::Late("this form did not come within 10 seconds"),
    };
    secret(match state {
        Some(state) => error_page(&state, &head.headers, HOME, error),
        None => error.into_response(),
    })
}

/// A form that was sent, which [`whole`] has let in.
pub(super) async fn body(request: Request) -> Result<Bytes, WebError> {
    let form = "application/x-www-form-urlencoded";
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let is_form = kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(form));
    // an empty one says nothing, whatever it is called
    if !is_form && !kind.is_empty() {
        return Err(WebError::Forbidden("only a form is taken here"));
    }
    held(request).await
}

/// The bytes of a request that [`whole`] has let in, whatever they are.
pub(super) async fn held(request: Request) -> Result<Bytes, WebError> {
    to_bytes(request.into_body(), LARGEST).await.map_err(|_| WebError::TooLarge("this form is larger than 16 kB"))
}

/// Whether a form was sent from our own pages. `by_secret` is for addresses that hold a token, which another site does not know: there
/// a browser may leave out from where, since the page wants to be told nowhere.
pub(super) fn own(state: &WebState, headers: &HeaderMap, by_secret: bool) -> Result<(), WebError> {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let ours = is_own(
        text("sec-fetch-site"),
        text("origin"),
        text("host").unwrap_or_default(),
        state.alerts.site.as_deref(),
        by_secret,
    );
    if ours { Ok(()) } else { Err(WebError::Forbidden("this form was not sent from a page of this site")) }
}

fn is_own(fetch_site: Option<&str>, origin: Option<&str>, host: &str, site: Option<&str>, by_secret: bool) -> bool {
    let known = |origin: &str| {
        let named =
            origin.split_once("://").is_some_and(|(_, name)| !host.is_empty() && name.eq_ignore_ascii_case(host));
        named || site.is_some_and(|site| site.eq_ignore_ascii_case(origin))
    };
    match (fetch_site, origin) {
        (Some("same-origin"), None) => true,
        // a browser says null for a page that sends no referrer
        (Some("same-origin"), Some("null")) => by_secret,
        (Some("same-origin") | None, Some(origin)) if origin != "null" => known(origin),
        (None, _) => by_secret,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_send_forms() {
        let of =
            |fetch_site, origin| is_own(fetch_site, origin, "hashes.example", Some("https://hashes.example"), false);
        assert!(of(Some("same-origin"), Some("https://hashes.example")) && of(None, Some("https://hashes.example")));
        assert!(of(Some("same-origin"), None) && of(None, Some("http://hashes.example")));
        for (fetch_site, origin) in [
            (None, None),
            (None, Some("null")),
            (None, Some("https://evil.example")),
            (None, Some("https://hashes.example.evil.example")),
            (Some("cross-site"), Some("https://hashes.example")),
            (Some("same-site"), Some("https://other.hashes.example")),
            (Some("none"), None),
            (Some("cross-site"), None),
            (Some("same-origin"), Some("https://evil.example")),
        ] {
            assert!(!of(fetch_site, origin), "{fetch_site:?} {origin:?}");
        }
        // behind a proxy that changes Host the address of the configuration counts
        assert!(is_own(None, Some("https://hashes.example"), "127.0.0.1:8480", Some("https://hashes.example"), false));
        assert!(!is_own(None, Some("https://hashes.example"), "127.0.0.1:8480", None, false));
    }

    #[test]
    fn where_the_address_is_a_secret_a_browser_may_say_nothing_but_nothing_wrong() {
        let of = |fetch_site, origin| is_own(fetch_site, origin, "a", None, true);
        assert!(of(Some("same-origin"), Some("null")) && of(None, Some("null")) && of(None, None));
        assert!(!of(Some("cross-site"), Some("null")) && !of(None, Some("https://evil.example")));
    }
}
