//! What pages and answers are asked for: as of which block, under which version of the registry, and the rest of the question as a
//! link that has the same answer for ever.

use axum::http::HeaderMap;

use crate::{error::WebError, params::Params, state::WebState, table::Form, view::View};

/// A question whose own parameters were read.
pub(crate) struct Asked {
    pub(crate) view: View,
    /// The as-of block and the registry, where they were asked for, as they stand in a query: a link to another window keeps them.
    pub(crate) kept: String,
    /// An as-of block was asked for: what came after it is not told.
    pub(crate) past: bool,
    pub(crate) form: Form,
    path: String,
    question: String,
}

impl Asked {
    /// For a page. Whatever else stands in the query is refused.
    pub(crate) async fn page(state: &WebState, params: Params) -> Result<Asked, WebError> {
        Asked::read(state, params, Form::Json).await
    }

    /// For an answer, in the form that is asked for.
    pub(crate) async fn api(state: &WebState, mut params: Params, headers: &HeaderMap) -> Result<Asked, WebError> {
        let form = Form::of(&mut params, headers)?;
        Asked::read(state, params, form).await
    }

    /// For what is of the present alone: an as-of block or a registry are refused like any unknown parameter.
    pub(crate) async fn now(state: &WebState, params: Params) -> Result<Asked, WebError> {
        let (path, question) = (params.path().to_owned(), params.question().to_owned());
        params.finish()?;
        let view = state.view_under(None, None).await?;
        Ok(Asked { view, kept: String::new(), past: false, form: Form::Json, path, question })
    }

    async fn read(state: &WebState, mut params: Params, form: Form) -> Result<Asked, WebError> {
        let (as_of, registry) = (params.as_of()?, params.registry()?);
        let (path, question) = (params.path().to_owned(), params.question().to_owned());
        params.finish()?;
        let kept = [as_of.map(|block| format!("as_of={block}")), registry.as_ref().map(|it| format!("registry={it}"))];
        let kept = kept.into_iter().flatten().collect::<Vec<_>>().join("&");
        let (past, view) = (as_of.is_some(), state.view_under(as_of, registry).await?);
        Ok(Asked { view, kept, past, form, path, question })
    }

    /// The whole question as a query that says the same for ever.
    pub(crate) fn pin(&self) -> String {
        match self.question.is_empty() {
            true => self.view.pin(),
            false => format!("{}&{}", self.question, self.view.pin()),
        }
    }

    /// Where the same question has the same answer for ever.
    pub(crate) fn permalink(&self) -> String {
        format!("{}?{}", self.path, self.pin())
    }
}
