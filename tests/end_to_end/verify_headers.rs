//! `hashwatch verify-headers`: real headers, broken ones, branches, and everything that is no file of headers.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use anyhow::Result;
use bitcoin::block::Header;
use bitcoin::consensus;
use hashwatch_tests::Hashwatch;
use hashwatch_tests::hashwatch::binary;
use hashwatch_tests::shared::shared;
use serde_json::Value;

use crate::turn::turn;

const FIELDS: [&str; 11] = [
    "headers",
    "accepted",
    "start_height",
    "tip_height",
    "tip_hash",
    "chainwork",
    "backend",
    "seconds",
    "headers_per_second",
    "rejection",
    "branches",
];

/// What is said of a file in JSON, with the exit status that belongs to it.
fn verified(file: &Path, more: &[&str]) -> Result<Value> {
    let file = file.display().to_string();
    judged(&Hashwatch::new()?.command("verify-headers", [&[file.as_str(), "--json"], more].concat())?)
}

fn judged(output: &Output) -> Result<Value> {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.stderr.is_empty(), "{said}");
    let json: Value = serde_json::from_slice(&output.stdout)?;
    assert_eq!(json.as_object().unwrap().keys().collect::<Vec<_>>(), FIELDS);
    assert_eq!(output.status.code(), Some(if json["rejection"].is_null() { 0 } else { 1 }), "{json}");
    Ok(json)
}

fn real(file: &str) -> Option<PathBuf> {
    shared(&format!("real/headers/{file}"))
}

fn hash(header: &Header) -> Value {
    header.block_hash().to_string().into()
}

#[test]
fn real_headers_are_accepted() -> Result<()> {
    let _turn = turn();
    for (file, network, start, headers, height) in [
        ("mainnet_000000_050002.bin", "mainnet", None, 50_003, 50_002),
        ("mainnet_822527_830592.bin", "mainnet", Some("822527"), 8_066, 830_592),
        ("testnet3_000000_010000.bin", "testnet3", None, 10_001, 10_000),
        ("testnet4_000000_000100.bin", "testnet4", None, 101, 100),
        ("signet_floresta.bin", "signet", None, 2_016, 2_015),
    ] {
        let Some(path) = real(file) else { return Ok(()) };
        let start_height: Vec<&str> = start.iter().flat_map(|start| ["--start-height", start]).collect();
        let json = verified(&path, &[&["--network", network], &start_height[..]].concat())?;
        assert_eq!((&json["headers"], &json["accepted"]), (&headers.into(), &headers.into()), "{file}");
        assert_eq!((&json["tip_height"], &json["branches"]), (&height.into(), &0.into()), "{file}");
        assert_eq!(json["start_height"], start.map_or(0, |start| start.parse().unwrap()));
        let last: Header = consensus::deserialize(&fs::read(&path)?[80 * (headers - 1)..])?;
        assert_eq!(json["tip_hash"], hash(&last), "{file}");
    }
    // what bitcoind says of block 50,002
    let Some(path) = real("mainnet_000000_050002.bin") else { return Ok(()) };
    let work = "00000000000000000000000000000000000000000000000000014a4e9163ae31";
    assert_eq!(verified(&path, &[])?["chainwork"], work);
    let plain = Hashwatch::new()?.command("verify-headers", [&path])?;
    let said = String::from_utf8_lossy(&plain.stdout).into_owned();
    assert!(plain.status.success() && plain.stderr.is_empty());
    for fact in ["50003 of 50003", "mainnet", "tip: 50002 (0000", work, "headers a second"] {
        assert!(said.contains(fact), "{fact}: {said}");
    }
    Ok(())
}

#[test]
fn one_bit_is_refused_where_it_is() -> Result<()> {
    let _turn = turn();
    let Some(path) = real("mainnet_000000_050002.bin") else { return Ok(()) };
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("bent.bin");
    let good = fs::read(path)?[..80 * 5_000].to_vec();
    // in the link, in the merkle root, in the nonce; and across what is read and hashed at a time
    for (height, byte) in [(0, 40), (1_234, 4), (4_095, 79), (4_096, 20), (4_999, 36)] {
        let mut bent = good.clone();
        bent[80 * height + byte] ^= 1;
        fs::write(&file, &bent)?;
        let json = verified(&file, &[])?;
        let refused: Header = consensus::deserialize(&bent[80 * height..80 * (height + 1)])?;
        let rejection = json["rejection"].as_object().unwrap();
        assert_eq!(rejection.keys().collect::<Vec<_>>(), ["height", "hash", "rule", "expected", "found"]);
        assert_eq!((&rejection["height"], &rejection["hash"]), (&height.into(), &hash(&refused)));
        assert_eq!((&json["headers"], &json["accepted"]), (&5_000.into(), &height.into()));
        assert_eq!(json["tip_height"], height.checked_sub(1).map_or(Value::Null, Value::from));
        assert_eq!(json["tip_hash"].is_null(), height == 0);
        let rule = match (height, byte) {
            (0, _) => "genesis",
            (_, 4..36) => "link",
            _ => "proof_of_work",
        };
        assert_eq!(rejection["rule"], rule);
    }
    let plain = Hashwatch::new()?.command("verify-headers", [&file])?;
    let said = String::from_utf8_lossy(&plain.stdout).into_owned();
    assert_eq!(plain.status.code(), Some(1));
    assert!(said.contains("4999 of 5000") && said.contains("refused: block 4999 ("), "{said}");
    Ok(())
}

