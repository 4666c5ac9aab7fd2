//! The tables of subscribers, a statement each. What a row means is [`crate::subscribers`]' business.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicU64, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

use clickhouse::{Client, Row, RowOwned, RowRead, RowWrite, query::Query};

use crate::{
    DeliveryError,
    rows::{
        AskedRow, ConfirmationRow, DeadLetterRow, DueRow, KeyMarkRow, ProgressRow, SecretsRow, SubscriptionRow,
        SupersededRow,
    },
};

const SCHEMA: [&str; 10] = [
    include_str!("../../../sql/subscribers/schema/0001_key_mark.sql"),
    include_str!("../../../sql/subscribers/schema/0002_subscriptions.sql"),
    include_str!("../../../sql/subscribers/schema/0003_secrets.sql"),
    include_str!("../../../sql/subscribers/schema/0004_progress.sql"),
    include_str!("../../../sql/subscribers/schema/0005_dead_letters.sql"),
    include_str!("../../../sql/subscribers/schema/0006_confirmations.sql"),
    include_str!("../../../sql/subscribers/schema/0007_mails.sql"),
    include_str!("../../../sql/subscribers/schema/0008_whose_confirmations.sql"),
    include_str!("../../../sql/subscribers/schema/0009_domains_of_confirmations.sql"),
    include_str!("../../../sql/subscribers/schema/0010_dead_letters_of_days.sql"),
];

/// Ids in one statement: they go with it as text.
const MOST_IDS: usize = 1_000;

const HOUR: u64 = 3_600_000;
const DAY: u64 = 24 * HOUR;

/// Unix milliseconds.
pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
    u64::try_from(since).unwrap_or(u64::MAX)
}

/// A number of a row's version: the clock's microseconds, and more than any that this process gave or read before.
pub(crate) struct Versions(AtomicU64);

impl Versions {
    fn next(&self) -> u64 {
        let clock = now().saturating_mul(1_000);
        let after = |last: u64| Some(clock.max(last + 1));
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, after).map_or(clock, |last| clock.max(last + 1))
    }

    fn seen(&self, version: u64) {
        self.0.fetch_max(version, Ordering::Relaxed);
    }
}

/// The database of subscribers.
pub(crate) struct Tables {
    client: Client,
    versions: Versions,
}

impl Tables {
    /// Makes the database where there is none, and brings its tables up to date.
    pub(crate) async fn open(client: Client, database: &str) -> Result<Tables, DeliveryError> {
        let quoted = format!("`{}`", database.replace('\\', "\\\\").replace('`', "\\`"));
        let make = client.query_raw(&format!("CREATE DATABASE IF NOT EXISTS {quoted}")).execute().await;
        make.map_err(DeliveryError::during("making the database of subscribers"))?;
        let client = client.with_database(database);
        for statement in SCHEMA {
            let applied = client.query_raw(statement).execute().await;
            applied.map_err(DeliveryError::during("applying the schema of subscribers"))?;
        }
        Ok(Tables { client, versions: Versions(AtomicU64::new(0)) })
    }

    pub(crate) fn next_version(&self) -> u64 {
        self.versions.next()
    }

    pub(crate) fn query(&self, statement: &'static str) -> Query {
        self.client.query_raw(statement)
    }

    /// Writes rows as one insert, which is there whole or not at all.
    pub(crate) async fn insert<R>(
        &self,
        table: &'static str,
        rows: &[R],
        operation: &'static str,
    ) -> Result<(), DeliveryError>
    where
        R: Row + RowWrite + for<'a> Row<Value<'a> = R>,
    {
        if rows.is_empty() {
            return Ok(());
        }
        let write = async {
            let mut insert = self.client.insert::<R>(table).await?;
            for row in rows {
                insert.write(row).await?;
            }
            insert.end().await
        };
        write.await.map_err(DeliveryError::during(operation))
    }

    pub(crate) async fn write_subscription(&self, row: &SubscriptionRow) -> Result<(), DeliveryError> {
        self.insert("subscriptions", std::slice::from_ref(row), "writing a subscription").await
    }

    pub(crate) async fn write_secrets(&self, row: &SecretsRow) -> Result<(), DeliveryError> {
        self.insert("secrets", std::slice::from_ref(row), "writing what is sealed").await
    }

    pub(crate) async fn write_progress(&self, rows: &[ProgressRow]) -> Result<(), DeliveryError> {
        self.insert("progress", rows, "writing progress").await
    }

