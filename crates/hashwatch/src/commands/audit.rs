//! `hashwatch audit`: proves coinbases from whole blocks, where the index read no more than their fronts, and looks whether
//! what is stored is what the blocks hold.

use std::{collections::HashMap, process::ExitCode};

use hashwatch_model::{Block, BlockHash, BlockId, Coinbase, Network, RawBlock};
use hashwatch_node::{Source, Want};
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
    // an audit that got nothing to look at has shown nothing
    let in_vain = outcome.audited == 0 && !outcome.missing.is_empty();
    Ok(if outcome.differing.is_empty() && !in_vain { ExitCode::SUCCESS } else { ExitCode::FAILURE })
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
    let network = store.origin().network;
    let fetched = fetch(network, sources, page).await;
    outcome.missing.extend(fetched.missing);
    let (stored, damaged) = facts(snapshot, page).await?;
    let mut proofs = Vec::new();
    for (id, found) in fetched.found {
        outcome.audited += 1;
        let differences = match (&found, stored.get(&id.hash)) {
            (Err(refusal), _) => vec![refusal.clone()],
            (Ok(_), None) => {
                vec![damaged.get(&id.hash).cloned().unwrap_or_else(|| "it is not in the store".to_owned())]
            }
            (Ok((raw, coinbase)), Some(stored)) => differences(stored, raw, coinbase),
        };
        if let (true, Ok((raw, _))) = (differences.is_empty(), &found)
            && let (Some(size), Some(weight)) = (raw.size, raw.weight())
        {
            proofs.push(Proof { id, size, weight });
        }
        outcome.differing.extend(differences.into_iter().map(|difference| (id, difference)));
    }
    outcome.proven += proofs.len() as u64;
    Ok(store.write_proofs(&proofs).await?)
}

/// A whole block with its coinbase, or what is wrong with the block wherever it was had.
type Checked = Result<(RawBlock, Coinbase), String>;

/// What the sources have of a page.
struct Fetched {
    found: Vec<(BlockId, Checked)>,
    /// Blocks that no source gave, and why not.
    missing: Vec<(BlockId, String)>,
}

/// Whole blocks, each from the first source that has it sound: one that is damaged on one node's disk may be good on another's.
async fn fetch(network: Network, sources: &[Source], page: &[BlockId]) -> Fetched {
    let mut fetched = Fetched { found: Vec::new(), missing: Vec::new() };
    let mut refused: HashMap<BlockId, String> = HashMap::new();
    let mut left = page.to_vec();
    for source in sources {
        let given = what_there_is(source, &left, Want::Whole, Instant::now() + PATIENCE).await;
        for raw in given.blocks {
            match verify_alone(network, &raw, unix_now()) {
                Ok(coinbase) => {
                    left.retain(|id| *id != raw.id);
                    fetched.found.push((raw.id, Ok((raw, coinbase))));
                }
                Err(refusal) => {
                    refused.insert(raw.id, refusal.to_string());
                }
            }
        }
        fetched.missing = given.missing.into_iter().map(|(id, error)| (id, error.to_string())).collect();
        let late = given.unasked.into_iter().map(|id| (id, format!("{} did not get to it in time", source.name())));
        fetched.missing.extend(late);
        if left.is_empty() {
            break;
        }
    }
    fetched.missing.retain(|(id, _)| !refused.contains_key(id));
    fetched.found.extend(refused.into_iter().filter(|(id, _)| left.contains(id)).map(|(id, why)| (id, Err(why))));
    fetched.found.sort_unstable_by_key(|(id, _)| *id);
    fetched
}

/// What is stored of the blocks of a page, which is in the order of heights, and what is wrong with rows that cannot be read.
async fn facts(
    snapshot: &Snapshot,
    page: &[BlockId],
) -> anyhow::Result<(HashMap<BlockHash, Block>, HashMap<BlockHash, String>)> {
    let (mut facts, mut damaged) = (HashMap::new(), HashMap::new());
    for near in page.chunk_by(|one, next| next.height - one.height <= NEAR) {
        let (Some(first), Some(last)) = (near.first(), near.last()) else { continue };
        match snapshot.facts_between(first.height, last.height).await {
            Ok(found) => facts.extend(found.into_iter().map(|block| (block.id.hash, block))),
            // one row spoils the lot: height by height the others can be told from it
            Err(StoreError::Damaged { .. }) => {
                for id in near {
                    match snapshot.facts_between(id.height, id.height).await {
                        Ok(found) => facts.extend(found.into_iter().map(|block| (block.id.hash, block))),
                        Err(error @ StoreError::Damaged { .. }) => {
                            damaged.insert(id.hash, error.to_string());
                        }
                        Err(error) => return Err(error.into()),
                    }
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok((facts, damaged))
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
