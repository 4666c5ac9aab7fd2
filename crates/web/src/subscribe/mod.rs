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

use axum::{middleware::from_fn_with_state, routing::get};
use utoipa_axum::router::OpenApiRouter;

use crate::{
    alerts::Subscriptions,
    crowd::{Lane, admit},
    error::WebError,
    state::WebState,
};

/// Where a wish is sent from.
pub(crate) const HOME: &str = "/subscribe";

/// Pages of subscriptions, in a lane of their own.
pub(crate) fn routes(lane: Lane, state: Option<&WebState>) -> OpenApiRouter<WebState> {
    let pages = OpenApiRouter::new()
        .route(HOME, get(wish::page).post(wish::sent))
        .route("/subscribe/asked", get(wish::asked))
        .route("/subscriptions/confirm/{token}", get(buttons::confirm_page).post(buttons::confirm))
        .route("/subscriptions/{token}", get(manage::page).post(manage::change))
        .route("/subscriptions/{token}/unsubscribe", get(buttons::unsubscribe_page).post(buttons::unsubscribe));
    in_lane(pages, lane, state)
}

/// A form has to have come before it gets a place in the lane.
fn in_lane<S>(pages: OpenApiRouter<S>, lane: Lane, state: Option<&WebState>) -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
{
    let whole = from_fn_with_state(state.cloned(), guard::whole);
    pages.route_layer(from_fn_with_state(lane, admit)).route_layer(whole)
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::{
        Router,
        body::{Body, Bytes},
        extract::Request,
        routing::post,
    };
    use tower::ServiceExt;

    use super::*;

    /// A form of which so much comes, and then nothing any more, or its end.
    fn form(bytes: &'static [u8], ends: bool) -> Request {
        let first = futures_util::stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(bytes))]);
        let rest = futures_util::stream::poll_fn(move |_| match ends {
            true => std::task::Poll::Ready(None),
            false => std::task::Poll::Pending,
        });
        Request::post("/").body(Body::from_stream(futures_util::StreamExt::chain(first, rest))).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_form_that_does_not_come_takes_nobodys_place() {
        let pages = OpenApiRouter::new().route("/", post(async |form: Bytes| form));
        let (site, _) = in_lane::<()>(pages, Lane::new(2, None), None).split_for_parts();
        let ask = |form| tokio::spawn(Router::clone(&site).oneshot(form));
        let slow: Vec<_> = (0..9).map(|_| ask(form(b"address=", false))).collect();
        tokio::time::sleep(Duration::from_secs(1)).await;
        let start = tokio::time::Instant::now();
        let honest = ask(form(b"address=a", true)).await.unwrap().unwrap();
        assert_eq!((honest.status().as_u16(), start.elapsed()), (200, Duration::ZERO));
        let bytes = axum::body::to_bytes(honest.into_body(), 99).await.unwrap();
        assert_eq!(&bytes[..], b"address=a");
        for slow in slow {
            assert_eq!(slow.await.unwrap().unwrap().status(), 408);
        }
        assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
        let large = ask(form(&[b'x'; (16 << 10) + 1], true)).await.unwrap().unwrap();
        assert_eq!((large.status().as_u16(), &large.headers()["cache-control"]), (413, &"no-store".parse().unwrap()));
    }
}
