//! `/subscribe`: the form with its preview, and what is sent from it.

use std::net::IpAddr;

use askama::Template;
use axum::{
    extract::{Request, State},
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use hashwatch_delivery::{Refused, Wanted};

use super::{
    HOME,
    form::{Choice, RuleChoice, Settings, Subjects},
    guard::{body, often_enough, own, unkept},
    open,
    preview::{Preview, preview},
};
use crate::{
    alerts::Subscriptions,
    error::WebError,
    page::{Page, error_page, shown},
    params::Params,
    state::WebState,
};

#[derive(Template)]
#[template(path = "subscribe/subscribe.html")]
struct SubscribePage {
    page: Page,
    preview: Preview,
    rules: Vec<RuleChoice>,
    subjects: Vec<Subjects>,
    channels: Vec<Choice>,
    /// Why what was sent was not taken.
    refusal: String,
    address: String,
    url: String,
}

#[derive(Template)]
#[template(path = "subscribe/told.html")]
pub(super) struct ToldPage {
    pub(super) page: Page,
    pub(super) answer: String,
    pub(super) text: &'static str,
}

/// What was typed, to be shown again where it is refused.
#[derive(Default)]
struct Typed {
    address: String,
    url: String,
    refusal: String,
}

async fn drawn(state: &WebState, settings: &Settings, typed: Typed) -> Result<SubscribePage, WebError> {
    let rules = &state.alerts.rules;
    Ok(SubscribePage {
        page: Page::new(state, HOME, "Subscribe", "Be warned by mail or webhook, with a preview of the last year"),
        preview: preview(state, &settings.filter()).await?,
        rules: settings.rules(rules),
        subjects: settings.subjects(state),
        channels: settings.channels(),
        refusal: typed.refusal,
        address: typed.address,
        url: typed.url,
    })
}

/// `GET /subscribe`: settings stand in the address, nothing else does.
pub(crate) async fn page(State(state): State<WebState>, headers: HeaderMap, request: Request) -> Response {
    // what a request brings along is not held while something is waited for
    let (uri, often) = (request.uri().clone(), often_enough(&state, &request));
    drop(request);
    let page = async {
        open(&state)?;
        often?;
        let mut params = Params::of(&uri);
        let settings = Settings::read(&mut params, &state.alerts.rules)?;
        params.finish()?;
        drawn(&state, &settings, Typed::default()).await
    };
    shown(&state, &headers, HOME, page).await
}

/// `POST /subscribe`.
pub(crate) async fn sent(State(state): State<WebState>, headers: HeaderMap, request: Request) -> Response {
    match Box::pin(taken(&state, &headers, request)).await {
        Ok(response) => response,
        Err(error) => unkept(error_page(&state, &headers, HOME, error)),
    }
}

async fn taken(state: &WebState, headers: &HeaderMap, request: Request) -> Result<Response, WebError> {
    let subscriptions = open(state)?;
    let who = often_enough(state, &request)?;
    own(state, headers, false)?;
    let bytes = body(request).await?;
    let mut params = Params::of_body(HOME, &bytes);
    let address = params.take::<String>("address")?.unwrap_or_default();
    let url = params.take::<String>("url")?.unwrap_or_default();
    let only_look = params.word_of("preview", &["yes"])?.is_some();
    let settings = Settings::read(&mut params, &state.alerts.rules).and_then(|it| params.finish().map(|()| it));
    let (settings, refusal) = match settings {
        Err(error) => (Settings::usual(&state.alerts.rules), Some(error.to_string())),
        Ok(settings) if only_look && address.is_empty() && url.is_empty() => {
            return Ok(unkept(elsewhere(&format!("{HOME}?{}", settings.query()))));
        }
        // the settings could stand in an address; whose they are never does
        Ok(settings) if only_look => (settings, None),
        Ok(settings) => {
            let from = (!who.is_unspecified()).then_some(who);
            match asked_for(subscriptions, &settings, &address, &url, from).await? {
                None => return Ok(unkept(elsewhere("/subscribe/asked"))),
                refusal => (settings, refusal),
            }
        }
    };
    let status = if refusal.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    let typed = Typed { address, url, refusal: refusal.unwrap_or_default() };
    let mut response = shown(state, headers, HOME, drawn(state, &settings, typed)).await;
    if response.status() == StatusCode::OK {
        *response.status_mut() = status;
    }
    Ok(unkept(response))
}

/// Takes a wish, or says what is wrong with it.
async fn asked_for(
    subscriptions: &Subscriptions,
    settings: &Settings,
    address: &str,
    url: &str,
    from: Option<IpAddr>,
) -> Result<Option<String>, WebError> {
    if settings.wants_nothing() {
        return Ok(Some("choose a rule at least".to_owned()));
    }
    let channel = settings.channel(url.to_owned());
    let wanted = Wanted { address: address.to_owned(), filter: settings.filter(), channel, from };
    match subscriptions.subscribers.request(wanted).await {
        Ok(()) => Ok(None),
        Err(Refused::TooMany { retry_after }) => {
            Err(WebError::TooMany { seconds: u32::try_from(retry_after.as_secs()).unwrap_or(3_600) })
        }
        Err(Refused::Failed(error)) => Err(failed(&error)),
        Err(refused) => Ok(Some(refused.to_string())),
    }
}

/// Shown at another address: a page that is loaded again sends nothing again.
pub(super) fn elsewhere(path: &str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, path.to_owned())]).into_response()
}

/// It is the database's fault; the visitor is told no more than that.
pub(super) fn failed(error: &hashwatch_delivery::DeliveryError) -> WebError {
    tracing::error!(%error, "subscriptions failed a request");
    WebError::Unavailable("subscriptions cannot be reached at the moment; try again in a while")
}

/// `GET /subscribe/asked`: the same whoever asked, and whether or not anything comes of it.
pub(crate) async fn asked(State(state): State<WebState>, headers: HeaderMap, uri: Uri) -> Response {
    let page = async {
        open(&state)?;
        Params::of(&uri).finish()?;
        let answer = "Look into your mail.".to_owned();
        Ok(ToldPage {
            page: Page::new(&state, HOME, "Subscribe", &answer),
            answer,
            text: "If this address can have a subscription, a mail is on its way to it. Its link begins the subscription, and holds \
                   for 48 hours. Nothing else is sent before. Whoever did not ask can throw the mail away: the wish is forgotten by \
                   itself.",
        })
    };
    shown(&state, &headers, HOME, page).await
}
