//! The framing of a block file: magic, size, block, and again. Finds the blocks' places, jumps over their contents, and
//! finds its way back after damage.
//!
//! The position never moves past anything that was not recognised, so that a block which another process is just
//! writing is seen whole at a later look. Only the newest file grows.

use std::{
    fs::File,
    io,
    os::unix::fs::FileExt,
    sync::atomic::{AtomicBool, Ordering},
};

use bitcoin::{Target, consensus, hashes::Hash};
use hashwatch_model::{BlockHash, Header, Network, block::MAX_BLOCK_BYTES};
use hashwatch_sha256d::{HEADER_BYTES, sha256d};
use memchr::memmem;

use super::directory::Key;

/// Magic and size.
const FRAME_BYTES: usize = 8;
/// A header and a count of transactions.
const MIN_BLOCK_BYTES: u32 = 81;
/// Bytes looked through at once for the next magic.
const WINDOW: usize = 1 << 20;

/// How the blocks of this directory are written.
#[derive(Clone, Debug)]
pub(super) struct Framing {
    magic: [u8; 4],
    key: Key,
    limit: Target,
}

/// A block found, its proof of work seen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) hash: BlockHash,
    pub(super) header: Header,
    /// Of the block's first byte in the file.
    pub(super) offset: u64,
    pub(super) size: u32,
}

/// What a look at one file came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Scanned {
    /// Where the next look begins.
    pub(super) to: u64,
    /// Bytes between blocks that belong to none.
    pub(super) skipped: u64,
    /// Well-framed blocks whose header does not meet the target that it states, or states one beyond the limit.
    pub(super) unproven: u64,
    /// Where damage was found: first byte, and the one behind the last.
    pub(super) damage: Vec<(u64, u64)>,
}

impl Scanned {
    fn damaged(&mut self, from: u64, to: u64) {
        self.damage.push((from, to));
    }
}

/// What begins at a position.
enum At {
    Block(Frame),
    /// A frame without proof of work, and another frame behind it.
    Unproven {
        end: u64,
    },
    /// A block that may not be written to its end yet.
    Unfinished,
    Rubbish,
}

impl Framing {
    pub(super) fn new(network: Network, key: Key) -> Framing {
        Framing { magic: network.magic(), key, limit: Target::from_compact(network.retarget().limit) }
    }

    /// Reads bytes of the file as they were before the key.
    pub(super) fn read(&self, file: &File, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        file.read_exact_at(bytes, offset)?;
        self.key.apply(bytes, offset);
        Ok(())
    }

    /// Calls `found` for each block from `from` on, in the order of the file. `grows` says that another process may be
    /// writing at its end.
    pub(super) fn scan(
        &self,
        file: &File,
        from: u64,
        grows: bool,
        stop: &AtomicBool,
        mut found: impl FnMut(Frame),
    ) -> io::Result<Scanned> {
        let length = file.metadata()?.len();
        let mut scanned = Scanned { to: from, ..Scanned::default() };
        // handed on once what follows it shows that its size is right
        let mut last: Option<Frame> = None;
        while !stop.load(Ordering::Relaxed) {
            match self.at(file, scanned.to, length, grows)? {
                At::Block(frame) => {
                    scanned.to = frame.offset + u64::from(frame.size);
                    last.replace(frame).into_iter().for_each(&mut found);
                }
                At::Unproven { end } => {
                    scanned.damaged(scanned.to, end);
                    scanned.to = end;
                    scanned.unproven += 1;
                }
                At::Unfinished => break,
                At::Rubbish => {
                    let from = match last.take() {
                        Some(frame) if self.follows(file, scanned.to, length)? == Follows::Rubbish => {
                            // a size that lies leads into the middle of another block, over those between
                            let behind = frame.offset + HEADER_BYTES as u64;
                            match self.next_block(file, behind, length, stop)? {
                                Some(next) if next < scanned.to => {
                                    let begins = frame.offset - FRAME_BYTES as u64;
                                    scanned.damaged(begins, next);
                                    scanned.skipped += next - begins;
                                    scanned.to = next;
                                    continue;
                                }
                                _ => found(frame),
                            }
                            scanned.to + 1
                        }
                        frame => {
                            frame.into_iter().for_each(&mut found);
                            scanned.to + 1
                        }
                    };
                    let Some(next) = self.next_block(file, from, length, stop)? else { break };
                    // whoever writes the file may have got this far while we looked further on
                    if grows && !matches!(self.at(file, scanned.to, length, grows)?, At::Rubbish) {
                        continue;
                    }
                    scanned.damaged(scanned.to, next);
                    scanned.skipped += next - scanned.to;
                    scanned.to = next;
                }
            }
        }
        last.into_iter().for_each(&mut found);
        Ok(scanned)
    }

