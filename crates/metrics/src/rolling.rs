//! Indices over a window that moves along a chain: blocks come in at one end and leave at the other, and any index can be read
//! off in between without counting anew.
//!
//! Entities are numbers here. Who they are, and where windows begin and end, is for others.

mod sums;

#[cfg(test)]
mod tests;

use self::sums::Sums;
use crate::concentration::{Counts, Index, Tally, interval_of};

/// A window from which blocks can leave in the order they came in, or in any other.
trait Window {
    fn push(&mut self, id: u16) -> bool;
    fn pop(&mut self, id: u16) -> bool;
    fn clear(&mut self);
    fn value(&self, index: Index) -> Option<f64>;
}

/// Blocks of each entity in a window, kept in order while blocks come and go, each in constant time.
///
/// Entities are numbered from 1; 0 is Unknown, which is counted apart.
#[derive(Clone, Debug)]
pub struct Rolling {
    sums: Sums,
    /// Blocks at each place, largest first.
    descending: Vec<u64>,
    /// The place of each entity, by its number less one.
    places: Vec<u16>,
    /// The entity at each place, by its number less one.
    at: Vec<u16>,
    /// How many entities have more blocks than a number, by that number: the first place that may have it.
    above: Vec<u16>,
}

impl Rolling {
    /// An empty window for the entities numbered 1 to `entities`.
    pub fn new(entities: u16) -> Self {
        Self {
            sums: Sums::new(entities),
            descending: vec![0; usize::from(entities)],
            places: (0..entities).collect(),
            at: (0..entities).collect(),
            above: vec![0],
        }
    }

    /// A block of an entity comes in. False, and nothing changes, where there is no such entity.
    pub fn push(&mut self, id: u16) -> bool {
        if !self.sums.push(id) {
            return false;
        }
        if let Some(entity) = id.checked_sub(1).map(usize::from) {
            let place = self.places[entity];
            let level = slot(self.descending[usize::from(place)]);
            if level + 1 == self.above.len() {
                self.above.push(0);
            }
            // to the front of those with as many blocks, of which it now has one more
            let front = self.above[level];
            self.swap(place, front);
            self.above[level] += 1;
            self.descending[usize::from(front)] += 1;
        }
        true
    }

    /// A block of an entity leaves. False, and nothing changes, where that has none.
    pub fn pop(&mut self, id: u16) -> bool {
        if !self.sums.pop(id) {
            return false;
        }
        if let Some(entity) = id.checked_sub(1).map(usize::from) {
            let place = self.places[entity];
            // to the end of those with as many blocks, of which it now has one less
            let level = slot(self.descending[usize::from(place)]) - 1;
            self.above[level] -= 1;
            let end = self.above[level];
            self.swap(place, end);
            self.descending[usize::from(end)] -= 1;
        }
        true
    }

    /// All blocks leave.
    pub fn clear(&mut self) {
        self.sums.clear();
        self.descending.fill(0);
        self.above.clear();
        self.above.push(0);
    }

    /// Two entities with as many blocks change places.
    fn swap(&mut self, a: u16, b: u16) {
        self.at.swap(usize::from(a), usize::from(b));
        for place in [a, b] {
            self.places[usize::from(self.at[usize::from(place)])] = place;
        }
    }

    /// Blocks of an entity in the window, 0 for one that is not there; of Unknown for 0.
    pub fn blocks(&self, id: u16) -> u64 {
        self.sums.blocks(id)
    }

    /// All blocks in the window, Unknown ones too.
    pub fn total(&self) -> u64 {
        self.sums.named() + self.sums.blocks(sums::UNKNOWN)
    }

    /// The counts of the window, for what takes more than an index.
    pub fn tally(&self) -> Tally {
        Tally::new(self.present().iter().copied(), self.sums.blocks(sums::UNKNOWN))
    }

    /// An index of the attributed blocks in the window, as [`Index::of`] has it. None where there is none.
    ///
    /// Takes constant time for the HHI, the effective number, collision entropy, the number of entities and Hartley's entropy;
    /// for thresholds and ratios as many steps as entities are needed; for the others one for each entity.
    pub fn value(&self, index: Index) -> Option<f64> {
        if Sums::suffice(index) {
            return self.sums.value(index);
        }
        let named = self.sums.named();
        (named > 0).then(|| Counts::known(self.present(), named)).and_then(|counts| index.of(&counts))
    }

