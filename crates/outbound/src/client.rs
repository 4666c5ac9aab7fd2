//! The question and its answer: redirects, deadlines, conditional requests.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    Request, Response, StatusCode,
    body::Incoming,
    client::conn::http1,
    header::{ACCEPT, ACCEPT_ENCODING, CONNECTION, HOST, HeaderMap, HeaderValue, LOCATION, RETRY_AFTER, USER_AGENT},
};
use hyper_util::rt::TokioIo;
use rustls::RootCertStore;
use tokio::{task::JoinSet, time::timeout};
use tokio_rustls::TlsConnector;

use crate::{
    AllowList, OutboundError, Target, Validators, body,
    connect::{connect, system_authorities, tls},
    resolve::{Resolve, SystemResolver, check},
};

/// Bytes of an answer's head.
const MAX_HEAD_BYTES: usize = 64 * 1024;

/// What one question may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// To connect, TLS included, for each hop.
    pub connect: Duration,
    /// In all, from the name to the last byte, redirects included.
    pub whole: Duration,
    /// Bytes of body, as sent and once decompressed.
    pub body_bytes: usize,
    /// Redirects that are followed.
    pub redirects: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { connect: Duration::from_secs(10), whole: Duration::from_secs(30), body_bytes: 8 << 20, redirects: 3 }
    }
}

/// What came of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetched {
    /// What the validators are of is still what there is.
    NotModified,
    /// What there is.
    Answer(Answer),
}

/// An answer with status 200.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Decompressed.
    pub body: Bytes,
    /// To ask by the next time.
    pub validators: Validators,
}

/// What a receiver said to what it was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posted {
    /// The HTTP status, whatever it is.
    pub status: u16,
    /// How long it asks to be left alone.
    pub retry_after: Option<Duration>,
}

impl Posted {
    /// Whether it was taken: any status from 200 to 299.
    pub fn is_taken(self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Asks. Each question has a connection of its own: they are minutes apart.
pub struct Client {
    allowed: AllowList,
    limits: Limits,
    agent: HeaderValue,
    tls: TlsConnector,
    resolver: Arc<dyn Resolve>,
}

impl Client {
    /// Introduces itself as hashwatch, with its version and whom to write to, where the operator says so: some hosts ask
    /// for that.
    ///
    /// # Errors
    /// Where the contact cannot stand in a header, or TLS cannot be set up.
    pub fn new(allowed: AllowList, limits: Limits, contact: Option<&str>) -> Result<Client, OutboundError> {
        Client::with(allowed, limits, contact, system_authorities(), Arc::new(SystemResolver))
    }

    pub(crate) fn with(
        allowed: AllowList,
        limits: Limits,
        contact: Option<&str>,
        authorities: RootCertStore,
        resolver: Arc<dyn Resolve>,
    ) -> Result<Client, OutboundError> {
        let name = concat!("hashwatch/", env!("CARGO_PKG_VERSION"));
        let agent = contact.map_or_else(|| name.to_owned(), |contact| format!("{name} ({contact})"));
        let agent = HeaderValue::from_str(&agent).map_err(|_| OutboundError::Agent)?;
        Ok(Client { allowed, limits, agent, tls: tls(authorities)?, resolver })
    }

    /// What lies there, unless it is what the validators are of. Redirects are followed, each checked as the target itself.
    ///
    /// # Errors
    /// See [`OutboundError`]: an address that may not be asked, no answer in time, one that is too large, or any status but
    /// 200 and, where validators were sent, 304.
    pub async fn get(&self, target: &Target, validators: &Validators) -> Result<Fetched, OutboundError> {
        let after = self.limits.whole;
        let slow = |_| OutboundError::Timeout { target: target.to_string(), after };
        timeout(after, self.get_within(target, validators)).await.map_err(slow)?
    }

    async fn get_within(&self, target: &Target, validators: &Validators) -> Result<Fetched, OutboundError> {
        let mut from = target.clone();
        for _ in 0..=self.limits.redirects {
            let mut request = Request::get(from.path_and_query()).header(ACCEPT, "*/*");
            for (name, value) in validators.headers() {
                request = request.header(name, value);
            }
            let request = request.body(Full::default()).map_err(|_| OutboundError::Url("HTTP cannot carry it"))?;
            // the connection goes with it
            let mut driving = JoinSet::new();
            let (head, body) = self.exchange(&from, request, &mut driving).await?.into_parts();
            let shown = from.to_string();
            match head.status {
                StatusCode::OK => {
                    let body = body::read(&head.headers, body, self.limits.body_bytes, &shown).await?;
                    return Ok(Fetched::Answer(Answer { body, validators: Validators::read(&head.headers) }));
                }
                StatusCode::NOT_MODIFIED if !validators.is_empty() => return Ok(Fetched::NotModified),
                StatusCode::MOVED_PERMANENTLY
                | StatusCode::FOUND
                | StatusCode::SEE_OTHER
                | StatusCode::TEMPORARY_REDIRECT
                | StatusCode::PERMANENT_REDIRECT => {
                    let location = text(&head.headers, &LOCATION);
                    let nowhere = OutboundError::Redirect { target: shown, reason: "nowhere" };
                    from = from.redirected(&location.ok_or(nowhere)?)?;
                }
                status => {
                    let retry_after = retry_after(&head.headers, SystemTime::now());
                    return Err(OutboundError::Status { target: shown, status: status.as_u16(), retry_after });
                }
            }
        }
        Err(OutboundError::Redirects { target: target.to_string(), limit: self.limits.redirects })
    }

    /// Sends a body, and says what came back. A redirect is an answer like any other and never followed: what was meant for one host
    /// is not handed to another. The answer's own body is read within the limits, and dropped.
    ///
    /// # Errors
    /// See [`OutboundError`]: an address that may not be asked, a header that HTTP cannot carry, no answer in time, or one that is
    /// too large.
    pub async fn post(
        &self,
        target: &Target,
        headers: &[(&str, &str)],
        body: impl Into<Bytes> + Send,
    ) -> Result<Posted, OutboundError> {
        let after = self.limits.whole;
        let slow = |_| OutboundError::Timeout { target: target.to_string(), after };
        let mut request = Request::post(target.path_and_query());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body.into())).map_err(|_| OutboundError::Url("HTTP cannot carry it"))?;
        timeout(after, self.post_within(target, request)).await.map_err(slow)?
    }

