//! `hashwatch audit`: proves coinbases from whole blocks, where the index read no more than their fronts, and looks whether
//! what is stored is what the blocks hold.

use std::{collections::HashMap, process::ExitCode};

use hashwatch_model::{Block, BlockHash, BlockId, Coinbase, RawBlock};
use hashwatch_node::{NodeError, Source, Want};
use hashwatch_store::{Proof, Snapshot, Store, StoreError};
use hashwatch_verify::verify_alone;
use serde_json::json;
use tokio::time::{Duration, Instant};

use super::verify_block::say;
use crate::{
    blocks::what_there_is, chain::Chain, cli::AuditArgs, clock::unix_now, config::Config, database::Database,
    progress::Progress,
};

/// Blocks listed at a time.
const LIST: u32 = 20_000;
/// Whole blocks in memory at a time.
const PAGE: usize = 64;
/// For one page from one source.
const PATIENCE: Duration = Duration::from_secs(600);
/// Heights without a block of the page that are read along rather than asked around.
const NEAR: u32 = 8;

/// What came of it.
#[derive(Default)]
struct Outcome {
    audited: u64,
    proven: u64,
    /// What is stored, and what the block holds.
    differing: Vec<(BlockId, String)>,
    /// Blocks that no source has whole.
    missing: Vec<(BlockId, String)>,
}

