//! What `/api/v1/scenario` answers with.

use hashwatch_registry::{AnnouncementKind, HashrateKind};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    amounts::Rule,
    outcome_fields::{
        ScenarioAttackFields, ScenarioCaseFields, ScenarioEpochFields, ScenarioIndexFields, ScenarioPaysFields,
        ScenarioShareFields, SharesOfFields,
    },
};
use crate::{
    inputs::{InputFields, MissingFields},
    openapi::words::{DayText, WhenText, texts, words},
    registry::claims::SourceFields,
};

texts! {
    /// By which rule so much leaves.
    RuleWord: words(Rule::ALL.map(Rule::word));
    /// Of what kind an announcement is.
    LeavingKindWord: words(AnnouncementKind::ALL.iter().map(|kind| kind.name()));
    /// What a disclosed hashrate means.
    SaidKindWord: words(HashrateKind::ALL.map(HashrateKind::name));
}

/// A figure where little leaves, as expected, where much does: not always in order.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(super) struct ByCase {
    /// Where least leaves.
    pub(super) low: f64,
    pub(super) central: f64,
    /// Where most leaves.
    pub(super) high: f64,
}

/// A value with what chance allows.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(super) struct ScenarioChanceFields {
    /// In the course in which all waits are as long as their mean.
    pub(super) value: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

/// A scenario and what comes of it.
#[derive(Serialize, ToSchema)]
pub(crate) struct ScenarioFields {
    /// All of it in a sentence.
    pub(super) answer: String,
    pub(super) question: ScenarioQuestionFields,
    pub(super) start: ScenarioStartFields,
    /// Parameters of the network and of the attack, each with where it is from.
    pub(super) parameters: Vec<InputFields>,
    /// Those of the attack that nobody gives a value of: then `attack` is null.
    pub(super) missing: Vec<MissingFields>,
    /// Listed miners that announced a pivot.
    pub(super) announced_miners: usize,
    /// What all listed miners disclose, EH/s.
    pub(super) disclosed_exahashes_per_second: f64,
    /// Who leaves, by miner.
    pub(super) leaving: Vec<LeaverFields>,
    /// What was asked for and takes nothing off the network.
    pub(super) nothing: Vec<ScenarioNothingFields>,
    /// Of intervals.
    pub(super) confidence: f64,
    /// Paths drawn for the intervals, and from which seed.
    pub(super) draws: u32,
    pub(super) seed: u64,
    pub(super) low: ScenarioCaseFields,
    pub(super) central: ScenarioCaseFields,
    pub(super) high: ScenarioCaseFields,
    /// The central case from one retarget to the next; the first begins with the start.
    pub(super) epochs: Vec<ScenarioEpochFields>,
    /// Which blocks shares and indices are of, and who labelled them.
    pub(super) shares_of: SharesOfFields,
    /// Most before first.
    pub(super) shares: Vec<ScenarioShareFields>,
    pub(super) indices: Vec<ScenarioIndexFields>,
    /// What an attack costs that matches the network from outside. Null where `missing` names parameters.
    #[schema(required)]
    pub(super) attack: Option<ScenarioAttackFields>,
    /// Which machines pay at the price of power; null where that price or the hashprice is not known.
    #[schema(required)]
    pub(super) pays: Option<ScenarioPaysFields>,
    /// Announcements that can be chosen, by miner, each with what it takes off the network by itself.
    pub(super) choices: Vec<ScenarioChoiceFields>,
}

/// What was asked, defaults filled in.
#[derive(Serialize, ToSchema)]
pub(super) struct ScenarioQuestionFields {
    /// All that announced a pivot stop.
    pub(super) all_announced: bool,
    /// Slugs of announcements that are carried out.
    pub(super) announcements: Vec<String>,
    pub(super) listed_share: f64,
    #[schema(value_type = DayText)]
    pub(super) by: String,
    #[schema(value_type = DayText)]
    pub(super) until: String,
    pub(super) retired_share: f64,
    pub(super) fleet: Vec<TrancheFields>,
}

/// Machines that start or stop together.
#[derive(Serialize, ToSchema)]
pub(super) struct TrancheFields {
    pub(super) exahashes_per_second: f64,
    pub(super) joules_per_terahash: f64,
    pub(super) usd_per_kwh: f64,
    /// The hashprice below which it stops.
    pub(super) break_even_usd_per_ph_day: f64,
}

