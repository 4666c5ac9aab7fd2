//! Values of the parameters that models have, as questions of visitors take them: what they give, what our own chain tells, the
//! operator's prices. Which of them counts is for inputs.

mod fields;
mod own;
#[cfg(test)]
mod tests;

use hashwatch_economics::{Error, Parameter, cost::NETWORK};
pub(crate) use hashwatch_inputs::{
    Claim, DAYS, Given, Input, Inputs, MACHINES, Origin, Own, Prices, RETIRED, Sources, Span, decimal, unit,
};
use hashwatch_registry::Dossier;
use jiff::civil::Date;

pub(crate) use self::fields::{InputFields, MissingFields, input_columns, input_row};
use crate::{error::WebError, mainnet::Mainnet, params::Params, state::WebState, view::View};

/// The values of a question about mainnet.
pub(crate) async fn of(
    state: &WebState,
    asked: &Mainnet,
    parameters: &[Parameter],
    given: &Given,
) -> Result<Inputs, WebError> {
    let own = of_view(state, asked.view.as_ref()).await?;
    let prices = Some(&asked.prices);
    let sources = Sources { dossier: &asked.dossier, own: own.as_ref(), prices, day: asked.day, later: false };
    Ok(Inputs::from(sources, parameters, given))
}

/// The same as of a day, on a page that asks for none. `view` is of mainnet's own chain.
pub(crate) async fn known(
    state: &WebState,
    dossier: &Dossier,
    view: Option<&View>,
    day: Date,
    parameters: &[Parameter],
    given: &Given,
) -> Result<Inputs, WebError> {
    let own = of_view(state, view).await?;
    let prices = Prices::by(&state.market.borrow(), day);
    let sources = Sources { dossier, own: own.as_ref(), prices: Some(&prices), day, later: false };
    Ok(Inputs::from(sources, parameters, given))
}

async fn of_view(state: &WebState, view: Option<&View>) -> Result<Option<Own>, WebError> {
    match view {
        Some(view) => own::of(state, view).await,
        None => Ok(None),
    }
}

/// Takes the parameters of a model out of a question. One that cannot be read, out of order or out of bounds, is refused by its name.
pub(crate) fn given(params: &mut Params, parameters: &[Parameter]) -> Result<Given, WebError> {
    let mut given = Given::default();
    for parameter in parameters {
        if given.get(parameter.name).is_some() {
            continue;
        }
        let Some(Span(range)) = params.part::<Span>(parameter.name)? else { continue };
        if range.low < parameter.least || range.high > parameter.greatest {
            let Parameter { least, greatest, .. } = parameter;
            let reason = format!("from {least} to {greatest} {}", unit(parameter)).trim_end().to_owned();
            return Err(WebError::BadValue { name: parameter.name, reason });
        }
        given = given.with(parameter.name, range);
    }
    Ok(given)
}

/// What economics refuses, told as the visitor's.
pub(crate) fn refused(error: &Error, parameters: &[Parameter]) -> WebError {
    let name = |of: &str| parameters.iter().map(|it| it.name).chain(WORDS).find(|known| *known == of);
    let named = match error {
        Error::Refused { parameter, .. } | Error::Contradiction { parameter, .. } => name(parameter),
        _ => None,
    };
    match named {
        Some(name) => WebError::BadValue { name, reason: error.to_string() },
        // a result beyond a float: of values that are each in range, and all of them the visitor's
        None => WebError::BadValue { name: NETWORK, reason: format!("with the other parameters: {error}") },
    }
}

/// Parameters that are no [`Parameter`]s.
const WORDS: [&str; 5] = ["share", "q", "z", "risk", "gamma"];