    fn at(&self, file: &File, position: u64, length: u64, grows: bool) -> io::Result<At> {
        let mut head = [0; FRAME_BYTES + HEADER_BYTES];
        let left = length.saturating_sub(position);
        if left < head.len() as u64 {
            return Ok(if grows { At::Unfinished } else { At::Rubbish });
        }
        self.read(file, position, &mut head)?;
        let (frame, header) = head.split_at(FRAME_BYTES);
        let size = u32::from_le_bytes([frame[4], frame[5], frame[6], frame[7]]);
        if frame[..4] != self.magic || size < MIN_BLOCK_BYTES || size as usize > MAX_BLOCK_BYTES {
            return Ok(At::Rubbish);
        }
        let offset = position + FRAME_BYTES as u64;
        let end = offset + u64::from(size);
        if end > length {
            return Ok(if grows { At::Unfinished } else { At::Rubbish });
        }
        if let Some((hash, header)) = self.proven(header) {
            return Ok(At::Block(Frame { hash, header, offset, size }));
        }
        // a whole frame with another one behind it: its header is bad, not the framing. With nothing behind it, a node
        // that lays out its file ahead (by zeros) may have got no further than the size
        Ok(match self.follows(file, end, length)? {
            Follows::Magic => At::Unproven { end },
            Follows::Nothing if grows => At::Unfinished,
            Follows::Nothing | Follows::Rubbish => At::Rubbish,
        })
    }

    fn follows(&self, file: &File, end: u64, length: u64) -> io::Result<Follows> {
        let mut raw = [0; 4];
        if length.saturating_sub(end) < raw.len() as u64 {
            return Ok(Follows::Nothing);
        }
        file.read_exact_at(&mut raw, end)?;
        // space laid out ahead is zero on the disk, whatever the key
        if raw == [0; 4] {
            return Ok(Follows::Nothing);
        }
        self.key.apply(&mut raw, end);
        Ok(if raw == self.magic { Follows::Magic } else { Follows::Rubbish })
    }

    /// The header and its hash, where that meets the target which the header states and the network allows.
    fn proven(&self, bytes: &[u8]) -> Option<(BlockHash, Header)> {
        let header: Header = consensus::deserialize(bytes).ok()?;
        let hash = BlockHash::from_byte_array(sha256d(bytes));
        let target = header.target();
        (target <= self.limit && target.is_met_by(hash)).then_some((hash, header))
    }

    /// The first position from `from` on at which a whole block with proof of work begins.
    fn next_block(&self, file: &File, from: u64, length: u64, stop: &AtomicBool) -> io::Result<Option<u64>> {
        let least = (FRAME_BYTES + HEADER_BYTES) as u64;
        if from + least > length {
            return Ok(None);
        }
        let mut start = from;
        let mut window = vec![0; WINDOW];
        while start + least <= length && !stop.load(Ordering::Relaxed) {
            let bytes = usize::try_from(length - start).unwrap_or(WINDOW).min(WINDOW);
            let window = &mut window[..bytes];
            self.read(file, start, window)?;
            for at in memmem::find_iter(window, &self.magic) {
                let position = start + at as u64;
                if matches!(self.at(file, position, length, false)?, At::Block(_)) {
                    return Ok(Some(position));
                }
            }
            // a magic may lie across the edge of two windows
            start += (bytes - (self.magic.len() - 1)) as u64;
        }
        Ok(None)
    }
}

#[derive(PartialEq, Eq)]
enum Follows {
    Magic,
    Nothing,
    Rubbish,
}
