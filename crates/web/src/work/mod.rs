//! How much work goes into the chain, and what it earns: hashrate, difficulty, revenue.

pub(crate) mod difficulty;
pub(crate) mod hashrate;
pub(crate) mod page;
pub(crate) mod revenue;

use axum::http::{HeaderMap, Uri};
use hashwatch_model::Window;
use hashwatch_store::ChainColumns;

use crate::{asked::Asked, error::WebError, params::Params, shares::Range, state::WebState};

/// What an answer about a window is read from.
struct Over {
    asked: Asked,
    chain: ChainColumns,
    window: Window,
    range: Range,
}

impl Over {
    /// `usual` is the window where none is asked for.
    async fn read(state: &WebState, (headers, uri): (&HeaderMap, &Uri), usual: Window) -> Result<Over, WebError> {
        let mut params = Params::of(uri);
        let window = params.window(usual)?;
        let asked = Asked::api(state, params, headers).await?;
        let chain = asked.view.chain().await?;
        let range = Range::of(&chain, window);
        Ok(Over { asked, chain, window, range })
    }
}