pub(crate) async fn audit(args: AuditArgs) -> anyhow::Result<ExitCode> {
    let config = Config::read_sources(&args.common, &args.source)?;
    let chain = Chain::as_it_lies(&config).await?;
    if config.store.url.is_none() && !chain.data_dir.is_dir() {
        anyhow::bail!("there is no data directory {}: give --data, or index first", chain.data_dir.display());
    }
    let database = Database::open(&config, &chain.data_dir).await?;
    let store = Store::open_existing(database.client.clone(), &config.store.database).await?;
    if *store.origin() != chain.origin {
        let (found, wanted) = (Box::new(store.origin().clone()), Box::new(chain.origin));
        return Err(StoreError::OtherOrigin { found, wanted }.into());
    }
    let Some(snapshot) = store.snapshot().await? else {
        anyhow::bail!("nothing was ever committed to this store");
    };
    let outcome = run(&args, &store, &snapshot, &chain.sources).await?;
    say(&if args.json { as_json(&outcome) } else { as_text(&outcome) })?;
    Ok(if outcome.differing.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn run(args: &AuditArgs, store: &Store, snapshot: &Snapshot, sources: &[Source]) -> anyhow::Result<Outcome> {
    let counts = snapshot.proof_counts().await?;
    let unproven = counts.node + counts.file;
    let of = match args.sample {
        Some(blocks) => u64::from(blocks).min(unproven + counts.merkle),
        None if args.all => unproven + counts.merkle,
        None => unproven,
    };
    let mut progress = Progress::new("auditing", of);
    let mut outcome = Outcome::default();
    let mut after = None;
    loop {
        let mut ids = match args.sample {
            Some(_) if after.is_some() => Vec::new(),
            Some(blocks) => snapshot.sample(blocks, args.seed.unwrap_or_else(unix_now)).await?,
            None if args.all => snapshot.kept_ids(after, LIST).await?,
            None => snapshot.unproven(after, LIST).await?,
        };
        ids.sort_unstable();
        let Some(last) = ids.last() else { break };
        after = Some(*last);
        for page in ids.chunks(PAGE) {
            audit_page(store, snapshot, sources, page, &mut outcome).await?;
            progress.set(outcome.audited + outcome.missing.len() as u64);
        }
    }
    progress.finish();
    Ok(outcome)
}

async fn audit_page(
    store: &Store,
    snapshot: &Snapshot,
    sources: &[Source],
    page: &[BlockId],
    outcome: &mut Outcome,
) -> anyhow::Result<()> {
    let (blocks, missing) = fetch(sources, page).await;
    outcome.missing.extend(missing.into_iter().map(|(id, error)| (id, error.to_string())));
    let stored = facts(snapshot, page).await?;
    let network = store.origin().network;
    let mut proofs = Vec::new();
    for raw in blocks {
        outcome.audited += 1;
        let differences = match (verify_alone(network, &raw, unix_now()), stored.get(&raw.id.hash)) {
            (Err(refusal), _) => vec![refusal.to_string()],
            (Ok(_), None) => vec!["it is not in the store".to_owned()],
            (Ok(coinbase), Some(stored)) => differences(stored, &raw, &coinbase),
        };
        if let (true, Some(size), Some(weight)) = (differences.is_empty(), raw.size, raw.weight()) {
            proofs.push(Proof { id: raw.id, size, weight });
        }
        outcome.differing.extend(differences.into_iter().map(|difference| (raw.id, difference)));
    }
    outcome.proven += proofs.len() as u64;
    Ok(store.write_proofs(&proofs).await?)
}

/// Whole blocks, each from the first source that has it.
async fn fetch(sources: &[Source], page: &[BlockId]) -> (Vec<RawBlock>, Vec<(BlockId, NodeError)>) {
    let (mut blocks, mut missing) = (Vec::new(), Vec::new());
    let mut left = page.to_vec();
    for source in sources {
        let (found, lacking) = what_there_is(source, &left, Want::Whole, Instant::now() + PATIENCE).await;
        blocks.extend(found);
        left = lacking.iter().map(|(id, _)| *id).collect();
        missing = lacking;
        if left.is_empty() {
            break;
        }
    }
    (blocks, missing)
}

/// What is stored of the blocks of a page, which is in the order of heights.
async fn facts(snapshot: &Snapshot, page: &[BlockId]) -> anyhow::Result<HashMap<BlockHash, Block>> {
    let mut facts = HashMap::new();
    for near in page.chunk_by(|one, next| next.height - one.height <= NEAR) {
        if let (Some(first), Some(last)) = (near.first(), near.last()) {
            let found = snapshot.facts_between(first.height, last.height).await?;
            facts.extend(found.into_iter().map(|block| (block.id.hash, block)));
        }
    }
    Ok(facts)
}

/// In what a row differs from its block.
fn differences(stored: &Block, raw: &RawBlock, coinbase: &Coinbase) -> Vec<String> {
    let mut found = Vec::new();
    let mut compare = |what: &str, stored: String, block: String| {
        if stored != block {
            found.push(format!("{what}: {stored} is stored, the block has {block}"));
        }
    };
    compare("transactions", stored.tx_count.to_string(), raw.tx_count.to_string());
    let size = |size: Option<u32>| size.map(|size| size.to_string());
    if let (Some(stored), Some(block)) = (size(stored.size), size(raw.size)) {
        compare("size", stored, block);
    }
    if let (Some(stored), Some(block)) = (size(stored.weight), size(raw.weight())) {
        compare("weight", stored, block);
    }
    if stored.header != raw.header {
        found.push("the header".to_owned());
    }
    if stored.coinbase.raw() != coinbase.raw() {
        let txid = |coinbase: &Coinbase| coinbase.transaction().compute_txid();
        let (stored, block) = (&stored.coinbase, coinbase);
        found.push(format!("coinbase: {} is stored, the block has {}", txid(stored), txid(block)));
    }
    found
}

fn as_json(outcome: &Outcome) -> String {
    let rows = |rows: &[(BlockId, String)], what: &str| -> Vec<serde_json::Value> {
        let row =
            |(id, text): &(BlockId, String)| json!({ "height": id.height, "hash": id.hash.to_string(), what: text });
        rows.iter().map(row).collect()
    };
    json!({
        "audited": outcome.audited,
        "proven": outcome.proven,
        "differing": rows(&outcome.differing, "difference"),
        "missing": rows(&outcome.missing, "reason"),
    })
    .to_string()
}

fn as_text(outcome: &Outcome) -> String {
    let Outcome { audited, proven, differing, missing } = outcome;
    let mut lines: Vec<String> = differing.iter().map(|(id, difference)| format!("block {id}: {difference}")).collect();
    lines.extend(missing.iter().map(|(id, reason)| format!("block {id} could not be had: {reason}")));
    let (differ, lack) = (differing.chunk_by(|one, next| one.0 == next.0).count(), missing.len());
    lines.push(format!("{audited} blocks audited: {proven} proven, {differ} differ; {lack} could not be had whole"));
    lines.join("\n")
}
