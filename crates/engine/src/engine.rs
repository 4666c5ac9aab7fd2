//! The open data directory: who holds it, and what is closed in which order.

use crate::error::EngineError;
use crate::interface::Access;
use crate::library::Library;
use crate::listen::{self, Secret};
use crate::lock::{Layout, Lock};
use crate::sessions::Sessions;
use crate::{endpoint, profile, spool, transport};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;

/// ClickHouse, open on one data directory.
///
/// libchdb serves one directory per process at a time, so there is at most one of these per process; after it is
/// dropped another may be opened. Dropping it lets running statements finish, then closes the database (which
/// blocks for some milliseconds) and gives the directory free. Its clients do not keep it open: they fail from then on.
#[derive(Debug)]
pub struct Engine {
    inner: Arc<Inner>,
}

/// In the order in which it is closed.
#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) sessions: Sessions,
    pub(crate) layout: Layout,
    pub(crate) version: String,
    _turn: Turn,
    _lock: Lock,
}

impl Engine {
    /// Opens `data_dir`, making it if need be, and holds it for this process alone. Blocks for some 100 ms.
    ///
    /// A process killed at any moment leaves a directory that opens again; rows spooled by it are deleted.
    ///
    /// # Errors
    /// [`EngineError::AlreadyOpen`], [`EngineError::OtherPathOpen`], [`EngineError::DiskFull`],
    /// [`EngineError::Unopenable`] and the failures of making the directory.
    pub fn open(library: Library, data_dir: &Path) -> Result<Self, EngineError> {
        let layout = Layout::make(data_dir)?;
        let lock = Lock::take(&layout.root)?;
        Self::open_locked(&library, layout, lock)
    }

    /// Opens the directory that `lock` holds.
    pub(crate) fn open_locked(library: &Library, layout: Layout, lock: Lock) -> Result<Self, EngineError> {
        // whoever left an address here is gone, for we have the lock
        endpoint::forget(&layout.root);
        let turn = Turn::take(&layout.root)?;
        spool::clear(&layout)?;
        let arguments = profile::prepare(&layout)?;
        let Some(sessions) = Sessions::open(library.symbols, arguments) else {
            spool::probe(&layout)?;
            return Err(EngineError::Unopenable { path: layout.clickhouse });
        };
        let version = sessions
            .run_own("SELECT version()")
            .map_err(|exception| EngineError::Statement { operation: "tell its version", exception })?;
        let version = String::from_utf8_lossy(version.as_ref()).trim().to_owned();
        tracing::debug!(version, library = %library.path().display(), data = %layout.root.display(), "ClickHouse is open");
        Ok(Self { inner: Arc::new(Inner { sessions, layout, version, _turn: turn, _lock: lock }) })
    }

    /// A client whose requests are answered inside the process. Its database is ClickHouse's `default` until the
    /// caller sets one. Cheap, but each client keeps its own connections: clone one rather than ask for many.
    #[must_use]
    pub fn client(&self) -> clickhouse::Client {
        transport::client(Arc::downgrade(&self.inner))
    }

    /// ClickHouse's version, such as `26.5.1.1`.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.inner.version
    }

    /// The data directory, as an absolute path.
    #[must_use]
    pub fn data_dir(&self) -> &Path {
        &self.inner.layout.root
    }

    /// Answers the same interface on `listener` to whoever knows the secret, until `shutdown` completes and the
    /// requests under way are answered. The returned future does the serving and keeps the data directory open.
    ///
    /// The secret is taken as password in every way that ClickHouse's clients send one (`X-ClickHouse-Key`, HTTP
    /// basic authentication, a bearer token, `password=` in the URL); the user's name does not matter.
    ///
    /// # Errors
    /// [`EngineError::NotLoopback`] for a listener that other machines could reach.
    pub fn serve<S>(
        &self,
        listener: TcpListener,
        secret: Secret,
        access: Access,
        shutdown: S,
    ) -> Result<impl Future<Output = ()> + Send + use<S>, EngineError>
    where
        S: Future<Output = ()> + Send,
    {
        let address = listener.local_addr().map_err(|source| EngineError::Listener { source })?;
        if !address.ip().is_loopback() {
            return Err(EngineError::NotLoopback { address });
        }
        Ok(listen::serve(Arc::clone(&self.inner), listener, secret, access, shutdown))
    }
}

/// Waits until this process has no data directory open: a dropped [`Engine`] is closed by the last statement that
/// still runs, maybe elsewhere, and libchdb does not survive the end of a process in which it is being closed.
/// Blocks, `at_most` this long; whether it is so.
pub fn wait_until_closed(at_most: Duration) -> bool {
    let waited = CLOSED.wait_timeout_while(open(), at_most, |open| open.is_some());
    let (open, _) = waited.unwrap_or_else(PoisonError::into_inner);
    open.is_none()
}

static OPEN: Mutex<Option<PathBuf>> = Mutex::new(None);
static CLOSED: Condvar = Condvar::new();

fn open() -> MutexGuard<'static, Option<PathBuf>> {
    OPEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The process's one turn at libchdb, until dropped.
#[derive(Debug)]
struct Turn;

impl Turn {
    fn take(path: &Path) -> Result<Self, EngineError> {
        let mut open = open();
        if let Some(open) = open.as_ref() {
            return Err(EngineError::OtherPathOpen { open: open.clone() });
        }
        *open = Some(path.to_path_buf());
        Ok(Self)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        *open() = None;
        CLOSED.notify_all();
    }
}
