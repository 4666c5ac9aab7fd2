//! ClickHouse inside the process: libchdb behind the ClickHouse HTTP interface.
//!
//! [`Library::find`] loads libchdb at run time, [`Engine::open`] opens a data directory with it, and
//! [`Engine::client`] gives an ordinary [`clickhouse::Client`] whose requests never leave the process. The same
//! interface can be put on a loopback port ([`Engine::serve`]), where a running instance leaves its [`Endpoint`];
//! [`connect`] takes whichever way a data directory can be reached.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use hashwatch_engine::{Access, Endpoint, Engine, Library, Secret};
//!
//! let data_dir = std::path::Path::new("data");
//! let engine = Engine::open(Library::find(None)?, data_dir)?;
//! engine.client().query("CREATE DATABASE IF NOT EXISTS hashwatch").execute().await?;
//! let client = engine.client().with_database("hashwatch");
//!
//! // for other processes on this machine
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! let endpoint = Endpoint { address: listener.local_addr()?, secret: Secret::random()? };
//! let serving = engine.serve(listener, endpoint.secret.clone(), Access::Full, async {
//!     let _ = tokio::signal::ctrl_c().await;
//! })?;
//! let _published = endpoint.publish(data_dir)?;
//! serving.await;
//! # drop(client);
//! # Ok(())
//! # }
//! ```
//!
//! What it leaves to others: which tables there are and what is asked of them (the store), and ClickHouse servers
//! elsewhere, which need nothing from here. What is odd about ClickHouse is written down in `docs/clickhouse.md`.

mod connect;
mod endpoint;
mod engine;
mod error;
mod ffi;
mod follow;
mod interface;
mod library;
mod listen;
mod lock;
mod profile;
mod sessions;
mod spool;
mod statement;
mod transport;

pub use connect::{Connection, Reached, connect};
pub use endpoint::{Endpoint, Published};
pub use engine::{Engine, wait_until_closed};
pub use error::{AUTHENTICATION_FAILED, EngineError, NOT_ENOUGH_SPACE, exception_code, is_disk_full};
pub use interface::Access;
pub use library::{LIBRARY_VARIABLE, Library};
pub use listen::Secret;
