//! The code that the methodology points to, as it was built into this program: `/methodology/code/<crate>/<file>`.

use std::borrow::Cow;

use rust_embed::RustEmbed;

/// Where files lie on the site.
const HOME: &str = "/methodology/code";

#[derive(RustEmbed)]
#[folder = "../alerts/src"]
struct Alerts;

#[derive(RustEmbed)]
#[folder = "../metrics/src"]
struct Metrics;

#[derive(RustEmbed)]
#[folder = "../economics/src"]
struct Economics;

#[derive(RustEmbed)]
#[folder = "../attribute/src"]
struct Attribute;

#[derive(RustEmbed)]
#[folder = "../registry/src"]
struct Registry;

/// The bytes of a file: `metrics/shares.rs` is `crates/metrics/src/shares.rs`. None for whatever is no Rust file of those crates.
pub(super) fn source(path: &str) -> Option<Cow<'static, [u8]>> {
    let (of, file) = path.split_once('/')?;
    let word = |part: &str| !part.is_empty() && part.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_'));
    if !file.strip_suffix(".rs")?.split('/').all(word) {
        return None;
    }
    let found = match of {
        "alerts" => Alerts::get(file),
        "metrics" => Metrics::get(file),
        "economics" => Economics::get(file),
        "attribute" => Attribute::get(file),
        "registry" => Registry::get(file),
        _ => None,
    };
    Some(found?.data)
}

/// Where a file of the repository is served, if it is.
pub(super) fn address(in_repository: &str) -> Option<String> {
    let (of, file) = in_repository.strip_prefix("crates/")?.split_once("/src/")?;
    let path = format!("{of}/{file}");
    source(&path).map(|_| format!("{HOME}/{path}"))
}
