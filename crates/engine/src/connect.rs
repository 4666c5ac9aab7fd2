//! Reaching a data directory: by opening it, or through the instance that has it open.

use crate::endpoint::Endpoint;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::follow;
use crate::library::Library;
use crate::lock::{Layout, Lock};
use std::path::Path;
use std::time::Duration;
use tokio::time::Instant;

/// How long an instance that has just taken the lock is given to publish where it listens.
const PATIENCE: Duration = Duration::from_secs(5);

/// How a data directory was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reached {
    /// This process opened it.
    Embedded,
    /// Another process has it open and answers for it.
    RunningInstance,
}

impl std::fmt::Display for Reached {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Embedded => "embedded",
            Self::RunningInstance => "running instance",
        })
    }
}

/// A way to the ClickHouse of a data directory. Holds the directory open where this process opened it.
#[derive(Debug)]
pub struct Connection {
    client: clickhouse::Client,
    engine: Option<Engine>,
}

impl Connection {
    /// A client; its database is ClickHouse's `default` until the caller sets one. Of no use once the connection
    /// is dropped, where this process opened the directory; else it follows whoever has the directory open.
    #[must_use]
    pub fn client(&self) -> clickhouse::Client {
        self.client.clone()
    }

    /// Which way it is.
    #[must_use]
    pub const fn reached(&self) -> Reached {
        if self.engine.is_some() { Reached::Embedded } else { Reached::RunningInstance }
    }

    /// The engine, where this process opened the directory.
    #[must_use]
    pub fn into_engine(self) -> Option<Engine> {
        self.engine
    }
}

/// Opens `data_dir` if nobody has it open, and otherwise goes through whoever has. The lock decides, not the
/// endpoint file: one left by a dead process is no hindrance. `library` is as for [`Library::find`], and is only
/// loaded where the directory is opened here.
///
/// # Errors
/// [`EngineError::Unreachable`] when the directory is open elsewhere and nobody answers within five seconds; else
/// those of [`Library::find`] and [`Engine::open`].
pub async fn connect(data_dir: &Path, library: Option<&Path>) -> Result<Connection, EngineError> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let layout = Layout::make(data_dir)?;
        let root = layout.root.clone();
        let holder = match Lock::take(&layout.root) {
            Ok(lock) => {
                let engine = Engine::open_locked(&Library::find(library)?, layout, lock)?;
                return Ok(Connection { client: engine.client(), engine: Some(engine) });
            }
            Err(EngineError::AlreadyOpen { pid, .. }) => pid,
            Err(other) => return Err(other),
        };
        if let Some(endpoint) = Endpoint::find(data_dir) {
            match endpoint.client().query("SELECT 1").fetch_one::<u8>().await {
                Ok(_) => return Ok(Connection { client: follow::client(&root), engine: None }),
                // the endpoint of an instance that died, in the moment before its successor withdraws it
                Err(error) => tracing::debug!(%error, "{} does not answer", endpoint.address),
            }
        }
        if Instant::now() >= deadline {
            return Err(EngineError::Unreachable { path: data_dir.to_path_buf(), pid: holder });
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
