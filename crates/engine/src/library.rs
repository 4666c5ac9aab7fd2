//! Where libchdb is found, and what is said when it is not.
//!
//! The library is a file of 560 MB, so it is neither linked nor shipped in the repository: `npm ci` in `web/`
//! fetches the package for this platform, whose hash the lock file there pins.

use crate::error::EngineError;
use crate::ffi::{LoadError, Symbols};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The environment variable that names the library file.
pub const LIBRARY_VARIABLE: &str = "HASHWATCH_LIBCHDB";

const FILE_NAMES: [&str; 2] = ["libchdb.so", "libchdb.dylib"];

/// libchdb, loaded. Loading takes some 20 ms; the file stays loaded until the process ends.
#[derive(Debug, Clone)]
pub struct Library {
    path: PathBuf,
    pub(crate) symbols: &'static Symbols,
}

impl Library {
    /// Finds and loads libchdb: the `explicit` path if given, else the file named by [`LIBRARY_VARIABLE`], else
    /// one beside the executable (or in `lib/` there), else the npm package under a `web/` directory above it.
    ///
    /// # Errors
    /// [`EngineError::LibraryMissing`] with every place looked at, [`EngineError::UnsupportedPlatform`] where no
    /// package exists, [`EngineError::LibraryNotLoadable`] and [`EngineError::LibraryIncompatible`] for a wrong file.
    pub fn find(explicit: Option<&Path>) -> Result<Self, EngineError> {
        let named = explicit
            .map(Path::to_path_buf)
            .or_else(|| std::env::var_os(LIBRARY_VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from));
        if let Some(path) = named {
            return if path.is_file() {
                Self::load(&path)
            } else {
                Err(EngineError::LibraryMissing { looked: vec![path] })
            };
        }
        let executable = std::env::current_exe().and_then(|path| path.canonicalize()).unwrap_or_default();
        let looked = places(&executable, platform());
        match looked.iter().find(|path| path.is_file()) {
            Some(path) => Self::load(path),
            None if platform().is_none() => {
                Err(EngineError::UnsupportedPlatform { os: std::env::consts::OS, architecture: std::env::consts::ARCH })
            }
            None => Err(EngineError::LibraryMissing { looked }),
        }
    }

    /// Loads this very file.
    fn load(path: &Path) -> Result<Self, EngineError> {
        if cut_short(path) {
            let reason = "it is cut short (a download that broke off?)".to_owned();
            return Err(EngineError::LibraryNotLoadable { path: path.to_path_buf(), reason });
        }
        // on a thread of its own, whose SIGPIPE libchdb may block
        let loaded = std::thread::scope(|scope| scope.spawn(|| Symbols::load(path)).join());
        let loaded = loaded.unwrap_or(Err(LoadError::Panicked));
        let symbols = loaded.map_err(|error| match error {
            LoadError::Panicked => {
                EngineError::LibraryNotLoadable { path: path.to_path_buf(), reason: "loading it broke off".to_owned() }
            }
            LoadError::NotLoadable(error) => EngineError::LibraryNotLoadable {
                path: path.to_path_buf(),
                reason: complaint(path).unwrap_or_else(|| error.to_string()),
            },
            LoadError::NoSymbol(symbol) => EngineError::LibraryIncompatible { path: path.to_path_buf(), symbol },
        })?;
        Ok(Self { path: path.to_path_buf(), symbols })
    }

    /// The file it was loaded from.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// The npm packages' name for the platform this was built for, where there is a package.
const fn platform() -> Option<&'static str> {
    if cfg!(all(target_os = "linux", target_env = "gnu", target_arch = "x86_64")) {
        Some("linux-x64-gnu")
    } else if cfg!(all(target_os = "linux", target_env = "gnu", target_arch = "aarch64")) {
        Some("linux-arm64-gnu")
    } else if cfg!(all(target_os = "macos", target_arch = "aarch64")) {
        Some("darwin-arm64")
    } else if cfg!(all(target_os = "macos", target_arch = "x86_64")) {
        Some("darwin-x64")
    } else {
        None
    }
}

