//! `hashwatch relabel`: all opinions formed anew under the registry of this program, and which blocks changed hands.

use std::{process::ExitCode, sync::Arc};

use hashwatch_model::RegistryVersion;
use hashwatch_store::{ChangedHands, Writer};
use serde_json::json;
use tokio::time::Instant;

use super::{
    serve::{Existing, registry_for},
    verify_block::say,
};
use crate::{cli::RelabelArgs, progress::Progress, relabel};

/// What came of it.
struct Outcome {
    from: RegistryVersion,
    to: RegistryVersion,
    formed: u64,
    seconds: f64,
    changed: Vec<ChangedHands>,
}

pub(crate) async fn relabel(args: RelabelArgs) -> anyhow::Result<ExitCode> {
    let (existing, _lock) = Existing::open_to_write(&args.common).await?;
    let Existing { store, database: _database, data_dir, config } = existing;
    let registry = Arc::new(registry_for(&config, &store, &data_dir)?);
    let mut writer = Writer::open(&store).await?;
    let Some(snapshot) = store.snapshot().await? else {
        anyhow::bail!("nothing was ever committed to this store");
    };
    let counts = snapshot.counts().await?;
    let began = Instant::now();
    let mut progress = Progress::new("forming opinions anew", counts.active + counts.stale);
    let told = |blocks| progress.set(blocks);
    let formed = relabel::relabel(&store, &mut writer, &snapshot, &registry, 0, told).await?;
    progress.finish();
    let (from, to) = (snapshot.registry().clone(), registry.version().clone());
    let seconds = began.elapsed().as_secs_f64();
    let after = store.snapshot().await?.unwrap_or(snapshot);
    let changed = after.changed_hands(&from, &to).await?;
    let outcome = Outcome { from, to, formed, seconds, changed };
    say(&if args.json { as_json(&outcome) } else { as_text(&outcome) })?;
    Ok(ExitCode::SUCCESS)
}

fn as_json(outcome: &Outcome) -> String {
    let changed = outcome.changed.iter();
    let changed: Vec<_> =
        changed.map(|moved| json!({ "from": moved.from, "to": moved.to, "blocks": moved.blocks })).collect();
    json!({
        "from_registry": outcome.from.0,
        "to_registry": outcome.to.0,
        "opinions_formed": outcome.formed,
        "blocks_changed": outcome.changed.iter().map(|moved| moved.blocks).sum::<u64>(),
        "changed": changed,
        "seconds": outcome.seconds,
    })
    .to_string()
}

fn as_text(outcome: &Outcome) -> String {
    let Outcome { from, to, formed, seconds, changed } = outcome;
    let name = |pool: &Option<String>| pool.clone().unwrap_or_else(|| "Unknown".to_owned());
    let mut lines: Vec<String> = changed
        .iter()
        .map(|moved| format!("{} blocks: {} -> {}", moved.blocks, name(&moved.from), name(&moved.to)))
        .collect();
    let blocks: u64 = changed.iter().map(|moved| moved.blocks).sum();
    lines.push(format!(
        "registry {from} -> {to}: {blocks} blocks changed hands; {formed} opinions formed in {seconds:.1} s"
    ));
    lines.join("\n")
}
