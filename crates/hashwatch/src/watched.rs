//! A file of the operator's that may change while hashwatch runs.

use std::{
    fs::File,
    io::{self, Read},
    path::PathBuf,
    time::Duration,
};

/// How often a file is looked at. What is found counts once it is found twice, so that nobody's half-written file does.
pub(crate) const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Bytes of a file that is read; the built-in registry has a hundredth.
const MOST_BYTES: u64 = 16 << 20;

/// What a file holds; or why it cannot be read.
type Found = Result<String, String>;

/// A file, and what it held when it was last looked at.
pub(crate) struct Watched {
    path: PathBuf,
    /// What it held when it was last taken over or refused.
    settled: Found,
    last: Found,
}

impl Watched {
    /// A file that was read already, with what it held then; what it holds is a change where that is not known.
    pub(crate) fn new(path: PathBuf, held: Option<String>) -> Watched {
        let settled = held.ok_or_else(String::new);
        Watched { path, last: settled.clone(), settled }
    }

    /// What it is called in messages.
    pub(crate) fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// What it holds now, or why it cannot be read, if that has changed and was found twice.
    pub(crate) fn changed(&mut self) -> Option<&Found> {
        let found = self.read().map_err(|error| format!("cannot read {}: {error}", self.name()));
        if found != self.last {
            self.last = found;
            return None;
        }
        if found == self.settled {
            return None;
        }
        self.settled = found;
        Some(&self.settled)
    }

    /// What it holds.
    pub(crate) fn read(&self) -> io::Result<String> {
        let mut text = String::new();
        // not by the length that it is said to have: it may grow meanwhile, and devices say 0
        let read = File::open(&self.path)?.take(MOST_BYTES + 1).read_to_string(&mut text)?;
        if u64::try_from(read).is_ok_and(|read| read <= MOST_BYTES) {
            return Ok(text);
        }
        Err(io::Error::other(format!("it has more than {MOST_BYTES} bytes")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn what_never_ends_is_refused() {
        let error = Watched::new("/dev/zero".into(), None).read().unwrap_err();
        assert!(error.to_string().contains("more than"), "{error}");
    }
}
