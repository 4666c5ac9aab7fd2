//! An address to ask, as far as its text alone shows what is wrong with it.

use std::fmt;

use url::{Host, Url};

use crate::OutboundError;

/// Bytes of an address. Browsers take more, honest feeds need a tenth.
const MOST_BYTES: usize = 4_096;
/// Bytes of a host: the longest name there is (RFC 1035, section 2.3.4), its last dot included.
const MOST_HOST_BYTES: usize = 254;
/// Characters of a path that a message shows.
const SHOWN_CHARS: usize = 120;

/// An http or https URL without user and password. Shown without its query, in which keys are handed over.
#[derive(Clone, PartialEq, Eq)]
pub struct Target(Url);

impl Target {
    /// Reads a URL. Its host is normalized: `0x7f.1` is 127.0.0.1, capitals are lower case.
    ///
    /// # Errors
    /// What is wrong with it, without the text, which may hold a key.
    pub fn parse(text: &str) -> Result<Target, OutboundError> {
        let refuse = |reason| Err(OutboundError::Url(reason));
        if text.len() > MOST_BYTES {
            return refuse("it is longer than 4096 bytes");
        }
        match Url::parse(text) {
            Ok(url) => Target::of(url),
            Err(_) => refuse("it is not a URL such as https://example.org/feed.xml"),
        }
    }

    fn of(mut url: Url) -> Result<Target, OutboundError> {
        let refuse = |reason| Err(OutboundError::Url(reason));
        if !matches!(url.scheme(), "http" | "https") {
            return refuse("it must begin with http:// or https://");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return refuse("user and password do not belong in it");
        }
        if url.host_str().is_none_or(|host| host.len() > MOST_HOST_BYTES) || url.port() == Some(0) {
            return refuse("its host or port is none");
        }
        url.set_fragment(None);
        Ok(Target(url))
    }

    /// Where a redirect leads.
    pub(crate) fn redirected(&self, location: &str) -> Result<Target, OutboundError> {
        let refuse = |reason| OutboundError::Redirect { target: self.to_string(), reason };
        if location.len() > MOST_BYTES {
            return Err(refuse("an address longer than 4096 bytes"));
        }
        let url = self.0.join(location).map_err(|_| refuse("what is no address"))?;
        let next =
            Target::of(url).map_err(|_| refuse("an address that is none of http and https without a password"))?;
        match self.is_encrypted() && !next.is_encrypted() {
            true => Err(refuse("http, away from https")),
            false => Ok(next),
        }
    }

    /// Whether it is https.
    pub fn is_encrypted(&self) -> bool {
        self.0.scheme() == "https"
    }

    pub(crate) fn host(&self) -> Option<Host<&str>> {
        self.0.host()
    }

    pub(crate) fn port(&self) -> u16 {
        self.0.port_or_known_default().unwrap_or_default()
    }

    /// Host, and port where it is not the scheme's own: the header of that name.
    pub(crate) fn authority(&self) -> &str {
        &self.0[url::Position::BeforeHost..url::Position::AfterPort]
    }

    /// Path and query: what stands in a request's first line.
    pub(crate) fn path_and_query(&self) -> &str {
        &self.0[url::Position::BeforePath..url::Position::AfterQuery]
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // a URL holds ASCII alone once it is parsed, and no control bytes
        let path = self.0.path();
        let shown = path.get(..SHOWN_CHARS).unwrap_or(path);
        write!(f, "{}://{}{shown}", self.0.scheme(), self.authority())?;
        let cut = shown.len() < path.len() || self.0.query().is_some();
        f.write_str(if cut { "…" } else { "" })
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({self})")
    }
}
