//! The indices by name, as pages, charts and the API call for them.

use super::{Counts, Fraction, counts::float};

/// An index of concentration. What each does not show stands in `docs/methodology/concentration.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Index {
    /// [`Counts::hhi`]: points, 10000/entities to 10000.
    Hhi,
    /// [`Counts::hhi_unbiased`]: points, 0 to 10000.
    HhiUnbiased,
    /// [`Counts::effective_number`]: entities of equal size, 1 to the number of entities.
    EffectiveNumber,
    /// [`Counts::nakamoto_at`] a half: whole entities, the least that found more than half of the blocks.
    Nakamoto,
    /// [`Counts::nakamoto_at`] a third: whole entities, the least that found more than a third.
    NakamotoThird,
    /// [`Counts::tau`] at 0.33: whole entities, the least that found at least 33 %. Differs from [`Index::NakamotoThird`]
    /// where a sum falls from 33 % to a third.
    Tau33,
    /// [`Counts::tau`] at 0.66: whole entities, the least that found at least 66 %.
    Tau66,
    /// [`Counts::concentration_ratio`] of the largest: a part of one.
    Cr1,
    /// Of the two largest.
    Cr2,
    /// Of the three largest.
    Cr3,
    /// Of the six largest.
    Cr6,
    /// [`Counts::gini`]: 0 to 1 - 1/entities, over entities with a block.
    Gini,
    /// [`Counts::shannon`]: bits, 0 to log2(entities).
    Shannon,
    /// [`Counts::shannon_corrected`]: bits, from 0.
    ShannonCorrected,
    /// [`Counts::renyi`] of order 2, collision entropy: bits, 0 to log2(entities).
    Renyi2,
    /// [`Counts::hartley`]: bits, from 0.
    Hartley,
    /// [`Counts::min_entropy`]: bits, 0 to log2(entities).
    MinEntropy,
    /// [`Counts::entropy_ratio`]: 0 to 1.
    EntropyRatio,
    /// [`Counts::theil`]: nats, 0 to ln(entities), over entities with a block.
    Theil,
    /// [`Counts::entities`]: whole entities with at least one block, from 1.
    Entities,
}

impl Index {
    /// All of them, in the order of the methodology.
    pub const ALL: [Self; 20] = [
        Self::Hhi,
        Self::HhiUnbiased,
        Self::EffectiveNumber,
        Self::Nakamoto,
        Self::NakamotoThird,
        Self::Tau33,
        Self::Tau66,
        Self::Cr1,
        Self::Cr2,
        Self::Cr3,
        Self::Cr6,
        Self::Gini,
        Self::Shannon,
        Self::ShannonCorrected,
        Self::Renyi2,
        Self::Hartley,
        Self::MinEntropy,
        Self::EntropyRatio,
        Self::Theil,
        Self::Entities,
    ];

    /// The name in addresses and in the API.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Hhi => "hhi",
            Self::HhiUnbiased => "hhi_unbiased",
            Self::EffectiveNumber => "effective_number",
            Self::Nakamoto => "nakamoto",
            Self::NakamotoThird => "nakamoto_third",
            Self::Tau33 => "tau_33",
            Self::Tau66 => "tau_66",
            Self::Cr1 => "cr1",
            Self::Cr2 => "cr2",
            Self::Cr3 => "cr3",
            Self::Cr6 => "cr6",
            Self::Gini => "gini",
            Self::Shannon => "shannon",
            Self::ShannonCorrected => "shannon_corrected",
            Self::Renyi2 => "renyi2",
            Self::Hartley => "hartley",
            Self::MinEntropy => "min_entropy",
            Self::EntropyRatio => "entropy_ratio",
            Self::Theil => "theil",
            Self::Entities => "entities",
        }
    }

    /// The index of that name.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|index| index.word() == word)
    }

    /// What it is of those counts. None only for [`Index::HhiUnbiased`] of a single block.
    pub fn of(self, counts: &Counts) -> Option<f64> {
        let whole = |entities: Option<u64>| entities.map(float);
        match self {
            Self::Hhi => Some(counts.hhi()),
            Self::HhiUnbiased => counts.hhi_unbiased(),
            Self::EffectiveNumber => Some(counts.effective_number()),
            Self::Nakamoto => whole(counts.nakamoto_at(Fraction::HALF)),
            Self::NakamotoThird => whole(counts.nakamoto_at(Fraction::THIRD)),
            Self::Tau33 => whole(Some(counts.tau(Fraction::percent(33)))),
            Self::Tau66 => whole(Some(counts.tau(Fraction::percent(66)))),
            Self::Cr1 => Some(counts.concentration_ratio(1)),
            Self::Cr2 => Some(counts.concentration_ratio(2)),
            Self::Cr3 => Some(counts.concentration_ratio(3)),
            Self::Cr6 => Some(counts.concentration_ratio(6)),
            Self::Gini => Some(counts.gini()),
            Self::Shannon => Some(counts.shannon()),
            Self::ShannonCorrected => Some(counts.shannon_corrected()),
            Self::Renyi2 => Some(counts.effective_number().log2()),
            Self::Hartley => Some(counts.hartley()),
            Self::MinEntropy => Some(counts.min_entropy()),
            Self::EntropyRatio => Some(counts.entropy_ratio()),
            Self::Theil => Some(counts.theil()),
            Self::Entities => whole(Some(counts.entities())),
        }
    }
}
