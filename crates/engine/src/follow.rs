//! The way through whoever has a data directory open, whoever that is by now: an instance that is started again listens
//! elsewhere, under another secret, so both are read anew for each request.

use crate::endpoint::Endpoint;
use crate::transport;
use hyper::body::Incoming;
use hyper::header::{CONNECTION, HOST, HeaderName, HeaderValue};
use hyper::{Request, Response, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How long an idle connection is kept; the other side hangs up after ten seconds.
const IDLE: Duration = Duration::from_secs(2);

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A client that finds its way by the endpoint in `data_dir` at each request. While nobody has the directory open, it
/// fails as it does when a server is away.
pub(crate) fn client(data_dir: &Path) -> clickhouse::Client {
    let data_dir: Arc<Path> = data_dir.into();
    let mut builder = Client::builder(TokioExecutor::new());
    let http: Client<_, Incoming> = builder.pool_timer(TokioTimer::new()).pool_idle_timeout(IDLE).build_http();
    transport::through(move |request| {
        let (http, data_dir) = (http.clone(), Arc::clone(&data_dir));
        async move { forward(&http, &data_dir, request).await.inspect_err(|error| tracing::debug!(%error, "not forwarded")) }
    })
}

async fn forward(
    http: &Client<HttpConnector, Incoming>,
    data_dir: &Path,
    mut request: Request<Incoming>,
) -> Result<Response<Incoming>, Failure> {
    let endpoint = Endpoint::find(data_dir).ok_or("nobody has the data directory open")?;
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    *request.uri_mut() = format!("http://{}{path}", endpoint.address).parse::<Uri>()?;
    let mut secret = HeaderValue::from_str(endpoint.secret.expose())?;
    secret.set_sensitive(true);
    let headers = request.headers_mut();
    // these are each connection's own
    headers.remove(HOST);
    headers.remove(CONNECTION);
    headers.insert(HeaderName::from_static("x-clickhouse-user"), HeaderValue::from_static("default"));
    headers.insert(HeaderName::from_static("x-clickhouse-key"), secret);
    Ok(http.request(request).await?)
}
