//! The compression kernels themselves, by NIST's vectors: any message, block by block, in every lane. And the lane
//! algorithm on plain words, so that it is tested on any machine.
#![allow(clippy::cast_possible_truncation)]

use crate::{
    Backend, Hash,
    batches::in_batches,
    constants::INITIAL,
    lanes::{Lanes, Twice},
    phased,
};

/// One word of each message, without any vector instruction.
#[derive(Clone, Copy)]
struct Plain<const N: usize>;

impl<const N: usize> Lanes for Plain<N> {
    type Words = [u32; N];

    const LANES: usize = N;

    fn splat(self, word: u32) -> [u32; N] {
        [word; N]
    }

    fn add(self, a: [u32; N], b: [u32; N]) -> [u32; N] {
        std::array::from_fn(|i| a[i].wrapping_add(b[i]))
    }

    fn xor3(self, a: [u32; N], b: [u32; N], c: [u32; N]) -> [u32; N] {
        std::array::from_fn(|i| a[i] ^ b[i] ^ c[i])
    }

    fn rotate<const RIGHT: i32, const LEFT: i32>(self, a: [u32; N]) -> [u32; N] {
        const { assert!(RIGHT + LEFT == 32) };
        a.map(|word| word.rotate_right(RIGHT.cast_unsigned()))
    }

    fn shift<const BY: u32>(self, a: [u32; N]) -> [u32; N] {
        a.map(|word| word >> BY)
    }

    fn choose(self, e: [u32; N], f: [u32; N], g: [u32; N]) -> [u32; N] {
        std::array::from_fn(|i| (e[i] & f[i]) | (!e[i] & g[i]))
    }

    fn majority(self, a: [u32; N], b: [u32; N], c: [u32; N]) -> [u32; N] {
        std::array::from_fn(|i| (a[i] & b[i]) | (a[i] & c[i]) | (b[i] & c[i]))
    }

    fn load<const ROW: usize>(self, rows: &[[u8; ROW]], at: usize) -> [[u32; N]; 4] {
        std::array::from_fn(|i| std::array::from_fn(|lane| u32::from_be_bytes(rows[lane].as_chunks().0[at / 4 + i])))
    }

    fn store(self, words: [[u32; N]; 4], rows: &mut [Hash], at: usize) {
        for (i, words) in words.iter().enumerate() {
            for (row, word) in rows[..N].iter_mut().zip(words) {
                row[at + 4 * i..at + 4 * i + 4].copy_from_slice(&word.to_be_bytes());
            }
        }
    }

    fn prefetch(self, _: *const u8) {}
}

/// One block further for each message.
type Compress = dyn Fn(&mut [Hash], &[[u8; 64]]);

/// SHA-256 (once) of messages of one length, padded and compressed block by block.
fn sha256(messages: &[Vec<u8>], compress: &Compress) -> Vec<Hash> {
    let mut initial = [0; 32];
    for (bytes, word) in initial.as_chunks_mut::<4>().0.iter_mut().zip(INITIAL) {
        *bytes = word.to_be_bytes();
    }
    let padded = |message: &Vec<u8>| {
        let mut padded = message.clone();
        padded.push(0x80);
        padded.resize((message.len() + 9).next_multiple_of(64) - 8, 0);
        padded.extend((8 * message.len() as u64).to_be_bytes());
        padded
    };
    let padded: Vec<_> = messages.iter().map(padded).collect();
    let mut states = vec![initial; messages.len()];
    for at in 0..padded[0].len() / 64 {
        let blocks: Vec<[u8; 64]> = padded.iter().map(|padded| padded.as_chunks().0[at]).collect();
        compress(&mut states, &blocks);
    }
    states
}

/// A kernel's name, how many messages it takes at once, and what it does to them.
type Kernel = (String, usize, Box<Compress>);

