//! The machine that all rules share: from levels that hold with confidence and levels that still hold to steps that are said once.
//!
//! A level is reached at once and left after a calm, so that a figure that sways about its mark is told of once. After an end
//! nothing begins anew for as long, unless it is worse than what ended.

use std::collections::{BTreeMap, VecDeque};

/// Blocks that can be taken back.
pub(crate) const REMEMBERED: usize = 288;

/// What a rule finds of a subject at a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// The highest level that is reached with confidence.
    pub(crate) firm: u8,
    /// The highest level that still holds. Not below `firm`.
    pub(crate) held: u8,
}

impl Found {
    /// Nothing holds.
    pub(crate) const NOTHING: Found = Found { firm: 0, held: 0 };
}

/// How a subject stands with a rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    /// The level that was said last, 0 for none.
    pub(crate) level: u8,
    /// Height of the block that raised it.
    pub(crate) raised: u32,
    /// Since which height the level does not hold, and the highest that held since.
    below: Option<(u32, u8)>,
    /// Up to which height nothing begins anew, unless it is above that level.
    quiet: Option<(u32, u8)>,
}

impl Standing {
    /// An alert that is open at a level, as it was said.
    pub(crate) fn open(level: u8, raised: u32) -> Standing {
        Standing { level, raised, below: None, quiet: None }
    }

    /// The next, at a block of that height.
    pub(crate) fn next(self, found: Found, calm: u32, height: u32) -> Standing {
        self.next_since(found, calm, (height, height))
    }

    /// The same where it was looked at last before the first of two heights, and found so up to the second.
    pub(crate) fn next_since(self, found: Found, calm: u32, (first, height): (u32, u32)) -> Standing {
        let held = found.held.max(found.firm);
        let quiet = self.quiet.filter(|(until, _)| height <= *until);
        let begins = self.level > 0 || quiet.is_none_or(|(_, level)| found.firm > level);
        if found.firm > self.level && begins {
            let raised = if self.level == 0 { height } else { self.raised };
            return Standing { level: found.firm, raised, below: None, quiet: None };
        }
        if held >= self.level {
            return Standing { below: None, quiet, ..self };
        }
        let (since, most) = self.below.map_or((first, held), |(since, most)| (since, most.max(held)));
        if height.saturating_sub(since).saturating_add(1) < calm.max(1) {
            return Standing { below: Some((since, most)), quiet, ..self };
        }
        let quiet = (most == 0).then(|| (height.saturating_add(calm), self.level));
        Standing { level: most, below: None, quiet, ..self }
    }

    /// Whether there is nothing to remember.
    pub(crate) fn is_nothing(self) -> bool {
        self.level == 0 && self.quiet.is_none()
    }
}

/// How all subjects of all rules stand, and how they stood at the last blocks.
#[derive(Clone, Debug)]
pub(crate) struct Levels<K> {
    standing: BTreeMap<K, Standing>,
    /// What was changed at each of the last blocks, as it was before.
    before: VecDeque<Vec<(K, Option<Standing>)>>,
}

impl<K: Ord + Copy> Levels<K> {
    pub(crate) fn new() -> Levels<K> {
        Levels { standing: BTreeMap::new(), before: VecDeque::new() }
    }

    /// A block begins.
    pub(crate) fn begin(&mut self) {
        if self.before.len() == REMEMBERED {
            self.before.pop_front();
        }
        self.before.push_back(Vec::new());
    }

    /// Takes the last block back; false where it is not remembered.
    pub(crate) fn back(&mut self) -> bool {
        let Some(changes) = self.before.pop_back() else { return false };
        for (key, standing) in changes.into_iter().rev() {
            match standing {
                Some(standing) => self.standing.insert(key, standing),
                None => self.standing.remove(&key),
            };
        }
        true
    }

    /// How many blocks can be taken back.
    pub(crate) fn remembered(&self) -> usize {
        self.before.len()
    }

