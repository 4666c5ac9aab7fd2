//! HTTP to one bitcoind: keep-alive connections, a deadline and a size limit on every answer, credentials that follow
//! the node's restarts. Offered to the `bitcoincore-rpc` client as its transport; REST, which asks for no credentials,
//! gets from the same connections by [`Endpoint::get`]. No redirect is followed.
//!
//! Why not a transport that jsonrpc brings along: its `simple_http` allows 1 GiB of body, header lines without end and
//! a fresh timeout for each read, so that a trickle never ends; its `minreq_http` bounds no body, counts its timeout in
//! whole seconds and opens a connection per call.

use std::{
    error::Error as _,
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use bitcoincore_rpc::jsonrpc;
use bytes::Bytes;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::{
    Request, StatusCode, Uri,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use tokio::{runtime::Handle, sync::watch};

use crate::{
    NodeError,
    auth::{Auth, Credentials, read_cookie},
    error::shown,
};

/// bitcoind closes connections that were idle for 30 s (`-rpcservertimeout`): be the first to let go.
const IDLE: Duration = Duration::from_secs(20);
/// Bytes of a foreign body that are looked at for a message.
const LOOKED_AT: usize = 4_096;
/// Bytes of an answer's HTTP head.
const MAX_HEAD_BYTES: usize = 64 * 1024;

/// The way to one node.
pub(crate) struct Endpoint {
    client: Client<HttpConnector, Full<Bytes>>,
    uri: Uri,
    auth: Auth,
    /// What was sent last; none until the first call.
    credentials: Mutex<Option<Credentials>>,
    /// See [`Endpoint::outages`].
    outages: AtomicU32,
}

/// What one call may cost, and what it is called in messages.
pub(crate) struct Terms {
    pub(crate) asked: String,
    /// From the connect to the last byte.
    pub(crate) deadline: Duration,
    /// Bytes of body.
    pub(crate) limit: usize,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// It calls itself text: a page or a message, no data.
    pub(crate) is_text: bool,
    pub(crate) body: Bytes,
}

impl Endpoint {
    /// Nothing is sent yet. `connect_timeout` keeps a host that swallows packets from eating the whole deadline of a
    /// long poll.
    pub(crate) fn new(url: &str, auth: Auth, connect_timeout: Duration) -> Result<Endpoint, NodeError> {
        let uri: Uri = url.parse().map_err(|_| NodeError::Url("it is not a URL such as http://127.0.0.1:8332"))?;
        if uri.scheme_str() != Some("http") {
            return Err(NodeError::Url("it must begin with http:// (bitcoind speaks no TLS)"));
        }
        if uri.authority().is_none_or(|authority| authority.as_str().contains('@')) {
            return Err(NodeError::Url("user and password do not belong in it: they have settings of their own"));
        }
        let known = match &auth {
            Auth::Cookie(_) => None,
            Auth::UserPass { user, .. } if user.contains(':') => return Err(NodeError::Credentials),
            Auth::UserPass { user, password } => {
                Some(Credentials::new(format!("{user}:{password}")).ok_or(NodeError::Credentials)?)
            }
        };
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(connect_timeout));
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .http1_max_buf_size(MAX_HEAD_BYTES)
            .build(connector);
        Ok(Endpoint { client, uri, auth, credentials: Mutex::new(known), outages: AtomicU32::new(0) })
    }

    /// Counts the signs that the node was away: no connection, a broken one, a new cookie. Whoever remembers what the
    /// node can do remembers this number with it.
    pub(crate) fn outages(&self) -> u32 {
        self.outages.load(Ordering::Relaxed)
    }

    fn was_away(&self) {
        self.outages.fetch_add(1, Ordering::Relaxed);
    }

    /// The credentials in use, or those that lie in the cookie file now.
    fn credentials(&self, anew: bool) -> Result<Credentials, NodeError> {
        let mut held = self.credentials.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Some(known), false) = (&*held, anew && matches!(self.auth, Auth::Cookie(_))) {
            return Ok(known.clone());
        }
        let Auth::Cookie(path) = &self.auth else { return Err(NodeError::Credentials) };
        let read = read_cookie(path)?;
        *held = Some(read.clone());
        Ok(read)
    }

    /// The start of a foreign body, fit for a message.
    pub(crate) fn shown(&self, body: &[u8]) -> String {
        let text = String::from_utf8_lossy(&body[..body.len().min(LOOKED_AT)]);
        let held = self.credentials.lock().unwrap_or_else(PoisonError::into_inner);
        shown(&held.as_ref().map_or_else(|| text.clone().into_owned(), |known| known.struck_from(&text)))
    }

    /// An answer to a JSON-RPC call. Errors come with status 500 or 404 and a JSON-RPC body: the body is believed where
    /// there is one.
    pub(crate) fn read_answer<R: DeserializeOwned>(&self, terms: &Terms, answer: &Answer) -> Result<R, NodeError> {
        serde_json::from_slice(&answer.body).map_err(|error| {
            let (asked, came) = (terms.asked.clone(), self.shown(&answer.body));
            match answer.status {
                StatusCode::OK => NodeError::Malformed { asked, reason: error.to_string(), came },
                status => NodeError::Http { asked, status: status.as_u16(), said: came },
            }
        })
    }

    /// What lies at `path` (from the slash on) of the node's host and port, without credentials.
    pub(crate) async fn get(&self, path: &str, terms: &Terms) -> Result<Answer, NodeError> {
        let mut parts = self.uri.clone().into_parts();
        parts.path_and_query = Some(path.try_into().map_err(|_| unspeakable())?);
        let uri = Uri::from_parts(parts).map_err(|_| unspeakable())?;
        let request = Request::get(uri).body(Full::default()).map_err(|_| unspeakable())?;
        within(terms, self.resent(request, terms)).await
    }

    /// Sends the body and reads the whole answer, on the terms given.
    pub(crate) async fn post(&self, body: Bytes, terms: &Terms) -> Result<Answer, NodeError> {
        within(terms, self.post_authorized(body, terms)).await
    }

    /// A node that was started again has a new cookie and answers 401 to the old one.
    async fn post_authorized(&self, body: Bytes, terms: &Terms) -> Result<Answer, NodeError> {
        let used = self.credentials(false)?;
        let mut answer = self.resent(self.call(&body, &used)?, terms).await?;
        if answer.status == StatusCode::UNAUTHORIZED {
            let anew = self.credentials(true)?;
            if anew != used {
                tracing::debug!(asked = terms.asked, "the node has a new cookie");
                self.was_away();
                answer = self.resent(self.call(&body, &anew)?, terms).await?;
            }
        }
        if answer.status == StatusCode::UNAUTHORIZED {
            return Err(NodeError::Unauthorized { asked: terms.asked.clone() });
        }
        Ok(answer)
    }

    fn call(&self, body: &Bytes, credentials: &Credentials) -> Result<Request<Full<Bytes>>, NodeError> {
        Request::post(self.uri.clone())
            .header(CONTENT_TYPE, "application/json")
            .header(AUTHORIZATION, credentials.header.clone())
            .body(Full::new(body.clone()))
            .map_err(|_| unspeakable())
    }

    /// A kept connection may have been closed by the node just as we wrote to it, so one failure is tried again on
    /// another connection. All our calls only read.
    async fn resent(&self, request: Request<Full<Bytes>>, terms: &Terms) -> Result<Answer, NodeError> {
        let answered = match self.exchange(request.clone(), terms).await {
            Err(NodeError::Broken { .. }) => self.exchange(request, terms).await,
            answered => answered,
        };
        if let Err(NodeError::Broken { .. } | NodeError::Connect { .. }) = answered {
            self.was_away();
        }
        answered
    }

    async fn exchange(&self, request: Request<Full<Bytes>>, terms: &Terms) -> Result<Answer, NodeError> {
        let asked = || terms.asked.clone();
        let response = self.client.request(request).await.map_err(|error| {
            // the outermost layer says no more than that a request failed
            let reason = shown(&error.source().map_or_else(|| error.to_string(), chain));
            match error.is_connect() {
                true => NodeError::Connect { asked: asked(), reason },
                false => NodeError::Broken { asked: asked(), reason },
            }
        })?;
        let (head, body) = response.into_parts();
        let is_text = head.headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/"));
        let body = Limited::new(body, terms.limit).collect().await.map_err(|error| {
            match error.downcast_ref::<LengthLimitError>() {
                Some(_) => NodeError::TooLarge { asked: asked(), limit: terms.limit },
                None => NodeError::Broken { asked: asked(), reason: shown(&chain(&*error)) },
            }
        })?;
        Ok(Answer { status: head.status, is_text, body: body.to_bytes() })
    }
}

