//! Reading a request: what the URL and the headers ask for, and the multipart form of bound parameters.

use super::Exception;
use hyper::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};
use hyper::http::request::Parts;

/// A request, but for its body.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    /// The statement (or its start) in the URL.
    pub(super) query: Option<String>,
    pub(super) database: Option<String>,
    pub(super) default_format: Option<String>,
    pub(super) query_id: Option<String>,
    /// ClickHouse settings, by name and value.
    pub(super) settings: Vec<(String, String)>,
    /// Bound parameters, by name without `param_`.
    pub(super) parameters: Vec<(String, String)>,
    /// What parts the fields, where the body is a multipart form.
    pub(super) boundary: Option<String>,
}

impl Asked {
    /// Reads the URL and the headers.
    ///
    /// # Errors
    /// Whatever asks for something that is not done here, by name.
    pub(super) fn read(parts: &Parts) -> Result<Self, Exception> {
        let mut asked = Self {
            database: header(&parts.headers, "x-clickhouse-database"),
            default_format: header(&parts.headers, "x-clickhouse-format"),
            boundary: boundary(&parts.headers)?,
            ..Self::default()
        };
        if header(&parts.headers, CONTENT_ENCODING.as_str()).is_some_and(|encoding| encoding != "identity") {
            return Err(no_compression());
        }
        for (name, value) in form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()) {
            asked.take(&name, value.into_owned())?;
        }
        Ok(asked)
    }

    fn take(&mut self, name: &str, value: String) -> Result<(), Exception> {
        let unsupported =
            |what: &str| Exception::new(48, "NOT_IMPLEMENTED", format!("the embedded ClickHouse has no {what}"));
        match name {
            "query" => match &mut self.query {
                Some(query) => query.push_str(&value),
                None => self.query = Some(value),
            },
            "database" => self.database = (!value.is_empty()).then_some(value),
            "default_format" => self.default_format = (!value.is_empty()).then_some(value),
            "query_id" => self.query_id = Some(value),
            "compress" | "decompress" if value != "0" => return Err(no_compression()),
            "session_id" if !value.is_empty() => return Err(unsupported("sessions (session_id)")),
            "role" if !value.is_empty() => return Err(unsupported("roles")),
            "client_protocol_version" if value != "0" => return Err(unsupported("client_protocol_version but 0")),
            // of the interface, not of the statement; the answer is always whole before it is sent
            "user"
            | "password"
            | "quota_key"
            | "stacktrace"
            | "wait_end_of_query"
            | "buffer_size"
            | "session_id"
            | "session_check"
            | "session_timeout"
            | "role"
            | "compress"
            | "decompress"
            | "client_protocol_version"
            | "enable_http_compression"
            | "http_zlib_compression_level" => {}
            _ => match name.strip_prefix("param_") {
                Some(parameter) => self.parameters.push((parameter.to_owned(), value)),
                None if is_name(name) => self.settings.push((name.to_owned(), value)),
                None => return Err(Exception::new(115, "UNKNOWN_SETTING", format!("Unknown setting {name:?}"))),
            },
        }
        Ok(())
    }
}

fn no_compression() -> Exception {
    Exception::new(
        48,
        "NOT_IMPLEMENTED",
        "the embedded ClickHouse takes and gives nothing compressed: switch compression off in the client (Compression::None)",
    )
}

fn is_name(name: &str) -> bool {
    name.len() <= 128
        && name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// The boundary of a multipart form; `None` for any other body.
fn boundary(headers: &HeaderMap) -> Result<Option<String>, Exception> {
    let Some(content_type) = header(headers, CONTENT_TYPE.as_str()) else { return Ok(None) };
    if !content_type.to_ascii_lowercase().starts_with("multipart/form-data") {
        return Ok(None);
    }
    let boundary = content_type
        .split(';')
        .filter_map(|part| part.trim().split_once('='))
        .find(|(name, _)| name.eq_ignore_ascii_case("boundary"))
        .map(|(_, value)| value.trim_matches('"').to_owned())
        .filter(|boundary| (1..=200).contains(&boundary.len()));
    boundary.map(Some).ok_or_else(|| bad_form("it names no boundary"))
}

fn bad_form(reason: &str) -> Exception {
    Exception::new(36, "BAD_ARGUMENTS", format!("the multipart form cannot be read: {reason}"))
}

/// The fields of a multipart form.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Form {
    pub(super) query: Option<Vec<u8>>,
    pub(super) parameters: Vec<(String, String)>,
}

