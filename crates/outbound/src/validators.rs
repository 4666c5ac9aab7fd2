//! What a server gave to ask it by whether anything has changed (RFC 9110, section 8.8).

use hyper::header::{ETAG, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED};

/// Characters of one. Longer ones are passed over: they come back with every question and are kept.
const MOST_CHARS: usize = 512;

/// Sent back as they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Validators {
    /// As in the header `ETag`, with its quotes.
    pub etag: Option<String>,
    /// As in the header `Last-Modified`.
    pub last_modified: Option<String>,
}

impl Validators {
    /// Whether there is nothing to ask by.
    pub fn is_empty(&self) -> bool {
        self.etag.is_none() && self.last_modified.is_none()
    }

    pub(crate) fn read(headers: &HeaderMap) -> Validators {
        let text = |name: HeaderName| {
            let value = headers.get(name)?.to_str().ok()?;
            (!value.is_empty() && value.len() <= MOST_CHARS).then(|| value.to_owned())
        };
        Validators { etag: text(ETAG), last_modified: text(LAST_MODIFIED) }
    }

    /// One that cannot stand in a header is left out: it comes from a file that was written to.
    pub(crate) fn headers(&self) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
        let value = |text: &Option<String>| text.as_deref().and_then(|text| HeaderValue::from_str(text).ok());
        let etag = value(&self.etag).map(|value| (IF_NONE_MATCH, value));
        etag.into_iter().chain(value(&self.last_modified).map(|value| (IF_MODIFIED_SINCE, value)))
    }
}
