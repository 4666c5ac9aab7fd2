//! `hashwatch check`: looks for damage in the store, and verifies every stored header again.

use std::process::ExitCode;

use hashwatch_model::{BlockId, Network};
use hashwatch_store::{Finding, Snapshot};
use hashwatch_verify::{HeaderChain, Start};
use serde_json::json;

use super::serve::Existing;
use crate::{cli::CheckArgs, clock::unix_now};

#[allow(clippy::print_stdout, reason = "data on standard output")]
pub(crate) async fn check(args: CheckArgs) -> anyhow::Result<ExitCode> {
    let existing = Existing::open(&args.common).await?;
    let Some(snapshot) = existing.store.snapshot().await? else {
        anyhow::bail!("nothing was ever committed to this store");
    };
    let mut findings = snapshot.check().await?;
    let origin = existing.store.origin();
    findings.extend(check_headers(&snapshot, origin.network, origin.start).await?);
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

/// Proof of work, bits, times and links of the whole active chain.
async fn check_headers(
    snapshot: &Snapshot,
    network: Network,
    start: bitcoin::BlockHash,
) -> anyhow::Result<Vec<Finding>> {
    let headers = snapshot.headers().await?;
    let Some((first, _)) = headers.first() else { return Ok(Vec::new()) };
    let first = BlockId { height: first.height, hash: start };
    let start = match network.genesis() {
        Some(genesis) if first.height == 0 && genesis.block_hash() == first.hash => Start::Genesis,
        _ => Start::Trusted(first),
    };
    let mut chain = HeaderChain::new(network, start);
    let now = unix_now();
    for (_, header) in &headers {
        if let Err(refusal) = chain.push(header, now) {
            return Ok(vec![Finding { check: "headers", finding: refusal.to_string() }]);
        }
    }
    Ok(Vec::new())
}
