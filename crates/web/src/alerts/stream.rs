//! `GET /api/v1/alerts/stream`: notices as they are said, as server-sent events.
//!
//! A notice is read and written once, whoever listens: each stream sends the same bytes. One that was away tells by `Last-Event-ID`
//! what it had, and gets the rest; one that cannot keep up gets what it missed from the store.

use std::{
    convert::Infallible,
    sync::{Arc, Once},
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use futures_util::{Stream, stream};
use hashwatch_store::KeptNotice;
use tokio::sync::broadcast::{self, error::RecvError};

use super::fields::notice_fields;
use crate::{
    error::WebError,
    openapi::Refused,
    params::Params,
    policy::Unending,
    state::WebState,
    visitor::{Place, Places, visitor},
};

/// Notices that wait for a slow stream before it has to look for them in the store.
const WAITING: usize = 256;
/// Notices read at a time.
const PAGE: u32 = 200;
/// How many of those that it missed a stream is told at most: the newest.
const MOST_MISSED: u64 = 1_000;
/// Between two signs of life.
const ALIVE: Duration = Duration::from_secs(20);
/// Asked again after this time, where the store does not answer.
const AGAIN: Duration = Duration::from_secs(2);
/// What a stream begins with: how long to wait before it is opened again.
const HELLO: Bytes = Bytes::from_static(b"retry: 5000\n: notices as they are said\n\n");
const SIGN: Bytes = Bytes::from_static(b":\n\n");

/// A notice as it is sent, with its number; none at the end of all streams.
type Said = Option<(u64, Bytes)>;

/// What streams have in common.
pub(crate) struct Streams {
    said: broadcast::Sender<Said>,
    /// Whether somebody reads what is new.
    begun: Once,
    places: Places,
}

impl Streams {
    pub(crate) fn new(most: usize, most_each: usize) -> Streams {
        Streams { said: broadcast::Sender::new(WAITING), begun: Once::new(), places: Places::new(most, most_each) }
    }

    /// Ends every stream, since serving ends.
    pub(crate) fn end(&self) {
        // nobody listening is as good
        let _ = self.said.send(None);
    }
}

/// As an event.
fn event(it: &KeptNotice) -> Bytes {
    // JSON has no bare end of a line, so it is one line of data
    let data = serde_json::to_string(&notice_fields(it)).unwrap_or_default();
    format!("id: {}\nevent: notice\ndata: {data}\n\n", it.notice.seq).into()
}

/// Reads what is new once for all streams, as long as somebody says how far it has come.
async fn tell(state: WebState, mut last: u64) {
    let mut notices = state.alerts.notices.clone();
    loop {
        let seq = notices.borrow_and_update().seq;
        while last < seq {
            match state.store.notices_after(last, PAGE).await {
                Ok(found) if found.is_empty() => break,
                Ok(found) => {
                    for it in &found {
                        last = it.notice.seq;
                        let _ = state.streams_of_notices.said.send(Some((last, event(it))));
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "notices could not be read for the streams");
                    tokio::time::sleep(AGAIN).await;
                }
            }
        }
        if notices.changed().await.is_err() {
            return;
        }
    }
}

/// Notices as they are said.
///
/// Server-sent events without an end: each `notice` has the notice's number as its id and the notice, as `/api/v1/alerts` tells it, as
/// its data. Whoever comes back with `Last-Event-ID` gets what was said since then, the newest 1,000 at most. What a reorg moved is not
/// told again. Comments are signs of life.
#[utoipa::path(
    get,
    operation_id = "alerts_stream",
    path = "/api/v1/alerts/stream",
    tag = "Alerts",
    params(),
    responses(
        (status = 200, description = "Events without an end", body = String, content_type = "text/event-stream"),
        (status = 400, description = "`unknown_parameter`, or `bad_value` of Last-Event-ID", body = Refused),
        (status = 429, description = "`too_many`: so many streams are open, in all or for one address; try again after as many seconds as \
          `Retry-After` says", body = Refused),
    )
)]
pub(crate) async fn stream(State(state): State<WebState>, request: Request) -> Result<Response, WebError> {
    Params::of(request.uri()).finish()?;
    let known = last_event(request.headers())?;
    let who = visitor(request.extensions(), request.headers(), &state.alerts.proxies);
    let streams = Arc::clone(&state.streams_of_notices);
    let place = streams.places.take(who).ok_or(WebError::TooMany { seconds: 30 })?;
    // first heard, then asked how far it is: nothing falls between
    let heard = streams.said.subscribe();
    let now = state.alerts.notices.borrow().seq;
    streams.begun.call_once(|| {
        tokio::spawn(tell(state.clone(), now));
    });
    // what another process said a moment ago may not have been heard of yet
    let up_to = match known {
        Some(_) => state.store.notices_mark().await?.seq.max(now),
        None => now,
    };
    let last = known.map_or(now, |known| known.min(up_to).max(up_to.saturating_sub(MOST_MISSED)));
    let listener = Listener { state, heard, last, up_to, waiting: vec![HELLO], _place: place };
    let mut response = Body::from_stream(events(listener)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    // a proxy that gathers what it passes on would hold notices back
    headers.insert("x-accel-buffering", header::HeaderValue::from_static("no"));
    response.extensions_mut().insert(Unending);
    Ok(response)
}

/// The number that a visitor had last.
fn last_event(headers: &HeaderMap) -> Result<Option<u64>, WebError> {
    let Some(value) = headers.get("last-event-id") else { return Ok(None) };
    let number = value.to_str().ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    match number {
        Some("") => Ok(None),
        number => number
            .and_then(|text| text.parse().ok())
            .map(Some)
            .ok_or(WebError::BadValue { name: "Last-Event-ID", reason: "the id of an event: a number".to_owned() }),
    }
}

/// One stream.
struct Listener {
    state: WebState,
    heard: broadcast::Receiver<Said>,
    /// The last notice that it was told.
    last: u64,
    /// Up to here it has to be read from the store.
    up_to: u64,
    /// Read, and not yet sent; the first last.
    waiting: Vec<Bytes>,
    _place: Place,
}

fn events(listener: Listener) -> impl Stream<Item = Result<Bytes, Infallible>> + Send + 'static {
    stream::unfold(listener, |mut listener| async move {
        let bytes = listener.next().await?;
        Some((Ok(bytes), listener))
    })
}

