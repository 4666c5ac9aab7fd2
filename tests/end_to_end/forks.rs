//! Where chains part, as the API tells it: a reorg, the branch that it leaves, and a node that disagrees.

use std::time::Duration;

use anyhow::Result;
use bitcoincore_rpc::RpcApi;
use hashwatch_tests::{Bitcoind, Hashwatch, Miner, bitcoincore_rpc, wait_until};
use serde_json::{Value, json};

use crate::turn::turn;

const SOON: Duration = Duration::from_secs(30);

/// An answer; null while there is none.
fn ask(hashwatch: &Hashwatch, path: &str) -> Value {
    hashwatch.get(path).and_then(|answer| answer.json()).unwrap_or_default()
}

#[test]
fn a_reorg_leaves_a_branch() -> Result<()> {
    let _turn = turn();
    let node = Bitcoind::start()?;
    let rpc = node.rpc()?;
    let mut miner = Miner::new(&node)?;
    let mined = miner.mine_blocks(10)?;
    let mut hashwatch = Hashwatch::following(&node)?;
    hashwatch.run()?;
    hashwatch.wait_for_tip(&mined[9].hash, SOON)?;
    let before = ask(&hashwatch, "/api/v1/forks");
    assert_eq!((&before["branches"], &before["reorgs"], &before["node_reorgs"]), (&json!([]), &json!([]), &json!([])));
    assert_eq!((&before["stale_rate"]["stale"], &before["stale_rate"]["blocks"]), (&json!(0), &json!(11)));

    // blocks 9 and 10 give way to three others
    rpc.invalidate_block(&mined[8].hash)?;
    let instead = miner.mine_blocks(3)?;
    hashwatch.wait_for_tip(&instead[2].hash, SOON)?;
    let place = |height: u32, hash: &dyn ToString| json!({ "height": height, "hash": hash.to_string() });
    wait_until("the node's own reorg is kept", SOON, || {
        let reorgs = ask(&hashwatch, "/api/v1/forks")["node_reorgs"].clone();
        reorgs.as_array().is_some_and(|reorgs| !reorgs.is_empty())
    })?;
    let forks = ask(&hashwatch, "/api/v1/forks");
    let branch = &forks["branches"][0];
    assert_eq!(forks["branches"].as_array().map(Vec::len), Some(1), "{forks}");
    assert_eq!((&branch["length"], &branch["was_active"]), (&json!(2), &json!(true)));
    assert_eq!((&branch["tip"], &branch["ancestor"]), (&place(10, &mined[9].hash), &place(8, &mined[7].hash)));
    assert_eq!(branch["blocks"][1]["hash"], mined[8].hash.to_string());
    let reorg = &forks["reorgs"][0];
    assert_eq!((&reorg["left"], &reorg["depth"]), (&place(10, &mined[9].hash), &json!(2)));
    assert_eq!(reorg["ancestor"], place(8, &mined[7].hash));
    assert_eq!(forks["node_reorgs"][0]["ancestor"], reorg["ancestor"], "{forks}");
    assert_eq!((&forks["stale_rate"]["stale"], &forks["stale_rate"]["blocks"]), (&json!(2), &json!(14)));
    assert_eq!(forks["stale_rate"]["unknown"]["stale"], 2);
    assert_eq!(ask(&hashwatch, "/api/v1/forks?window=1")["branches"], json!([]), "they ended below the window");
    assert_eq!(ask(&hashwatch, "/api/v1/status")["coinbase_proofs"], json!({ "merkle": 14, "node": 0, "file": 0 }));
    hashwatch.terminate()
}

#[test]
fn a_node_on_another_branch_disagrees() -> Result<()> {
    let _turn = turn();
    let (first, second) = (Bitcoind::start()?, Bitcoind::start()?);
    first.connect(&second)?;
    Miner::new(&first)?.mine_blocks(5)?;
    let (one, two) = (first.rpc()?, second.rpc()?);
    wait_until("the nodes agree", SOON, || two.get_block_count().is_ok_and(|height| height == 5))?;
    first.disconnect(&second)?;
    let node = |name: &str, of: &Bitcoind| {
        format!("[[node]]\nname = {name:?}\nurl = {:?}\ncookie = {:?}\n", of.url(), of.cookie_file())
    };
    let config = format!(
        "network = \"regtest\"\n[follow]\nretry_seconds = 1\n{}{}",
        node("first", &first),
        node("second", &second)
    );
    let mut hashwatch = Hashwatch::new()?.configured(&config)?;
    hashwatch.run()?;
    hashwatch.wait_for_tip(&one.get_best_block_hash()?, SOON)?;
    Miner::new(&first)?.mine_blocks(3)?;
    Miner::new(&second)?.mine_blocks(2)?;
    hashwatch.wait_for_tip(&one.get_best_block_hash()?, SOON)?;
    wait_until("the second is seen to disagree", SOON, || {
        ask(&hashwatch, "/api/v1/nodes")["nodes"][1]["disagreement"] == json!({ "theirs": 2, "ours": 3 })
    })?;
    let nodes = ask(&hashwatch, "/api/v1/nodes");
    let (ours, theirs) = (&nodes["nodes"][0], &nodes["nodes"][1]);
    assert_eq!((&ours["disagrees"], &ours["lag"], &ours["disagreement"]), (&json!(false), &json!(0), &json!(null)));
    assert_eq!((&theirs["disagrees"], &theirs["lag"]), (&json!(true), &json!(1)));
    assert_eq!(theirs["ancestor"]["height"], 5);
    let tips = ask(&hashwatch, "/api/v1/forks")["tips"].clone();
    assert_eq!((&tips[1]["node"], &tips[1]["disagrees"]), (&json!("second"), &json!(true)));
    // the last blocks came while hashwatch watched
    wait_until("the latest block was seen", SOON, || {
        ask(&hashwatch, "/api/v1/nodes")["nodes"][0]["first_seen_last"][0]["height"] == 8
    })?;
    hashwatch.terminate()
}
