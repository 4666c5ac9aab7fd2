//! What an index is called, and how its values read.

use hashwatch_metrics::Index;

use crate::wording::{percent, thousands};

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// 0 to 10,000.
    Points,
    /// Whole entities.
    Entities,
    /// Entities of equal size, which need not be whole.
    EqualEntities,
    /// A part of one.
    Part,
    /// Of entropy, base two.
    Bits,
    /// Of entropy, base e.
    Nats,
    /// From 0, without a unit.
    Plain,
}

impl Unit {
    pub(crate) fn of(index: Index) -> Unit {
        match index {
            Index::Hhi | Index::HhiUnbiased => Unit::Points,
            Index::EffectiveNumber => Unit::EqualEntities,
            Index::Nakamoto | Index::NakamotoThird | Index::Tau33 | Index::Tau66 | Index::Entities => Unit::Entities,
            Index::Cr1 | Index::Cr2 | Index::Cr3 | Index::Cr6 => Unit::Part,
            Index::Shannon | Index::ShannonCorrected | Index::Renyi2 | Index::Hartley | Index::MinEntropy => Unit::Bits,
            Index::Theil => Unit::Nats,
            Index::Gini | Index::EntropyRatio => Unit::Plain,
        }
    }

    /// In the API, and in the names of columns.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Unit::Points => "points",
            Unit::Entities | Unit::EqualEntities => "entities",
            Unit::Part => "share",
            Unit::Bits => "bits",
            Unit::Nats => "nats",
            Unit::Plain => "none",
        }
    }

    /// A value with the digits that its size calls for.
    pub(crate) fn words(self, value: f64) -> String {
        match self {
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "0 to 10,000, or a few entities"
            )]
            Unit::Points | Unit::Entities => thousands(value.round().max(0.0) as u64),
            Unit::EqualEntities => format!("{value:.1}"),
            Unit::Part => format!("{} %", percent(value)),
            Unit::Bits | Unit::Nats | Unit::Plain => format!("{value:.2}"),
        }
    }
}

/// As it is called where there is little room.
pub(crate) fn short_name(index: Index) -> &'static str {
    match index {
        Index::Hhi => "HHI",
        Index::EffectiveNumber => "Effective number",
        Index::Cr1 => "Largest share",
        Index::Cr2 => "Two largest",
        Index::Cr3 => "Three largest",
        Index::Cr6 => "Six largest",
        Index::ShannonCorrected => "Shannon entropy, corrected",
        Index::Renyi2 => "Collision entropy",
        index => name(index),
    }
}

/// As it is called in a table.
pub(crate) fn name(index: Index) -> &'static str {
    match index {
        Index::Hhi => "Herfindahl\u{2013}Hirschman index (HHI)",
        Index::HhiUnbiased => "HHI without sampling bias",
        Index::EffectiveNumber => "Effective number of miners",
        Index::Nakamoto => "Nakamoto coefficient",
        Index::NakamotoThird => "Nakamoto coefficient at a third",
        Index::Tau33 => "\u{3c4}-index at 33 %",
        Index::Tau66 => "\u{3c4}-index at 66 %",
        Index::Cr1 => "Largest share (CR1)",
        Index::Cr2 => "Two largest (CR2)",
        Index::Cr3 => "Three largest (CR3)",
        Index::Cr6 => "Six largest (CR6)",
        Index::Gini => "Gini coefficient",
        Index::Shannon => "Shannon entropy",
        Index::ShannonCorrected => "Shannon entropy, corrected for sampling",
        Index::Renyi2 => "Collision entropy (R\u{e9}nyi of order 2)",
        Index::Hartley => "Hartley entropy",
        Index::MinEntropy => "Min-entropy",
        Index::EntropyRatio => "Entropy ratio",
        Index::Theil => "Theil index",
        Index::Entities => "Entities with a block",
    }
}
