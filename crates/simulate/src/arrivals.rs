//! Which blocks come with each height, and in which order: where the chain forks and how its rivals arrive.
//!
//! All of it hangs on seed and height alone, not on the blocks.

use hashwatch_model::network::EPOCH_BLOCKS;

use crate::{
    block::Draws,
    random::{Purpose, Streams},
};

/// One height in so many has a rival.
const FORK_ONE_IN: u32 = 200;

/// What a block of a step is to the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// The one that stays.
    Active,
    /// Stale, of the step's height.
    Rival,
    /// Stale, on the rival of the step below.
    Second,
    /// Stale, of the height below: it arrives after the race is over.
    LateRival,
}

impl Role {
    /// The streams that such a block is drawn from.
    pub(crate) fn draws(self) -> Draws {
        match self {
            Role::Active => Draws { content: Purpose::Content, work: Purpose::Work },
            Role::Rival | Role::LateRival => Draws { content: Purpose::RivalContent, work: Purpose::RivalWork },
            Role::Second => Draws { content: Purpose::SecondContent, work: Purpose::SecondWork },
        }
    }
}

/// A block's place in the order of arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The step: the height of the active block that it comes with.
    pub step: u32,
    pub role: Role,
}

/// A stale branch that begins at a height.
#[derive(Clone, Copy, Debug)]
struct Fork {
    /// Whether a second block is found on the rival.
    deep: bool,
    rival: Arrival,
    second_first: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Arrival {
    /// Before the active block: whoever follows the chain takes the rival first and reorganizes later.
    Before,
    After,
    /// With the next height.
    Late,
}

/// The blocks that come with a step, in the order of their arrival.
pub(crate) fn arrivals(streams: &Streams, step: u32) -> Vec<Place> {
    let mut roles = vec![Role::Active];
    match fork(streams, step).map(|fork| fork.rival) {
        Some(Arrival::Before) => roles.insert(0, Role::Rival),
        Some(Arrival::After) => roles.push(Role::Rival),
        Some(Arrival::Late) | None => {}
    }
    match step.checked_sub(1).and_then(|below| fork(streams, below)) {
        Some(Fork { deep: true, second_first: true, .. }) => roles.insert(0, Role::Second),
        Some(Fork { deep: true, .. }) => roles.push(Role::Second),
        Some(Fork { rival: Arrival::Late, .. }) => roles.push(Role::LateRival),
        _ => {}
    }
    roles.into_iter().map(|role| Place { step, role }).collect()
}

/// The stale branch that begins at a height. Never two at neighbouring heights, and none about a retarget, where
/// the branches' bits could differ and the wrong one win.
fn fork(streams: &Streams, height: u32) -> Option<Fork> {
    let of_epoch = height % EPOCH_BLOCKS;
    if height < 2 || !(2..=EPOCH_BLOCKS - 3).contains(&of_epoch) {
        return None;
    }
    let drawn = |height| {
        let mut dice = streams.draw(Purpose::Fork, height);
        dice.chance(1, FORK_ONE_IN).then_some(dice)
    };
    let mut dice = drawn(height)?;
    if drawn(height - 1).is_some() {
        return None;
    }
    let deep = dice.chance(1, 6);
    let rival = match dice.below(if deep { 2 } else { 3 }) {
        0 => Arrival::Before,
        1 => Arrival::After,
        _ => Arrival::Late,
    };
    Some(Fork { deep, rival, second_first: dice.chance(1, 2) })
}
