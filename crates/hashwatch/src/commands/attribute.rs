//! `hashwatch attribute`: who mined a block with this coinbase, on what evidence; one, or a row of CSV at a time.

use std::{
    io::{self, BufWriter, Read, Write},
    process::ExitCode,
    str::FromStr,
};

use anyhow::Context;
use bitcoin::{
    Address, Amount, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Witness, absolute,
    address::NetworkUnchecked, consensus, hex::FromHex, transaction,
};
use hashwatch_attribute::opinion;
use hashwatch_model::{Anatomy, Coinbase};
use hashwatch_registry::{Registry, day_of};
use hashwatch_web::{anatomy_fields, evidence_fields, who_fields};
use serde_json::{Value, json};

use super::verify_block::say;
use crate::{BadUsage, cli::AttributeArgs, config::registry};

/// What each output is taken to pay where amounts are not known.
const ALIKE: Amount = Amount::ONE_BTC;
/// Columns that a table must have.
const COLUMNS: [&str; 4] = ["height", "time", "script_hex", "addresses"];

/// A coinbase, and where its block lies.
struct Question {
    height: u32,
    time: Option<u32>,
    coinbase: Coinbase,
}

pub(crate) fn attribute(args: AttributeArgs) -> anyhow::Result<ExitCode> {
    let registry = registry(args.overlay.as_deref())?;
    if args.rows.is_some() {
        return rows(&registry, io::stdin().lock());
    }
    let question = single(&args).map_err(BadUsage)?;
    let answer = answer(&registry, &question);
    say(&if args.json { answer.to_string() } else { as_text(&question, &answer) })?;
    Ok(ExitCode::SUCCESS)
}

fn single(args: &AttributeArgs) -> Result<Question, String> {
    let coinbase = match (&args.coinbase_tx, &args.script) {
        (Some(hex), _) => Coinbase::from_bytes(bytes("--coinbase-tx", hex)?).map_err(|error| error.to_string())?,
        (None, script) => {
            let script = bytes("--script", script.as_deref().unwrap_or_default())?;
            paying(script, args.address.iter().map(String::as_str))?
        }
    };
    Ok(Question { height: args.height.unwrap_or_default(), time: args.time, coinbase })
}

fn bytes(what: &str, hex: &str) -> Result<Vec<u8>, String> {
    Vec::from_hex(hex).map_err(|error| format!("{what}: {error}"))
}

/// A coinbase of this input script that pays these addresses alike. A script is a script: the encoding of one network or
/// another plays no part.
fn paying<'a>(script: Vec<u8>, addresses: impl Iterator<Item = &'a str>) -> Result<Coinbase, String> {
    let output = |text: &str| {
        let address = Address::<NetworkUnchecked>::from_str(text).map_err(|error| {
            let shown: String = text.chars().take(100).collect();
            format!("{shown:?} is no address: {error}")
        })?;
        Ok(TxOut { value: ALIKE, script_pubkey: address.assume_checked().script_pubkey() })
    };
    let input = TxIn {
        previous_output: OutPoint::null(),
        script_sig: ScriptBuf::from_bytes(script),
        sequence: Sequence::MAX,
        witness: Witness::new(),
    };
    let transaction = Transaction {
        version: transaction::Version::ONE,
        lock_time: absolute::LockTime::ZERO,
        input: vec![input],
        output: addresses.map(output).collect::<Result<_, String>>()?,
    };
    Coinbase::from_bytes(consensus::serialize(&transaction)).map_err(|error| error.to_string())
}

fn answer(registry: &Registry, question: &Question) -> Value {
    let day = question.time.map(day_of);
    let attribution = opinion(registry, &question.coinbase, day);
    let mut fields = json!(who_fields(registry, &attribution, day));
    fields["evidence"] = json!(attribution.support().map(evidence_fields).collect::<Vec<_>>());
    fields["conflicts"] = json!(attribution.conflicts().map(evidence_fields).collect::<Vec<_>>());
    fields["anatomy"] = json!(anatomy_fields(registry, &Anatomy::of(&question.coinbase), question.height));
    fields["height"] = json!(question.height);
    fields["registry_version"] = json!(registry.version().0);
    fields
}

