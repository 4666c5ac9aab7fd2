//! Listed miners: `/miners`, `/miners/{ticker}`, `/api/v1/miners` and `/api/v1/shares?by=miner`. What is estimated is called so
//! everywhere.

mod answer;
pub(crate) mod disclosed;
mod estimate;
mod page;

use axum::response::Response;
use hashwatch_model::Window;
use hashwatch_registry::Miner;

pub(crate) use self::{answer::MinersFields, estimate::Miners, page::page};
use self::{
    answer::{fields, table},
    estimate::Found,
};
use crate::{asked::Asked, error::WebError, state::WebState, table::answer, view::View, window_links::range_words};

/// `GET /api/v1/shares?by=miner`.
pub(crate) async fn answered(state: &WebState, asked: &Asked, window: Window) -> Result<Response, WebError> {
    let view = &asked.view;
    view.kept()?;
    let miners = Miners::read(state, view, window).await?;
    let title = format!("Listed miners over {}, estimates from disclosed hashrate", range_words(miners.shares.range));
    answer(state, asked, &title, || fields(view, &miners, window), || table(view, &miners, window))
}

fn told<'v>(view: &'v View, miners: &'v Miners) -> impl Iterator<Item = (&'v Miner, &'v Found)> {
    // one for each miner of the registry, in its order
    view.who.miners().iter().zip(&miners.found).filter(|(miner, found)| miner.slug == found.slug)
}
