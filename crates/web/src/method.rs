//! The end of every page: how its figures are known, the line to cite, and what to take along.

use crate::{state::WebState, view::View, wording::thousands};

/// What stands below the table.
pub(crate) struct Method {
    pub(crate) computed: String,
    pub(crate) citation: String,
    pub(crate) permalink: String,
    pub(crate) downloads: Vec<Link>,
}

/// A word and where it leads.
pub(crate) struct Link {
    pub(crate) label: String,
    pub(crate) href: String,
}

impl Link {
    pub(crate) fn new(label: &str, href: String) -> Link {
        Link { label: label.to_owned(), href }
    }
}

impl Method {
    /// `what` is what is cited, `permalink` where it stands unchanged.
    pub(crate) fn new(state: &WebState, view: &View, what: &str, computed: String, permalink: String) -> Method {
        let citation = format!(
            "hashwatch {}, {} ({}): {what}, as of block {} ({}), registry {}.",
            env!("CARGO_PKG_VERSION"),
            state.origin().network,
            state.origin().provenance().name(),
            thousands(u64::from(view.mark().tip.height)),
            view.mark().tip.hash,
            view.registry(),
        );
        Method { computed, citation, permalink, downloads: Vec::new() }
    }

    pub(crate) fn with(mut self, downloads: impl IntoIterator<Item = (&'static str, String)>) -> Method {
        self.downloads.extend(downloads.into_iter().map(|(label, href)| Link::new(label, href)));
        self
    }
}
