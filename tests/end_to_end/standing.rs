//! Shares by who stands behind the pools: groups and owners of the built-in registry, on real blocks of a real node.

use std::time::Duration;

use anyhow::Result;
use hashwatch_tests::{Bitcoind, Hashwatch, Miner};
use serde_json::{Value, json};

use crate::pools::Pools;
use crate::turn::turn;

fn counted(answer: &Value) -> Vec<(&str, &str, u64)> {
    let shares = answer["shares"].as_array().expect("shares");
    shares
        .iter()
        .map(|share| {
            (
                share["id"].as_str().expect("an id"),
                share["kind"].as_str().expect("a kind"),
                share["blocks"].as_u64().expect("a count"),
            )
        })
        .collect()
}

#[test]
fn shares_by_group_and_by_owner() -> Result<()> {
    let _turn = turn();
    let node = Bitcoind::start()?;
    let mut miner = Miner::new(&node)?;
    let pools = Pools::read();
    let mut tip = None;
    for (pool, blocks) in [("antpool", 3), ("poolin", 2), ("foundryusa", 4), ("f2pool", 1)] {
        for _ in 0..blocks {
            tip = Some(miner.mine(&pools.signed_by(pool).coinbase)?.hash);
        }
    }
    let mut hashwatch = Hashwatch::following(&node)?;
    hashwatch.run()?;
    hashwatch.wait_for_tip(&tip.expect("ten blocks"), Duration::from_secs(30))?;

    let by = |by: &str| hashwatch.get_json(&format!("/api/v1/shares?window=10&by={by}"));
    let pools = by("pool")?;
    assert_eq!(
        counted(&pools),
        [("foundryusa", "pool", 4), ("antpool", "pool", 3), ("poolin", "pool", 2), ("f2pool", "pool", 1)]
    );
    let groups = by("group")?;
    assert_eq!(
        counted(&groups),
        [("antpool-and-friends", "group", 5), ("foundryusa", "pool", 4), ("f2pool", "pool", 1)]
    );
    assert_eq!((&groups["by"], &groups["shares"][0]["name"]), (&json!("group"), &json!("AntPool & friends")));
    // the picture over time holds the same blocks
    let history = hashwatch.get_json("/charts/history.json?window=10&by=group")?;
    let series = history["series"].as_array().expect("series").iter();
    let drawn: Vec<_> = series
        .map(|one| {
            (one["id"].as_str(), one["blocks"].as_array().into_iter().flatten().filter_map(Value::as_u64).sum::<u64>())
        })
        .collect();
    assert!(drawn.starts_with(&[(Some("antpool-and-friends"), 5), (Some("foundryusa"), 4)]), "{drawn:?}");
    let owners = by("owner")?;
    let owners = counted(&owners);
    assert!(owners.contains(&("dcg", "owner", 4)) && owners.contains(&("bitmain", "owner", 3)), "{owners:?}");
    // the genesis is Unknown, whoever is asked about
    for by in ["pool", "group", "owner"] {
        let all = hashwatch.get_json(&format!("/api/v1/shares?window=all&by={by}"))?;
        assert_eq!(all["unknown"]["blocks"], 1, "{all}");
    }
    Ok(())
}
