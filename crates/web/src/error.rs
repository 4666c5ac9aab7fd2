//! What a visitor is told when there is no answer: one error type, as JSON for the API and as a page for people.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use hashwatch_model::RegistryVersion;
use hashwatch_store::StoreError;

use crate::{
    chart::ChartError,
    openapi::{Refused, RefusedBecause},
};

/// A request without an answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WebError {
    /// A query parameter that the endpoint does not have.
    #[error("unknown parameter {name:?}; this endpoint takes {}", if .known.is_empty() { "none" } else { .known })]
    UnknownParameter {
        /// As it came, shortened.
        name: String,
        /// Those it has.
        known: String,
    },
    /// A parameter given twice.
    #[error("parameter {0:?} is given more than once")]
    RepeatedParameter(&'static str),
    /// A value that the parameter cannot have.
    #[error("bad value for {name:?}: {reason}")]
    BadValue {
        /// The parameter.
        name: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// No such block, page or chart.
    #[error("{0}")]
    NotFound(String),
    /// A link of a mail that opens nothing, whatever it once was.
    #[error(
        "It was used, it is older than 48 hours, or its subscription is over. Whoever wants to be warned can subscribe anew."
    )]
    DeadLink,
    /// What cannot be answered from what is stored.
    #[error("{0}")]
    NotAvailable(String),
    /// The as-of block is no longer part of the active chain.
    #[error("block {0} is stale: it left the active chain, so nothing is answered as of it")]
    StaleAsOf(String),
    /// Nothing is stored yet.
    #[error("no blocks are stored yet; /api/v1/status says what hashwatch is waiting for")]
    NoBlocks,
    /// Some blocks have no opinion under a version of the registry: they are lost, or being formed.
    #[error("not every block has an opinion under registry {0}: they are being formed anew, or were not kept")]
    NoOpinions(RegistryVersion),
    /// The store does not answer. The cause goes to the log, not to the visitor.
    #[error("the store does not answer; try again in a moment")]
    Store(StoreError),
    /// A chart or a page could not be drawn. The cause goes to the log.
    #[error("this page could not be drawn")]
    Draw(String),
    /// Too many ask at once.
    #[error("too many visitors at once; try again in a moment")]
    Busy,
    /// A visitor has, or asks, more than one may.
    #[error("this is more than one visitor may ask for; try again in {seconds} s")]
    TooMany {
        /// When to ask again.
        seconds: u32,
    },
    /// Something beside the store is away; its cause went to the log.
    #[error("{0}")]
    Unavailable(&'static str),
    /// A form that another site sent.
    #[error("{0}")]
    Forbidden(&'static str),
    /// A body beyond its bound.
    #[error("{0}")]
    TooLarge(&'static str),
    /// A form that does not come to its end.
    #[error("{0}")]
    Late(&'static str),
    /// Only GET and HEAD are answered.
    #[error("only GET and HEAD are answered here")]
    Method,
}

impl WebError {
    /// Status and the API's stable code.
    pub(crate) fn status(&self) -> (StatusCode, &'static str) {
        match self {
            WebError::UnknownParameter { .. } => (StatusCode::BAD_REQUEST, "unknown_parameter"),
            WebError::RepeatedParameter(_) => (StatusCode::BAD_REQUEST, "repeated_parameter"),
            WebError::BadValue { .. } => (StatusCode::BAD_REQUEST, "bad_value"),
            WebError::NotFound(_) => (StatusCode::NOT_FOUND, "not_found"),
            WebError::DeadLink => (StatusCode::NOT_FOUND, "not_found"),
            WebError::NotAvailable(_) => (StatusCode::NOT_FOUND, "not_available"),
            WebError::StaleAsOf(_) => (StatusCode::CONFLICT, "stale_as_of"),
            WebError::NoBlocks => (StatusCode::SERVICE_UNAVAILABLE, "no_blocks"),
            WebError::NoOpinions(_) => (StatusCode::SERVICE_UNAVAILABLE, "opinions_missing"),
            WebError::Store(_) => (StatusCode::SERVICE_UNAVAILABLE, "store_unavailable"),
            WebError::Busy => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
            WebError::TooMany { .. } => (StatusCode::TOO_MANY_REQUESTS, "too_many"),
            WebError::Unavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
            WebError::Forbidden(_) => (StatusCode::FORBIDDEN, "forbidden"),
            WebError::TooLarge(_) => (StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
            WebError::Late(_) => (StatusCode::REQUEST_TIMEOUT, "late"),
            WebError::Draw(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
            WebError::Method => (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
        }
    }

    /// Seconds after which asking again may help, where it is a matter of time.
    pub(crate) fn wait(&self) -> Option<u32> {
        match (self, self.status().0) {
            (WebError::TooMany { seconds }, _) => Some(*seconds),
            (_, StatusCode::SERVICE_UNAVAILABLE) => Some(5),
            _ => None,
        }
    }

    /// Tells the log what the visitor is not told.
    pub(crate) fn log(&self) {
        match self {
            WebError::Store(source) => tracing::error!(%source, "the store failed a request"),
            WebError::Draw(reason) => tracing::error!(reason, "drawing failed"),
            _ => {}
        }
    }
}

impl From<StoreError> for WebError {
    fn from(error: StoreError) -> WebError {
        match error {
            StoreError::OpinionMissing { registry, .. } => WebError::NoOpinions(registry),
            error => WebError::Store(error),
        }
    }
}

impl From<ChartError> for WebError {
    fn from(error: ChartError) -> WebError {
        match error {
            ChartError::Busy => WebError::Busy,
            error => WebError::Draw(error.to_string()),
        }
    }
}

impl IntoResponse for WebError {
    fn into_response(self) -> Response {
        self.log();
        let (status, code) = self.status();
        let wait = self.wait();
        let body = Json(Refused { error: RefusedBecause { code, message: self.to_string() } });
        worth_another_try(wait, (status, body).into_response())
    }
}

/// Says when to ask again, where it is a matter of time.
pub(crate) fn worth_another_try(wait: Option<u32>, mut response: Response) -> Response {
    if let Some(seconds) = wait {
        response.headers_mut().insert(axum::http::header::RETRY_AFTER, seconds.into());
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_charts_are_a_matter_of_time() {
        let answer = WebError::from(ChartError::Busy).into_response();
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(answer.headers().contains_key("retry-after"));
        assert_eq!(WebError::from(ChartError::Stopped).status().1, "internal");
    }
}
