//! Makes a chain in one go: block files into a new directory, or headers alone into one flat file.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Write},
    path::Path,
};

use bitcoin::consensus;

use crate::{
    SimulateError,
    arrivals::Role,
    chain::{Batch, Chain},
    error::failed,
    files::{BlockFiles, Key, Position, XOR_FILE, is_block_file},
    note::{NOTE_FILE, Note, write_whole},
    plan::Plan,
    random::{Purpose, Streams},
    registry_file::{REGISTRY_FILE, registry_toml},
};

/// Held while somebody writes into the directory. One without a note is a chain that was never finished.
pub(crate) const LOCK_FILE: &str = "hashwatch-sim.lock";

/// How far a chain has come, told every few blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Active blocks made.
    pub blocks: u32,
    /// About how many there will be: exactly, unless the plan ends at a time.
    pub expected: u32,
    /// Header time of the newest, Unix seconds.
    pub time: u32,
}

/// Makes the chain of `plan` in `dir`, which must be new or empty, or hold nothing but a chain that was never
/// finished. `progress` is called at least every 16 blocks.
///
/// # Errors
/// What [`SimulateError`] says of plans, [`SimulateError::NotEmpty`], [`SimulateError::Busy`],
/// [`SimulateError::DiskFull`], [`SimulateError::Io`], [`SimulateError::TimeRunsOut`].
pub fn generate(plan: &Plan, dir: &Path, mut progress: impl FnMut(Progress)) -> Result<Note, SimulateError> {
    plan.check()?;
    let _lock = claim(dir)?;
    let key = key(plan);
    write_whole(dir, XOR_FILE, &key)?;
    write_whole(dir, REGISTRY_FILE, registry_toml().as_bytes())?;
    let mut files = BlockFiles::open(dir, key, plan.network.magic(), Position::default())?;
    let note = make(plan, &mut progress, |batch| files.append(batch))?;
    files.finish()?;
    note.write(dir)?;
    Ok(note)
}

/// Writes the headers of `plan`'s active chain, 80 bytes each, into the new file `path`: the same as in the blocks of
/// [`generate`], except that stale blocks are left out.
///
/// # Errors
/// As [`generate`], with [`SimulateError::Exists`] for a file that is there already.
pub fn write_headers(plan: &Plan, path: &Path, mut progress: impl FnMut(Progress)) -> Result<Note, SimulateError> {
    let plan = Plan { disordered: 0, ..*plan };
    plan.check()?;
    let file = OpenOptions::new().write(true).create_new(true).open(path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => SimulateError::Exists { path: path.to_owned() },
        _ => failed("write", path)(error),
    })?;
    let mut file = BufWriter::new(file);
    let note = make(&plan, &mut progress, |batch| {
        let active = batch.blocks.iter().filter(|(role, _)| *role == Role::Active);
        active
            .map(|(_, block)| consensus::serialize(&block.header))
            .try_for_each(|bytes| file.write_all(&bytes))
            .map_err(failed("write", path))
    })?;
    file.into_inner()
        .map_err(io::IntoInnerError::into_error)
        .and_then(|file| file.sync_all())
        .map_err(failed("write", path))?;
    Ok(note)
}

/// The key under which a plan's files are written.
pub(crate) fn key(plan: &Plan) -> Key {
    if plan.obfuscated { Streams::new(plan.network, plan.seed).draw(Purpose::Obfuscation, 0).bytes() } else { [0; 8] }
}

/// Makes all batches of a plan.
fn make(
    plan: &Plan,
    progress: &mut impl FnMut(Progress),
    mut keep: impl FnMut(&Batch) -> Result<(), SimulateError>,
) -> Result<Note, SimulateError> {
    let mut chain = Chain::new(*plan);
    let rate = chain.starting_rate();
    let genesis = chain.next_batch()?;
    keep(&genesis)?;
    let mut summary = genesis.summary;
    while chain.blocks() < plan.blocks {
        let batch = chain.next_batch()?;
        if plan.until.is_some_and(|until| batch.due > u64::from(until)) {
            break;
        }
        keep(&batch)?;
        summary = batch.summary;
        if summary.blocks % 16 == 0 || summary.blocks == plan.blocks {
            progress(Progress {
                blocks: summary.blocks,
                expected: plan.expected_blocks().max(summary.blocks),
                time: summary.tip_time,
            });
        }
    }
    // the first batch is one block, the genesis
    Ok(Note::new(plan, &genesis.blocks[0].1.header, rate, summary))
}

/// Makes `dir` ours: it exists, holds nothing of anybody else's, and no other process is at work in it.
fn claim(dir: &Path) -> Result<File, SimulateError> {
    fs::create_dir_all(dir).map_err(failed("create", dir))?;
    let mut names = Vec::new();
    for entry in fs::read_dir(dir).map_err(failed("read", dir))? {
        names.push(entry.map_err(failed("read", dir))?.file_name().to_string_lossy().into_owned());
    }
    names.sort_unstable();
    let foreign = |name: &&String| name.as_str() == NOTE_FILE || !names.iter().any(|n| n == LOCK_FILE) || !is_own(name);
    if let Some(found) = names.iter().find(foreign) {
        return Err(SimulateError::NotEmpty { dir: dir.to_owned(), found: found.clone() });
    }
    let lock = lock(dir)?;
    for name in names.iter().filter(|name| *name != LOCK_FILE) {
        let path = dir.join(name);
        fs::remove_file(&path).map_err(failed("remove", &path))?;
    }
    Ok(lock)
}

/// Whether a file of this name may lie in a directory that was never finished.
fn is_own(name: &str) -> bool {
    let name = name.strip_suffix(".new").unwrap_or(name);
    is_block_file(name) || [LOCK_FILE, NOTE_FILE, XOR_FILE, REGISTRY_FILE].contains(&name)
}

/// Keeps other processes from writing into `dir` for as long as the file is held.
pub(crate) fn lock(dir: &Path) -> Result<File, SimulateError> {
    let path = dir.join(LOCK_FILE);
    let open = OpenOptions::new().write(true).create(true).truncate(false).open(&path);
    let file = open.map_err(failed("write", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(SimulateError::Busy { dir: dir.to_owned() }),
        Err(fs::TryLockError::Error(error)) => Err(failed("lock", &path)(error)),
    }
}
