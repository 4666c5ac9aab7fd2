//! `hashwatch check`: looks for damage in the store, and verifies every stored header again.

use std::process::ExitCode;

use hashwatch_model::{BlockId, Network};
use hashwatch_store::{Finding, Snapshot, StoreError};
use hashwatch_verify::{HeaderTree, Start};
use serde_json::json;

use super::serve::Existing;
use crate::{cli::CheckArgs, pipeline::verify_again};

#[allow(clippy::print_stdout, reason = "data on standard output")]
pub(crate) async fn check(args: CheckArgs) -> anyhow::Result<ExitCode> {
    let existing = Existing::open(&args.common).await?;
    let Some(snapshot) = existing.store.snapshot().await? else {
        anyhow::bail!("nothing was ever committed to this store");
    };
    let mut findings = snapshot.check().await?;
    let origin = existing.store.origin();
    findings.extend(check_again(&snapshot, origin.network, origin.start).await?);
    let tip = snapshot.mark().tip;
    if args.json {
        let rows: Vec<_> = findings.iter().map(|f| json!({ "check": f.check, "finding": f.finding })).collect();
        let tip = json!({ "height": tip.height, "hash": tip.hash.to_string() });
        println!("{}", json!({ "tip": tip, "findings": rows }));
    } else {
        for found in &findings {
            println!("{}: {}", found.check, found.finding);
        }
        if findings.is_empty() {
            println!("nothing wrong up to block {tip}");
        }
    }
    Ok(if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Heights whose coinbases are read at a time.
const HEIGHTS: u32 = 500;

/// Every header rule over the whole active chain, what was computed of the headers, and whether what was taken from the
/// coinbases agrees with them.
async fn check_again(snapshot: &Snapshot, network: Network, start: bitcoin::BlockHash) -> anyhow::Result<Vec<Finding>> {
    let headers = snapshot.headers().await?;
    let mut findings = Vec::new();
    let Some(first) = headers.first() else { return Ok(findings) };
    let first = BlockId { height: first.id.height, hash: start };
    let start = match network.genesis() {
        Some(genesis) if first.height == 0 && genesis.block_hash() == first.hash => Start::Genesis,
        _ => Start::Trusted(first),
    };
    let mut tree = HeaderTree::new(network, start);
    if let Err(error) = verify_again(&mut tree, &headers) {
        findings.push(Finding { check: "headers", finding: error.to_string() });
    }
    let highest = snapshot.max_height().await?;
    for from in (tree.base()..=highest).step_by(HEIGHTS as usize) {
        match snapshot.facts_between(from, from.saturating_add(HEIGHTS - 1)).await {
            Ok(_) => {}
            Err(damage @ StoreError::Damaged { .. }) => {
                findings.push(Finding { check: "coinbase_transaction", finding: damage.to_string() });
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(findings)
}
