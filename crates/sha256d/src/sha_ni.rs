//! SHA-NI: the processor's SHA-256 instructions, several messages side by side, for each step waits for the last.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use crate::{
    Hash,
    constants::{DIGEST_TAIL, HEADER_TAIL, INITIAL, K, NODE_TAIL_ROUNDS, small_sigma0},
};

/// The proof that the processor has SHA-NI and SSE4.1.
#[derive(Clone, Copy)]
pub(crate) struct ShaNi(());

/// Messages side by side.
const STREAMS: usize = 4;

impl ShaNi {
    pub(crate) fn new() -> Option<ShaNi> {
        let has = is_x86_feature_detected!("sha") && is_x86_feature_detected!("sse4.1");
        has.then_some(ShaNi(()))
    }

    /// Hashes any number of headers.
    pub(crate) fn headers(self, rows: &[[u8; 80]], out: &mut [Hash]) {
        // SAFETY: `self` exists only where the processor has these features.
        unsafe { headers(rows, out) }
    }

    /// Hashes any number of nodes.
    pub(crate) fn nodes(self, rows: &[[u8; 64]], out: &mut [Hash]) {
        // SAFETY: `self` exists only where the processor has these features.
        unsafe { nodes(rows, out) }
    }

    /// One block further for each message.
    #[cfg(test)]
    pub(crate) fn compress(self, states: &mut [Hash], blocks: &[[u8; 64]]) {
        // SAFETY: `self` exists only where the processor has these features.
        unsafe { step(states, blocks) }
    }
}

/// The state as the instructions want it: words f, e, b, a and words h, g, d, c, from the low end on.
type State = [__m128i; 2];

/// Four times four words of the schedule, a ring: words 4t to 4t + 3 stand at t modulo 4.
type Ring = [__m128i; 4];

#[target_feature(enable = "sha,sse4.1")]
fn headers(rows: &[[u8; 80]], out: &mut [Hash]) {
    let (many, few) = rows.as_chunks::<STREAMS>();
    let (many_out, few_out) = out.as_chunks_mut::<STREAMS>();
    for (rows, out) in many.iter().zip(many_out) {
        header(rows, out);
    }
    for (row, out) in few.iter().zip(few_out) {
        header(std::array::from_ref(row), std::array::from_mut(out));
    }
}

#[target_feature(enable = "sha,sse4.1")]
fn nodes(rows: &[[u8; 64]], out: &mut [Hash]) {
    let (many, few) = rows.as_chunks::<STREAMS>();
    let (many_out, few_out) = out.as_chunks_mut::<STREAMS>();
    for (rows, out) in many.iter().zip(many_out) {
        node(rows, out);
    }
    for (row, out) in few.iter().zip(few_out) {
        node(std::array::from_ref(row), std::array::from_mut(out));
    }
}

#[inline]
#[target_feature(enable = "sha,sse4.1")]
fn header<const N: usize>(rows: &[[u8; 80]; N], out: &mut [Hash; N]) {
    let mut states = [initial(); N];
    compress(&mut states, blocks(rows));
    let before = states;
    compress_header_tail(&mut states, rows.each_ref().map(|row| load(row, 64)));
    feed_forward(&mut states, &before);
    digest(&mut states);
    for (state, out) in states.into_iter().zip(out) {
        put(state, out);
    }
}

#[inline]
#[target_feature(enable = "sha,sse4.1")]
fn node<const N: usize>(rows: &[[u8; 64]; N], out: &mut [Hash; N]) {
    let mut states = [initial(); N];
    compress(&mut states, blocks(rows));
    let before = states;
    for known in NODE_TAIL_ROUNDS.as_chunks::<4>().0 {
        four_rounds(&mut states, [words(known); N]);
    }
    feed_forward(&mut states, &before);
    digest(&mut states);
    for (state, out) in states.into_iter().zip(out) {
        put(state, out);
    }
}

/// One block further for each message; states stand as digests.
#[cfg(test)]
#[target_feature(enable = "sha,sse4.1")]
fn step(states: &mut [Hash], rows: &[[u8; 64]]) {
    let (many, few) = states.as_chunks_mut::<STREAMS>();
    let (many_rows, few_rows) = rows.as_chunks::<STREAMS>();
    for (states, rows) in many.iter_mut().zip(many_rows) {
        step_side_by_side(states, rows);
    }
    for (state, row) in few.iter_mut().zip(few_rows) {
        step_side_by_side(std::array::from_mut(state), std::array::from_ref(row));
    }
}

#[cfg(test)]
#[target_feature(enable = "sha,sse4.1")]
fn step_side_by_side<const N: usize>(digests: &mut [Hash; N], rows: &[[u8; 64]; N]) {
    let mut states = digests.each_ref().map(|digest| packed(load(digest, 0), load(digest, 16)));
    compress(&mut states, blocks(rows));
    for (state, out) in states.into_iter().zip(digests) {
        put(state, out);
    }
}

