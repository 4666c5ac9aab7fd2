//! `hashwatch registry`: is it sound, and what do other lists have that it has not.

use std::{path::Path, process::ExitCode};

use hashwatch_registry::{
    Difference, Dossier, ListedPool, Published, Registry, RegistryErrors, When, compare, entries,
};
use serde_json::{Value, json};

use super::verify_block::say;
use crate::{BadUsage, cli::RegistryCommand};

/// Bytes of a list that are read at most: those there are have some 50 kB.
const MOST_BYTES: u64 = 32 << 20;

pub(crate) fn registry(command: RegistryCommand) -> anyhow::Result<ExitCode> {
    match command {
        RegistryCommand::Check { file } => check(file.as_deref()),
        RegistryCommand::Diff { file, json } => {
            let differences = compare(Registry::builtin(), &list(&file)?);
            let lines: Vec<String> = differences.iter().map(as_text).collect();
            let all: Vec<Value> = differences.iter().map(as_json).collect();
            say(&if json { Value::from(all).to_string() } else { summary(lines) })?;
            Ok(ExitCode::SUCCESS)
        }
        RegistryCommand::Import { file, source, date } => {
            if !source.starts_with("https://") && !source.starts_with("http://") {
                return Err(BadUsage(format!("--source {source:?} is neither an http nor an https URL")).into());
            }
            if When::parse(&date).is_none() {
                return Err(BadUsage(format!("--date {date:?} is no day, month or year since 2009")).into());
            }
            import(&compare(Registry::builtin(), &list(&file)?), &source, &date)
        }
    }
}

/// Entries that would be taken, on standard output; those that would not, with the reason, on standard error.
fn import(differences: &[Difference], source: &str, date: &str) -> anyhow::Result<ExitCode> {
    let mut taken: Vec<Difference> = Vec::new();
    for difference in differences {
        taken.push(difference.clone());
        if let Err(errors) = Registry::with_overlay("entries", &entries(&taken, source, date)) {
            tracing::warn!("left out: {}: {errors}", as_text(difference));
            taken.pop();
        }
    }
    let text = entries(&taken, source, date);
    say(text.trim_end())?;
    Ok(ExitCode::SUCCESS)
}

/// Whether the registry and the dossier are sound, with the entries of a file beside them. It may hold entries of both.
fn check(file: Option<&Path>) -> anyhow::Result<ExitCode> {
    let checked = match file {
        None => Ok((Registry::builtin().clone(), Dossier::builtin().clone())),
        Some(path) => with_overlay(&path.display().to_string(), &read(path)?),
    };
    match checked {
        Ok((registry, dossier)) => {
            say(&format!("nothing wrong: {}; {}", registry_counts(&registry), dossier_counts(&dossier)))?;
            Ok(ExitCode::SUCCESS)
        }
        Err(errors) => {
            say(&errors.to_string())?;
            Ok(ExitCode::FAILURE)
        }
    }
}

/// What both have to say against a file, once where they agree.
fn with_overlay(name: &str, text: &str) -> Result<(Registry, Dossier), RegistryErrors> {
    let registry = Registry::with_overlay(name, text);
    let miners = registry.as_ref().unwrap_or_else(|_| Registry::builtin());
    let dossier = Dossier::with_overlay(name, text, miners);
    match (registry, dossier) {
        (Ok(registry), Ok(dossier)) => Ok((registry, dossier)),
        (Err(mut errors), Err(more)) => {
            errors.0.extend(more.0.into_iter().filter(|problem| !errors.0.contains(problem)).collect::<Vec<_>>());
            Err(errors)
        }
        (Err(errors), _) | (_, Err(errors)) => Err(errors),
    }
}

fn registry_counts(registry: &Registry) -> String {
    let tags: usize = registry.pools().iter().map(|pool| pool.tags.len()).sum();
    let addresses: usize = registry.pools().iter().map(|pool| pool.addresses.len()).sum();
    format!(
        "{} pools with {tags} tags and {addresses} addresses, {} groups, {} owners, {} listed miners, {} markers, {} months of \
         published history; version {}",
        registry.pools().len(),
        registry.groups().len(),
        registry.owners().len(),
        registry.miners().len(),
        registry.markers().len(),
        Published::builtin().months.len(),
        registry.version(),
    )
}