/// Reads a form of a statement and its parameters (RFC 7578).
///
/// # Errors
/// A form that is cut short or malformed, and any other field: ClickHouse would take it for an external table.
pub(super) fn form(body: &[u8], boundary: &str) -> Result<Form, Exception> {
    let delimiter = format!("\r\n--{boundary}");
    let delimiter = delimiter.as_bytes();
    // the first delimiter has no line end before it
    let mut rest = body.strip_prefix(&delimiter[2..]).ok_or_else(|| bad_form("it does not begin with its boundary"))?;
    let mut form = Form::default();
    loop {
        if rest.starts_with(b"--") {
            return Ok(form);
        }
        let field = rest.strip_prefix(b"\r\n").ok_or_else(|| bad_form("its boundary is followed by rubbish"))?;
        let end = find(field, delimiter).ok_or_else(|| bad_form("it is cut short"))?;
        // a field without headers begins with the empty line itself
        let blank = find(&field[..end], b"\r\n\r\n").ok_or_else(|| bad_form("a field has no headers"))?;
        let (headers, value) = (&field[..blank], &field[blank + 4..end]);
        let name = field_name(headers).ok_or_else(|| bad_form("a field has no name"))?;
        if name == "query" {
            form.query = Some(value.to_vec());
        } else if let Some(parameter) = name.strip_prefix("param_") {
            let value = std::str::from_utf8(value).map_err(|_| bad_form("a parameter is not UTF-8"))?;
            form.parameters.push((parameter.to_owned(), value.to_owned()));
        } else {
            return Err(Exception::new(48, "NOT_IMPLEMENTED", "the embedded ClickHouse takes no external tables"));
        }
        rest = &field[end + delimiter.len()..];
    }
}

/// The `name` in `Content-Disposition: form-data; name="param_x"`.
fn field_name(headers: &[u8]) -> Option<String> {
    let headers = std::str::from_utf8(headers).ok()?;
    let disposition = headers.split("\r\n").find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-disposition").then_some(value)
    })?;
    let named =
        disposition.split(';').filter_map(|part| part.trim().split_once('=')).find(|(key, _)| *key == "name")?;
    Some(named.1.trim_matches('"').to_owned())
}

fn find(text: &[u8], needle: &[u8]) -> Option<usize> {
    text.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(uri: &str) -> Result<Asked, u32> {
        let (parts, ()) = hyper::Request::builder().uri(uri).body(()).unwrap().into_parts();
        Asked::read(&parts).map_err(|exception| exception.code)
    }

    #[test]
    fn the_url_is_sorted_into_statement_parameters_and_settings() {
        let read = asked("/?database=hw&query=SELECT%201&param_x=a%27b+c&max_threads=2&wait_end_of_query=1").unwrap();
        assert_eq!(read.query.as_deref(), Some("SELECT 1"));
        assert_eq!(read.database.as_deref(), Some("hw"));
        assert_eq!(read.parameters, [("x".to_owned(), "a'b c".to_owned())]);
        assert_eq!(read.settings, [("max_threads".to_owned(), "2".to_owned())]);
        assert_eq!(asked("/?compress=1"), Err(48));
        assert_eq!(asked("/?session_id=x"), Err(48));
        assert_eq!(asked("/?a%20=%3B"), Err(115));
    }

    #[test]
    fn a_form_is_read_as_sent_whatever_its_values_hold() {
        let body = b"--B\r\nContent-Disposition: form-data; name=\"query\"\r\n\r\nSELECT {a:String}\r\n\
            --B\r\ncontent-disposition: form-data; name=\"param_a\"\r\n\r\nx\r\n\r\n-- B\r\n--b\r\n--B--\r\n";
        let read = form(body, "B").unwrap();
        assert_eq!(read.query.as_deref(), Some(b"SELECT {a:String}".as_slice()));
        assert_eq!(read.parameters, [("a".to_owned(), "x\r\n\r\n-- B\r\n--b".to_owned())]);
        for cut in 1..body.len() - 4 {
            assert!(form(&body[..cut], "B").is_err(), "cut at {cut}");
        }
        assert!(form(b"--B\r\nContent-Disposition: form-data; name=\"t\"\r\n\r\n1\r\n--B--", "B").is_err());
    }
}
