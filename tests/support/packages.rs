//! Python programs that tests stand on, each with packages of its own.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// The folder of the repository.
pub(crate) fn root() -> Result<&'static Path> {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the repository")
}

/// The interpreter that has what `tests/NAME/requirements.txt` asks for; it is fetched where it is not there.
pub(crate) fn python(name: &str) -> Result<PathBuf> {
    let venv = format!("set -euo pipefail; . tests/venv.sh; venv {name} tests/{name}/requirements.txt");
    let made = Command::new("bash").args(["-c", &venv]).current_dir(root()?).status()?;
    ensure!(made.success(), "the packages of tests/{name} cannot be fetched");
    Ok(root()?.join(".parts").join(name).join("bin/python"))
}
