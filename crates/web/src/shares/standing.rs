//! Blocks of pools counted by who stands behind them: the group that shares its templates, or the owner, each at its time.

use hashwatch_registry::{Member, Registry, day_of};
use hashwatch_store::{PoolCount, Runs, StoreError};
use jiff::{civil::Date, tz::TimeZone};

use super::Range;
use crate::{error::WebError, params::Params, view::View};

/// What shares are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    Pool,
    Group,
    Owner,
}

impl By {
    /// All of them.
    pub(crate) const ALL: [By; 3] = [By::Pool, By::Group, By::Owner];

    /// The parameter `by`, or pools.
    pub(crate) fn take(params: &mut Params) -> Result<By, WebError> {
        Ok(By::from_word(params.word("by", &By::ALL.map(By::word))?))
    }

    /// As it stands in a query; nothing for pools, which are what is counted without it.
    pub(crate) fn query(self) -> String {
        if self == By::Pool { String::new() } else { format!("by={}", self.word()) }
    }

    pub(crate) fn from_word(word: &str) -> By {
        match word {
            "group" => By::Group,
            "owner" => By::Owner,
            _ => By::Pool,
        }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            By::Pool => "pool",
            By::Group => "group",
            By::Owner => "owner",
        }
    }
}

/// Blocks under one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) id: String,
    pub(crate) name: String,
    /// `pool` where nobody is known to stand behind it.
    pub(crate) kind: &'static str,
    pub(crate) blocks: u64,
}

/// Blocks in one run of a history, by kind and id; none is Unknown.
pub(crate) type RunCount = (u32, Option<(&'static str, String)>, u64);

/// The blocks of a range, most first, and those that are Unknown. Where somebody came or went within the range it is counted
/// in parts; the day of a block is that of its median time past, as with windows.
pub(crate) async fn count(view: &View, range: Range, by: By) -> Result<(Vec<Standing>, u64), StoreError> {
    let (mut found, mut unknown): (Vec<Standing>, u64) = (Vec::new(), 0);
    for (from, to, day) in parts(view, range, by).await? {
        for PoolCount { pool, blocks } in view.pool_counts((from, to)).await? {
            let Some(slug) = pool else {
                unknown += blocks;
                continue;
            };
            let (id, name, kind) = behind(&view.who, &slug, by, day);
            match found.iter_mut().find(|known| known.id == id && known.kind == kind) {
                Some(known) => known.blocks += blocks,
                None => found.push(Standing { id: id.to_owned(), name: name.to_owned(), kind, blocks }),
            }
        }
    }
    found.sort_by(|one, other| other.blocks.cmp(&one.blocks).then_with(|| one.id.cmp(&other.id)));
    Ok((found, unknown))
}

/// The same in runs of blocks.
pub(crate) async fn counts_in(view: &View, range: Range, cut: Runs, by: By) -> Result<Vec<RunCount>, StoreError> {
    let mut found = Vec::new();
    for (from, to, day) in parts(view, range, by).await? {
        let counts = view.history_counts((from, to), cut).await?;
        found.extend(counts.into_iter().map(|count| {
            let who = count.pool.map(|slug| {
                let (id, _, kind) = behind(&view.who, &slug, by, day);
                (kind, id.to_owned())
            });
            (count.bucket, who, count.blocks)
        }));
    }
    Ok(found)
}

fn behind<'a>(who: &'a Registry, slug: &'a str, by: By, day: Date) -> (&'a str, &'a str, &'static str) {
    let found = match by {
        By::Pool => None,
        By::Group => who.group_on(slug, day).map(|(group, _)| (group.slug.as_str(), group.name.as_str(), "group")),
        By::Owner => who.owner_on(slug, day).map(|(owner, _)| (owner.slug.as_str(), owner.name.as_str(), "owner")),
    };
    found.unwrap_or_else(|| (slug, who.pool(slug).map_or(slug, |pool| &pool.name), "pool"))
}

/// Runs of heights within which nobody comes or goes, each with its day.
async fn parts(view: &View, range: Range, by: By) -> Result<Vec<(u32, u32, Date)>, StoreError> {
    let first = view.work_at(range.from).await?;
    let begins = first.map_or(Date::MIN, |first| day_of(first.median_time));
    let ends = day_of(view.mark().median_time);
    let mut parts = Vec::new();
    let (mut from, mut day) = (range.from, begins);
    for edge in edges(&view.who, by).into_iter().filter(|edge| begins < *edge && *edge <= ends) {
        // from midnight on, and never before a block that is there
        let midnight = edge.to_zoned(TimeZone::UTC).map_or(0, |zoned| zoned.timestamp().as_second());
        let height = view.first_after(midnight - 1).await?.clamp(range.from, range.to);
        if height > from {
            parts.push((from, height - 1, day));
            from = height;
        }
        day = edge;
    }
    parts.push((from, range.to, day));
    Ok(parts)
}

/// The days on which somebody comes or goes, in order.
fn edges(who: &Registry, by: By) -> Vec<Date> {
    let members: Vec<&Member> = match by {
        By::Pool => Vec::new(),
        By::Group => who.groups().iter().flat_map(|group| &group.members).collect(),
        By::Owner => who.owners().iter().flat_map(|owner| &owner.pools).collect(),
    };
    let mut edges: Vec<Date> = members.into_iter().flat_map(|member| member.period.edges()).collect();
    edges.sort_unstable();
    edges.dedup();
    edges
}
