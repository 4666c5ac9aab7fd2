//! What the scenario is asked for: parameters, their bounds and their defaults.

use std::{collections::BTreeSet, fmt, str::FromStr};

use hashwatch_economics::{
    Parameter, Range,
    cost::{NETWORK, OWNED},
    fleet::Tranche,
};
use jiff::{ToSpan, civil::Date};
use utoipa::IntoParams;

use crate::{
    error::WebError,
    inputs::{self, Given, decimal},
    params::{Params, Part},
};

/// All miners that announced a pivot stop mining altogether.
pub(super) const ALL: &str = "all-announced";
/// Day by which those without a date of their own leave, where it is still to come.
pub(super) const BY: Date = jiff::civil::date(2027, 12, 31);
/// Power of machines that leave per hash.
const EFFICIENCY: Parameter = Parameter {
    name: "joules_per_terahash",
    unit: "J/TH",
    least: 0.1,
    greatest: 1e5,
    meaning: "power of the machines that leave per hash",
};
/// Parameters of the attack that can be given here, too. The efficiency of its machines cannot: here that name is of those that leave.
const MARKET: [&str; 5] = [NETWORK, "usd_per_btc", "reward_btc", "usd_per_kwh", "attack_days"];

/// Their bounds.
fn market() -> Vec<Parameter> {
    MARKET.iter().filter_map(|name| OWNED.iter().find(|it| it.name == *name).copied()).collect()
}

/// Years after the start that a scenario may go on.
const MOST_YEARS: i32 = 10;
/// Tranches of a fleet.
const MOST_TRANCHES: usize = 40;

/// Those of `/api/v1/scenario`.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "described, not read: read below")]
pub(crate) struct ScenarioParams {
    /// Slugs of announcements that are carried out, comma separated, as `/api/v1/scenario` lists them under `choices`; or
    /// `all-announced`: every listed miner that announced a pivot stops mining altogether, which is also asked where neither this nor
    /// `listed_share` is given.
    #[param(pattern = "^[a-z0-9-]+(,[a-z0-9-]+)*$")]
    leave: Option<String>,
    /// The part of what every listed miner discloses that leaves as well: of those of whom `leave` says nothing.
    #[param(minimum = 0, maximum = 1)]
    listed_share: Option<f64>,
    /// The day on which those leave that have stated none (UTC). Else 2027-12-31, or a year after the start where that is over.
    #[param(pattern = "^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")]
    by: Option<String>,
    /// The day up to which the chain is followed, at most ten years after the start. Else two years after the start, or a year after
    /// `by` where that is later.
    #[param(pattern = "^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")]
    until: Option<String>,
    /// Efficiency of the machines that leave, J/TH from 0.1 to 100,000, where only their power is told: `20`, or `low..central..high`.
    /// Else what the miner reports.
    joules_per_terahash: Option<String>,
    /// The network's hashrate at the start, EH/s, above 0, as a number or `low..central..high`, of which the central one counts; the
    /// difficulty then fits it. Else our own estimate, or what is published, as on `/api/v1/attack-cost`.
    network_exahashes_per_second: Option<String>,
    /// Part of the machines that leave which is for sale afterwards; 1 where it is left out. A choice, no fact.
    #[param(minimum = 0, maximum = 1)]
    retired_share: Option<f64>,
    /// Machines that start or stop by the hashprice: hashrate, efficiency and price of power as `EH/s@J/TH@USD/kWh`, several comma
    /// separated. None where it is left out, since nobody has published what stands idle.
    #[param(pattern = "^[0-9.]+@[0-9.]+@[0-9.]+(,[0-9.]+@[0-9.]+@[0-9.]+)*$")]
    fleet: Option<String>,
    /// Price of a coin, USD. Else the last published.
    usd_per_btc: Option<String>,
    /// Pay of a block at the start, subsidy and fees, BTC. Else what our own blocks paid, or the subsidy alone.
    reward_btc: Option<String>,
    /// Price of power, USD/kWh: for the attack, and for which machines pay.
    usd_per_kwh: Option<String>,
    /// How long the attack lasts that is priced.
    attack_days: Option<String>,
}

