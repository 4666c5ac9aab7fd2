//! One process per data directory: a lock that the operating system drops with its holder, however it dies.

use crate::error::EngineError;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

const FILE: &str = "engine.lock";

/// The exclusive right to a data directory, until dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock at once or not at all.
    ///
    /// # Errors
    /// [`EngineError::AlreadyOpen`] when somebody has it, the file's own failures otherwise.
    pub(crate) fn take(data_dir: &Path) -> Result<Self, EngineError> {
        let path = data_dir.join(FILE);
        let refused = |source| EngineError::data_directory("lock", &path, source);
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(refused)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(EngineError::AlreadyOpen { path: data_dir.to_path_buf(), pid: holder(&mut file) });
            }
            Err(TryLockError::Error(source)) => return Err(refused(source)),
        }
        file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id())).map_err(refused)?;
        Ok(Self { _file: file })
    }
}

/// Who wrote the lock file last.
fn holder(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.rewind().ok()?;
    file.take(32).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

/// Where the parts of a data directory lie.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    /// The directory as given, made absolute.
    pub(crate) root: PathBuf,
    /// ClickHouse's own folder.
    pub(crate) clickhouse: PathBuf,
    /// Rows on their way into ClickHouse.
    pub(crate) spool: PathBuf,
    /// What ClickHouse is configured with.
    pub(crate) config: PathBuf,
    /// Who the one ClickHouse user is and what it may do.
    pub(crate) users: PathBuf,
}

impl Layout {
    /// Makes the directory (and its parents) and takes its absolute path.
    ///
    /// # Errors
    /// [`EngineError::DataDirectory`], [`EngineError::DiskFull`], or [`EngineError::UnusablePath`].
    pub(crate) fn make(data_dir: &Path) -> Result<Self, EngineError> {
        let refused = |source| EngineError::data_directory("create", data_dir, source);
        std::fs::create_dir_all(data_dir).map_err(refused)?;
        let root = data_dir.canonicalize().map_err(refused)?;
        // ClickHouse expands these in the path of the spooled rows (the backslash in its own), and wants text
        if root.to_str().is_none_or(|path| path.contains(['*', '?', '{', '}', '\\'])) {
            return Err(EngineError::UnusablePath { path: root });
        }
        let at = |name: &str| root.join(name);
        Ok(Self {
            clickhouse: at("clickhouse"),
            spool: at("engine-spool"),
            config: at("engine-config.xml"),
            users: at("engine-users.xml"),
            root,
        })
    }
}
