//! Values of the parameters that `economics` names, each with where it is from and how old it is: given by whoever asks, verified on our
//! own chain, the operator's, published by others, or left out because no source gives one. No I/O, no clock.
//!
//! Which parameters a model has is economics'; what is computed with them is for pages, endpoints and rules. A parameter that is left
//! out has the value at which it does nothing ([`neutral`]), and every answer lists it as left out: it is no fact. One that has
//! no such value, and no source, is missing, and so is every figure that needs it.

mod given;
mod hour;
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

pub use self::{
    given::{Given, Span, decimal},
    hour::{Hour, NotKnown, hour_of_a_majority},
    own::Own,
    prices::Prices,
    published::MACHINES,
};

/// How long the attack lasts: part of the question.
pub const DAYS: &str = "attack_days";
/// A week, as in Harvey's estimate, where nothing else is asked.
const USUAL_DAYS: f64 = 7.0;
/// What machines that were taken off the network would do: the stock of `Attack::BuyRetired`.
pub const RETIRED: Parameter = Parameter {
    name: "retired_exahashes_per_second",
    unit: "EH/s",
    least: 0.0,
    greatest: 1e9,
    meaning: "machines taken off the network that are for sale",
};

/// Where a claim can be read, and of when it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// Where.
    pub source: Source,
    /// Of when.
    pub at: When,
    /// What it says, in words.
    pub says: String,
}

/// Where a value is from.
#[derive(Clone, Debug, PartialEq)]
pub enum Origin {
    /// The visitor's.
    Given,
    /// Part of the question, as it is where nothing else is asked.
    Usual,
    /// Our own chain.
    Verified {
        /// How it was found.
        how: String,
        /// The day of the chain's tip.
        day: Date,
    },
    /// The operator's.
    Operator {
        /// From where.
        how: String,
        /// The day of the value.
        day: Date,
    },
    /// Others'.
    Published {
        /// How the value comes from the claims.
        how: String,
        /// Who says so, the newest first.
        claims: Vec<Claim>,
        /// The day of the newest.
        day: Date,
    },
    /// Nobody's: the value at which the parameter does nothing, and what that means.
    LeftOut(&'static str),
}

impl Origin {
    /// The word in answers.
    pub fn word(&self) -> &'static str {
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
    pub fn day(&self) -> Option<Date> {
        match self {
            Origin::Verified { day, .. } | Origin::Operator { day, .. } | Origin::Published { day, .. } => Some(*day),
            _ => None,
        }
    }

    /// The same as its newest source has it: a month or a year where no more is told.
    pub fn at(&self) -> Option<String> {
        match self {
            Origin::Published { claims, .. } => claims.first().map(|claim| claim.at.to_string()),
            _ => self.day().map(|day| day.to_string()),
        }
    }
}

/// A parameter with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// Which.
    pub parameter: Parameter,
    /// Its value.
    pub range: Range,
    /// Where that is from.
    pub origin: Origin,
    /// Days from what it speaks of to the day of the question.
    pub age_days: Option<i32>,
}

/// What the parameters of a question are.
#[derive(Clone, Debug)]
pub struct Inputs {
    all: Vec<Input>,
    missing: Vec<Parameter>,
    /// The epoch that an attack begins in, of our own chain where the network's hashrate is from it.
    epoch: Option<Epoch>,
    /// Of the day that it is as of.
    pub day: Date,
}

/// What values may be taken from, beside the visitor.
#[derive(Clone, Copy)]
pub struct Sources<'a> {
    /// What others have published.
    pub dossier: &'a Dossier,
    /// Our own chain, where it is mainnet's.
    pub own: Option<&'a Own>,
    /// The operator's, if there are any.
    pub prices: Option<&'a Prices>,
    /// What was published by its end counts.
    pub day: Date,
    /// Where nothing was published by the day, the first that was published after it counts: for totals of then, whose inputs
    /// others told later.
    pub later: bool,
}

impl Inputs {
    /// From what is at hand. Of our own chain, the operator's prices and what is published the newest counts.
    pub fn from(sources: Sources<'_>, parameters: &[Parameter], given: &Given) -> Inputs {
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
        let epoch = all.iter().find(verified).and(sources.own).and_then(|own| own.epoch);
        Inputs { all, missing, epoch, day: sources.day }
    }

    /// Every parameter that has a value, in the order in which they were asked for.
    pub fn iter(&self) -> impl Iterator<Item = &Input> {
        self.all.iter()
    }

    /// Those that no source gives a value of, and that do nothing.
    pub fn left_out(&self) -> impl Iterator<Item = &Input> {
        self.all.iter().filter(|input| matches!(input.origin, Origin::LeftOut(_)))
    }

    /// Those without which there is no answer.
    pub fn missing(&self) -> &[Parameter] {
        &self.missing
    }

    /// A parameter with its value.
    pub fn get(&self, name: &str) -> Option<&Input> {
        self.all.iter().find(|input| input.parameter.name == name)
    }

    /// A parameter's central value.
    pub fn central(&self, name: &str) -> Option<f64> {
        self.get(name).map(|input| input.range.central)
    }

    /// What a model of these parameters computes with; else those of them that are missing.
    pub fn values(&self, parameters: &[Parameter]) -> Result<Values, Error> {
        self.values_at(parameters, "")
    }

    /// The same with one of them at its central value alone.
    pub fn values_at(&self, parameters: &[Parameter], name: &str) -> Result<Values, Error> {
        let range = |input: &Input| match input.parameter.name == name {
            true => Range::exactly(input.range.central),
            false => input.range,
        };
        let of = |parameter: &Parameter| Some((parameter.name.to_owned(), range(self.get(parameter.name)?)));
        Values::resolve(parameters, &parameters.iter().filter_map(of).collect(), &BTreeMap::new())
    }

    /// The epoch that an attack begins in: our own chain's where the hashrate is; else at the beginning of one whose difficulty
    /// fits the network's hashrate, so that it finds a block in ten minutes.
    pub fn epoch(&self) -> Option<Epoch> {
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
pub fn unit(parameter: &Parameter) -> &'static str {
    if parameter.unit == "1" { "" } else { parameter.unit }
}
