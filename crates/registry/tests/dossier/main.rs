//! The dossier: what comes with hashwatch is sound, nothing is counted twice, and bad data are named.

mod builtin;
mod mistakes;
mod properties;
mod totals;

use hashwatch_registry::{Dossier, Registry, RegistryErrors};

/// Where and when a claim of these tests stood.
const SOURCE: &str = "source = \"https://example.org/\"\ndate = \"2026\"\n";

/// The same inside a table of one line.
const INLINE: &str = "source = \"https://example.org/\", date = \"2026\"";

/// A registry of the miners `a` and `b`.
fn miners() -> Registry {
    let miner = |slug: &str| format!("[[miner]]\nslug = {slug:?}\nname = \"M\"\n");
    Registry::from_toml("miners.toml", &(miner("a") + &miner("b"))).expect("sound")
}

/// An announcement of `a`; `more` are further keys, and may say `kind` or `miner` for themselves.
fn announced(slug: &str, on: &str, more: &str) -> String {
    let kind = if more.contains("kind =") { "" } else { "kind = \"lease\"\n" };
    let miner = if more.contains("miner =") { "" } else { "miner = \"a\"\n" };
    format!("[[announcement]]\nslug = {slug:?}\n{miner}on = {on:?}\ndated = \"announced\"\n{kind}{more}\n{SOURCE}")
}

fn read(text: &str) -> Result<Dossier, RegistryErrors> {
    Dossier::from_files(&[("own.toml", text)], &miners())
}
