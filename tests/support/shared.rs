//! Real mainnet data for tests. They are other people's files and not part of the repository: they lie in a folder
//! `shared` beside it, or where `$HASHWATCH_SHARED` says.

use std::path::{Path, PathBuf};

/// The path of something in the shared folder, such as `real/blocks`.
///
/// `None`, with a note on standard error, where there is no such folder: the test is to return. In continuous
/// integration (`CI=true`) that is a panic, so that no test is skipped unseen.
pub fn shared(path: &str) -> Option<PathBuf> {
    let found = root().map(|root| root.join(path)).filter(|path| path.exists());
    if found.is_none() {
        let ci = std::env::var_os("CI").is_some_and(|ci| ci == "true");
        assert!(!ci, "../shared/{path} is absent, and in CI no test is skipped: set HASHWATCH_SHARED");
        eprintln!("skipped: ../shared is absent");
    }
    found
}

fn root() -> Option<PathBuf> {
    match std::env::var_os("HASHWATCH_SHARED") {
        Some(root) => Some(root.into()),
        None => Some(Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2)?.join("shared")),
    }
}
