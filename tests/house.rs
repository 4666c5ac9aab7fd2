//! The house rules that a machine can hold: the table of dependencies, names, and one statement per SQL file.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests lie in the repository").to_path_buf()
}

fn files_below(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder of the repository").flatten() {
        let path = entry.path();
        if path.is_dir() {
            if !path.ends_with("node_modules") && !path.ends_with("target") {
                found.extend(files_below(&path, ending));
            }
        } else if path.extension().is_some_and(|e| e == ending) {
            found.push(path);
        }
    }
    found
}

/// Crate to the crates that it may use, as docs/architecture.md has them.
fn documented() -> BTreeMap<String, BTreeSet<String>> {
    let text = std::fs::read_to_string(root().join("docs/architecture.md")).expect("docs/architecture.md");
    let rows = text.lines().skip_while(|line| !line.starts_with("| crate ")).skip(2);
    rows.take_while(|line| line.starts_with('|'))
        .map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            (cells[0].to_owned(), cells[2].split_whitespace().map(str::to_owned).collect())
        })
        .collect()
}

/// The same as the manifests have them. What tests alone use does not count.
fn declared() -> BTreeMap<String, BTreeSet<String>> {
    let short = |name: &str| name.trim_start_matches("hashwatch-").to_owned();
    let folders = std::fs::read_dir(root().join("crates")).expect("crates/").flatten();
    folders
        .map(|folder| {
            let text = std::fs::read_to_string(folder.path().join("Cargo.toml")).expect("a manifest");
            let manifest: toml::Table = text.parse().expect("a manifest is TOML");
            let name = manifest["package"]["name"].as_str().expect("a name");
            let uses = manifest["dependencies"].as_table().expect("dependencies").keys();
            (short(name), uses.filter(|key| key.starts_with("hashwatch-")).map(|key| short(key)).collect())
        })
        .collect()
}

#[test]
fn dependencies_are_those_of_the_table() {
    assert_eq!(declared(), documented(), "the manifests (left) and docs/architecture.md (right) differ");
}

#[test]
fn two_internal_edges_a_crate_on_average() {
    let mut crates = declared();
    crates.remove("hashwatch");
    let edges: usize = crates.values().map(BTreeSet::len).sum();
    assert!(edges <= 2 * crates.len(), "{edges} edges among {} crates", crates.len());
}

#[test]
fn no_module_is_a_drawer() {
    let drawers = ["utils", "util", "common", "helpers", "helper", "types", "misc"];
    for file in files_below(&root().join("crates"), "rs") {
        let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        assert!(!drawers.contains(&stem), "{} says nothing about what is in it", file.display());
    }
}

#[test]
fn every_rust_file_says_what_it_is_for() {
    let mut files = files_below(&root().join("crates"), "rs");
    files.extend(files_below(&root().join("tests"), "rs"));
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a source file");
        assert!(text.starts_with("//!"), "{} does not open with what it is for", file.display());
    }
}

#[test]
fn one_statement_per_sql_file_and_a_comment_first() {
    for file in files_below(&root().join("sql"), "sql") {
        let text = std::fs::read_to_string(&file).expect("a statement");
        assert!(text.starts_with("-- "), "{} does not open with what it answers", file.display());
        assert!(!text.contains(';'), "{} has more than one statement, or a semicolon", file.display());
    }
}

#[test]
fn unsafe_code_lies_where_it_is_allowed() {
    for file in files_below(&root().join("crates"), "rs") {
        let text = std::fs::read_to_string(&file).expect("a source file");
        let allowed =
            file.ends_with("engine/src/ffi.rs") || file.components().any(|part| part.as_os_str() == "sha256d");
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        assert!(allowed || !code.into_iter().any(|line| line.contains("unsafe {")), "{}", file.display());
    }
}
