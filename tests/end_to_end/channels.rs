//! The proof that warnings arrive: a pool takes a real chain over and loses it again, and a mailbox, webhooks, event streams and a feed
//! reader each get every step once, at the block that it follows from. And a reorg across the block that raised it.

mod everybody;

use anyhow::{Context, Result, ensure};
use bitcoincore_rpc::RpcApi;
use hashwatch_tests::{Coinbase, bitcoincore_rpc, wait_until};
use serde_json::{Value, json};

use self::everybody::{Channels, FEEDS, SOON, Step, heard};
use crate::alerts::{OTHERS, TAKES_OVER};
use crate::events::Listener;
use crate::turn::turn;

#[test]
fn a_takeover_arrives_everywhere_once_at_its_blocks() -> Result<()> {
    let _turn = turn();
    let mut all = Channels::open()?;
    let mut away = None;
    for its in [true, false] {
        for _ in 0..5 {
            all.scene.mine([its; 4])?;
            all.scene.evaluated()?;
        }
        // one who listens goes in the middle of it, and comes back at the end
        if its {
            wait_until("two steps", SOON, || all.stream.heard().len() == 2)?;
            away = all.stream.heard().last().map(|(id, _)| *id);
        }
    }
    let steps = all.expected()?;
    assert_eq!(
        steps.iter().map(|(change, ..)| change.as_str()).collect::<Vec<_>>(),
        ["raised", "worsened", "eased", "over"]
    );
    let renamed = |change: &str, (_, height, hash): &Step| (change.to_owned(), *height, hash.clone());
    let of_half = [renamed("raised", &steps[1]), renamed("over", &steps[2])];
    all.all_have(&steps, &of_half)?;
    for path in FEEDS {
        assert_eq!(all.feed(path)?, (steps.clone(), 0), "{path}");
    }
    let back = Listener::start(&all.scene.hashwatch, away)?;
    wait_until("what was missed", SOON, || back.heard().len() >= 2)?;
    assert_eq!(heard(&back)?, steps[2..], "by a stream that was away");

    // neither does anything come again after a restart, nor after a kill
    all.scene.hashwatch.terminate()?;
    all.scene.hashwatch.run()?;
    all.scene.evaluated()?;
    all.scene.hashwatch.kill9();
    all.scene.hashwatch.run()?;
    all.scene.evaluated()?;
    let after = Listener::start(&all.scene.hashwatch, back.heard().last().map(|(id, _)| *id))?;
    all.all_have(&steps, &of_half)?;
    assert_eq!(after.heard(), []);
    for path in FEEDS {
        assert_eq!(all.feed(path)?, (steps.clone(), 0), "{path}");
    }
    all.scene.hashwatch.terminate()
}

#[test]
fn a_reorg_across_the_raising_block_leaves_all_of_them_right() -> Result<()> {
    let _turn = turn();
    let mut all = Channels::open()?;
    all.scene.mine([true; 11])?;
    all.scene.evaluated()?;
    let raised = all.expected()?;
    assert_eq!((raised.len(), &raised[0].0), (1, &"raised".to_owned()));
    all.all_have(&raised, &[])?;

    // a longer branch on which it is reached a block later: nobody is told, and the feeds' entry moves
    let fork = all.scene.rpc.get_block_hash(34)?;
    let beside = all.scene.miner.mine_on(fork, &Coinbase::tagged(OTHERS[0]))?;
    all.scene.miner.mine_on(beside.hash, &Coinbase::tagged(TAKES_OVER))?;
    all.scene.is_its.truncate(35);
    all.scene.is_its.extend([false, true]);
    all.scene.evaluated()?;
    let moved = all.expected()?;
    assert_eq!((&moved[0].0, moved[0].1), (&"raised".to_owned(), 36));
    for path in FEEDS {
        let shown = || all.feed(path).is_ok_and(|it| it == (moved.clone(), 1));
        wait_until("the entry has moved", SOON, shown).with_context(|| format!("{:?}", all.reader.seen()))?;
        let versions: Vec<Value> = all.reader.seen();
        let versions: Vec<&Value> =
            versions.iter().filter(|it| it["feed"].as_str().is_some_and(|it| it.ends_with(path))).collect();
        ensure!(
            versions[0]["id"] == versions[1]["id"] && versions[0]["updated"] != versions[1]["updated"],
            "{versions:?}"
        );
        ensure!(
            versions[1]["title"].as_str().is_some_and(|title| title.ends_with("(restated after a reorg)")),
            "{versions:?}"
        );
    }
    all.all_have(&raised, &[])?;
    // who comes only now hears of it as it stands
    let late = Listener::start(&all.scene.hashwatch, Some(0))?;
    wait_until("what was said", SOON, || !late.heard().is_empty())?;
    assert_eq!(heard(&late)?, moved);

    // a longer one yet, on which it does not hold: all whom it was told are told that it is taken back
    let mut parent = fork;
    for tag in &OTHERS[..3] {
        parent = all.scene.miner.mine_on(parent, &Coinbase::tagged(tag))?.hash;
    }
    all.scene.is_its.truncate(35);
    all.scene.is_its.extend([false; 3]);
    all.scene.evaluated()?;
    assert_eq!(all.expected()?, []);
    let told = [raised[0].clone(), all.step("withdrawn", 37)?];
    all.all_have(&told, &[])?;
    let listed = [moved[0].clone(), told[1].clone()];
    for path in FEEDS {
        assert_eq!(all.feed(path)?, (listed.to_vec(), 1), "{path}");
    }

    // and what holds on it is another alert
    all.scene.mine([true])?;
    all.scene.evaluated()?;
    let anew = all.expected()?;
    assert_eq!((anew.len(), anew[0].1), (1, 38));
    all.all_have(&[&told[..], &anew[..]].concat(), &[])?;
    let answer = all.scene.hashwatch.get_json("/api/v1/alerts")?;
    let open = answer["raised"].as_array().context("what is raised")?;
    assert_eq!((open.len(), &open[0]["since"]["height"]), (1, &json!(38)));
    ensure!(answer["notices"][2]["alert"] != open[0]["alert"], "{answer}");
    assert_eq!(heard(&late)?, [moved[0].clone(), told[1].clone(), anew[0].clone()]);
    assert_eq!(all.reader.seen().len(), 2 * 4, "each feed's three entries, one of them twice");
    all.scene.hashwatch.terminate()
}
