//! Whose each block is as rules see it, in columns that grow block by block: by pool, by group and by owner, each at its time. Times and
//! work are the store's, and are borrowed.
//!
//! Numbers keep their meaning while blocks are added and taken back, so that a fold can go on over them. Pools stand here beside the
//! store's column of them (6 MB for a million blocks with groups and owners): to hold on to that one would have the store copy it with
//! each block, and its numbers do not outlive it.

use std::{collections::HashMap, sync::Arc};

use hashwatch_alerts::{By, Entity, Scene, Scope};
use hashwatch_registry::{Registry, day_of};
use jiff::{civil::Date, tz::TimeZone};

/// More entities than numbers: no such block can be counted.
#[derive(Debug, thiserror::Error)]
#[error("more than 65,535 names of pools")]
pub(crate) struct TooMany;

/// One block more.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewBlock<'a> {
    /// Its median time past, Unix seconds.
    pub(crate) median_time: u32,
    /// The slug of who found it; empty for Unknown.
    pub(crate) pool: &'a str,
}

/// Columns from the lowest block up.
pub(crate) struct Columns {
    registry: Arc<Registry>,
    from: u32,
    pools: Numbered,
    behind: [Behind; 2],
}

/// Whose the blocks are, and who they are by number.
struct Numbered {
    ids: Vec<u16>,
    who: Vec<Entity>,
    numbers: HashMap<(&'static str, String), u16>,
}

/// The same of groups or owners, and what each pool is at the time of the last block.
struct Behind {
    by: By,
    numbered: Numbered,
    /// Midnights at which somebody comes or goes, Unix seconds.
    edges: Vec<i64>,
    /// How many of them have passed.
    passed: usize,
    table: Vec<Option<u16>>,
}

impl Numbered {
    fn new() -> Numbered {
        let unknown = Entity { kind: "unknown", id: String::new(), name: "Unknown".to_owned() };
        Numbered { ids: Vec::new(), who: vec![unknown], numbers: HashMap::new() }
    }

    fn number(&mut self, entity: Entity) -> Result<u16, TooMany> {
        if let Some(number) = self.numbers.get(&(entity.kind, entity.id.clone())) {
            return Ok(*number);
        }
        let number = u16::try_from(self.who.len()).map_err(|_| TooMany)?;
        self.numbers.insert((entity.kind, entity.id.clone()), number);
        self.who.push(entity);
        Ok(number)
    }

    fn scope(&self) -> Scope<'_> {
        Scope { ids: &self.ids, who: &self.who }
    }
}

impl Columns {
    /// Empty ones, whose first block has that height.
    pub(crate) fn new(registry: Arc<Registry>, from: u32) -> Columns {
        let behind = |by: By| Behind {
            by,
            numbered: Numbered::new(),
            edges: edges(&registry, by),
            passed: usize::MAX,
            table: Vec::new(),
        };
        Columns { behind: [By::Group, By::Owner].map(behind), registry, from, pools: Numbered::new() }
    }

    /// Height of the first block.
    pub(crate) fn from(&self) -> u32 {
        self.from
    }

    /// How many blocks there are.
    pub(crate) fn blocks(&self) -> usize {
        self.pools.ids.len()
    }

    /// A block more.
    pub(crate) fn push(&mut self, block: NewBlock) -> Result<(), TooMany> {
        let pool = match block.pool {
            "" => 0,
            slug => match self.pools.numbers.get(&("pool", slug.to_owned())) {
                Some(number) => *number,
                None => self.pools.number(pool_entity(&self.registry, slug))?,
            },
        };
        for behind in &mut self.behind {
            let id = behind.number(&self.registry, pool, block)?;
            behind.numbered.ids.push(id);
        }
        self.pools.ids.push(pool);
        Ok(())
    }

    /// Takes back all but so many.
    pub(crate) fn truncate(&mut self, blocks: usize) {
        self.pools.ids.truncate(blocks);
        for behind in &mut self.behind {
            behind.numbered.ids.truncate(blocks);
        }
    }

    /// The chain as rules see it, with the times of its blocks and, where it is known, their work: without it, rules that need it say
    /// nothing.
    pub(crate) fn scene<'a>(&'a self, median_times: &'a [u32], chainworks: Option<&'a [u128]>) -> Scene<'a> {
        let [groups, owners] = &self.behind;
        Scene {
            from: self.from,
            median_times,
            chainworks,
            pools: self.pools.scope(),
            groups: groups.numbered.scope(),
            owners: owners.numbered.scope(),
        }
    }
}