/// Hashes the digests that the states are once more.
#[inline]
#[target_feature(enable = "sha,sse4.1")]
fn digest<const N: usize>(states: &mut [State; N]) {
    let low = states.map(|state| unpacked(state)[0]);
    let high = states.map(|state| unpacked(state)[1]);
    *states = [initial(); N];
    compress_digest(states, low, high);
    feed_forward(states, &[initial(); N]);
}

/// Compression of any block.
#[inline]
#[target_feature(enable = "sha,sse4.1")]
fn compress<const N: usize>(states: &mut [State; N], mut rings: [Ring; N]) {
    let before = *states;
    let (k, _) = K.as_chunks::<16>();
    for k in &k[..3] {
        sixteen::<N, true>(states, &mut rings, k);
    }
    sixteen::<N, false>(states, &mut rings, &k[3]);
    feed_forward(states, &before);
}

/// The rounds of the last block of an 80-byte header, `first` its four words that are not padding.
#[inline]
#[target_feature(enable = "sha,sse4.1")]
fn compress_header_tail<const N: usize>(states: &mut [State; N], first: [__m128i; N]) {
    const B: [u32; 16] = HEADER_TAIL;
    let (k, _) = K.as_chunks::<16>();
    four_rounds(states, first.map(|first| plus(first, &k[0], 0)));
    for i in 1..4 {
        four_rounds(states, [words(&known(&B, i)); N]);
    }
    let [_, second, _, fourth] = *B.as_chunks::<4>().0 else { unreachable!() };
    let (second, fourth) = (words(&second), words(&fourth));
    let (second_plus, third_plus) = (words(&const { partial(&B, 1) }), words(&const { partial(&B, 2) }));
    let mut rings = first.map(|first| {
        let a = _mm_sha256msg2_epu32(_mm_sha256msg1_epu32(first, second), fourth);
        let b = _mm_sha256msg2_epu32(_mm_add_epi32(second_plus, _mm_alignr_epi8::<4>(a, fourth)), a);
        let c = _mm_sha256msg2_epu32(_mm_add_epi32(third_plus, _mm_alignr_epi8::<4>(b, a)), b);
        let d = _mm_add_epi32(_mm_sha256msg1_epu32(fourth, a), _mm_alignr_epi8::<4>(c, b));
        [a, b, c, _mm_sha256msg2_epu32(d, c)]
    });
    sixteen::<N, true>(states, &mut rings, &k[1]);
    sixteen::<N, true>(states, &mut rings, &k[2]);
    sixteen::<N, false>(states, &mut rings, &k[3]);
}

/// The rounds of the only block of a digest, `first` and `second` its eight words.
#[inline]
#[target_feature(enable = "sha,sse4.1")]
fn compress_digest<const N: usize>(states: &mut [State; N], first: [__m128i; N], second: [__m128i; N]) {
    const B: [u32; 16] = DIGEST_TAIL;
    let (k, _) = K.as_chunks::<16>();
    four_rounds(states, first.map(|first| plus(first, &k[0], 0)));
    four_rounds(states, second.map(|second| plus(second, &k[0], 1)));
    for i in 2..4 {
        four_rounds(states, [words(&known(&B, i)); N]);
    }
    let [_, _, third, fourth] = *B.as_chunks::<4>().0 else { unreachable!() };
    let (third, fourth) = (words(&third), words(&fourth));
    let third_plus = words(&const { partial(&B, 2) });
    let mut rings: [Ring; N] = std::array::from_fn(|n| {
        let a = _mm_sha256msg2_epu32(_mm_sha256msg1_epu32(first[n], second[n]), fourth);
        let b = _mm_add_epi32(_mm_sha256msg1_epu32(second[n], third), _mm_alignr_epi8::<4>(a, fourth));
        let b = _mm_sha256msg2_epu32(b, a);
        let c = _mm_sha256msg2_epu32(_mm_add_epi32(third_plus, _mm_alignr_epi8::<4>(b, a)), b);
        let d = _mm_add_epi32(_mm_sha256msg1_epu32(fourth, a), _mm_alignr_epi8::<4>(c, b));
        [a, b, c, _mm_sha256msg2_epu32(d, c)]
    });
    sixteen::<N, true>(states, &mut rings, &k[1]);
    sixteen::<N, true>(states, &mut rings, &k[2]);
    sixteen::<N, false>(states, &mut rings, &k[3]);
}

/// Round constants plus words 4i to 4i + 3 of a block known there.
const fn known(block: &[u32; 16], i: usize) -> [u32; 4] {
    let mut sums = [0; 4];
    let mut j = 0;
    while j < 4 {
        sums[j] = block[4 * i + j].wrapping_add(K[4 * i + j]);
        j += 1;
    }
    sums
}

/// The part of words 16 + 4i to 19 + 4i of the schedule that `sha256msg1` gives, of a block known there.
const fn partial(block: &[u32; 16], i: usize) -> [u32; 4] {
    let mut sums = [0; 4];
    let mut j = 0;
    while j < 4 {
        sums[j] = block[4 * i + j].wrapping_add(small_sigma0(block[4 * i + j + 1]));
        j += 1;
    }
    sums
}

