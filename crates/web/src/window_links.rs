//! The row of windows above a picture, and how a window reads.

use hashwatch_model::{Window, window::NAMED};

use crate::{params::query, shares::Range, wording::thousands};

/// One of several ways to look at a page.
pub(crate) struct Choice {
    pub(crate) label: String,
    pub(crate) href: String,
    pub(crate) current: bool,
}

/// Every window that has a name. `rest` are the page's other parameters, as they stand in a query.
pub(crate) fn window_links(path: &str, current: Window, rest: &str) -> Vec<Choice> {
    let named = NAMED.iter().map(|(name, days)| (*name, Window::Days(*days))).chain([("all", Window::All)]);
    let rest = query::further(rest);
    let choice = |(name, window): (&str, Window)| Choice {
        label: name.to_owned(),
        href: format!("{path}?window={name}{rest}"),
        current: window == current,
    };
    named.map(choice).collect()
}

/// How a window reads that ends at whatever block is spoken of.
pub(crate) fn window_words(window: Window) -> String {
    match window {
        Window::Blocks(1) => "one block".to_owned(),
        Window::Blocks(blocks) => format!("{} blocks", thousands(u64::from(blocks))),
        Window::All => "all blocks before".to_owned(),
        window => window.to_string(),
    }
}

/// How a range reads in a sentence.
pub(crate) fn range_words(range: Range) -> String {
    match range.blocks() {
        1 => "the last block".to_owned(),
        blocks => format!("the last {} blocks", thousands(blocks)),
    }
}
