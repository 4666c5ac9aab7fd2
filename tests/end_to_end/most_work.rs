//! Which chain has most work: known from headers before blocks are read, the best of several nodes' is followed, and a
//! node whose active chain is not the best is shown as `node_not_on_most_work`.

use std::time::Duration;

use anyhow::Result;
use bitcoin::{Address, ScriptBuf};
use bitcoincore_rpc::RpcApi;
use hashwatch_tests::{Bitcoind, Hashwatch, Miner, Proxy, bitcoincore_rpc, wait_until};
use serde_json::{Value, json};

use crate::turn::turn;

const SOON: Duration = Duration::from_secs(30);
const NOT_ON_MOST_WORK: &str = "node_not_on_most_work";

fn node_of(hashwatch: &Hashwatch, place: usize) -> Value {
    hashwatch.get_json("/api/v1/status").map(|status| status["nodes"][place].clone()).unwrap_or_default()
}

#[test]
fn a_node_that_gave_up_its_best_branch_is_followed_and_shown() -> Result<()> {
    let _turn = turn();
    let node = Bitcoind::start()?;
    let mut miner = Miner::new(&node)?;
    let mined = miner.mine_blocks(20)?;
    let (top, given_up) = (&mined[19], &mined[14]);
    let mut hashwatch = Hashwatch::following(&node)?.configured("[follow]\nretry_seconds = 1\n")?;
    hashwatch.run()?;
    hashwatch.wait_for_tip(&top.hash, SOON)?;
    assert_eq!(node_of(&hashwatch, 0)[NOT_ON_MOST_WORK], Value::Null);

    let rpc = node.rpc()?;
    rpc.invalidate_block(&given_up.hash)?;
    hashwatch.wait_for_tip(&mined[13].hash, SOON)?;
    wait_until("the branch is shown", SOON, || !node_of(&hashwatch, 0)[NOT_ON_MOST_WORK].is_null())?;
    // regtest: two hashes for each block, the genesis among them
    let shown = json!({
        "height": 20, "hash": top.hash.to_string(), "chainwork": format!("{:064x}", 2 * 21), "standing": "invalid",
    });
    assert_eq!(node_of(&hashwatch, 0)[NOT_ON_MOST_WORK], shown);
    let page = hashwatch.get("/")?.text();
    assert!(page.contains("not on the chain with most work") && page.contains(&top.hash.to_string()), "{page}");
    assert!(hashwatch.stderr().contains(NOT_ON_MOST_WORK), "{}", hashwatch.stderr());

    // as long as it holds less work, and no longer
    let mut tip = miner.mine_blocks(6)?[5].clone();
    assert_eq!(tip.height, 20);
    hashwatch.wait_for_tip(&tip.hash, SOON)?;
    wait_until("equal work is not more", SOON, || node_of(&hashwatch, 0)[NOT_ON_MOST_WORK].is_null())?;
    tip = miner.mine_blocks(1)?[0].clone();
    hashwatch.wait_for_tip(&tip.hash, SOON)?;
    assert_eq!(node_of(&hashwatch, 0)[NOT_ON_MOST_WORK], Value::Null);
    rpc.reconsider_block(&given_up.hash)?;
    hashwatch.terminate()
}

