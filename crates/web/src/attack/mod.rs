//! What a majority of mainnet's hashrate costs, and how often a payment is undone: `/attack`, `/api/v1/attack-cost` and
//! `/api/v1/double-spend`. The formulas are economics'; the values are of [`crate::inputs`].

pub(crate) mod answer;
mod beside;
pub(crate) mod chart;
mod compared;
mod cost;
mod fields;
mod form;
pub(crate) mod line;
pub(crate) mod page;
mod preset;
pub(crate) mod race;
mod rows;
#[cfg(test)]
mod tests;
mod today;
pub(crate) mod words;

use hashwatch_economics::{
    Parameter,
    attack::Attack,
    cost::{HASHPRICE, OWNED, RENTED},
};
use hashwatch_registry::PublishedCost;

use crate::{
    error::WebError,
    inputs::{self, Given, Inputs, RETIRED},
    mainnet::Mainnet,
    params::{Params, Part},
    state::WebState,
};

/// The share that is asked for where none is.
const USUAL_SHARE: f64 = 0.51;
/// The least share of either side: of less, no figure of a cost has a digit.
const LEAST_SHARE: f64 = 1e-6;
/// Confirmations to make up, where none are named.
const USUAL_BLOCKS: u32 = 6;
/// What an attack is worth to whoever makes it.
const VALUE: Parameter = Parameter {
    name: "value_usd",
    unit: "USD",
    least: 0.0,
    greatest: 1e15,
    meaning: "what the attack is worth to the attacker",
};

/// Every parameter of the cost that may be given, in the order in which they are told.
fn parameters() -> Vec<Parameter> {
    let mut all: Vec<Parameter> = OWNED.to_vec();
    all.extend(RENTED.iter().filter(|it| OWNED.iter().all(|known| known.name != it.name)));
    all.extend([RETIRED, HASHPRICE]);
    all
}

/// Where the attacker's hashrate is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Match,
    Add,
    Inside,
    Retired,
}

impl Kind {
    pub(crate) const ALL: [Kind; 4] = [Kind::Match, Kind::Add, Kind::Inside, Kind::Retired];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Kind::Match => "match",
            Kind::Add => "add",
            Kind::Inside => "inside",
            Kind::Retired => "retired",
        }
    }

    fn from_word(word: &str) -> Kind {
        Kind::ALL.into_iter().find(|kind| kind.word() == word).unwrap_or(Kind::Match)
    }
}

/// What is asked: of what kind, against what, with which values.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) kind: Kind,
    pub(crate) share: f64,
    pub(crate) blocks: u32,
    pub(crate) given: Given,
    /// The slug of a published cost that ours is put beside.
    pub(crate) preset: Option<String>,
}

impl Question {
    /// Takes the question out of the parameters; what contradicts itself is refused by name.
    pub(crate) fn read(params: &mut Params) -> Result<Question, WebError> {
        let refuse = |name, reason: &str| Err(WebError::BadValue { name, reason: reason.to_owned() });
        let preset = params.part::<String>("preset")?;
        let kind = params.word_of("kind", &Kind::ALL.map(Kind::word))?;
        let share = params.part::<Part>("share")?.map(|Part(share)| share);
        let blocks = params.count("z", (1, 1_000_000))?;
        let all: Vec<Parameter> = parameters().into_iter().chain([VALUE]).collect();
        let given = inputs::given(params, &all)?;
        if preset.is_some() && (kind.is_some() || share.is_some() || given.names().next().is_some()) {
            return refuse("preset", "it has a kind and values of its own: give it alone, or them without it");
        }
        let kind = kind.map_or(Kind::Match, Kind::from_word);
        if preset.is_none() {
            params.asked("kind", &kind.word());
        }
        if kind == Kind::Match && share.is_some() {
            return refuse(
                "share",
                "whoever matches the network has half of both: leave it out, or ask for another kind",
            );
        }
        if share.is_some_and(|share| !(LEAST_SHARE..=1.0 - LEAST_SHARE).contains(&share)) {
            return refuse(
                "share",
                "from 0.000001 to 0.999999: nothing is no attack, and all of it leaves nobody to attack",
            );
        }
        if kind != Kind::Retired && given.get(RETIRED.name).is_some() {
            return refuse(RETIRED.name, "retired machines are bought by kind=retired alone");
        }
        let (share, blocks) = (share.unwrap_or(USUAL_SHARE), blocks.unwrap_or(USUAL_BLOCKS));
        Ok(Question { kind, share, blocks, given, preset })
    }

    /// With the values that there are; of a preset, those of its time.
    pub(crate) async fn inputs(&mut self, state: &WebState, asked: &Mainnet) -> Result<Inputs, WebError> {
        let Some(cost) = self.published(asked)? else {
            return inputs::of(state, asked, &parameters(), &self.given).await;
        };
        let inputs = preset::inputs(&asked.dossier, cost);
        (self.kind, self.share) = preset::kind(&cost.slug);
        Ok(inputs)
    }

    /// The published cost that is asked for.
    pub(crate) fn published<'d>(&self, asked: &'d Mainnet) -> Result<Option<&'d PublishedCost>, WebError> {
        let Some(slug) = &self.preset else { return Ok(None) };
        let known = asked.dossier.published_costs();
        let all = || known.iter().map(|cost| cost.slug.as_str()).collect::<Vec<_>>().join(", ");
        let refuse = || WebError::BadValue { name: "preset", reason: format!("one of: {}", all()) };
        known.iter().find(|cost| cost.slug == *slug).ok_or_else(refuse).map(Some)
    }

    pub(crate) fn attack(&self, inputs: &Inputs) -> Attack {
        let share = self.share;
        match self.kind {
            Kind::Match => Attack::MatchFromOutside,
            Kind::Add => Attack::AddToShare { share },
            Kind::Inside => Attack::CaptureInside { share },
            Kind::Retired => {
                let stock_exahashes_per_second = inputs.central(RETIRED.name).unwrap_or_default();
                Attack::BuyRetired { share, stock_exahashes_per_second }
            }
        }
    }
}
