//! Block files with bytes overwritten at random, beside a node that is well: no panic, no row that is wrong unless it is
//! there on the file's word and an audit finds it, and what the files have lost comes from the node.

use std::{fs, path::Path};

use anyhow::{Result, ensure};
use hashwatch_tests::{Bitcoind, Hashwatch};

use crate::audit::audit;
use crate::routes::{CONFIG, chain, rows};
use crate::seed::{Seed, soak};
use crate::turn::turn;

/// Bytes of the node's block file that hold blocks: it lays out more.
fn used(file: &[u8]) -> usize {
    file.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1)
}

/// A copy of the node's block files with one to five places overwritten; where, and by how many bytes.
fn damage(from: &Path, to: &Path, seed: &mut Seed) -> Result<Vec<(usize, usize)>> {
    fs::create_dir_all(to)?;
    fs::copy(from.join("xor.dat"), to.join("xor.dat"))?;
    let mut bytes = fs::read(from.join("blk00000.dat"))?;
    bytes.truncate(used(&bytes));
    let mut places = Vec::new();
    for _ in 0..seed.within(1..6) {
        let length = usize::try_from(seed.within(1..65))?;
        let at = usize::try_from(seed.within(0..(bytes.len() - length) as u64))?;
        bytes[at..at + length].fill_with(|| seed.bits().to_le_bytes()[0]);
        places.push((at, length));
    }
    fs::write(to.join("blk00000.dat"), bytes)?;
    Ok(places)
}

#[test]
fn damaged_block_files_cost_no_row() -> Result<()> {
    let _turn = turn();
    let node = Bitcoind::start()?;
    chain(&node)?;
    let (expected, _) = rows(&mut Hashwatch::following(&node)?.configured(CONFIG)?.with(["--route", "rpc"]))?;
    let mut seed = Seed::of("damaged_block_files");
    let mut named = 0;
    for case in 0..if soak() { 200 } else { 8 } {
        let copy = tempfile::tempdir()?;
        let places = damage(&node.blocks_dir(), copy.path(), &mut seed)?;
        let mut hashwatch = Hashwatch::following(&node)?.configured(CONFIG)?;
        hashwatch = hashwatch.with(["--blocks-dir".as_ref(), copy.path().as_os_str()]);
        let (found, proofs) = rows(&mut hashwatch)?;
        if found != expected {
            // a coinbase before payments that nobody read is the file's word: an audit must find what is wrong with it
            let (code, outcome) = audit(&hashwatch, &node, &["--route", "rpc"])?;
            ensure!(code == Some(1), "case {case}, {places:?}: other rows; {proofs}{outcome}{}", hashwatch.stderr());
        }
        let log = hashwatch.stderr();
        ensure!(!log.contains("panicked"), "case {case}, {places:?}: {log}");
        named += usize::from(log.contains("damaged") || log.contains("do not give"));
    }
    // the large blocks hold payments that nobody reads
    ensure!(named > 0, "no damage was ever named");
    Ok(())
}