fn dossier_counts(dossier: &Dossier) -> String {
    format!(
        "{} announcements, {} reports of miners, {} machines, {} market values, {} published costs; version {}",
        dossier.announcements().len(),
        dossier.reports().len(),
        dossier.machines().len(),
        dossier.values().len(),
        dossier.published_costs().len(),
        dossier.version(),
    )
}

fn read(path: &Path) -> Result<String, BadUsage> {
    let failed = |error: std::io::Error| BadUsage(format!("cannot read {}: {error}", path.display()));
    if std::fs::metadata(path).map_err(failed)?.len() > MOST_BYTES {
        return Err(BadUsage(format!("{} has over {MOST_BYTES} bytes", path.display())));
    }
    std::fs::read_to_string(path).map_err(failed)
}

/// A list as mempool and bitcoin-data have it. Every entry that is not one is named.
fn list(path: &Path) -> anyhow::Result<Vec<ListedPool>> {
    let name = path.display();
    let value: Value =
        serde_json::from_str(&read(path)?).map_err(|error| BadUsage(format!("{name} is not JSON: {error}")))?;
    let Value::Array(entries) = value else {
        return Err(BadUsage(format!("{name} is no list of pools")).into());
    };
    let read: Vec<Result<ListedPool, String>> =
        entries.iter().enumerate().map(|(at, entry)| listed(at, entry)).collect();
    let problems: Vec<&str> = read.iter().filter_map(|entry| entry.as_ref().err()).map(String::as_str).collect();
    if !problems.is_empty() {
        return Err(BadUsage(format!("{name}:\n{}", problems.join("\n"))).into());
    }
    Ok(read.into_iter().flatten().collect())
}

fn listed(at: usize, entry: &Value) -> Result<ListedPool, String> {
    let name = entry["name"].as_str().ok_or_else(|| format!("entry {}: name is missing or no text", at + 1))?;
    let texts = |key: &str| match &entry[key] {
        Value::Null => Ok(Vec::new()),
        Value::Array(items) => items
            .iter()
            .map(|item| item.as_str().map(str::to_owned))
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| format!("entry {} ({name}): {key} holds something that is no text", at + 1)),
        _ => Err(format!("entry {} ({name}): {key} is no list", at + 1)),
    };
    let link = entry["link"].as_str().filter(|link| !link.is_empty()).map(str::to_owned);
    Ok(ListedPool { name: name.to_owned(), tags: texts("tags")?, addresses: texts("addresses")?, link })
}

fn summary(mut lines: Vec<String>) -> String {
    let count = lines.len();
    lines.push(format!("{count} differences"));
    lines.join("\n")
}

fn as_text(difference: &Difference) -> String {
    match difference {
        Difference::NewPool(pool) => {
            format!("new pool {:?}: {} tags, {} addresses", pool.name, pool.tags.len(), pool.addresses.len())
        }
        Difference::NewTag { pool, tag } => format!("{pool}: tag {tag:?} is not here"),
        Difference::NewAddress { pool, address } => format!("{pool}: address {address} is not here"),
        Difference::Conflict { mark, theirs, ours } => format!("conflict: {mark:?} is {theirs:?} there, {ours} here"),
        Difference::Renamed { pool, ours, theirs } => format!("{pool}: {ours:?} here, {theirs:?} there"),
        Difference::BadAddress { theirs, address } => format!("{theirs:?}: {address:?} is no address"),
    }
}

fn as_json(difference: &Difference) -> Value {
    match difference {
        Difference::NewPool(pool) => json!({
            "kind": "new_pool", "name": pool.name, "tags": pool.tags, "addresses": pool.addresses, "link": pool.link,
        }),
        Difference::NewTag { pool, tag } => json!({ "kind": "new_tag", "pool": pool, "tag": tag }),
        Difference::NewAddress { pool, address } => json!({ "kind": "new_address", "pool": pool, "address": address }),
        Difference::Conflict { mark, theirs, ours } => {
            json!({ "kind": "conflict", "mark": mark, "theirs": theirs, "ours": ours })
        }
        Difference::Renamed { pool, ours, theirs } => {
            json!({ "kind": "renamed", "pool": pool, "ours": ours, "theirs": theirs })
        }
        Difference::BadAddress { theirs, address } => {
            json!({ "kind": "bad_address", "theirs": theirs, "address": address })
        }
    }
}
