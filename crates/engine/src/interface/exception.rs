//! Errors as ClickHouse words them: code, sentence, name, and the HTTP status it gives each code.

use crate::error::{NOT_ENOUGH_SPACE, code_of};
use crate::statement::Refusal;
use hyper::StatusCode;
use std::path::Path;

/// One refused request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Exception {
    pub(crate) code: u32,
    /// The whole text but the version.
    pub(crate) message: String,
}

impl Exception {
    /// An exception of the interface's own.
    pub(crate) fn new(code: u32, name: &str, sentence: impl std::fmt::Display) -> Self {
        Self { code, message: format!("Code: {code}. DB::Exception: {sentence}. ({name})") }
    }

    /// What libchdb says of a failed statement. A full disk is told apart, whatever ClickHouse makes of it.
    pub(crate) fn from_text(text: &str, data_dir: &Path) -> Self {
        let text = text.trim_end();
        let code = code_of(text).unwrap_or(1002); // UNKNOWN_EXCEPTION
        // an error while writing says errno 28, under the code of whatever was being written
        if code == NOT_ENOUGH_SPACE || text.contains("errno: 28,") || text.contains("No space left on device") {
            return Self::disk_full(data_dir, text);
        }
        Self { code, message: text.to_owned() }
    }

    pub(crate) fn disk_full(data_dir: &Path, detail: &str) -> Self {
        let path = data_dir.display();
        Self::new(
            NOT_ENOUGH_SPACE,
            "NOT_ENOUGH_SPACE",
            format!(
                "the disk of {path} is full: free some space and try again, nothing that was committed is lost [{detail}]"
            ),
        )
    }

    /// The status that a ClickHouse server answers with (its exceptionCodeToHTTPStatus.cpp).
    pub(crate) const fn status(&self) -> StatusCode {
        match self.code {
            194 => StatusCode::UNAUTHORIZED,
            192 | 193 | 497 | 512 | 516 => StatusCode::FORBIDDEN,
            6 | 8 | 15 | 25 | 26 | 27 | 36 | 38 | 41 | 44 | 53 | 62 | 72 | 117 | 167 | 168 | 321 | 366 | 376 | 427
            | 441 | 675 | 676 => StatusCode::BAD_REQUEST,
            46 | 47 | 50 | 56 | 60 | 63 | 73 | 78 | 81 | 115 | 336 | 511 => StatusCode::NOT_FOUND,
            61 => StatusCode::PAYLOAD_TOO_LARGE,
            48 => StatusCode::NOT_IMPLEMENTED,
            76 | 209 | 439 => StatusCode::SERVICE_UNAVAILABLE,
            381 => StatusCode::LENGTH_REQUIRED,
            159 => StatusCode::REQUEST_TIMEOUT,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl From<Refusal> for Exception {
    fn from(refusal: Refusal) -> Self {
        Self::new(refusal.code, refusal.name, refusal.reason)
    }
}
