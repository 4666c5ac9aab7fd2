//! Blocks that break a rule: refused with the rule's name on the API, the page and in the log, nothing of them stored,
//! and tried again.

use std::time::Duration;

use anyhow::{Context, Result};
use bitcoin::BlockHash;
use bitcoincore_rpc::RpcApi;
use hashwatch_tests::waiting::wait_for;
use hashwatch_tests::{Bitcoind, Coinbase, Fault, Hashwatch, Miner, Proxy, bitcoincore_rpc, wait_until};
use serde_json::{Value, json};

use crate::seed::Seed;
use crate::sql::Sql;
use crate::turn::turn;

const CONFIG: &str = "[follow]\nretry_seconds = 1\n";
const SOON: Duration = Duration::from_secs(30);
/// Where each field of a header begins, in bits, and its bits.
const FIELDS: [(&str, u64, u64); 6] = [
    ("version", 0, 32),
    ("previous hash", 32, 256),
    ("merkle root", 288, 256),
    ("time", 544, 32),
    ("bits", 576, 32),
    ("nonce", 608, 32),
];

fn status(hashwatch: &Hashwatch) -> Result<Value> {
    hashwatch.get_json("/api/v1/status")
}

/// Waits until a source's chain is refused because of this block's bent header, and looks at everything that must say so,
/// or must not have it. On regtest every other header has work enough by chance: then the one above it (which does not
/// stand on it), or the node's own word for its tip, gives it away.
fn is_refused(hashwatch: &Hashwatch, block: BlockHash, height: u32) -> Result<()> {
    let refusal = wait_for("the block is refused", SOON, || {
        let refusal = status(hashwatch).ok()?["refusal"].clone();
        (refusal["height"] == height || refusal["height"] == height + 1).then_some(refusal)
    })?;
    let rule = refusal["rule"].as_str().context("a rule")?;
    match refusal["height"] == height {
        true => assert!(rule != "hash" || refusal["hash"] == block.to_string(), "{refusal}"),
        false => assert_eq!(rule, "link", "{refusal}"),
    }
    let message = refusal["message"].as_str().context("a message")?;
    assert!(message.contains(rule) && message.contains(refusal["hash"].as_str().context("a hash")?), "{message}");
    let page = hashwatch.get("/")?;
    assert_eq!(page.status, 200);
    assert!(page.text().contains(message) && page.text().contains(&format!("breaks {rule}")), "{}", page.text());
    assert!(hashwatch.stderr().contains(message), "{}", hashwatch.stderr());

    let found = hashwatch.get(&format!("/api/v1/blocks/{block}"))?;
    assert_eq!((found.status, found.json()?["error"]["code"].clone()), (404, json!("not_found")));
    let sql = Sql::of(&hashwatch.data_dir())?;
    for table in ["blocks", "opinions", "marks"] {
        let rows = sql.query(&format!("SELECT count() FROM hashwatch.{table} WHERE height >= {height}"))?;
        assert_eq!(rows.trim(), "0", "{table}");
    }
    Ok(())
}

#[test]
fn one_flipped_bit_of_a_new_block_is_refused_until_the_node_is_honest() -> Result<()> {
    let _turn = turn();
    let node = Bitcoind::start()?;
    let mut miner = Miner::new(&node)?;
    let mut seed = Seed::of("one_flipped_bit");
    let mut tip = miner.mine_blocks(10)?[9].clone();
    let proxy = Proxy::start(&node.url())?;
    let mut hashwatch = Hashwatch::following_at(&proxy.url(), &node)?.configured(CONFIG)?;
    hashwatch.run()?;
    hashwatch.wait_for_tip(&tip.hash, SOON)?;

    for (field, from, bits) in FIELDS {
        let bit = from + seed.within(0..bits);
        eprintln!("bit {bit}, in the {field}");
        let parent = tip.hash;
        // the lie must stand before the block is asked for, so the block is built first and handed over then
        let next = miner.build(parent, &Coinbase::tagged("/test/"), &[], None)?;
        proxy.set(Fault::FlipHeaderBit { block: next.hash, bit: usize::try_from(bit)? });
        miner.submit(&next.block)?;
        is_refused(&hashwatch, next.hash, next.height)?;
        assert!(proxy.applied() > 0);
        // it is asked for again and again, and the rest of the site goes on
        let asked = proxy.applied();
        wait_until("it is tried again", SOON, || proxy.applied() > asked)?;
        wait_until("the node is seen ahead", SOON, || {
            status(&hashwatch).is_ok_and(|status| status["nodes"][0]["behind_by"] == 1)
        })?;
        let now = status(&hashwatch)?;
        let sync = json!({ "state": "catching_up", "at": next.height - 1, "of": next.height });
        assert_eq!((&now["tip"]["hash"], &now["sync"]), (&json!(parent), &sync));
        assert_eq!(hashwatch.get("/api/v1/shares?window=all")?.status, 200);

        proxy.set(Fault::Honest);
        hashwatch.wait_for_tip(&next.hash, SOON)?;
        wait_until("the refusal is over", SOON, || status(&hashwatch).is_ok_and(|status| status["refusal"].is_null()))?;
        // nor that there is a node on a branch that breaks a rule
        wait_until("the page says nothing of it", SOON, || {
            hashwatch.get("/").is_ok_and(|page| page.status == 200 && !page.text().contains(" breaks "))
        })?;
        tip = next;
    }
    let more = miner.mine_blocks(2)?;
    hashwatch.wait_for_tip(&more[1].hash, SOON)?;
    assert!(hashwatch.check()?.status.success());
    hashwatch.terminate()
}

