//! The ClickHouse HTTP interface: one request in, one statement run, one answer out.
//!
//! As ClickHouse documents it, as far as its clients use it: the statement in the body, in `query=` or in a
//! multipart form; rows in the body after an `INSERT` in `query=`; settings and parameters in the URL; errors with
//! ClickHouse's code, header and status. Compression, sessions, roles and external tables are refused by name.

mod exception;
mod reply;
mod request;

use crate::engine::Inner;
use crate::ffi::Output;
use crate::profile;
use crate::sessions::Job;
use crate::spool::{SpoolError, Spooled};
use crate::statement::{self, Shape};
use bytes::Bytes;
pub(crate) use exception::Exception;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Body;
use hyper::http::request::Parts;
use hyper::{Method, Request, Response};
use request::Asked;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::time::Duration;

/// The longest statement (or form) taken, in bytes. Rows of an insert are not counted: they go to a file.
const LONGEST_STATEMENT: usize = 16 << 20;
/// How long a refused request may go on sending.
const REST_WITHIN: Duration = Duration::from_secs(60);

/// What a door to the engine lets its visitors do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everything that the one ClickHouse user may.
    Full,
    /// Reading tables: ClickHouse's `readonly = 2` (settings may be changed, data may not), for dashboards. Databases whose
    /// names begin with `subscribers_` are not there for it.
    ReadOnly,
}

/// A body of the answer. Results stay in libchdb's own buffer until sent: no copy is made of them.
pub(crate) type Reply = Response<Full<Bytes>>;

/// Answers one request, unless the engine has been closed meanwhile.
pub(crate) async fn answer_if_open<B>(engine: &Weak<Inner>, access: Access, request: Request<B>) -> Reply
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    match engine.upgrade() {
        Some(engine) => answer(engine, access, request).await,
        None => reply::exception(&Exception::new(236, "ABORTED", "the embedded ClickHouse has been closed"), ""),
    }
}

/// Answers one request that may come in.
pub(crate) async fn answer<B>(engine: Arc<Inner>, access: Access, request: Request<B>) -> Reply
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let method = request.method();
    if method != Method::POST && method != Method::GET {
        return reply::method_not_allowed();
    }
    match request.uri().path() {
        "/" => {}
        "/ping" => return reply::ok(),
        _ => return reply::no_such_page(),
    }
    if method == Method::GET && request.uri().query().is_none_or(str::is_empty) {
        return reply::ok();
    }
    // as ClickHouse has it: a GET changes nothing
    let access = if method == Method::GET { Access::ReadOnly } else { access };
    let version = engine.version.clone();
    let (parts, body) = request.into_parts();
    let mut body = std::pin::pin!(body);
    match run(engine, access, &parts, body.as_mut()).await {
        Ok((output, format, query_id)) => reply::result(output, &format, query_id.as_deref(), &version),
        Err(exception) => {
            tracing::debug!(code = exception.code, "a statement was refused: {}", exception.message);
            // a client still sending rows hears of the refusal only once it has sent them all
            let _ = tokio::time::timeout(REST_WITHIN, drain(body)).await;
            reply::exception(&exception, &version)
        }
    }
}

type Answer = (Output, String, Option<String>);

async fn drain<B: Body>(mut body: Pin<&mut B>) {
    while let Some(Ok(_)) = body.frame().await {}
}

async fn run<B>(engine: Arc<Inner>, access: Access, parts: &Parts, body: Pin<&mut B>) -> Result<Answer, Exception>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let mut asked = Asked::read(parts)?;
    let (sql, rows) = statement_of(&engine, access, &mut asked, body).await?;
    let mut settings = asked.settings;
    if access == Access::ReadOnly {
        settings.push(("readonly".to_owned(), "2".to_owned()));
    }
    let format = asked.default_format.unwrap_or_else(|| "TabSeparated".to_owned());
    let named = statement::output_format(&sql).unwrap_or_else(|| format.clone());
    let role = (access == Access::ReadOnly).then_some(profile::READER);
    let job = Job { role, database: asked.database, settings, sql, parameters: asked.parameters, format };

    let permit = Arc::clone(&engine.sessions.permits).acquire_owned().await;
    let ran = tokio::task::spawn_blocking(move || {
        let ran = engine.sessions.run(&job).map_err(|text| Exception::from_text(&text, &engine.layout.root));
        drop((permit, rows));
        ran
    });
    let output = ran
        .await
        .map_err(|panic| Exception::new(49, "LOGICAL_ERROR", format!("the statement broke off: {panic}")))??;
    Ok((output, named, asked.query_id))
}

