//! Rows on their way into ClickHouse, as files.
//!
//! libchdb takes rows only within a statement's text, where it cuts them at the first empty line, or from a file.
//! So an insert's body is written to a private file in the data directory, which is gone when the insert is.

use crate::error::EngineError;
use crate::lock::Layout;
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Body;
use std::io::Write;
use std::path::Path;
use tempfile::NamedTempFile;

/// Written at once; below it, frames are gathered.
const CHUNK: usize = 1 << 20;

/// Rows in a file of their own, deleted when dropped.
#[derive(Debug)]
pub(crate) struct Spooled {
    file: NamedTempFile,
    /// Bytes that came in the body, not counting what stood in the statement.
    pub(crate) body_bytes: u64,
}

/// Why rows could not be spooled.
#[derive(Debug)]
pub(crate) enum SpoolError {
    /// The sender stopped in the middle: nothing may be inserted.
    Aborted(String),
    /// The disk refused.
    Disk(std::io::Error),
}

impl Spooled {
    /// Writes `start` and then the whole body to a new file.
    pub(crate) async fn write<B>(folder: &Path, start: &[u8], body: B) -> Result<Self, SpoolError>
    where
        B: Body<Data = Bytes>,
        B::Error: std::fmt::Display,
    {
        let folder = folder.to_path_buf();
        let mut file = blocking(move || NamedTempFile::with_prefix_in("rows-", folder)).await?;
        let mut pending = start.to_vec();
        let mut body_bytes = 0;
        let mut body = std::pin::pin!(body);
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| SpoolError::Aborted(error.to_string()))?;
            let Ok(data) = frame.into_data() else { continue };
            body_bytes += data.len() as u64;
            pending.extend_from_slice(&data);
            if pending.len() >= CHUNK {
                (file, pending) = append(file, pending).await?;
            }
        }
        (file, _) = append(file, pending).await?;
        Ok(Self { file, body_bytes })
    }

    /// Where the rows lie. The data directory's path is text ([`Layout::make`]), so this is too.
    pub(crate) fn path(&self) -> &str {
        self.file.path().to_str().unwrap_or_default()
    }
}

async fn append(mut file: NamedTempFile, mut bytes: Vec<u8>) -> Result<(NamedTempFile, Vec<u8>), SpoolError> {
    blocking(move || {
        file.write_all(&bytes)?;
        bytes.clear();
        Ok((file, bytes))
    })
    .await
}

async fn blocking<T, F>(work: F) -> Result<T, SpoolError>
where
    T: Send + 'static,
    F: FnOnce() -> std::io::Result<T> + Send + 'static,
{
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(SpoolError::Disk),
        Err(gone) => Err(SpoolError::Aborted(gone.to_string())),
    }
}

/// Makes the spool folder, empty: what a killed process left in it was never inserted whole.
pub(crate) fn clear(layout: &Layout) -> Result<(), EngineError> {
    let folder = &layout.spool;
    match std::fs::remove_dir_all(folder) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            return Err(EngineError::data_directory("clear", folder, source));
        }
        _ => {}
    }
    std::fs::create_dir(folder).map_err(|source| EngineError::data_directory("create", folder, source))
}

/// Tells a full disk from other reasons why ClickHouse would not open: libchdb itself says nothing.
pub(crate) fn probe(layout: &Layout) -> Result<(), EngineError> {
    let path = layout.spool.join("probe");
    let written = std::fs::write(&path, vec![0; 1 << 20]);
    // best effort: the folder is cleared at the next start
    let _ = std::fs::remove_file(&path);
    match written {
        Err(source) if source.kind() == std::io::ErrorKind::StorageFull => {
            Err(EngineError::DiskFull { path: layout.root.clone() })
        }
        _ => Ok(()),
    }
}
