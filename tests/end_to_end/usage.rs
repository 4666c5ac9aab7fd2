//! What the command line says: to whom, on which stream, and with which exit status.

use anyhow::Result;
use hashwatch_tests::{Bitcoind, Hashwatch, Miner};

use crate::turn::turn;

/// Command lines by their words, and what must be said to each.
const LINES: [(&str, &str); 31] = [
    ("", "Usage"),
    ("--no-such-flag", "--no-such-flag"),
    ("frobnicate", "frobnicate"),
    ("run --network moonnet", "moonnet"),
    ("run --rpc-url http://127.0.0.1:1 --rpc-cookie /x --route abacus", "abacus"),
    ("run --rpc-cookie /x", "--rpc-url"),
    ("run --route rest", "--rpc-url"),
    ("run --network regtest --rpc-url http://127.0.0.1:1 --rpc-cookie /x/c --route files", "blocks_dir"),
    ("audit --sample 0", "--sample"),
    ("audit --all --sample 5", "--sample"),
    ("run --listen nowhere", "--listen"),
    ("run --once", "--once"),
    ("run --rpc-url ftp://127.0.0.1 --rpc-cookie /x", "URL"),
    ("run --clickhouse-url tcp://127.0.0.1:1 --rpc-url http://127.0.0.1:1 --rpc-cookie /x", "ClickHouse"),
    ("index --listen 127.0.0.1:0", "--listen"),
    ("index --once --start 5", "--start"),
    ("index --once --start x:0000000000000000000000000000000000000000000000000000000000000000", "--start"),
    ("index --once --start 5:00000000000000000000000000000000000000000000000000000000000000", "start"),
    ("index --once --network sim --rpc-url http://127.0.0.1:1 --rpc-cookie /x", "sim"),
    ("index --config /nowhere/hashwatch.toml", "/nowhere/hashwatch.toml"),
    ("engine", "--data"),
    ("engine --data /x --listen 0.0.0.0:0", "loopback"),
    ("pivots", "Usage"),
    ("pivots accept", "ID"),
    ("pivots refuse 0123456789 --data /nowhere", "0123456789"),
    ("pivots watch --once --data /nowhere", "pivots.feeds"),
    ("simulate --out /x", "--blocks"),
    ("simulate --blocks 5", "--out"),
    ("simulate --blocks 5 --network mainnet --out /x", "mainnet"),
    ("simulate --blocks 0 --out /x", "no blocks"),
    ("simulate --blocks 5 --bytes-per-block 9 --out /x", "blocks of 9 bytes"),
];

/// Configuration files, and what must be said to each.
const FILES: [(&[u8], &str); 13] = [
    (b"network = \"regtest\"\ncolour = \"red\"\n", "colour"),
    (b"[[node]]\nurl = \"http://127.0.0.1:1\"\npasword = \"x\"\n", "pasword"),
    (b"[follow]\nbatch = \"many\"\n", "batch"),
    (b"[follow]\nbatch = 0\n", "follow.batch"),
    (b"network = \n", "hashwatch.toml"),
    (b"network = \"\xe9\"\n", "hashwatch.toml"),
    (b"network = \"moonnet\"\n", "moonnet"),
    (b"blocks_dir = \"/x\"\n[[node]]\nurl = \"http://127.0.0.1:1\"\n", "blocks_dir"),
    (b"[start]\nheight = 5\nhash = \"5\"\n", "64 hex digits"),
    (b"[verify]\nbackend = \"abacus\"\n", "verify.backend: `abacus`"),
    (b"[verify]\nbackend = 5\n", "backend"),
    (b"[pivots]\nfeeds = [{ link = \"http://127.0.0.1/\" }]\n", "link"),
    (b"[market]\nbtc_usd = 5\n", "btc_usd"),
];