impl Listener {
    /// What is sent next; none at the end.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(bytes) = self.waiting.pop() {
                return Some(bytes);
            }
            if self.last < self.up_to && self.catch_up().await {
                continue;
            }
            match tokio::time::timeout(ALIVE, self.heard.recv()).await {
                Err(_) => return Some(SIGN),
                Ok(Ok(None) | Err(RecvError::Closed)) => return None,
                Ok(Ok(Some((seq, bytes)))) => {
                    if seq > self.last {
                        self.last = seq;
                        return Some(bytes);
                    }
                }
                Ok(Err(RecvError::Lagged(_))) => self.up_to = self.state.alerts.notices.borrow().seq,
            }
        }
    }

    /// Reads what it missed; false where there is nothing, or no answer.
    async fn catch_up(&mut self) -> bool {
        // on the heap: a stream that waits needs none of it
        match Box::pin(self.state.store.notices_after(self.last, PAGE)).await {
            Ok(found) if !found.is_empty() => {
                self.last = found.last().map_or(self.last, |it| it.notice.seq);
                self.waiting = found.iter().rev().map(event).collect();
                true
            }
            Ok(_) => {
                self.last = self.up_to;
                false
            }
            Err(error) => {
                tracing::warn!(%error, "notices could not be read for a stream");
                tokio::time::sleep(AGAIN).await;
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alerts::tests::kept;

    #[test]
    fn an_event_is_one_line_of_data_whatever_is_in_it() {
        let mut it = kept(7, 1, (0, 1));
        it.notice.subject.name = "two\r\nlines\n\ndata: x\u{2028}".to_owned();
        let text = String::from_utf8(event(&it).to_vec()).unwrap();
        let lines: Vec<&str> = text.split(['\n', '\r']).collect();
        assert_eq!((lines.len(), lines[0], lines[1], lines[3], lines[4]), (5, "id: 7", "event: notice", "", ""));
        let data: serde_json::Value = serde_json::from_str(lines[2].strip_prefix("data: ").unwrap()).unwrap();
        assert_eq!((&data["seq"], &data["subject"]["name"]), (&7.into(), &it.notice.subject.name.as_str().into()));
    }

    #[test]
    fn the_last_event_is_a_number() {
        let of = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert("last-event-id", header::HeaderValue::from_static(text));
            last_event(&headers).ok()
        };
        assert_eq!(
            (of("17"), of(""), of("-1"), of("x"), of("99999999999999999999")),
            (Some(Some(17)), Some(None), None, None, None)
        );
        assert_eq!(last_event(&HeaderMap::new()).unwrap(), None);
    }
}
