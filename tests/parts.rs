//! Proves the support itself: a real bitcoind, blocks of our own, and a proxy that lies exactly as told.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use bitcoin::{Amount, BlockHash, ScriptBuf};
use bitcoincore_rpc::{Auth, Client, RpcApi};
use hashwatch_tests::{Bitcoind, Coinbase, Fault, Hashwatch, Miner, Proxy, wait_until};
use serde_json::{Value, json};

/// A P2WPKH script of nobody's.
fn script(number: u8) -> ScriptBuf {
    ScriptBuf::from_hex(&format!("0014{}", hex_of(number))).expect("22 bytes of hex")
}

fn hex_of(number: u8) -> String {
    format!("{number:02x}").repeat(20)
}

#[test]
fn three_hundred_blocks_with_own_coinbases_and_a_reorg() -> Result<()> {
    let node = Bitcoind::start()?;
    let rpc = node.rpc()?;
    let mut miner = Miner::new(&node)?;

    let start = Instant::now();
    let coinbases: Vec<_> =
        (0..300u32).map(|i| Coinbase::tagged(format!("/Pool {}/", i % 7)).paying(script((i % 7) as u8), 1)).collect();
    let mined = miner.mine_each(&coinbases)?;
    let took = start.elapsed();
    eprintln!("300 blocks took {took:?}");
    assert!(took < Duration::from_secs(10), "300 blocks took {took:?}");
    assert_eq!(rpc.get_block_count()?, 300);
    for (mined, coinbase) in mined.iter().zip(&coinbases) {
        let block = rpc.get_block(&rpc.get_block_hash(mined.height.into())?)?;
        assert_eq!(block, mined.block);
        assert_eq!(block.bip34_block_height().ok(), Some(mined.height.into()).filter(|_| mined.height > 16));
        let script_sig = block.txdata[0].input[0].script_sig.as_bytes();
        assert!(script_sig.windows(coinbase.tag.len()).any(|window| window == coinbase.tag));
        assert_eq!(block.txdata[0].output[0].script_pubkey, coinbase.payouts[0].0);
    }

    rpc.invalidate_block(&mined[295].hash)?;
    assert_eq!(rpc.get_block_count()?, 295);
    let instead = miner.mine_each(&coinbases[..7])?;
    assert_eq!(rpc.get_block_count()?, 302);
    assert_eq!(rpc.get_best_block_hash()?, instead[6].hash);
    assert_eq!(instead[0].block.header.prev_blockhash, mined[294].hash);
    assert_ne!(instead[0].hash, mined[295].hash);
    Ok(())
}

#[test]
fn coinbases_of_any_form() -> Result<()> {
    let node = Bitcoind::start()?;
    let mut miner = Miner::new(&node)?;
    // the script's whole room, with no place for an extra nonce: 100 bytes less a push of one byte
    let full = Coinbase::tagged([0xff; 99]);
    let first = miner.mine(&full)?;
    assert_eq!(first.block.txdata[0].input[0].script_sig.len(), 100);
    assert!(miner.mine(&Coinbase::tagged([0xff; 100])).is_err());

    let shared_out = Coinbase::default().paying(script(1), 1).paying(script(2), 2).paying(script(3), 0);
    let second = miner.mine(&shared_out)?;
    let values: Vec<u64> = second.block.txdata[0].output.iter().map(|output| output.value.to_sat()).collect();
    assert_eq!(values, [1_666_666_667, 3_333_333_333, 0]);
    Ok(())
}

#[test]
fn payments_leave_fees_to_the_coinbase() -> Result<()> {
    let node = Bitcoind::start()?;
    let mut miner = Miner::new(&node)?;
    assert!(miner.payments(1, Amount::from_sat(1)).is_err());
    miner.mine_blocks(100)?;
    for count in [1, 2, 6, 50] {
        let payments = miner.payments(count, Amount::from_sat(1_000))?;
        let mined = miner.mine_with(&Coinbase::tagged("/fees/"), &payments)?;
        assert_eq!(mined.block.txdata.len(), count + 1);
        let value = mined.block.txdata[0].output[0].value;
        assert_eq!(value, Amount::from_int_btc(50) + Amount::from_sat(1_000 * count as u64));
    }
    assert_eq!(node.rpc()?.get_block_count()?, 104);
    Ok(())
}

