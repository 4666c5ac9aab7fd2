//! What a link of a mail does by one button: begin a subscription, and end it. A program that looks at links to see whether they are safe
//! changes nothing: what is looked at has a button, and the button does it.

use askama::Template;
use axum::{
    extract::{Request, State},
    http::{HeaderMap, header},
    response::Response,
};

use super::{
    guard::{body, held, often_enough, own, secret},
    kept,
    manage::{PLACE, Token, for_one, token},
    wish::{ToldPage, elsewhere, failed},
};
use crate::{
    error::WebError,
    page::{Page, shown},
    params::Params,
    state::WebState,
};

/// What a mailbox sends of itself, by RFC 8058.
const ONE_CLICK: &[u8] = b"List-Unsubscribe=One-Click";

#[derive(Template)]
#[template(path = "subscribe/button.html")]
struct ButtonPage {
    page: Page,
    answer: &'static str,
    text: &'static str,
    button: &'static str,
    action: String,
}

async fn button(
    state: &WebState,
    headers: &HeaderMap,
    request: Request,
    path: Token,
    of: fn(&WebState, &str) -> ButtonPage,
) -> Response {
    let (uri, often) = (request.uri().clone(), often_enough(state, &request));
    drop(request);
    let page = async {
        kept(state)?;
        often?;
        Params::of(&uri).finish()?;
        Ok(of(state, &token(path)?))
    };
    secret(shown(state, headers, PLACE, page).await)
}

/// `GET /subscriptions/confirm/{token}`.
pub(crate) async fn confirm_page(
    State(state): State<WebState>,
    path: Token,
    headers: HeaderMap,
    request: Request,
) -> Response {
    let of = |state: &WebState, token: &str| ButtonPage {
        page: Page::new(state, PLACE, "Confirm", "Begin a subscription"),
        answer: "Begin this subscription?",
        text: "You are here by the link in a mail that you asked for. With the button the subscription begins; without it nothing is \
               ever sent.",
        button: "Begin",
        action: format!("/subscriptions/confirm/{token}"),
    };
    button(&state, &headers, request, path, of).await
}

/// `POST /subscriptions/confirm/{token}`.
pub(crate) async fn confirm(
    State(state): State<WebState>,
    path: Token,
    headers: HeaderMap,
    request: Request,
) -> Response {
    let answer = async {
        let subscriptions = kept(&state)?;
        often_enough(&state, &request)?;
        own(&state, &headers, true)?;
        let token = token(path)?;
        body(request).await?;
        let begun = subscriptions.subscribers.confirm(&token).await.map_err(|error| failed(&error))?;
        let managed = begun.ok_or(WebError::DeadLink)?;
        Ok(elsewhere(&format!("/subscriptions/{}?begun=yes", managed.token)))
    };
    let answer = Box::pin(answer).await;
    for_one(&state, &headers, answer)
}

/// `GET /subscriptions/{token}/unsubscribe`.
pub(crate) async fn unsubscribe_page(
    State(state): State<WebState>,
    path: Token,
    headers: HeaderMap,
    request: Request,
) -> Response {
    let of = |state: &WebState, token: &str| ButtonPage {
        page: Page::new(state, PLACE, "Unsubscribe", "End a subscription"),
        answer: "End this subscription?",
        text: "With the button nothing is sent any more, and the address and the target are erased.",
        button: "End it",
        action: format!("/subscriptions/{token}/unsubscribe"),
    };
    button(&state, &headers, request, path, of).await
}

/// `POST /subscriptions/{token}/unsubscribe`: the button, or a mailbox's one click, which comes from anywhere and without cookies.
pub(crate) async fn unsubscribe(
    State(state): State<WebState>,
    path: Token,
    headers: HeaderMap,
    request: Request,
) -> Response {
    let answer = async {
        let subscriptions = kept(&state)?;
        often_enough(&state, &request)?;
        let token = token(path)?;
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        // RFC 8058 lets it be sent as either kind of form
        let parts = kind.starts_with("multipart/form-data");
        let bytes = held(request).await?;
        let part = bytes.windows(b"One-Click".len()).any(|part| part == b"One-Click");
        if bytes.as_ref() != ONE_CLICK && !(parts && part) {
            own(&state, &headers, true)?;
        }
        // whether it was there is told to nobody who does not know
        subscriptions.subscribers.unsubscribe(&token).await.map_err(|error| failed(&error))?;
        let answer = "The subscription is over.".to_owned();
        let page = ToldPage {
            page: Page::new(&state, PLACE, "Unsubscribed", &answer),
            answer,
            text: "Nothing is sent any more; the address and the target are erased.",
        };
        Ok(shown(&state, &headers, PLACE, async { Ok(page) }).await)
    };
    let answer = Box::pin(answer).await;
    for_one(&state, &headers, answer)
}
