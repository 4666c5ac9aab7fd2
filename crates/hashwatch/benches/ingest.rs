//! How fast a directory of block files is read: the jump scan alone, against the bare reads that it cannot do without and
//! against what others would write; and all the way, by the program, until the last block can be asked for.
//!
//! The chain is synthetic: sparse files in which each block declares 1.6 MB and holds header, count and coinbase. It is
//! made once (some minutes, 4 GB) and kept under target/. Its pages come from memory: it is read once before.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::print_stdout, reason = "a bench that cannot go on fails")]

use std::{
    fs::{self, File},
    hint::black_box,
    io::{BufReader, Read, Seek},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use bitcoin::{Transaction, VarInt, block::Header, consensus::Decodable, hashes::Hash};
use futures_util::{StreamExt, stream};
use hashwatch_model::{BlockHash, BlockId, Network};
use hashwatch_node::{BlockFiles, Want};
use hashwatch_sha256d::{HEADER_BYTES, hash_headers};
use hashwatch_simulate::Plan;
use hashwatch_tests::measure::{Table, in_earnest, interleaved};

/// Bytes that a block declares.
const DECLARED: u32 = 1_600_000;
/// What the pipeline asks for at a time, and how many such slices it has under way.
const SLICE: usize = 2_000;
const UNDER_WAY: usize = 2;
/// Frame and header; then the front. What a jump scan reads of a block.
const READS: [usize; 2] = [8 + HEADER_BYTES, 1_024];

fn main() {
    let (blocks, rounds) = if in_earnest() { (1_000_000, 5) } else { (2_000, 1) };
    let chain = Chain::open(blocks);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");

    let places = chain.places();
    let mut bare = || bare_reads(&chain, &places);
    let mut ours = || assert_eq!(runtime.block_on(jump_scan(&chain)), blocks as usize);
    // with the stale ones
    let mut seeking = || assert!(seek_and_decode(&chain) >= blocks as usize);
    let medians = interleaved(
        rounds,
        &mut [
            ("bare reads of the same bytes, two threads", &mut bare),
            ("hashwatch: scan, choose the chain, fronts in its order", &mut ours),
            ("`BufReader`, seek, `bitcoin` 0.32, one thread, in the order of the files", &mut seeking),
        ],
    );
    let mut table = Table::new("jump scan", &["work", "blocks/s", "us a block", "x bare reads"]);
    for work in &medians {
        let each = work.nanoseconds / f64::from(blocks);
        table.row(&[
            work.name.clone(),
            format!("{:.0}", 1e9 / each),
            format!("{:.2}", each / 1e3),
            format!("{:.2}", work.faster_than(&medians[0])),
        ]);
    }
    let (read, seconds) = read_whole(&chain, blocks.min(4_000));
    table.row(&[
        "every byte read, no decoding, one thread (the first blocks only)".to_owned(),
        format!("{:.0}", f64::from(read) / seconds),
        format!("{:.2}", seconds * 1e6 / f64::from(read)),
        String::new(),
    ]);
    table.note(&format!(
        "{blocks} synthetic blocks that declare {DECLARED} bytes each, in {} files, from the page cache; medians of {rounds} rounds \
         taken in turn.",
        chain.files.len()
    ));
    table.finish();

    all_the_way(&chain, blocks, if in_earnest() { 3 } else { 1 });
}

struct Chain {
    dir: PathBuf,
    files: Vec<PathBuf>,
    key: [u8; 8],
}

impl Chain {
    fn open(blocks: u32) -> Chain {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../target/bench/chain-{blocks}"));
        if !dir.join(hashwatch_simulate::NOTE_FILE).exists() {
            println!("making {blocks} blocks in {}", dir.display());
            let _ = fs::remove_dir_all(&dir);
            fs::create_dir_all(&dir).expect("a disk with room");
            let plan = Plan { bytes_per_block: Some(DECLARED), ..Plan::new(Network::Sim, blocks, 1).in_the_past() };
            hashwatch_simulate::generate(&plan, &dir, |_| ()).expect("a chain can be made");
        }
        let mut files: Vec<PathBuf> = fs::read_dir(&dir)
            .expect("the directory is there")
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "dat") && !path.ends_with("xor.dat"))
            .collect();
        files.sort();
        let key = fs::read(dir.join("xor.dat")).expect("its key").try_into().expect("eight bytes");
        Chain { dir, files, key }
    }

    /// Takes the key off, eight bytes at a time.
    fn clear(&self, bytes: &mut [u8], offset: u64) {
        let mut key = self.key;
        key.rotate_left((offset % 8) as usize);
        let (words, rest) = bytes.as_chunks_mut::<8>();
        for word in words {
            *word = (u64::from_ne_bytes(*word) ^ u64::from_ne_bytes(key)).to_ne_bytes();
        }
        for (byte, key) in rest.iter_mut().zip(key) {
            *byte ^= key;
        }
    }

    /// The first byte of each block, file by file.
    fn places(&self) -> Vec<Vec<u64>> {
        let places = |path: &PathBuf| {
            let file = File::open(path).expect("a block file");
            let length = file.metadata().expect("its length").len();
            let (mut at, mut places) = (0, Vec::new());
            while at + 8 <= length {
                let mut frame = [0; 8];
                file.read_exact_at(&mut frame, at).expect("a frame");
                self.clear(&mut frame, at);
                places.push(at + 8);
                at += 8 + u64::from(u32::from_le_bytes(frame[4..].try_into().unwrap()));
            }
            places
        };
        self.files.iter().map(places).collect()
    }
}

