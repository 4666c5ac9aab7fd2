//! However a chain is come by, the same is said of it.

use proptest::{collection::vec, prelude::*};

use super::*;

/// Short windows, so that much is said.
fn rules() -> Rules {
    toml::from_str(
        "[share]\nwindow = 12\ncalm = 4\nlevels = [0.3, 0.5, 0.7]\n[nakamoto]\nwindow = 12\ncalm = 3\n[hhi]\nwindow = 14\ncalm = 2
         levels = [2000, 4000]\n[hhi_rise]\nwindow = 15\ncalm = 2\n[streak]\nbefore = 20\nleast = 2\nlevels = [5000, 500]\ncalm = 3
         [hashrate]\nwindow = 8\nbefore = 16\nlevels = [0.1, 0.4]\nconfidence = 0.6\ncalm = 2",
    )
    .unwrap()
}

/// Pools and waits that go on for a while, so that there is something to say.
fn stretch() -> impl Strategy<Value = Vec<(u16, u32)>> {
    (vec(0..7_u16, 1..4), 1..40_usize, prop_oneof![Just(600_u32), 100..2_000_u32])
        .prop_flat_map(|(pools, blocks, seconds)| vec((prop::sample::select(pools), Just(seconds)), blocks))
}

proptest! {
    #[test]
    fn rewinds_leave_nothing_behind(stretches in vec((stretch(), 0..60_usize), 1..12)) {
        let (mut chain, rules) = (Made::new(), rules());
        let mut fold = Fold::new(&rules);
        let mut said: Vec<Step> = Vec::new();
        for (stretch, back) in stretches {
            for (pool, seconds) in stretch {
                chain.block(pool, seconds);
                said.extend(fold.push(&chain.scene()));
            }
            let blocks = chain.times.len().saturating_sub(back);
            prop_assert!(fold.rewind(blocks));
            chain.truncate(blocks);
            said.retain(|step| (step.height - 100) < u32::try_from(blocks).unwrap());
        }
        chain.block(1, 600);
        said.extend(fold.push(&chain.scene()));
        prop_assert_eq!(&said, &chain.said(&rules));
        // and what is open is what was raised and is not over
        let mut open = std::collections::BTreeMap::new();
        for step in &said {
            let before = open.insert((step.rule, step.subject.clone()), (step.level, step.raised));
            prop_assert_eq!(before.map_or(0, |(level, _)| level), step.from_level);
            prop_assert!(step.measures.iter().all(|measure| measure.value.is_finite()));
        }
        open.retain(|_, (level, _)| *level > 0);
        let now = fold.open(&chain.scene());
        prop_assert_eq!(now.len(), open.len());
        for step in now {
            prop_assert_eq!(open.get(&(step.rule, step.subject.clone())), Some(&(step.level, step.raised)));
        }
    }
}

#[test]
fn a_deep_rewind_is_refused() {
    let chain = Made::new().blocks(cycle(&[1, 2, 3], 1_000));
    let mut fold = Fold::new(&rules());
    (0..1_000).for_each(|_| drop(fold.push(&chain.scene())));
    assert!(!fold.rewind(1_001) && !fold.rewind(711) && fold.blocks() == 1_000);
    assert!(fold.rewind(1_000) && fold.rewind(712) && fold.blocks() == 712);
    assert!(!fold.rewind(711), "what is remembered is used up");
    assert!(fold.push(&Made::new().blocks([1; 712]).scene()).is_empty(), "a scene that has no such block");
    assert_eq!(fold.blocks(), 712);
}

/// More entities than the windows have room for at first.
#[test]
fn room_for_all() {
    let mut chain = Made::new();
    chain.pool_names = (0..1_000).map(|id| entity("pool", &format!("p{id}"))).collect();
    let chain = chain.blocks(1..1_000).blocks([999; 40]);
    let said = told(&chain.said(&only("share", "window = 40\nlevels = [0.5]\nconfidence = 0.95")));
    assert_eq!(said, ["1023 pool/p999 0>1"], "with the 26th of 40 that are its own");
}