/// The kernels of this machine, and the plain one; of those that HASHWATCH_EXPECT_BACKENDS names, if it names any.
fn kernels() -> Vec<Kernel> {
    let mut kernels: Vec<Kernel> = vec![
        ("plain".to_owned(), 3, Box::new(|states, blocks| phased::step(Plain::<3>, states, blocks))),
        ("plain, twice".to_owned(), 4, Box::new(|states, blocks| phased::step(Twice(Plain::<2>), states, blocks))),
    ];
    #[cfg(target_arch = "x86_64")]
    {
        use crate::{avx2::Avx2, avx512::Avx512, sha_ni::ShaNi};
        let mut found = |backend: Backend, lanes, kernel| kernels.push((backend.to_string(), lanes, kernel));
        if let Some(isa) = Avx512::new() {
            found(Backend::Avx512, Avx512::WIDE, Box::new(move |states, blocks| isa.compress(states, blocks)));
        }
        if let Some(isa) = Avx2::new() {
            found(Backend::Avx2, Avx2::WIDE, Box::new(move |states, blocks| isa.compress(states, blocks)));
        }
        if let Some(isa) = ShaNi::new() {
            found(Backend::ShaNi, 7, Box::new(move |states, blocks| isa.compress(states, blocks)));
        }
    }
    match std::env::var("HASHWATCH_EXPECT_BACKENDS") {
        Ok(named) => kernels.retain(|(name, _, _)| named.split(',').any(|one| one == name)),
        Err(_) => assert!(kernels.len() >= 2),
    }
    kernels
}

fn hex(hash: &Hash) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// FIPS 180-4's examples, as NIST publishes them, and the million of them for the lanes that take it fast.
#[test]
fn nist_vectors() {
    let two = "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu";
    let vectors = [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
        ),
        (two, "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"),
        (&"a".repeat(1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
    ];
    for (name, lanes, compress) in kernels() {
        for (message, digest) in vectors {
            let found = sha256(&vec![message.as_bytes().to_vec(); lanes], &compress);
            assert!(found.iter().all(|found| hex(found) == digest), "{name}: {} bytes", message.len());
        }
    }
}

/// A message of its own in each lane, against the crate that the portable backend is made of.
#[test]
fn lanes_do_not_mix() {
    use sha2::Digest;
    for (name, lanes, compress) in kernels() {
        for len in 0..=200 {
            let message = |lane| (0..len).map(|i| (31 * i + 7 * lane) as u8 ^ lane as u8).collect::<Vec<u8>>();
            let messages: Vec<_> = (0..lanes).map(message).collect();
            let expected: Vec<Hash> = messages.iter().map(|message| sha2::Sha256::digest(message).into()).collect();
            assert_eq!(sha256(&messages, &compress), expected, "{name}: {len} bytes");
        }
    }
}

fn rows<const ROW: usize>(count: usize) -> Vec<[u8; ROW]> {
    (0..count).map(|row| std::array::from_fn(|i| (i * (row + 3) + row * row) as u8)).collect()
}

/// Headers and nodes through the phases, with fewer, as many and more batches than are parked.
#[test]
fn phases_on_plain_words() {
    for count in [0, 4, 8, 12, 16] {
        let (headers, nodes) = (rows::<80>(count), rows::<64>(count));
        let mut out = vec![[0; 32]; count];
        phased::headers::<_, 3>(Plain::<4>, &headers, &mut out);
        assert!(headers.iter().zip(&out).all(|(row, hash)| Backend::Portable.sha256d(row) == *hash), "{count}");
        phased::nodes::<_, 3>(Twice(Plain::<2>), &nodes, &mut out);
        assert!(nodes.iter().zip(&out).all(|(row, hash)| Backend::Portable.sha256d(row) == *hash), "{count}");
    }
}

#[test]
fn what_fills_no_batch() {
    let hashed =
        |rows: &[[u8; 4]], out: &mut [Hash], by| rows.iter().zip(out).for_each(|(row, out)| *out = [row[0] + by; 32]);
    for count in 0..40 {
        let rows: Vec<_> = (0..count).map(|row| [row; 4]).collect();
        let mut out = vec![[0; 32]; rows.len()];
        let batches = |rows: &[[u8; 4]], out: &mut [Hash]| {
            assert!(rows.len().is_multiple_of(16) && rows.len() == out.len());
            hashed(rows, out, 100);
        };
        in_batches::<16, 4>(&rows, &mut out, batches, |rows, out| hashed(rows, out, 200));
        // eight and more that are left over fill one more batch up
        let few = if count % 16 < 8 { count - count % 16 } else { count };
        let expected: Vec<Hash> = (0..count).map(|row| [row + if row < few { 100 } else { 200 }; 32]).collect();
        assert_eq!(out, expected);
    }
}
