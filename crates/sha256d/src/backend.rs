//! Which of the ways to hash there are, which of them this machine has, and which one is used.

use std::{fmt, str::FromStr, sync::OnceLock};

use crate::{HEADER_BYTES, Hash, portable};
#[cfg(target_arch = "x86_64")]
use crate::{avx2::Avx2, avx512::Avx512, batches::in_batches, sha_ni::ShaNi};

/// A way to hash. All of them give the same hashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Backend {
    /// 2 x 16 messages at once, x86-64 with AVX-512 F, BW and VL.
    Avx512,
    /// Eight messages at once, x86-64 with AVX2.
    Avx2,
    /// The SHA-256 instructions of x86-64, several messages side by side.
    ShaNi,
    /// The `sha2` crate, one message at a time, on any machine.
    Portable,
}

/// Why a backend cannot be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    /// The processor has it not.
    #[error("hashing with {backend} needs {needs}, which this processor does not have")]
    Lacking {
        /// The backend asked for.
        backend: Backend,
        /// What it needs of a processor.
        needs: &'static str,
    },
    /// The choice is made once, and hashing began with another.
    #[error("hashing with {backend} was asked for after it had begun with {active}")]
    Begun {
        /// The backend asked for.
        backend: Backend,
        /// The one in use.
        active: Backend,
    },
}

/// A name that no backend has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no way to hash; there are avx512, avx2, sha-ni and portable")]
pub struct UnknownBackend(pub String);

static ACTIVE: OnceLock<Backend> = OnceLock::new();

impl Backend {
    /// Every backend, on this machine or not.
    pub const ALL: [Backend; 4] = [Backend::Avx512, Backend::Avx2, Backend::ShaNi, Backend::Portable];

    /// Whether this machine has it.
    pub fn is_available(self) -> bool {
        match self {
            #[cfg(target_arch = "x86_64")]
            Backend::Avx512 => Avx512::new().is_some(),
            #[cfg(target_arch = "x86_64")]
            Backend::Avx2 => Avx2::new().is_some(),
            #[cfg(target_arch = "x86_64")]
            Backend::ShaNi => ShaNi::new().is_some(),
            Backend::Portable => true,
            #[cfg(not(target_arch = "x86_64"))]
            _ => false,
        }
    }

