//! What can go wrong between hashwatch and its database.

use hashwatch_model::{Origin, RegistryVersion};

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
    /// The database was made by an older hashwatch.
    #[error(
        "an older hashwatch made this store, and it lacks what came since: `hashwatch index`, `run` or `relabel` first"
    )]
    Older,
    /// The newest mark is not the one that the chunk was made upon: an earlier write got through after all, somebody
    /// else writes, or the database was put back to an earlier state. Read it anew and go on from there.
    #[error("the store has moved on without us, or back")]
    Moved,
    /// A block without an opinion under a version of the registry: it is lost, or being formed.
    #[error("block {height} has no opinion under registry {registry}")]
    OpinionMissing {
        /// Where.
        height: u32,
        /// The version.
        registry: RegistryVersion,
    },
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

    /// Whether trying again later can help: the database may come back; damage, another chain and rows that do not
    /// fit their types stay as they are.
    pub fn is_passing(&self) -> bool {
        use clickhouse::error::Error::{BadResponse, Network, NotEnoughData, Other, TimedOut};
        let source = match self {
            StoreError::ClickHouse { source, .. } => source,
            StoreError::Moved => return true,
            _ => return false,
        };
        matches!(source, Network(_) | BadResponse(_) | NotEnoughData | Other(_) | TimedOut)
    }

    /// What a visitor may know of it: no address, no path. The whole error is for the log.
    pub fn in_public(&self) -> String {
        let (operation, source) = match self {
            StoreError::ClickHouse { operation, source } => (operation, source),
            StoreError::Moved => return "it is read anew".to_owned(),
            _ => return "it is damaged".to_owned(),
        };
        let reason = match source {
            clickhouse::error::Error::BadResponse(text) => match code(text) {
                Some(NOT_ENOUGH_SPACE) => "its disk is full".to_owned(),
                Some(code) => format!("ClickHouse refuses with code {code}"),
                None => "ClickHouse refuses".to_owned(),
            },
            _ => "it does not answer".to_owned(),
        };
        format!("{operation}: {reason}")
    }
}

/// ClickHouse's code for a full disk.
const NOT_ENOUGH_SPACE: u32 = 243;

/// The number that ClickHouse's texts open with: `Code: 243. DB::Exception: …`.
fn code(text: &str) -> Option<u32> {
    text.trim_start().strip_prefix("Code: ")?.split('.').next()?.parse().ok()
}

fn describe(origin: &Origin) -> String {
    let simulated = if origin.simulated { "a simulated chain, " } else { "" };
    format!("{simulated}{} from {}", origin.network, origin.start)
}

#[cfg(test)]
mod tests {
    use clickhouse::error::Error;

    use super::*;

    fn refused(text: &str) -> StoreError {
        StoreError::ClickHouse { operation: "writing a chunk", source: Error::BadResponse(text.to_owned()) }
    }

    #[test]
    fn visitors_learn_no_paths() {
        let full = refused("Code: 243. DB::Exception: Cannot reserve 1.00 MiB in /srv/hashwatch. (NOT_ENOUGH_SPACE)");
        assert_eq!(full.in_public(), "writing a chunk: its disk is full");
        assert_eq!(
            refused("Code: 60. DB::Exception: x").in_public(),
            "writing a chunk: ClickHouse refuses with code 60"
        );
        assert_eq!(refused("secret").in_public(), "writing a chunk: ClickHouse refuses");
        let away = StoreError::ClickHouse { operation: "reading the mark", source: Error::Network("10.0.0.1".into()) };
        assert_eq!(away.in_public(), "reading the mark: it does not answer");
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        assert!(refused("Code: 243.").is_passing());
        let misfit = StoreError::ClickHouse { operation: "x", source: Error::SchemaMismatch("y".to_owned()) };
        assert!(!misfit.is_passing());
        assert!(!StoreError::Damaged { height: 1, reason: "z".to_owned() }.is_passing());
    }
}
