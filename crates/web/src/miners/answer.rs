//! What `/api/v1/shares?by=miner` answers with. What is estimated is called so.

use hashwatch_metrics::wilson;
use hashwatch_model::Window;
use hashwatch_registry::{HashrateKind, Listing, Miner};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{
    estimate::{Estimate, Found, Miners, NoEstimate, Spread, Used},
    told,
};
use crate::{
    openapi::words::{DayText, WhenText, texts, words},
    registry::claims::{SourceFields, source_fields},
    shares::{
        CONFIDENCE,
        answer::{UnknownFields, WindowFields, unknown_fields, window_fields},
    },
    table::Table,
    view::View,
};

texts! {
    /// A listed company.
    MinerWord: words(["miner"]);
    /// That it is no count.
    EstimateWord: words(["estimate"]);
    /// What a disclosed hashrate means.
    HashrateKindWord: words(HashrateKind::ALL.map(HashrateKind::name));
    /// Why nothing is estimated.
    NoEstimateWord: words(NO_ESTIMATES.map(NoEstimate::code));
}

const NO_ESTIMATES: [NoEstimate; 3] = [NoEstimate::NoDisclosure, NoEstimate::NoPool, NoEstimate::TooShort];

/// Listed companies: their rows do not add up to all blocks.
#[derive(Serialize, ToSchema)]
pub(crate) struct MinersFields {
    window: WindowFields,
    #[schema(value_type = MinerWord)]
    by: &'static str,
    /// Of every interval: a part of one.
    confidence: f64,
    unknown: UnknownFields,
    /// Blocks with a name that are not of a listed company's own pool.
    blocks_of_others: u64,
    shares: Vec<MinerFields>,
}

/// A listed company.
#[derive(Serialize, ToSchema)]
struct MinerFields {
    /// Its slug.
    id: String,
    #[schema(value_type = MinerWord)]
    kind: &'static str,
    name: String,
    tickers: Vec<TickerFields>,
    /// Of pools that are its own; null where it has none.
    #[schema(required)]
    blocks: Option<u64>,
    /// A part of one, of all blocks of the window, with Wilson's interval.
    #[schema(required, minimum = 0, maximum = 1)]
    share: Option<f64>,
    #[schema(required, minimum = 0, maximum = 1)]
    low: Option<f64>,
    #[schema(required, minimum = 0, maximum = 1)]
    high: Option<f64>,
    /// Null where `no_estimate` says why.
    #[schema(required)]
    estimate: Option<EstimateFields>,
    /// Null where there is an estimate.
    #[schema(required, value_type = Option<NoEstimateWord>)]
    no_estimate: Option<&'static str>,
}

/// Where its shares are traded.
#[derive(Serialize, ToSchema)]
struct TickerFields {
    ticker: String,
    exchange: String,
}

fn ticker_fields(it: &Listing) -> TickerFields {
    TickerFields { ticker: it.ticker.clone(), exchange: it.exchange.clone() }
}

/// What a company should have found by what it discloses.
#[derive(Serialize, ToSchema)]
struct EstimateFields {
    #[schema(value_type = EstimateWord)]
    kind: &'static str,
    /// In expectation, with a prediction interval.
    #[schema(minimum = 0)]
    blocks: f64,
    blocks_low: u64,
    blocks_high: u64,
    /// Blocks of the days for which there is something to go by.
    of_blocks: u64,
    /// A part of one, of these blocks.
    #[schema(minimum = 0, maximum = 1)]
    share: f64,
    #[schema(minimum = 0, maximum = 1)]
    low: f64,
    #[schema(minimum = 0, maximum = 1)]
    high: f64,
    /// The last of these days.
    #[schema(value_type = DayText)]
    until: String,
    /// Those that went into it, the oldest first.
    #[schema(min_items = 1)]
    disclosures: Vec<DisclosureFields>,
    /// Pools that it is said to mine with.
    #[schema(min_items = 1)]
    pools: Vec<ExpectedFields>,
    /// What these found on the days on which it was said to mine with them.
    blocks_of_pools: u64,
}

/// A disclosed hashrate.
#[derive(Serialize, ToSchema)]
struct DisclosureFields {
    #[serde(flatten)]
    source: SourceFields,
    #[schema(value_type = WhenText)]
    period: String,
    #[schema(value_type = HashrateKindWord)]
    kind: &'static str,
    #[schema(exclusive_minimum = 0)]
    hashes_per_second: f64,
    /// For how many it counts.
    #[schema(minimum = 1)]
    days: u32,
    /// For how many it had been carried forward at the last of them.
    stale_days: u32,
}

fn disclosure_fields(used: &Used) -> DisclosureFields {
    DisclosureFields {
        source: source_fields(&used.said.source),
        period: used.said.period.to_string(),
        kind: used.said.kind.name(),
        hashes_per_second: used.said.hashes_per_second,
        days: used.days,
        stale_days: used.stale_days,
    }
}

