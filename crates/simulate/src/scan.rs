//! Reads a chain's own files back, headers alone, to go on where they end. Any other directory is node's to read.

use std::{
    fs::File,
    io::{self, BufReader, Read},
    path::Path,
};

use bitcoin::{block::Header, consensus};

use crate::{
    SimulateError,
    arrivals::Place,
    chain::{Chain, Summary},
    error::failed,
    files::{FRAME_BYTES, Key, Position, block_file, obfuscate},
    note::NOTE_FILE,
};

const HEADER_BYTES: u32 = 80;

/// Leads `chain` through the files up to `blocks` active blocks, or up to a torn end before that. Says where it ends.
pub(crate) fn scan(
    dir: &Path,
    key: Key,
    magic: [u8; 4],
    blocks: u32,
    chain: &mut Chain,
) -> Result<(Summary, Position), SimulateError> {
    let mut frames = Frames::open(dir, key, magic)?;
    let nothing = || corrupt(dir, Position::default(), format!("no genesis, though {NOTE_FILE} speaks of a chain"));
    let mut known = None;
    while chain.blocks() < blocks {
        let begin = frames.position;
        let places = chain.next_places();
        let mut headers: Vec<(Place, Header)> = Vec::with_capacity(places.len());
        for place in places {
            match frames.next()? {
                Some(header) => headers.push((place, header)),
                None => return known.ok_or_else(nothing),
            }
        }
        let summary = chain.replay(&headers).map_err(|reason| corrupt(dir, begin, reason))?;
        known = Some((summary, frames.position));
    }
    known.ok_or_else(nothing)
}

fn corrupt(dir: &Path, at: Position, reason: String) -> SimulateError {
    SimulateError::Corrupt { path: block_file(dir, at.file), offset: at.offset, reason }
}

/// The headers of a directory, in the order of the files.
struct Frames<'a> {
    dir: &'a Path,
    key: Key,
    magic: [u8; 4],
    file: BufReader<File>,
    length: u64,
    position: Position,
}

impl<'a> Frames<'a> {
    fn open(dir: &'a Path, key: Key, magic: [u8; 4]) -> Result<Frames<'a>, SimulateError> {
        let path = block_file(dir, 0);
        let (file, length) = open(&path).map_err(failed("read", &path))?;
        Ok(Frames { dir, key, magic, file, length, position: Position::default() })
    }

    /// The next header; none at the end, which may be in the middle of a block.
    fn next(&mut self) -> Result<Option<Header>, SimulateError> {
        if self.position.offset == self.length && !self.next_file()? {
            return Ok(None);
        }
        let left = self.length - self.position.offset;
        if left < FRAME_BYTES + u64::from(HEADER_BYTES) {
            return self.torn();
        }
        let magic: [u8; 4] = self.read()?;
        let size = u32::from_le_bytes(self.read()?);
        let header: [u8; HEADER_BYTES as usize] = self.read()?;
        let begin = Position { offset: self.position.offset - FRAME_BYTES - u64::from(HEADER_BYTES), ..self.position };
        if magic != self.magic || size < HEADER_BYTES {
            return Err(corrupt(self.dir, begin, "no block begins here".to_owned()));
        }
        if left < FRAME_BYTES + u64::from(size) {
            return self.torn();
        }
        let rest = size - HEADER_BYTES;
        self.file.seek_relative(i64::from(rest)).map_err(failed("read", &block_file(self.dir, begin.file)))?;
        self.position.offset += u64::from(rest);
        let header = consensus::deserialize(&header);
        header.map(Some).map_err(|error| corrupt(self.dir, begin, error.to_string()))
    }

    /// A block that is cut short is the end, unless another file follows.
    fn torn(&mut self) -> Result<Option<Header>, SimulateError> {
        let at = self.position;
        if self.next_file()? {
            return Err(corrupt(self.dir, at, "a block is cut short, yet more files follow".to_owned()));
        }
        Ok(None)
    }

    fn next_file(&mut self) -> Result<bool, SimulateError> {
        let path = block_file(self.dir, self.position.file + 1);
        match open(&path) {
            Ok((file, length)) => {
                (self.file, self.length) = (file, length);
                self.position = Position { file: self.position.file + 1, offset: 0 };
                // rolled over to, and then nothing was written
                Ok(length > 0)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(failed("read", &path)(error)),
        }
    }

    fn read<const N: usize>(&mut self) -> Result<[u8; N], SimulateError> {
        let mut bytes = [0; N];
        self.file.read_exact(&mut bytes).map_err(failed("read", &block_file(self.dir, self.position.file)))?;
        obfuscate(self.key, self.position.offset, &mut bytes);
        self.position.offset += N as u64;
        Ok(bytes)
    }
}

fn open(path: &Path) -> io::Result<(BufReader<File>, u64)> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    Ok((BufReader::with_capacity(1 << 16, file), length))
}
