//! `hashwatch audit`: what was taken on somebody's word is proven from whole blocks, sizes and weights come with it, and
//! what differs is named.

use anyhow::{Context, Result, ensure};
use bitcoin::Amount;
use hashwatch_tests::{Bitcoind, Hashwatch, Miner};
use serde_json::Value;

use crate::pools::Pools;
use crate::seed::Seed;
use crate::sql::Sql;
use crate::turn::turn;

const NO_BLOCK_WHOLE: &str = "[follow]\nwhole = 0\n";

/// So many that a block is no small one, of which all would be read.
const PAYMENTS: usize = 300;

/// A chain whose blocks have more than their coinbase, so that a front does not prove itself.
fn node_with_payments(blocks: u32) -> Result<Bitcoind> {
    let node = Bitcoind::start()?;
    let (pools, mut seed) = (Pools::read(), Seed::of("audit"));
    let mut miner = Miner::new(&node)?;
    miner.mine_blocks(110)?;
    for _ in 0..blocks {
        let payments = miner.payments(PAYMENTS, Amount::from_sat(777))?;
        miner.mine_with(&pools.any(&mut seed).coinbase, &payments)?;
    }
    Ok(node)
}

pub(crate) fn audit(hashwatch: &Hashwatch, node: &Bitcoind, more: &[&str]) -> Result<(Option<i32>, Value)> {
    let (data, url, cookie) = (hashwatch.data_dir(), node.url(), node.cookie_file());
    let mut words = vec!["--json", "--network", "regtest", "--rpc-url", &url];
    words.extend(["--data", data.to_str().context("a path")?, "--rpc-cookie", cookie.to_str().context("a path")?]);
    words.extend(more);
    let output = hashwatch.command("audit", words)?;
    let said = String::from_utf8_lossy(&output.stderr);
    Ok((output.status.code(), serde_json::from_slice(&output.stdout).with_context(|| said.into_owned())?))
}

#[test]
fn fronts_are_proven_from_whole_blocks() -> Result<()> {
    let _turn = turn();
    let node = node_with_payments(12)?;
    let blocks = node.blocks_dir();
    let mut hashwatch = Hashwatch::following(&node)?.configured(NO_BLOCK_WHOLE)?;
    hashwatch = hashwatch.with(["--route".as_ref(), "files".as_ref(), "--blocks-dir".as_ref(), blocks.as_os_str()]);
    hashwatch.index_once()?;
    hashwatch.run()?;
    let block = |height: u32| hashwatch.get_json(&format!("/api/v1/blocks/{height}"));
    ensure!(block(115)?["coinbase"]["proof"] == "file" && block(115)?["weight"].is_null(), "{}", block(115)?);
    ensure!(block(50)?["coinbase"]["proof"] == "merkle", "a coinbase alone proves itself: {}", block(50)?);

    // beside the running instance
    let (code, outcome) = audit(&hashwatch, &node, &["--sample", "5", "--seed", "1"])?;
    ensure!(code == Some(0) && outcome["audited"] == 5 && outcome["proven"] == 5, "{outcome}");
    let (code, outcome) = audit(&hashwatch, &node, &[])?;
    ensure!(code == Some(0) && outcome["missing"] == serde_json::json!([]), "{outcome}");
    let proven = block(115)?;
    ensure!(proven["coinbase"]["proof"] == "merkle" && proven["weight"].as_u64() > Some(1_000), "{proven}");
    let (_, again) = audit(&hashwatch, &node, &[])?;
    ensure!(again["audited"] == 0, "what is proven is not proven again: {again}");
    let (_, all) = audit(&hashwatch, &node, &["--all"])?;
    ensure!(all["audited"] == 123, "{all}");
    ensure!(hashwatch.check()?.status.success());
    Ok(())
}

/// A coinbase that the store has otherwise than the block: named, not called proven.
#[test]
fn what_differs_is_named() -> Result<()> {
    let _turn = turn();
    let node = node_with_payments(3)?;
    let mut hashwatch = Hashwatch::following(&node)?.configured(NO_BLOCK_WHOLE)?.with(["--route", "rest"]);
    hashwatch.index_once()?;
    hashwatch.run_engine()?;
    let sql = Sql::of(&hashwatch.data_dir())?;
    sql.query("ALTER TABLE hashwatch.blocks UPDATE tx_count = 9 WHERE height = 112 SETTINGS mutations_sync = 2")?;
    let (code, outcome) = audit(&hashwatch, &node, &["--all"])?;
    ensure!(code == Some(1), "{outcome}");
    let differing = outcome["differing"].as_array().context("a list")?;
    ensure!(differing.len() == 1 && differing[0]["height"] == 112, "{outcome}");
    let said = differing[0]["difference"].as_str().unwrap_or_default();
    ensure!(said.contains("transactions: 9 is stored, the block has 301"), "{said}");
    Ok(())
}
