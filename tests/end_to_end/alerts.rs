//! Alerts end to end: a pool takes the chain over and loses it again, and what is said of it is kept, once each and of the right
//! blocks; a reorg across the block that raised it; and what would have been said of real years, by command.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context, Result, ensure};
use bitcoincore_rpc::{Client, RpcApi};
use hashwatch_tests::{Bitcoind, Coinbase, Hashwatch, Miner, bitcoincore_rpc, shared, wait_until};
use serde_json::{Value, json};

use crate::turn::turn;

const SOON: Duration = Duration::from_secs(60);
/// In which rules are asked more than once.
const SOME_LOOKS: Duration = Duration::from_millis(1_500);
const METHODOLOGY: &str = include_str!("../../docs/methodology/alerts.md");

/// Windows of a few blocks, and one rule alone, so that each block's part is plain.
const SMALL: &str = "[follow]\nretry_seconds = 1
[alerts.share]\nwindow = 20\ncalm = 3\nconfidence = 0.95\nlevels = [0.3333333333333333, 0.5]
[alerts.nakamoto]\nenabled = false\n[alerts.hhi]\nenabled = false\n[alerts.hhi_rise]\nenabled = false
[alerts.streak]\nenabled = false\n[alerts.hashrate]\nenabled = false\n[alerts.reorg]\nenabled = false\n";
const WINDOW: usize = 20;
const CALM: usize = 3;
/// Of 20 blocks so many make more than a third and more than a half certain enough, and so many keep them likelier than not.
const FIRM: [usize; 2] = [11, 14];
const HELD: [usize; 2] = [7, 10];

const TAKES_OVER: &str = "/ViaBTC/";
/// Pools of no group and no owner that is another's, so that nobody else comes near a third.
const OTHERS: [&str; 5] = ["/SBICrypto.com Pool/", "/WhitePool/", "/KuCoinPool/", "OCEAN.XYZ", "/NovaBlock/"];

struct Scene {
    _node: Bitcoind,
    rpc: Client,
    miner: Miner,
    hashwatch: Hashwatch,
    /// Whether each block of the active chain is the pool's, the genesis first.
    is_its: Vec<bool>,
}

impl Scene {
    fn new() -> Result<Scene> {
        let node = Bitcoind::start()?;
        let mut hashwatch = Hashwatch::following(&node)?.configured(SMALL)?;
        // recent, so that nothing is history
        let now = u32::try_from(std::time::UNIX_EPOCH.elapsed()?.as_secs())?;
        let miner = Miner::new(&node)?.starting_at(now - 20 * 3_600);
        hashwatch.run()?;
        let scene = Scene { rpc: node.rpc()?, miner, hashwatch, _node: node, is_its: vec![false] };
        scene.evaluated()?;
        Ok(scene)
    }

    /// One in which the last block has just raised an alert, and that.
    fn raised() -> Result<(Scene, Vec<Value>)> {
        let mut scene = Scene::new()?;
        scene.mine([false; 24])?;
        scene.mine([true; 11])?;
        scene.evaluated()?;
        let raised = scene.says_what_is_expected()?;
        assert_eq!((raised.len(), &raised[0]["change"]), (1, &json!("raised")));
        Ok((scene, raised))
    }

    fn mine(&mut self, its: impl IntoIterator<Item = bool>) -> Result<()> {
        for its in its {
            let tag = if its { TAKES_OVER } else { OTHERS[self.is_its.len() % OTHERS.len()] };
            self.miner.mine(&Coinbase::tagged(tag))?;
            self.is_its.push(its);
        }
        Ok(())
    }

    /// Waits until everything up to the node's tip was evaluated.
    fn evaluated(&self) -> Result<()> {
        let tip = json!(self.rpc.get_best_block_hash()?.to_string());
        // each time another question: an answer is kept for as long as nothing new is said
        let mut before = u32::MAX;
        let told = || {
            before -= 1;
            let answer = self.hashwatch.get_json(&format!("/api/v1/alerts?before={before}"));
            answer.is_ok_and(|it| it["evaluated"]["hash"] == tip)
        };
        wait_until("the tip to be evaluated", SOON, told).with_context(|| self.hashwatch.stderr())
    }

    /// Notices about pools, the first first.
    fn notices(&self) -> Result<Vec<Value>> {
        let answer = self.hashwatch.get_json("/api/v1/alerts?limit=200")?;
        let mut all = answer["notices"].as_array().context("notices")?.clone();
        all.retain(|notice| notice["subject"]["kind"] == "pool");
        all.reverse();
        Ok(all)
    }