/// Where the chain stands at the start.
#[derive(Serialize, ToSchema)]
pub(super) struct ScenarioStartFields {
    /// Unix seconds: of our own tip, or the beginning of the day.
    pub(super) time: i64,
    /// It is our own tip.
    pub(super) verified: bool,
    /// Of the tip; reckoned at ten minutes a block where it is not our own.
    pub(super) height: u64,
    pub(super) exahashes_per_second: f64,
    pub(super) difficulty: f64,
    /// Blocks of its epoch above the first: 0 where it is not our own tip, since nobody publishes it.
    pub(super) epoch_waits: u64,
}

/// A part of a miner's hashrate that leaves.
#[derive(Serialize, ToSchema)]
pub(super) struct LeaverFields {
    pub(super) miner: String,
    pub(super) name: String,
    /// By each reason; together no more than is disclosed.
    pub(super) exahashes_per_second: ByCase,
    pub(super) reasons: Vec<ScenarioReasonFields>,
    /// Efficiency of the machines: the fewer joules, the more leaves.
    #[schema(required)]
    pub(super) joules_per_terahash: Option<ScenarioEfficiencyFields>,
    pub(super) disclosed: ScenarioSaidFields,
    #[schema(value_type = DayText)]
    pub(super) date: String,
    /// The date is an announcement's, and not `by`.
    pub(super) date_is_stated: bool,
    /// Null where no one pool is known: then its leaving moves no share.
    #[schema(required)]
    pub(super) pool: Option<String>,
    #[schema(required)]
    pub(super) pool_source: Option<SourceFields>,
}

/// Announcements on one matter, and what they take by themselves.
#[derive(Serialize, ToSchema)]
pub(super) struct ScenarioReasonFields {
    /// Their slugs; empty for a part of what is disclosed.
    pub(super) announcements: Vec<String>,
    #[schema(value_type = RuleWord)]
    pub(super) rule: &'static str,
    /// The rule in words.
    pub(super) rule_says: &'static str,
    pub(super) exahashes_per_second: ByCase,
    /// Power that this was taken from, MW.
    #[schema(required)]
    pub(super) megawatts: Option<ByCase>,
}

/// Efficiency, and who says so.
#[derive(Serialize, ToSchema)]
pub(super) struct ScenarioEfficiencyFields {
    pub(super) low: f64,
    pub(super) central: f64,
    pub(super) high: f64,
    /// The miner's own last report, and not those of others.
    pub(super) own: bool,
    /// Empty where it was given.
    pub(super) reports: Vec<ReportedFields>,
}

/// A report.
#[derive(Serialize, ToSchema)]
pub(super) struct ReportedFields {
    pub(super) miner: String,
    #[schema(value_type = WhenText)]
    pub(super) period: String,
    #[serde(flatten)]
    pub(super) source: SourceFields,
}

/// The last that a miner has said of its hashrate.
#[derive(Serialize, ToSchema)]
pub(super) struct ScenarioSaidFields {
    pub(super) exahashes_per_second: f64,
    #[schema(value_type = SaidKindWord)]
    pub(super) kind: &'static str,
    #[schema(value_type = WhenText)]
    pub(super) period: String,
    /// Days from its end to the day.
    pub(super) age_days: u32,
    /// Older than 400 days: at the least nothing of it is left to leave.
    pub(super) too_old: bool,
    #[serde(flatten)]
    pub(super) source: SourceFields,
}

/// What takes nothing off the network.
#[derive(Serialize, ToSchema)]
pub(super) struct ScenarioNothingFields {
    pub(super) miner: String,
    pub(super) name: String,
    pub(super) announcements: Vec<String>,
    pub(super) why: &'static str,
}

/// An announcement that can be chosen.
#[derive(Serialize, ToSchema)]
pub(super) struct ScenarioChoiceFields {
    pub(super) slug: String,
    pub(super) miner: String,
    pub(super) name: String,
    #[schema(value_type = WhenText)]
    pub(super) on: String,
    #[schema(value_type = LeavingKindWord)]
    pub(super) kind: &'static str,
    #[schema(required)]
    pub(super) site: Option<String>,
    pub(super) chosen: bool,
    /// By which rule; null where the miner discloses no hashrate, and where it has left already.
    #[schema(required, value_type = Option<RuleWord>)]
    pub(super) rule: Option<&'static str>,
    #[schema(required)]
    pub(super) exahashes_per_second: Option<ByCase>,
    #[schema(required)]
    pub(super) megawatts: Option<ByCase>,
    /// The last day that it states for its end of mining.
    #[schema(required, value_type = Option<DayText>)]
    pub(super) by: Option<String>,
    /// That day lies before the start.
    pub(super) gone: bool,
    #[serde(flatten)]
    pub(super) source: SourceFields,
}
