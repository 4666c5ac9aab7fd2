//! The door: connections from anybody, so each has its bounds. A visitor that sends half a request, or none, or never
//! reads the answer, takes a place for a while and holds up nobody's stop.

use std::{sync::Arc, time::Duration};

use axum::Router;
use hyper::{
    body::Incoming,
    server::conn::http1,
    service::{Service, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::{net::TcpListener, sync::Semaphore};

use crate::{router, state::WebState, visitor::Peer};

/// What one visitor may take.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    /// Connections open at once; further ones wait to be accepted.
    connections: usize,
    /// A request's line and headers must be there within this time; an idle connection is kept as long.
    headers_within: Duration,
    /// How long requests under way may take to finish once serving ends.
    farewell: Duration,
}

const BOUNDS: Bounds =
    Bounds { connections: 512, headers_within: Duration::from_secs(20), farewell: Duration::from_secs(5) };
/// A request's line and headers, in bytes.
const HEADER_BYTES: usize = 32 * 1024;

/// Serves the site until `stopped` completes, and lets the requests under way finish, for a few seconds. Streams of notices end at
/// once, and have places beside those of all others.
pub async fn serve(listener: TcpListener, state: WebState, stopped: impl Future<Output = ()> + Send) {
    let streams = Arc::clone(&state.streams_of_notices);
    let connections = BOUNDS.connections + state.alerts.streams.most;
    let stopped = async move {
        stopped.await;
        streams.end();
    };
    serve_within(Bounds { connections, ..BOUNDS }, listener, router(state), stopped).await;
}

async fn serve_within(bounds: Bounds, listener: TcpListener, site: Router, stopped: impl Future<Output = ()> + Send) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(bounds.headers_within).max_buf_size(HEADER_BYTES);
    let places = Arc::new(Semaphore::new(bounds.connections));
    let graceful = GracefulShutdown::new();
    let mut stopped = std::pin::pin!(stopped);
    loop {
        let accepted = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            () = &mut stopped => break,
            accepted = accepted => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // out of file descriptors, mostly: asking again at once would spin
                tracing::warn!(%error, "a visitor could not be let in");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        // answers are small and whole: waiting to fill a packet only delays them
        let _ = stream.set_nodelay(true);
        let inner = TowerToHyperService::new(site.clone());
        let service = service_fn(move |mut request: hyper::Request<Incoming>| {
            request.extensions_mut().insert(Peer(peer.ip()));
            inner.call(request)
        });
        let connection = graceful.watch(http.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a visitor's connection ended badly");
            }
            drop(place);
        });
    }
    drop(listener);
    if tokio::time::timeout(bounds.farewell, graceful.shutdown()).await.is_err() {
        tracing::info!("some visitors were still connected {} s after the end", bounds.farewell.as_secs());
    }
}

#[cfg(test)]
mod tests {
    use std::{net::SocketAddr, time::Instant};

    use axum::routing::get;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpStream,
        sync::oneshot,
        task::JoinHandle,
    };

    use super::*;

    const TIGHT: Bounds =
        Bounds { connections: 2, headers_within: Duration::from_millis(400), farewell: Duration::from_millis(300) };
    const LONG: Duration = Duration::from_secs(10);

    async fn site(bounds: Bounds) -> (SocketAddr, oneshot::Sender<()>, JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let site = Router::new().route("/", get(async || "here"));
        let stopped = async move { stopped.await.unwrap_or_default() };
        (address, stop, tokio::spawn(serve_within(bounds, listener, site, stopped)))
    }

    async fn visitor(address: SocketAddr, says: &str) -> TcpStream {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(says.as_bytes()).await.unwrap();
        stream
    }

    async fn hears(stream: &mut TcpStream) -> String {
        let mut text = Vec::new();
        // a reset is an end too
        let _ = tokio::time::timeout(LONG, stream.read_to_end(&mut text)).await.expect("the server hangs up");
        String::from_utf8(text).unwrap()
    }

    #[tokio::test]
    async fn half_a_request_does_not_hold_up_the_end() {
        let (address, stop, served) = site(Bounds { headers_within: LONG * 6, ..TIGHT }).await;
        let _half = visitor(address, "GET / HTTP/1.1\r\nHost: x\r\n").await;
        let _silent = visitor(address, "").await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        let asked = Instant::now();
        stop.send(()).unwrap();
        tokio::time::timeout(LONG, served).await.expect("it ends").unwrap();
        assert!(asked.elapsed() < LONG / 2, "{:?}", asked.elapsed());
    }

    #[tokio::test]
    async fn who_never_ends_a_request_gives_the_place_to_the_next() {
        let (address, _stop, _served) = site(TIGHT).await;
        let mut slow = [visitor(address, "GET / HTTP/1.1\r\nX: ").await, visitor(address, "").await];
        // both places are taken: this one waits until their time is over
        let mut next = visitor(address, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
        assert!(hears(&mut next).await.ends_with("here"));
        for slow in &mut slow {
            assert!(!hears(slow).await.contains("here"));
        }
    }
}