    /// What is to be said of the chain: change, levels, height. By the definition, from the blocks that were mined.
    fn expected(&self) -> Vec<(&'static str, usize, usize, usize)> {
        let mut said = Vec::new();
        let (mut level, mut below) = (0, Vec::new());
        for height in WINDOW - 1..self.is_its.len() {
            let hits = self.is_its[height + 1 - WINDOW..=height].iter().filter(|its| **its).count();
            let reached = |marks: [usize; 2]| marks.iter().filter(|mark| **mark <= hits).count();
            let (firm, held) = (reached(FIRM), reached(HELD));
            if firm > level {
                said.push((if level == 0 { "raised" } else { "worsened" }, level, firm, height));
                (level, below) = (firm, Vec::new());
            } else if held >= level {
                below.clear();
            } else {
                below.push(held);
                if below.len() == CALM {
                    let to = below.iter().copied().max().unwrap_or(0);
                    said.push((if to == 0 { "over" } else { "eased" }, level, to, height));
                    (level, below) = (to, Vec::new());
                }
            }
        }
        said
    }

    /// That a tip is stored, and that for some looks more nothing is said of it.
    fn nothing_is_said(&self, (tip, evaluated): (u32, &str), before: &[Value]) -> Result<()> {
        let stored = || self.hashwatch.get_json("/api/v1/status").is_ok_and(|it| it["tip"]["height"] == json!(tip));
        wait_until("the tip to be stored", SOON, stored).with_context(|| self.hashwatch.stderr())?;
        std::thread::sleep(SOME_LOOKS);
        let answer = self.hashwatch.get_json(&format!("/api/v1/alerts?before={}", u32::MAX - tip))?;
        assert_eq!(answer["evaluated"]["hash"], evaluated, "of block {tip}");
        assert_eq!(self.notices()?, before, "of block {tip}");
        Ok(())
    }

    fn says_what_is_expected(&self) -> Result<Vec<Value>> {
        let notices = self.notices()?;
        let said: Vec<Value> = notices
            .iter()
            .map(|it| json!([it["change"], it["from_level"], it["level"], it["as_of"]["height"]]))
            .collect();
        assert_eq!(json!(said), json!(self.expected()), "what was said, and what follows from the blocks");
        for notice in &notices {
            let height = notice["as_of"]["height"].as_u64().context("a height")?;
            assert_eq!(notice["as_of"]["hash"], self.rpc.get_block_hash(height)?.to_string());
            assert_eq!((&notice["subject"]["id"], &notice["historic"]), (&json!("viabtc"), &json!(false)));
            assert_eq!(notice["alert"], notices[0]["alert"]);
        }
        Ok(notices)
    }
}

#[test]
fn a_takeover_is_told_once_each_at_the_right_blocks() -> Result<()> {
    let _turn = turn();
    let mut scene = Scene::new()?;
    scene.mine([false; 24])?;
    scene.evaluated()?;
    assert_eq!(scene.notices()?, Vec::<Value>::new());
    for its in [true, false] {
        for _ in 0..5 {
            scene.mine([its; 4])?;
            scene.evaluated()?;
        }
    }
    let said: Vec<&str> = scene.expected().iter().map(|(change, ..)| *change).collect();
    assert_eq!(said, ["raised", "worsened", "eased", "over"], "the course that is mined");
    let notices = scene.says_what_is_expected()?;
    let headline = notices[0]["headline"].as_str().context("a headline")?;
    ensure!(headline.starts_with("ViaBTC holds more than a third of the hashrate"), "{headline}");

    // who starts again says nothing again, and goes on
    scene.hashwatch.terminate()?;
    scene.mine([true; 12])?;
    scene.hashwatch.run()?;
    scene.evaluated()?;
    let after = scene.notices()?;
    assert_eq!((after.len(), &after[..4]), (5, &notices[..]));
    assert_eq!((&after[4]["change"], after[4]["alert"] == notices[0]["alert"]), (&json!("raised"), false));
    // by the defaults nothing is to be said of so few blocks
    let data = scene.hashwatch.data_dir();
    let data = data.to_str().context("a path")?;
    let replay = scene.hashwatch.command("alerts", ["replay", "--json", "--data", data])?;
    ensure!(replay.status.success(), "{}", String::from_utf8_lossy(&replay.stderr));
    let replay: Value = serde_json::from_slice(&replay.stdout)?;
    assert_eq!((&replay["to"], &replay["notices"]), (&json!(scene.is_its.len() - 1), &json!([])));
    scene.hashwatch.terminate()
}