/// What hashwatch does with a directory before it verifies.
async fn jump_scan(chain: &Chain) -> usize {
    let files = BlockFiles::open("bench", &chain.dir, Network::Sim, None).expect("block files");
    let tip = files.tip().await.expect("a chain");
    let mut hashes = Vec::with_capacity(tip.height as usize + 1);
    let mut first = BlockId { height: 0, hash: genesis(chain) };
    while hashes.len() <= tip.height as usize {
        let headers = files.headers_from(first).await.expect("its headers");
        let mut batch = vec![[0; 32]; headers.len() / HEADER_BYTES];
        hash_headers(&headers, &mut batch);
        let known = usize::from(!hashes.is_empty());
        hashes.extend(batch.into_iter().skip(known));
        let top = u32::try_from(hashes.len() - 1).unwrap();
        first = BlockId { height: top, hash: BlockHash::from_byte_array(hashes[top as usize]) };
    }
    let ids: Vec<BlockId> =
        (0..).zip(&hashes).map(|(height, hash)| BlockId { height, hash: BlockHash::from_byte_array(*hash) }).collect();
    let slices = stream::iter(ids.chunks(SLICE).map(|slice| files.blocks(slice, Want::Front)));
    slices
        .buffered(UNDER_WAY)
        .map(|blocks| black_box(blocks.expect("their fronts")).len())
        .fold(0, |sum, n| async move { sum + n })
        .await
}

fn genesis(chain: &Chain) -> BlockHash {
    let mut bytes = [0; 8 + HEADER_BYTES];
    File::open(&chain.files[0]).unwrap().read_exact(&mut bytes).expect("a block");
    chain.clear(&mut bytes, 0);
    let mut hash = [[0; 32]];
    hash_headers(&bytes[8..], &mut hash);
    BlockHash::from_byte_array(hash[0])
}

/// The reads alone: nothing that jumps from block to block can do with less.
fn bare_reads(chain: &Chain, places: &[Vec<u64>]) {
    let half = places.len().div_ceil(2);
    std::thread::scope(|scope| {
        for (files, places) in chain.files.chunks(half).zip(places.chunks(half)) {
            scope.spawn(move || {
                let mut buffer = [0; READS[1]];
                for (path, places) in files.iter().zip(places) {
                    let file = File::open(path).expect("a block file");
                    for place in places {
                        file.read_exact_at(&mut buffer[..READS[0]], place - 8).expect("a frame");
                        file.read_exact_at(&mut buffer, *place).expect("a front");
                        black_box(&buffer);
                    }
                }
            });
        }
    });
}

