//! How fast headers and merkle nodes are hashed, by every backend that this machine has, against the crates that
//! others take; and how far that is from what the processor could do.
//!
//! The bound counts what no order of instructions gets around:
//!
//! - avx512: vector operations at four a cycle, as Zen 5 has four 512-bit pipes for them. A round is 17 of them
//!   (six rotations, three ternary logics for the sums of them, choice and majority, seven additions and one for the
//!   round constant), a word of the schedule 11. The known words of the padding save some: 9,783 in the compiled loop
//!   for 32 headers, 8,742 for 32 nodes. Loads, stores and copies between registers go beside them.
//! - avx2: the same at four a cycle (Zen; Intel has three). A rotation is three of them, a ternary logic up to
//!   three: 35 a round, 21 a word; 9,600 in the compiled loop for eight headers, 8,666 for eight nodes.
//! - sha-ni: 96 `sha256rnds2` a message (two rounds each of three times 64), one in two cycles on every processor
//!   that has been measured.

use std::{cell::RefCell, hint::black_box};

use bitcoin::{Txid, block::Header, consensus::deserialize, hashes::Hash, merkle_tree};
use hashwatch_sha256d::{Backend, HEADER_BYTES, RUN};
use hashwatch_tests::measure::{Median, Table, Work, cycles_per_ns, in_earnest, interleaved};

/// A round of each work, and how many rounds.
struct Size {
    headers: usize,
    roots: usize,
    rounds: usize,
}

fn main() {
    let size = match in_earnest() {
        true => Size { headers: 1_000_000, roots: 100, rounds: 15 },
        false => Size { headers: 2_000, roots: 1, rounds: 1 },
    };
    headers(&size);
    merkle_roots(&size);
}

/// Cycles a message that the instructions of a backend take at the least; see above.
fn bound(backend: Backend, [avx512, avx2]: [f64; 2]) -> Option<f64> {
    match backend {
        Backend::Avx512 => Some(avx512 / 32.0 / 4.0),
        Backend::Avx2 => Some(avx2 / 8.0 / 4.0),
        Backend::ShaNi => Some(96.0 * 2.0),
        Backend::Portable => None,
    }
}

/// Keeps the compiler from leaving out what nobody reads.
fn seen<T>(value: T) {
    black_box(value);
}

fn available() -> Vec<Backend> {
    Backend::ALL.into_iter().filter(|backend| backend.is_available()).collect()
}

fn noise(len: usize) -> Vec<u8> {
    let mut x = 1u64;
    let mut next = || {
        x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        x.to_be_bytes()[0]
    };
    (0..len).map(|_| next()).collect()
}

fn headers(size: &Size) {
    let bytes = noise(size.headers * HEADER_BYTES);
    let (rows, _) = bytes.as_chunks::<HEADER_BYTES>();
    let decoded: Vec<Header> = rows.iter().map(|row| deserialize(row).expect("any 80 bytes are a header")).collect();

    let mut theirs = || decoded.iter().map(Header::block_hash).for_each(seen);
    let mut hashes = || rows.iter().map(|row| bitcoin_hashes::sha256d::hash(row)).for_each(seen);
    let all = bytes.as_slice();
    let mut ours = available()
        .into_iter()
        .map(|backend| {
            let mut out = [[0; 32]; RUN];
            let work = move || {
                for run in all.chunks(RUN * HEADER_BYTES) {
                    let out = &mut out[..run.len() / HEADER_BYTES];
                    backend.hash_headers(run, out);
                    black_box(out);
                }
            };
            (backend, Box::new(work) as Box<dyn FnMut()>)
        })
        .collect::<Vec<_>>();
    let mut kept = vec![[0; 32]; size.headers];
    let mut keeping = || Backend::best().hash_headers(&bytes, black_box(&mut kept));

    let mut works: Vec<Work<'_>> = vec![
        ("bitcoin 0.32, `block_hash` of decoded headers", &mut theirs),
        ("bitcoin_hashes 1.x, `sha256d::hash`", &mut hashes),
    ];
    works.extend(ours.iter_mut().map(|(backend, work)| (backend.name(), work.as_mut() as &mut dyn FnMut())));
    works.push(("the best of these, all hashes kept", &mut keeping));
    let medians = interleaved(size.rounds, &mut works);
    report("headers", "header", size.headers, &medians, [9_783.0, 9_600.0]);
}

const TXIDS: usize = 4_000;

fn merkle_roots(size: &Size) {
    let bytes = noise(TXIDS * 32);
    let (txids, _) = bytes.as_chunks::<32>();
    let theirs_of: Vec<Txid> = txids.iter().map(|txid| Txid::from_byte_array(*txid)).collect();
    let their_root = || merkle_tree::calculate_root(theirs_of.iter().copied()).expect("there are transactions");
    let mut theirs = || (0..size.roots).map(|_| their_root()).for_each(seen);

    let buffers = &RefCell::new([vec![[0; 32]; TXIDS], vec![[0; 32]; TXIDS]]);
    let mut ours = available()
        .into_iter()
        .map(|backend| {
            let root = move || root(backend, txids, &mut buffers.borrow_mut());
            assert_eq!(root(), their_root().to_byte_array());
            let work = move || (0..size.roots).map(|_| root()).for_each(seen);
            (backend, Box::new(work) as Box<dyn FnMut()>)
        })
        .collect::<Vec<_>>();
    let mut works: Vec<Work<'_>> = vec![("bitcoin 0.32, `merkle_tree::calculate_root`", &mut theirs)];
    works.extend(ours.iter_mut().map(|(backend, work)| (backend.name(), work.as_mut() as &mut dyn FnMut())));
    let medians = interleaved(size.rounds, &mut works);
    report("merkle roots of 4,000 txids", "node", size.roots * (TXIDS + 1), &medians, [8_742.0, 8_666.0]);
}

/// The merkle root, level by level between two buffers.
fn root(backend: Backend, txids: &[[u8; 32]], [level, above]: &mut [Vec<[u8; 32]>; 2]) -> [u8; 32] {
    level[..txids.len()].copy_from_slice(txids);
    let mut count = txids.len();
    while count > 1 {
        if !count.is_multiple_of(2) {
            level[count] = level[count - 1];
        }
        count = count.div_ceil(2);
        backend.hash_nodes(&level[..2 * count], &mut above[..count]);
        std::mem::swap(level, above);
    }
    level[0]
}

/// A row for each work, against the first.
fn report(name: &str, unit: &str, count: usize, medians: &[Median], operations: [f64; 2]) {
    let cycles_per_ns = cycles_per_ns();
    let columns = ["way", &format!("ns a {unit}"), "cycles", "times as fast", "bound in cycles"];
    let mut table = Table::new(name, &columns);
    let count = f64::from(u32::try_from(count).expect("a few million"));
    for taken in medians {
        let nanoseconds = taken.nanoseconds / count;
        let bound = taken.name.parse().ok().and_then(|backend| bound(backend, operations));
        table.row(&[
            taken.name.clone(),
            format!("{nanoseconds:.1}"),
            format!("{:.0}", nanoseconds * cycles_per_ns),
            format!("{:.2}", taken.faster_than(&medians[0])),
            bound.map_or_else(String::new, |bound| format!("{bound:.0}")),
        ]);
    }
    table.note(&format!("Medians of {} interleaved rounds at {cycles_per_ns:.2} GHz.", medians[0].rounds.len()));
    table.finish();
}