fn is_bad_usage(hashwatch: &Hashwatch, words: &[&str], what: &str) -> Result<()> {
    let (subcommand, arguments) = words.split_first().map_or(("", &[][..]), |(first, rest)| (*first, rest));
    let output = hashwatch.command(subcommand, arguments)?;
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{words:?}: {said}");
    assert!(said.contains(what), "{words:?}: {said}");
    assert!(!said.contains("panicked"), "{words:?}: {said}");
    assert!(output.stdout.is_empty(), "{words:?} on standard output: {}", String::from_utf8_lossy(&output.stdout));
    Ok(())
}

#[test]
fn bad_usage_ends_with_status_2_and_says_what_is_wrong() -> Result<()> {
    let _turn = turn();
    let hashwatch = Hashwatch::new()?;
    for (line, what) in LINES {
        is_bad_usage(&hashwatch, &line.split_whitespace().collect::<Vec<_>>(), what)?;
    }
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("hashwatch.toml");
    for (text, what) in FILES {
        std::fs::write(&file, text)?;
        is_bad_usage(&hashwatch, &["index", "--once", "--config", &file.display().to_string()], what)?;
    }
    Ok(())
}

#[test]
fn what_the_world_refuses_ends_with_status_1() -> Result<()> {
    let _turn = turn();
    let hashwatch = Hashwatch::new()?;
    let data = hashwatch.data_dir().display().to_string();
    let empty = tempfile::tempdir()?;
    let empty = empty.path().display().to_string();
    let cases: &[(&[&str], &str)] = &[
        (&["check", "--data", &data], "no data directory"),
        (&["serve", "--data", &data], "no data directory"),
        (&["check", "--data", &empty], "index` first"),
        (&["index", "--once", "--network", "regtest", "--blocks-dir", &empty, "--data", &data], ""),
        (
            &[
                "index",
                "--once",
                "--network",
                "regtest",
                "--rpc-url",
                "http://127.0.0.1:1",
                "--rpc-cookie",
                "/x",
                "--data",
                &data,
            ],
            "unreachable",
        ),
        (
            &[
                "index",
                "--once",
                "--network",
                "regtest",
                "--clickhouse-url",
                "http://127.0.0.1:1",
                "--rpc-url",
                "http://127.0.0.1:1",
                "--rpc-cookie",
                "/x",
                "--data",
                &data,
            ],
            "database",
        ),
        (&["engine", "--data", "/dev/null/x"], "/dev/null/x"),
        (&["simulate", "--blocks", "5", "--out", "/dev/null/x"], "/dev/null/x"),
    ];
    for (arguments, what) in cases {
        let output = hashwatch.command(arguments[0], &arguments[1..])?;
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
        assert!(
            said.contains(what) && said.contains("hashwatch: ") && !said.contains("panicked"),
            "{arguments:?}: {said}"
        );
    }
    Ok(())
}

#[test]
fn data_go_to_standard_output_and_the_rest_to_standard_error() -> Result<()> {
    let _turn = turn();
    let node = Bitcoind::start()?;
    let tip = Miner::new(&node)?.mine_blocks(3)?[2].hash;
    let mut hashwatch = Hashwatch::following(&node)?;
    hashwatch.index_once()?;
    assert_eq!(hashwatch.stdout(), "");
    assert!(hashwatch.stderr().contains("at the tip"));
    // a second time there is nothing to do
    hashwatch.index_once()?;
    let found = hashwatch.check()?;
    let json: serde_json::Value = serde_json::from_slice(&found.stdout)?;
    assert_eq!(json, serde_json::json!({ "tip": { "height": 3, "hash": tip.to_string() }, "findings": [] }));
    let data = hashwatch.data_dir().display().to_string();
    let plain = hashwatch.command("check", ["--data", &data])?;
    assert_eq!(String::from_utf8_lossy(&plain.stdout).trim_end(), format!("nothing wrong up to block 3 ({tip})"));
    hashwatch.run()?;
    assert_eq!(hashwatch.stdout(), format!("{}/\n", hashwatch.url()));
    hashwatch.terminate()?;
    for flag in ["--help", "--version"] {
        let output = hashwatch.command(flag, [""; 0])?;
        assert!(output.status.success() && !output.stdout.is_empty() && output.stderr.is_empty());
    }
    Ok(())
}
