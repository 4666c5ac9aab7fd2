//! Where the links in a subscriber's mail lead: confirm, manage, unsubscribe. A program that looks at links to see whether they are safe
//! changes nothing: what is looked at has a button, and the button does it.

use askama::Template;
use axum::{
    extract::{Path, Request, State, rejection::PathRejection},
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use hashwatch_delivery::{Changed, Channel, ChannelKind, Managed, Refused};

use super::{
    form::{Choice, RuleChoice, Settings, channel_words},
    guard::{body, held, often_enough, own, secret},
    kept,
    preview::{Preview, preview},
    wish::{ToldPage, elsewhere, failed},
};
use crate::{
    error::WebError,
    page::{Page, error_page, shown},
    params::{Params, segment},
    state::WebState,
};

/// Pages of the site that these stand with: their own address is nobody's business.
const PLACE: &str = "/subscriptions";
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

#[derive(Template)]
#[template(path = "subscribe/manage.html")]
struct ManagePage {
    page: Page,
    answer: String,
    preview: Preview,
    rules: Vec<RuleChoice>,
    subjects: Vec<Choice>,
    channels: Vec<Choice>,
    webhook: bool,
    url: String,
    signing_key: String,
    /// Its own address, from the site's root.
    action: String,
    refusal: String,
    saved: bool,
}

type Token = Result<Path<String>, PathRejection>;

fn no_longer() -> WebError {
    WebError::NotFound(
        "this link leads nowhere (any more): it was used, it is older than 48 hours, or the subscription is over"
            .to_owned(),
    )
}

/// A token as an address has it; anything else is a link that leads nowhere.
fn token(path: Token) -> Result<String, WebError> {
    let text = segment(path, "token").map_err(|_| no_longer())?;
    let sound = text.len() == 43 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if sound { Ok(text) } else { Err(no_longer()) }
}

/// An answer, or the page of what kept it, both for nobody else.
fn for_one(state: &WebState, headers: &HeaderMap, answer: Result<Response, WebError>) -> Response {
    secret(answer.unwrap_or_else(|error| error_page(state, headers, PLACE, error)))
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
        let managed = begun.ok_or_else(no_longer)?;
        Ok(elsewhere(&format!("/subscriptions/{}", managed.token)))
    };
    let answer = Box::pin(answer).await;
    for_one(&state, &headers, answer)
}

/// `GET /subscriptions/{token}`.
pub(crate) async fn page(State(state): State<WebState>, path: Token, headers: HeaderMap, request: Request) -> Response {
    let (uri, often) = (request.uri().clone(), often_enough(&state, &request));
    drop(request);
    let page = async {
        let subscriptions = kept(&state)?;
        often?;
        let mut params = Params::of(&uri);
        let saved = params.word_of("saved", &["yes"])?.is_some();
        params.finish()?;
        let found = subscriptions.subscribers.managed(&token(path)?).await.map_err(|error| failed(&error))?;
        let managed = found.ok_or_else(no_longer)?;
        let settings = Settings::of(&managed.filter, managed.channel.kind());
        drawn(&state, &managed, &settings, String::new(), saved).await
    };
    secret(shown(&state, &headers, PLACE, page).await)
}

async fn drawn(
    state: &WebState,
    managed: &Managed,
    settings: &Settings,
    refusal: String,
    saved: bool,
) -> Result<ManagePage, WebError> {
    let webhook = matches!(managed.channel, Channel::Webhook { .. });
    let url = match &managed.channel {
        Channel::Webhook { url, .. } => url.clone(),
        _ => String::new(),
    };
    let mut channels = settings.channels();
    // mail stays mail, and a webhook one
    channels.retain(|it| it.value.starts_with("webhook") == webhook);
    let kind = managed.channel.kind();
    Ok(ManagePage {
        page: Page::new(state, PLACE, "Your subscription", "Change or end a subscription"),
        answer: format!(
            "You are subscribed, {}; the address of mail is {}.",
            channel_words(kind),
            managed.address_hint
        ),
        preview: preview(state, &settings.filter()).await?,
        rules: settings.rules(&state.alerts.rules),
        subjects: settings.subjects(state),
        channels,
        webhook,
        url,
        signing_key: match kind {
            ChannelKind::Webhook(hashwatch_delivery::Format::Json) => managed.signing_key.clone(),
            _ => String::new(),
        },
        action: format!("/subscriptions/{}", managed.token),
        refusal,
        saved,
    })
}

/// `POST /subscriptions/{token}`.
pub(crate) async fn change(
    State(state): State<WebState>,
    path: Token,
    headers: HeaderMap,
    request: Request,
) -> Response {
    let answer = Box::pin(changed(&state, &headers, path, request)).await;
    for_one(&state, &headers, answer)
}

async fn changed(state: &WebState, headers: &HeaderMap, path: Token, request: Request) -> Result<Response, WebError> {
    let subscriptions = kept(state)?;
    often_enough(state, &request)?;
    own(state, headers, true)?;
    let token = token(path)?;
    let bytes = body(request).await?;
    let mut params = Params::of_body(PLACE, &bytes);
    let settings = Settings::read(&mut params, &state.alerts.rules)?;
    let url = params.take::<String>("url")?.unwrap_or_default();
    params.finish()?;
    let subscribers = &subscriptions.subscribers;
    let refusal = if settings.wants_nothing() {
        "choose a rule at least, or end the subscription".to_owned()
    } else {
        let change = Changed { filter: Some(settings.filter()), channel: Some(settings.channel(url)) };
        match subscribers.change(&token, change).await {
            Ok(Some(managed)) => return Ok(elsewhere(&format!("/subscriptions/{}?saved=yes", managed.token))),
            Ok(None) => return Err(no_longer()),
            Err(Refused::Failed(error)) => return Err(failed(&error)),
            Err(refused) => refused.to_string(),
        }
    };
    let managed = subscribers.managed(&token).await.map_err(|error| failed(&error))?.ok_or_else(no_longer)?;
    let mut response = shown(state, headers, PLACE, drawn(state, &managed, &settings, refusal, false)).await;
    *response.status_mut() = StatusCode::BAD_REQUEST;
    Ok(response)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_token_leads_nowhere() {
        let of = |text: &str| token(Ok(Path(text.to_owned()))).is_ok();
        assert!(of(&"aB3-_".repeat(9)[..43]));
        for wrong in
            ["", &"a".repeat(42), &"a".repeat(44), &format!("{}.", "a".repeat(42)), &format!("{}\n", "a".repeat(42))]
        {
            assert!(!of(wrong), "{wrong}");
        }
    }
}
