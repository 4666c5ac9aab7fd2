//! The end of every page: how its figures are known, the line to cite, and what to take along.

use crate::{asked::Asked, state::WebState, view::View, wording::thousands};

/// What stands below the table.
pub(crate) struct Method {
    pub(crate) computed: String,
    pub(crate) citation: String,
    pub(crate) permalink: String,
    pub(crate) downloads: Vec<Link>,
}

/// The line by which a figure is cited: whose it is, what it is, as of which block and under which registry.
pub(crate) fn citation(state: &WebState, view: &View, what: &str) -> String {
    format!(
        "hashwatch {}, {} ({}): {what}, as of block {} ({}), registry {}.",
        env!("CARGO_PKG_VERSION"),
        state.origin().network,
        state.origin().provenance().name(),
        thousands(u64::from(view.mark().tip.height)),
        view.mark().tip.hash,
        view.registry(),
    )
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
    /// `what` is what is cited, in a sentence.
    pub(crate) fn new(state: &WebState, asked: &Asked, what: &str, computed: String) -> Method {
        let citation = citation(state, &asked.view, what);
        Method { computed, citation, permalink: asked.permalink(), downloads: Vec::new() }
    }

    pub(crate) fn with(mut self, downloads: impl IntoIterator<Item = (&'static str, String)>) -> Method {
        self.downloads.extend(downloads.into_iter().map(|(label, href)| Link::new(label, href)));
        self
    }
}
