//! `hashwatch verify-headers`: every header rule over a flat file of headers.
//!
//! A file is taken for one chain, whose tip alone is kept: that is as fast as it can be hashed. Where a header stands on
//! another than the one before it, the file is read again into a tree. What cannot be read twice goes into one at once.

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use bitcoin::{Work, hex::DisplayHex};
use hashwatch_model::BlockId;
use hashwatch_sha256d::{HEADER_BYTES, RUN, sha256d};
use hashwatch_verify::{HeaderTree, Refusal, Rule, Start, Tip};
use serde_json::{Value, json};

use super::verify_block::{rejection, say};
use crate::{BadUsage, cli::VerifyHeadersArgs, clock::unix_now, hashing::Hashing, input::Input, progress::Progress};

/// What is read at a time: small enough to stay in a core's cache, large enough that a read costs nothing beside it.
const BUFFER_BYTES: usize = 8 * RUN * HEADER_BYTES;
/// Bytes of a page of memory.
const PAGE: usize = 4_096;
/// Headers that a chain can have: heights are numbers of 32 bits.
const MOST_HEADERS: u64 = 1 << 32;

/// What came of a file.
struct Report {
    headers: u64,
    accepted: u64,
    tip: Option<BlockId>,
    work: Option<Work>,
    /// Ends of branches beside the tip.
    branches: usize,
    refusal: Option<Refusal>,
}

/// One reading of a file from its beginning.
struct Pass {
    headers: u64,
    /// Those before the first that was refused.
    accepted: u64,
    refusal: Option<Refusal>,
}

