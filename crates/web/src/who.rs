//! Who mined a block and on what evidence, as the API and `hashwatch attribute` tell it alike.

mod anatomy;

use hashwatch_model::{Attribution, Evidence, EvidenceKind, Strength};
use hashwatch_registry::{Pool, Registry};
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

pub(crate) use self::anatomy::AnatomyFields;
pub use self::anatomy::anatomy_fields;
use crate::openapi::words::{AddressWord, StrengthWord, TagWord};

/// Who mined; each is null where it is not known.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WhoFields {
    /// Slug of the pool; null is Unknown.
    #[schema(required)]
    pool: Option<String>,
    /// The pool's name at the block's time.
    #[schema(required)]
    name: Option<String>,
    /// Slug of the group that the pool is said to belong to on the day of the block's header.
    #[schema(required)]
    group: Option<String>,
    /// Slug of who is said to own the pool on that day.
    #[schema(required)]
    owner: Option<String>,
    #[schema(required, value_type = Option<StrengthWord>)]
    strength: Option<&'static str>,
}

/// Who mined a block of that day.
pub fn who_fields(registry: &Registry, attribution: &Attribution, day: Option<Date>) -> WhoFields {
    let slug = attribution.pool.as_deref();
    let name = slug.map(|slug| registry.pool(slug).map_or(slug, |pool| name_on(pool, day)));
    let (group, owner) = match (slug, day) {
        (Some(slug), Some(day)) => (
            registry.group_on(slug, day).map(|(group, _)| group.slug.clone()),
            registry.owner_on(slug, day).map(|(owner, _)| owner.slug.clone()),
        ),
        _ => (None, None),
    };
    WhoFields {
        pool: attribution.pool.clone(),
        name: name.map(str::to_owned),
        group,
        owner,
        strength: attribution.strength.map(Strength::name),
    }
}

fn name_on(pool: &Pool, day: Option<Date>) -> &str {
    day.map_or(&pool.name, |day| pool.name_on(day))
}

/// A known mark, found in the coinbase.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum EvidenceFields {
    /// A text in the input script.
    Tag {
        #[schema(value_type = TagWord)]
        kind: &'static str,
        /// Slug of the pool that it speaks for.
        pool: String,
        /// The text.
        value: String,
        /// Bytes of the input script before it.
        offset: u32,
        /// Where the claim can be read.
        source: String,
        /// The block lies outside the time for which the mark is claimed: it does not count.
        outside: bool,
    },
    /// Who is paid.
    Address {
        #[schema(value_type = AddressWord)]
        kind: &'static str,
        /// Slug of the pool that it speaks for.
        pool: String,
        /// The address.
        value: String,
        /// Index of the output.
        output: u32,
        /// Where the claim can be read.
        source: String,
        /// The block lies outside the time for which the mark is claimed: it does not count.
        outside: bool,
    },
}

/// A mark. A tag has its byte `offset` in the input script, an address the index of its `output`.
pub fn evidence_fields(mark: &Evidence) -> EvidenceFields {
    let (kind, outside) = (mark.kind.name(), mark.outside);
    let (pool, value, source) = (mark.pool.clone(), mark.value.clone(), mark.source.clone());
    match mark.kind {
        EvidenceKind::Tag => EvidenceFields::Tag { kind, pool, value, offset: mark.offset, source, outside },
        EvidenceKind::Address => EvidenceFields::Address { kind, pool, value, output: mark.offset, source, outside },
    }
}
