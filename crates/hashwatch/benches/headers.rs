//! How fast a whole chain of headers is verified, in memory and by the program from its start to its end, against what
//! others would do: the obvious loop with the `bitcoin` crate, and the same checks as here over `bitcoin_hashes`.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a bench that cannot go on fails")]

use std::{collections::VecDeque, hint::black_box, process::Command};

use bitcoin::{
    BlockHash, CompactTarget, Target, TxMerkleNode, Work,
    block::{Header, Version},
    consensus,
    hashes::Hash,
};
use hashwatch_model::Network;
use hashwatch_sha256d::{Backend, HEADER_BYTES, RUN};
use hashwatch_tests::measure::{Table, in_earnest, interleaved};
use hashwatch_verify::{Start, Tip, retarget};

const NOW: u64 = 4_000_000_000;
const EPOCH: usize = 2_016;

fn main() {
    let (count, rounds) = if in_earnest() { (970_000, 15) } else { (5_000, 1) };
    let headers = chain(count);
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(file.path(), &headers).expect("a disk with room");

    let backends: Vec<Backend> = Backend::ALL.into_iter().filter(|backend| backend.is_available()).collect();
    let mut ours: Vec<_> = backends.iter().map(|backend| (backend.name(), || whole_job(&headers, *backend))).collect();
    let mut obvious = || obvious(&headers);
    let mut same_checks = || same_checks(&headers);
    let mut program = || program(file.path());
    let mut hashing_alone = || hashing_alone(&headers);
    let mut works: Vec<(&str, &mut dyn FnMut())> = vec![
        ("the obvious loop, `bitcoin` 0.32", &mut obvious),
        ("the same checks, `bitcoin_hashes` 1", &mut same_checks),
        ("`hashwatch verify-headers`, start to exit", &mut program),
        ("hashing alone, the best of this machine", &mut hashing_alone),
    ];
    works.extend(ours.iter_mut().map(|(name, work)| (*name, work as &mut dyn FnMut())));
    let medians = interleaved(rounds, &mut works);
    let [obvious, same_checks, program, hashing, ours @ ..] = medians.as_slice() else { unreachable!("five and more") };

    let mut table = Table::new("verify-headers", &["work", "ms", "ns a header", "x obvious", "x same checks"]);
    for work in [obvious, same_checks, hashing].into_iter().chain(ours) {
        let each = work.nanoseconds / count as f64;
        table.row(&[
            work.name.clone(),
            format!("{:.1}", work.nanoseconds / 1e6),
            format!("{each:.1}"),
            times(work.faster_than(obvious)),
            times(work.faster_than(same_checks)),
        ]);
    }
    let best = ours.iter().find(|work| work.name == Backend::best().name()).expect("the best is available");
    table.note(&format!(
        "{count} chained headers of a simulated chain, one thread, medians of {rounds} rounds taken in turn. {} takes {:.1} \
         ms: {:.2} times the job in memory with {}.",
        program.name,
        program.nanoseconds / 1e6,
        best.faster_than(program),
        best.name
    ));
    table.finish();
}

fn times(ratio: f64) -> String {
    format!("{ratio:.2}")
}

/// What hashwatch does.
fn whole_job(headers: &[u8], backend: Backend) {
    let mut tip = Tip::with_backend(Network::Sim, Start::Genesis, backend);
    tip.extend(headers, NOW).expect("a sound chain");
    assert_eq!(tip.count(), (headers.len() / HEADER_BYTES) as u64);
    black_box(tip.chainwork());
}

