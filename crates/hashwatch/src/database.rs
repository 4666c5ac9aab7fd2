//! Reaching ClickHouse: the embedded engine, an instance that has it open, or a server.

use std::{
    fs::File,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context;
use clickhouse::{Client, Compression};
use hashwatch_engine::{Access, Connection, Endpoint, Engine, Published, Secret, connect};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

use crate::{
    BadUsage,
    address::{CLICKHOUSE_PASSWORD as PASSWORD, CLICKHOUSE_USER as USER, check_clickhouse},
    config::Config,
};

/// Between two looks at whether a directory that another process has open still is.
const BETWEEN_LOOKS: Duration = Duration::from_secs(2);

/// A way to a ClickHouse, and what keeps it open.
pub(crate) struct Database {
    pub(crate) client: Client,
    /// `embedded` or `server`.
    pub(crate) kind: &'static str,
    connection: Option<Connection>,
    /// The libchdb to load.
    libchdb: Option<PathBuf>,
}

impl Database {
    /// The server of the configuration; without one the data directory's engine, opened here or through whoever has it open.
    pub(crate) async fn open(config: &Config, data_dir: &Path) -> anyhow::Result<Database> {
        if let Some(url) = &config.store.url {
            check_clickhouse(url)?;
            let mut client = Client::default().with_url(url).with_compression(Compression::None);
            if let Ok(user) = std::env::var(USER) {
                client = client.with_user(user);
            }
            if let Ok(password) = std::env::var(PASSWORD) {
                client = client.with_user(std::env::var(USER).unwrap_or_else(|_| "default".to_owned()));
                client = client.with_password(password);
            }
            return Ok(Database { client, kind: "server", connection: None, libchdb: None });
        }
        let connection = connect(data_dir, config.engine.libchdb.as_deref()).await?;
        let libchdb = config.engine.libchdb.clone();
        Ok(Database { client: connection.client(), kind: "embedded", connection: Some(connection), libchdb })
    }

    /// Lets other processes on this machine in, while this one has the directory open. Where another has, this one
    /// opens it once that has ended: whoever is left goes on. Nothing to do for a server.
    pub(crate) async fn share(self, data_dir: &Path, stop: watch::Receiver<bool>) -> anyhow::Result<Option<Sharing>> {
        let Some(connection) = self.connection else { return Ok(None) };
        let sharing = match connection.into_engine() {
            Some(engine) => tokio::spawn(share_on_loopback(engine, data_dir, stop).await?.ended()),
            None => tokio::spawn(inherit(self.libchdb, data_dir.to_path_buf(), stop)),
        };
        Ok(Some(Sharing(sharing)))
    }
}

/// The sharing of a directory; it ends when this is dropped, or told to stop.
pub(crate) struct Sharing(JoinHandle<()>);

impl Sharing {
    /// Ends when the stop that it was given came, and every request was answered.
    pub(crate) async fn ended(mut self) {
        if let Err(error) = (&mut self.0).await {
            tracing::error!(%error, "sharing the engine failed");
        }
    }
}

impl Drop for Sharing {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn share_on_loopback(engine: Engine, data_dir: &Path, stop: watch::Receiver<bool>) -> anyhow::Result<Shared> {
    let listener = TcpListener::bind("127.0.0.1:0").await.context("listening on loopback")?;
    share(engine, listener, Secret::random()?, data_dir, stop)
}

/// Waits until nobody has the directory open, and opens it then. Our client follows the endpoint, so it needs no word.
async fn inherit(library: Option<PathBuf>, data_dir: PathBuf, mut stop: watch::Receiver<bool>) {
    while tokio::time::timeout(BETWEEN_LOOKS, stop.wait_for(|stop| *stop)).await.is_err() {
        // one that was deleted must not be made anew, empty
        if !data_dir.is_dir() {
            continue;
        }
        let engine = match connect(&data_dir, library.as_deref()).await {
            Ok(connection) => connection.into_engine(),
            Err(error) => {
                tracing::debug!(%error, "the data directory cannot be taken over");
                None
            }
        };
        let Some(engine) = engine else { continue };
        match share_on_loopback(engine, &data_dir, stop.clone()).await {
            Ok(shared) => {
                tracing::info!("whoever had the data directory open has ended: it is open here now");
                return shared.ended().await;
            }
            Err(error) => tracing::warn!("the data directory cannot be shared: {error:#}"),
        }
    }
}

/// An engine that others may use; the directory is open for as long as it is kept.
pub(crate) struct Shared {
    pub(crate) endpoint: Endpoint,
    serving: Sharing,
    published: Published,
    engine: Engine,
}

impl Shared {
    /// Ends when the stop that it was given came, and every request was answered.
    pub(crate) async fn ended(self) {
        self.serving.ended().await;
        drop(self.published);
        drop(self.engine);
    }
}

/// The secret of an engine that clients reach as a server: the password that they have too, so that they find back to
/// it when it was started again; a new one where nobody chose any.
pub(crate) fn chosen_secret() -> anyhow::Result<Secret> {
    match std::env::var(PASSWORD) {
        Ok(password) => Secret::new(password).map_err(|error| BadUsage(format!("{PASSWORD}: {error}")).into()),
        Err(_) => Ok(Secret::random()?),
    }
}

/// Serves an engine on a loopback port under a secret, and leaves both in the data directory.
pub(crate) fn share(
    engine: Engine,
    listener: TcpListener,
    secret: Secret,
    data_dir: &Path,
    mut stop: watch::Receiver<bool>,
) -> anyhow::Result<Shared> {
    let endpoint = Endpoint { address: listener.local_addr()?, secret };
    let stopped = async move {
        // an error says that nobody is left to stop it: that is a stop too
        let _ = stop.wait_for(|stop| *stop).await;
    };
    let serving = engine.serve(listener, endpoint.secret.clone(), Access::Full, stopped)?;
    let published = endpoint.publish(data_dir)?;
    Ok(Shared { endpoint, serving: Sharing(tokio::spawn(serving)), published, engine })
}

/// The right to write: one process per data directory, wherever its ClickHouse runs.
pub(crate) struct WriterLock {
    _file: File,
}

impl WriterLock {
    pub(crate) fn take(data_dir: &Path) -> anyhow::Result<WriterLock> {
        let path: PathBuf = data_dir.join("writer.lock");
        std::fs::create_dir_all(data_dir).with_context(|| format!("making {}", data_dir.display()))?;
        let file = File::create(&path).with_context(|| format!("opening {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(WriterLock { _file: file }),
            Err(std::fs::TryLockError::WouldBlock) => anyhow::bail!(
                "another hashwatch indexes into {}: stop it first, or give another --data",
                data_dir.display()
            ),
            Err(std::fs::TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("locking {}", path.display()))
            }
        }
    }
}
