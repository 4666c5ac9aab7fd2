//! How every figure is defined: the pages of `docs/methodology` on the site, and the code that they point to.
//!
//! `docs/methodology/*.md` are the one source of these pages and are read on a forge as well, so everything here follows from the
//! Markdown: headings give ids as forges make them, relative links lead to the site's own pages, formulas become MathML.

mod documents;
mod leads;
pub(crate) mod markdown;
mod math;
mod sources;
mod tables;
#[cfg(test)]
mod tests;

use askama::Template;
use axum::{
    extract::{Path, State, rejection::PathRejection},
    http::{HeaderMap, Uri, header},
    response::{IntoResponse, Response},
};

use self::documents::Document;
use crate::{
    error::WebError,
    page::{Page, error_page, shown},
    params::{Params, segment},
    state::WebState,
};

/// Where these pages lie.
const HOME: &str = "/methodology";

/// A page of the methodology. `html` was written by [`markdown`], which escapes.
#[derive(Template)]
#[template(path = "methodology/methodology.html")]
struct MethodologyPage {
    page: Page,
    entries: Vec<Entry>,
    document: &'static Document,
}

/// A page in the list of pages.
struct Entry {
    label: &'static str,
    href: String,
    current: bool,
}

/// `GET /methodology`.
pub(crate) async fn index(State(state): State<WebState>, headers: HeaderMap, uri: Uri) -> Response {
    shown(&state, &headers, HOME, async { read(&state, &uri, documents::FIRST) }).await
}

/// `GET /methodology/{page}`.
pub(crate) async fn page(
    State(state): State<WebState>,
    headers: HeaderMap,
    uri: Uri,
    path: Result<Path<String>, PathRejection>,
) -> Response {
    let read = async {
        // one page, one address
        let name = segment(path, "page").ok().filter(|name| name != documents::FIRST);
        read(&state, &uri, &name.unwrap_or_default())
    };
    shown(&state, &headers, HOME, read).await
}

fn read(state: &WebState, uri: &Uri, name: &str) -> Result<MethodologyPage, WebError> {
    let document =
        documents::named(name).ok_or_else(|| WebError::NotFound("the methodology has no such page".to_owned()))?;
    Params::of(uri).finish()?;
    let entries = documents::all()
        .iter()
        .map(|one| Entry { label: one.label, href: one.href(), current: one.name == document.name })
        .collect();
    let page = Page::new(state, HOME, &document.text.title, &document.text.opening);
    Ok(MethodologyPage { page, entries, document })
}

/// `GET /methodology/code/{path}`: a source file that figures are computed by, as plain text.
pub(crate) async fn code(
    State(state): State<WebState>,
    headers: HeaderMap,
    path: Result<Path<String>, PathRejection>,
) -> Response {
    let path = segment(path, "path").unwrap_or_default();
    match sources::source(&path) {
        Some(bytes) => ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], bytes.into_owned()).into_response(),
        None => {
            let missing = WebError::NotFound("no figure is computed by such a file".to_owned());
            error_page(&state, &headers, HOME, missing)
        }
    }
}
