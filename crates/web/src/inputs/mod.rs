//! Values of the parameters that `economics` names, each with where it is from: given by the visitor, verified on our own chain,
//! published by others, or left out because no source gives one.
//!
//! Which parameters a model has is economics'; what is computed with them is for pages and endpoints. A parameter that is left
//! out has the value at which it does nothing ([`neutral`]), and every answer lists it as left out: it is no fact. One that has
//! no such value, and no source, is missing, and so is every figure that needs it.

mod fields;
mod given;
mod neutral;
mod own;
mod prices;
mod published;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use hashwatch_economics::{Error, Parameter, Range, Values, cost::NETWORK, mining::HASHES_PER_DIFFICULTY};
use hashwatch_metrics::Epoch;
use hashwatch_registry::{Dossier, Source, When};
use jiff::civil::Date;

use crate::{error::WebError, mainnet::Mainnet, state::WebState, view::View};

pub(crate) use self::{
    fields::{InputFields, MissingFields, input_columns, input_row},
    given::{Given, Span, decimal},
    own::Own,
    prices::Prices,
    published::MACHINES,
};

/// How long the attack lasts: part of the question.
pub(crate) const DAYS: &str = "attack_days";
/// A week, as in Harvey's estimate, where nothing else is asked.
const USUAL_DAYS: f64 = 7.0;
/// What machines that were taken off the network would do: the stock of `Attack::BuyRetired`.
pub(crate) const RETIRED: Parameter = Parameter {
    name: "retired_exahashes_per_second",
    unit: "EH/s",
    least: 0.0,
    greatest: 1e9,
    meaning: "machines taken off the network that are for sale",
};
/// What hashrate earns.
pub(crate) const HASHPRICE: Parameter = Parameter {
    name: "hashprice_usd_per_ph_day",
    unit: "USD per PH/s and day",
    least: 0.0,
    greatest: 1e6,
    meaning: "what a petahash per second is paid in a day",
};

/// Where a claim can be read, and of when it is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Claim {
    pub(crate) source: Source,
    pub(crate) at: When,
    /// What it says, in words.
    pub(crate) says: String,
}

/// Where a value is from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Origin {
    /// The visitor's.
    Given,
    /// Part of the question, as it is where nothing else is asked.
    Usual,
    /// Our own chain: how, and the day of its tip.
    Verified { how: String, day: Date },
    /// The operator's: from where, and the day of the value.
    Operator { how: String, day: Date },
    /// Others': how the value comes from the claims, the newest of them first.
    Published { how: String, claims: Vec<Claim>, day: Date },
    /// Nobody's: the value at which the parameter does nothing, and what that means.
    LeftOut(&'static str),
}

impl Origin {
    /// The word in answers.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Origin::Given => "given",
            Origin::Usual => "usual",
            Origin::Verified { .. } => "verified",
            Origin::Operator { .. } => "operator",
            Origin::Published { .. } => "published",
            Origin::LeftOut(_) => "left_out",
        }
    }

    /// The day that the value speaks of, where it speaks of one.
    pub(crate) fn day(&self) -> Option<Date> {
        match self {
            Origin::Verified { day, .. } | Origin::Operator { day, .. } | Origin::Published { day, .. } => Some(*day),
            _ => None,
        }
    }

    /// The same as its newest source has it: a month or a year where no more is told.
    pub(crate) fn at(&self) -> Option<String> {
        match self {
            Origin::Published { claims, .. } => claims.first().map(|claim| claim.at.to_string()),
            _ => self.day().map(|day| day.to_string()),
        }
    }
}

/// A parameter with its value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Input {
    pub(crate) parameter: Parameter,
    pub(crate) range: Range,
    pub(crate) origin: Origin,
    /// Days from what it speaks of to the day of the question.
    pub(crate) age_days: Option<i32>,
}

/// What the parameters of a question are.
#[derive(Clone, Debug)]
pub(crate) struct Inputs {
    all: Vec<Input>,
    missing: Vec<Parameter>,
    /// The epoch that an attack begins in, of our own chain where the network's hashrate is from it.
    epoch: Option<Epoch>,
    /// Of the day that it is as of.
    pub(crate) day: Date,
}

/// What values may be taken from, beside the visitor.
#[derive(Clone, Copy)]
pub(crate) struct Sources<'a> {
    pub(crate) dossier: &'a Dossier,
    /// Our own chain, where it is mainnet's.
    pub(crate) own: Option<&'a Own>,
    /// The operator's, if there are any.
    pub(crate) prices: Option<&'a Prices>,
    /// What was published by its end counts.
    pub(crate) day: Date,
    /// Where nothing was published by the day, the first that was published after it counts: for totals of then, whose inputs
    /// others told later.
    pub(crate) later: bool,
}