/// The statement to run, with the rows it reads from a file where it inserts any.
async fn statement_of<B>(
    engine: &Inner,
    access: Access,
    asked: &mut Asked,
    body: Pin<&mut B>,
) -> Result<(Vec<u8>, Option<Spooled>), Exception>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let in_url = asked.query.take().map(String::into_bytes);
    if let (Some(sql), None) = (&in_url, &asked.boundary) {
        let shape = statement::shape(sql);
        if let Shape::Rows(rows) = &shape {
            allowed(sql, &shape, access)?;
            let mut start = sql[rows.rows_at..].to_vec();
            if !start.is_empty() {
                start.push(b'\n');
            }
            let body = body.map_err(Into::into);
            let spooled = spool(engine, &start, body).await?;
            // VALUES whose rows stand in the statement itself
            let inline = rows.values && spooled.body_bytes == 0;
            return Ok(if inline { (sql.clone(), None) } else { (rows.rows_from(sql, spooled.path()), Some(spooled)) });
        }
    }
    let body = bounded(body).await?;
    let sql = match (&asked.boundary, in_url) {
        (Some(boundary), in_url) => {
            let form = request::form(&body, boundary)?;
            asked.parameters.extend(form.parameters);
            in_url.or(form.query).unwrap_or_default()
        }
        (None, None) => body.to_vec(),
        (None, Some(sql)) if body.is_empty() => sql,
        (None, Some(sql)) => [&sql, b"\n".as_slice(), &body].concat(),
    };
    let shape = statement::shape(&sql);
    allowed(&sql, &shape, access)?;
    match shape {
        Shape::Rows(rows) if !rows.values => {
            let spooled = spool(engine, &sql[rows.rows_at..], Full::<Bytes>::default()).await?;
            Ok((rows.rows_from(&sql, spooled.path()), Some(spooled)))
        }
        _ => Ok((sql, None)),
    }
}

fn allowed(sql: &[u8], shape: &Shape, access: Access) -> Result<(), Exception> {
    statement::check(sql, shape)?;
    if access == Access::ReadOnly {
        statement::check_read_only(sql)?;
    }
    Ok(())
}

async fn bounded<B>(body: B) -> Result<Bytes, Exception>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    match Limited::new(body, LONGEST_STATEMENT).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => Err(Exception::new(
            61,
            "QUERY_IS_TOO_LARGE",
            format!("a statement may have {LONGEST_STATEMENT} bytes; send rows in the body and the INSERT in query="),
        )),
        Err(error) => Err(Exception::new(236, "ABORTED", format!("the request broke off: {error}"))),
    }
}

async fn spool<B>(engine: &Inner, start: &[u8], body: B) -> Result<Spooled, Exception>
where
    B: Body<Data = Bytes>,
    B::Error: std::fmt::Display,
{
    Spooled::write(&engine.layout.spool, start, body).await.map_err(|error| match error {
        SpoolError::Aborted(reason) => {
            Exception::new(236, "ABORTED", format!("the rows broke off, nothing was inserted: {reason}"))
        }
        SpoolError::Disk(error) if error.kind() == std::io::ErrorKind::StorageFull => {
            Exception::disk_full(&engine.layout.root, "rows could not be written down")
        }
        SpoolError::Disk(error) => {
            Exception::new(76, "CANNOT_OPEN_FILE", format!("rows could not be written down: {error}"))
        }
    })
}

/// The answer to a request that may not come in.
pub(crate) fn refused(engine: &Inner, exception: &Exception) -> Reply {
    reply::exception(exception, &engine.version)
}