async fn within<T>(terms: &Terms, work: impl Future<Output = Result<T, NodeError>>) -> Result<T, NodeError> {
    let timeout = || NodeError::Timeout { asked: terms.asked.clone(), after: terms.deadline };
    tokio::time::timeout(terms.deadline, work).await.unwrap_or_else(|_| Err(timeout()))
}

fn unspeakable() -> NodeError {
    NodeError::Url("HTTP cannot carry it")
}

/// An error with its causes, outermost first.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}

/// The transport of one call. The client on top blocks its thread; the I/O is the runtime's, so that a call ends when
/// the one who asked goes away.
pub(crate) struct Call {
    pub(crate) endpoint: Arc<Endpoint>,
    pub(crate) terms: Terms,
    pub(crate) runtime: Handle,
    /// Its sender is dropped when nobody waits for the answer any more.
    pub(crate) asker: watch::Receiver<()>,
}

impl Call {
    fn round_trip<R: DeserializeOwned>(&self, request: impl Serialize) -> Result<R, NodeError> {
        let asked = || self.terms.asked.clone();
        let body = serde_json::to_vec(&request).map_err(|error| NodeError::Malformed {
            asked: asked(),
            reason: error.to_string(),
            came: String::new(),
        })?;
        let mut asker = self.asker.clone();
        let answer = self.runtime.block_on(async {
            tokio::select! {
                // first, since timers panic once the runtime is shutting down
                biased;
                _ = asker.changed() => Err(NodeError::Cancelled { asked: asked() }),
                answer = self.endpoint.post(body.into(), &self.terms) => answer,
            }
        })?;
        self.endpoint.read_answer(&self.terms, &answer)
    }
}