impl Behind {
    /// Who stands behind a pool's block; the pool itself where nobody is known to. The day is that of the median time past.
    fn number(&mut self, registry: &Registry, pool: u16, block: NewBlock) -> Result<u16, TooMany> {
        if pool == 0 {
            return Ok(0);
        }
        let passed = self.edges.partition_point(|edge| *edge <= i64::from(block.median_time));
        if passed != self.passed {
            self.passed = passed;
            self.table.clear();
        }
        let place = usize::from(pool);
        if self.table.len() <= place {
            self.table.resize(place + 1, None);
        }
        if let Some(number) = self.table[place] {
            return Ok(number);
        }
        let entity = behind(registry, block.pool, self.by, day_of(block.median_time));
        let number = self.numbered.number(entity)?;
        self.table[place] = Some(number);
        Ok(number)
    }
}

fn pool_entity(registry: &Registry, slug: &str) -> Entity {
    let name = registry.pool(slug).map_or(slug, |pool| &pool.name);
    Entity { kind: "pool", id: slug.to_owned(), name: name.to_owned() }
}

fn behind(registry: &Registry, slug: &str, by: By, day: Date) -> Entity {
    let entity = |id: &str, name: &str| Entity { kind: by.kind(), id: id.to_owned(), name: name.to_owned() };
    let found = match by {
        By::Pool => None,
        By::Group => registry.group_on(slug, day).map(|(group, _)| entity(&group.slug, &group.name)),
        By::Owner => registry.owner_on(slug, day).map(|(owner, _)| entity(&owner.slug, &owner.name)),
    };
    found.unwrap_or_else(|| pool_entity(registry, slug))
}

/// The midnights from which somebody comes or has gone, in order.
fn edges(registry: &Registry, by: By) -> Vec<i64> {
    let groups = registry.groups().iter().flat_map(|group| &group.members);
    let owners = registry.owners().iter().flat_map(|owner| &owner.pools);
    let days = match by {
        By::Pool => Vec::new(),
        By::Group => groups.flat_map(|member| member.period.edges()).collect(),
        By::Owner => owners.flat_map(|member| member.period.edges()).collect::<Vec<Date>>(),
    };
    let midnight = |day: Date| day.to_zoned(TimeZone::UTC).map_or(0, |zoned| zoned.timestamp().as_second());
    let mut edges: Vec<i64> = days.into_iter().map(midnight).collect();
    edges.sort_unstable();
    edges.dedup();
    edges
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2022-08-31 23:59:59, the last second before the registry counts AntPool's proxies as one.
    const BEFORE: u32 = 1_661_990_399;

    fn told(columns: &Columns, place: usize) -> [String; 2] {
        let scene = columns.scene(&[], None);
        [scene.pools, scene.groups].map(|scope| {
            let entity = &scope.who[usize::from(scope.ids[place])];
            format!("{}/{}", entity.kind, entity.id)
        })
    }

    #[test]
    fn groups_are_of_their_time() {
        let mut columns = Columns::new(Arc::new(Registry::builtin().clone()), 7);
        for (time, pool) in
            [(BEFORE, "antpool"), (BEFORE, "poolin"), (BEFORE + 1, "poolin"), (BEFORE + 9, "nobody"), (BEFORE + 9, "")]
        {
            columns.push(NewBlock { median_time: time, pool }).unwrap();
        }
        assert_eq!(told(&columns, 0), ["pool/antpool", "pool/antpool"]);
        assert_eq!(told(&columns, 1), ["pool/poolin", "pool/poolin"]);
        assert_eq!(told(&columns, 2), ["pool/poolin", "group/antpool-and-friends"]);
        assert_eq!(told(&columns, 3), ["pool/nobody", "pool/nobody"]);
        assert_eq!(told(&columns, 4), ["unknown/", "unknown/"]);
        // taken back beyond the edge it is as it was
        columns.truncate(1);
        columns.push(NewBlock { median_time: BEFORE, pool: "poolin" }).unwrap();
        assert_eq!((columns.blocks(), told(&columns, 1)), (2, told(&columns, 1)));
        assert_eq!(told(&columns, 1)[1], "pool/poolin");
        assert_eq!(columns.scene(&[], None).pools.who[1].name, "AntPool");
    }
}