#[test]
fn one_flipped_bit_in_a_first_sync_is_refused_with_all_above_it() -> Result<()> {
    let _turn = turn();
    let node = Bitcoind::start()?;
    let mined = Miner::new(&node)?.mine_blocks(40)?;
    let bad = &mined[24];
    let proxy = Proxy::start(&node.url())?;
    let bit = usize::try_from(Seed::of("first_sync").within(0..640))?;
    proxy.set(Fault::FlipHeaderBit { block: bad.hash, bit });
    let mut hashwatch =
        Hashwatch::following_at(&proxy.url(), &node)?.configured("[follow]\nretry_seconds = 1\nbatch = 10\n")?;
    hashwatch.run()?;
    is_refused(&hashwatch, bad.hash, bad.height)?;
    // every block below it is good, is stored and served; the refusal stays
    wait_until("all below is there", SOON, || {
        status(&hashwatch).is_ok_and(|status| status["tip"]["height"] == bad.height - 1)
    })?;
    is_refused(&hashwatch, bad.hash, bad.height)?;

    // `index --once` on the same lie ends with status 1, and says why
    let once = Hashwatch::following_at(&proxy.url(), &node)?;
    let mut arguments =
        vec!["--once", "--network", "regtest", "--rpc-url"].into_iter().map(str::to_owned).collect::<Vec<_>>();
    let (cookie, data) = (node.cookie_file(), once.data_dir());
    arguments.extend([
        proxy.url(),
        "--rpc-cookie".into(),
        cookie.display().to_string(),
        "--data".into(),
        data.display().to_string(),
    ]);
    let output = once.command("index", &arguments)?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("refused: ") && said.contains(" breaks "), "{said}");
    assert!(output.stdout.is_empty());

    proxy.set(Fault::Honest);
    hashwatch.wait_for_tip(&node.rpc()?.get_best_block_hash()?, SOON)?;
    assert_eq!(once.command("index", &arguments)?.status.code(), Some(0));
    wait_until("the refusal is over", SOON, || status(&hashwatch).is_ok_and(|status| status["refusal"].is_null()))?;
    assert!(hashwatch.check()?.status.success() && once.check()?.status.success());
    hashwatch.terminate()
}

/// A best block that we have, at a height that is not its own: nothing is written for it, however often it is said.
#[test]
fn a_tip_at_a_wrong_height_is_refused() -> Result<()> {
    let _turn = turn();
    let node = Bitcoind::start()?;
    let mut miner = Miner::new(&node)?;
    let tip = miner.mine_blocks(10)?[9].clone();
    let proxy = Proxy::start(&node.url())?;
    let mut hashwatch = Hashwatch::following_at(&proxy.url(), &node)?.configured(CONFIG)?;
    hashwatch.run()?;
    hashwatch.wait_for_tip(&tip.hash, SOON)?;
    let marks = || Sql::of(&hashwatch.data_dir())?.query("SELECT count() FROM hashwatch.marks");
    let before = marks()?;
    for wrong in [9, 11, u32::MAX] {
        proxy.set(Fault::Blocks(wrong));
        wait_until("the tip is refused", SOON, || {
            status(&hashwatch)
                .is_ok_and(|status| status["refusal"]["rule"] == "link" && status["refusal"]["height"] == wrong)
        })?;
        assert_eq!(status(&hashwatch)?["tip"]["height"], 10);
    }
    assert_eq!(marks()?, before);
    proxy.set(Fault::Honest);
    let next = miner.mine_blocks(1)?[0].clone();
    hashwatch.wait_for_tip(&next.hash, SOON)?;
    wait_until("the refusal is over", SOON, || status(&hashwatch).is_ok_and(|status| status["refusal"].is_null()))?;
    hashwatch.terminate()
}
