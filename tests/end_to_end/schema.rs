//! Whatever the description of the API allows, and much that it does not, asked by a fuzzer that reads it (Schemathesis): no status and
//! no body that is not described, and no failure of ours.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::figures::chain;
use crate::seed::soak;
use crate::turn::turn;

#[test]
fn no_question_is_answered_otherwise_than_described() -> Result<()> {
    let _turn = turn();
    let dir = tempfile::tempdir()?;
    let hashwatch = chain(dir.path(), 2_300)?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/run.sh");
    let asked = Command::new(script).arg(hashwatch.url()).arg(if soak() { "200" } else { "5" }).output();
    let asked = asked.context("tests/schema/run.sh")?;
    let (told, failed) = (String::from_utf8_lossy(&asked.stdout), String::from_utf8_lossy(&asked.stderr));
    ensure!(asked.status.success(), "{told}\n{failed}");
    let seed = told.lines().find(|line| line.starts_with("Seed:")).context("a seed")?;
    let cases = told.lines().skip_while(|line| !line.starts_with("Test cases:")).nth(1).context("a count of cases")?;
    eprintln!("schema: {} ({seed})", cases.trim());
    // it asked something, of every endpoint
    ensure!(told.contains("Tested: ") && !told.contains("Unresolvable references"), "{told}");
    Ok(())
}
