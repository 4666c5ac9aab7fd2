//! One chain by every route: block files, parts of blocks, whole blocks by REST, and RPC give the same rows, but for what
//! only some of them tell.

use anyhow::{Result, ensure};
use bitcoin::Amount;
use hashwatch_tests::{Bitcoind, Coinbase, Hashwatch, Miner, Proxy};

use crate::pools::Pools;
use crate::seed::Seed;
use crate::sql::Sql;
use crate::turn::turn;

/// No block by its whole but where the route has nothing else.
pub(crate) const CONFIG: &str = "[follow]\nwhole = 0\nretry_seconds = 1\n";
/// Payments of a block that is too large to be read whole for its front.
const MANY: usize = 300;

const ROWS: [&str; 2] = [
    "SELECT height, hex(hash), cityHash64(toString(tuple(*)))
     FROM (SELECT * EXCEPT (commit, coinbase_proof, size, weight) FROM hashwatch.blocks) ORDER BY height, hash",
    "SELECT height, hex(hash), cityHash64(toString(tuple(*)))
     FROM (SELECT * EXCEPT (commit) FROM hashwatch.opinions) ORDER BY height, hash",
];
const PROOFS: &str =
    "SELECT coinbase_proof, count() FROM hashwatch.blocks GROUP BY coinbase_proof ORDER BY coinbase_proof";

/// Small blocks, large ones, a coinbase of some 100 kB, and a stale block.
pub(crate) fn chain(node: &Bitcoind) -> Result<()> {
    let (pools, mut seed) = (Pools::read(), Seed::of("routes"));
    let mut miner = Miner::new(node)?;
    miner.mine_blocks(120)?;
    let fork = miner.mine(&pools.any(&mut seed).coinbase)?.hash;
    for payments in [0, 1, MANY, MANY, MANY, MANY, 2, MANY] {
        let payments = miner.payments(payments, Amount::from_sat(777))?;
        miner.mine_with(&pools.any(&mut seed).coinbase, &payments)?;
    }
    let mut wide = Coinbase::tagged("/wide/").paying(bitcoin::ScriptBuf::from_bytes(vec![0x51]), 1);
    for output in 0..2_500_u32 {
        let script = [&[0x6a, 36][..], &output.to_le_bytes().repeat(9)].concat();
        wide = wide.paying(bitcoin::ScriptBuf::from_bytes(script), 0);
    }
    let payments = miner.payments(1, Amount::from_sat(777))?;
    miner.mine_with(&wide, &payments)?;
    miner.mine_on(fork, &pools.any(&mut seed).coinbase)?;
    Ok(())
}

pub(crate) fn rows(hashwatch: &mut Hashwatch) -> Result<(String, String)> {
    hashwatch.index_once()?;
    hashwatch.run_engine()?;
    let sql = Sql::of(&hashwatch.data_dir())?;
    let rows = ROWS.iter().map(|statement| sql.query(statement)).collect::<Result<String>>()?;
    let proofs = sql.query(PROOFS)?;
    hashwatch.terminate()?;
    Ok((rows, proofs))
}

#[test]
fn all_routes_give_the_same_rows() -> Result<()> {
    let _turn = turn();
    let node = Bitcoind::start()?;
    chain(&node)?;
    let parts = Proxy::with_block_parts(&node.url())?;
    let mut by_rpc = Hashwatch::following(&node)?.configured(CONFIG)?.with(["--route", "rpc"]);
    let (expected, proofs) = rows(&mut by_rpc)?;
    ensure!(expected.lines().count() == 2 * (1 + 121 + 8 + 1 + 1), "{} rows", expected.lines().count());
    ensure!(proofs == "merkle\t132\n", "{proofs}");
    let blocks = node.blocks_dir();
    for (route, url, said, words) in [
        ("rest", node.url(), "merkle\t132\n", "old blocks come by REST"),
        ("blockpart", parts.url(), "node\t", "old blocks come by REST, their first part alone"),
        ("files", node.url(), "file\t6\nmerkle\t126\n", "old blocks come by the node's block files"),
        ("auto", node.url(), "file\t6\nmerkle\t126\n", "old blocks come by the node's block files"),
    ] {
        let mut hashwatch = Hashwatch::following_at(&url, &node)?.configured(CONFIG)?.with(["--route", route]);
        hashwatch = hashwatch.with(["--blocks-dir".as_ref(), blocks.as_os_str()]);
        let (found, proofs) = rows(&mut hashwatch)?;
        ensure!(found == expected, "{route} gives other rows");
        ensure!(proofs.contains(said), "{route}: {proofs}");
        let log = hashwatch.stderr();
        ensure!(log.lines().filter(|line| line.contains(words)).count() == 1, "{route}: {log}");
    }
    ensure!(parts.asked("rest/blockpart") > 3, "{}", parts.asked("rest/blockpart"));
    // without a node
    let mut alone = Hashwatch::reading(&blocks)?.with(["--network", "regtest"]).configured(CONFIG)?;
    ensure!(rows(&mut alone)?.0 == expected, "the files alone give other rows");
    Ok(())
}

/// A node that has no such thing says so, and is not asked another way.
#[test]
fn a_forced_route_stays_what_it_is() -> Result<()> {
    let _turn = turn();
    let node = Bitcoind::start()?;
    Miner::new(&node)?.mine_blocks(3)?;
    let mut hashwatch = Hashwatch::following(&node)?.configured(CONFIG)?.with(["--route", "blockpart"]);
    hashwatch.spawn_index_once()?;
    ensure!(!hashwatch.wait()?.success());
    ensure!(hashwatch.stderr().contains("/rest/blockpart/"), "{}", hashwatch.stderr());
    let node = Bitcoind::start_with(&["-rest=0"])?;
    Miner::new(&node)?.mine_blocks(3)?;
    let mut hashwatch = Hashwatch::following(&node)?.configured(CONFIG)?.with(["--route", "rest"]);
    hashwatch.spawn_index_once()?;
    ensure!(!hashwatch.wait()?.success());
    ensure!(hashwatch.stderr().contains("HTTP status 404"), "{}", hashwatch.stderr());
    Ok(())
}
