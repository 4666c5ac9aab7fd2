//! What `/api/v1/registry` answers with.

use hashwatch_registry::Registry;
use hashwatch_store::VersionInUse;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::claims::{Claim, ClaimFields, Entry, EntryWord, entries};
use crate::{openapi::words::VersionText, table::Table};

/// Every claim, and from where.
#[derive(Serialize, ToSchema)]
pub(crate) struct RegistryFields {
    /// Those in use here so far, the newest first.
    #[schema(max_items = 100)]
    versions: Vec<VersionFields>,
    entries: Vec<EntryFields>,
}

/// A version of the registry that was in use here.
#[derive(Serialize, ToSchema)]
struct VersionFields {
    #[schema(value_type = VersionText)]
    version: String,
    /// Its first mark, milliseconds since 1970.
    since_ms: u64,
    /// The newest block under it.
    last_height: u32,
}

/// Somebody of whom something is claimed.
#[derive(Serialize, ToSchema)]
struct EntryFields {
    #[schema(value_type = EntryWord)]
    kind: &'static str,
    /// A slug; of a marker, its bytes as hex digits.
    id: String,
    name: String,
    /// A pool's own page; `proxy` or `template` of a group.
    #[schema(required)]
    detail: Option<String>,
    claims: Vec<ClaimFields>,
}

pub(super) fn fields(who: &Registry, versions: &[VersionInUse]) -> RegistryFields {
    let entry = |entry: Entry<'_>| EntryFields {
        kind: entry.kind,
        id: entry.id,
        name: entry.name.to_owned(),
        detail: entry.detail.map(str::to_owned),
        claims: entry.claims.iter().map(Claim::fields).collect(),
    };
    let version =
        |it: &VersionInUse| VersionFields { version: it.version.0.clone(), since_ms: it.since, last_height: it.height };
    RegistryFields {
        versions: versions.iter().map(version).collect(),
        entries: entries(who).into_iter().map(entry).collect(),
    }
}

pub(super) fn table(who: &Registry) -> Table {
    let rows = entries(who).into_iter().flat_map(|entry| {
        let (kind, id, name) = (entry.kind, entry.id, entry.name);
        entry.claims.into_iter().map(move |claim| {
            vec![
                json!(kind),
                json!(id),
                json!(name),
                json!(claim.what),
                json!(claim.value),
                json!(claim.detail),
                json!(claim.period.from.map(|from| from.to_string())),
                json!(claim.period.until.map(|until| until.to_string())),
                json!(claim.source.url),
                json!(claim.source.date.map(|date| date.to_string())),
                json!(claim.also.iter().map(|source| source.url.as_str()).collect::<Vec<_>>().join(" ")),
            ]
        })
    });
    let columns = ["kind", "id", "name", "claim", "value", "detail", "from", "until", "source", "source_date", "also"];
    Table::new("registry", &columns, rows.collect())
}
