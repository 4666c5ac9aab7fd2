//! Several processes on one data directory, and one process told to stop.

use std::process::Output;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use hashwatch_tests::{Bitcoind, Fault, Hashwatch, Miner, Proxy, wait_until};
use serde_json::Value;

use crate::turn::turn;

const SOON: Duration = Duration::from_secs(30);

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Arguments of a further process on the data directory of the first.
fn beside(hashwatch: &Hashwatch, node: &Bitcoind, more: &[&str]) -> Vec<String> {
    let (cookie, data) = (node.cookie_file().display().to_string(), hashwatch.data_dir().display().to_string());
    let common =
        ["--network", "regtest", "--rpc-url", &node.url(), "--rpc-cookie", &cookie, "--data", &data].map(str::to_owned);
    common.into_iter().chain(more.iter().map(|&argument| argument.to_owned())).collect()
}

#[test]
fn one_writes_and_others_look_on() -> Result<()> {
    let _turn = turn();
    let node = Bitcoind::start()?;
    let mut miner = Miner::new(&node)?;
    let tip = miner.mine_blocks(20)?[19].hash;
    let mut hashwatch = Hashwatch::following(&node)?;
    hashwatch.run()?;
    hashwatch.wait_for_tip(&tip, SOON)?;

    // by way of the instance that has the directory open
    let found = hashwatch.check()?;
    assert!(found.status.success(), "{}", said(&found));
    let found: Value = serde_json::from_slice(&found.stdout)?;
    assert_eq!((&found["tip"]["hash"], found["findings"].as_array().map(Vec::len)), (&tip.to_string().into(), Some(0)));

    // a second writer is refused, and the first does not notice
    for (subcommand, more) in [("run", &["--listen", "127.0.0.1:0"][..]), ("index", &["--once"]), ("index", &[])] {
        let second = hashwatch.command(subcommand, beside(&hashwatch, &node, more))?;
        assert_eq!(second.status.code(), Some(1), "{}", said(&second));
        assert!(
            said(&second).contains("another hashwatch indexes into") && said(&second).contains("--data"),
            "{}",
            said(&second)
        );
    }
    let data = hashwatch.data_dir().display().to_string();
    let second = hashwatch.command("engine", ["--data", &data])?;
    assert_eq!(second.status.code(), Some(1), "{}", said(&second));
    // a second page on the same port
    let listen = hashwatch.url().replace("http://", "");
    let second = hashwatch.command("serve", ["--data", &data, "--listen", &listen])?;
    assert_eq!(second.status.code(), Some(1), "{}", said(&second));
    assert!(said(&second).contains("cannot listen on"), "{}", said(&second));

    let tip = miner.mine_blocks(1)?[0].hash;
    hashwatch.wait_for_tip(&tip, SOON)?;
    hashwatch.terminate()?;
    // the way in is gone with the instance, and `check` opens the directory itself
    assert!(!hashwatch.data_dir().join("engine-endpoint").exists());
    assert!(hashwatch.check()?.status.success());
    // after a kill the way in leads nowhere, which stops nobody
    hashwatch.run()?;
    hashwatch.kill9();
    assert!(hashwatch.data_dir().join("engine-endpoint").exists());
    assert!(hashwatch.check()?.status.success());
    hashwatch.serve()?;
    hashwatch.wait_for_tip(&tip, SOON)?;
    assert_eq!(hashwatch.get_json("/api/v1/status")?["sync"]["state"], "off");
    hashwatch.terminate()
}

