//! `hashwatch attribute` as a user runs it: one coinbase, tables on standard input, an operator's own entries, and bad input.

use std::process::{Command, Output, Stdio};
use std::{fs, io::Write};

use anyhow::{Context, Result};
use hashwatch_tests::hashwatch::binary;
use serde_json::{Value, json};

/// Pays AntPool.
const ANTPOOL: &str = "12dRugNcdxK39288NjcDV4GX7rMsKCGn6B";

fn attribute(arguments: &[&str], input: &[u8]) -> Result<Output> {
    let mut command = Command::new(binary()?);
    let command = command.arg("attribute").args(arguments);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    // one that refuses its arguments reads nothing
    let _ = child.stdin.take().context("its input")?.write_all(input);
    Ok(child.wait_with_output()?)
}

fn json_of(arguments: &[&str]) -> Result<Value> {
    let output = attribute(arguments, b"")?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).context("JSON")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn one_coinbase_with_its_conflicts_and_parts() -> Result<()> {
    let script = hex(b"\x03\x60\xae\x0a/ViaBTC/=HYPERLINK<script>\x00\x01\x02\x03\x04");
    let found =
        json_of(&["--height", "700000", "--script", &script, "--address", ANTPOOL, "--time", "1631333672", "--json"])?;
    assert_eq!(
        (&found["pool"], &found["name"], &found["strength"]),
        (&json!("antpool"), &json!("AntPool"), &json!("fair"))
    );
    assert_eq!(found["evidence"][0]["kind"], "address");
    assert_eq!((&found["conflicts"][0]["pool"], &found["conflicts"][0]["offset"]), (&json!("viabtc"), &json!(4)));
    assert_eq!((&found["anatomy"]["height"], &found["anatomy"]["height_matches"]), (&json!(700_000), &json!(true)));
    assert_eq!(found["anatomy"]["script"][1]["text"], "/ViaBTC/=HYPERLINK<script>");
    assert_eq!(found["anatomy"]["payout"]["style"], "single");
    // before the group was there, and while it was
    assert_eq!(found["group"], json!(null));
    let later =
        json_of(&["--height", "800000", "--script", "00", "--address", ANTPOOL, "--time", "1690168629", "--json"])?;
    assert_eq!((&later["group"], &later["strength"]), (&json!("antpool-and-friends"), &json!("strong")));
    let unknown = json_of(&["--height", "1", "--script", "", "--json"])?;
    assert_eq!(
        (&unknown["pool"], &unknown["strength"], &unknown["evidence"]),
        (&json!(null), &json!(null), &json!([]))
    );
    let text = attribute(&["--height", "1", "--script", &script], b"")?;
    assert!(String::from_utf8_lossy(&text.stdout).starts_with("block 1: ViaBTC (viabtc), fair evidence\n"));
    Ok(())
}

#[test]
fn a_table_is_answered_row_by_row() -> Result<()> {
    let slush = hex(b"\x03\x01\x02\x03/slush/");
    let table = format!(
        "time,height,addresses,script_hex,more\n\
         1546300800,556459,,{slush},x\n\
         ,1,{ANTPOOL};{ANTPOOL},00,\n\
         1,-1,,00,\n1,1,nonsense,00,\n1,1,,0g,\n1,1\n99999999999,1,,00,\n\
         1700000000,817000,,{slush},\n"
    );
    let output = attribute(&["-"], table.as_bytes())?;
    assert_eq!(output.status.code(), Some(1), "some rows are bad");
    let lines: Vec<Value> =
        String::from_utf8(output.stdout)?.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    assert_eq!(lines.len(), 8);
    let pools: Vec<&Value> = lines.iter().map(|line| &line["pool"]).collect();
    assert_eq!((pools[0], pools[1], pools[7]), (&json!("braiinspool"), &json!("antpool"), &json!("braiinspool")));
    // a renamed pool keeps its past name in the past
    assert_eq!((&lines[0]["name"], &lines[7]["name"]), (&json!("Slush Pool"), &json!("Braiins Pool")));
    for (line, part) in lines[2..7].iter().zip(["height", "no address", "script_hex", "cells", "time"]) {
        assert!(line["error"].as_str().is_some_and(|error| error.contains(part)), "{part}: {line}");
    }
    let good = attribute(&["-"], b"height,time,script_hex,addresses\n1,1231469665,04ffff001d0104,\n")?;
    assert!(good.status.success());
    for bad in [&b"a,b\n1,2\n"[..], b"", b"\xff\xfe\x00"] {
        let refused = attribute(&["-"], bad)?;
        assert_eq!((refused.status.code(), refused.stdout.len()), (Some(2), 0));
    }
    Ok(())
}

