//! What can go wrong between hashwatch and its database.

use hashwatch_model::Origin;

/// An operation on the store that failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// ClickHouse refused a statement, or did not answer.
    #[error("{operation}: {source}")]
    ClickHouse {
        /// What was being done.
        operation: &'static str,
        /// What came back.
        source: clickhouse::error::Error,
    },
    /// The database holds another chain.
    #[error(
        "this database holds {}, but {} is wanted: give another data directory (--data) or database",
        describe(.found), describe(.wanted)
    )]
    OtherOrigin {
        /// What it holds.
        found: Box<Origin>,
        /// What was asked for.
        wanted: Box<Origin>,
    },
    /// Nothing was ever stored here.
    #[error("there is no hashwatch database here yet: start `hashwatch run` or `hashwatch index` first")]
    Empty,
    /// A row that no writer of ours can have written.
    #[error("the store is damaged at height {height}: {reason}; `hashwatch check` lists what is wrong")]
    Damaged {
        /// Where.
        height: u32,
        /// What.
        reason: String,
    },
}

impl StoreError {
    /// For `map_err`: names the operation that failed.
    pub(crate) fn during(operation: &'static str) -> impl Fn(clickhouse::error::Error) -> StoreError {
        move |source| StoreError::ClickHouse { operation, source }
    }

    /// Whether trying again later can help: the database may come back; damage and another chain stay.
    pub fn is_passing(&self) -> bool {
        matches!(self, StoreError::ClickHouse { .. })
    }
}

fn describe(origin: &Origin) -> String {
    let simulated = if origin.simulated { "a simulated chain, " } else { "" };
    format!("{simulated}{} from {}", origin.network, origin.start)
}
