//! Versions of the registry: the files of each, and what lay under which.

use clickhouse::Row;
use hashwatch_model::RegistryVersion;
use serde::Serialize;

use crate::{
    error::StoreError,
    nodes::moment_from_row,
    read::Snapshot,
    rows::{MarkRow, pool_from_row},
    store::{Store, fetch_all},
};

/// A file of a registry: its name and its text.
pub type RegistryFile = (String, String);

#[derive(Row, Serialize)]
struct RegistryRow {
    version: String,
    files: Vec<RegistryFile>,
}

/// Blocks that went from one pool to another between two versions; none is Unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedHands {
    /// Whose they were.
    pub from: Option<String>,
    /// Whose they are.
    pub to: Option<String>,
    /// How many.
    pub blocks: u64,
}

/// A version of the registry that opinions are, or were, read under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionInUse {
    /// The version.
    pub version: RegistryVersion,
    /// Its first mark, Unix milliseconds.
    pub since: u64,
    /// The tip at its last mark.
    pub height: u32,
}

impl Store {
    /// Versions of the registry that were in use, the newest first.
    pub async fn registry_versions(&self, limit: u32) -> Result<Vec<VersionInUse>, StoreError> {
        let query = self.client.query_raw(include_str!("../../../sql/queries/registry_versions.sql"));
        let rows: Vec<(String, i64, u32)> = fetch_all(query.param("limit", limit), "reading versions").await?;
        let version = |(version, since, height)| VersionInUse {
            version: RegistryVersion(version),
            since: moment_from_row(since),
            height,
        };
        Ok(rows.into_iter().map(version).collect())
    }

    /// Keeps the files of a version, unless they are kept already.
    pub async fn keep_registry(&self, version: &RegistryVersion, files: &[RegistryFile]) -> Result<(), StoreError> {
        if self.registry_files(version).await?.is_some() {
            return Ok(());
        }
        let row = RegistryRow { version: version.0.clone(), files: files.to_vec() };
        self.insert("registries", std::iter::once(row), "keeping a registry").await.map(|_| ())
    }

    /// The files of a version; none where it was never kept.
    pub async fn registry_files(&self, version: &RegistryVersion) -> Result<Option<Vec<RegistryFile>>, StoreError> {
        let query = self.client.query_raw(include_str!("../../../sql/queries/registry_files.sql"));
        query.param("version", &version.0).fetch_optional().await.map_err(StoreError::during("reading a registry"))
    }

    /// The store as it was when a version of the registry was last in use; none where it never was.
    pub async fn snapshot_under(&self, version: &RegistryVersion) -> Result<Option<Snapshot>, StoreError> {
        let query = self.client.query_raw(include_str!("../../../sql/queries/last_mark_under.sql"));
        let row: Option<MarkRow> =
            query.param("version", &version.0).fetch_optional().await.map_err(StoreError::during("reading a mark"))?;
        Ok(row.map(|row| Snapshot::new(self.clone(), row.into_mark())))
    }
}

impl Snapshot {
    /// Kept blocks that two versions give to different pools, the largest change first.
    pub async fn changed_hands(
        &self,
        before: &RegistryVersion,
        after: &RegistryVersion,
    ) -> Result<Vec<ChangedHands>, StoreError> {
        let query = self.query(include_str!("../../../sql/queries/changed_hands.sql"));
        let query = query.param("before", &before.0).param("after", &after.0);
        let rows: Vec<(String, String, u64)> = fetch_all(query, "comparing registries").await?;
        let changed = |(from, to, blocks)| ChangedHands { from: pool_from_row(from), to: pool_from_row(to), blocks };
        Ok(rows.into_iter().map(changed).collect())
    }
}
