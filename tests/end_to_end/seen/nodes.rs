//! Nodes that are followed: one that lags, and one whose clock lets it take what nobody else does.

use anyhow::Result;
use bitcoin::{BlockHash, ScriptBuf};
use bitcoincore_rpc::RpcApi;
use hashwatch_tests::{Bitcoind, Hashwatch, Miner, bitcoincore_rpc, wait_until};
use serde_json::{Value, json};

use super::{SOON, evaluated, only, says};
use crate::turn::turn;

#[test]
fn nodes_that_lag_or_are_on_a_branch_that_breaks_a_rule() -> Result<()> {
    let _turn = turn();
    let (first, second) = (Bitcoind::start()?, Bitcoind::start()?);
    first.connect(&second)?;
    let now = std::time::UNIX_EPOCH.elapsed()?.as_secs();
    let mut miner = Miner::new(&first)?.starting_at(u32::try_from(now - 20 * 3_600)?);
    let shared = miner.mine_blocks(5)?[4].hash;
    let (rpc, other) = (first.rpc()?, second.rpc()?);
    let agree =
        |tip: BlockHash| wait_until("the nodes agree", SOON, || other.get_best_block_hash().is_ok_and(|it| it == tip));
    agree(shared)?;
    let section = |name: &str, node: &Bitcoind| {
        format!("[[node]]\nname = {name:?}\nurl = {:?}\ncookie = {:?}\n", node.url(), node.cookie_file())
    };
    let rules = only("[alerts.node]\nleast = 2\nminutes = 0\n");
    let config = format!("network = \"regtest\"\n{rules}{}{}", section("first", &first), section("second", &second));
    let mut hashwatch = Hashwatch::new()?.configured(&config)?;
    hashwatch.run()?;
    evaluated(&hashwatch, shared)?;

    first.disconnect(&second)?;
    let one = miner.mine_blocks(1)?[0].hash;
    evaluated(&hashwatch, one)?;
    says(&hashwatch, &[])?;
    let two = miner.mine_blocks(1)?[0].hash;
    evaluated(&hashwatch, two)?;
    let step = |change: &str, level: u8| json!(["node", "second", change, level, 7]);
    let mut said = vec![step("raised", 1)];
    says(&hashwatch, &said)?;
    let again = |hashwatch: &mut Hashwatch| -> Result<()> {
        hashwatch.kill9();
        hashwatch.run()?;
        wait_until("both are known", SOON, || {
            let status = hashwatch.get_json("/api/v1/status").unwrap_or_default();
            (0..2).all(|place| status["nodes"][place]["state"] == "ok") && status["tip"]["hash"] == two.to_string()
        })
    };
    again(&mut hashwatch)?;
    says(&hashwatch, &said)?;
    // back with all blocks it lags no more
    first.connect(&second)?;
    agree(two)?;
    said.push(step("over", 0));
    says(&hashwatch, &said)?;

    // its clock is a day ahead: it takes blocks that nobody else does
    first.disconnect(&second)?;
    let three = miner.mine_blocks(1)?[0].hash;
    evaluated(&hashwatch, three)?;
    other.call::<Value>("setmocktime", &[json!(now + 86_400)])?;
    let address = bitcoin::Address::p2wsh(&ScriptBuf::from_bytes(vec![0x51]), bitcoin::Network::Regtest);
    let false_ones = other.generate_to_address(3, &address)?;
    said.push(json!(["node", "second", "raised", 2, 8]));
    says(&hashwatch, &said)?;
    let headline = hashwatch.get_json("/api/v1/alerts")?["notices"][0]["headline"].clone();
    assert_eq!(headline, "The node second is on a branch that breaks a rule");
    hashwatch.kill9();
    hashwatch.run()?;
    evaluated(&hashwatch, three)?;
    says(&hashwatch, &said)?;
    other.invalidate_block(&false_ones[0])?;
    said.push(json!(["node", "second", "over", 0, 8]));
    says(&hashwatch, &said)?;
    assert_eq!(rpc.get_best_block_hash()?, three);
    hashwatch.terminate()
}
