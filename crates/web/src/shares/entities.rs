//! Blocks by who stands behind them: the pool, the group that shares its templates, or the owner, each at its time.

use std::{collections::HashMap, sync::Arc};

use hashwatch_registry::{Member, Registry, day_of};
use hashwatch_store::{ChainColumns, MinerColumn};
use jiff::{civil::Date, tz::TimeZone};

use super::{Range, by::By};
use crate::{error::WebError, state::WebState, view::View};

/// Somebody who is counted as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entity {
    pub(crate) id: String,
    pub(crate) name: String,
    /// `pool` where nobody is known to stand behind it; `unknown` for the one at 0.
    pub(crate) kind: &'static str,
}

/// Every block of the chain up to a block, and whose it is: a number, 0 for Unknown.
pub(crate) struct Entities {
    who: Vec<Entity>,
    column: Column,
    from: u32,
}

enum Column {
    Pools(MinerColumn),
    Behind(Vec<u16>),
}

impl Entities {
    /// From memory where they were asked for lately.
    pub(crate) async fn read(state: &WebState, view: &View, by: By) -> Result<Arc<Entities>, WebError> {
        let found = async {
            let (chain, miners) = tokio::try_join!(view.chain(), view.miners())?;
            Ok(Arc::new(Entities::of(&view.who, &chain, miners, by)))
        };
        state.entities.get((view.mark().clone(), by), found).await
    }

    fn of(registry: &Registry, chain: &ChainColumns, miners: MinerColumn, by: By) -> Entities {
        let unknown = Entity { id: String::new(), name: "Unknown".to_owned(), kind: "unknown" };
        let mut who = vec![unknown];
        if by == By::Pool {
            who.extend(miners.slugs()[1..].iter().map(|slug| behind(registry, slug, by, Date::MIN)));
            return Entities { who, column: Column::Pools(miners), from: chain.from() };
        }
        let mut numbers = HashMap::new();
        let mut column = Vec::with_capacity(chain.blocks());
        for (to, day) in parts(registry, chain, by) {
            let number = |slug: &Arc<str>| {
                let entity = behind(registry, slug, by, day);
                *numbers.entry((entity.kind, entity.id.clone())).or_insert_with(|| {
                    who.push(entity);
                    // no more entities than pools, and those fit
                    u16::try_from(who.len() - 1).unwrap_or_default()
                })
            };
            let table: Vec<u16> = [0].into_iter().chain(miners.slugs()[1..].iter().map(number)).collect();
            let part = &miners.ids()[column.len()..to];
            column.extend(part.iter().map(|id| table[usize::from(*id)]));
        }
        Entities { who, column: Column::Behind(column), from: chain.from() }
    }

    /// Numbers of all blocks, the lowest first.
    pub(crate) fn ids(&self) -> &[u16] {
        match &self.column {
            Column::Pools(miners) => miners.ids(),
            Column::Behind(ids) => ids,
        }
    }

    /// Those of a range.
    pub(crate) fn within(&self, range: Range) -> &[u16] {
        let place = |height: u32| (height.saturating_sub(self.from)) as usize;
        let ids = self.ids();
        ids.get(place(range.from)..(place(range.to) + 1).min(ids.len())).unwrap_or_default()
    }

    /// The number of an id that has a block here: others are known from blocks that came later, or left.
    pub(crate) fn number(&self, id: &str) -> Option<u16> {
        let numbers = (1..self.who.len()).filter(|place| self.who[*place].id == id);
        let mut numbers = numbers.filter_map(|place| u16::try_from(place).ok());
        numbers.find(|number| self.ids().contains(number))
    }

    /// By number.
    pub(crate) fn who(&self) -> &[Entity] {
        &self.who
    }

    /// Blocks of each in a range, by number.
    pub(crate) fn counts(&self, range: Range) -> Vec<u64> {
        let mut counts = vec![0; self.who.len()];
        for id in self.within(range) {
            counts[usize::from(*id)] += 1;
        }
        counts
    }
}

/// Who stands behind a pool on a day; itself where nobody is known to.
pub(crate) fn behind(registry: &Registry, slug: &str, by: By, day: Date) -> Entity {
    let entity = |id: &str, name: &str, kind| Entity { id: id.to_owned(), name: name.to_owned(), kind };
    let found = match by {
        By::Pool => None,
        By::Group => registry.group_on(slug, day).map(|(group, _)| entity(&group.slug, &group.name, "group")),
        By::Owner => registry.owner_on(slug, day).map(|(owner, _)| entity(&owner.slug, &owner.name, "owner")),
    };
    found.unwrap_or_else(|| entity(slug, registry.pool(slug).map_or(slug, |pool| &pool.name), "pool"))
}

/// Stretches of the chain within which nobody comes or goes: where each ends, as a place, and its day. The day of a block is
/// that of its median time past, as with windows.
fn parts(registry: &Registry, chain: &ChainColumns, by: By) -> Vec<(usize, Date)> {
    let mut parts = Vec::new();
    let (mut from, mut day) = (0, chain.median_times().first().map_or(Date::MIN, |time| day_of(*time)));
    let begins = day;
    for edge in edges(registry, by).into_iter().filter(|edge| begins < *edge) {
        // from midnight on
        let midnight = edge.to_zoned(TimeZone::UTC).map_or(0, |zoned| zoned.timestamp().as_second());
        let place = chain.median_times().partition_point(|time| i64::from(*time) < midnight);
        if place > from {
            parts.push((place, day));
            from = place;
        }
        day = edge;
    }
    parts.push((chain.blocks(), day));
    parts
}

/// The days on which somebody comes or goes, in order.
fn edges(registry: &Registry, by: By) -> Vec<Date> {
    let members: Vec<&Member> = match by {
        By::Pool => Vec::new(),
        By::Group => registry.groups().iter().flat_map(|group| &group.members).collect(),
        By::Owner => registry.owners().iter().flat_map(|owner| &owner.pools).collect(),
    };
    let mut edges: Vec<Date> = members.into_iter().flat_map(|member| member.period.edges()).collect();
    edges.sort_unstable();
    edges.dedup();
    edges
}
