//! What most pages and answers are asked for: a window, as of a block, under a version of the registry.

use axum::http::HeaderMap;
use hashwatch_model::Window;

use crate::{
    error::WebError,
    params::{BlockRef, Params},
    state::WebState,
    table::Form,
    view::View,
};

pub(crate) struct Asked {
    pub(crate) window: Window,
    pub(crate) view: View,
    /// The as-of block and the registry, where they were asked for, as they stand in a query: a link to another window keeps them.
    pub(crate) kept: String,
}

impl Asked {
    /// The rest of the parameters must be these.
    pub(crate) async fn read(state: &WebState, mut params: Params, usual: Window) -> Result<Asked, WebError> {
        let window = params.take("window")?.unwrap_or(usual);
        let (as_of, registry) = (params.take::<BlockRef>("as_of")?, params.registry()?);
        params.finish()?;
        let kept = [as_of.map(|block| format!("as_of={block}")), registry.as_ref().map(|it| format!("registry={it}"))];
        let kept = kept.into_iter().flatten().collect::<Vec<_>>().join("&");
        Ok(Asked { window, view: state.view_under(as_of, registry).await?, kept })
    }

    /// The same, and the form in which an answer is asked for.
    pub(crate) async fn with_form(
        state: &WebState,
        headers: &HeaderMap,
        query: Option<&str>,
        usual: Window,
    ) -> Result<(Asked, Form), WebError> {
        let mut params = Params::new(query);
        let form = Form::of(&mut params, headers)?;
        Ok((Asked::read(state, params, usual).await?, form))
    }

    /// What makes a link say the same for ever.
    pub(crate) fn pin(&self) -> String {
        format!("window={}&{}", self.window, self.view.pin())
    }
}