/// What is asked for; what was left out is none.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) all: bool,
    pub(super) slugs: BTreeSet<String>,
    pub(super) listed_share: f64,
    pub(super) by: Option<Date>,
    pub(super) until: Option<Date>,
    pub(super) joules: Option<Range>,
    pub(super) retired_share: f64,
    pub(super) fleet: Vec<Tranche>,
    /// Of [`market`].
    pub(super) market: Given,
}

/// The days of a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Days {
    pub(super) start: Date,
    pub(super) by: Date,
    pub(super) until: Date,
}

impl Wanted {
    pub(super) fn read(params: &mut Params) -> Result<Wanted, WebError> {
        let mut slugs: BTreeSet<String> = params.list("leave").into_iter().collect();
        let share = params.take::<Part>("listed_share")?.map(|Part(share)| share);
        let all = slugs.remove(ALL) || (slugs.is_empty() && share.is_none());
        let named = all.then(|| ALL.to_owned()).into_iter().chain(slugs.iter().cloned()).collect::<Vec<_>>();
        if !named.is_empty() {
            params.asked("leave", &named.join(","));
        }
        let listed_share = share.unwrap_or(0.0);
        params.asked("listed_share", &listed_share);
        let retired_share = params.take::<Part>("retired_share")?.map_or(1.0, |Part(share)| share);
        params.asked("retired_share", &retired_share);
        Ok(Wanted {
            all,
            slugs,
            listed_share,
            by: day(params, "by")?,
            until: day(params, "until")?,
            joules: inputs::given(params, &[EFFICIENCY])?.get(EFFICIENCY.name),
            retired_share,
            fleet: params.part::<Fleet>("fleet")?.map_or_else(Vec::new, |it| it.0),
            market: inputs::given(params, &market())?,
        })
    }

    /// The fleet as it was given.
    pub(super) fn fleet_words(&self) -> String {
        Fleet(self.fleet.clone()).to_string()
    }

    /// Its days, for a chain that starts on one.
    pub(super) fn days(&self, start: Date) -> Result<Days, WebError> {
        let refuse = |name, reason: String| Err(WebError::BadValue { name, reason });
        let after = |day: Date, years: i32| day.saturating_add(years.years());
        let by = self.by.unwrap_or(if BY > start { BY } else { after(start, 1) });
        let until = self.until.unwrap_or(after(start, 2).max(if by > after(start, 1) { after(by, 1) } else { by }));
        let last = after(start, MOST_YEARS);
        if until <= start || until > last {
            return refuse("until", format!("{until} is not after the start, {start}, or is after {last}"));
        }
        if by < start || by > until {
            return refuse("by", format!("{by} does not lie between the start, {start}, and the end, {until}"));
        }
        Ok(Days { start, by, until })
    }
}

/// A day, noted as part of the question.
fn day(params: &mut Params, name: &'static str) -> Result<Option<Date>, WebError> {
    let day = params.day(name)?;
    if let Some(day) = &day {
        params.asked(name, day);
    }
    Ok(day)
}

/// Tranches, as `100@30@0.05`.
#[derive(Clone, Debug, PartialEq)]
struct Fleet(Vec<Tranche>);

impl FromStr for Fleet {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WHAT: &str = "up to 40 tranches as EH/s@J/TH@USD/kWh, comma separated: 100@30@0.05";
        let positive = |text: &str| decimal(text).filter(|number| number.is_sign_positive());
        let tranche = |text: &str| {
            let numbers: Option<Vec<f64>> = text.split('@').map(positive).collect();
            let &[exahashes_per_second, joules_per_terahash, usd_per_kwh] = numbers?.as_slice() else { return None };
            let possible =
                exahashes_per_second <= 1e9 && (0.1..=1e5).contains(&joules_per_terahash) && usd_per_kwh <= 10.0;
            possible.then_some(Tranche { exahashes_per_second, joules_per_terahash, usd_per_kwh })
        };
        let tranches: Vec<Tranche> = text.split(',').map(tranche).collect::<Option<_>>().ok_or(WHAT)?;
        if tranches.len() <= MOST_TRANCHES { Ok(Fleet(tranches)) } else { Err(WHAT) }
    }
}

impl fmt::Display for Fleet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, it) in self.0.iter().enumerate() {
            let comma = if place > 0 { "," } else { "" };
            write!(f, "{comma}{}@{}@{}", it.exahashes_per_second, it.joules_per_terahash, it.usd_per_kwh)?;
        }
        Ok(())
    }
}
