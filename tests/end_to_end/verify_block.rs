//! `hashwatch verify-block`: real blocks, the same bent, simulated ones, and what is no block. And the backend by
//! configuration.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use bitcoin::{Block, consensus};
use hashwatch_tests::Hashwatch;
use hashwatch_tests::hashwatch::binary;
use hashwatch_tests::shared::shared;
use serde_json::{Value, json};

use crate::turn::turn;

const FIELDS: [&str; 13] = [
    "height",
    "hash",
    "accepted",
    "transactions",
    "size",
    "weight",
    "merkle_root",
    "witness_commitment",
    "coinbase_text",
    "notes",
    "backend",
    "seconds",
    "rejection",
];

fn verified(file: &Path, height: u64, more: &[&str]) -> Result<Value> {
    let (file, height) = (file.display().to_string(), height.to_string());
    let arguments = [&[file.as_str(), "--json", "--height", &height], more].concat();
    let output = Hashwatch::new()?.command("verify-block", arguments)?;
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let json: Value = serde_json::from_slice(&output.stdout)?;
    assert_eq!(json.as_object().unwrap().keys().collect::<Vec<_>>(), FIELDS);
    assert_eq!(json["accepted"], json["rejection"].is_null());
    assert_eq!(output.status.code(), Some(if json["accepted"] == true { 0 } else { 1 }), "{json}");
    Ok(json)
}

#[test]
fn real_blocks_are_accepted_at_their_heights() -> Result<()> {
    let _turn = turn();
    let Some(folder) = shared("real/blocks") else { return Ok(()) };
    let mut seen = 0;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_stem().and_then(|stem| stem.to_str()).context("a name")?;
        let (height, hash) = name.split_once('-').context("height and hash")?;
        let block: Block = consensus::deserialize(&fs::read(&path)?)?;
        let json = verified(&path, height.parse()?, &[])?;
        assert_eq!((&json["hash"], &json["accepted"]), (&hash.into(), &true.into()));
        assert_eq!((&json["transactions"], &json["size"]), (&block.txdata.len().into(), &block.total_size().into()));
        assert_eq!(json["weight"], block.weight().to_wu());
        assert_eq!(json["merkle_root"], block.header.merkle_root.to_string());
        let committed =
            if block.witness_root().is_some() && block.txdata.iter().any(|tx| tx.total_size() != tx.base_size()) {
                "present"
            } else {
                "absent"
            };
        assert_eq!((&json["witness_commitment"], &json["notes"]), (&committed.into(), &json!([])));
        if height == "831331" {
            assert!(json["coinbase_text"].as_str().unwrap().contains("/F2Pool/"), "{json}");
        }
        seen += 1;
    }
    assert_eq!(seen, 12);
    Ok(())
}

#[test]
fn bent_blocks_are_refused() -> Result<()> {
    let _turn = turn();
    let Some(folder) = shared("real/blocks") else { return Ok(()) };
    let name = "831331-0000000000000000000099668afa68d3db839ac2df68dcfe8c82511d2ce182f1.bin";
    let good: Block = consensus::deserialize(&fs::read(folder.join(name))?)?;
    let home = tempfile::tempdir()?;
    let file = home.path().join("block.bin");
    type Bend = fn(&mut Block);
    let bends: [(&str, u64, Bend); 6] = [
        ("proof_of_work", 831_331, |block| block.header.nonce ^= 1),
        ("coinbase_height", 831_330, |_| {}),
        ("merkle_root", 831_331, |block| block.txdata.swap(5, 6)),
        ("duplicate_transactions", 831_331, |block| block.txdata.extend_from_within(block.txdata.len() - 1..)),
        ("witness_commitment", 831_331, |block| block.txdata[0].input[0].witness.clear()),
        ("coinbase", 831_331, |block| drop(block.txdata.remove(0))),
    ];
    for (rule, height, bend) in bends {
        let mut bent = good.clone();
        bend(&mut bent);
        fs::write(&file, consensus::serialize(&bent))?;
        let json = verified(&file, height, &[])?;
        assert_eq!(
            (&json["rejection"]["rule"], &json["rejection"]["height"]),
            (&rule.into(), &height.into()),
            "{json}"
        );
        assert_eq!(json["rejection"]["hash"], bent.block_hash().to_string());
        assert_eq!(json["coinbase_text"].is_null(), rule == "coinbase");
    }
    let plain = Hashwatch::new()?.command("verify-block", [&file.display().to_string(), "--height", "831331"])?;
    let said = String::from_utf8_lossy(&plain.stdout).into_owned();
    assert_eq!(plain.status.code(), Some(1));
    assert!(said.contains("of mainnet: refused") && said.contains("breaks coinbase"), "{said}");
    Ok(())
}

