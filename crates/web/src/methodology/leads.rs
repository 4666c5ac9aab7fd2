//! Where the links of the methodology lead on the site. In the files they lead to other files, as forges take them.

use super::{HOME, documents, sources};

/// The folder that relative links start from.
const FOLDER: &str = "docs/methodology";
/// The description of the API for people has a page of its own here.
const API: (&str, &str) = ("docs/api.md", "/api");

/// Where a link leads.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Lead {
    /// To a page of the site, or a place of the same page.
    Here(String),
    /// To a page of others.
    Away(String),
    /// To what the site does not serve: the words stay, the link goes.
    Nowhere,
}

/// Where a link of a file in `docs/methodology` leads.
pub(super) fn lead(target: &str) -> Lead {
    if target.starts_with("https://") || target.starts_with("http://") {
        return Lead::Away(target.to_owned());
    }
    if target.starts_with('#') {
        return Lead::Here(target.to_owned());
    }
    let (path, place) = target.split_at(target.find('#').unwrap_or(target.len()));
    let Some(path) = in_repository(path) else { return Lead::Nowhere };
    if path == API.0 {
        return Lead::Here(API.1.to_owned());
    }
    let name = path.strip_prefix(FOLDER).and_then(|rest| rest.strip_prefix('/')?.strip_suffix(".md"));
    match name {
        Some(documents::FIRST) => Lead::Here(format!("{HOME}{place}")),
        Some(name) if documents::is_one(name) => Lead::Here(format!("{HOME}/{name}{place}")),
        _ => sources::address(&path).map_or(Lead::Nowhere, Lead::Here),
    }
}

/// A path from the repository's root, of one that starts from the folder. None for one that leaves the repository.
pub(super) fn in_repository(path: &str) -> Option<String> {
    let mut parts: Vec<&str> = FOLDER.split('/').collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_become_pages() {
        let here = |target: &str| Lead::Here(target.to_owned());
        for (target, expected) in [
            ("README.md", here("/methodology")),
            ("README.md#stale-rate", here("/methodology#stale-rate")),
            ("concentration.md#tau_33", here("/methodology/concentration#tau_33")),
            ("#hhi", here("#hhi")),
            ("../api.md#windows", here("/api")),
            ("../../crates/metrics/src/shares/beta.rs", here("/methodology/code/metrics/shares/beta.rs")),
            ("https://example.com/a#b", Lead::Away("https://example.com/a#b".to_owned())),
        ] {
            assert_eq!(lead(target), expected, "{target}");
        }
    }

    #[test]
    fn nothing_else_is_a_link() {
        for target in [
            "",
            "../operations.md#registry-and-overlay",
            "../../crates/metrics/tests/published.rs",
            "../../crates/web/src/lib.rs",
            "../../../../etc/passwd",
            "../methodology/../../README.md",
            "nothing.md",
            "javascript:alert(1)",
            "//example.com/",
            "mailto:a@example.com",
        ] {
            assert_eq!(lead(target), Lead::Nowhere, "{target}");
        }
    }
}
