//! Our own chain's values as of a view of it, where it is mainnet's.

use hashwatch_inputs::Own;
use hashwatch_metrics::Epoch;
use hashwatch_model::Window;
use hashwatch_registry::day_of;

use crate::{
    error::WebError,
    shares,
    state::WebState,
    view::View,
    work::{difficulty, hashrate, revenue::Revenue},
};

/// None where nothing is stored.
pub(super) async fn of(state: &WebState, view: &View) -> Result<Option<Own>, WebError> {
    let (chain, origin) = (view.chain().await?, state.origin());
    let range = shares::Range::of(&chain, Window::Blocks(Own::BLOCKS));
    let Some((first, last)) = chain.place(range.from).zip(chain.place(range.to)) else { return Ok(None) };
    let paid = Revenue::of(&chain, first, last, origin.hash_scale);
    let rate = hashrate::usual(state, &chain, range).map(|found| found.rate);
    let now = difficulty::now(&chain, origin.network, origin.hash_scale);
    #[allow(clippy::cast_precision_loss, reason = "satoshis of 2,016 blocks are below 2^53")]
    let reward_btc = paid.reward as f64 / paid.blocks as f64 / 1e8;
    // how far an epoch has come that began below what is stored, nobody knows
    let (waits, seconds) = now.from.map_or((0, 0), |_| (now.blocks - 1, now.seconds));
    let epoch = Epoch { difficulty: now.difficulty, waits, seconds };
    let own = Own::new(day_of(view.mark().time), paid.blocks, rate);
    Ok(Some(Own { reward_btc: Some(reward_btc), epoch: Some(epoch), ..own }))
}
