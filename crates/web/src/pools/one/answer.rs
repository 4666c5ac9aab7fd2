//! What `/api/v1/pools/{slug}` answers with.

use hashwatch_registry::{FormerName, Since};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{
    super::answer::{PoolFields, pool_fields},
    Told, is_mark,
};
use crate::{
    blocks::json::{BlockFields, CoinbaseFields, block_fields},
    openapi::words::{WhenText, texts, words},
    registry::claims::{Claim, ClaimFields, Entry, SourceFields, behind, pool as claims_of, source_fields},
    shares::{
        CONFIDENCE,
        answer::{WindowFields, window_fields},
    },
    table::Table,
};

texts! {
    /// Who stands behind a pool, or mines with it.
    TieWord: words(["group", "owner", "miner"]);
}

/// A pool: what it has, what it is known by, and its latest blocks.
#[derive(Serialize, ToSchema)]
pub(crate) struct OnePoolFields {
    #[serde(flatten)]
    pool: PoolFields,
    window: WindowFields,
    /// Of every interval: a part of one.
    confidence: f64,
    strength_ever: StrengthFields,
    former_names: Vec<FormerNameFields>,
    /// Its first day; null where nobody says.
    #[schema(required)]
    since: Option<SinceFields>,
    tags: Vec<MarkFields>,
    addresses: Vec<MarkFields>,
    /// Who stands behind it or mines with it, at any time.
    behind: Vec<TieFields>,
    /// Its latest 20.
    #[schema(max_items = 20)]
    latest_blocks: Vec<BlockFields<CoinbaseFields>>,
}

/// Blocks of the whole chain, by how much their names rest on.
#[derive(Serialize, ToSchema)]
struct StrengthFields {
    strong: u64,
    fair: u64,
    weak: u64,
}

/// A name that it has laid down.
#[derive(Serialize, ToSchema)]
struct FormerNameFields {
    #[serde(flatten)]
    source: SourceFields,
    name: String,
    /// When it was in use for the last time.
    #[schema(value_type = WhenText)]
    until: String,
}

fn former_name_fields(former: &FormerName) -> FormerNameFields {
    let (name, until) = (former.name.clone(), former.until.to_string());
    FormerNameFields { source: source_fields(&former.source), name, until }
}

/// Its first day.
#[derive(Serialize, ToSchema)]
struct SinceFields {
    #[serde(flatten)]
    source: SourceFields,
    #[schema(value_type = WhenText)]
    day: String,
}

fn since_fields(since: &Since) -> SinceFields {
    SinceFields { source: source_fields(&since.source), day: since.day.to_string() }
}

/// A tag or an address, and the blocks of the whole chain that it named.
#[derive(Serialize, ToSchema)]
struct MarkFields {
    #[serde(flatten)]
    claim: ClaimFields,
    blocks: u64,
    /// Null where it named none.
    #[schema(required)]
    first_height: Option<u32>,
    #[schema(required)]
    last_height: Option<u32>,
}

fn mark_fields(told: &Told, claim: &Claim<'_>) -> MarkFields {
    let record = told.named_by(claim);
    MarkFields {
        claim: claim.fields(),
        blocks: record.map_or(0, |record| record.blocks),
        first_height: record.map(|record| record.first),
        last_height: record.map(|record| record.last),
    }
}

/// A claim that ties the pool to somebody.
#[derive(Serialize, ToSchema)]
struct TieFields {
    #[serde(flatten)]
    claim: ClaimFields,
    #[schema(value_type = TieWord)]
    kind: &'static str,
    /// Their slug.
    id: String,
    name: String,
}

fn tie_fields((entry, claim): (Entry<'_>, Claim<'_>)) -> TieFields {
    TieFields { claim: claim.fields(), kind: entry.kind, id: entry.id, name: entry.name.to_owned() }
}

pub(super) fn fields(told: &Told) -> OnePoolFields {
    let (view, pool, records) = (told.view(), &told.pool, &told.records);
    let claims = claims_of(pool).claims;
    let of = |what: &str| claims.iter().filter(|it| it.what == what).map(|it| mark_fields(told, it)).collect();
    let ever = records.ever(Some(&pool.slug));
    OnePoolFields {
        pool: pool_fields(view, records, pool),
        window: window_fields(told.window, records.range()),
        confidence: CONFIDENCE,
        strength_ever: StrengthFields {
            strong: ever.map_or(0, |it| it.strong),
            fair: ever.map_or(0, |it| it.fair),
            weak: ever.map_or(0, |it| it.weak),
        },
        former_names: pool.former.iter().map(former_name_fields).collect(),
        since: pool.since.as_ref().map(since_fields),
        tags: of("tag"),
        addresses: of("address"),
        behind: behind(&view.who, &pool.slug).into_iter().map(tie_fields).collect(),
        latest_blocks: told.latest.iter().map(|block| block_fields(view, block)).collect(),
    }
}

/// The marks and other claims: what a spreadsheet can bear of all this. Its blocks are `/api/v1/blocks?pool=`.
pub(super) fn table(told: &Told) -> Table {
    let claims = claims_of(&told.pool).claims;
    let row = |claim: &Claim<'_>| {
        let record = told.named_by(claim);
        vec![
            json!(claim.what),
            json!(claim.value),
            json!(claim.period.from.map(|from| from.to_string())),
            json!(claim.period.until.map(|until| until.to_string())),
            json!(claim.source.url),
            json!(claim.source.date.map(|date| date.to_string())),
            if is_mark(claim) { json!(record.map_or(0, |record| record.blocks)) } else { Value::Null },
            json!(record.map(|record| record.first)),
            json!(record.map(|record| record.last)),
        ]
    };
    let columns = [
        "claim",
        "value",
        "from",
        "until",
        "source",
        "source_date",
        "blocks_named_by_it",
        "first_height",
        "last_height",
    ];
    Table::new(&format!("pool-{}", told.pool.slug), &columns, claims.iter().map(row).collect())
}