/// Sixteen rounds, and with `EXTEND` the next sixteen words of the schedule.
#[inline]
#[target_feature(enable = "sha,sse4.1")]
fn sixteen<const N: usize, const EXTEND: bool>(states: &mut [State; N], rings: &mut [Ring; N], k: &[u32; 16]) {
    let (k, _) = k.as_chunks::<4>();
    macro_rules! four {
        ($($i:literal)*) => { $(
            four_rounds(states, rings.map(|ring| _mm_add_epi32(ring[$i], words(&k[$i]))));
            if EXTEND {
                for w in rings.iter_mut() {
                    let sum = _mm_sha256msg1_epu32(w[$i], w[($i + 1) % 4]);
                    let sum = _mm_add_epi32(sum, _mm_alignr_epi8::<4>(w[($i + 3) % 4], w[($i + 2) % 4]));
                    w[$i] = _mm_sha256msg2_epu32(sum, w[($i + 3) % 4]);
                }
            }
        )* };
    }
    four!(0 1 2 3);
}

/// Four rounds; `words` are message words plus round constants.
#[inline]
#[target_feature(enable = "sha,sse4.1")]
fn four_rounds<const N: usize>(states: &mut [State; N], words: [__m128i; N]) {
    for (state, words) in states.iter_mut().zip(words) {
        state[1] = _mm_sha256rnds2_epu32(state[1], state[0], words);
    }
    for (state, words) in states.iter_mut().zip(words) {
        state[0] = _mm_sha256rnds2_epu32(state[0], state[1], _mm_shuffle_epi32::<0b1110>(words));
    }
}

#[inline]
#[target_feature(enable = "sha,sse4.1")]
fn feed_forward<const N: usize>(states: &mut [State; N], before: &[State; N]) {
    for (state, before) in states.iter_mut().zip(before) {
        *state = [_mm_add_epi32(state[0], before[0]), _mm_add_epi32(state[1], before[1])];
    }
}

#[inline]
#[target_feature(enable = "sha,sse4.1")]
fn initial() -> State {
    let [a, b, c, d, e, f, g, h] = INITIAL;
    [words(&[f, e, b, a]), words(&[h, g, d, c])]
}

/// Words a to d and e to h as a state.
#[cfg(test)]
#[target_feature(enable = "sha,sse4.1")]
fn packed(abcd: __m128i, efgh: __m128i) -> State {
    let badc = _mm_shuffle_epi32::<0b10_11_00_01>(abcd);
    let hgfe = _mm_shuffle_epi32::<0b00_01_10_11>(efgh);
    [_mm_alignr_epi8::<8>(badc, hgfe), _mm_blend_epi16::<0b1111_0000>(hgfe, badc)]
}

/// A state as words a to d and e to h.
#[inline]
#[target_feature(enable = "sha,sse4.1")]
fn unpacked([feba, hgdc]: State) -> [__m128i; 2] {
    let abef = _mm_shuffle_epi32::<0b00_01_10_11>(feba);
    let ghcd = _mm_shuffle_epi32::<0b10_11_00_01>(hgdc);
    [_mm_blend_epi16::<0b1111_0000>(abef, ghcd), _mm_alignr_epi8::<8>(ghcd, abef)]
}

#[inline]
#[target_feature(enable = "sha,sse4.1")]
fn words(four: &[u32; 4]) -> __m128i {
    // SAFETY: 16 readable bytes; this load asks for no alignment.
    unsafe { _mm_loadu_si128(four.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "sha,sse4.1")]
fn plus(message: __m128i, k: &[u32; 16], i: usize) -> __m128i {
    _mm_add_epi32(message, words(&k.as_chunks::<4>().0[i]))
}

/// The first 64 bytes of each row.
#[inline]
#[target_feature(enable = "sha,sse4.1")]
fn blocks<const N: usize, const ROW: usize>(rows: &[[u8; ROW]; N]) -> [Ring; N] {
    rows.each_ref().map(|row| [load(row, 0), load(row, 16), load(row, 32), load(row, 48)])
}

/// Four big-endian words from byte `at` of a row.
#[inline]
#[target_feature(enable = "sha,sse4.1")]
fn load(row: &[u8], at: usize) -> __m128i {
    let bytes: &[u8; 16] = row[at..].first_chunk().expect("four words in the row");
    // SAFETY: 16 readable bytes; this load asks for no alignment.
    swapped(unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) })
}

/// Writes a state as a digest.
#[inline]
#[target_feature(enable = "sha,sse4.1")]
fn put(state: State, out: &mut Hash) {
    for (four, bytes) in unpacked(state).into_iter().zip(out.as_chunks_mut::<16>().0) {
        // SAFETY: 16 writable bytes; this store asks for no alignment.
        unsafe { _mm_storeu_si128(bytes.as_mut_ptr().cast(), swapped(four)) }
    }
}

/// The bytes of each word turned round.
#[inline]
#[target_feature(enable = "sha,sse4.1")]
fn swapped(words: __m128i) -> __m128i {
    _mm_shuffle_epi8(words, _mm_set_epi64x(0x0c0d_0e0f_0809_0a0b, 0x0405_0607_0001_0203))
}
