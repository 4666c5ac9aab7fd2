//! What a majority costs, in a line of the overview.

use hashwatch_registry::{Dossier, day_of};

use super::{Kind, Question, USUAL_BLOCKS, USUAL_SHARE, cost::cost, parameters};
use crate::{
    error::WebError,
    inputs::{self, Given},
    mainnet::today,
    money::{rounded, rounded_usd},
    published::is_ours,
    state::WebState,
    view::View,
    wording::from_to,
};

/// The cost of matching the network, before revenue and resale.
pub(crate) struct Line {
    pub(crate) value: String,
    pub(crate) range: String,
    /// The parameter that matters most, in words.
    pub(crate) most: String,
}

/// None where nothing is published to go by. `view` is the chain that is followed: only mainnet's own goes into it.
pub(crate) async fn line(state: &WebState, view: &View) -> Result<Option<Line>, WebError> {
    let dossier: std::sync::Arc<Dossier> = std::sync::Arc::clone(&state.dossier.borrow());
    let own = is_ours(state).then_some(view);
    let day = own.map_or_else(today, |view| day_of(view.mark().time));
    let inputs = inputs::known(state, &dossier, own, day, &parameters(), &Given::default()).await?;
    let (given, preset) = (Given::default(), None);
    let question = Question { kind: Kind::Match, share: USUAL_SHARE, blocks: USUAL_BLOCKS, given, preset };
    let Some(owned) = cost(&question, &inputs).ok().and_then(|found| found.owned) else { return Ok(None) };
    let gross = owned.ranged.gross_usd;
    let most = owned.ranged.sensitivity.first().and_then(|swing| inputs.get(swing.parameter));
    Ok(Some(Line {
        value: rounded_usd(gross.central),
        range: format!("{} USD", from_to(gross.low, gross.high, rounded)),
        most: most.map_or_else(String::new, |input| format!("most by the {}", input.parameter.meaning)),
    }))
}
