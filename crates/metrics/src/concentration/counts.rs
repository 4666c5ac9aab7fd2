//! Counts in the one form that all indices are computed from. The indices stand in the modules beside this one, by kind.

/// More blocks than any chain will have, and the largest number up to which all integers are exact as floats.
const MOST_BLOCKS: u64 = 1 << 53;

/// Blocks of each entity, largest first, of which there is at least one.
///
/// Some entities of one block each can be left unlisted: Unknown, if each of its blocks was somebody else's, is too many to
/// write down.
#[derive(Clone, Copy, Debug)]
pub struct Counts<'a> {
    pub(super) descending: &'a [u64],
    /// Further entities, of one block each.
    pub(super) singles: u64,
    pub(super) total: u64,
}

impl<'a> Counts<'a> {
    /// None where the counts do not descend, where there is no block, or where there are more than 2^53. Zeros at the end
    /// are left out.
    pub fn of(descending: &'a [u64]) -> Option<Self> {
        Self::and_singles(descending, 0)
    }

    /// The same, and so many further entities of one block each.
    pub(super) fn and_singles(descending: &'a [u64], singles: u64) -> Option<Self> {
        let named = descending.split_at(descending.partition_point(|&blocks| blocks > 0)).0;
        let total = descending.iter().try_fold(singles, |sum, &blocks| sum.checked_add(blocks))?;
        let sound = descending.is_sorted_by(|a, b| a >= b) && (1..=MOST_BLOCKS).contains(&total);
        sound.then_some(Self { descending: named, singles, total })
    }

    /// Of counts known to descend, to hold no zero and to add up to `total`, which is above 0.
    pub(crate) fn known(descending: &'a [u64], total: u64) -> Self {
        Self { descending, singles: 0, total }
    }

    /// All blocks. Range: from 1 to 2^53.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Entities that found at least one block. Range: from 1 to [`Counts::total`].
    pub fn entities(&self) -> u64 {
        self.descending.len() as u64 + self.singles
    }

    /// Blocks of the largest entity.
    pub(super) fn largest(&self) -> u64 {
        // an entity that is not listed has a single block
        self.descending.first().copied().unwrap_or(1)
    }

    /// The sum of the squared counts, exactly.
    pub(super) fn squares(&self) -> u128 {
        let listed: u128 = self.descending.iter().map(|&blocks| u128::from(blocks) * u128::from(blocks)).sum();
        listed + u128::from(self.singles)
    }

    /// The sum of a function of each entity's count.
    pub(super) fn sum(&self, of: impl Fn(f64) -> f64) -> f64 {
        let listed: f64 = self.descending.iter().map(|&blocks| of(float(blocks))).sum();
        if self.singles == 0 { listed } else { listed + float(self.singles) * of(1.0) }
    }
}

/// A number of blocks or entities as a float, exactly.
#[allow(clippy::cast_precision_loss, reason = "no more than 2^53")]
pub(super) fn float(number: u64) -> f64 {
    number as f64
}

/// A quotient of exact integers, as near as a float comes.
#[allow(clippy::cast_precision_loss, reason = "rounded once each, to 53 bits")]
pub(crate) fn quotient(numerator: u128, denominator: u128) -> f64 {
    match (u64::try_from(numerator), u64::try_from(denominator)) {
        // the same, in a tenth of the time
        (Ok(numerator), Ok(denominator)) => numerator as f64 / denominator as f64,
        _ => numerator as f64 / denominator as f64,
    }
}