    async fn post_within(&self, target: &Target, request: Request<Full<Bytes>>) -> Result<Posted, OutboundError> {
        // the connection goes with it
        let mut driving = JoinSet::new();
        let (head, body) = self.exchange(target, request, &mut driving).await?.into_parts();
        body::pass_over(body, self.limits.body_bytes, &target.to_string()).await?;
        let retry_after = retry_after(&head.headers, SystemTime::now());
        Ok(Posted { status: head.status.as_u16(), retry_after })
    }

    /// One question to one host, whatever its method: checks the host, connects to what passed, sends and reads the head.
    async fn exchange(
        &self,
        target: &Target,
        mut request: Request<Full<Bytes>>,
        driving: &mut JoinSet<()>,
    ) -> Result<Response<Incoming>, OutboundError> {
        let broken =
            |error: hyper::Error| OutboundError::Broken { target: target.to_string(), reason: error.to_string() };
        let host = HeaderValue::from_str(target.authority());
        let headers = request.headers_mut();
        headers.insert(HOST, host.map_err(|_| OutboundError::Url("HTTP cannot carry it"))?);
        headers.insert(USER_AGENT, self.agent.clone());
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
        let checked = check(target, &self.allowed, &*self.resolver).await?;
        let wire = connect(target, &checked, &self.tls, self.limits.connect).await?;
        let http = http1::Builder::new().max_buf_size(MAX_HEAD_BYTES).handshake(TokioIo::new(wire)).await;
        let (mut sender, connection) = http.map_err(broken)?;
        driving.spawn(async move {
            // what breaks it is told to the one who waits for the answer
            let _ = connection.await;
        });
        sender.send_request(request).await.map_err(broken)
    }
}

fn text(headers: &HeaderMap, name: &hyper::header::HeaderName) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// Seconds, or a date (RFC 9110, section 10.2.3).
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let said = text(headers, &RETRY_AFTER)?;
    match said.trim().parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => httpdate::parse_http_date(said.trim()).ok()?.duration_since(now).ok(),
    }
}
