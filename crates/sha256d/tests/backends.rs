//! Every backend that this machine has against `bitcoin_hashes`: all lengths, all alignments, between guard pages.
//! A run that must not miss a backend names it in HASHWATCH_EXPECT_BACKENDS, as `avx512,sha-ni`: those alone are then run,
//! and none may be missing.

#![allow(unsafe_code, clippy::unwrap_used)]
#![deny(clippy::undocumented_unsafe_blocks)]

use std::{
    io::Write,
    panic::{AssertUnwindSafe, catch_unwind},
    ptr::null_mut,
};

use hashwatch_sha256d::{Backend, HEADER_BYTES, RUN, hash_headers, hash_nodes, sha256d};
use proptest::prelude::*;
use rustix::mm::{MapFlags, MprotectFlags, ProtFlags, mmap_anonymous, mprotect, munmap};

const GENESIS: &str = "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e\
                       67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c";
const GENESIS_HASH: &str = "6fe28c0ab6f1b372c1a6a246ae63f74f931e8365e15a089c68d6190000000000";

/// Long enough for every mixture of whole batches, narrow ones and single messages, and for more than one run.
fn run_lengths() -> impl Iterator<Item = usize> {
    (0..=200).chain(RUN - 1..=RUN + 1).chain([2 * RUN + 7])
}

fn named() -> Vec<Backend> {
    let names = std::env::var("HASHWATCH_EXPECT_BACKENDS").unwrap_or_default();
    names.split(',').filter(|name| !name.is_empty()).map(|name| name.parse().unwrap()).collect()
}

fn available() -> impl Iterator<Item = Backend> {
    let named = named();
    let wanted = move |backend: &Backend| named.is_empty() || named.contains(backend);
    Backend::ALL.into_iter().filter(|backend| backend.is_available()).filter(wanted)
}

fn names(backends: impl Iterator<Item = Backend>) -> String {
    backends.map(Backend::name).collect::<Vec<_>>().join(" ")
}

fn expected(bytes: &[u8]) -> [u8; 32] {
    bitcoin_hashes::sha256d::hash(bytes).to_byte_array()
}

/// Bytes without a pattern that lanes could share.
fn noise(len: usize, mut seed: u64) -> Vec<u8> {
    let mut byte = || {
        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        seed.to_be_bytes()[0]
    };
    (0..len).map(|_| byte()).collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect()
}

fn check_headers(backend: Backend, headers: &[u8], out: &mut [[u8; 32]]) {
    out.fill([0xa5; 32]);
    backend.hash_headers(headers, out);
    for (i, (header, hash)) in headers.chunks(HEADER_BYTES).zip(&*out).enumerate() {
        assert_eq!(*hash, expected(header), "{backend}: header {i} of {}", out.len());
    }
}

fn check_nodes(backend: Backend, nodes: &[[u8; 32]], out: &mut [[u8; 32]]) {
    out.fill([0xa5; 32]);
    backend.hash_nodes(nodes, out);
    for (i, (pair, hash)) in nodes.chunks(2).zip(&*out).enumerate() {
        assert_eq!(*hash, expected(pair.as_flattened()), "{backend}: node {i} of {}", out.len());
    }
}

/// Written past the capture of output, for a run to show it.
#[test]
fn which_backends_run() {
    let missing = || Backend::ALL.into_iter().filter(|backend| !backend.is_available());
    let (run, not_run) = (names(available()), names(missing()));
    writeln!(std::io::stderr(), "backends run: {run}; not on this machine: {not_run}").unwrap();
    for backend in named() {
        assert!(backend.is_available(), "{backend} should have run; there are: {run}");
    }
    assert!(Backend::Portable.is_available());
    assert!(Backend::best().is_available());
}

#[test]
fn genesis() {
    let header = bytes(GENESIS);
    for backend in available() {
        for count in [1, 8, 16, 32] {
            let mut out = vec![[0; 32]; count];
            backend.hash_headers(&header.repeat(count), &mut out);
            assert_eq!(out, vec![*bytes(GENESIS_HASH).as_array().unwrap(); count], "{backend}");
        }
        assert_eq!(backend.sha256d(&header).to_vec(), bytes(GENESIS_HASH), "{backend}");
    }
}

#[test]
fn messages_of_every_length() {
    for backend in available() {
        for len in 0..=200 {
            let message = noise(len, 1);
            assert_eq!(backend.sha256d(&message), expected(&message), "{backend}: {len} bytes");
        }
    }
}

#[test]
fn runs_of_every_length() {
    for backend in available() {
        for count in run_lengths() {
            let mut out = vec![[0; 32]; count];
            check_headers(backend, &noise(count * HEADER_BYTES, 2), &mut out);
            check_nodes(backend, noise(count * 64, 3).as_chunks().0, &mut out);
        }
    }
}

/// Every place of a batch has a difference of its own: a lane that took another's word would show.
#[test]
fn one_bit_changes_one_hash() {
    for backend in available() {
        let (mut headers, mut nodes) = (vec![0; 48 * HEADER_BYTES], vec![[0; 32]; 96]);
        let (mut blank, mut out) = ([[0; 32]; 48], [[0; 32]; 48]);
        for bit in (0..48 * HEADER_BYTES * 8).step_by(53) {
            headers[bit / 8] ^= 1 << (bit % 8);
            check_headers(backend, &headers, &mut out);
            backend.hash_headers(&vec![0; headers.len()], &mut blank);
            let changed: Vec<_> = (0..48).filter(|&i| out[i] != blank[i]).collect();
            assert_eq!(changed, [bit / 8 / HEADER_BYTES], "{backend}: header bit {bit}");
            headers[bit / 8] ^= 1 << (bit % 8);
        }
        for bit in (0..96 * 32 * 8).step_by(53) {
            nodes[bit / 256][bit / 8 % 32] ^= 1 << (bit % 8);
            check_nodes(backend, &nodes, &mut out);
            nodes[bit / 256][bit / 8 % 32] ^= 1 << (bit % 8);
        }
    }
}

