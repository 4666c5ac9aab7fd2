//! REST, the interface without credentials on the same host and port, where the node has it on (`-rest`). What it
//! brings it brings as bytes, not as hex in JSON.
//!
//! What Bitcoin Core answers, as seen on v29: with REST off, 404 to every path, with an empty body; while it loads its
//! blocks, or with too much to do, 503; to a hash that it does not know or that left the active chain, 200 and an empty
//! body.

use bytes::Bytes;
use hashwatch_model::BlockHash;
use hashwatch_sha256d::HEADER_BYTES;
use hyper::StatusCode;

use super::RpcNode;
use crate::{HEADERS_AT_ONCE, NodeError, http::Terms};

impl RpcNode {
    /// Headers of the active chain from `first` on; none where it is not on it.
    ///
    /// Bitcoin Core has `?count=` since v24 (2022); an older node refuses the question and is asked by RPC.
    pub(super) async fn rest_headers(&self, first: BlockHash) -> Result<Vec<u8>, NodeError> {
        let path = format!("/rest/headers/{first}.bin?count={HEADERS_AT_ONCE}");
        let headers = self.rest(&path, HEADERS_AT_ONCE * HEADER_BYTES).await?;
        if headers.len() % HEADER_BYTES != 0 {
            let reason = format!("{} bytes are no whole number of headers", headers.len());
            return Err(self.no_data(path, reason, &headers));
        }
        Ok(headers.into())
    }

    pub(super) async fn rest(&self, path: &str, limit: usize) -> Result<Bytes, NodeError> {
        let terms = Terms { asked: asked(path), deadline: self.timeout, limit };
        let answer = self.endpoint.get(path, &terms).await?;
        match answer.status {
            StatusCode::OK if answer.is_text => Err(self.no_data(path, "it is text".to_owned(), &answer.body)),
            StatusCode::OK => Ok(answer.body),
            status => {
                let said = self.endpoint.shown(&answer.body);
                Err(NodeError::Http { asked: terms.asked, status: status.as_u16(), said })
            }
        }
    }

    fn no_data(&self, path: impl AsRef<str>, reason: String, came: &[u8]) -> NodeError {
        NodeError::Malformed { asked: asked(path.as_ref()), reason, came: self.endpoint.shown(came) }
    }
}

fn asked(path: &str) -> String {
    format!("GET {path}")
}

/// Whether `error` says that no REST is to be had, and not just not now: a status other than those of trouble that passes
/// (408, 429, 5xx but for 501), or an answer that is none. In front of a node may stand a server that has never heard of
/// REST, or one that bounds how often it is asked.
pub(super) fn is_off(error: &NodeError) -> bool {
    match error {
        NodeError::Http { status: 408 | 429, .. } => false,
        NodeError::Http { status, .. } => *status < 500 || *status == 501,
        NodeError::Malformed { .. } | NodeError::TooLarge { .. } => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_that_passes_is_not_off() {
        let off = |status| is_off(&NodeError::Http { asked: asked("/rest"), status, said: String::new() });
        assert_eq!([400, 401, 403, 404, 405, 501].map(off), [true; 6]);
        assert_eq!([408, 429, 500, 502, 503, 504].map(off), [false; 6]);
    }
}
