//! Which way to hash this process uses: the best that the machine has, or the one that the operator asks for.

use std::fmt;

use hashwatch_sha256d::{Backend, Unavailable};

use crate::BadUsage;

/// What leaves the choice to the machine.
pub(crate) const AUTO: &str = "auto";

/// The backend in use, and who chose it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hashing {
    pub(crate) backend: Backend,
    /// The operator named it.
    configured: bool,
}

impl Hashing {
    /// Settles on `auto` or a backend by name; `setting` is where it was written. To be called before anything is hashed.
    pub(crate) fn choose(setting: &str, name: &str) -> Result<Hashing, BadUsage> {
        if name == AUTO {
            return Ok(Hashing { backend: Backend::active(), configured: false });
        }
        let has = || {
            let names: Vec<&str> =
                Backend::ALL.into_iter().filter(|backend| backend.is_available()).map(Backend::name).collect();
            format!("this machine has {}; {AUTO} takes the best", names.join(", "))
        };
        let backend: Backend = name.parse().map_err(|error| BadUsage(format!("{setting}: {error}; {}", has())))?;
        match backend.select() {
            Ok(()) => Ok(Hashing { backend, configured: true }),
            Err(lacking @ Unavailable::Lacking { .. }) => Err(BadUsage(format!("{setting}: {lacking}; {}", has()))),
            Err(begun @ Unavailable::Begun { .. }) => Err(BadUsage(format!("{setting}: {begun}"))),
        }
    }
}

impl fmt::Display for Hashing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.backend, if self.configured { "as configured" } else { "the best of this machine" })
    }
}
