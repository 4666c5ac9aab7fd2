//! The windows that rules read, each counted once however many read it.

use hashwatch_metrics::Rolling;

use crate::scene::{By, Scene, Scope};

/// Entities that a window has room for at the start; it is counted anew with twice as much where there are more.
const ROOM: u16 = 255;

/// Which window: in which reading, of how many blocks, and how many blocks before the last one it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) by: By,
    pub(super) blocks: usize,
    pub(super) before: usize,
}

impl Window {
    /// One that ends with the last block.
    pub(super) fn last(by: By, blocks: u32) -> Window {
        Window { by, blocks: blocks as usize, before: 0 }
    }
}

/// All that are read.
#[derive(Clone, Debug, Default)]
pub(super) struct Windows(Vec<Moved>);

/// One of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Handle(usize);

impl Windows {
    /// Makes one, or finds the one that is like it.
    pub(super) fn make(&mut self, window: Window) -> Handle {
        let found = self.0.iter().position(|moved| moved.window == window);
        Handle(found.unwrap_or_else(|| {
            self.0.push(Moved::new(window));
            self.0.len() - 1
        }))
    }

    /// Moves all of them to a last block: in constant time where that is the next.
    pub(super) fn to(&mut self, scene: &Scene, place: usize) {
        for moved in &mut self.0 {
            moved.to(scene.scope(moved.window.by), place);
        }
    }

    /// Forgets what was counted: blocks were taken back.
    pub(super) fn clear(&mut self) {
        for moved in &mut self.0 {
            moved.end = None;
        }
    }

    /// A window's blocks by entity; none where it reaches below the chain.
    pub(super) fn of(&self, handle: Handle) -> Option<&Rolling> {
        let moved = &self.0[handle.0];
        moved.end.filter(|end| *end >= moved.window.blocks).map(|_| &moved.rolling)
    }

    /// Whether more than the last block came in with the last move, so that anybody may have more blocks than before.
    pub(super) fn anew(&self, handle: Handle) -> bool {
        let moved = &self.0[handle.0];
        moved.anew || moved.end == Some(moved.window.blocks)
    }
}

/// A window that moves along the chain.
#[derive(Clone, Debug)]
struct Moved {
    window: Window,
    rolling: Rolling,
    room: u16,
    /// The place after the last block that was counted.
    end: Option<usize>,
    anew: bool,
}

impl Moved {
    fn new(window: Window) -> Moved {
        Moved { window, rolling: Rolling::new(ROOM), room: ROOM, end: None, anew: false }
    }

    fn to(&mut self, scope: Scope, place: usize) {
        let Some(end) = (place + 1).checked_sub(self.window.before) else { return };
        // what stands above the end of a column is Unknown's
        let id = |place: usize| scope.ids.get(place).copied().unwrap_or_default();
        let from = end.saturating_sub(self.window.blocks);
        let follows = end.checked_sub(1).is_some() && self.end == end.checked_sub(1);
        self.anew = !follows;
        self.end = Some(end);
        if follows && self.rolling.push(id(end - 1)) {
            if end > self.window.blocks {
                self.rolling.pop(id(from - 1));
            }
            return;
        }
        self.anew = true;
        self.rolling.clear();
        let mut place = from;
        while place < end {
            if self.rolling.push(id(place)) {
                place += 1;
            } else {
                self.room = self.room.saturating_mul(2);
                self.rolling = Rolling::new(self.room);
                place = from;
            }
        }
    }
}