    pub(crate) async fn write_dead_letters(&self, rows: &[DeadLetterRow]) -> Result<(), DeliveryError> {
        self.insert("dead_letters", rows, "writing dead letters").await
    }

    /// Counts a wish among those that were asked to confirm.
    pub(crate) async fn write_confirmation(
        &self,
        id: u64,
        address_mark: [u8; 32],
        domain_mark: Option<[u8; 32]>,
    ) -> Result<(), DeliveryError> {
        let row =
            ConfirmationRow { address_mark, at: seconds(now()), id, domain_mark: domain_mark.unwrap_or_default() };
        self.insert("confirmations", &[row], "writing that a confirmation was asked for").await
    }

    /// The mark of the key, in hexadecimal.
    pub(crate) async fn key_mark(&self) -> Result<Option<String>, DeliveryError> {
        let asked = self.query(include_str!("../../../sql/subscribers/queries/key_mark.sql")).fetch_optional().await;
        asked.map_err(DeliveryError::during("reading the mark of the key"))
    }

    pub(crate) async fn write_key_mark(&self, mark: [u8; 32]) -> Result<(), DeliveryError> {
        self.insert("key_mark", &[KeyMarkRow { mark }], "writing the mark of the key").await
    }

    async fn subscriptions_of(&self, query: Query) -> Result<Vec<SubscriptionRow>, DeliveryError> {
        let rows: Vec<SubscriptionRow> = all(query, "reading subscriptions").await?;
        rows.iter().for_each(|row| self.versions.seen(row.version));
        Ok(rows)
    }

    pub(crate) async fn subscriptions(&self, since: u64) -> Result<Vec<SubscriptionRow>, DeliveryError> {
        let query = self.query(include_str!("../../../sql/subscribers/queries/subscriptions.sql"));
        self.subscriptions_of(query.param("since", since)).await
    }

    pub(crate) async fn subscription(&self, id: u64) -> Result<Option<SubscriptionRow>, DeliveryError> {
        let query = self.query(include_str!("../../../sql/subscribers/queries/subscription.sql"));
        Ok(self.subscriptions_of(query.param("id", id)).await?.pop())
    }

    pub(crate) async fn due(&self) -> Result<Vec<DueRow>, DeliveryError> {
        let query = self.query(include_str!("../../../sql/subscribers/queries/due.sql"));
        all(query, "looking for what is due").await
    }

    pub(crate) async fn never_begun(&self, before: u64) -> Result<Vec<u64>, DeliveryError> {
        let query = self.query(include_str!("../../../sql/subscribers/queries/never_begun.sql"));
        all(query.param("before", before), "looking for wishes that came to nothing").await
    }

    pub(crate) async fn expired(&self, before: u64) -> Result<Vec<SubscriptionRow>, DeliveryError> {
        let query = self.query(include_str!("../../../sql/subscribers/queries/expired.sql"));
        self.subscriptions_of(query.param("before", before)).await
    }

    pub(crate) async fn pending(&self) -> Result<u64, DeliveryError> {
        let query = self.query(include_str!("../../../sql/subscribers/queries/pending.sql"));
        one(query, "counting what is pending").await
    }

    pub(crate) async fn secrets(&self, ids: &[u64]) -> Result<HashMap<u64, SecretsRow>, DeliveryError> {
        let mut found = HashMap::new();
        for some in ids.chunks(MOST_IDS) {
            let query = self.query(include_str!("../../../sql/subscribers/queries/secrets.sql"));
            let rows: Vec<SecretsRow> = all(query.param("ids", some), "reading what is sealed").await?;
            rows.iter().for_each(|row| self.versions.seen(row.version));
            found.extend(rows.into_iter().map(|row| (row.id, row)));
        }
        Ok(found)
    }

    pub(crate) async fn by_token(&self, hash: [u8; 32]) -> Result<Vec<SecretsRow>, DeliveryError> {
        let query = self.query(include_str!("../../../sql/subscribers/queries/by_token.sql"));
        all(query.param("hash", hex::encode(hash)), "looking for a token").await
    }

    pub(crate) async fn progress(&self) -> Result<Vec<ProgressRow>, DeliveryError> {
        let query = self.query(include_str!("../../../sql/subscribers/queries/progress.sql"));
        let rows: Vec<ProgressRow> = all(query, "reading progress").await?;
        rows.iter().for_each(|row| self.versions.seen(row.version));
        Ok(rows)
    }

