//! Published values that the models of cost and revenue start from, and what others have published a majority to cost.

use std::ops::RangeInclusive;

use super::{figure::Amount, words::words};
use crate::{period::When, pool::Source};

words! {
    /// What a published value is.
    Quantity {
        /// Revenue of a petahash per second in a day, USD.
        Hashprice = "hashprice-usd-per-ph-day",
        /// The same, averaged over the period named.
        HashpriceMean = "hashprice-mean-usd-per-ph-day",
        /// Hashprice below which letting power to AI pays more than mining, USD per PH/s and day.
        AiCrossover = "ai-crossover-hashprice-usd-per-ph-day",
        /// Price of a coin, USD.
        BtcUsd = "btc-usd",
        /// Hashrate of the network as somebody estimated it for a day or a moment, EH/s.
        NetworkEhs = "network-ehs",
        /// The same, averaged over a month.
        NetworkEhsMonthlyMean = "network-ehs-monthly-mean",
        /// Hashrate of all listed miners that were counted, EH/s.
        ListedMinersEhs = "listed-miners-ehs",
        /// Difficulty.
        Difficulty = "difficulty",
        /// Change of difficulty at a retarget, percent.
        DifficultyChangePercent = "difficulty-change-percent",
        /// Rent of hashrate, BTC per EH/s and day.
        Rental = "rental-btc-per-eh-day",
        /// What a coin costs its miner, USD, with all that the publisher counts.
        CostPerBtc = "cost-per-btc-usd",
        /// The same without what costs no cash, such as depreciation.
        CashCostPerBtc = "cash-cost-per-btc-usd",
        /// Coins that listed miners sold in the period.
        ListedMinersSoldBtc = "listed-miners-sold-btc",
        /// New machines, USD per TH/s.
        MachineUsdPerTh = "machine-usd-per-th",
        /// Used machines, USD per TH/s.
        SecondHandUsdPerTh = "second-hand-usd-per-th",
        /// Electricity, USD per kWh.
        PowerUsdPerKwh = "power-usd-per-kwh",
        /// A site to mine at, without machines, USD per kW.
        MiningSiteUsdPerKw = "mining-site-usd-per-kw",
        /// A hall for AI, without processors, USD per kW.
        HpcSiteUsdPerKw = "hpc-site-usd-per-kw",
        /// Power drawn by a site over power drawn by its machines.
        Pue = "pue",
        /// Rent for a megawatt of critical IT load in a year, USD.
        HpcLeaseUsdPerMwYear = "hpc-lease-usd-per-mw-year",
        /// Revenue of graphics processors on a megawatt in a year, USD.
        GpuCloudUsdPerMwYear = "gpu-cloud-usd-per-mw-year",
        /// Value of all AI contracts of miners that were counted, USD.
        AiContractsUsd = "ai-contracts-usd",
        /// Power of all AI contracts of miners that were counted, MW.
        AiContractsMw = "ai-contracts-mw",
        /// Share of AI in the revenue of listed miners, percent.
        AiRevenuePercent = "ai-revenue-percent",
    }
}

impl Quantity {
    /// What is possible.
    pub(crate) fn bounds(self) -> RangeInclusive<f64> {
        match self {
            Quantity::Hashprice | Quantity::HashpriceMean | Quantity::AiCrossover => 0.01..=1e6,
            Quantity::BtcUsd | Quantity::CostPerBtc | Quantity::CashCostPerBtc => 0.01..=1e9,
            Quantity::NetworkEhs | Quantity::NetworkEhsMonthlyMean | Quantity::ListedMinersEhs => 1e-9..=10_000.0,
            Quantity::Difficulty => 1.0..=1e18,
            // a retarget divides or multiplies by four at most
            Quantity::DifficultyChangePercent => -75.0..=300.0,
            Quantity::Rental => 1e-4..=1e4,
            Quantity::ListedMinersSoldBtc => 0.1..=21_000_000.0,
            Quantity::MachineUsdPerTh | Quantity::SecondHandUsdPerTh => 0.01..=1e6,
            Quantity::PowerUsdPerKwh => 0.0001..=10.0,
            Quantity::MiningSiteUsdPerKw | Quantity::HpcSiteUsdPerKw => 1.0..=1e6,
            Quantity::Pue => 1.0..=3.0,
            Quantity::HpcLeaseUsdPerMwYear | Quantity::GpuCloudUsdPerMwYear => 1_000.0..=1e9,
            Quantity::AiContractsUsd => 1e6..=1e13,
            Quantity::AiContractsMw => 1.0..=1e6,
            Quantity::AiRevenuePercent => 0.0..=100.0,
        }
    }
}

/// A published value.
#[derive(Clone, Debug, PartialEq)]
pub struct MarketValue {
    /// What it is.
    pub what: Quantity,
    /// When it was so.
    pub at: When,
    /// How much.
    pub amount: Amount,
    /// How it is to be read.
    pub note: Option<String>,
    /// Whether it stands in place of another file's of the same kind and time.
    pub supersedes: bool,
    /// Where the claim is from.
    pub source: Source,
    /// Where else.
    pub also: Vec<Source>,
    /// The file that it was read from.
    pub file: String,
}

words! {
    /// What a part of a published cost is for.
    CostOf {
        /// Machines.
        Machines = "machines",
        /// Sites to run them at.
        Sites = "sites",
        /// Electricity.
        Power = "power",
    }
}

/// A part of a published cost.
#[derive(Clone, Debug, PartialEq)]
pub struct CostPart {
    /// What it is for.
    pub of: CostOf,
    /// USD.
    pub usd: Amount,
    /// How it is to be read.
    pub note: Option<String>,
}

/// What somebody has published a majority attack to cost.
#[derive(Clone, Debug, PartialEq)]
pub struct PublishedCost {
    /// Its name in URLs and the API; never changes.
    pub slug: String,
    /// Who says so.
    pub by: String,
    /// Of when.
    pub at: When,
    /// For how many days, where the cost depends on it.
    pub days: Option<f64>,
    /// The whole, USD.
    pub total_usd: Amount,
    /// Its parts, USD, as far as they are told.
    pub parts: Vec<CostPart>,
    /// How it is to be read.
    pub note: Option<String>,
    /// Where the claim is from.
    pub source: Source,
    /// Where else.
    pub also: Vec<Source>,
    /// The file that it was read from.
    pub file: String,
}
