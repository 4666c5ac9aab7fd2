//! The way from a [`clickhouse::Client`] to the engine, or to whoever else answers, without a socket: a pair of in-memory pipes per connection.

use crate::engine::Inner;
use crate::interface::{self, Access};
use hyper::body::{Body, Incoming};
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::convert::Infallible;
use std::io::{Error, IoSlice};
use std::pin::Pin;
use std::sync::Weak;
use std::task::{Context, Poll};
use tokio::io::DuplexStream;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Bytes in flight each way.
const PIPE: usize = 256 * 1024;

/// A client that talks to `engine`.
pub(crate) fn client(engine: Weak<Inner>) -> clickhouse::Client {
    through(move |request| {
        let engine = engine.clone();
        async move { Ok::<_, Infallible>(interface::answer_if_open(&engine, Access::Full, request).await) }
    })
}

/// A client whose requests are answered by `answer`; where that fails the connection breaks. The address is never
/// looked up; `.invalid` is reserved for that (RFC 2606).
pub(crate) fn through<A, F, B, E>(answer: A) -> clickhouse::Client
where
    A: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<Response<B>, E>> + Send + 'static,
    B: Body<Data: Send, Error: Into<Failure>> + Send + 'static,
    E: Into<Failure> + 'static,
{
    let connector =
        tower::service_fn(move |_address: hyper::Uri| std::future::ready(Ok::<_, Infallible>(connect(answer.clone()))));
    let http = hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build(connector);
    clickhouse::Client::with_http_client(http)
        .with_url("http://engine.invalid")
        .with_compression(clickhouse::Compression::None)
}

/// Opens one connection: this end for the client, the other served by a task until the client drops its end.
fn connect<A, F, B, E>(answer: A) -> Pipe
where
    A: Fn(Request<Incoming>) -> F + Send + 'static,
    F: Future<Output = Result<Response<B>, E>> + Send + 'static,
    B: Body<Data: Send, Error: Into<Failure>> + Send + 'static,
    E: Into<Failure> + 'static,
{
    let (near, far) = tokio::io::duplex(PIPE);
    let service = service_fn(answer);
    tokio::spawn(async move {
        let served = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(far), service).await;
        if let Err(error) = served {
            // a client that drops a cursor or an insert half-way does this
            tracing::trace!(%error, "an in-memory connection ended");
        }
    });
    Pipe(TokioIo::new(near))
}

/// One end of the pair, as hyper's client wants it.
struct Pipe(TokioIo<DuplexStream>);

impl Connection for Pipe {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl Read for Pipe {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: ReadBufCursor<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl Write for Pipe {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<Result<usize, Error>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<Result<usize, Error>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, bufs)
    }
}
