//! The interface on a loopback port, for other processes of this machine that know the secret.

use crate::engine::Inner;
use crate::error::{AUTHENTICATION_FAILED, EngineError};
use crate::interface::{self, Access, Exception};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hyper::Request;
use hyper::header::AUTHORIZATION;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use subtle::ConstantTimeEq;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Connections open at once; further ones wait to be accepted.
const CONNECTIONS: usize = 64;
/// A request's headers must be there within this time.
const HEADERS_WITHIN: Duration = Duration::from_secs(10);
/// A request's URL and headers, in bytes.
const HEADER_BYTES: usize = 128 * 1024;
/// How long requests under way may take to finish once serving ends.
const FAREWELL: Duration = Duration::from_secs(30);

/// The password of a door to the engine. Never shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// 256 random bits, in hexadecimal.
    ///
    /// # Errors
    /// [`EngineError::NoRandomness`].
    pub fn random() -> Result<Self, EngineError> {
        let mut bytes = [0_u8; 32];
        getrandom::fill(&mut bytes).map_err(|error| EngineError::NoRandomness { reason: error.to_string() })?;
        Ok(Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect()))
    }

    /// A secret chosen elsewhere: 16 to 128 visible ASCII characters.
    ///
    /// # Errors
    /// [`EngineError::UnusableSecret`].
    pub fn new(text: impl Into<String>) -> Result<Self, EngineError> {
        let text = text.into();
        let usable = (16..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if usable { Ok(Self(text)) } else { Err(EngineError::UnusableSecret) }
    }

    /// The secret itself, to be given to a client.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Compares in a time that tells nothing but the length.
    fn is(&self, offered: &str) -> bool {
        self.0.as_bytes().ct_eq(offered.as_bytes()).into()
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Accepts connections until `shutdown` completes, then lets the requests under way finish.
pub(crate) async fn serve(
    engine: Arc<Inner>,
    listener: TcpListener,
    secret: Secret,
    access: Access,
    shutdown: impl Future<Output = ()> + Send,
) {
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEADERS_WITHIN).max_buf_size(HEADER_BYTES);
    let secret = Arc::new(secret);
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let graceful = GracefulShutdown::new();
    // whoever stops serving at once ends them too: each keeps the data directory open
    let mut connections = JoinSet::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let accepted = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            () = &mut shutdown => break,
            accepted = accepted => accepted,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "the engine's port could not accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let (engine, secret) = (Arc::clone(&engine), Arc::clone(&secret));
        let service = service_fn(move |request| {
            let (engine, secret) = (Arc::clone(&engine), Arc::clone(&secret));
            async move {
                Ok::<_, Infallible>(if knows(&secret, &request) {
                    interface::answer(engine, access, request).await
                } else {
                    interface::refused(&engine, &unknown_visitor())
                })
            }
        });
        let connection = graceful.watch(http.serve_connection(TokioIo::new(stream), service));
        while connections.try_join_next().is_some() {}
        connections.spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection to the engine's port ended badly");
            }
            drop(place);
        });
    }
    drop(listener);
    if tokio::time::timeout(FAREWELL, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests to the engine's port were still running {} s after its end", FAREWELL.as_secs());
    }
}

fn unknown_visitor() -> Exception {
    Exception::new(
        AUTHENTICATION_FAILED,
        "AUTHENTICATION_FAILED",
        "Authentication failed: password is incorrect or missing. A running hashwatch leaves it in its data directory",
    )
}

/// Whether a request carries the secret, in any of the ways ClickHouse's clients send a password.
fn knows<B>(secret: &Secret, request: &Request<B>) -> bool {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    if let Some(key) = header("x-clickhouse-key") {
        return secret.is(key);
    }
    if let Some(authorization) = header(AUTHORIZATION.as_str()) {
        let (scheme, credentials) = authorization.split_once(' ').unwrap_or_default();
        return match scheme.to_ascii_lowercase().as_str() {
            "bearer" => secret.is(credentials),
            "basic" => BASE64_STANDARD
                .decode(credentials)
                .ok()
                .and_then(|decoded| String::from_utf8(decoded).ok())
                .and_then(|decoded| decoded.split_once(':').map(|(_, password)| secret.is(password)))
                .unwrap_or(false),
            _ => false,
        };
    }
    let query = request.uri().query().unwrap_or_default();
    form_urlencoded::parse(query.as_bytes()).any(|(name, value)| name == "password" && secret.is(&value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_is_taken_wherever_clients_put_a_password() {
        let secret = Secret::new("0123456789abcdef").unwrap();
        let knows = |uri: &str, header: Option<(&str, &str)>| {
            let mut request = Request::builder().uri(uri);
            if let Some((name, value)) = header {
                request = request.header(name, value);
            }
            super::knows(&secret, &request.body(()).unwrap())
        };
        let basic = |text: &str| format!("Basic {}", BASE64_STANDARD.encode(text));
        assert!(knows("/", Some(("X-ClickHouse-Key", "0123456789abcdef"))));
        assert!(knows("/", Some(("Authorization", &basic("anyone:0123456789abcdef")))));
        assert!(knows("/", Some(("Authorization", "Bearer 0123456789abcdef"))));
        assert!(knows("/?query=x&password=0123456789abcdef", None));

        assert!(!knows("/", None));
        assert!(!knows("/?password=", None));
        assert!(!knows("/", Some(("X-ClickHouse-Key", "0123456789abcdeF"))));
        assert!(!knows("/", Some(("Authorization", &basic("0123456789abcdef")))));
        assert!(!knows("/", Some(("Authorization", "Basic !!"))));
        assert!(!knows("/", Some(("Authorization", "0123456789abcdef"))));
        // a wrong key is not mended by a right password elsewhere
        assert!(!knows("/?password=0123456789abcdef", Some(("X-ClickHouse-Key", "x"))));
    }

    #[test]
    fn secrets_are_long_and_never_shown() {
        for bad in ["", "short", "with spaces in it, long", "0123456789abcdef\n"] {
            assert!(Secret::new(bad).is_err(), "{bad:?}");
        }
        let (one, other) = (Secret::random().unwrap(), Secret::random().unwrap());
        assert_ne!(one, other);
        assert_eq!(Secret::new(one.expose()).unwrap(), one);
        assert!(!format!("{one:?}").contains(one.expose()));
    }
}
