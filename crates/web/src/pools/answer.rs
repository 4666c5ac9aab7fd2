//! What a pool has, as it is told: the same in the list and by itself.

use hashwatch_metrics::Interval;
use hashwatch_model::Window;
use hashwatch_registry::Pool;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{Records, list::ordered};
use crate::{
    shares::{
        CONFIDENCE,
        answer::{WindowFields, window_fields},
    },
    table::Table,
    view::View,
};

/// Every pool of the registry: those with blocks in the window by rank, then the others by their last block.
#[derive(Serialize, ToSchema)]
pub(crate) struct PoolsFields {
    window: WindowFields,
    /// Of every interval: a part of one.
    confidence: f64,
    unknown: RecordFields,
    pools: Vec<PoolFields>,
}

/// Blocks of a pool, or of Unknown.
#[derive(Serialize, ToSchema)]
pub(super) struct RecordFields {
    /// Of the window.
    blocks: u64,
    /// A part of one, of all blocks of the window, with Wilson's interval: zero has one, too.
    #[schema(minimum = 0, maximum = 1)]
    share: f64,
    #[schema(minimum = 0, maximum = 1)]
    low: f64,
    #[schema(minimum = 0, maximum = 1)]
    high: f64,
    /// Of the window: those that hold nothing but their coinbase.
    empty_blocks: u64,
    /// Of the window.
    stale_blocks: u64,
    /// Of the window: those with a known mark of another pool, or one of another time.
    contested_blocks: u64,
    /// Of the whole chain, as far as it is stored.
    blocks_ever: u64,
    /// Of the whole chain; null where it has none.
    #[schema(required)]
    first_block: Option<EndFields>,
    #[schema(required)]
    last_block: Option<EndFields>,
}

/// A block.
#[derive(Serialize, ToSchema)]
struct EndFields {
    height: u32,
    /// Of its header, Unix seconds.
    time: u32,
}

/// A pool, and what it has.
#[derive(Serialize, ToSchema)]
pub(super) struct PoolFields {
    #[serde(flatten)]
    record: RecordFields,
    /// Its slug.
    pool: String,
    name: String,
    /// By blocks of the window, from 1; the same for the same number of blocks, and null without one.
    #[schema(required, minimum = 1)]
    rank: Option<usize>,
    /// Slug of the group that it is said to belong to on the as-of block's day.
    #[schema(required)]
    group: Option<String>,
    /// Slug of who is said to own it on that day.
    #[schema(required)]
    owner: Option<String>,
    /// Its own page.
    #[schema(required)]
    link: Option<String>,
    /// Tags that it is known by.
    tags_count: usize,
    /// Addresses that it is known by.
    addresses_count: usize,
}

pub(super) fn fields(view: &View, records: &Records, window: Window) -> PoolsFields {
    PoolsFields {
        window: window_fields(window, records.range()),
        confidence: CONFIDENCE,
        unknown: record_fields(records, None),
        pools: ordered(view, records).into_iter().map(|pool| pool_fields(view, records, pool)).collect(),
    }
}

fn record_fields(records: &Records, pool: Option<&str>) -> RecordFields {
    let (within, ever) = (records.within(pool), records.ever(pool));
    let Interval { value, low, high } = records.share(pool);
    let end =
        |height: Option<u32>| height.and_then(|height| Some(EndFields { height, time: records.time_at(height)? }));
    RecordFields {
        blocks: records.blocks(pool),
        share: value,
        low,
        high,
        empty_blocks: within.map_or(0, |record| record.empty),
        stale_blocks: records.stale(pool),
        contested_blocks: within.map_or(0, |record| record.contested),
        blocks_ever: ever.map_or(0, |record| record.blocks),
        first_block: end(ever.map(|record| record.first)),
        last_block: end(ever.map(|record| record.last)),
    }
}

pub(super) fn pool_fields(view: &View, records: &Records, pool: &Pool) -> PoolFields {
    let day = view.day();
    PoolFields {
        record: record_fields(records, Some(&pool.slug)),
        pool: pool.slug.clone(),
        name: pool.name.clone(),
        rank: records.rank(&pool.slug),
        group: view.who.group_on(&pool.slug, day).map(|(group, _)| group.slug.clone()),
        owner: view.who.owner_on(&pool.slug, day).map(|(owner, _)| owner.slug.clone()),
        link: pool.link.clone(),
        tags_count: pool.tags.len(),
        addresses_count: pool.addresses.len(),
    }
}

pub(super) fn table(view: &View, records: &Records, window: Window) -> Table {
    let row = |pool: &Pool| -> Vec<Value> {
        let told = pool_fields(view, records, pool);
        let record = &told.record;
        vec![
            json!(told.pool),
            json!(told.name),
            json!(told.rank),
            json!(record.blocks),
            json!(record.share),
            json!(record.low),
            json!(record.high),
            json!(record.empty_blocks),
            json!(record.stale_blocks),
            json!(record.contested_blocks),
            json!(record.blocks_ever),
            json!(told.group),
            json!(told.owner),
            json!(told.link),
            json!(record.first_block.as_ref().map(|block| block.height)),
            json!(record.last_block.as_ref().map(|block| block.height)),
        ]
    };
    let columns = [
        "pool",
        "name",
        "rank",
        "blocks",
        "share_of_blocks",
        "low_95",
        "high_95",
        "empty_blocks",
        "stale_blocks",
        "contested_blocks",
        "blocks_ever",
        "group",
        "owner",
        "link",
        "first_height",
        "last_height",
    ];
    let rows = ordered(view, records).into_iter().map(row).collect();
    Table::new(&format!("pools-{window}"), &columns, rows)
}