/// What is expected in a pool.
#[derive(Serialize, ToSchema)]
struct ExpectedFields {
    #[serde(flatten)]
    source: SourceFields,
    /// Its slug.
    pool: String,
    #[schema(minimum = 0)]
    blocks: f64,
}

fn expected_fields(spread: &Spread) -> ExpectedFields {
    ExpectedFields { source: source_fields(&spread.with.source), pool: spread.with.pool.clone(), blocks: spread.blocks }
}

/// A part of all blocks, at most all.
#[allow(clippy::cast_precision_loss, reason = "no chain has 2^53 blocks")]
pub(super) fn part(blocks: f64, of: u64) -> f64 {
    (blocks / of.max(1) as f64).min(1.0)
}

#[allow(clippy::cast_precision_loss, reason = "no chain has 2^53 blocks")]
fn estimate_fields(it: &Estimate) -> EstimateFields {
    EstimateFields {
        kind: "estimate",
        blocks: it.blocks.mean,
        blocks_low: it.blocks.low,
        blocks_high: it.blocks.high,
        of_blocks: it.of_blocks,
        share: part(it.blocks.mean, it.of_blocks),
        low: part(it.blocks.low as f64, it.of_blocks),
        high: part(it.blocks.high as f64, it.of_blocks),
        until: it.until.to_string(),
        disclosures: it.disclosures.iter().map(disclosure_fields).collect(),
        pools: it.pools.iter().map(expected_fields).collect(),
        blocks_of_pools: it.pool_blocks,
    }
}

pub(super) fn fields(view: &View, miners: &Miners, window: Window) -> MinersFields {
    let (range, shares, day) = (miners.shares.range, &miners.shares, view.day());
    let row = |(miner, found): (&Miner, &Found)| {
        let share = found.direct.and_then(|direct| wilson(direct, range.blocks(), CONFIDENCE));
        MinerFields {
            id: miner.slug.clone(),
            kind: "miner",
            name: miner.name_on(day).to_owned(),
            tickers: miner.listings_on(day).map(ticker_fields).collect(),
            blocks: found.direct,
            share: share.map(|it| it.value),
            low: share.map(|it| it.low),
            high: share.map(|it| it.high),
            estimate: found.estimate.as_ref().ok().map(estimate_fields),
            no_estimate: found.estimate.as_ref().err().map(|reason| reason.code()),
        }
    };
    MinersFields {
        window: window_fields(window, range),
        by: "miner",
        confidence: CONFIDENCE,
        unknown: unknown_fields(shares),
        blocks_of_others: range.blocks() - shares.unknown - miners.direct_blocks(),
        shares: told(view, miners).map(row).collect(),
    }
}

pub(super) fn table(view: &View, miners: &Miners, window: Window) -> Table {
    let day = view.day();
    let row = |(miner, found): (&Miner, &Found)| {
        let it = found.estimate.as_ref().ok().map(estimate_fields);
        let it = it.as_ref();
        let last = it.and_then(|it| it.disclosures.last());
        let pools = it.map(|it| it.pools.iter().map(|with| with.pool.as_str()).collect::<Vec<_>>().join(" "));
        vec![
            json!(miner.slug),
            json!(miner.name_on(day)),
            json!(miner.listings_on(day).map(|it| it.ticker.as_str()).collect::<Vec<_>>().join(" ")),
            json!(found.direct),
            json!(it.map(|it| it.blocks)),
            json!(it.map(|it| it.blocks_low)),
            json!(it.map(|it| it.blocks_high)),
            json!(it.map(|it| it.of_blocks)),
            json!(it.map(|it| it.until.as_str())),
            json!(last.map(|last| last.period.as_str())),
            json!(last.map(|last| last.kind)),
            json!(last.map(|last| last.hashes_per_second)),
            json!(last.map(|last| last.stale_days)),
            json!(last.map(|last| last.source.source.as_str())),
            json!(pools),
            json!(it.map(|it| it.blocks_of_pools)),
            json!(found.estimate.as_ref().err().map(|reason| reason.code())),
        ]
    };
    let columns = [
        "id",
        "name",
        "tickers",
        "blocks_of_own_pools",
        "estimated_blocks",
        "estimated_blocks_low_95",
        "estimated_blocks_high_95",
        "of_blocks",
        "until",
        "last_disclosed_period",
        "last_disclosed_kind",
        "last_disclosed_hashes_per_second",
        "stale_days",
        "source",
        "pools",
        "blocks_of_pools",
        "no_estimate",
    ];
    Table::new(&format!("miners-{window}"), &columns, told(view, miners).map(row).collect())
}
