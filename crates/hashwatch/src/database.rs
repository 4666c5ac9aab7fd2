//! Reaching ClickHouse: the embedded engine, an instance that has it open, or a server.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use anyhow::Context;
use clickhouse::{Client, Compression};
use hashwatch_engine::{Access, Connection, Endpoint, Engine, Published, Reached, Secret, connect};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

use crate::{
    BadUsage,
    address::{CLICKHOUSE_PASSWORD as PASSWORD, CLICKHOUSE_USER as USER, check_clickhouse},
    config::Config,
};

/// A way to a ClickHouse, and what keeps it open.
pub(crate) struct Database {
    pub(crate) client: Client,
    /// `embedded` or `server`.
    pub(crate) kind: &'static str,
    connection: Option<Connection>,
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
            return Ok(Database { client, kind: "server", connection: None });
        }
        let connection = connect(data_dir, config.engine.library.as_deref()).await?;
        Ok(Database { client: connection.client(), kind: "embedded", connection: Some(connection) })
    }

    /// Lets other processes on this machine in, while this one has the directory open. Nothing to do where another has.
    pub(crate) async fn share(self, data_dir: &Path, stop: watch::Receiver<bool>) -> anyhow::Result<Option<Shared>> {
        let Some(connection) = self.connection else { return Ok(None) };
        if connection.reached() == Reached::RunningInstance {
            return Ok(None);
        }
        let Some(engine) = connection.into_engine() else { return Ok(None) };
        let listener = TcpListener::bind("127.0.0.1:0").await.context("listening on loopback")?;
        Ok(Some(share(engine, listener, Secret::random()?, data_dir, stop)?))
    }
}

/// An engine that others may use; the directory is open for as long as it is kept.
pub(crate) struct Shared {
    pub(crate) endpoint: Endpoint,
    serving: JoinHandle<()>,
    published: Published,
    engine: Engine,
}

impl Shared {
    /// Ends when the stop that it was given came, and every request was answered.
    pub(crate) async fn ended(self) {
        if let Err(error) = self.serving.await {
            tracing::error!(%error, "serving the engine failed");
        }
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
    Ok(Shared { endpoint, serving: tokio::spawn(serving), published, engine })
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
