//! Files that are named on the command line, and `-` for standard input: opened, and read into a buffer of the caller's.
//! Whatever cannot be read is the operator's to mend, so each failure says which file and why. What the bytes mean is for
//! the subcommand.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use crate::BadUsage;

/// Something to read once, from its beginning.
pub(crate) struct Input {
    /// As the operator wrote it.
    pub(crate) name: String,
    /// Bytes; none of a pipe, whose length shows at its end and which cannot be read a second time.
    pub(crate) length: Option<u64>,
    reader: Box<dyn Read>,
}

impl Input {
    pub(crate) fn open(path: &Path) -> Result<Input, BadUsage> {
        let name = path.display().to_string();
        if name == "-" {
            return Ok(Input { name: "standard input".to_owned(), length: None, reader: Box::new(io::stdin()) });
        }
        let failed = |error: io::Error| BadUsage(format!("cannot read {name}: {error}"));
        let kind = std::fs::metadata(path).map_err(failed)?.file_type();
        if !kind.is_file() && !is_pipe(kind) {
            let what = if kind.is_dir() { "a directory" } else { "neither a file nor a pipe" };
            return Err(BadUsage(format!("cannot read {name}: it is {what}")));
        }
        let file = File::open(path).map_err(failed)?;
        let length = if kind.is_file() { Some(file.metadata().map_err(failed)?.len()) } else { None };
        Ok(Input { name, length, reader: Box::new(file) })
    }

    /// Fills the buffer; less than that only at the end. Says how many bytes came.
    pub(crate) fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, BadUsage> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.reader.read(&mut buffer[filled..]) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(BadUsage(format!("cannot read {}: {error}", self.name))),
            }
        }
        Ok(filled)
    }

    /// For a file that has not the length any more that it had.
    pub(crate) fn check_length(&self, read: u64) -> Result<(), BadUsage> {
        match self.length.filter(|length| *length != read) {
            None => Ok(()),
            Some(length) => {
                let name = &self.name;
                Err(BadUsage(format!("{name} changed while it was read: it had {length} bytes, and {read} came")))
            }
        }
    }
}

fn is_pipe(kind: std::fs::FileType) -> bool {
    use std::os::unix::fs::FileTypeExt;
    kind.is_fifo()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives a byte at a time, now and then after an interruption.
    struct Drops(u8);

    impl Read for Drops {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0 -= u8::from(self.0 > 0);
            match self.0 {
                0 => Ok(0),
                odd if odd % 2 == 1 => Err(io::ErrorKind::Interrupted.into()),
                even => {
                    buffer[0] = even;
                    Ok(1)
                }
            }
        }
    }

    #[test]
    fn a_buffer_is_filled_whatever_the_pieces() {
        let mut input = Input { name: "drops".to_owned(), length: None, reader: Box::new(Drops(9)) };
        let mut buffer = [0; 3];
        assert_eq!((input.fill(&mut buffer).unwrap(), buffer), (3, [8, 6, 4]));
        assert_eq!((input.fill(&mut buffer).unwrap(), buffer[0]), (1, 2));
        assert_eq!(input.fill(&mut buffer).unwrap(), 0);
    }

    #[test]
    fn a_file_that_changes_is_told() {
        let input = |length| Input { name: "f".to_owned(), length, reader: Box::new(io::empty()) };
        assert!(input(Some(160)).check_length(160).is_ok() && input(None).check_length(7).is_ok());
        let said = input(Some(160)).check_length(80).unwrap_err().to_string();
        assert_eq!(said, "f changed while it was read: it had 160 bytes, and 80 came");
    }
}