/// Every place where the library may lie for an executable at `executable`, best first.
fn places(executable: &Path, platform: Option<&str>) -> Vec<PathBuf> {
    let mut places = Vec::new();
    let Some(folder) = executable.parent() else { return places };
    for beside in [folder.to_path_buf(), folder.join("lib")] {
        places.extend(FILE_NAMES.map(|name| beside.join(name)));
    }
    let Some(platform) = platform else { return places };
    let package = Path::new("web/node_modules/@chdb").join(format!("lib-{platform}"));
    for above in folder.ancestors().filter(|above| above.join("web").is_dir()) {
        places.extend(FILE_NAMES.map(|name| above.join(&package).join(name)));
    }
    places
}

/// Whether a Linux library ends before its own header says. The loader maps such a file all the same, and the
/// process dies of SIGBUS at the first missing page.
fn cut_short(path: &Path) -> bool {
    let read = || -> std::io::Result<Option<(u64, u64)>> {
        let mut file = File::open(path)?;
        let mut header = [0; 64];
        file.read_exact(&mut header)?;
        let number = |at: usize, bytes: usize| {
            header[at..at + bytes].iter().rev().fold(0_u64, |number, byte| number << 8 | u64::from(*byte))
        };
        // 64-bit, little-endian; the table of sections is what linkers write last
        let elf = header.starts_with(b"\x7fELF\x02\x01");
        let end = number(0x28, 8).saturating_add(number(0x3a, 2) * number(0x3c, 2));
        Ok(elf.then_some((end, file.metadata()?.len())))
    };
    matches!(read(), Ok(Some((end, length))) if length < end)
}

/// What is wrong with a file that the dynamic loader refused, in words for whoever put it there.
fn complaint(path: &Path) -> Option<String> {
    let mut head = [0; 20];
    let read = File::open(path).and_then(|mut file| file.read(&mut head)).ok()?;
    let head = &head[..read];
    let here = std::env::consts::ARCH;
    if head.starts_with(b"\x7fELF") {
        let built_for = match head.get(18..20)? {
            [62, 0] => "x86_64",
            [183, 0] => "aarch64",
            _ => "another architecture",
        };
        return if cfg!(target_os = "macos") {
            Some("it is built for Linux, this is macOS".to_owned())
        } else if built_for != here {
            Some(format!("it is built for {built_for}, this machine is {here}"))
        } else {
            None
        };
    }
    let mach_o = [[0xcf, 0xfa, 0xed, 0xfe], [0xca, 0xfe, 0xba, 0xbe]].iter().any(|magic| head.starts_with(magic));
    match (mach_o, cfg!(target_os = "macos")) {
        (true, true) => None,
        (true, false) => Some("it is built for macOS".to_owned()),
        (false, _) => Some("it is no shared library at all".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkout_finds_the_package_under_web_above_the_executable() {
        let checkout = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(checkout.path().join("web")).unwrap();
        let executable = checkout.path().join("target/release/hashwatch");
        let found = places(&executable, Some("linux-x64-gnu"));
        assert_eq!(found[0], checkout.path().join("target/release/libchdb.so"), "beside the executable comes first");
        assert!(found.contains(&checkout.path().join("web/node_modules/@chdb/lib-linux-x64-gnu/libchdb.so")));
        assert!(places(&executable, None).iter().all(|path| !path.starts_with(checkout.path().join("web"))));
    }

    #[test]
    fn a_wrong_file_is_named_for_what_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            complaint(&path)
        };
        let mut elf = *b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\xf3\0"; // RISC-V
        let complained = write("riscv", &elf).unwrap();
        assert!(complained.contains("another architecture") || complained.contains("Linux"), "{complained}");
        elf[18] = if cfg!(target_arch = "x86_64") { 183 } else { 62 };
        assert!(write("other", &elf).unwrap().contains("built for"));
        assert_eq!(write("text", b"hello").unwrap(), "it is no shared library at all");
        assert_eq!(write("empty", b"").unwrap(), "it is no shared library at all");
    }
}
