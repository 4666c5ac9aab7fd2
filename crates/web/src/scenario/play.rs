//! The scenario as it is played: question and facts put together for economics, and what comes of it kept while it is asked for.

use std::{collections::BTreeMap, sync::Arc};

use hashwatch_economics::{
    Error, Parameter, Values,
    attack::Attack,
    cost::{NETWORK, OWNED},
    path::Draws,
    scenario::{Amount, Departure, Outcome, Priced, Scenario, play},
};
use hashwatch_metrics::Index;

use super::{
    ask::{Days, Wanted},
    leaving::{Leaver, Leaving, leaving},
    start::{Begins, Counted, reward_btc},
};
use crate::{
    error::WebError,
    inputs::{self, Inputs, refused},
    mainnet::Mainnet,
    params::Params,
    shares::CONFIDENCE,
    span::midnight,
    state::WebState,
};

/// Paths that are drawn, and from which seed: the same question has the same answer.
pub(super) const DRAWS: Draws = Draws { count: 1_000, seed: 7, confidence: CONFIDENCE };
/// Indices before and after.
pub(super) const INDICES: [Index; 3] = [Index::Hhi, Index::Nakamoto, Index::Cr1];
/// The attack that is priced before, during and after.
pub(super) const ATTACK: Attack = Attack::MatchFromOutside;

/// A scenario and what comes of it.
#[derive(Debug)]
pub(crate) struct Played {
    pub(super) wanted: Wanted,
    pub(super) days: Days,
    pub(super) begins: Begins,
    pub(super) leaving: Leaving,
    pub(super) counted: Counted,
    pub(super) inputs: Inputs,
    pub(super) outcome: Outcome,
    /// The same where blocks pay what they do at the end: the attack's revenue then.
    pub(super) late: Option<Outcome>,
    /// Parameters of the attack that have no value.
    pub(super) missing: Vec<Parameter>,
    /// What a block pays at the start, and a coin's price; none where nobody says.
    pub(super) reward_btc: Option<f64>,
    pub(super) usd_per_btc: Option<f64>,
}

/// Reads the question; what is left in `params` is for [`Mainnet`].
pub(super) fn read(params: &mut Params) -> Result<Wanted, WebError> {
    Wanted::read(params)
}

impl Played {
    /// From memory where it was asked for lately.
    pub(super) async fn of(state: &WebState, asked: &Mainnet, wanted: Wanted) -> Result<Arc<Played>, WebError> {
        let inputs = inputs::of(state, asked, &OWNED, &wanted.market).await?;
        let counted = Counted::of(state, asked).await?;
        // every state of everything that goes into it
        let found = async {
            let who = asked.who(state);
            tokio::task::block_in_place(|| {
                let begins = Begins::of(asked, &inputs)?;
                let days = wanted.days(begins.day)?;
                let leaving = leaving(&asked.dossier, who, (asked.day, days), &wanted)?;
                Played::put_together(wanted, (days, begins), leaving, (counted, inputs)).map(Arc::new)
            })
        };
        state.scenarios.get(asked.pin(), found).await
    }

    /// From what is at hand.
    pub(super) fn put_together(
        wanted: Wanted,
        (days, begins): (Days, Begins),
        leaving: Leaving,
        (counted, inputs): (Counted, Inputs),
    ) -> Result<Played, WebError> {
        let departures =
            departures(&begins, &leaving, &counted, inputs.get(NETWORK).is_some_and(|it| it.age_days.is_none()))?;
        let values = inputs.values(&OWNED).ok();
        let (reward, usd) = (inputs.central("reward_btc"), inputs.central("usd_per_btc"));
        let scenario = Scenario {
            start: begins.start,
            exahashes_per_second: begins.exahashes_per_second,
            until: midnight(days.until),
            departures: &departures,
            retired_share: wanted.retired_share,
            fleet: &wanted.fleet,
            reward_btc: reward.unwrap_or(0.0),
            usd_per_btc: usd.unwrap_or(0.0),
            pools: &counted.pools,
            unknown_blocks: counted.unknown,
            indices: &INDICES,
            priced: values.as_ref().map(|values| Priced { attack: ATTACK, values }),
            draws: DRAWS,
        };
        let outcome = play(&scenario).map_err(|error| told(&error))?;
        let late = late(&scenario, &outcome, begins.height, &inputs).map_err(|error| told(&error))?;
        let missing = inputs.missing().to_vec();
        Ok(Played {
            days,
            begins,
            leaving,
            counted,
            outcome,
            late,
            missing,
            reward_btc: reward,
            usd_per_btc: usd,
            inputs,
            wanted,
        })
    }
}

/// As economics takes them. Refused where more leaves than there is.
fn departures(begins: &Begins, leaving: &Leaving, counted: &Counted, given: bool) -> Result<Vec<Departure>, WebError> {
    let most: f64 = leaving.leavers.iter().map(|one| one.amount.high).sum();
    let network = begins.exahashes_per_second;
    if most > network * (1.0 + 1e-12) {
        let name = if given { NETWORK } else { "leave" };
        let reason = format!("{most:.1} EH/s would leave, and the network has {network:.1}");
        return Err(WebError::BadValue { name, reason });
    }
    let counts = |slug: &String| counted.pools.iter().any(|pool| pool.name == *slug);
    let departure = |one: &Leaver| Departure {
        name: one.miner.clone(),
        date: midnight(one.date).max(begins.start.time),
        amount: Amount::ExahashesPerSecond(one.amount),
        pool: one.pool.as_ref().map(|(slug, _)| slug.clone()).filter(counts),
    };
    Ok(leaving.leavers.iter().map(departure).collect())
}

/// The outcome where blocks pay what they do at the end, if they pay less by then. Only what the attack costs is taken from it.
fn late(scenario: &Scenario<'_>, outcome: &Outcome, height: u64, inputs: &Inputs) -> Result<Option<Outcome>, Error> {
    let blocks = outcome.central.path.retargets.last().map_or(0, |it| it.blocks + 1);
    let then = reward_btc(scenario.reward_btc, height, blocks);
    let (Some(priced), true) = (scenario.priced, then < scenario.reward_btc) else { return Ok(None) };
    let mut ranges: BTreeMap<_, _> = inputs.iter().map(|it| (it.parameter.name.to_owned(), it.range)).collect();
    ranges.insert("reward_btc".to_owned(), hashwatch_economics::Range::exactly(then));
    let values = Values::resolve(&OWNED, &ranges, &BTreeMap::new())?;
    let priced = Priced { values: &values, ..priced };
    let draws = Draws { count: 1, ..scenario.draws };
    play(&Scenario { priced: Some(priced), indices: &[], draws, ..*scenario }).map(Some)
}

/// What economics refuses, by the parameter of the question that it is about.
fn told(error: &Error) -> WebError {
    let named = |of: &str| ["fleet", "until", "retired_share"].into_iter().find(|name| *name == of);
    match error {
        Error::Refused { parameter, .. } | Error::Contradiction { parameter, .. } if named(parameter).is_some() => {
            WebError::BadValue { name: named(parameter).unwrap_or("fleet"), reason: error.to_string() }
        }
        error => refused(error, &OWNED),
    }
}
