//! Who wants to be warned: `/subscribe` with its preview, and the pages that the links in a subscriber's own mail lead to.
//!
//! A page whose address holds a token is kept by nobody and told to nobody: no cache, no referrer, no log. A form is taken from our own
//! pages alone, from each visitor so many a minute, and answered alike whoever is subscribed.

mod buttons;
mod form;
mod guard;
mod manage;
mod preview;
mod wish;

use axum::routing::get;
use utoipa_axum::router::OpenApiRouter;

use crate::{alerts::Subscriptions, error::WebError, state::WebState};

/// Where a wish is sent from.
pub(crate) const HOME: &str = "/subscribe";

/// Pages of subscriptions.
pub(crate) fn routes() -> OpenApiRouter<WebState> {
    OpenApiRouter::new()
        .route(HOME, get(wish::page).post(wish::sent))
        .route("/subscribe/asked", get(wish::asked))
        .route("/subscriptions/confirm/{token}", get(buttons::confirm_page).post(buttons::confirm))
        .route("/subscriptions/{token}", get(manage::page).post(manage::change))
        .route("/subscriptions/{token}/unsubscribe", get(buttons::unsubscribe_page).post(buttons::unsubscribe))
}

/// Whether visitors may subscribe, so that pages lead to where.
pub(crate) fn is_open(state: &WebState) -> bool {
    state.alerts.subscriptions.as_ref().is_some_and(|it| it.public)
}

/// Subscriptions, where there are any; else there is no such page.
fn kept(state: &WebState) -> Result<&Subscriptions, WebError> {
    state.alerts.subscriptions.as_ref().ok_or_else(none)
}

/// The same where anybody may subscribe.
fn open(state: &WebState) -> Result<&Subscriptions, WebError> {
    kept(state).and_then(|it| if it.public { Ok(it) } else { Err(none()) })
}

fn none() -> WebError {
    WebError::NotFound(
        "this hashwatch takes no subscriptions; its feeds are open to all: /alerts leads to them".to_owned(),
    )
}
