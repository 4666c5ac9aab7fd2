//! Chains made by hand: what each rule says at which block, and that it is the same however the chain was come by.

mod properties;
mod rules;

use super::*;
use crate::scene::{Entity, Scope};

/// A chain that owns its columns. Pools are numbered from 1; the first two are one group, the others are in none.
#[derive(Clone, Debug, Default)]
pub(super) struct Made {
    pools: Vec<u16>,
    groups: Vec<u16>,
    times: Vec<u32>,
    works: Vec<u128>,
    pool_names: Vec<Entity>,
    group_names: Vec<Entity>,
}

fn entity(kind: &'static str, id: &str) -> Entity {
    Entity { kind, id: id.to_owned(), name: id.to_uppercase() }
}

impl Made {
    pub(super) fn new() -> Made {
        let pools = |ids: &[&str]| ids.iter().map(|id| entity("pool", id)).collect::<Vec<_>>();
        let unknown = entity("unknown", "");
        let pool_names = [vec![unknown.clone()], pools(&["a", "b", "c", "d", "e", "f"])].concat();
        let group_names = [vec![unknown, entity("group", "ab")], pools(&["c", "d", "e", "f"])].concat();
        Made { pool_names, group_names, ..Made::default() }
    }

    /// Blocks of these pools, ten minutes each.
    pub(super) fn blocks(mut self, pools: impl IntoIterator<Item = u16>) -> Made {
        for pool in pools {
            self.block(pool, 600);
        }
        self
    }

    pub(super) fn block(&mut self, pool: u16, seconds: u32) {
        self.pools.push(pool);
        self.groups.push(if pool < 2 { pool } else { pool - 1 });
        self.times.push(self.times.last().copied().unwrap_or(1_000_000) + seconds);
        self.works.push(self.works.last().copied().unwrap_or(0) + 1_000_000);
    }

    pub(super) fn truncate(&mut self, blocks: usize) {
        self.pools.truncate(blocks);
        self.groups.truncate(blocks);
        self.times.truncate(blocks);
        self.works.truncate(blocks);
    }

    pub(super) fn scene(&self) -> Scene<'_> {
        Scene {
            from: 100,
            median_times: &self.times,
            chainworks: Some(&self.works),
            pools: Scope { ids: &self.pools, who: &self.pool_names },
            groups: Scope { ids: &self.groups, who: &self.group_names },
            owners: Scope::default(),
        }
    }

    /// All that is said, of the whole chain.
    pub(super) fn said(&self, rules: &Rules) -> Vec<Step> {
        let mut fold = Fold::new(rules);
        (0..self.times.len()).flat_map(|_| fold.push(&self.scene())).collect()
    }
}

/// One rule alone, with settings over its defaults.
pub(super) fn only(rule: &str, settings: &str) -> Rules {
    let off = Rule::ALL.into_iter().filter(|one| one.key() != rule);
    let off: String = off.map(|one| format!("[{}]\nenabled = false\n", one.key())).collect();
    toml::from_str(&format!("{off}[{rule}]\n{settings}\n")).unwrap()
}

/// `place kind/id from>to`.
pub(super) fn told(steps: &[Step]) -> Vec<String> {
    let told = |step: &Step| {
        let Subject { kind, id, .. } = &step.subject;
        format!("{} {kind}/{id} {}>{}", step.height - 100, step.from_level, step.level)
    };
    steps.iter().map(told).collect()
}

/// The same pools over and over.
pub(super) fn cycle(pools: &[u16], blocks: usize) -> Vec<u16> {
    pools.iter().copied().cycle().take(blocks).collect()
}
