//! Answers that are sent while they are made: so many at a time, each as long as its reader takes what comes.

use std::{sync::Arc, time::Duration};

use axum::body::{Body, Bytes};
use futures_util::{Stream, StreamExt, stream};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    time::timeout,
};

use crate::error::WebError;

/// Sent at a time.
pub(crate) const PLACES: usize = 4;
/// How long one waits for a place.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a reader may take for what lies before it.
const STALLED: Duration = Duration::from_secs(60);

/// A place, or word that there is none.
pub(crate) async fn place(places: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, WebError> {
    // the semaphore is never closed
    match timeout(PATIENCE, Arc::clone(places).acquire_owned()).await {
        Ok(Ok(place)) => Ok(place),
        _ => Err(WebError::Busy),
    }
}

/// A body of these pieces. It breaks off, and is seen to have, where a piece fails or its reader takes no more; its place is free
/// again then, whatever the connection does.
pub(crate) fn body(
    pieces: impl Stream<Item = Result<Bytes, WebError>> + Send + 'static,
    place: OwnedSemaphorePermit,
) -> Body {
    let (sender, receiver) = mpsc::channel(2);
    tokio::spawn(async move {
        let _place = place;
        let mut pieces = Box::pin(pieces);
        while let Some(piece) = pieces.next().await {
            let last = piece.is_err();
            if !matches!(timeout(STALLED, sender.send(piece)).await, Ok(Ok(()))) {
                // an end without the last chunk, should the reader come back
                let _ = sender.try_send(Err(WebError::Busy));
                return;
            }
            if last {
                return;
            }
        }
        // that it is whole is said by a last word
        let _ = sender.send(Ok(Bytes::new())).await;
    });
    let pieces = stream::unfold(Some(receiver), |receiver| async move {
        let mut receiver = receiver?;
        match receiver.recv().await {
            // an empty piece on the wire would be the end, too
            Some(Ok(piece)) if piece.is_empty() => None,
            Some(Ok(piece)) => Some((Ok(piece), Some(receiver))),
            Some(Err(error)) => Some((Err(error), None)),
            None => Some((Err(WebError::Busy), None)),
        }
    });
    // compression asks once more after the end
    Body::from_stream(pieces.fuse())
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    fn pieces(count: u8) -> impl Stream<Item = Result<Bytes, WebError>> + Send + 'static {
        stream::iter((0..count).map(|n| Ok(Bytes::from(vec![n; 3]))))
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_takes_no_more_loses_the_place() {
        let places = Arc::new(Semaphore::new(1));
        let stalled = body(pieces(200), place(&places).await.unwrap());
        assert!(matches!(place(&places).await, Err(WebError::Busy)), "the place is taken");
        tokio::time::sleep(STALLED + Duration::from_secs(1)).await;
        let free = place(&places).await;
        assert!(free.is_ok(), "the place is free again");
        assert!(to_bytes(stalled, usize::MAX).await.is_err(), "what comes late is not taken for the whole");
        let whole = to_bytes(body(pieces(200), free.unwrap()), usize::MAX).await.unwrap();
        assert_eq!((whole.len(), whole[599]), (600, 199));
    }

    #[tokio::test]
    async fn an_end_is_an_end_however_often_it_is_asked_for() {
        let places = Arc::new(Semaphore::new(1));
        let mut body = body(pieces(3), place(&places).await.unwrap()).into_data_stream();
        let mut whole = Vec::new();
        while let Some(piece) = body.next().await {
            whole.extend_from_slice(&piece.unwrap());
        }
        assert_eq!(whole, [0, 0, 0, 1, 1, 1, 2, 2, 2]);
        assert!(body.next().await.is_none() && body.next().await.is_none());
    }

    #[tokio::test]
    async fn what_fails_breaks_off() {
        let places = Arc::new(Semaphore::new(1));
        let failing = pieces(3).chain(stream::iter([Err(WebError::NoBlocks)])).chain(pieces(3));
        assert!(to_bytes(body(failing, place(&places).await.unwrap()), usize::MAX).await.is_err());
        assert!(place(&places).await.is_ok());
    }
}