/// A rule of its time is worth a note where the block is valid by those of today.
#[test]
fn a_note_is_of_a_valid_block() -> Result<()> {
    let _turn = turn();
    let Some(folder) = shared("real/blocks") else { return Ok(()) };
    let named = |name: &str| folder.join(name);
    // of version 2, and here it opens with another height than its own
    let early = named("250000-000000000000003887df1f29024b06fc2200b55f8af8f35453d7be294df2d214.bin");
    let json = verified(&early, 225_000, &[])?;
    assert_eq!((&json["accepted"], &json["notes"]), (&true.into(), &json!(["historic: bip34_75_percent"])));
    // this one has witnesses, which no block of then may have
    let late = named("831331-0000000000000000000099668afa68d3db839ac2df68dcfe8c82511d2ce182f1.bin");
    let json = verified(&late, 225_000, &[])?;
    assert_eq!((&json["rejection"]["rule"], &json["notes"]), (&"witness_commitment".into(), &json!([])));
    Ok(())
}

/// A reader who went away before the answer came.
#[test]
fn a_closed_standard_output_is_no_failure() -> Result<()> {
    let _turn = turn();
    let home = tempfile::tempdir()?;
    let file = home.path().join("block.bin");
    fs::write(&file, consensus::serialize(&bitcoin::constants::genesis_block(bitcoin::Network::Bitcoin)))?;
    for (height, status) in [("0", 0), ("400000", 1)] {
        for json in [&[][..], &["--json"]] {
            let (reader, writer) = std::io::pipe()?;
            drop(reader);
            let mut command = std::process::Command::new(binary()?);
            command.arg("verify-block").arg(&file).args(["--height", height]).args(json);
            let output = command.stdout(writer).output()?;
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!((output.status.code(), &*said), (Some(status), ""), "{height}");
        }
    }
    // any other trouble is one
    let full = fs::File::options().write(true).open("/dev/full")?;
    let output = std::process::Command::new(binary()?)
        .arg("verify-block")
        .arg(&file)
        .args(["--height", "0"])
        .stdout(full)
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && said.contains("standard output"), "{said}");
    Ok(())
}

/// The blocks of a simulated directory's first file.
fn simulated(dir: &Path) -> Result<Vec<Vec<u8>>> {
    let key = fs::read(dir.join("xor.dat"))?;
    let bytes: Vec<u8> =
        fs::read(dir.join("blk00000.dat"))?.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect();
    let mut blocks = Vec::new();
    let mut rest = &bytes[..];
    while let Some((frame, behind)) = rest.split_at_checked(8) {
        let size = u32::from_le_bytes(frame[4..].try_into()?) as usize;
        blocks.push(behind[..size].to_vec());
        rest = &behind[size..];
    }
    Ok(blocks)
}

