//! Opening a database: its schema, and the chain it belongs to.

use clickhouse::{Client, Row, RowOwned, RowRead, RowWrite};
use hashwatch_model::{BlockId, Network, Origin, RegistryVersion};

use crate::{
    columns::Memories,
    error::StoreError,
    newest::Newest,
    read::Snapshot,
    rows::{MarkRow, OriginRow, hash_from_row, hash_to_row},
};

/// Numbered schema files and the views on top, in the order they are applied. Each can be applied again.
const SCHEMA: [&str; 18] = [
    include_str!("../../../sql/schema/0001_origin.sql"),
    include_str!("../../../sql/schema/0002_blocks.sql"),
    include_str!("../../../sql/schema/0003_opinions.sql"),
    include_str!("../../../sql/schema/0004_branches.sql"),
    include_str!("../../../sql/schema/0005_marks.sql"),
    include_str!("../../../sql/schema/0006_proofs.sql"),
    include_str!("../../../sql/schema/0007_tips.sql"),
    include_str!("../../../sql/schema/0008_sightings.sql"),
    include_str!("../../../sql/schema/0009_without_attributions.sql"),
    include_str!("../../../sql/schema/0010_registries.sql"),
    include_str!("../../../sql/schema/0011_notices.sql"),
    include_str!("../../../sql/schema/0012_evaluated.sql"),
    include_str!("../../../sql/schema/0013_threshold_now.sql"),
    include_str!("../../../sql/views/stale_hashes.sql"),
    include_str!("../../../sql/views/kept_blocks.sql"),
    include_str!("../../../sql/views/kept_opinions.sql"),
    include_str!("../../../sql/views/active_blocks.sql"),
    include_str!("../../../sql/views/active_opinions.sql"),
];

/// The column that was added last, and its table.
const NEWEST: [&str; 2] = ["notices", "threshold_now"];

/// How far the store has come: everything up to this commit is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Number of the commit; grows by one with each.
    pub commit: u64,
    /// The tip of the active chain.
    pub tip: BlockId,
    /// The tip's header time, Unix seconds.
    pub time: u32,
    /// Median time past of the tip, where windows of time end.
    pub median_time: u32,
    /// The version of the registry that opinions are read under.
    pub registry: RegistryVersion,
}

/// An open database.
#[derive(Clone)]
pub struct Store {
    pub(crate) client: Client,
    origin: Origin,
    pub(crate) newest: Newest,
    pub(crate) memories: Memories,
}

impl Store {
    /// Opens a database for the chain `origin`, and makes it where there is none. A database of another chain is refused.
    pub async fn open(client: Client, database: &str, origin: Origin) -> Result<Store, StoreError> {
        client
            .query_raw(&format!("CREATE DATABASE IF NOT EXISTS {}", quoted(database)))
            .execute()
            .await
            .map_err(StoreError::during("making the database"))?;
        // whose it is comes first: nothing is changed in the database of another chain
        let found = find_origin(&client, database).await?;
        let client = client.with_database(database);
        match &found {
            Some(found) if *found != origin => {
                return Err(StoreError::OtherOrigin { found: Box::new(found.clone()), wanted: Box::new(origin) });
            }
            _ => {}
        }
        apply_schema(&client).await?;
        if found.is_none() {
            write_origin(&client, &origin).await.map_err(StoreError::during("writing the origin"))?;
        }
        Ok(Store { client, origin, newest: Newest::default(), memories: Memories::default() })
    }

    /// Opens a database that was made before, whatever chain it holds. Nothing is changed in it: somebody may be writing.
    ///
    /// # Errors
    /// [`StoreError::Older`] where an older hashwatch made it and it lacks what came since.
    pub async fn open_existing(client: Client, database: &str) -> Result<Store, StoreError> {
        let origin = find_origin(&client, database).await?.ok_or(StoreError::Empty)?;
        if !has_column(&client, database, NEWEST).await? {
            return Err(StoreError::Older);
        }
        Ok(Store {
            client: client.with_database(database),
            origin,
            newest: Newest::default(),
            memories: Memories::default(),
        })
    }

    /// The same for one who writes, and keeps others from it: what an older hashwatch made gets what came since.
    pub async fn reopen(client: Client, database: &str) -> Result<Store, StoreError> {
        let origin = find_origin(&client, database).await?.ok_or(StoreError::Empty)?;
        let client = client.with_database(database);
        apply_schema(&client).await?;
        Ok(Store { client, origin, newest: Newest::default(), memories: Memories::default() })
    }

    /// Changes whenever this process has put blocks onto the chain or said something; what other processes write is not told.
    pub fn news(&self) -> tokio::sync::watch::Receiver<()> {
        self.newest.news()
    }

