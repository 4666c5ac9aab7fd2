//! `hashwatch verify-block`: all that one raw block shows by itself, at a height that is taken on trust.

use std::{
    io::{self, Write},
    process::ExitCode,
    time::Instant,
};

use anyhow::Context;
use hashwatch_model::{
    BlockHash, BlockId, Coinbase, RawBlock,
    block::{MAX_BLOCK_BYTES, MalformedBlock},
    coinbase::readable_text,
};
use hashwatch_sha256d::{HEADER_BYTES, sha256d};
use hashwatch_verify::{Refusal, historic, verify_alone, witness_commitment};
use serde_json::{Value, json};

use crate::{BadUsage, cli::VerifyBlockArgs, clock::unix_now, hashing::Hashing, input::Input};

/// A block, what was taken from it, and what the rules say.
struct Report {
    raw: RawBlock,
    /// None where the first transaction is no coinbase.
    coinbase: Option<Coinbase>,
    notes: Vec<String>,
    refusal: Option<Refusal>,
}

pub(crate) fn verify_block(args: VerifyBlockArgs) -> anyhow::Result<ExitCode> {
    let hashing = Hashing::choose("--backend", &args.backend)?;
    let bytes = read(&args)?;
    let began = Instant::now();
    let report = verify(&args, &bytes)?;
    let seconds = began.elapsed().as_secs_f64();
    let said = if args.json {
        as_json(&report, hashing, seconds).to_string()
    } else {
        as_text(&args, &report, hashing, seconds)
    };
    say(&said)?;
    Ok(if report.refusal.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The whole file, unless it is larger than any block.
fn read(args: &VerifyBlockArgs) -> Result<Vec<u8>, BadUsage> {
    let mut input = Input::open(&args.file)?;
    let most = MAX_BLOCK_BYTES as u64;
    let oversized =
        |bytes: String| BadUsage(format!("{} has {bytes}: no valid block has over {most}", args.file.display()));
    if let Some(length) = input.length.filter(|length| *length > most) {
        return Err(oversized(format!("{length} bytes")));
    }
    let mut bytes = vec![0; MAX_BLOCK_BYTES + 1];
    let filled = input.fill(&mut bytes)?;
    bytes.truncate(filled);
    if filled > MAX_BLOCK_BYTES {
        return Err(oversized(format!("more than {most} bytes")));
    }
    input.check_length(filled as u64)?;
    Ok(bytes)
}

fn verify(args: &VerifyBlockArgs, bytes: &[u8]) -> Result<Report, BadUsage> {
    let header = bytes.get(..HEADER_BYTES).map(sha256d).unwrap_or_default();
    let id = BlockId { height: args.height, hash: bitcoin::hashes::Hash::from_byte_array(header) };
    let unread = |error: MalformedBlock| BadUsage(format!("{}: {error}", args.file.display()));
    let raw = RawBlock::from_bytes(id, bytes).map_err(unread)?;
    let refusal = verify_alone(args.network, &raw, unix_now()).err();
    let coinbase = Coinbase::from_bytes(raw.coinbase.clone()).ok();
    let version = raw.header.version.to_consensus();
    // a block that is valid today and was not then is worth a note; one that is not valid never was
    let valid = coinbase.as_ref().filter(|_| refusal.is_none());
    let script = valid.map(|coinbase| coinbase.script().as_bytes());
    let note = script.and_then(|script| historic(args.network, args.height, version, script));
    Ok(Report { notes: note.iter().map(ToString::to_string).collect(), raw, coinbase, refusal })
}

/// The answer, on standard output. A reader who has gone away (`| head -0`) changes nothing of the exit status.
pub(super) fn say(answer: &str) -> anyhow::Result<()> {
    let mut output = io::stdout().lock();
    match writeln!(output, "{answer}").and_then(|()| output.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error).context("standard output"),
        _ => Ok(()),
    }
}

/// Why a block was not accepted.
pub(super) fn rejection(refusal: &Refusal) -> Value {
    json!({
        "height": refusal.height,
        "hash": refusal.hash.to_string(),
        "rule": refusal.rule.name(),
        "expected": refusal.expected,
        "found": refusal.found,
    })
}

impl Report {
    fn hash(&self) -> BlockHash {
        self.raw.id.hash
    }

    /// Whether the coinbase commits to the witnesses.
    fn commitment(&self) -> &'static str {
        match self.coinbase.as_ref().and_then(witness_commitment) {
            Some(_) => "present",
            None => "absent",
        }
    }

    fn text(&self) -> Option<String> {
        self.coinbase.as_ref().map(|coinbase| readable_text(coinbase.script().as_bytes()))
    }
}

fn as_json(report: &Report, hashing: Hashing, seconds: f64) -> Value {
    let raw = &report.raw;
    json!({
        "height": raw.id.height,
        "hash": report.hash().to_string(),
        "accepted": report.refusal.is_none(),
        "transactions": raw.tx_count,
        "size": raw.size,
        "weight": raw.weight(),
        "merkle_root": raw.header.merkle_root.to_string(),
        "witness_commitment": report.commitment(),
        "coinbase_text": report.text(),
        "notes": report.notes,
        "backend": hashing.backend.name(),
        "seconds": seconds,
        "rejection": report.refusal.as_ref().map(rejection),
    })
}

fn as_text(args: &VerifyBlockArgs, report: &Report, hashing: Hashing, seconds: f64) -> String {
    let raw = &report.raw;
    let judged = if report.refusal.is_none() { "accepted" } else { "refused" };
    let mut lines = vec![format!("block {} of {}: {judged}", raw.id, args.network)];
    lines.extend(report.refusal.iter().map(ToString::to_string));
    lines.extend(report.notes.iter().cloned());
    let (size, weight) = (raw.size.unwrap_or_default(), raw.weight().unwrap_or_default());
    lines.push(format!("{} transactions, {size} bytes, {weight} weight units", raw.tx_count));
    lines.push(format!("merkle root: {}; witness commitment: {}", raw.header.merkle_root, report.commitment()));
    lines.push(format!("coinbase text: {}", report.text().unwrap_or_default()));
    lines.push(format!("{seconds:.3} s, hashed with {}", hashing.backend));
    lines.join("\n")
}
