//! Block files as Bitcoin Core writes them: `blk00000.dat` and on, each block after magic and size, all of it under
//! the key of `xor.dat`.
//!
//! Source: Bitcoin Core `src/node/blockstorage.cpp` (v29), `FindNextBlockPos` and `InitBlocksdirXorKey`. Unlike Core's,
//! the last file has no room allocated behind its last block.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use crate::{SimulateError, block::Mined, chain::Batch, error::failed};

/// A file never reaches this size (`MAX_BLOCKFILE_SIZE`).
pub const MAX_FILE_BYTES: u64 = 128 * 1024 * 1024;
/// The file that holds the key: 8 bytes, byte i of a block file is xored with key byte i mod 8.
pub const XOR_FILE: &str = "xor.dat";

/// Magic and size before each block.
pub(crate) const FRAME_BYTES: u64 = 8;
/// What is gathered before it is written.
const BUFFER_BYTES: usize = 1 << 20;

/// A key for obfuscation, or zero for none.
pub(crate) type Key = [u8; 8];

/// Xors bytes that begin at `offset` of a file.
pub(crate) fn obfuscate(key: Key, offset: u64, bytes: &mut [u8]) {
    // the remainder of 8 fits any integer
    let phase = usize::try_from(offset % 8).unwrap_or(0);
    for (byte, key) in bytes.iter_mut().zip(key.iter().cycle().skip(phase)) {
        *byte ^= key;
    }
}

/// The path of block file number `index`.
pub(crate) fn block_file(dir: &Path, index: u32) -> PathBuf {
    dir.join(format!("blk{index:05}.dat"))
}

/// Whether a file name is a block file's.
pub(crate) fn is_block_file(name: &str) -> bool {
    let digits = name.strip_prefix("blk").and_then(|rest| rest.strip_suffix(".dat"));
    digits.is_some_and(|digits| digits.len() >= 5 && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A place in a directory of block files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Position {
    pub file: u32,
    pub offset: u64,
}

/// The end of a directory of block files, to write at.
#[derive(Debug)]
pub(crate) struct BlockFiles {
    dir: PathBuf,
    key: Key,
    magic: [u8; 4],
    file: File,
    index: u32,
    /// Where the next byte goes; the last `buffer.len()` bytes before it are not written yet.
    offset: u64,
    buffer: Vec<u8>,
}

impl BlockFiles {
    /// Goes on at `position`. What lies behind it is cut off: a torn end, or blocks that the note does not count.
    pub(crate) fn open(dir: &Path, key: Key, magic: [u8; 4], position: Position) -> Result<BlockFiles, SimulateError> {
        let path = block_file(dir, position.file);
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(false).open(&path).map_err(failed("write", &path))?;
        file.set_len(position.offset).map_err(failed("cut", &path))?;
        file.seek(SeekFrom::End(0)).map_err(failed("write", &path))?;
        for index in position.file + 1.. {
            let later = block_file(dir, index);
            match fs::remove_file(&later) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => break,
                Err(error) => return Err(failed("remove", &later)(error)),
            }
        }
        let Position { file: index, offset } = position;
        Ok(BlockFiles { dir: dir.to_owned(), key, magic, file, index, offset, buffer: Vec::new() })
    }

    /// Writes a batch behind the last.
    pub(crate) fn append(&mut self, batch: &Batch) -> Result<(), SimulateError> {
        batch.blocks.iter().try_for_each(|(_, block)| self.append_block(block))
    }

    fn append_block(&mut self, block: &Mined) -> Result<(), SimulateError> {
        let size = u64::from(block.size);
        if self.offset + FRAME_BYTES + size >= MAX_FILE_BYTES {
            self.finish()?;
            *self = BlockFiles::open(&self.dir, self.key, self.magic, Position { file: self.index + 1, offset: 0 })?;
        }
        self.push(&self.magic.clone());
        self.push(&block.size.to_le_bytes());
        self.push(&block.bytes);
        let hole = size.saturating_sub(block.bytes.len() as u64);
        if hole > 0 {
            self.flush()?;
            self.offset += hole;
            self.file.set_len(self.offset).map_err(failed("write", &self.path()))?;
            self.file.seek(SeekFrom::Start(self.offset)).map_err(failed("write", &self.path()))?;
        } else if self.buffer.len() >= BUFFER_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    /// Writes what is gathered, and waits until the disk has it.
    pub(crate) fn finish(&mut self) -> Result<(), SimulateError> {
        self.flush()?;
        self.file.sync_all().map_err(failed("write", &self.path()))
    }

    fn push(&mut self, bytes: &[u8]) {
        let from = self.buffer.len();
        self.buffer.extend_from_slice(bytes);
        obfuscate(self.key, self.offset, &mut self.buffer[from..]);
        self.offset += bytes.len() as u64;
    }

    fn flush(&mut self) -> Result<(), SimulateError> {
        self.file.write_all(&self.buffer).map_err(failed("write", &self.path()))?;
        self.buffer.clear();
        Ok(())
    }

    fn path(&self) -> PathBuf {
        block_file(&self.dir, self.index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_turns_with_the_offset() {
        let key = [1, 2, 3, 4, 5, 6, 7, 8];
        let mut bytes = [0; 10];
        obfuscate(key, 13, &mut bytes);
        assert_eq!(bytes, [6, 7, 8, 1, 2, 3, 4, 5, 6, 7]);
    }

    #[test]
    fn names_of_block_files() {
        assert_eq!(block_file(Path::new("d"), 7), Path::new("d/blk00007.dat"));
        assert!(is_block_file("blk00007.dat") && is_block_file("blk123456.dat"));
        assert!(!is_block_file("blk7.dat") && !is_block_file("rev00007.dat") && !is_block_file("blk0000x.dat"));
    }
}
