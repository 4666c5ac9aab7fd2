//! Blocks out of their places in the files: whole, or the front alone and a jump over the rest.

use std::{
    fs::File,
    io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use bitcoin::hashes::Hash;
use hashwatch_model::{BlockId, MalformedBlock, RawBlock, Word};
use hashwatch_sha256d::{HEADER_BYTES, sha256d};

use super::{cancelled, frames::Framing, missing, unreadable};
use crate::{NodeError, Want, traffic::Meter};

/// Bytes of a block that are read at first: most coinbases end well before.
const FRONT: usize = 1_024;
/// A block of up to so many bytes is read whole: that costs no more than its front, and proves its coinbase.
const SMALL: usize = 16 * 1024;
/// Files kept open by one reader. Blocks of one time lie in few.
const OPEN: usize = 8;
/// Blocks from which on a second thread is worth its start.
const MANY: usize = 64;

/// A block and where it lies.
#[derive(Clone, Debug)]
pub(super) struct Located {
    pub(super) id: BlockId,
    pub(super) path: Arc<Path>,
    pub(super) offset: u64,
    /// Bytes of the block.
    pub(super) size: u32,
}

/// What went wrong with a block.
#[derive(Debug)]
pub(super) enum Misread {
    /// Another block, or none, lies in its place: the files are not those that were looked at.
    Exchanged(NodeError),
    Failed(NodeError),
}

/// Reads blocks in the order asked for, on as many threads as the machine has for it.
pub(super) fn blocks(
    framing: &Framing,
    places: &[Located],
    want: Want,
    meter: &Meter,
    stop: &AtomicBool,
) -> Result<Vec<RawBlock>, Misread> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(places.len() / MANY).max(1);
    let read = |part: &[Located]| Reader::new(framing, want, meter).blocks(part, stop);
    if threads == 1 {
        return read(places);
    }
    let parts: Vec<_> = std::thread::scope(|scope| {
        let parts = places.chunks(places.len().div_ceil(threads));
        let running: Vec<_> = parts.map(|part| scope.spawn(|| read(part))).collect();
        running.into_iter().map(|part| part.join().unwrap_or(Err(Misread::Failed(cancelled())))).collect()
    });
    let mut blocks = Vec::with_capacity(places.len());
    for part in parts {
        blocks.extend(part?);
    }
    Ok(blocks)
}

struct Reader<'a> {
    framing: &'a Framing,
    want: Want,
    meter: &'a Meter,
    /// The one used last at the end.
    open: Vec<(Arc<Path>, File)>,
    buffer: Vec<u8>,
}

impl<'a> Reader<'a> {
    fn new(framing: &'a Framing, want: Want, meter: &'a Meter) -> Reader<'a> {
        Reader { framing, want, meter, open: Vec::new(), buffer: Vec::new() }
    }

    fn blocks(&mut self, places: &[Located], stop: &AtomicBool) -> Result<Vec<RawBlock>, Misread> {
        let mut blocks = Vec::with_capacity(places.len());
        for place in places {
            if stop.load(Ordering::Relaxed) {
                return Err(Misread::Failed(cancelled()));
            }
            blocks.push(self.block(place)?);
        }
        Ok(blocks)
    }

    fn block(&mut self, place: &Located) -> Result<RawBlock, Misread> {
        let size = place.size as usize;
        let whole = self.want == Want::Whole || size <= SMALL;
        let mut length = if whole { size } else { FRONT };
        loop {
            self.fill(place, length)?;
            let bytes = &self.buffer[..length];
            let read = if whole {
                RawBlock::from_bytes(place.id, bytes)
            } else {
                RawBlock::from_front(place.id, bytes, Some(place.size), Word::File)
            };
            match read {
                Err(MalformedBlock::Cut(_)) if length < size => length = (length * 4).min(size),
                read => {
                    self.meter.add(length, Some(place.size));
                    let failed = |source| {
                        let (path, at) = (place.path.display(), place.offset);
                        tracing::warn!(file = %path, at, bytes = size, "block {} is damaged there: {source}", place.id);
                        Misread::Failed(NodeError::Block { id: place.id, source })
                    };
                    return read.map_err(failed);
                }
            }
        }
    }

    /// Reads the first `length` bytes of a block, and sees that they are its.
    fn fill(&mut self, place: &Located, length: usize) -> Result<(), Misread> {
        let (hash, path) = (place.id.hash, &place.path);
        if self.buffer.len() < length {
            self.buffer.resize(length, 0);
        }
        let at = match self.open.iter().position(|(open, _)| Arc::ptr_eq(open, path)) {
            Some(at) => at,
            None => {
                let file = File::open(path).map_err(|error| match error.kind() {
                    io::ErrorKind::NotFound => Misread::Failed(missing(hash, format!("{} is gone", path.display()))),
                    _ => Misread::Failed(unreadable(path)(error)),
                })?;
                if self.open.len() == OPEN {
                    self.open.remove(0);
                }
                self.open.push((Arc::clone(path), file));
                self.open.len() - 1
            }
        };
        let bytes = &mut self.buffer[..length];
        let read = self.framing.read(&self.open[at].1, place.offset, bytes);
        let exchanged =
            || Misread::Exchanged(missing(hash, format!("{} holds something else in its place now", path.display())));
        match read {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Err(exchanged()),
            read => read.map_err(|error| Misread::Failed(unreadable(path)(error)))?,
        }
        if sha256d(&bytes[..HEADER_BYTES]) != hash.to_byte_array() {
            return Err(exchanged());
        }
        Ok(())
    }
}
