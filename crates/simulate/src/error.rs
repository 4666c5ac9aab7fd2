//! Why a chain could not be made or continued.

use std::{io, path::PathBuf};

use hashwatch_model::Network;

/// A chain that could not be made or continued.
#[derive(Debug, thiserror::Error)]
pub enum SimulateError {
    /// Only two networks can be simulated.
    #[error("{0} cannot be simulated: only sim and regtest can")]
    Network(Network),
    /// A chain has a genesis.
    #[error("a chain of no blocks: ask for at least one")]
    NoBlocks,
    /// A regtest chain that begins before its genesis.
    #[error("the chain cannot start at {start}: regtest's genesis has the time {genesis}")]
    StartTime {
        /// What was asked for, Unix seconds.
        start: u32,
        /// Time of the genesis, Unix seconds.
        genesis: u32,
    },
    /// The end lies before the start.
    #[error("the chain cannot end at {until}, before it starts at {start}")]
    Until {
        /// Start, Unix seconds.
        start: u32,
        /// End, Unix seconds.
        until: u32,
    },
    /// A sparse block too small for its coinbase, or larger than any block may be.
    #[error("blocks of {bytes} bytes: between {least} and {most} are possible")]
    BlockBytes {
        /// What was asked for.
        bytes: u32,
        /// Smallest possible.
        least: u32,
        /// Largest possible.
        most: u32,
    },
    /// More heights to shuffle than there are.
    #[error("{disordered} heights cannot be out of order in a chain of {blocks} blocks")]
    Disordered {
        /// What was asked for.
        disordered: u32,
        /// Blocks of the chain.
        blocks: u32,
    },
    /// Header times are 32 bits wide.
    #[error("block {height} would come after the year 2106, where header times end")]
    TimeRunsOut {
        /// Height of the block that has no time.
        height: u32,
    },
    /// The directory is somebody else's, or holds a chain already.
    #[error("{} is not empty ({found} is in it): choose a new directory", dir.display())]
    NotEmpty {
        /// The directory.
        dir: PathBuf,
        /// One thing in it.
        found: String,
    },
    /// The file to write exists.
    #[error("{} exists already: choose another name", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// No simulated chain there.
    #[error("{} holds no simulated chain: there is no {} in it", dir.display(), crate::NOTE_FILE)]
    NoChain {
        /// The directory.
        dir: PathBuf,
    },
    /// The generator was stopped before it was done.
    #[error("the chain in {} was never finished: generate it again", dir.display())]
    Unfinished {
        /// The directory.
        dir: PathBuf,
    },
    /// Another process is writing there.
    #[error("another process is writing the chain in {}", dir.display())]
    Busy {
        /// The directory.
        dir: PathBuf,
    },
    /// The note does not say what it should.
    #[error("cannot use {}: {reason}", path.display())]
    Note {
        /// The note.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The chain was made by a generator that makes other bytes.
    #[error("the chain in {} has format {found}, this hashwatch continues format {known}: generate it again", dir.display())]
    Format {
        /// The directory.
        dir: PathBuf,
        /// Its format.
        found: u32,
        /// Ours.
        known: u32,
    },
    /// The files do not hold the chain that the note describes.
    #[error("{} does not hold the chain of its note at byte {offset}: {reason}; generate it again", path.display())]
    Corrupt {
        /// The block file.
        path: PathBuf,
        /// Where in it.
        offset: u64,
        /// What was found.
        reason: String,
    },
    /// No room left.
    #[error("no space left to write {}", path.display())]
    DiskFull {
        /// What was being written.
        path: PathBuf,
    },
    /// The system refused.
    #[error("cannot {doing} {}: {source}", path.display())]
    Io {
        /// The verb.
        doing: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
}

/// Names the file and the act for an error of the system.
pub(crate) fn failed(doing: &'static str, path: &std::path::Path) -> impl FnOnce(io::Error) -> SimulateError {
    let path = path.to_owned();
    move |source| match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => SimulateError::DiskFull { path },
        _ => SimulateError::Io { doing, path, source },
    }
}