/// The first `count` headers of a simulated chain.
fn simulated(folder: &Path, count: usize) -> Result<Vec<Header>> {
    let file = folder.join("simulated.bin").display().to_string();
    let made = Hashwatch::new()?.command("simulate", ["--blocks", &count.to_string(), "--headers", &file])?;
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let headers: Result<Vec<Header>, _> = fs::read(file)?.chunks_exact(80).map(consensus::deserialize).collect();
    assert_eq!(headers.as_ref().map(Vec::len).ok(), Some(count));
    Ok(headers?)
}

/// `count` headers on top of `below`, at its own bits: not across a retarget.
fn branch(below: Header, count: usize) -> Vec<Header> {
    let next = |below: &Header| {
        let mut next = Header { prev_blockhash: below.block_hash(), time: below.time + 601, nonce: 0, ..*below };
        while next.validate_pow(next.target()).is_err() {
            next.nonce += 1;
        }
        next
    };
    std::iter::successors(Some(next(&below)), |below| Some(next(below))).take(count).collect()
}

fn write(file: &Path, parts: &[&[Header]]) -> Result<()> {
    Ok(fs::write(file, parts.concat().iter().flat_map(consensus::serialize).collect::<Vec<u8>>())?)
}

#[test]
fn branches_go_by_work() -> Result<()> {
    let _turn = turn();
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("headers.bin");
    let main = simulated(folder.path(), 300)?;
    let (shorter, longer) = (branch(main[280], 10), branch(main[250], 60));
    let equal = branch(main[290], 9);
    // the parts of the file, and which of them holds the tip at which height, beside how many branches
    type Case<'a> = (&'a [&'a [Header]], &'a [Header], usize, usize);
    let cases: [Case<'_>; 6] = [
        (&[&main], &main, 299, 0),
        (&[&main, &shorter], &main, 299, 1),
        (&[&main, &equal], &main, 299, 1),
        (&[&main[..291], &equal, &main[291..]], &equal, 299, 1),
        (&[&main, &shorter, &longer, &equal], &longer, 310, 3),
        // what comes twice is passed over
        (&[&main, &main[..1], &longer, &main, &longer], &longer, 310, 1),
    ];
    for (parts, best, height, branches) in cases {
        write(&file, parts)?;
        let json = verified(&file, &["--network", "sim"])?;
        let headers: usize = parts.iter().map(|part| part.len()).sum();
        assert_eq!((&json["headers"], &json["accepted"]), (&headers.into(), &headers.into()));
        assert_eq!((&json["tip_hash"], &json["tip_height"]), (&hash(best.last().unwrap()), &height.into()));
        assert_eq!((&json["branches"], &json["rejection"]), (&branches.into(), &Value::Null));
        same_by_pipe(&file, &json)?;
    }
    // one that stands on nothing, and one that breaks a rule on a branch
    let stranger = branch(longer[59], 2)[1];
    let early = Header { time: 1, ..shorter[9] };
    for (last, rule, height) in [(stranger, "link", None), (early, "proof_of_work", Some(290)), (main[299], "", None)] {
        write(&file, &[&main, &shorter[..9], &[last]])?;
        let json = verified(&file, &["--network", "sim"])?;
        same_by_pipe(&file, &json)?;
        if rule.is_empty() {
            assert!(json["rejection"].is_null());
            continue;
        }
        assert_eq!((&json["rejection"]["rule"], &json["rejection"]["hash"]), (&rule.into(), &hash(&last)));
        assert!(height.is_none_or(|height| json["rejection"]["height"] == height), "{json}");
        assert_eq!((&json["headers"], &json["accepted"]), (&310.into(), &309.into()));
        assert_eq!((&json["tip_height"], &json["branches"]), (&299.into(), &1.into()));
    }
    Ok(())
}

