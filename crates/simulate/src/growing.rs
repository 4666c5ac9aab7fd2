//! A chain that goes on: new blocks come when the clock passes the time at which they are found, never before.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use hashwatch_model::BlockId;

use crate::{
    SimulateError,
    chain::{Batch, Chain},
    error::failed,
    files::{BlockFiles, XOR_FILE},
    generate::{LOCK_FILE, key, lock},
    note::{FORMAT, Note},
    scan::scan,
};

/// A directory of simulated blocks, open for more. One process at a time has it open.
#[derive(Debug)]
pub struct Growing {
    dir: PathBuf,
    note: Note,
    /// None after a failed write: the files are then looked at again before the next.
    end: Option<End>,
    /// Released when dropped.
    _lock: File,
}

/// Where the chain goes on.
#[derive(Debug)]
struct End {
    chain: Chain,
    files: BlockFiles,
    /// Made, but not due yet.
    next: Option<Batch>,
}

impl Growing {
    /// Opens a finished chain. Reads all headers (a tenth of a second for a year of blocks). A torn end, left by a
    /// crash in the middle of a write, is cut off; so is what the note does not count. Both come again, byte for byte.
    ///
    /// # Errors
    /// [`SimulateError::NoChain`], [`SimulateError::Unfinished`], [`SimulateError::Note`], [`SimulateError::Format`],
    /// [`SimulateError::Busy`], [`SimulateError::Corrupt`], [`SimulateError::Io`].
    pub fn open(dir: &Path) -> Result<Growing, SimulateError> {
        let note = match Note::read(dir) {
            Err(SimulateError::NoChain { dir }) if dir.join(LOCK_FILE).exists() => {
                return Err(SimulateError::Unfinished { dir });
            }
            read => read?,
        };
        if note.format != FORMAT {
            return Err(SimulateError::Format { dir: dir.to_owned(), found: note.format, known: FORMAT });
        }
        let lock = lock(dir)?;
        // another process may have gone on between the first look and the lock
        let mut growing = Growing { dir: dir.to_owned(), note: Note::read(dir)?, end: None, _lock: lock };
        growing.end = Some(growing.reopen()?);
        Ok(growing)
    }

    /// What is known of the chain now.
    pub fn note(&self) -> &Note {
        &self.note
    }

    /// The tip by Core's rule: most work, and of equals the first in the files.
    pub fn tip(&self) -> BlockId {
        BlockId { height: self.note.tip.height, hash: self.note.tip.hash }
    }

    /// Adds all blocks that are found by `now` (Unix seconds) and returns how many of them are active. No block that
    /// is added has a later time. With an earlier `now` than before, nothing happens.
    ///
    /// # Errors
    /// [`SimulateError::DiskFull`], [`SimulateError::Io`], [`SimulateError::TimeRunsOut`]. The chain can be extended
    /// again after one; what was written by half is cut off then.
    pub fn extend_to(&mut self, now: u64) -> Result<u32, SimulateError> {
        let mut end = match self.end.take() {
            Some(end) => end,
            None => self.reopen()?,
        };
        let before = self.note.blocks;
        let mut note = self.note.clone();
        loop {
            let batch = match end.next.take() {
                Some(batch) => batch,
                None => end.chain.next_batch()?,
            };
            if batch.due > now {
                end.next = Some(batch);
                break;
            }
            end.files.append(&batch)?;
            note.count(batch.summary);
        }
        if note.blocks > before {
            end.files.finish()?;
            note.write(&self.dir)?;
            self.note = note;
        }
        self.end = Some(end);
        Ok(self.note.blocks - before)
    }

    /// Reads the chain back from its files, as far as the note counts.
    fn reopen(&mut self) -> Result<End, SimulateError> {
        let plan = self.note.plan();
        plan.check()?;
        let (key, magic) = (key(&plan), plan.network.magic());
        let path = self.dir.join(XOR_FILE);
        if fs::read(&path).map_err(failed("read", &path))? != key {
            return Err(SimulateError::Corrupt { path, offset: 0, reason: "another key than the chain's".to_owned() });
        }
        let mut chain = Chain::new(plan);
        let (summary, position) = scan(&self.dir, key, magic, self.note.blocks, &mut chain)?;
        let files = BlockFiles::open(&self.dir, key, magic, position)?;
        if self.note.blocks != summary.blocks {
            self.note.count(summary);
            self.note.write(&self.dir)?;
        }
        Ok(End { chain, files, next: None })
    }
}