    /// Those from one key to another of which something is remembered.
    pub(crate) fn between(&self, from: K, to: K) -> impl Iterator<Item = (K, Standing)> + '_ {
        self.standing.range(from..=to).map(|(key, standing)| (*key, *standing))
    }

    /// What was found of a subject. The levels of before and from now on, and the height of the block that raised it, where
    /// that is a step.
    pub(crate) fn step(&mut self, key: K, found: Found, calm: u32, height: u32) -> Option<(u8, u8, u32)> {
        let old = self.standing.get(&key).copied();
        if old.is_none() && found.firm == 0 {
            return None;
        }
        let before = old.unwrap_or_default();
        let now = before.next(found, calm, height);
        let kept = Some(now).filter(|now| !now.is_nothing());
        if kept != old {
            match kept {
                Some(now) => self.standing.insert(key, now),
                None => self.standing.remove(&key),
            };
            if let Some(changes) = self.before.back_mut() {
                changes.push((key, old));
            }
        }
        (before.level != now.level).then_some((before.level, now.level, now.raised))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CALM: u32 = 3;

    /// Levels from block 10 on, and what is said at each: `(height, from, to)`.
    fn said(found: &[(u8, u8)]) -> Vec<(u32, u8, u8)> {
        let mut levels = Levels::new();
        let mut said = Vec::new();
        for (height, &(firm, held)) in (10..).zip(found) {
            levels.begin();
            said.extend(levels.step((), Found { firm, held }, CALM, height).map(|(from, to, _)| (height, from, to)));
        }
        said
    }

    #[test]
    fn reached_at_once_and_left_after_a_calm() {
        assert_eq!(said(&[(0, 0), (0, 1), (1, 1), (0, 1), (0, 0), (0, 0), (0, 0)]), [(12, 0, 1), (16, 1, 0)]);
        // what comes back within the calm was never away
        assert_eq!(said(&[(1, 1), (0, 0), (0, 0), (0, 1), (0, 0), (0, 0), (0, 1)]), [(10, 0, 1)]);
        assert_eq!(said(&[(1, 1), (2, 3), (3, 3)]), [(10, 0, 1), (11, 1, 2), (12, 2, 3)]);
    }

    /// It eases to the highest level that held in the calm: what was below for a block has not been left.
    #[test]
    fn eases_to_what_held() {
        assert_eq!(
            said(&[(3, 3), (0, 1), (0, 2), (0, 0), (0, 0), (0, 1), (0, 1)]),
            [(10, 0, 3), (13, 3, 2), (16, 2, 1)]
        );
    }

    #[test]
    fn nothing_begins_anew_for_a_calm_unless_it_is_worse() {
        let over = [(1, 1), (0, 0), (0, 0), (0, 0)];
        let again = |more: &[(u8, u8)]| said(&[&over[..], more].concat())[2..].to_vec();
        assert_eq!(again(&[(1, 1), (1, 1), (1, 1), (1, 1)]), [(17, 0, 1)]);
        assert_eq!(again(&[(1, 1), (2, 2)]), [(15, 0, 2)]);
        assert_eq!(again(&[(0, 0), (0, 0), (0, 0), (1, 1)]), [(17, 0, 1)]);
    }

    #[test]
    fn without_a_calm_it_is_left_at_once() {
        let standing = Standing::open(2, 5).next(Found::NOTHING, 0, 6);
        assert_eq!((standing.level, standing.raised), (0, 5));
        assert_eq!(standing.next(Found { firm: 1, held: 1 }, 0, 7).raised, 7);
    }

    fn findings() -> impl Strategy<Value = Vec<(u8, Found)>> {
        let one = (0..3_u8, 0..4_u8, 0..2_u8).prop_map(|(key, firm, more)| (key, Found { firm, held: firm + more }));
        proptest::collection::vec(one, 0..120)
    }

    proptest! {
        /// Steps of a subject follow each other, begin with a raise, and what ended rests.
        #[test]
        fn steps_follow_each_other(found in findings(), calm in 0..6_u32) {
            let mut levels = Levels::new();
            let (mut at, mut ended) = ([0_u8; 3], [None::<(u32, u8)>; 3]);
            for (height, (key, found)) in (100..).zip(found) {
                levels.begin();
                for subject in 0..3_u8 {
                    let found = if subject == key { found } else { Found::NOTHING };
                    let Some((from, to, raised)) = levels.step(subject, found, calm, height) else { continue };
                    let place = usize::from(subject);
                    prop_assert!(from == at[place] && from != to && raised <= height);
                    if to > from {
                        prop_assert_eq!(to, found.firm);
                        let rests = ended[place].is_some_and(|(until, level)| height <= until && to <= level);
                        prop_assert!(from > 0 || (raised == height && !rests));
                    }
                    if to == 0 {
                        ended[place] = Some((height + calm, from));
                    }
                    at[place] = to;
                }
            }
        }

        /// Blocks that are taken back leave nothing behind.
        #[test]
        fn back_is_as_before(found in findings(), more in findings()) {
            let mut levels = Levels::new();
            let mut height = 0;
            let mut push = |levels: &mut Levels<u8>, found: &[(u8, Found)]| {
                for (key, found) in found {
                    height += 1;
                    levels.begin();
                    for subject in 0..3_u8 {
                        let found = if subject == *key { *found } else { Found::NOTHING };
                        levels.step(subject, found, 2, height);
                    }
                }
            };
            push(&mut levels, &found);
            let before = levels.clone();
            push(&mut levels, &more);
            for _ in &more {
                prop_assert!(levels.back());
            }
            prop_assert_eq!(levels.standing, before.standing);
            prop_assert_eq!(levels.before, before.before);
        }
    }
}
