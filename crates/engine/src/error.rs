//! What can go wrong with the embedded engine, and how to tell from a ClickHouse error what it was.

use std::net::SocketAddr;
use std::path::PathBuf;

/// ClickHouse's code for a full disk, `NOT_ENOUGH_SPACE`.
pub const NOT_ENOUGH_SPACE: u32 = 243;
/// ClickHouse's code for a missing or wrong secret, `AUTHENTICATION_FAILED`.
pub const AUTHENTICATION_FAILED: u32 = 516;

/// An operation on the engine that failed. Each message says what to do.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// There is no libchdb package for the platform this was built for.
    #[error(
        "no embedded ClickHouse (libchdb) exists for {os} on {architecture}: give the URL of a ClickHouse server, \
         or the path of a libchdb of your own in HASHWATCH_LIBCHDB"
    )]
    UnsupportedPlatform {
        /// As [`std::env::consts::OS`] has it.
        os: &'static str,
        /// As [`std::env::consts::ARCH`] has it.
        architecture: &'static str,
    },
    /// libchdb lies nowhere it was looked for.
    #[error(
        "the embedded ClickHouse (libchdb) was not found; looked at {}. Fetch it with `make engine`, or set \
         HASHWATCH_LIBCHDB to the path of the library",
        list(.looked)
    )]
    LibraryMissing {
        /// Every place, in the order tried.
        looked: Vec<PathBuf>,
    },
    /// The file is there but cannot be loaded into this process.
    #[error("{} cannot be loaded: {reason}. Fetch the right one with `make engine`", .path.display())]
    LibraryNotLoadable {
        /// The file.
        path: PathBuf,
        /// What it is, or the loader's own words.
        reason: String,
    },
    /// A shared library, but not libchdb or one of another interface.
    #[error("{} is not a libchdb this program can use: it has no `{symbol}`. Fetch the pinned one with `make engine`", .path.display())]
    LibraryIncompatible {
        /// The file.
        path: PathBuf,
        /// The first entry point that it lacks.
        symbol: &'static str,
    },
    /// The data directory cannot be made, written or locked.
    #[error("cannot {operation} {}: {source}", .path.display())]
    DataDirectory {
        /// What was being done, as a verb.
        operation: &'static str,
        /// To what.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The path of the data directory has characters that ClickHouse reads as a pattern or an escape.
    #[error("the path {} is not UTF-8 or has one of * ? {{ }} \\ in it, which ClickHouse takes for a pattern: choose another directory", .path.display())]
    UnusablePath {
        /// The data directory.
        path: PathBuf,
    },
    /// Another process (or another part of this one) has the data directory open.
    #[error(
        "{} is already open by another process{}: stop it first, or go through it",
        .path.display(), pid_in_brackets(*.pid)
    )]
    AlreadyOpen {
        /// The data directory.
        path: PathBuf,
        /// Who has it, where the lock file says so.
        pid: Option<u32>,
    },
    /// libchdb serves one data directory per process at a time.
    #[error("this process already has {} open, and libchdb opens one directory at a time: close that first", .open.display())]
    OtherPathOpen {
        /// What this process has open.
        open: PathBuf,
    },
    /// libchdb would not open the data directory.
    #[error("ClickHouse cannot open {}; its reason is on standard error just above", .path.display())]
    Unopenable {
        /// ClickHouse's own folder.
        path: PathBuf,
    },
    /// The disk of the data directory is full.
    #[error("the disk of {} is full: free some space and start again; nothing that was committed is lost", .path.display())]
    DiskFull {
        /// The data directory.
        path: PathBuf,
    },
    /// A statement of the engine's own was refused.
    #[error("ClickHouse refused to {operation}: {exception}")]
    Statement {
        /// What was being done, as a verb.
        operation: &'static str,
        /// ClickHouse's text, with its code.
        exception: String,
    },
    /// The engine is never opened to a network.
    #[error(
        "{address} is not a loopback address: the engine's port carries the whole database and is for this machine only"
    )]
    NotLoopback {
        /// What was asked for.
        address: SocketAddr,
    },
    /// A listening socket that cannot say where it listens.
    #[error("the listening socket is unusable: {source}")]
    Listener {
        /// Why.
        source: std::io::Error,
    },
    /// No randomness for a secret.
    #[error("the system gives no random bytes: {reason}")]
    NoRandomness {
        /// Why.
        reason: String,
    },
    /// A secret that cannot be sent in a header.
    #[error("a secret has 16 to 128 visible ASCII characters")]
    UnusableSecret,
    /// Somebody has the data directory open but does not answer.
    #[error(
        "{} is open by another process{}, which does not answer at an address of its own: wait until it has \
         started, or stop it",
        .path.display(), pid_in_brackets(*.pid)
    )]
    Unreachable {
        /// The data directory.
        path: PathBuf,
        /// Who has it, where the lock file says so.
        pid: Option<u32>,
    },
}

impl EngineError {
    /// The error for a failed file operation in the data directory: a full disk is told apart.
    pub(crate) fn data_directory(operation: &'static str, path: impl Into<PathBuf>, source: std::io::Error) -> Self {
        let path = path.into();
        match source.kind() {
            std::io::ErrorKind::StorageFull => Self::DiskFull { path },
            _ => Self::DataDirectory { operation, path, source },
        }
    }
}

/// ClickHouse's numeric code in a client error, where ClickHouse (and not the way to it) refused.
#[must_use]
pub fn exception_code(error: &clickhouse::error::Error) -> Option<u32> {
    match error {
        clickhouse::error::Error::BadResponse(text) => code_of(text),
        _ => None,
    }
}

/// Whether a statement failed because the disk is full. The exception's text then says what to do.
#[must_use]
pub fn is_disk_full(error: &clickhouse::error::Error) -> bool {
    exception_code(error) == Some(NOT_ENOUGH_SPACE)
}

/// The number in `Code: 47. DB::Exception: ...`.
pub(crate) fn code_of(exception: &str) -> Option<u32> {
    let digits = exception.trim_start().strip_prefix("Code: ")?;
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    digits[..end].parse().ok()
}

fn list(paths: &[PathBuf]) -> String {
    let paths: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    if paths.is_empty() {
        "no place at all (the executable's own path is unknown)".to_owned()
    } else {
        paths.join(", ")
    }
}

fn pid_in_brackets(pid: Option<u32>) -> String {
    pid.map(|pid| format!(" (pid {pid})")).unwrap_or_default()
}