    /// The chain it belongs to.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// ClickHouse's own version; also a sign of life.
    pub async fn version(&self) -> Result<String, StoreError> {
        self.client
            .query_raw("SELECT version()")
            .fetch_one()
            .await
            .map_err(StoreError::during("asking for the store's version"))
    }

    /// Writes rows as one insert, which is there whole or not at all. Gives their count; without rows nothing is asked.
    pub(crate) async fn insert<R>(
        &self,
        table: &'static str,
        rows: impl Iterator<Item = R>,
        operation: &'static str,
    ) -> Result<u64, StoreError>
    where
        R: Row + RowWrite + for<'a> Row<Value<'a> = R>,
    {
        let mut rows = rows.peekable();
        if rows.peek().is_none() {
            return Ok(0);
        }
        let write = async {
            let mut count = 0;
            let mut insert = self.client.insert::<R>(table).await?;
            for row in rows {
                insert.write(&row).await?;
                count += 1;
            }
            insert.end().await.map(|()| count)
        };
        write.await.map_err(StoreError::during(operation))
    }

    /// The newest mark; none before the first commit. While there is a writer to this store it says which that is, and the
    /// database is not asked; else it is at most once in 200 ms.
    pub async fn mark(&self) -> Result<Option<Mark>, StoreError> {
        if let Some(mark) = self.newest.mark().or_else(|| self.newest.fresh()) {
            return Ok(Some(mark));
        }
        let mark = self.read_mark().await;
        match &mark {
            Ok(Some(mark)) => self.newest.read(mark.clone()),
            _ => self.newest.unread(),
        }
        mark
    }

    /// The newest mark as the database has it.
    pub(crate) async fn read_mark(&self) -> Result<Option<Mark>, StoreError> {
        let row: Option<MarkRow> = self
            .client
            .query_raw(include_str!("../../../sql/queries/last_mark.sql"))
            .fetch_optional()
            .await
            .map_err(StoreError::during("reading the mark"))?;
        Ok(row.map(MarkRow::into_mark))
    }

    /// Answers as of the newest mark; none before the first commit.
    pub async fn snapshot(&self) -> Result<Option<Snapshot>, StoreError> {
        Ok(self.mark().await?.map(|mark| Snapshot::new(self.clone(), mark)))
    }
}

async fn apply_schema(client: &Client) -> Result<(), StoreError> {
    for statement in SCHEMA {
        client.query_raw(statement).execute().await.map_err(StoreError::during("applying the schema"))?;
    }
    Ok(())
}

/// The chain that a database belongs to; none where there is no such database, or nothing in it.
async fn find_origin(client: &Client, database: &str) -> Result<Option<Origin>, StoreError> {
    match has_column(client, database, ["origin", "network"]).await? {
        false => Ok(None),
        true => read_origin(&client.clone().with_database(database)).await,
    }
}

async fn has_column(client: &Client, database: &str, [table, column]: [&str; 2]) -> Result<bool, StoreError> {
    let found: u64 = client
        .query_raw(include_str!("../../../sql/queries/has_column.sql"))
        .param("database", database)
        .param("table", table)
        .param("column", column)
        .fetch_one()
        .await
        .map_err(StoreError::during("looking for the database"))?;
    Ok(found > 0)
}

async fn read_origin(client: &Client) -> Result<Option<Origin>, StoreError> {
    let row: Option<OriginRow> = client
        .query_raw(include_str!("../../../sql/queries/origin.sql"))
        .fetch_optional()
        .await
        .map_err(StoreError::during("reading the origin"))?;
    row.map(|row| {
        let network: Network = row
            .network
            .parse()
            .map_err(|error| StoreError::Damaged { height: 0, reason: format!("the origin: {error}") })?;
        Ok(Origin { network, start: hash_from_row(row.start), simulated: row.simulated, hash_scale: row.hash_scale })
    })
    .transpose()
}

async fn write_origin(client: &Client, origin: &Origin) -> clickhouse::error::Result<()> {
    let mut insert = client.insert::<OriginRow>("origin").await?;
    insert
        .write(&OriginRow {
            network: origin.network.name().to_owned(),
            start: hash_to_row(origin.start),
            simulated: origin.simulated,
            hash_scale: origin.hash_scale,
        })
        .await?;
    insert.end().await
}

/// A database name as ClickHouse reads it between backquotes. Names cannot be bound as parameters.
fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('\\', "\\\\").replace('`', "\\`"))
}

/// Every row that a query gives.
pub(crate) async fn fetch_all<R: RowOwned + RowRead>(
    query: clickhouse::query::Query,
    operation: &'static str,
) -> Result<Vec<R>, StoreError> {
    query.fetch_all().await.map_err(StoreError::during(operation))
}