#[test]
fn branches_and_times_as_chosen() -> Result<()> {
    let node = Bitcoind::start()?;
    let rpc = node.rpc()?;
    let mut miner = Miner::new(&node)?.starting_at(1_700_000_000).spaced(60);
    let main = miner.mine_blocks(3)?;
    assert_eq!(main[2].block.header.time, 1_700_000_120);
    let branch = miner.mine_on(main[0].hash, &Coinbase::tagged("/branch/"))?;
    assert_eq!(rpc.get_best_block_hash()?, main[2].hash);
    let branch = miner.mine_on(branch.hash, &Coinbase::tagged("/branch/"))?;
    let branch = miner.mine_on(branch.hash, &Coinbase::tagged("/branch/"))?;
    assert_eq!(rpc.get_best_block_hash()?, branch.hash);
    let later = miner.mine_at(1_700_009_999, &Coinbase::default())?;
    assert_eq!(later.block.header.time, 1_700_009_999);
    assert!(miner.mine_at(1_700_000_000, &Coinbase::default()).is_err());
    Ok(())
}

#[test]
fn nodes_stop_start_die_and_connect() -> Result<()> {
    let (mut one, two) = (Bitcoind::start()?, Bitcoind::start()?);
    Miner::new(&one)?.mine_blocks(10)?;
    one.restart()?;
    assert_eq!(one.rpc()?.get_block_count()?, 10);
    assert!(one.blocks_dir().join("blk00000.dat").is_file());
    one.kill();
    assert!(one.rpc().and_then(|rpc| Ok(rpc.get_block_count()?)).is_err());
    one.restart()?;

    let rpc = two.rpc()?;
    one.connect(&two)?;
    Miner::new(&one)?.mine_blocks(10)?;
    let height = one.rpc()?.get_block_count()?;
    wait_until("the other node follows", Duration::from_secs(30), || rpc.get_block_count().ok() == Some(height))?;

    one.disconnect(&two)?;
    Miner::new(&two)?.mine_blocks(1)?;
    assert_eq!(one.rpc()?.get_block_count()?, height);
    two.set_network_active(false)?;
    two.set_network_active(true)?;
    one.connect(&two)?;
    wait_until("it hears of the block", Duration::from_secs(30), || {
        one.rpc().is_ok_and(|rpc| rpc.get_block_count().ok() == Some(height + 1))
    })
}

/// The bits in which two strings of bytes differ.
fn difference(one: &[u8], other: &[u8]) -> Vec<usize> {
    assert_eq!(one.len(), other.len());
    (0..8 * one.len()).filter(|&bit| (one[bit / 8] ^ other[bit / 8]) & (1 << (bit % 8)) != 0).collect()
}

/// A client by way of the proxy, with the node's own cookie.
fn through(proxy: &Proxy, node: &Bitcoind) -> Result<Client> {
    Ok(Client::new(&proxy.url(), Auth::CookieFile(node.cookie_file()))?)
}

fn raw(rpc: &Client, method: &str, arguments: &[Value]) -> Result<Vec<u8>> {
    let hex: String = rpc.call(method, arguments)?;
    bitcoin::hex::FromHex::from_hex(&hex).context("the node answers hex")
}

fn rest(url: &str, path: &str) -> Result<Vec<u8>> {
    Ok(ureq::get(format!("{url}/rest/{path}")).call()?.body_mut().read_to_vec()?)
}

