//! A subscription, under the link that only its subscriber's own mail carries: what is chosen, and how it is changed.

use askama::Template;
use axum::{
    extract::{Path, Request, State, rejection::PathRejection},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use hashwatch_delivery::{Changed, Channel, ChannelKind, Managed, Refused};

use super::{
    form::{Choice, RuleChoice, Settings, Subjects, channel_words},
    guard::{body, often_enough, own, secret},
    kept,
    preview::{Preview, preview},
    wish::{elsewhere, failed},
};
use crate::{
    error::WebError,
    page::{Page, error_page, shown},
    params::{Params, segment},
    state::WebState,
};

/// Pages of the site that these stand with: their own address is nobody's business.
pub(super) const PLACE: &str = "/subscriptions";

#[derive(Template)]
#[template(path = "subscribe/manage.html")]
struct ManagePage {
    page: Page,
    answer: String,
    preview: Preview,
    rules: Vec<RuleChoice>,
    subjects: Vec<Subjects>,
    channels: Vec<Choice>,
    webhook: bool,
    url: String,
    signing_key: String,
    /// Its own address, from the site's root.
    action: String,
    refusal: String,
    done: Done,
}

/// What has just been done to a subscription that is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Done {
    Nothing,
    Begun,
    Changed,
}

pub(super) type Token = Result<Path<String>, PathRejection>;

/// A token as an address has it; anything else is a link that leads nowhere. What was never one, was used, or is over is told alike.
pub(super) fn token(path: Token) -> Result<String, WebError> {
    let text = segment(path, "token").map_err(|_| WebError::DeadLink)?;
    let sound = text.len() == 43 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if sound { Ok(text) } else { Err(WebError::DeadLink) }
}

/// An answer, or the page of what kept it, both for nobody else.
pub(super) fn for_one(state: &WebState, headers: &HeaderMap, answer: Result<Response, WebError>) -> Response {
    secret(answer.unwrap_or_else(|error| error_page(state, headers, PLACE, error)))
}

/// `GET /subscriptions/{token}`.
pub(crate) async fn page(State(state): State<WebState>, path: Token, headers: HeaderMap, request: Request) -> Response {
    let (uri, often) = (request.uri().clone(), often_enough(&state, &request));
    drop(request);
    let page = async {
        let subscriptions = kept(&state)?;
        often?;
        let mut params = Params::of(&uri);
        let [begun, saved] = [params.word_of("begun", &["yes"])?, params.word_of("saved", &["yes"])?];
        params.finish()?;
        let done = match (begun, saved) {
            (_, Some(_)) => Done::Changed,
            (Some(_), None) => Done::Begun,
            (None, None) => Done::Nothing,
        };
        let found = subscriptions.subscribers.managed(&token(path)?).await.map_err(|error| failed(&error))?;
        let managed = found.ok_or(WebError::DeadLink)?;
        let settings = Settings::of(&managed.filter, managed.channel.kind());
        drawn(&state, &managed, &settings, String::new(), done).await
    };
    secret(shown(&state, &headers, PLACE, page).await)
}

async fn drawn(
    state: &WebState,
    managed: &Managed,
    settings: &Settings,
    refusal: String,
    done: Done,
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
            "You are subscribed: {}, {} {}.",
            channel_words(kind),
            if webhook { "confirmed by" } else { "to" },
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
        done,
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
    let url = params.take::<String>("url")?.unwrap_or_default();
    let settings = Settings::read(&mut params, &state.alerts.rules).and_then(|it| params.finish().map(|()| it));
    let subscribers = &subscriptions.subscribers;
    let (refusal, settings) = match settings {
        Err(error) => (error.to_string(), None),
        Ok(settings) if settings.wants_nothing() => {
            ("choose a rule at least, or end the subscription".to_owned(), Some(settings))
        }
        Ok(settings) => {
            let change = Changed { filter: Some(settings.filter()), channel: Some(settings.channel(url)) };
            match subscribers.change(&token, change).await {
                Ok(Some(managed)) => return Ok(elsewhere(&format!("/subscriptions/{}?saved=yes", managed.token))),
                Ok(None) => return Err(WebError::DeadLink),
                Err(Refused::Failed(error)) => return Err(failed(&error)),
                Err(refused) => (refused.to_string(), Some(settings)),
            }
        }
    };
    let managed = subscribers.managed(&token).await.map_err(|error| failed(&error))?.ok_or(WebError::DeadLink)?;
    let settings = settings.unwrap_or_else(|| Settings::of(&managed.filter, managed.channel.kind()));
    let mut response = shown(state, headers, PLACE, drawn(state, &managed, &settings, refusal, Done::Nothing)).await;
    if response.status() == StatusCode::OK {
        *response.status_mut() = StatusCode::BAD_REQUEST;
    }
    Ok(response)
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