/// What hashwatch does, by its command.
fn program(file: &std::path::Path) {
    let output = Command::new(env!("CARGO_BIN_EXE_hashwatch"))
        .args(["verify-headers", "--network", "sim", "--json"])
        .arg(file)
        .output()
        .expect("the program runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// What no check can be faster than.
fn hashing_alone(headers: &[u8]) {
    let mut hashes = [[0; 32]; RUN];
    for run in headers.chunks(RUN * HEADER_BYTES) {
        let hashes = &mut hashes[..run.len() / HEADER_BYTES];
        hashwatch_sha256d::hash_headers(run, hashes);
        black_box(hashes);
    }
}

/// Deserialize, hash, prove, divide, sort.
fn obvious(headers: &[u8]) {
    let (mut below, mut epoch_time, mut bits): (Option<BlockHash>, u32, Option<CompactTarget>) = (None, 0, None);
    let mut times: VecDeque<u32> = VecDeque::new();
    let mut chainwork: Option<Work> = None;
    for (height, raw) in headers.chunks_exact(HEADER_BYTES).enumerate() {
        let header: Header = consensus::deserialize(raw).expect("a header");
        let hash = header.block_hash();
        if let Some(below) = below {
            assert_eq!(header.prev_blockhash, below);
            let mut sorted: Vec<u32> = times.iter().copied().collect();
            sorted.sort_unstable();
            assert!(header.time > sorted[sorted.len() / 2]);
        }
        header.validate_pow(header.target()).expect("enough work");
        if height % EPOCH == 0 {
            if let Some(bits) = bits {
                let seconds = i64::from(*times.back().unwrap()) - i64::from(epoch_time);
                assert_eq!(header.bits, retarget(bits, seconds, limit()));
            }
            epoch_time = header.time;
        } else {
            assert_eq!(Some(header.bits), bits);
        }
        chainwork = Some(chainwork.map_or(header.work(), |sum| sum + header.work()));
        times.push_back(header.time);
        if times.len() > 11 {
            times.pop_front();
        }
        (below, bits) = (Some(hash), Some(header.bits));
    }
    black_box(chainwork);
}

/// The checks of `Tip`, without its lanes: target and work only when bits change, the median by counting.
fn same_checks(headers: &[u8]) {
    let (mut below, mut bits, mut target, mut work) = ([0; 32], limit(), Target::ZERO, None::<Work>);
    let (mut times, mut epoch_time, mut newest) = ([0_u32; 11], 0, 0);
    let mut chainwork: Option<Work> = None;
    for (height, raw) in headers.as_chunks::<HEADER_BYTES>().0.iter().enumerate() {
        let hash = bitcoin_hashes::sha256d::hash(raw).to_byte_array();
        let word = |from: usize| u32::from_le_bytes(raw[from..from + 4].try_into().unwrap());
        let (time, own) = (word(68), CompactTarget::from_consensus(word(72)));
        assert!(height == 0 || raw[4..36] == below);
        if height % EPOCH == 0 {
            let seconds = i64::from(newest) - i64::from(epoch_time);
            assert!(height == 0 || own == retarget(bits, seconds, limit()));
            epoch_time = time;
        } else {
            assert_eq!(own, bits);
        }
        if own != bits || work.is_none() {
            (bits, target, work) = (own, Target::from_compact(own), Some(Target::from_compact(own).to_work()));
        }
        assert!(Target::from_le_bytes(hash) <= target);
        assert!(height < 11 || times.iter().filter(|below| **below < time).count() > 5);
        assert!(word(0).cast_signed() >= 4 && u64::from(time) < NOW + 7_200);
        chainwork = chainwork.zip(work).map(|(sum, work)| sum + work).or(work);
        times[height % 11] = time;
        (below, newest) = (hash, time);
    }
    black_box(chainwork);
}

fn limit() -> CompactTarget {
    Network::Sim.retarget().limit
}

/// Headers that keep every rule, ten minutes apart with some out of order, so that each retarget changes the bits.
fn chain(count: usize) -> Vec<u8> {
    let mut chain = Vec::with_capacity(count * HEADER_BYTES);
    let (mut below, mut bits, mut epoch_time, mut newest) = (BlockHash::all_zeros(), limit(), 0, 0);
    let mut hashes = [[0; 32]; RUN];
    for height in 0..count {
        // one in four before its parent; no epoch is quite as long as it should be
        let place = u32::try_from(height).unwrap();
        let jitter = place.wrapping_mul(2_654_435_761) >> 22;
        let time = 1_000_000_000 + 600 * place + jitter;
        if height > 0 && height % EPOCH == 0 {
            bits = retarget(bits, i64::from(newest) - i64::from(epoch_time), limit());
        }
        if height % EPOCH == 0 {
            epoch_time = time;
        }
        let header = Header {
            version: Version::from_consensus(0x2000_0000),
            prev_blockhash: below,
            merkle_root: TxMerkleNode::from_byte_array([jitter.to_le_bytes()[0]; 32]),
            time,
            bits,
            nonce: 0,
        };
        let target = Target::from_compact(bits);
        let mut tries = consensus::serialize(&header).repeat(64);
        let mut first = 0_u32;
        let (raw, hash) = loop {
            for (raw, nonce) in tries.chunks_exact_mut(HEADER_BYTES).zip(first..) {
                raw[76..].copy_from_slice(&nonce.to_le_bytes());
            }
            hashwatch_sha256d::hash_headers(&tries, &mut hashes[..64]);
            if let Some(at) = hashes[..64].iter().position(|hash| Target::from_le_bytes(*hash) <= target) {
                break (&tries[at * HEADER_BYTES..][..HEADER_BYTES], hashes[at]);
            }
            first += 64;
        };
        chain.extend_from_slice(raw);
        (below, newest) = (BlockHash::from_byte_array(hash), time);
    }
    chain
}
