//! A window that moves has the indices of one that is counted, whatever comes and goes.

use proptest::{collection::vec, prelude::*};

use super::{sums::UNKNOWN, *};
use crate::concentration::interval_cheap;

/// The tally of some ids, counted.
fn counted(ids: &[u16]) -> Tally {
    let mut counts = std::collections::BTreeMap::new();
    for &id in ids {
        *counts.entry(id).or_insert(0) += 1;
    }
    let unknown = counts.remove(&UNKNOWN).unwrap_or(0);
    Tally::new(counts.into_values(), unknown)
}

fn agrees(rolling: &Rolling, ids: &[u16]) -> Result<(), TestCaseError> {
    let tally = counted(ids);
    prop_assert_eq!(&rolling.tally(), &tally);
    prop_assert_eq!(rolling.present(), tally.descending());
    prop_assert_eq!(rolling.total(), ids.len() as u64);
    for entities in [0, 1, 3, 100] {
        let largest: u64 = tally.descending().iter().take(entities).sum();
        prop_assert_eq!(rolling.largest(entities), largest);
    }
    for index in [Index::Hhi, Index::HhiUnbiased, Index::Cr1, Index::Nakamoto] {
        prop_assert_eq!(rolling.interval(index, 0.9), interval_cheap(index, &tally, 0.9));
    }
    for index in Index::ALL {
        let (found, expected) = (rolling.value(index), tally.counts().and_then(|counts| index.of(&counts)));
        let near = match (found, expected) {
            (Some(found), Some(expected)) => (found - expected).abs() <= 1e-9,
            (found, expected) => found == expected,
        };
        prop_assert!(near, "{index:?}: {found:?} for {expected:?}");
    }
    Ok(())
}

proptest! {
    #[test]
    fn as_if_counted(ids in vec(prop_oneof![0..3_u16, 0..9_u16], 1..300), steps in vec((0..8_usize, 0..8_usize), 1..60)) {
        let (mut rolling, mut from, mut to) = (Rolling::new(8), 0, 0);
        for (come, go) in steps {
            for _ in 0..come.min(ids.len() - to) {
                prop_assert!(rolling.push(ids[to]));
                to += 1;
            }
            for _ in 0..go.min(to - from) {
                prop_assert!(rolling.pop(ids[from]));
                from += 1;
            }
            agrees(&rolling, &ids[from..to])?;
            for id in 0..9 {
                let expected = ids[from..to].iter().filter(|&&other| other == id).count() as u64;
                prop_assert_eq!(rolling.blocks(id), expected);
            }
        }
        rolling.clear();
        agrees(&rolling, &[])?;
        prop_assert!(rolling.push(ids[0]));
        agrees(&rolling, &ids[..1])?;
    }

    /// Any windows that do not go back, with overlaps and jumps, and every index.
    #[test]
    fn series_are_windows(ids in vec(0..6_u16, 1..200), cuts in vec(0..10_000_usize, 2..40), index in 0..Index::ALL.len()) {
        let index = Index::ALL[index];
        let mut places: Vec<usize> = cuts.iter().map(|cut| cut % (ids.len() + 1)).collect();
        places.sort_unstable();
        let windows: Vec<(usize, usize)> = places.iter().copied().zip(places[places.len() / 3..].iter().copied()).collect();
        let found = series(&ids, 5, windows.iter().copied(), index).unwrap();
        prop_assert_eq!(found.len(), windows.len());
        for ((from, to), found) in windows.into_iter().zip(found) {
            let expected = counted(&ids[from..to]).counts().and_then(|counts| index.of(&counts));
            prop_assert!(found.is_some() == expected.is_some());
            prop_assert!((found.unwrap_or(0.0) - expected.unwrap_or(0.0)).abs() <= 1e-9);
        }
    }
}

#[test]
fn nothing_from_nowhere() {
    let mut rolling = Rolling::new(2);
    assert!(!rolling.push(3) && !rolling.pop(1) && !rolling.pop(3) && !rolling.pop(UNKNOWN));
    assert_eq!((rolling.total(), rolling.blocks(3), rolling.value(Index::Hhi)), (0, 0, None));
    assert!(rolling.push(UNKNOWN) && rolling.total() == 1);
    assert_eq!(rolling.value(Index::Entities), None, "Unknown is no entity");
    assert!(Rolling::new(0).value(Index::Hhi).is_none());
}

#[test]
fn windows_do_not_go_back() {
    let ids = [1, 2, 1, 2];
    let run = |windows: &[(usize, usize)]| series(&ids, 2, windows.iter().copied(), Index::Cr1);
    assert_eq!(run(&[(0, 1), (0, 4), (3, 4), (4, 4)]), Some(vec![Some(1.0), Some(0.5), Some(1.0), None]));
    assert_eq!(run(&[]), Some(Vec::new()));
    for wrong in [[(1, 2), (0, 3)], [(0, 3), (0, 2)], [(0, 1), (0, 5)], [(0, 1), (3, 2)]] {
        assert_eq!(run(&wrong), None, "{wrong:?}");
    }
    assert_eq!(series(&ids, 1, [(0, 2)], Index::Cr1), None, "an entity too many");
}

/// As many entities as there are numbers, and the largest of them.
#[test]
fn the_last_number() {
    let mut rolling = Rolling::new(u16::MAX);
    assert!((1..=u16::MAX).all(|id| rolling.push(id)) && rolling.push(u16::MAX));
    assert_eq!((rolling.blocks(u16::MAX), rolling.value(Index::Entities)), (2, Some(65_535.0)));
    assert!((1..=u16::MAX).all(|id| rolling.pop(id)));
    assert_eq!((rolling.total(), rolling.value(Index::Cr1)), (1, Some(1.0)));
}

/// Wherever it is moved to, back and forth, it holds what lies there.
#[test]
fn a_moving_window_holds_what_lies_there() {
    let ids: Vec<u16> = (0..200_u16).map(|n| n * n % 5).collect();
    let mut moving = Moving::new(4);
    for (from, to) in [(0, 50), (1, 51), (10, 60), (60, 200), (59, 199), (0, 3), (3, 3), (150, 200), (0, 200)] {
        let found = moving.to(&ids, from, to).unwrap();
        for id in 0..5 {
            let counted = ids[from..to].iter().filter(|known| **known == id).count() as u64;
            assert_eq!(found.blocks(id), counted, "{id} from {from} to {to}");
        }
    }
    assert!(moving.to(&ids, 5, 4).is_none() && moving.to(&ids, 0, 201).is_none());
    assert!(Moving::new(3).to(&ids, 0, 10).is_none(), "one more than there are entities");
    assert_eq!(moving.to(&ids, 0, 10).unwrap().total(), 10, "it goes on after what it refused");
}
