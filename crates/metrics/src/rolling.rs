//! Indices over a window that moves along a chain: blocks come in at one end and leave at the other, and any index can be read
//! off in between without counting anew.
//!
//! Entities are numbers here. Who they are, and where windows begin and end, is for others.

use crate::concentration::{Counts, Index, Tally};

/// The number that stands for no known entity.
const UNKNOWN: u16 = 0;

/// Blocks of each entity in a window, kept in order while blocks come and go, each in constant time.
///
/// Entities are numbered from 1; 0 is Unknown, which is counted apart.
#[derive(Clone, Debug)]
pub struct Rolling {
    /// Blocks at each place, largest first.
    descending: Vec<u64>,
    /// The place of each entity, by its number less one.
    places: Vec<u16>,
    /// The entity at each place, by its number less one.
    at: Vec<u16>,
    /// How many entities have more blocks than a number, by that number: the first place that may have it.
    above: Vec<u16>,
    squares: u128,
    named: u64,
    unknown: u64,
}

impl Rolling {
    /// An empty window for the entities numbered 1 to `entities`.
    pub fn new(entities: u16) -> Self {
        Self {
            descending: vec![0; usize::from(entities)],
            places: (0..entities).collect(),
            at: (0..entities).collect(),
            above: vec![0],
            squares: 0,
            named: 0,
            unknown: 0,
        }
    }

    /// A block of an entity comes in. False, and nothing changes, where there is no such entity.
    pub fn push(&mut self, id: u16) -> bool {
        let Some(entity) = id.checked_sub(1).map(usize::from) else {
            self.unknown += 1;
            return true;
        };
        let Some(&place) = self.places.get(entity) else { return false };
        let blocks = self.descending[usize::from(place)];
        let level = slot(blocks);
        if level + 1 == self.above.len() {
            self.above.push(0);
        }
        // to the front of those with as many blocks, of which it now has one more
        let front = self.above[level];
        self.swap(place, front);
        self.above[level] += 1;
        self.descending[usize::from(front)] += 1;
        self.named += 1;
        self.squares += u128::from(2 * blocks + 1);
        true
    }

    /// A block of an entity leaves. False, and nothing changes, where that has none.
    pub fn pop(&mut self, id: u16) -> bool {
        let Some(entity) = id.checked_sub(1).map(usize::from) else {
            let some = self.unknown > 0;
            self.unknown -= u64::from(some);
            return some;
        };
        let Some(&place) = self.places.get(entity) else { return false };
        let blocks = self.descending[usize::from(place)];
        if blocks == 0 {
            return false;
        }
        // to the end of those with as many blocks, of which it now has one less
        let level = slot(blocks - 1);
        self.above[level] -= 1;
        let end = self.above[level];
        self.swap(place, end);
        self.descending[usize::from(end)] -= 1;
        self.named -= 1;
        self.squares -= u128::from(2 * blocks - 1);
        true
    }

    /// All blocks leave.
    pub fn clear(&mut self) {
        self.descending.fill(0);
        self.above.clear();
        self.above.push(0);
        (self.squares, self.named, self.unknown) = (0, 0, 0);
    }

    /// Two entities with as many blocks change places.
    fn swap(&mut self, a: u16, b: u16) {
        self.at.swap(usize::from(a), usize::from(b));
        for place in [a, b] {
            self.places[usize::from(self.at[usize::from(place)])] = place;
        }
    }

    /// Blocks of an entity in the window, 0 for one that is not there.
    pub fn blocks(&self, id: u16) -> u64 {
        if id == UNKNOWN {
            return self.unknown;
        }
        self.places.get(usize::from(id) - 1).map_or(0, |&place| self.descending[usize::from(place)])
    }

    /// All blocks in the window, Unknown ones too.
    pub fn total(&self) -> u64 {
        self.named + self.unknown
    }

    /// The counts of the window, for what takes more than an index.
    pub fn tally(&self) -> Tally {
        Tally::new(self.present().iter().copied(), self.unknown)
    }

    /// An index of the attributed blocks in the window, as [`Index::of`] has it. None where there is none.
    ///
    /// Takes constant time for the HHI, the effective number, collision entropy, the number of entities and Hartley's entropy;
    /// for thresholds and ratios as many steps as entities are needed; for the others one for each entity.
    pub fn value(&self, index: Index) -> Option<f64> {
        if self.named == 0 {
            return None;
        }
        let (squares, total) = (self.squares, u128::from(self.named));
        #[allow(clippy::cast_precision_loss, reason = "rounded once each, to 53 bits")]
        let quotient = |numerator: u128, denominator: u128| numerator as f64 / denominator as f64;
        match index {
            Index::Hhi => Some(quotient(10_000 * squares, total * total)),
            Index::HhiUnbiased => (total > 1).then(|| quotient(10_000 * (squares - total), total * (total - 1))),
            Index::EffectiveNumber => Some(quotient(total * total, squares)),
            Index::Renyi2 => Some(quotient(total * total, squares).log2()),
            _ => index.of(&Counts::known(self.present(), self.named)),
        }
    }

    /// Counts of the entities that have a block.
    fn present(&self) -> &[u64] {
        &self.descending[..usize::from(self.above[0])]
    }
}

/// The place of a number of blocks in a list by such numbers.
#[allow(clippy::cast_possible_truncation, reason = "that many blocks were pushed one by one")]
fn slot(blocks: u64) -> usize {
    blocks as usize
}

/// An index of each of a series of windows, which are ranges [from, to) of places in `ids`. An entry is None where the window
/// has no attributed block.
///
/// Takes time in proportion to what comes in and leaves; a window that shares little with the one before it is counted anew.
///
/// None where a window's end lies before its beginning or beyond the ids, where either goes back from one window to the
/// next, and where an id is greater than `entities`.
pub fn series(
    ids: &[u16],
    entities: u16,
    windows: impl IntoIterator<Item = (usize, usize)>,
    index: Index,
) -> Option<Vec<Option<f64>>> {
    let mut rolling = Rolling::new(entities);
    let (mut from, mut to) = (0, 0);
    let windows = windows.into_iter();
    let mut values = Vec::with_capacity(windows.size_hint().0);
    for (next_from, next_to) in windows {
        if next_from < from || next_to < to || next_from > next_to || next_to > ids.len() {
            return None;
        }
        // what leaves and what comes in, against what stays
        if (next_from - from).saturating_add(next_to - to) > next_to - next_from {
            rolling.clear();
            (from, to) = (next_from, next_from);
        }
        let all = ids[to..next_to].iter().all(|&id| rolling.push(id));
        if !all {
            return None;
        }
        for &id in &ids[from..next_from] {
            rolling.pop(id);
        }
        (from, to) = (next_from, next_to);
        values.push(rolling.value(index));
    }
    Some(values)
}

#[cfg(test)]
mod tests;