impl Inputs {
    /// The values of a question about mainnet. Of our own chain and of what is published the newer counts.
    pub(crate) async fn of(
        state: &WebState,
        asked: &Mainnet,
        parameters: &[Parameter],
        given: &Given,
    ) -> Result<Inputs, WebError> {
        let own = Inputs::own(state, asked.view.as_ref()).await?;
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
        let own = Inputs::own(state, view).await?;
        let prices = Prices::by(&state.market.borrow(), day);
        let sources = Sources { dossier, own: own.as_ref(), prices: Some(&prices), day, later: false };
        Ok(Inputs::from(sources, parameters, given))
    }

    async fn own(state: &WebState, view: Option<&View>) -> Result<Option<Own>, WebError> {
        match view {
            Some(view) => Own::of(state, view).await,
            None => Ok(None),
        }
    }

    /// The same from what is at hand.
    pub(crate) fn from(sources: Sources<'_>, parameters: &[Parameter], given: &Given) -> Inputs {
        let (mut all, mut missing): (Vec<Input>, Vec<Parameter>) = (Vec::new(), Vec::new());
        for &parameter in parameters {
            if all.iter().any(|known| known.parameter.name == parameter.name) {
                continue;
            }
            let found = given.get(parameter.name).map(|range| (range, Origin::Given));
            let found = found.or_else(|| sources.find(parameter.name)).filter(|(range, _)| within(parameter, *range));
            match found.or_else(|| neutral::of(parameter.name, &all)) {
                Some((range, origin)) => {
                    let age = |day: Date| (sources.day - day).get_days();
                    let age_days = origin.day().map(age);
                    all.push(Input { parameter, range, origin, age_days });
                }
                None => missing.push(parameter),
            }
        }
        let verified =
            |input: &&Input| input.parameter.name == NETWORK && matches!(input.origin, Origin::Verified { .. });
        let epoch = all.iter().find(verified).and(sources.own).map(|own| own.epoch);
        Inputs { all, missing, epoch, day: sources.day }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Input> {
        self.all.iter()
    }

    /// Those that no source gives a value of, and that do nothing.
    pub(crate) fn left_out(&self) -> impl Iterator<Item = &Input> {
        self.all.iter().filter(|input| matches!(input.origin, Origin::LeftOut(_)))
    }

    /// Those without which there is no answer.
    pub(crate) fn missing(&self) -> &[Parameter] {
        &self.missing
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Input> {
        self.all.iter().find(|input| input.parameter.name == name)
    }

    /// A parameter's central value.
    pub(crate) fn central(&self, name: &str) -> Option<f64> {
        self.get(name).map(|input| input.range.central)
    }

    /// What a model of these parameters computes with; else those of them that are missing.
    pub(crate) fn values(&self, parameters: &[Parameter]) -> Result<Values, Error> {
        self.values_at(parameters, "")
    }

    /// The same with one of them at its central value alone.
    pub(crate) fn values_at(&self, parameters: &[Parameter], name: &str) -> Result<Values, Error> {
        let range = |input: &Input| match input.parameter.name == name {
            true => Range::exactly(input.range.central),
            false => input.range,
        };
        let of = |parameter: &Parameter| Some((parameter.name.to_owned(), range(self.get(parameter.name)?)));
        Values::resolve(parameters, &parameters.iter().filter_map(of).collect(), &BTreeMap::new())
    }

    /// The epoch that an attack begins in: our own chain's where the hashrate is; else at the beginning of one whose difficulty
    /// fits the network's hashrate, so that it finds a block in ten minutes.
    pub(crate) fn epoch(&self) -> Option<Epoch> {
        let fits = |rate: f64| Epoch { difficulty: rate * 1e18 * 600.0 / HASHES_PER_DIFFICULTY, waits: 0, seconds: 0 };
        self.epoch.or_else(|| self.central(NETWORK).map(fits))
    }
}

impl Sources<'_> {
    /// A parameter's value and where it is from.
    fn find(&self, name: &str) -> Option<(Range, Origin)> {
        if name == DAYS {
            return Some((Range::exactly(USUAL_DAYS), Origin::Usual));
        }
        let own = self.own.and_then(|own| own.find(name));
        let prices = self.prices.and_then(|prices| prices.find(name));
        // of all the newest: a chain that is still read is years behind. Of one day our own comes before others'
        let known = [published::of(self, name), prices, own].into_iter().flatten();
        known.max_by_key(|(_, origin)| origin.day())
    }
}

/// What a source says is held against the parameter's bounds as a visitor's value is.
fn within(parameter: Parameter, range: Range) -> bool {
    range.low >= parameter.least && range.high <= parameter.greatest
}

/// What a parameter is counted in, as it stands behind a number: nothing where it is a part or a ratio.
pub(crate) fn unit(parameter: &Parameter) -> &'static str {
    if parameter.unit == "1" { "" } else { parameter.unit }
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
