//! Writing answers: results with ClickHouse's headers, exceptions, and the few fixed pages.

use super::{Exception, Reply};
use crate::ffi::Output;
use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=UTF-8");

fn plain(status: StatusCode, text: impl Into<Bytes>) -> Reply {
    let mut reply = Response::new(Full::new(text.into()));
    *reply.status_mut() = status;
    reply.headers_mut().insert(CONTENT_TYPE, TEXT);
    reply
}

/// What a load balancer looks for.
pub(crate) fn ok() -> Reply {
    plain(StatusCode::OK, "Ok.\n")
}

pub(crate) fn no_such_page() -> Reply {
    plain(StatusCode::NOT_FOUND, "There is no such page. Statements go to /, and /ping tells whether this is alive.\n")
}

pub(crate) fn method_not_allowed() -> Reply {
    let mut reply = plain(StatusCode::METHOD_NOT_ALLOWED, "Use POST, or GET for statements that only read.\n");
    reply.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, POST"));
    reply
}

/// An exception, as a ClickHouse server of `version` would word it.
pub(crate) fn exception(exception: &Exception, version: &str) -> Reply {
    let text = format!("{} (version {version} (embedded))\n", exception.message);
    let mut reply = plain(exception.status(), text);
    reply.headers_mut().insert("x-clickhouse-exception-code", HeaderValue::from(exception.code));
    reply
}

/// A result, straight from libchdb's buffer.
pub(crate) fn result(output: Output, format: &str, query_id: Option<&str>, version: &str) -> Reply {
    let work = output.work();
    let summary = format!(
        "{{\"read_rows\":\"{}\",\"read_bytes\":\"{}\",\"written_rows\":\"{}\",\"written_bytes\":\"{}\",\
         \"result_rows\":\"{}\",\"elapsed_ns\":\"{:.0}\"}}",
        work.rows_read,
        work.bytes_read,
        work.rows_written,
        work.bytes_written,
        work.result_rows,
        work.seconds * 1e9
    );
    let mut reply = Response::new(Full::new(Bytes::from_owner(output)));
    let headers = reply.headers_mut();
    headers.insert(CONTENT_TYPE, content_type(format));
    let texts = [
        ("x-clickhouse-summary", Some(summary.as_str())),
        ("x-clickhouse-format", Some(format)),
        ("x-clickhouse-query-id", query_id),
        ("x-clickhouse-server-display-name", Some("hashwatch")),
        ("x-clickhouse-version", Some(version)),
    ];
    for (name, text) in texts {
        // what cannot stand in a header (a query_id with a line end) is left out
        if let Some(Ok(value)) = text.map(HeaderValue::from_str) {
            headers.insert(name, value);
        }
    }
    reply
}

fn content_type(format: &str) -> HeaderValue {
    HeaderValue::from_static(if format.starts_with("TabSeparated") || format.starts_with("TSV") {
        "text/tab-separated-values; charset=UTF-8"
    } else if format.starts_with("CSV") {
        "text/csv; charset=UTF-8"
    } else if format.starts_with("JSON") && format.contains("EachRow") {
        "application/x-ndjson; charset=UTF-8"
    } else if format.starts_with("JSON") {
        "application/json; charset=UTF-8"
    } else if format.starts_with("Pretty") || format == "Vertical" || format == "Values" {
        "text/plain; charset=UTF-8"
    } else {
        "application/octet-stream"
    })
}
