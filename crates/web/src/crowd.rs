//! Many visitors at once: how many are answered at a time, and what the rest are told.
//!
//! What is asked for is sorted into lanes, so that those who draw chart after chart do not stand in the way of those who
//! read the page, and the state can be asked for whatever the others do.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use tokio::sync::Semaphore;

use crate::{error::WebError, page::error_page, state::WebState};

/// How long a visitor waits for a place in the lane.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// What is answered at the same time.
#[derive(Clone)]
pub(crate) struct Lane {
    places: Arc<Semaphore>,
    patience: Duration,
    state: Option<WebState>,
}

impl Lane {
    /// A lane with this many places.
    pub(crate) fn new(places: usize, state: Option<&WebState>) -> Lane {
        Lane { places: Arc::new(Semaphore::new(places)), patience: PATIENCE, state: state.cloned() }
    }
}

/// Lets a request in when there is a place, first come first served; whoever has waited in vain is told so.
pub(crate) async fn admit(State(lane): State<Lane>, request: Request, next: Next) -> Response {
    // the semaphore is never closed
    match tokio::time::timeout(lane.patience, lane.places.acquire()).await {
        Ok(Ok(_place)) => next.run(request).await,
        _ => match (&lane.state, request.uri().path()) {
            (Some(state), path) if !path.starts_with("/api/") => {
                error_page(state, request.headers(), path, WebError::Busy)
            }
            _ => WebError::Busy.into_response(),
        },
    }
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, http::header, middleware::from_fn_with_state, routing::get};
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn beyond_its_places_a_lane_sends_visitors_away_and_then_takes_them_again() {
        let (open, opened) = tokio::sync::watch::channel(false);
        let slow = async move || opened.clone().wait_for(|open| *open).await.map(|_| "done").unwrap_or_default();
        let lane = Lane { places: Arc::new(Semaphore::new(2)), patience: Duration::from_millis(50), state: None };
        let site = Router::new().route("/", get(slow)).route_layer(from_fn_with_state(lane, admit));
        let ask = || tokio::spawn(site.clone().oneshot(Request::new(Body::empty())));
        let first = [ask(), ask()];
        tokio::time::sleep(Duration::from_millis(10)).await;
        let refused = ask().await.unwrap().unwrap();
        assert_eq!((refused.status().as_u16(), &refused.headers()[header::RETRY_AFTER]), (503, &"5".parse().unwrap()));
        let body = axum::body::to_bytes(refused.into_body(), 1 << 16).await.unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["error"]["code"], "busy");
        // one that comes while the others are about to end waits for its place
        let patient = ask();
        open.send(true).unwrap();
        for one in first.into_iter().chain([patient]) {
            assert_eq!(one.await.unwrap().unwrap().status(), 200);
        }
    }
}