#[test]
fn unaligned() {
    for backend in available() {
        for offset in 0..64 {
            let headers = noise(offset + 49 * HEADER_BYTES, 4);
            let mut out = vec![0; offset + 49 * 32];
            let out = out[offset..].as_chunks_mut().0;
            check_headers(backend, &headers[offset..], out);
            let nodes = noise(offset + 49 * 64, 5);
            check_nodes(backend, nodes[offset..].as_chunks().0, out);
        }
    }
}

/// Readable and writable bytes right behind or right before a page that may not be touched.
struct Guarded {
    start: *mut u8,
    pages: usize,
}

const PAGE: usize = 4096;

impl Guarded {
    fn new(len: usize) -> Guarded {
        let pages = len.div_ceil(PAGE).max(1) + 2;
        // SAFETY: a new mapping, and the guards lie within it.
        let start = unsafe {
            let protection = ProtFlags::READ | ProtFlags::WRITE;
            let start = mmap_anonymous(null_mut(), pages * PAGE, protection, MapFlags::PRIVATE).unwrap();
            mprotect(start, PAGE, MprotectFlags::empty()).unwrap();
            mprotect(start.byte_add((pages - 1) * PAGE), PAGE, MprotectFlags::empty()).unwrap();
            start.cast()
        };
        Guarded { start, pages }
    }

    /// `len` bytes that begin behind the first guard or end before the last one.
    fn bytes(&mut self, len: usize, at_end: bool) -> &mut [u8] {
        let room = (self.pages - 2) * PAGE;
        assert!(len <= room);
        let skip = if at_end { room - len } else { 0 };
        // SAFETY: between the guards, zeroed at first, and borrowed from `self`.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(PAGE + skip), len) }
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        // SAFETY: the whole mapping, of which nothing is borrowed any more.
        unsafe { munmap(self.start.cast(), self.pages * PAGE).unwrap() }
    }
}

#[test]
fn between_guard_pages() {
    let counts = [1, 2, 3, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 48, 63, 64, 65, RUN, RUN + 13];
    for count in counts {
        let (mut input, mut output) = (Guarded::new(count * HEADER_BYTES), Guarded::new(count * 32));
        for (backend, at_end) in available().flat_map(|backend| [(backend, false), (backend, true)]) {
            let out = output.bytes(count * 32, at_end).as_chunks_mut().0;
            let headers = input.bytes(count * HEADER_BYTES, at_end);
            headers.copy_from_slice(&noise(count * HEADER_BYTES, 6));
            check_headers(backend, headers, out);
            check_nodes(backend, input.bytes(count * 64, at_end).as_chunks().0, out);
        }
    }
}

#[test]
fn wrong_sizes_are_refused() {
    let refused = |hash: &dyn Fn()| catch_unwind(AssertUnwindSafe(hash)).is_err();
    for backend in available() {
        for (len, count) in
            [(79, 1), (81, 1), (80, 0), (80, 2), (0, 1), (16 * 80, 15), (32 * 80 - 1, 32), (513 * 80, 512)]
        {
            assert!(refused(&|| backend.hash_headers(&vec![0; len], &mut vec![[0; 32]; count])), "{len} {count}");
        }
        for (len, count) in [(1, 1), (1, 0), (2, 0), (2, 2), (3, 1), (32, 15), (65, 32), (63, 32)] {
            assert!(refused(&|| backend.hash_nodes(&vec![[0; 32]; len], &mut vec![[0; 32]; count])), "{len} {count}");
        }
    }
}

#[test]
fn a_backend_that_is_missing_is_refused() {
    for backend in Backend::ALL.into_iter().filter(|backend| !backend.is_available()) {
        assert!(catch_unwind(|| backend.hash_headers(&[], &mut [])).is_err(), "{backend}");
        assert!(catch_unwind(|| backend.hash_nodes(&[], &mut [])).is_err(), "{backend}");
        assert!(catch_unwind(|| backend.sha256d(&[])).is_err(), "{backend}");
    }
}

#[test]
fn names_lead_back() {
    for backend in Backend::ALL {
        assert_eq!(backend.to_string().parse(), Ok(backend));
    }
    assert!("AVX512".parse::<Backend>().unwrap_err().to_string().contains("sha-ni"));
}

proptest! {
    #[test]
    fn any_message(message in proptest::collection::vec(any::<u8>(), 0..600)) {
        for backend in available() {
            prop_assert_eq!(backend.sha256d(&message), expected(&message));
        }
        prop_assert_eq!(sha256d(&message), expected(&message));
    }

    #[test]
    fn any_run(bytes in proptest::collection::vec(any::<u8>(), 0..8_000)) {
        let mut out = vec![[0; 32]; bytes.len() / 64];
        let (rows, nodes) = (bytes.len() / HEADER_BYTES, bytes.len() / 64);
        let (headers, pairs) = (&bytes[..rows * HEADER_BYTES], bytes[..nodes * 64].as_chunks().0);
        for backend in available() {
            check_headers(backend, headers, &mut out[..rows]);
            check_nodes(backend, pairs, &mut out);
        }
        hash_headers(headers, &mut out[..rows]);
        prop_assert!(headers.chunks(HEADER_BYTES).zip(&out).all(|(header, hash)| *hash == expected(header)));
        hash_nodes(pairs, &mut out);
        prop_assert!(pairs.chunks(2).zip(&out).all(|(pair, hash)| *hash == expected(pair.as_flattened())));
    }
}