#[test]
fn of_two_nodes_on_branches_of_their_own_the_one_with_more_work_is_followed() -> Result<()> {
    let _turn = turn();
    let (first, second) = (Bitcoind::start()?, Bitcoind::start()?);
    first.connect(&second)?;
    let shared = Miner::new(&first)?.mine_blocks(10)?[9].hash;
    wait_until("the nodes agree", SOON, || {
        second.rpc().is_ok_and(|rpc| rpc.get_best_block_hash().is_ok_and(|tip| tip == shared))
    })?;
    first.disconnect(&second)?;
    let lesser = Miner::new(&first)?.mine_blocks(3)?[2].clone();
    let better = Miner::new(&second)?.mine_blocks(5)?[4].clone();
    let section = |name: &str, node: &Bitcoind| {
        format!("[[node]]\nname = {name:?}\nurl = {:?}\ncookie = {:?}\n", node.url(), node.cookie_file())
    };
    let config = format!(
        "network = \"regtest\"\n[follow]\nretry_seconds = 1\n{}{}",
        section("first", &first),
        section("second", &second)
    );
    let mut hashwatch = Hashwatch::new()?.configured(&config)?;
    // it ends at the best tip, whichever node it began with
    hashwatch.index_once()?;
    hashwatch.run()?;
    hashwatch.wait_for_tip(&better.hash, Duration::from_secs(1))?;
    wait_until("the first node is shown to be elsewhere", SOON, || {
        node_of(&hashwatch, 0)[NOT_ON_MOST_WORK]["hash"] == better.hash.to_string()
    })?;
    assert_eq!(node_of(&hashwatch, 0)[NOT_ON_MOST_WORK]["standing"], Value::Null);
    assert_eq!(node_of(&hashwatch, 1)[NOT_ON_MOST_WORK], Value::Null);
    // the lesser branch is kept
    wait_until("the other branch is stale", SOON, || {
        let block = hashwatch.get_json(&format!("/api/v1/blocks/{}", lesser.hash));
        block.is_ok_and(|block| block["status"] == "stale")
    })?;

    // the first goes on, unseen by the second, until it has more
    let ahead = Miner::new(&first)?.mine_blocks(3)?[2].clone();
    hashwatch.wait_for_tip(&ahead.hash, SOON)?;
    wait_until("now it is the second that is elsewhere", SOON, || {
        node_of(&hashwatch, 1)[NOT_ON_MOST_WORK]["hash"] == ahead.hash.to_string()
            && node_of(&hashwatch, 0)[NOT_ON_MOST_WORK].is_null()
    })?;
    first.connect(&second)?;
    wait_until("both agree again", SOON, || {
        (0..2).all(|place| node_of(&hashwatch, place)[NOT_ON_MOST_WORK].is_null())
    })?;
    hashwatch.terminate()
}

/// 4,100 headers are three questions by REST, and batches by RPC where the node has it off; the stored chain is verified
/// again at the next start.
#[test]
fn headers_come_first_and_in_bulk() -> Result<()> {
    let _turn = turn();
    for (argument, way) in [("-rest=1", "by REST"), ("-rest=0", "by RPC")] {
        let node = Bitcoind::start_with(&[argument])?;
        let rpc = node.rpc()?;
        let anyone = Address::p2wsh(&ScriptBuf::from_bytes(vec![0x51]), bitcoin::Network::Regtest);
        for _ in 0..41 {
            rpc.generate_to_address(100, &anyone)?;
        }
        let tip = rpc.get_best_block_hash()?;
        let proxy = Proxy::start(&node.url())?;
        let mut hashwatch = Hashwatch::following_at(&proxy.url(), &node)?;
        hashwatch.run()?;
        hashwatch.wait_for_tip(&tip, Duration::from_secs(120))?;
        let log = hashwatch.stderr();
        let told = log.lines().filter(|line| line.contains("headers come by")).collect::<Vec<_>>();
        assert!(told.len() == 1 && told[0].contains(way), "{told:?}");
        let asked = proxy.asked("rest/headers");
        if argument == "-rest=1" {
            // three, and one to find the end
            assert!((3..=8).contains(&asked) && proxy.asked("getblockheader") == 0, "{asked}");
        } else {
            assert_eq!(proxy.asked("getblockheader"), 4_100 + 3, "each header once, and where a batch ends twice");
        }
        hashwatch.terminate()?;

        hashwatch.run()?;
        wait_until("the stored chain is verified again", SOON, || {
            let log = hashwatch.stderr();
            log.lines().any(|line| line.contains("verified the stored chain again") && line.contains("headers=4101"))
        })?;
        hashwatch.terminate()?;
    }
    Ok(())
}