pub(crate) fn verify_headers(args: VerifyHeadersArgs) -> anyhow::Result<ExitCode> {
    let hashing = Hashing::choose("--backend", &args.backend)?;
    let began = Instant::now();
    let report = verify(&args)?;
    let took = began.elapsed();
    let said = if args.json {
        as_json(&args, &report, hashing, took).to_string()
    } else {
        as_text(&args, &report, hashing, took)
    };
    say(&said)?;
    Ok(if report.refusal.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn verify(args: &VerifyHeadersArgs) -> Result<Report, BadUsage> {
    let now = unix_now();
    let start = args.start_height.map_or(Start::Genesis, Start::Height);
    let mut input = Input::open(&args.file)?;
    if input.length.is_some() {
        let mut tip = Tip::new(args.network, start);
        let Pass { headers, accepted, refusal } = pass(&mut input, start, |run| tip.extend(run, now))?;
        if refusal.as_ref().is_none_or(|refusal| refusal.rule != Rule::Link) {
            return Ok(Report { headers, accepted, tip: tip.id(), work: tip.chainwork(), branches: 0, refusal });
        }
        // a branch, or a header that stands on nothing: a tree can tell
        input = Input::open(&args.file)?;
    }
    let mut tree = HeaderTree::new(args.network, start);
    let Pass { headers, accepted, refusal } = pass(&mut input, start, |run| tree.extend(run, now))?;
    let tip = tree.best();
    let work = tip.and_then(|tip| tree.chainwork(tip.hash));
    Ok(Report { headers, accepted, tip, work, branches: tree.ends().len().saturating_sub(1), refusal })
}

/// Reads to the end or, in a file, to the first header that is refused.
fn pass(
    input: &mut Input,
    start: Start,
    mut extend: impl FnMut(&[u8]) -> Result<(), Refusal>,
) -> Result<Pass, BadUsage> {
    check_bytes(input, start, input.length)?;
    let header_bytes = HEADER_BYTES as u64;
    let mut progress = Progress::new("verifying", input.length.unwrap_or(0) / header_bytes);
    // on a page's edge: some processors copy several times slower to just behind one, where an allocator puts it
    let mut space = vec![0; BUFFER_BYTES + PAGE];
    let edge = space.as_ptr().align_offset(PAGE).min(PAGE);
    let buffer = &mut space[edge..edge + BUFFER_BYTES];
    let (mut read, mut refused) = (0_u64, None);
    loop {
        let filled = input.fill(buffer)?;
        let run = &buffer[..filled - filled % HEADER_BYTES];
        let before = read / header_bytes;
        read += filled as u64;
        check_heights(input, start, read / header_bytes)?;
        if refused.is_none()
            && let Err(refusal) = extend(run)
        {
            refused = Some((before + place_of(&refusal, run), refusal));
            if input.length.is_some() {
                break;
            }
        }
        match input.length {
            Some(_) => progress.set(read / header_bytes),
            None => progress.set_of(read / header_bytes, read / header_bytes),
        }
        if filled < buffer.len() {
            break;
        }
    }
    progress.finish();
    if refused.is_none() {
        input.check_length(read)?;
    }
    let bytes = input.length.unwrap_or(read);
    check_bytes(input, start, Some(bytes))?;
    let headers = bytes / header_bytes;
    let (accepted, refusal) = refused.map_or((headers, None), |(accepted, refusal)| (accepted, Some(refusal)));
    Ok(Pass { headers, accepted, refusal })
}

/// How many headers of a run stand before the one that was refused.
fn place_of(refusal: &Refusal, run: &[u8]) -> u64 {
    let hash: &[u8; 32] = refusal.hash.as_ref();
    run.chunks_exact(HEADER_BYTES).take_while(|header| sha256d(header) != *hash).count() as u64
}

/// A number of bytes, once it is known, must be that of some headers.
fn check_bytes(input: &Input, start: Start, bytes: Option<u64>) -> Result<(), BadUsage> {
    let Some(bytes) = bytes else { return Ok(()) };
    let (name, rest) = (&input.name, bytes % HEADER_BYTES as u64);
    if bytes == 0 {
        return Err(BadUsage(format!("{name} is empty: it holds no header")));
    }
    if rest != 0 {
        return Err(BadUsage(format!("{name} has {bytes} bytes, no multiple of 80: {rest} are left over")));
    }
    check_heights(input, start, bytes / HEADER_BYTES as u64)
}

fn check_heights(input: &Input, start: Start, headers: u64) -> Result<(), BadUsage> {
    if u64::from(start.height()) + headers <= MOST_HEADERS {
        return Ok(());
    }
    let (name, height) = (&input.name, start.height());
    Err(BadUsage(format!("{name}: {headers} headers from height {height} on go beyond the last height, {}", u32::MAX)))
}

/// Headers a second; 0 where the clock stood still.
fn rate(accepted: u64, took: Duration) -> u64 {
    let rate = (u128::from(accepted) * 1_000_000_000).checked_div(took.as_nanos());
    u64::try_from(rate.unwrap_or(0)).unwrap_or(u64::MAX)
}

/// As bitcoind writes it; no work without a block.
fn chainwork(report: &Report) -> String {
    report.work.map_or([0; 32], |work| work.to_be_bytes()).to_lower_hex_string()
}

fn as_json(args: &VerifyHeadersArgs, report: &Report, hashing: Hashing, took: Duration) -> Value {
    json!({
        "headers": report.headers,
        "accepted": report.accepted,
        "start_height": args.start_height.unwrap_or(0),
        "tip_height": report.tip.map(|tip| tip.height),
        "tip_hash": report.tip.map(|tip| tip.hash.to_string()),
        "chainwork": chainwork(report),
        "backend": hashing.backend.name(),
        "seconds": took.as_secs_f64(),
        "headers_per_second": rate(report.accepted, took),
        "rejection": report.refusal.as_ref().map(rejection),
        "branches": report.branches,
    })
}

fn as_text(args: &VerifyHeadersArgs, report: &Report, hashing: Hashing, took: Duration) -> String {
    let Report { headers, accepted, branches, .. } = report;
    let (network, start) = (args.network, args.start_height.unwrap_or(0));
    let mut lines = vec![format!("{accepted} of {headers} headers accepted ({network}, from height {start})")];
    if let Some(refusal) = &report.refusal {
        lines.push(format!("refused: {refusal}"));
    }
    let tip = report.tip.map_or_else(|| "none".to_owned(), |tip| tip.to_string());
    lines.push(format!("tip: {tip}; other branches: {branches}"));
    lines.push(format!("chainwork: {}", chainwork(report)));
    let (seconds, rate) = (took.as_secs_f64(), rate(*accepted, took));
    lines.push(format!("{seconds:.3} s, {rate} headers a second, hashed with {}", hashing.backend));
    lines.join("\n")
}