fn as_text(question: &Question, answer: &Value) -> String {
    let word = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut lines = vec![match answer["pool"].as_str() {
        None => format!("block {}: Unknown, no known mark counts", question.height),
        Some(slug) => {
            format!(
                "block {}: {} ({slug}), {} evidence",
                question.height,
                word(&answer["name"]),
                word(&answer["strength"])
            )
        }
    }];
    for (what, marks) in [("evidence", &answer["evidence"]), ("against it", &answer["conflicts"])] {
        for mark in marks.as_array().into_iter().flatten() {
            let place = match mark["offset"].as_u64() {
                Some(offset) => format!("at byte {offset}"),
                None => format!("at output {}", mark["output"]),
            };
            let (kind, value, pool) = (word(&mark["kind"]), &mark["value"], word(&mark["pool"]));
            let outside = if mark["outside"] == true { ", outside its time" } else { "" };
            lines.push(format!("{what}: {kind} {value} {place}, of {pool}{outside} ({})", word(&mark["source"])));
        }
    }
    let stretches = answer["anatomy"]["script"].as_array().into_iter().flatten();
    lines.extend(stretches.map(|stretch| {
        let text = stretch.get("text").map_or_else(|| word(&stretch["hex"]), ToString::to_string);
        format!("script at {}: {} {text}", stretch["offset"], word(&stretch["kind"]))
    }));
    lines.push(format!("payout: {}", word(&answer["anatomy"]["payout"]["style"])));
    lines.join("\n")
}

/// A line of JSON for each row of a table; a bad row is answered by what is wrong with it, and the exit status tells.
fn rows(registry: &Registry, input: impl Read) -> anyhow::Result<ExitCode> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(input);
    let header = reader.headers().map_err(|error| BadUsage(format!("standard input: {error}")))?;
    let place = |column: &str| header.iter().position(|found| found.trim() == column);
    let columns: Vec<usize> = COLUMNS.iter().filter_map(|column| place(column)).collect();
    let Ok(columns) = <[usize; 4]>::try_from(columns) else {
        return Err(BadUsage(format!("standard input: the first line must name {}", COLUMNS.join(","))).into());
    };
    let mut output = BufWriter::new(io::stdout().lock());
    let mut outcome = ExitCode::SUCCESS;
    for row in reader.records() {
        let read = row.map_err(|error| error.to_string()).and_then(|row| question(&row, columns));
        let line = match read {
            Ok(question) => answer(registry, &question),
            Err(error) => {
                outcome = ExitCode::FAILURE;
                json!({ "error": error })
            }
        };
        match writeln!(output, "{line}") {
            // a reader who has gone away changes nothing
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(outcome),
            written => written.context("standard output")?,
        }
    }
    output.flush().or_else(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => Ok(()),
        _ => Err(error).context("standard output"),
    })?;
    Ok(outcome)
}

fn question(row: &csv::StringRecord, columns: [usize; 4]) -> Result<Question, String> {
    let cells = columns.map(|column| row.get(column).map(str::trim));
    let [Some(height), Some(time), Some(script), Some(addresses)] = cells else {
        return Err(format!("{} cells, where the header names more", row.len()));
    };
    let number = |what: &str, text: &str| text.parse::<u32>().map_err(|error| format!("{what} {text:?}: {error}"));
    let time = if time.is_empty() { None } else { Some(number("time", time)?) };
    let addresses = addresses.split([';', ' ']).filter(|address| !address.is_empty());
    let coinbase = paying(bytes("script_hex", script)?, addresses)?;
    Ok(Question { height: number("height", height)?, time, coinbase })
}