#[test]
fn simulated_blocks_and_a_configured_backend() -> Result<()> {
    let _turn = turn();
    let home = tempfile::tempdir()?;
    let (dir, file) = (home.path().join("chain"), home.path().join("block.bin"));
    let made = Hashwatch::new()?.command("simulate", ["--blocks", "40", "--out", &dir.display().to_string()])?;
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let blocks = simulated(&dir)?;
    assert!(blocks.len() >= 40);
    let mut heights = HashMap::new();
    for bytes in &blocks {
        fs::write(&file, bytes)?;
        let block: Block = consensus::deserialize(bytes)?;
        let height = heights.get(&block.header.prev_blockhash).map_or(0, |below| below + 1);
        heights.insert(block.block_hash(), height);
        if height == 0 {
            continue;
        }
        assert_eq!(verified(&file, height, &["--network", "sim"])?["accepted"], true);
        assert_eq!(verified(&file, height + 1, &["--network", "sim"])?["rejection"]["rule"], "coinbase_height");
        assert_eq!(verified(&file, height, &[])?["rejection"]["rule"], "target_limit", "far too easy for mainnet");
    }
    for (backend, who) in [("portable", "portable, as configured"), ("auto", "the best of this machine")] {
        let configured = format!("[verify]\nbackend = \"{backend}\"\n");
        let mut hashwatch = Hashwatch::reading(&dir)?.configured(&configured)?;
        hashwatch.index_once()?;
        let said = hashwatch.stderr();
        assert_eq!(said.matches("hashing with ").count(), 1, "{said}");
        assert!(said.contains(who), "{said}");
    }
    Ok(())
}

#[test]
fn what_is_no_block_ends_with_status_2() -> Result<()> {
    let _turn = turn();
    let home = tempfile::tempdir()?;
    let file = |name: &str, bytes: &[u8]| -> Result<String> {
        let path = home.path().join(name);
        fs::write(&path, bytes)?;
        Ok(path.display().to_string())
    };
    let genesis = bitcoin::constants::genesis_block(bitcoin::Network::Bitcoin);
    let block = consensus::serialize(&genesis);
    let good = file("good", &block)?;
    let headers = file("headers", &block[..80])?;
    let short = file("short", &block[..79])?;
    let longer = file("longer", &[&block[..], &[0]].concat())?;
    let empty = file("empty", &[])?;
    let none = file("none", &[&block[..80], &[0]].concat())?;
    let large = file("large", &[])?;
    fs::File::options().write(true).open(&large)?.set_len(4_000_001)?;
    let folder = home.path().display().to_string();
    let cases: [(&[&str], &str); 12] = [
        (&[&good], "--height"),
        (&[&good, "--height", "x"], "--height"),
        (&[&good, "--height", "0", "--backend", "abacus"], "this machine has"),
        (&[&good, "--height", "0", "--network", "moonnet"], "moonnet"),
        (&[&headers, "--height", "0"], "not a block"),
        (&[&short, "--height", "0"], "not a block"),
        (&[&longer, "--height", "0"], "not a block"),
        (&[&empty, "--height", "0"], "not a block"),
        (&[&none, "--height", "0"], "no transaction"),
        (&[&large, "--height", "0"], "has 4000001 bytes: no valid block has over 4000000"),
        (&[&folder, "--height", "0"], "it is a directory"),
        (&["/nowhere", "--height", "0"], "/nowhere"),
    ];
    let hashwatch = Hashwatch::new()?;
    for (arguments, what) in cases {
        let output = hashwatch.command("verify-block", arguments)?;
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(what) && !said.contains("panicked"), "{arguments:?}: {said}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
    let piped = hashwatch.command_reading("verify-block", ["-", "--height", "0"], Path::new(&large))?;
    assert!(piped.status.code() == Some(2) && String::from_utf8_lossy(&piped.stderr).contains("more than 4000000"));
    // the genesis is one, and at height 0 there is no other
    assert_eq!(verified(Path::new(&good), 0, &[])?["accepted"], true);
    assert_eq!(verified(Path::new(&good), 0, &["--network", "testnet3"])?["rejection"]["rule"], "genesis");
    assert_eq!(verified(Path::new(&good), 400_000, &[])?["rejection"]["rule"], "version");
    Ok(())
}
