//! What every page has: the frame around it, and pages for errors.

use askama::Template;
use axum::{
    http::{HeaderMap, StatusCode, Uri, header},
    response::{Html, IntoResponse, Response},
};

use hashwatch_model::Network;

use crate::{
    assets::Assets,
    error::{WebError, worth_another_try},
    published::is_ours,
    state::WebState,
};

/// Pages that every page leads to.
pub(crate) const PAGES: [(&str, &str); 14] = [
    ("/", "Who mines"),
    ("/alerts", "Alerts"),
    ("/concentration", "Concentration"),
    ("/hashrate", "Hashrate"),
    ("/pools", "Pools"),
    ("/blocks", "Blocks"),
    ("/unknown", "Unknown"),
    ("/miners", "Listed miners"),
    ("/pivots", "Pivots"),
    ("/attack", "Attack cost"),
    ("/scenario", "Scenario"),
    ("/economics", "Economics"),
    ("/registry", "Registry"),
    ("/methodology", "Methodology"),
];

/// The frame: head, header and footer.
pub(crate) struct Page {
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) network: String,
    pub(crate) provenance: String,
    pub(crate) simulated: bool,
    /// The page is of mainnet, and another chain is followed here.
    pub(crate) elsewhere: bool,
    pub(crate) css_url: String,
    pub(crate) js_url: String,
    pub(crate) version: String,
    pub(crate) path: String,
}

impl Page {
    pub(crate) fn new(state: &WebState, path: &str, title: &str, description: &str) -> Page {
        let origin = state.origin();
        Page {
            title: title.to_owned(),
            description: description.to_owned(),
            network: origin.network.name().to_owned(),
            provenance: origin.provenance().name().to_owned(),
            simulated: origin.simulated,
            elsewhere: false,
            css_url: Assets::url("app.css"),
            js_url: Assets::url("app.js"),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            path: path.to_owned(),
        }
    }

    /// A page about mainnet from what is published, whatever chain is followed here.
    pub(crate) fn of_mainnet(state: &WebState, path: &str, title: &str, description: &str) -> Page {
        Page {
            network: Network::Mainnet.name().to_owned(),
            provenance: "published".to_owned(),
            simulated: false,
            elsewhere: !is_ours(state),
            ..Page::new(state, path, title, description)
        }
    }
}

/// Draws a template, or says that it could not be drawn.
fn draw(template: &impl Template) -> Result<Response, WebError> {
    let html = template.render().map_err(|error| WebError::Draw(error.to_string()))?;
    Ok(Html(html).into_response())
}

/// A page, or the page of what kept it from being drawn. `path` is where it stands among the site's pages.
pub(crate) async fn shown<T: Template>(
    state: &WebState,
    headers: &HeaderMap,
    path: &str,
    page: impl Future<Output = Result<T, WebError>>,
) -> Response {
    // on the heap: a page's future holds those of all its figures
    Box::pin(page).await.and_then(|page| draw(&page)).unwrap_or_else(|error| error_page(state, headers, path, error))
}

#[derive(Template)]
#[template(path = "error/error.html")]
struct ErrorPage {
    page: Page,
    status: u16,
    heading: String,
    message: String,
}

/// An error as a page, for people; scripts that ask for JSON get JSON.
pub(crate) fn error_page(state: &WebState, headers: &HeaderMap, path: &str, error: WebError) -> Response {
    let wants_html = headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"));
    if !wants_html {
        return ([(header::VARY, "accept")], error).into_response();
    }
    error.log();
    let (status, _) = error.status();
    let heading = match status {
        _ if matches!(error, WebError::DeadLink) => "This link leads nowhere any more",
        StatusCode::NOT_FOUND => "There is no such page",
        StatusCode::BAD_REQUEST => "This address cannot be read",
        StatusCode::CONFLICT => "This block left the chain",
        StatusCode::SERVICE_UNAVAILABLE => "Nothing to show right now",
        StatusCode::FORBIDDEN | StatusCode::PAYLOAD_TOO_LARGE => "This was not taken",
        StatusCode::TOO_MANY_REQUESTS => "Too much at once",
        _ => "This page could not be drawn",
    };
    let template = ErrorPage {
        page: Page::new(state, path, heading, heading),
        status: status.as_u16(),
        heading: heading.to_owned(),
        message: error.to_string(),
    };
    match draw(&template) {
        Ok(page) => worth_another_try(error.wait(), (status, [(header::VARY, "accept")], page).into_response()),
        Err(error) => error.into_response(),
    }
}

/// Whatever no route takes.
pub(crate) async fn not_found(
    axum::extract::State(state): axum::extract::State<WebState>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    let path: String = uri.path().chars().take(100).collect();
    error_page(&state, &headers, &path, WebError::NotFound(format!("nothing lies at {path}")))
}

/// Any method but GET and HEAD.
pub(crate) async fn method_not_allowed() -> Response {
    WebError::Method.into_response()
}