#[test]
fn the_proxy_flips_exactly_one_bit() -> Result<()> {
    let node = Bitcoind::start()?;
    let mined = Miner::new(&node)?.mine_blocks(20)?;
    let proxy = Proxy::start(&node.url())?;
    let (honest, lying) = (node.rpc()?, through(&proxy, &node)?);
    let hashes: Vec<BlockHash> = mined.iter().map(|mined| mined.hash).collect();
    let victim = hashes[9];
    let bit = 8 * 70 + 3;

    assert_eq!(lying.get_best_block_hash()?, hashes[19]);
    proxy.set(Fault::FlipHeaderBit { block: victim, bit });
    let block = |rpc: &Client, hash| raw(rpc, "getblock", &[json!(hash), json!(0)]);
    let header = |rpc: &Client, hash| raw(rpc, "getblockheader", &[json!(hash), json!(false)]);
    for &hash in &hashes {
        let expected = if hash == victim { vec![bit] } else { vec![] };
        assert_eq!(difference(&block(&honest, hash)?, &block(&lying, hash)?), expected);
        assert_eq!(difference(&header(&honest, hash)?, &header(&lying, hash)?), expected);
        let path = format!("block/{hash}.bin");
        assert_eq!(difference(&rest(&node.url(), &path)?, &rest(&proxy.url(), &path)?), expected);
    }
    assert_eq!(proxy.applied(), 3);
    let path = format!("headers/{}.bin?count=20", hashes[0]);
    let (true_headers, headers) = (rest(&node.url(), &path)?, rest(&proxy.url(), &path)?);
    assert_eq!(true_headers.len(), 20 * 80);
    assert_eq!(difference(&true_headers, &headers), [9 * 640 + bit]);
    assert_eq!(proxy.applied(), 4);

    let client = lying.get_jsonrpc_client();
    let arguments: Vec<_> = hashes.iter().map(|hash| bitcoincore_rpc::jsonrpc::arg((hash, false))).collect();
    let requests: Vec<_> = arguments.iter().map(|args| client.build_request("getblockheader", Some(args))).collect();
    let mut answers = vec![];
    for answer in client.send_batch(&requests)?.into_iter().flatten() {
        answers.extend(<Vec<u8> as bitcoin::hex::FromHex>::from_hex(&answer.result::<String>()?)?);
    }
    assert_eq!(answers, headers);
    assert_eq!(proxy.asked("getblockheader"), 20 + 20);

    proxy.set(Fault::Honest);
    assert_eq!(block(&honest, victim)?, block(&lying, victim)?);
    assert_eq!(proxy.applied(), 0);
    Ok(())
}

#[test]
fn the_proxy_spoils_answers_as_told() -> Result<()> {
    let node = Bitcoind::start()?;
    let proxy = Proxy::start(&node.url())?;
    let rpc = through(&proxy, &node)?;
    let outright: Result<Value, _> = ureq::post(proxy.url()).send("{}").map(|_| Value::Null);
    assert!(matches!(outright, Err(ureq::Error::StatusCode(401))), "no cookie, no answer: {outright:?}");

    for fault in [Fault::Rubbish, Fault::HalfAnswer, Fault::ServerError, Fault::WrongTypes] {
        proxy.set_for(&["getblockcount"], fault);
        assert!(rpc.get_block_count().is_err(), "{fault:?}");
        assert_eq!(proxy.applied(), 1, "{fault:?}");
        rpc.get_best_block_hash()?;
        assert_eq!(proxy.applied(), 1, "{fault:?}: another call is passed on");
        proxy.set(Fault::Honest);
        assert_eq!(rpc.get_block_count()?, 0);
    }

    proxy.set(Fault::WrongTypes);
    let info: Value = rpc.call("getblockchaininfo", &[])?;
    assert!(info["blocks"].is_string() && info["bestblockhash"].is_number(), "{info}");

    proxy.set(Fault::Silence);
    let agent: ureq::Agent =
        ureq::Agent::config_builder().timeout_global(Some(Duration::from_millis(300))).build().into();
    let start = Instant::now();
    assert!(agent.get(format!("{}/rest/chaininfo.json", proxy.url())).call().is_err());
    assert!(start.elapsed() >= Duration::from_millis(300));
    assert_eq!((proxy.applied(), proxy.asked("rest")), (1, 1));
    Ok(())
}

#[test]
fn the_program_is_run_killed_and_stopped() -> Result<()> {
    let node = Bitcoind::start()?;
    let mut miner = Miner::new(&node)?;
    let tip = miner.mine_blocks(3)?[2].hash;
    let mut hashwatch = Hashwatch::following(&node)?;
    hashwatch.index_once()?;

    hashwatch.run()?;
    hashwatch.wait_for_tip(&tip, Duration::from_secs(30))?;
    hashwatch.kill9();
    assert!(!hashwatch.is_running() && hashwatch.get("/api/v1/status").is_err());

    hashwatch.run()?;
    let status = hashwatch.get("/api/v1/status")?;
    assert_eq!((status.status, status.header("content-type")), (200, "application/json"));
    assert_eq!(hashwatch.get_json("/api/v1/status")?["network"], "regtest");
    assert_eq!(hashwatch.get("/api/v1/no-such-thing")?.status, 404);
    hashwatch.terminate()?;

    hashwatch.serve()?;
    hashwatch.terminate()?;
    assert_eq!(hashwatch.command("run", ["--no-such-flag"])?.status.code(), Some(2));
    Ok(())
}