/// A jump scan as it is first written.
fn seek_and_decode(chain: &Chain) -> usize {
    let mut blocks = 0;
    for path in &chain.files {
        let mut reader = BufReader::new(Clear { file: File::open(path).expect("a block file"), at: 0, chain });
        let mut frame = [0; 8];
        while reader.read_exact(&mut frame).is_ok() {
            let size = i64::from(u32::from_le_bytes(frame[4..].try_into().unwrap()));
            let begins = reader.stream_position().expect("a position");
            black_box(Header::consensus_decode(&mut reader).expect("a header").block_hash());
            black_box(VarInt::consensus_decode(&mut reader).expect("a count"));
            black_box(Transaction::consensus_decode(&mut reader).expect("a coinbase").compute_txid());
            let read = reader.stream_position().expect("a position") - begins;
            reader.seek_relative(size - i64::try_from(read).unwrap()).expect("room to jump");
            blocks += 1;
        }
    }
    blocks
}

/// A block file without its key.
struct Clear<'a> {
    file: File,
    at: u64,
    chain: &'a Chain,
}

impl Read for Clear<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.chain.clear(&mut buffer[..read], self.at);
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for Clear<'_> {
    fn seek(&mut self, to: std::io::SeekFrom) -> std::io::Result<u64> {
        self.at = self.file.seek(to)?;
        Ok(self.at)
    }
}

/// What a reader of every byte needs for reading alone: how many blocks, in how many seconds.
fn read_whole(chain: &Chain, most: u32) -> (u32, f64) {
    let began = Instant::now();
    let (mut bytes, mut buffer) = (0, vec![0; 1 << 20]);
    for path in &chain.files {
        let mut file = File::open(path).expect("a block file");
        while let Ok(read @ 1..) = file.read(&mut buffer) {
            black_box(&buffer);
            bytes += read as u64;
        }
        if bytes >= u64::from(most) * u64::from(DECLARED) {
            break;
        }
    }
    (u32::try_from(bytes / u64::from(DECLARED)).unwrap(), began.elapsed().as_secs_f64())
}

/// The program, from its start until it ends with all blocks stored.
fn all_the_way(chain: &Chain, blocks: u32, rounds: usize) {
    let mut runs: Vec<(f64, u64)> = (0..rounds).map(|_| index(chain, blocks)).collect();
    runs.sort_by(|one, other| one.0.total_cmp(&other.0));
    let seconds = runs[rounds / 2].0;
    let most = runs.iter().map(|run| run.1).max().expect("a run");
    let mut table = Table::new("all the way", &["work", "s", "blocks/s", "resident, most"]);
    table.row(&[
        "`hashwatch index --once`: read, verify, attribute, store in the embedded ClickHouse".to_owned(),
        format!("{seconds:.1} ({:.1} to {:.1})", runs[0].0, runs[rounds - 1].0),
        format!("{:.0}", f64::from(blocks) / seconds),
        format!("{} MB", most / 1_000_000),
    ]);
    table.note(&format!(
        "{blocks} synthetic blocks as above, {rounds} runs, each into an empty directory, start to exit."
    ));
    table.finish();
}

/// Seconds, and the most memory that the process had resident, in bytes.
fn index(chain: &Chain, blocks: u32) -> (f64, u64) {
    let data = tempfile::tempdir_in(chain.dir.join("..")).expect("a temporary directory");
    let log = tempfile::NamedTempFile::new().expect("a temporary file");
    let began = Instant::now();
    let mut program = Command::new(env!("CARGO_BIN_EXE_hashwatch"))
        .args(["index", "--once", "--network", "sim", "--blocks-dir"])
        .arg(&chain.dir)
        .arg("--data")
        .arg(data.path().join("data"))
        .stdout(Stdio::null())
        .stderr(log.reopen().expect("the log"))
        .spawn()
        .expect("the program starts");
    let status = format!("/proc/{}/status", program.id());
    let mut most = 0;
    let exit = loop {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let peak =
            text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        most = most.max(peak.unwrap_or(0) * 1_024);
        if let Some(exit) = program.try_wait().expect("its end") {
            break exit;
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    let seconds = began.elapsed().as_secs_f64();
    assert!(exit.success(), "{exit}");
    let said = fs::read_to_string(log.path()).expect("its log");
    assert!(said.contains(&format!("at the tip height={}", blocks - 1)), "{said}");
    (seconds, most)
}