    /// Blocks of the so many largest entities together; of all, where there are no more.
    pub fn largest(&self, entities: usize) -> u64 {
        self.present().iter().take(entities).sum()
    }

    /// The interval of an index of the attributed blocks in the window, where it has one in closed form, as
    /// [`crate::concentration::interval_cheap`] has it, without a tally of its own. None where there is none.
    pub fn interval(&self, index: Index, confidence: f64) -> Option<(f64, f64)> {
        let named = self.sums.named();
        let counts = (named > 0).then(|| Counts::known(self.present(), named))?;
        interval_of(index, counts, confidence)
    }

    /// Counts of the entities that have a block.
    fn present(&self) -> &[u64] {
        &self.descending[..usize::from(self.above[0])]
    }
}

impl Window for Rolling {
    fn push(&mut self, id: u16) -> bool {
        self.push(id)
    }

    fn pop(&mut self, id: u16) -> bool {
        self.pop(id)
    }

    fn clear(&mut self) {
        self.clear();
    }

    fn value(&self, index: Index) -> Option<f64> {
        self.value(index)
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
/// next, and where an id in a window is greater than `entities`.
pub fn series(
    ids: &[u16],
    entities: u16,
    windows: impl IntoIterator<Item = (usize, usize)>,
    index: Index,
) -> Option<Vec<Option<f64>>> {
    if Sums::suffice(index) {
        moved(Sums::new(entities), ids, windows.into_iter(), index)
    } else {
        moved(Rolling::new(entities), ids, windows.into_iter(), index)
    }
}

fn moved(
    window: impl Window,
    ids: &[u16],
    windows: impl Iterator<Item = (usize, usize)>,
    index: Index,
) -> Option<Vec<Option<f64>>> {
    let mut shifted = Shifted { window, held: (0, 0) };
    let mut values = Vec::with_capacity(windows.size_hint().0);
    let mut before = (0, 0);
    for (from, to) in windows {
        if from < before.0 || to < before.1 {
            return None;
        }
        values.push(shifted.to(ids, from, to)?.value(index));
        before = (from, to);
    }
    Some(values)
}

/// A window that moves along ids: what leaves and what comes in is counted, unless little stays, and then all of it anew.
#[derive(Clone, Debug)]
pub struct Moving(Shifted<Rolling>);

impl Moving {
    /// An empty window before the first id, for the entities numbered 1 to `entities`.
    pub fn new(entities: u16) -> Self {
        Self(Shifted { window: Rolling::new(entities), held: (0, 0) })
    }

    /// The window moved to the range [`from`, `to`) of places in `ids`, which must be those of before.
    ///
    /// Takes time in proportion to what comes in and leaves where both ends go on, and at most to the window's length.
    ///
    /// None where the end lies before the beginning or beyond the ids, and where an id is greater than the entities; the window is
    /// empty then.
    pub fn to(&mut self, ids: &[u16], from: usize, to: usize) -> Option<&Rolling> {
        self.0.to(ids, from, to)
    }
}

/// A window and the range of places that it holds.
#[derive(Clone, Debug)]
struct Shifted<W> {
    window: W,
    held: (usize, usize),
}

impl<W: Window> Shifted<W> {
    fn to(&mut self, ids: &[u16], from: usize, to: usize) -> Option<&W> {
        let (mut held_from, mut held_to) = self.held;
        let sound = from <= to && to <= ids.len();
        let goes_on = sound && held_from <= from && held_to <= to;
        // what leaves and what comes in, against what is there then
        if !goes_on || (from - held_from) + (to - held_to) > to - from {
            self.window.clear();
            (held_from, held_to) = (from, from);
        }
        if !sound || !ids[held_to..to].iter().all(|&id| self.window.push(id)) {
            self.window.clear();
            self.held = (0, 0);
            return None;
        }
        for &id in &ids[held_from..from] {
            self.window.pop(id);
        }
        self.held = (from, to);
        Some(&self.window)
    }
}