    pub(crate) async fn dead_letters(&self, state: &str) -> Result<Vec<DeadLetterRow>, DeliveryError> {
        let query = self.query(include_str!("../../../sql/subscribers/queries/dead_letters.sql"));
        let rows: Vec<DeadLetterRow> = all(query.param("state", state), "reading dead letters").await?;
        rows.iter().for_each(|row| self.versions.seen(row.version));
        Ok(rows)
    }

    pub(crate) async fn confirmations(
        &self,
        id: u64,
        address_mark: [u8; 32],
        domain_mark: Option<[u8; 32]>,
    ) -> Result<AskedRow, DeliveryError> {
        let query = self.query(include_str!("../../../sql/subscribers/queries/confirmations.sql"));
        let query = query.param("id", id).param("mark", hex::encode(address_mark));
        let query = query.param("domain", domain_mark.map(hex::encode).unwrap_or_default());
        let query = query.param("hour", seconds(now().saturating_sub(HOUR)));
        let asked = query.param("day", seconds(now().saturating_sub(DAY))).fetch_one().await;
        asked.map_err(DeliveryError::during("counting confirmations"))
    }

    pub(crate) async fn of_address(&self, mark: [u8; 32]) -> Result<u64, DeliveryError> {
        let query = self.query(include_str!("../../../sql/subscribers/queries/of_address.sql"));
        one(query.param("mark", hex::encode(mark)), "counting an address's subscriptions").await
    }

    pub(crate) async fn orphans(&self, before: u64) -> Result<Vec<u64>, DeliveryError> {
        let query = self.query(include_str!("../../../sql/subscribers/queries/orphans.sql"));
        all(query.param("before", before), "looking for what nobody owns").await
    }

    /// Ids with more than one version of what is sealed, and the newest of each.
    pub(crate) async fn superseded(&self) -> Result<Vec<(u64, u64)>, DeliveryError> {
        let query = self.query(include_str!("../../../sql/subscribers/queries/superseded.sql"));
        let rows: Vec<SupersededRow> = all(query, "looking for targets that were").await?;
        Ok(rows.into_iter().map(|row| (row.id, row.newest)).collect())
    }

    /// Deletes what is sealed of these in versions before one.
    pub(crate) async fn erase_secrets(&self, ids: &[u64], before: u64) -> Result<(), DeliveryError> {
        for some in ids.chunks(MOST_IDS) {
            let query = self.query(include_str!("../../../sql/subscribers/queries/erase_secrets.sql"));
            let done = query.param("ids", some).param("before", before).execute().await;
            done.map_err(DeliveryError::during("erasing what is sealed"))?;
        }
        Ok(())
    }

    /// Deletes all else that is kept of these, but that they are gone.
    pub(crate) async fn erase_versions(&self, ids: &[u64]) -> Result<(), DeliveryError> {
        for statement in [
            include_str!("../../../sql/subscribers/queries/erase_versions.sql"),
            include_str!("../../../sql/subscribers/queries/erase_dead_letters.sql"),
            include_str!("../../../sql/subscribers/queries/erase_progress.sql"),
        ] {
            self.erase(statement, ids).await?;
        }
        Ok(())
    }

    /// Deletes that these ever were.
    pub(crate) async fn erase_ids(&self, ids: &[u64]) -> Result<(), DeliveryError> {
        self.erase(include_str!("../../../sql/subscribers/queries/erase_ids.sql"), ids).await
    }

    async fn erase(&self, statement: &'static str, ids: &[u64]) -> Result<(), DeliveryError> {
        for some in ids.chunks(MOST_IDS) {
            let done = self.query(statement).param("ids", some).execute().await;
            done.map_err(DeliveryError::during("erasing a subscription"))?;
        }
        Ok(())
    }
}

pub(crate) async fn all<R: RowOwned + RowRead>(query: Query, operation: &'static str) -> Result<Vec<R>, DeliveryError> {
    query.fetch_all().await.map_err(DeliveryError::during(operation))
}

async fn one(query: Query, operation: &'static str) -> Result<u64, DeliveryError> {
    query.fetch_one().await.map_err(DeliveryError::during(operation))
}

pub(crate) fn seconds(milliseconds: u64) -> u32 {
    u32::try_from(milliseconds / 1_000).unwrap_or(u32::MAX)
}