fn carried(error: NodeError) -> jsonrpc::Error {
    jsonrpc::Error::Transport(Box::new(error))
}

impl jsonrpc::Transport for Call {
    fn send_request(&self, request: jsonrpc::Request<'_>) -> Result<jsonrpc::Response, jsonrpc::Error> {
        let id = request.id.clone();
        let response: jsonrpc::Response = self.round_trip(request).map_err(carried)?;
        // bitcoincore-rpc does not look; an error to a request that was not understood has no id
        match response.id == id || response.error.is_some() {
            true => Ok(response),
            false => Err(jsonrpc::Error::NonceMismatch),
        }
    }

    fn send_batch(&self, requests: &[jsonrpc::Request<'_>]) -> Result<Vec<jsonrpc::Response>, jsonrpc::Error> {
        let raw: Box<RawValue> = self.round_trip(requests).map_err(carried)?;
        if raw.get().starts_with('[') {
            return Ok(serde_json::from_str(raw.get())?);
        }
        // a batch that is refused as a whole is answered by one object
        let response: jsonrpc::Response = serde_json::from_str(raw.get())?;
        Err(response.error.map_or(jsonrpc::Error::NonceMismatch, jsonrpc::Error::Rpc))
    }

    fn fmt_target(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.endpoint.uri)
    }
}
