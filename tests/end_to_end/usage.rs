//! What the command line says: to whom, on which stream, and with which exit status.

use anyhow::Result;
use hashwatch_tests::{Bitcoind, Hashwatch, Miner};

use crate::turn::turn;

#[test]
fn bad_usage_ends_with_status_2_and_says_what_is_wrong() -> Result<()> {
    let _turn = turn();
    let hashwatch = Hashwatch::new()?;
    let folder = tempfile::tempdir()?;
    let file = |name: &str, text: &str| -> Result<String> {
        let path = folder.path().join(name);
        std::fs::write(&path, text)?;
        Ok(path.display().to_string())
    };
    let unknown_key = file("unknown.toml", "network = \"regtest\"\ncolour = \"red\"\n")?;
    let nested_key = file("nested.toml", "[[node]]\nurl = \"http://127.0.0.1:1\"\npasword = \"x\"\n")?;
    let wrong_type = file("type.toml", "[follow]\nbatch = \"many\"\n")?;
    let no_toml = file("no.toml", "network = \n")?;
    let no_batch = file("batch.toml", "[follow]\nbatch = 0\n")?;
    let other_network = file("network.toml", "network = \"moonnet\"\n")?;
    let both = file("both.toml", "blocks_dir = \"/x\"\n[[node]]\nurl = \"http://127.0.0.1:1\"\n")?;
    let latin = folder.path().join("latin.toml");
    std::fs::write(&latin, b"network = \"\xe9\"\n")?;
    let latin = latin.display().to_string();
    let hash = "00".repeat(32);
    let (short, no_height) = (format!("5:{}", &hash[2..]), format!("x:{hash}"));
    let cases: &[(&[&str], &str)] = &[
        (&[], "Usage"),
        (&["--no-such-flag"], "--no-such-flag"),
        (&["frobnicate"], "frobnicate"),
        (&["run", "--network", "moonnet"], "moonnet"),
        (&["run", "--rpc-url", "http://127.0.0.1:1", "--blocks-dir", "/x"], "--blocks-dir"),
        (&["run", "--rpc-cookie", "/x"], "--rpc-url"),
        (&["run", "--listen", "nowhere"], "--listen"),
        (&["run", "--once"], "--once"),
        (&["run", "--rpc-url", "ftp://127.0.0.1", "--rpc-cookie", "/x"], "URL"),
        (
            &[
                "run",
                "--clickhouse-url",
                "tcp://127.0.0.1:9000",
                "--rpc-url",
                "http://127.0.0.1:1",
                "--rpc-cookie",
                "/x",
            ],
            "ClickHouse",
        ),
        (&["index", "--listen", "127.0.0.1:0"], "--listen"),
        (&["index", "--once", "--start", "5"], "--start"),
        (&["index", "--once", "--start", &no_height], "--start"),
        (&["index", "--once", "--start", &short], "start"),
        (&["index", "--once", "--network", "sim", "--rpc-url", "http://127.0.0.1:1", "--rpc-cookie", "/x"], "sim"),
        (&["index", "--config", "/nowhere/hashwatch.toml"], "/nowhere/hashwatch.toml"),
        (&["index", "--config", &unknown_key], "colour"),
        (&["index", "--config", &nested_key], "pasword"),
        (&["index", "--config", &wrong_type], "batch"),
        (&["index", "--config", &no_toml], "no.toml"),
        (&["index", "--config", &latin], "latin.toml"),
        (&["index", "--config", &no_batch], "follow.batch"),
        (&["index", "--config", &other_network], "moonnet"),
        (&["index", "--config", &both], "blocks_dir"),
        (&["engine"], "--data"),
        (&["engine", "--data", "/x", "--listen", "0.0.0.0:0"], "loopback"),
        (&["simulate", "--out", "/x"], "--blocks"),
        (&["simulate", "--blocks", "5"], "--out"),
        (&["simulate", "--blocks", "-5", "--out", "/x"], "-5"),
        (&["simulate", "--blocks", "5", "--network", "mainnet", "--out", "/x"], "mainnet"),
        (&["simulate", "--blocks", "0", "--out", "/x"], "no blocks"),
        (&["simulate", "--blocks", "5", "--bytes-per-block", "9", "--out", "/x"], "blocks of 9 bytes"),
        (&["simulate", "--blocks", "5", "--out", "/x", "--headers", "/y"], "--headers"),
    ];
    for (arguments, what) in cases {
        let (subcommand, arguments) = arguments.split_first().unwrap_or((&"", &[]));
        let mut all: Vec<&str> = arguments.to_vec();
        all.retain(|argument| !argument.is_empty());
        let output = if subcommand.is_empty() {
            hashwatch.command("", [""; 0])?
        } else {
            hashwatch.command(subcommand, &all)?
        };
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{subcommand} {all:?}: {said}");
        assert!(said.contains(what) || subcommand.is_empty(), "{subcommand} {all:?}: {said}");
        assert!(
            output.stdout.is_empty(),
            "{subcommand} {all:?} on standard output: {}",
            String::from_utf8_lossy(&output.stdout)
        );
        assert!(!said.contains("panicked"), "{said}");
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
