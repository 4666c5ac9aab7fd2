//! Proves the support itself: a real bitcoind, blocks of our own, and a proxy that lies exactly as told.

use std::time::{Duration, Instant};

use anyhow::Result;
use bitcoin::{Amount, ScriptBuf};
use bitcoincore_rpc::RpcApi;
use hashwatch_tests::{Bitcoind, Coinbase, Miner, wait_until};

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