#[test]
fn a_reorg_across_the_raising_block_moves_it_or_takes_it_back() -> Result<()> {
    let _turn = turn();
    let (mut scene, raised) = Scene::raised()?;

    // a longer branch on which it is reached a block later
    let tip = scene.rpc.get_best_block_hash()?;
    let parent = scene.rpc.get_block_header_info(&tip)?.previous_block_hash.context("a parent")?;
    let beside = scene.miner.mine_on(parent, &Coinbase::tagged(OTHERS[0]))?;
    scene.miner.mine_on(beside.hash, &Coinbase::tagged(TAKES_OVER))?;
    scene.is_its.pop();
    scene.is_its.extend([false, true]);
    scene.evaluated()?;
    let moved = scene.says_what_is_expected()?;
    assert_eq!((&moved[0]["seq"], &moved[0]["alert"]), (&raised[0]["seq"], &raised[0]["alert"]));
    assert_eq!(moved[0]["first_as_of"]["hash"], tip.to_string());
    ensure!(moved[0]["restated_at"].is_u64(), "{}", moved[0]);

    // back on the block where it began it stands as it was said
    let later = scene.rpc.get_best_block_hash()?;
    scene.rpc.invalidate_block(&later)?;
    scene.is_its.truncate(35);
    scene.is_its.push(true);
    scene.mine([false; 2])?;
    scene.evaluated()?;
    let back = scene.says_what_is_expected()?;
    assert_eq!((back.len(), &back[0]["seq"], &back[0]["first_as_of"]), (1, &raised[0]["seq"], &Value::Null));

    // and a branch on which it does not hold
    scene.rpc.invalidate_block(&tip)?;
    scene.is_its.truncate(35);
    scene.is_its.push(false);
    scene.mine([false; 3])?;
    scene.evaluated()?;
    let notices = scene.notices()?;
    assert_eq!(notices.len(), 2, "{notices:?}");
    assert_eq!((&notices[1]["change"], &notices[1]["alert"]), (&json!("withdrawn"), &raised[0]["alert"]));
    let open = scene.hashwatch.get_json("/api/v1/alerts")?["raised"].clone();
    assert_eq!(open, json!([]));
    scene.hashwatch.terminate()
}

/// Blocks leave, and those in their place come one by one, with a restart in between: until they have as much work nothing is said,
/// and then what was said is moved, not taken back and said anew.
#[test]
fn a_reorg_in_steps_takes_nothing_back_that_its_blocks_bear_out() -> Result<()> {
    let _turn = turn();
    let (mut scene, raised) = Scene::raised()?;
    let top = u32::try_from(scene.is_its.len() - 1)?;
    let spoken_of = scene.rpc.get_best_block_hash()?;

    scene.rpc.invalidate_block(&scene.rpc.get_block_hash(u64::from(top) - 2)?)?;
    scene.is_its.truncate(scene.is_its.len() - 3);
    scene.nothing_is_said((top - 3, &spoken_of.to_string()), &raised)?;
    scene.hashwatch.terminate()?;
    scene.hashwatch.run()?;
    scene.nothing_is_said((top - 3, &spoken_of.to_string()), &raised)?;
    for height in [top - 2, top - 1] {
        scene.mine([true])?;
        scene.nothing_is_said((height, &spoken_of.to_string()), &raised)?;
    }
    // as much work
    scene.mine([true])?;
    scene.evaluated()?;
    let moved = scene.says_what_is_expected()?;
    assert_eq!((moved.len(), &moved[0]["seq"], &moved[0]["alert"]), (1, &raised[0]["seq"], &raised[0]["alert"]));
    assert_eq!(moved[0]["first_as_of"]["hash"], spoken_of.to_string());
    scene.hashwatch.terminate()
}

/// The list in the methodology is that of the program: so many of each rule.
#[test]
fn real_years_are_told_as_documented() -> Result<()> {
    let Some(file) = shared("real/pool_by_height/pool_by_height_610683_923810.csv.gz") else { return Ok(()) };
    let labels = file.to_str().context("a path")?;
    let output = Hashwatch::new()?
        .command("alerts", ["replay", "--json", "--labels", labels, "--pool-column", "pool_2026_03"])?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let replayed: Value = serde_json::from_slice(&output.stdout)?;
    assert_eq!((&replayed["from"], &replayed["to"]), (&json!(610_683), &json!(923_810)));
    ensure!(replayed["left_out"]["hashrate"].is_string(), "no work, no word: {}", replayed["left_out"]);
    let raised: BTreeMap<String, u64> = ["share", "nakamoto", "hhi", "hhi_rise", "streak"]
        .map(|rule| (rule.to_owned(), replayed["counts"][rule]["raised"].as_u64().unwrap_or(0)))
        .into();
    let rows = METHODOLOGY.lines().skip_while(|line| !line.starts_with("| raised in six years ")).skip(2);
    let documented = rows.take_while(|line| line.starts_with('|')).map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        Ok((cells[0].trim_matches('`').to_owned(), cells[1].parse()?))
    });
    assert_eq!(raised, documented.collect::<Result<BTreeMap<String, u64>>>()?, "the table of the methodology");
    Ok(())
}