#[test]
fn an_operator_adds_entries_and_mistakes_are_named() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let file = dir.path().join("own.toml");
    fs::write(
        &file,
        "[[pool]]\nslug = \"our-own\"\nname = \"Ours\"\ntag = [{ text = \"/ours!/\", source = \"https://example.org\", date = \"2026-11\" }]\n",
    )?;
    let path = file.display().to_string();
    let script = hex(b"/ours!/");
    let found = json_of(&["--height", "1", "--script", &script, "--overlay", &path, "--json"])?;
    assert_eq!(found["pool"], "our-own");
    fs::write(&file, "[[pool]]\nslug = \"f2pool\"\nname = \"\"\n")?;
    let refused = attribute(&["--height", "1", "--script", &script, "--overlay", &path], b"")?;
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(2));
    for part in
        ["pool f2pool: the name is empty", "has neither tag nor address", "the slug is claimed by f2pool already"]
    {
        assert!(said.contains(part), "{part}: {said}");
    }
    for bad in [&["--height", "1"][..], &["--height", "1", "--script", "0"], &["--height", "1", "--coinbase-tx", "00"]]
    {
        assert_eq!(attribute(bad, b"")?.status.code(), Some(2), "{bad:?}");
    }
    Ok(())
}

fn registry(arguments: &[&str]) -> Result<Output> {
    Ok(Command::new(binary()?).arg("registry").args(arguments).output()?)
}

#[test]
fn the_registry_is_checked_and_held_against_other_lists() -> Result<()> {
    let sound = registry(&["check"])?;
    assert!(sound.status.success() && String::from_utf8_lossy(&sound.stdout).starts_with("nothing wrong: 18"));
    let dir = tempfile::tempdir()?;
    let path = |name: &str, text: &str| -> Result<String> {
        let file = dir.path().join(name);
        fs::write(&file, text)?;
        Ok(file.display().to_string())
    };
    let bad = registry(&[
        "check",
        &path("own.toml", "[[pool]]\nslug = \"f2pool\"\nnom = 3\n[[announcement]]\nslug = \"x\"\n")?,
    ])?;
    let said = String::from_utf8_lossy(&bad.stdout);
    assert_eq!(bad.status.code(), Some(1));
    for part in [
        "name is missing",
        "\"nom\"",
        "neither tag nor address",
        "the slug is claimed by f2pool",
        "announcement x: dated is missing",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let list = path(
        "list.json",
        r#"[{"name": "F2Pool", "tags": ["/brand new/", "slush"], "addresses": []}, {"name": "Nobody", "tags": ["/nobody here/"]}]"#,
    )?;
    let found: Value = serde_json::from_slice(&registry(&["diff", &list, "--json"])?.stdout)?;
    assert_eq!(found[0], json!({ "kind": "new_tag", "pool": "f2pool", "tag": "/brand new/" }));
    assert_eq!((&found[1]["kind"], &found[2]["kind"]), (&json!("new_tag"), &json!("new_pool")), "{found}");
    // a tag inside another pool's is left out, with the reason, and the rest is taken
    let taken = registry(&["import", &list, "--source", "https://example.org/list", "--date", "2026-11"])?;
    let (text, log) = (String::from_utf8(taken.stdout)?, String::from_utf8_lossy(&taken.stderr).into_owned());
    assert!(taken.status.success() && text.contains("/brand new/") && text.contains("slug = \"nobody\""), "{text}");
    assert!(!text.contains("slush") && log.contains("left out"), "{log}");
    assert!(registry(&["check", &path("taken.toml", &text)?])?.status.success());
    for (name, text, part) in [
        ("a.json", "{}", "no list of pools"),
        ("b.json", "[", "not JSON"),
        ("c.json", "[{}, {\"name\": \"x\", \"tags\": 3}]", "entry 1: name is missing"),
        ("d.json", "[{\"name\": \"x\", \"tags\": [1]}]", "entry 1 (x): tags holds"),
    ] {
        let refused = registry(&["diff", &path(name, text)?])?;
        let said = String::from_utf8_lossy(&refused.stderr);
        assert!(refused.status.code() == Some(2) && said.contains(part), "{part}: {said}");
    }
    assert_eq!(registry(&["diff", "/nowhere"])?.status.code(), Some(2));
    Ok(())
}
