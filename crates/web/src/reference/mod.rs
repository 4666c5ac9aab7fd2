//! The API for people: the page `/api`, read off the same description that programs read (`/api/v1/openapi.json`).

mod endpoints;
mod fields;

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, Uri},
    response::Response,
};
use hashwatch_store::Mark;

use self::endpoints::Endpoint;
pub(crate) use self::endpoints::Reference;
use crate::{
    error::WebError,
    page::{Page, shown},
    params::Params,
    state::WebState,
};

const HOME: &str = "/api";

#[derive(Template)]
#[template(path = "reference/reference.html")]
struct ReferencePage<'a> {
    page: Page,
    reference: &'a Reference,
    examples: Examples,
}

/// What stands for the parts of a path in requests to try.
struct Examples {
    pool: Option<String>,
    mark: Option<Mark>,
}

impl Examples {
    /// An address to try an endpoint with. None where nothing is known to ask for: no block yet, a part of a name of its own.
    fn of(&self, endpoint: &Endpoint) -> Option<String> {
        let mut address = endpoint.path.clone();
        for part in &endpoint.parts {
            let value = part.example.clone().or_else(|| self.value(&part.name))?;
            address = address.replace(&format!("{{{}}}", part.name), &value);
        }
        Some(address)
    }

    fn value(&self, name: &str) -> Option<String> {
        match name {
            "slug" | "pool" => self.pool.clone(),
            "block" | "height" => Some(self.mark.as_ref()?.tip.height.to_string()),
            "hash" => Some(self.mark.as_ref()?.tip.hash.to_string()),
            _ => None,
        }
    }
}

/// `GET /api`.
pub(crate) async fn page(State(state): State<WebState>, headers: HeaderMap, uri: Uri) -> Response {
    let reference = state.reference.clone();
    let read = async {
        Params::of(&uri).finish()?;
        let examples = Examples {
            pool: state.registry.pools().first().map(|pool| pool.slug.clone()),
            // without the store the page is the same but for a link
            mark: state.store.mark().await.ok().flatten(),
        };
        let about = "Every endpoint of the API: what it takes, what it answers, and a request to try.";
        Ok::<_, WebError>(ReferencePage {
            page: Page::new(&state, HOME, "JSON API", about),
            reference: &reference,
            examples,
        })
    };
    shown(&state, &headers, HOME, read).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_to_try_are_whole() {
        let examples = Examples { pool: Some("antpool".to_owned()), mark: None };
        let endpoint = |path: &str, parts: &[(&str, Option<&str>)]| Endpoint {
            path: path.to_owned(),
            parts: parts.iter().map(|(name, example)| endpoints::Part::new(name, *example)).collect(),
            ..Endpoint::default()
        };
        assert_eq!(examples.of(&endpoint("/a", &[])).as_deref(), Some("/a"));
        assert_eq!(examples.of(&endpoint("/a/{slug}", &[("slug", None)])).as_deref(), Some("/a/antpool"));
        assert_eq!(examples.of(&endpoint("/a/{in}/b", &[("in", Some("1w"))])).as_deref(), Some("/a/1w/b"));
        assert_eq!(examples.of(&endpoint("/a/{block}", &[("block", None)])), None, "there is none yet");
        assert_eq!(examples.of(&endpoint("/a/{what}", &[("what", None)])), None);
    }
}