#[cfg(unix)]
#[test]
fn the_secret_is_for_one_user_alone() -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let _turn = turn();
    let mut engine = Hashwatch::new()?;
    let url = engine.run_engine()?;
    let endpoint = std::fs::metadata(engine.data_dir().join("engine-endpoint"))?;
    assert_eq!(endpoint.permissions().mode() & 0o777, 0o600);
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).proxy(None).build().into();
    let mut answer = agent.post(&url).send("SELECT 1")?;
    assert!(answer.status().as_u16() >= 400 && answer.body_mut().read_to_string()?.contains("AUTHENTICATION_FAILED"));
    assert!(!engine.stderr().contains(
        std::fs::read_to_string(engine.data_dir().join("engine-endpoint"))?.lines().nth(1).context("a secret")?
    ));
    engine.terminate()
}

#[test]
fn a_directory_of_another_chain_is_refused() -> Result<()> {
    let _turn = turn();
    let node = Bitcoind::start()?;
    let mined = Miner::new(&node)?.mine_blocks(20)?;
    let mut hashwatch = Hashwatch::following(&node)?;
    hashwatch.index_once()?;
    let data = hashwatch.data_dir().display().to_string();
    // another network, another start, a simulated chain
    let start = format!("{}:{}", mined[9].height, mined[9].hash);
    let simulated = tempfile::tempdir()?;
    let dir = simulated.path().display().to_string();
    let made = hashwatch.command("simulate", ["--blocks", "50", "--network", "regtest", "--out", &dir])?;
    assert!(made.status.success(), "{}", said(&made));
    let cookie = node.cookie_file().display().to_string();
    for (arguments, found) in [
        (vec!["--network", "testnet4", "--rpc-url", &node.url(), "--rpc-cookie", &cookie], "regtest"),
        (vec!["--network", "regtest", "--rpc-url", &node.url(), "--rpc-cookie", &cookie, "--start", &start], "regtest"),
        (vec!["--blocks-dir", &dir], "simulated"),
    ] {
        let arguments = [arguments, vec!["--once", "--data", &data]].concat();
        let other = hashwatch.command("index", &arguments)?;
        assert_eq!(other.status.code(), Some(1), "{arguments:?}: {}", said(&other));
        let said = said(&other);
        assert!(said.contains("this database holds") && said.contains(found) && said.contains("--data"), "{said}");
    }
    hashwatch.index_once()?;
    assert!(hashwatch.check()?.status.success());
    Ok(())
}

#[test]
fn it_stops_when_told_whatever_it_is_at() -> Result<()> {
    let _turn = turn();
    let node = Bitcoind::start()?;
    let mut miner = Miner::new(&node)?;
    miner.mine_blocks(300)?;
    let proxy = Proxy::start(&node.url())?;
    let mut hashwatch = Hashwatch::following_at(&proxy.url(), &node)?.configured("[follow]\nbatch = 3\n")?;
    let stops = |hashwatch: &mut Hashwatch, at: &str| -> Result<()> {
        let start = Instant::now();
        hashwatch.terminate().context(at.to_owned())?;
        let took = start.elapsed();
        eprintln!("{at}: stopped after {took:?}");
        assert!(took < Duration::from_secs(5), "{at}: {took:?}");
        Ok(())
    };
    // in the midst of a sync
    hashwatch.run()?;
    wait_until("a sync is under way", SOON, || {
        hashwatch.get_json("/api/v1/status").is_ok_and(|status| status["tip"]["height"].as_u64() > Some(20))
    })?;
    stops(&mut hashwatch, "in a sync")?;
    // while the node hangs, with a call in the air (they may take 30 seconds)
    hashwatch.run()?;
    proxy.set(Fault::Silence);
    wait_until("a call hangs", SOON, || proxy.applied() > 0)?;
    stops(&mut hashwatch, "with a node that hangs")?;
    // from the start on with a node that hangs
    hashwatch.run()?;
    stops(&mut hashwatch, "with a node that never answered")?;
    proxy.set(Fault::Honest);
    hashwatch.run()?;
    hashwatch.wait_for_tip(&miner.mine_blocks(1)?[0].hash, SOON)?;
    stops(&mut hashwatch, "at the tip")?;
    assert!(hashwatch.check()?.status.success());
    Ok(())
}
