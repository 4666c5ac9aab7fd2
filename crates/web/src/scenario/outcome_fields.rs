//! What `/api/v1/scenario` says of what comes of it: cases, epochs, shares, indices, costs.

use serde::Serialize;
use utoipa::ToSchema;

use super::fields::{ByCase, ScenarioChanceFields};
use crate::{concentration::fields::FigureFields, openapi::words::IndexWord, registry::claims::SourceFields};

/// What a case comes to at its end.
#[derive(Serialize, ToSchema)]
pub(super) struct ScenarioCaseFields {
    pub(super) departed_exahashes_per_second: f64,
    /// Of it, what is for sale.
    pub(super) retired_exahashes_per_second: f64,
    /// What of the fleet starts thanks to the hashprice; below 0 for what stops.
    pub(super) returned_exahashes_per_second: f64,
    /// The network's.
    pub(super) exahashes_per_second: f64,
    pub(super) difficulty: f64,
    /// Over that of the start.
    pub(super) difficulty_factor: f64,
    /// No block is found any more.
    pub(super) standstill: bool,
    /// When blocks take longest on the mean; null where none is found at all.
    #[schema(required)]
    pub(super) slowest: Option<SlowestFields>,
}

/// When blocks take longest.
#[derive(Serialize, ToSchema)]
pub(super) struct SlowestFields {
    /// The mean wait for a block.
    pub(super) seconds: f64,
    /// Unix seconds.
    pub(super) from: f64,
    /// The retarget that ends it, Unix seconds; null where the scenario ends before.
    #[schema(required)]
    pub(super) until: Option<f64>,
}

/// A stretch of one difficulty.
#[derive(Serialize, ToSchema)]
pub(super) struct ScenarioEpochFields {
    /// Of its first block; of the first stretch, of the block after the start. Reckoned where the start is.
    pub(super) from_height: u64,
    /// Unix seconds, as chance allows.
    pub(super) from: ScenarioChanceFields,
    pub(super) until: f64,
    pub(super) difficulty: ScenarioChanceFields,
    /// The same by how much leaves.
    pub(super) difficulty_by_case: ByCase,
    /// New difficulty over old; null for the first.
    #[schema(required)]
    pub(super) change: Option<ScenarioChanceFields>,
    /// The mean wait up to the next retarget, seconds; null where the scenario ends before.
    #[schema(required)]
    pub(super) mean_wait_seconds: Option<f64>,
    /// At its beginning.
    pub(super) exahashes_per_second: f64,
    /// Pay of a block, subsidy and fees.
    #[schema(required)]
    pub(super) reward_btc: Option<f64>,
    /// Null where no price of a coin is known.
    #[schema(required)]
    pub(super) hashprice_usd_per_ph_day: Option<ByCase>,
}

/// Which blocks shares are of.
#[derive(Serialize, ToSchema)]
pub(super) struct SharesOfFields {
    pub(super) words: String,
    pub(super) blocks: u64,
    /// Null where the blocks are our own.
    #[schema(required)]
    pub(super) source: Option<SourceFields>,
}

/// A pool's part, before and after.
#[derive(Serialize, ToSchema)]
pub(super) struct ScenarioShareFields {
    /// Null for Unknown.
    #[schema(required)]
    pub(super) pool: Option<String>,
    pub(super) name: String,
    pub(super) before: f64,
    pub(super) after: ByCase,
}

/// An index before and after.
#[derive(Serialize, ToSchema)]
pub(super) struct ScenarioIndexFields {
    #[schema(value_type = IndexWord)]
    pub(super) metric: &'static str,
    pub(super) before: FigureFields,
    /// Where least leaves; as a window of as many blocks would have it.
    pub(super) low: FigureFields,
    pub(super) central: FigureFields,
    pub(super) high: FigureFields,
}

/// What an attack costs.
#[derive(Serialize, ToSchema)]
pub(super) struct ScenarioAttackFields {
    /// Always `match_from_outside`.
    pub(super) attack: &'static str,
    /// At the start.
    pub(super) before: ScenarioCostFields,
    /// When the last one leaves, before a retarget answers; null where nothing is left of the network.
    pub(super) during: CostsByCase,
    /// At the end.
    pub(super) after: CostsByCase,
}

/// A cost by how much leaves.
#[derive(Serialize, ToSchema)]
pub(super) struct CostsByCase {
    #[schema(required)]
    pub(super) low: Option<ScenarioCostFields>,
    #[schema(required)]
    pub(super) central: Option<ScenarioCostFields>,
    #[schema(required)]
    pub(super) high: Option<ScenarioCostFields>,
}

/// A cost.
#[derive(Serialize, ToSchema)]
pub(super) struct ScenarioCostFields {
    /// What the attacker needs, EH/s.
    pub(super) exahashes_per_second: f64,
    /// Of it, second-hand machines, those that have left among them.
    pub(super) second_hand_exahashes_per_second: f64,
    /// Days until all machines are there.
    pub(super) days: f64,
    pub(super) gross_usd: f64,
    /// The same over the ranges of the parameters.
    pub(super) gross_low_usd: f64,
    pub(super) gross_high_usd: f64,
    /// Less what its blocks earn, and what the machines bring.
    pub(super) net_usd: f64,
}

/// Which machines pay.
#[derive(Serialize, ToSchema)]
pub(super) struct ScenarioPaysFields {
    pub(super) usd_per_kwh: f64,
    /// At the end, in the central case.
    pub(super) hashprice_usd_per_ph_day: f64,
    /// The same had nobody left.
    pub(super) hashprice_without_usd_per_ph_day: f64,
    /// Machines of up to so many pay then.
    pub(super) joules_per_terahash: f64,
    pub(super) joules_per_terahash_without: f64,
    /// Models that pay because others have left. How many of them stand idle is not known.
    pub(super) machines: Vec<ScenarioMachineFields>,
}

/// A model.
#[derive(Serialize, ToSchema)]
pub(super) struct ScenarioMachineFields {
    pub(super) slug: String,
    pub(super) model: String,
    pub(super) joules_per_terahash: f64,
    #[serde(flatten)]
    pub(super) source: SourceFields,
}
