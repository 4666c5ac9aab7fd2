//! Which connection a statement runs on: a few at once, each with the database and settings its request asks for.
//!
//! A request's database and settings are put on a fresh connection (0.3 ms) before its statement. A connection
//! whose statement leaves nothing behind is kept for the next request that asks for the same, all others are
//! closed: no setting can leak from one request into another.

use crate::ffi::{Output, Session, Symbols};
use crate::statement;
use std::ffi::CString;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Semaphore;

/// Statements running at once; more wait. ClickHouse gives each a thread per core, so more would only pile up memory.
const AT_ONCE: usize = 8;
/// Connections kept open between requests.
const IDLE: usize = 16;

/// What libchdb switches on and a server has off: a bare expression as a statement (so that a misspelt `SELECT`
/// would be one), functions that look into the process's memory, and columns made of `a=b` in the path of the
/// spooled rows.
const AS_A_SERVER: &str = "implicit_select = 0, allow_introspection_functions = 0, use_hive_partitioning = 0";

/// One statement with all that it runs under.
#[derive(Debug)]
pub(crate) struct Job {
    /// The one role that it runs under; all that the user has when none is named.
    pub(crate) role: Option<&'static str>,
    /// The current database; ClickHouse's `default` when none is named.
    pub(crate) database: Option<String>,
    /// Settings, by name and value.
    pub(crate) settings: Vec<(String, String)>,
    /// The text.
    pub(crate) sql: Vec<u8>,
    /// Server-side parameters, by name without `param_`.
    pub(crate) parameters: Vec<(String, String)>,
    /// The format of the answer where the text names none.
    pub(crate) format: String,
}

impl Job {
    /// The statements that bring a fresh connection to where this one must run.
    fn preludes(&self) -> Vec<String> {
        // first: a database that the role does not see cannot be made the current one
        let mut preludes: Vec<String> = self.role.iter().map(|role| format!("SET ROLE {role}")).collect();
        if let Some(database) = &self.database {
            preludes.push(format!("USE `{}`", database.replace('\\', "\\\\").replace('`', "\\`")));
        }
        let mut settings = format!("SET {AS_A_SERVER}");
        for (name, value) in &self.settings {
            let value = value.replace('\\', "\\\\").replace('\'', "\\'");
            settings.push_str(&format!(", {name} = '{value}'"));
        }
        preludes.push(settings);
        preludes
    }
}

/// The connections to the one open data directory.
#[derive(Debug)]
pub(crate) struct Sessions {
    symbols: &'static Symbols,
    arguments: Vec<CString>,
    /// By the preludes that were run on them.
    idle: Mutex<Vec<(Vec<String>, Session)>>,
    /// Keeps the data directory open while no request runs: libchdb closes it with its last connection.
    keeper: Mutex<Session>,
    /// Bounds what runs at once. Held by whoever calls [`Sessions::run`].
    pub(crate) permits: Arc<Semaphore>,
}

impl Sessions {
    /// Opens the data directory named in `arguments`; `None` when libchdb refuses it.
    pub(crate) fn open(symbols: &'static Symbols, arguments: Vec<CString>) -> Option<Self> {
        let keeper = Session::connect(symbols, &arguments)?;
        Some(Self {
            symbols,
            arguments,
            idle: Mutex::default(),
            keeper: Mutex::new(keeper),
            permits: Arc::new(Semaphore::new(AT_ONCE)),
        })
    }

    /// Runs a statement of the engine's own, under no settings.
    pub(crate) fn run_own(&self, sql: &str) -> Result<Output, String> {
        locked(&self.keeper).run(sql.as_bytes(), "TabSeparatedRaw", &[])
    }

    /// Runs one statement to its end. Blocks.
    ///
    /// # Errors
    /// ClickHouse's exception text.
    pub(crate) fn run(&self, job: &Job) -> Result<Output, String> {
        let preludes = job.preludes();
        let kept = {
            let mut idle = locked(&self.idle);
            idle.iter().position(|(under, _)| *under == preludes).map(|at| idle.swap_remove(at).1)
        };
        let mut session = match kept {
            Some(session) => session,
            None => self.prepared(&preludes)?,
        };
        let output = session.run(&job.sql, &job.format, &job.parameters)?;
        if statement::leaves_session_clean(&job.sql) {
            let mut idle = locked(&self.idle);
            let oldest = (idle.len() >= IDLE).then(|| idle.remove(0));
            idle.push((preludes, session));
            drop(idle);
            drop(oldest); // closed outside the mutex
        }
        Ok(output)
    }

    fn prepared(&self, preludes: &[String]) -> Result<Session, String> {
        let mut session = Session::connect(self.symbols, &self.arguments)
            .ok_or("Code: 210. DB::Exception: libchdb gives no further connection. (NETWORK_ERROR)")?;
        for prelude in preludes {
            session.run(prelude.as_bytes(), "Null", &[])?;
        }
        Ok(session)
    }
}

/// A panic of another holder leaves nothing half-done in what these guard.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
