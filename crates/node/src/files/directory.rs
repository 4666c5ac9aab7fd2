//! The directory itself: which files are block files, the key that they are written under, whose blocks they are.

use std::{
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
};

use hashwatch_model::Network;

use super::unreadable;
use crate::NodeError;

/// The key that Bitcoin Core (v28 on) writes its block files under: byte i of a file is xored with byte i mod 8.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Key([u8; 8]);

impl Key {
    /// Turns bytes that begin at `offset` of a file into what was written, or back.
    pub(super) fn apply(self, bytes: &mut [u8], offset: u64) {
        if self == Key::default() {
            return;
        }
        let mut key = self.0;
        key.rotate_left((offset % 8) as usize);
        let word = u64::from_ne_bytes(key);
        let (words, rest) = bytes.as_chunks_mut::<8>();
        for bytes in words {
            *bytes = (u64::from_ne_bytes(*bytes) ^ word).to_ne_bytes();
        }
        for (byte, key) in rest.iter_mut().zip(key) {
            *byte ^= key;
        }
    }
}

/// Reads `xor.dat`; none where there is no such file, as before v28.
pub(super) fn read_key(directory: &Path) -> Result<Option<Key>, NodeError> {
    let path = directory.join("xor.dat");
    match fs::read(&path) {
        Ok(bytes) => match <[u8; 8]>::try_from(bytes.as_slice()) {
            Ok(key) => Ok(Some(Key(key))),
            Err(_) => Err(NodeError::XorKey { path, bytes: bytes.len() as u64 }),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(NodeError::File { path, source }),
    }
}

/// The block files by number, lowest first.
pub(super) fn list(directory: &Path) -> Result<Vec<(u32, PathBuf)>, NodeError> {
    let failed = |source| NodeError::Directory { path: directory.to_owned(), source };
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if let Some(number) = entry.file_name().to_str().and_then(number) {
            files.push((number, entry.path()));
        }
    }
    files.sort_unstable();
    if files.is_empty() {
        return Err(NodeError::NoBlockFiles { path: directory.to_owned() });
    }
    Ok(files)
}

/// `blk00017.dat` is 17.
fn number(name: &str) -> Option<u32> {
    let digits = name.strip_prefix("blk")?.strip_suffix(".dat")?;
    (digits.len() >= 5 && digits.bytes().all(|b| b.is_ascii_digit())).then(|| digits.parse().ok())?
}

/// The network whose magic the file opens with.
pub(super) fn opening_network(path: &Path, key: Key) -> Result<Option<Network>, NodeError> {
    let mut magic = [0; 4];
    let mut file = File::open(path).map_err(unreadable(path))?;
    if file.read_exact(&mut magic).is_err() {
        return Ok(None);
    }
    key.apply(&mut magic, 0);
    Ok(Network::ALL.into_iter().find(|network| network.magic() == magic))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_block_files() {
        assert_eq!(number("blk00017.dat"), Some(17));
        assert_eq!(number("blk100000.dat"), Some(100_000));
        for other in ["rev00017.dat", "blk17.dat", "blk0001x.dat", "blk00017.dat.bak", "blk+0001.dat", "xor.dat"] {
            assert_eq!(number(other), None, "{other}");
        }
    }

    #[test]
    fn the_key_follows_the_offset_in_the_file() {
        let key = Key([1, 2, 3, 4, 5, 6, 7, 8]);
        let mut bytes = [0; 11];
        key.apply(&mut bytes, 22);
        assert_eq!(bytes, [7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 1]);
        key.apply(&mut bytes[3..], 25);
        assert_eq!(bytes, [7, 8, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
    }
}
