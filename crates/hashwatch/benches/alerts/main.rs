//! How fast the rules of alerts look at a chain: all of it, as at a start, and one new block, as while it is followed; and the same in the
//! running program, with all that is read and written for it.
//!
//! The chain is made up: forty pools with shares that move, some of them one group, so that there is something to say. That of the running
//! program is a simulated one.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a bench that cannot go on fails")]

mod running;

use std::{hint::black_box, time::Instant};

use hashwatch_alerts::{Entity, Fold, Rules, Scene, Scope};
use hashwatch_tests::measure::{Table, in_earnest};

const POOLS: u16 = 40;

fn main() {
    let (blocks, rounds, more) = if in_earnest() { (1_000_000, 5, 60) } else { (20_000, 1, 3) };
    let chain = Chain::new(blocks);
    let rules = Rules::default();
    let mut whole: Vec<f64> = Vec::new();
    let (mut fold, mut said) = (Fold::new(&rules), 0);
    for _ in 0..rounds {
        let began = Instant::now();
        fold = Fold::new(&rules);
        said = (0..blocks - 200).map(|_| black_box(fold.push(&chain.scene())).len()).sum();
        whole.push(began.elapsed().as_secs_f64());
    }
    let mut each = Vec::new();
    for _ in 0..200 {
        let began = Instant::now();
        black_box(fold.push(&chain.scene()));
        each.push(began.elapsed().as_secs_f64() * 1e6);
    }
    let mut rewound = Vec::new();
    for back in 1..=100 {
        let began = Instant::now();
        assert!(fold.rewind(blocks - back));
        black_box(fold.push(&chain.scene()));
        rewound.push(began.elapsed().as_secs_f64() * 1e6);
    }
    let mut looks = running::measure(u32::try_from(blocks).expect("a million"), more);
    let mut table = Table::new("alerts", &["work", "median", "most"]);
    let row = |all: &mut Vec<f64>, unit: &str| {
        all.sort_by(f64::total_cmp);
        [all[all.len() / 2], all[all.len() - 1]].map(|value| format!("{value:.2} {unit}"))
    };
    for (work, figures) in [
        ("all rules over the whole chain", row(&mut whole, "s")),
        ("all rules at a new block", row(&mut each, "us")),
        ("the same right after a reorg, rewind and all", row(&mut rewound, "us")),
        ("a look of the running program at a new block", row(&mut looks, "ms")),
    ] {
        table.row(&[work, &figures[0], &figures[1]]);
    }
    table.note(&format!(
        "{blocks} blocks of {POOLS} pools, one thread, {rounds} rounds; {said} steps are said of them. The running program has as \
         many simulated blocks, embedded ClickHouse and all: a look is all default rules, those that rest on the store among them, with \
         what is read and written for them, at {more} blocks one after the other."
    ));
    table.finish();
}

struct Chain {
    pools: Vec<u16>,
    groups: Vec<u16>,
    times: Vec<u32>,
    works: Vec<u128>,
    who: Vec<Entity>,
    behind: Vec<Entity>,
}

impl Chain {
    fn new(blocks: usize) -> Chain {
        let entity = |kind, id: u16| Entity { kind, id: format!("p{id}"), name: format!("Pool {id}") };
        let who = (0..=POOLS).map(|id| entity("pool", id)).collect();
        let behind = (0..=POOLS).map(|id| entity(if id == 1 { "group" } else { "pool" }, id)).collect();
        let mut chain = Chain { pools: vec![], groups: vec![], times: vec![], works: vec![], who, behind };
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        for place in 0..blocks {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            // squared, so that low numbers are large pools, and now and then one of them larger
            let part = (state >> 40) % 1_000;
            let large = place / 30_000 % 3 == 1 && state.is_multiple_of(5);
            let pool = if large { 1 } else { u16::try_from(part * part * u64::from(POOLS) / 1_000_000 + 1).unwrap() };
            chain.pools.push(if state.is_multiple_of(97) { 0 } else { pool });
            chain.groups.push(if pool == 3 { 1 } else { chain.pools[place] });
            let wait = u32::try_from(state % 1_200).unwrap();
            chain.times.push(chain.times.last().map_or(1_231_006_505, |time| time + wait));
            chain.works.push(chain.works.last().copied().unwrap_or(0) + 1_000_000);
        }
        chain
    }

    fn scene(&self) -> Scene<'_> {
        let groups = Scope { ids: &self.groups, who: &self.behind };
        Scene {
            from: 0,
            median_times: &self.times,
            chainworks: Some(&self.works),
            pools: Scope { ids: &self.pools, who: &self.who },
            groups,
            owners: groups,
        }
    }
}