/// Standard input, and a named pipe, of the same bytes: the same answer, but for how long it took.
fn same_by_pipe(file: &Path, expected: &Value) -> Result<()> {
    let hashwatch = Hashwatch::new()?;
    let network = ["--json", "--network", "sim"];
    let input = judged(&hashwatch.command_reading("verify-headers", [&["-"], &network[..]].concat(), file)?)?;
    let pipe = file.with_extension("pipe");
    if !pipe.exists() {
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status()?.success());
    }
    let (bytes, into) = (fs::read(file)?, pipe.clone());
    let writer = std::thread::spawn(move || fs::write(into, bytes));
    let named = verified(&pipe, &network[1..]);
    writer.join().unwrap()?;
    for json in [input, named?] {
        for field in FIELDS.iter().filter(|field| !["seconds", "headers_per_second"].contains(field)) {
            assert_eq!(json[field], expected[field], "{field}");
        }
    }
    Ok(())
}

#[test]
fn what_is_no_file_of_headers_ends_with_status_2() -> Result<()> {
    let _turn = turn();
    let folder = tempfile::tempdir()?;
    let at = |name: &str| folder.path().join(name).display().to_string();
    for (name, bytes) in [("empty", 0), ("torn", 80 * 7 + 3), ("whole", 160), ("short", 79)] {
        fs::write(at(name), vec![0; bytes])?;
    }
    let (empty, torn, whole, short) = (at("empty"), at("torn"), at("whole"), at("short"));
    let cases: [(&[&str], &str); 14] = [
        (&[], "FILE"),
        (&[&empty], "holds no header"),
        (&[&torn], "has 563 bytes, no multiple of 80: 3 are left over"),
        (&[&short], "has 79 bytes, no multiple of 80: 79 are left over"),
        (&[&at("missing")], "missing"),
        (&[&at("")], "it is a directory"),
        (&["/dev/zero"], "neither a file nor a pipe"),
        (&["-"], "standard input is empty"),
        (&[&whole, "--network", "moonnet"], "one of mainnet, testnet3, testnet4, signet, regtest, sim"),
        (&[&whole, "--start-height", "4294967295"], "beyond the last height, 4294967295"),
        (&[&whole, "--start-height", "4294967296"], "--start-height"),
        (&[&whole, "--start-height", "-1"], "-1"),
        (&[&whole, "--backend", "abacus"], "this machine has"),
        (&[&whole, "--height", "5"], "--height"),
    ];
    let hashwatch = Hashwatch::new()?;
    for (arguments, what) in cases {
        let output = hashwatch.command("verify-headers", arguments)?;
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(what) && !said.contains("panicked"), "{arguments:?}: {said}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
    let output = hashwatch.command_reading("verify-headers", ["-"], Path::new(&torn))?;
    assert_eq!(output.status.code(), Some(2));
    // the last height of all is one
    let json = verified(Path::new(&whole), &["--start-height", "4294967294"])?;
    assert_eq!(
        (&json["rejection"]["rule"], &json["rejection"]["height"]),
        (&"target_limit".into(), &4_294_967_294_u32.into())
    );
    Ok(())
}

/// A reader who went away before the answer came.
#[test]
fn a_closed_standard_output_is_no_failure() -> Result<()> {
    let _turn = turn();
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("headers.bin");
    let good = bitcoin::constants::genesis_block(bitcoin::Network::Bitcoin).header;
    for (header, status) in [(good, 0), (Header { nonce: 0, ..good }, 1)] {
        write(&file, &[&[header]])?;
        for json in [&[][..], &["--json"]] {
            let (reader, writer) = std::io::pipe()?;
            drop(reader);
            let mut command = std::process::Command::new(binary()?);
            let output = command.arg("verify-headers").arg(&file).args(json).stdout(writer).output()?;
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!((output.status.code(), &*said), (Some(status), ""));
        }
    }
    Ok(())
}

#[test]
fn every_way_to_hash_says_the_same() -> Result<()> {
    let _turn = turn();
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("headers.bin");
    let main = simulated(folder.path(), 2_100)?;
    write(&file, &[&main])?;
    let mut ran = Vec::new();
    for backend in ["avx512", "avx2", "sha-ni", "portable"] {
        let arguments = [&file.display().to_string(), "--json", "--network", "sim", "--backend", backend];
        let output = Hashwatch::new()?.command("verify-headers", arguments)?;
        if output.status.code() == Some(2) {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(said.contains("this machine has") && said.contains("portable"), "{said}");
            continue;
        }
        let json = judged(&output)?;
        assert_eq!((&json["backend"], &json["tip_hash"]), (&backend.into(), &hash(&main[2_099])));
        ran.push(backend);
    }
    assert!(ran.contains(&"portable"), "{ran:?}");
    Ok(())
}