    /// Its name in configuration and reports.
    pub fn name(self) -> &'static str {
        match self {
            Backend::Avx512 => "avx512",
            Backend::Avx2 => "avx2",
            Backend::ShaNi => "sha-ni",
            Backend::Portable => "portable",
        }
    }

    /// What it needs of a processor.
    fn needs(self) -> &'static str {
        match self {
            Backend::Avx512 => "x86-64 with AVX-512 F, BW and VL",
            Backend::Avx2 => "x86-64 with AVX2",
            Backend::ShaNi => "x86-64 with SHA-NI and SSE4.1",
            Backend::Portable => "nothing",
        }
    }

    /// The fastest for runs on this machine: SHA-NI goes before AVX2, because a message in its own instructions takes
    /// less time than an eighth of eight.
    pub fn best() -> Backend {
        let order = [Backend::Avx512, Backend::ShaNi, Backend::Avx2];
        order.into_iter().find(|backend| backend.is_available()).unwrap_or(Backend::Portable)
    }

    /// The one that this process hashes with: the selected one, else the best.
    pub fn active() -> Backend {
        *ACTIVE.get_or_init(Backend::best)
    }

    /// Makes it the one that this process hashes with. To be called before anything is hashed.
    ///
    /// # Errors
    /// When this machine does not have it, or hashing has begun with another.
    pub fn select(self) -> Result<(), Unavailable> {
        if !self.is_available() {
            return Err(Unavailable::Lacking { backend: self, needs: self.needs() });
        }
        match *ACTIVE.get_or_init(|| self) {
            active if active == self => Ok(()),
            active => Err(Unavailable::Begun { backend: self, active }),
        }
    }

    /// As [`crate::hash_headers`], with this backend.
    ///
    /// # Panics
    /// When `headers` is not `out.len()` headers long, or this machine does not have the backend.
    pub fn hash_headers(self, headers: &[u8], out: &mut [Hash]) {
        let (rows, rest) = headers.as_chunks::<HEADER_BYTES>();
        assert!(rest.is_empty() && rows.len() == out.len(), "one hash for each 80-byte header");
        match self {
            #[cfg(target_arch = "x86_64")]
            Backend::Avx512 => {
                let isa = self.found(Avx512::new());
                let whole = rows.len() - rows.len() % Avx512::WIDE;
                if whole > 0 {
                    isa.headers(&rows[..whole], &mut out[..whole]);
                }
                let narrow = |rows: &_, out: &mut _| isa.headers_narrow(rows, out);
                in_batches::<{ Avx512::NARROW }, _>(&rows[whole..], &mut out[whole..], narrow, few_headers);
            }
            #[cfg(target_arch = "x86_64")]
            Backend::Avx2 => {
                let isa = self.found(Avx2::new());
                in_batches::<{ Avx2::WIDE }, _>(rows, out, |rows, out| isa.headers(rows, out), few_headers);
            }
            #[cfg(target_arch = "x86_64")]
            Backend::ShaNi => self.found(ShaNi::new()).headers(rows, out),
            Backend::Portable => portable::rows(rows, out),
            #[cfg(not(target_arch = "x86_64"))]
            _ => self.found(None),
        }
    }

    /// As [`crate::hash_nodes`], with this backend.
    ///
    /// # Panics
    /// When `nodes` is not twice as long as `out`, or this machine does not have the backend.
    pub fn hash_nodes(self, nodes: &[Hash], out: &mut [Hash]) {
        let (rows, rest) = nodes.as_flattened().as_chunks::<64>();
        assert!(rest.is_empty() && rows.len() == out.len(), "one hash for each two nodes");
        match self {
            #[cfg(target_arch = "x86_64")]
            Backend::Avx512 => {
                let isa = self.found(Avx512::new());
                let whole = rows.len() - rows.len() % Avx512::WIDE;
                if whole > 0 {
                    isa.nodes(&rows[..whole], &mut out[..whole]);
                }
                let narrow = |rows: &_, out: &mut _| isa.nodes_narrow(rows, out);
                in_batches::<{ Avx512::NARROW }, _>(&rows[whole..], &mut out[whole..], narrow, few_nodes);
            }
            #[cfg(target_arch = "x86_64")]
            Backend::Avx2 => {
                let isa = self.found(Avx2::new());
                in_batches::<{ Avx2::WIDE }, _>(rows, out, |rows, out| isa.nodes(rows, out), few_nodes);
            }
            #[cfg(target_arch = "x86_64")]
            Backend::ShaNi => self.found(ShaNi::new()).nodes(rows, out),
            Backend::Portable => portable::rows(rows, out),
            #[cfg(not(target_arch = "x86_64"))]
            _ => self.found(None),
        }
    }

    /// As [`crate::sha256d`], with this backend.
    ///
    /// # Panics
    /// When this machine does not have the backend.
    pub fn sha256d(self, bytes: &[u8]) -> Hash {
        if self != Backend::Portable && bytes.len() == HEADER_BYTES {
            let mut hash = [[0; 32]];
            self.hash_headers(bytes, &mut hash);
            return hash[0];
        }
        assert!(self.is_available(), "{self} needs {}", self.needs());
        portable::sha256d(bytes)
    }

    /// The instruction set of this backend, which callers make sure of.
    fn found<I>(self, isa: Option<I>) -> I {
        isa.unwrap_or_else(|| panic!("{}", Unavailable::Lacking { backend: self, needs: self.needs() }))
    }
}

/// Headers too few for a batch.
#[cfg(target_arch = "x86_64")]
fn few_headers(rows: &[[u8; 80]], out: &mut [Hash]) {
    match ShaNi::new() {
        Some(isa) => isa.headers(rows, out),
        None => portable::rows(rows, out),
    }
}

/// Nodes too few for a batch.
#[cfg(target_arch = "x86_64")]
fn few_nodes(rows: &[[u8; 64]], out: &mut [Hash]) {
    match ShaNi::new() {
        Some(isa) => isa.nodes(rows, out),
        None => portable::rows(rows, out),
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Backend {
    type Err = UnknownBackend;

    fn from_str(name: &str) -> Result<Backend, UnknownBackend> {
        let named = Backend::ALL.into_iter().find(|backend| backend.name() == name);
        named.ok_or_else(|| UnknownBackend(name.to_owned()))
    }
}
