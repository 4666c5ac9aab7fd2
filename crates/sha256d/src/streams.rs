//! Double SHA-256 with the SHA-256 instructions of x86-64, several messages side by side: each step needs the last
//! one, so one message alone leaves the processor idle half of the time. What of the padding is known is worked out
//! beforehand.

use std::{arch::x86_64::__m128i, hint::black_box};

use crate::{
    Hash,
    constants::{DIGEST_TAIL, HEADER_TAIL, K, NODE_TAIL_ROUNDS, small_sigma0},
    sha_ni::ShaNi,
};

/// The state as the instructions want it: words f, e, b, a and words h, g, d, c, from the low end on.
pub(crate) type State = [__m128i; 2];

/// Four times four words of the schedule, a ring: words 4t to 4t + 3 stand at t modulo 4.
pub(crate) type Ring = [__m128i; 4];

/// Hashes rows of 80 bytes.
#[inline(always)]
pub(crate) fn header<const N: usize>(isa: ShaNi, rows: &[[u8; 80]; N], out: &mut [Hash; N]) {
    let mut states = [isa.initial(); N];
    compress(isa, &mut states, &mut isa.blocks(rows));
    let before = states;
    let mut first = [isa.words(&[0; 4]); N];
    for (first, row) in first.iter_mut().zip(rows) {
        *first = isa.load(row, 64);
    }
    rounds_of_header_tail(isa, &mut states, &first);
    feed_forward(isa, &mut states, &before);
    digests(isa, &states, out);
}

/// Hashes rows of 64 bytes.
#[inline(always)]
pub(crate) fn node<const N: usize>(isa: ShaNi, rows: &[[u8; 64]; N], out: &mut [Hash; N]) {
    let mut states = [isa.initial(); N];
    compress(isa, &mut states, &mut isa.blocks(rows));
    let before = states;
    for known in NODE_TAIL_ROUNDS.as_chunks::<4>().0 {
        four_rounds(isa, &mut states, &[isa.words(known); N]);
    }
    feed_forward(isa, &mut states, &before);
    digests(isa, &states, out);
}

/// Compression of any block.
#[inline(always)]
pub(crate) fn compress<const N: usize>(isa: ShaNi, states: &mut [State; N], rings: &mut [Ring; N]) {
    let before = *states;
    let (k, _) = K.as_chunks::<16>();
    for k in black_box(&k[..3]) {
        sixteen::<N, true>(isa, states, rings, k);
    }
    sixteen::<N, false>(isa, states, rings, &k[3]);
    feed_forward(isa, states, &before);
}

/// Hashes the digests that the states are once more, into `out`.
#[inline(always)]
fn digests<const N: usize>(isa: ShaNi, of: &[State; N], out: &mut [Hash; N]) {
    let (mut first, mut second) = ([isa.words(&[0; 4]); N], [isa.words(&[0; 4]); N]);
    for ((first, second), of) in first.iter_mut().zip(&mut second).zip(of) {
        [*first, *second] = isa.unpacked(*of);
    }
    let mut states = [isa.initial(); N];
    rounds_of_digest(isa, &mut states, &first, &second);
    feed_forward(isa, &mut states, &[isa.initial(); N]);
    for (state, out) in states.into_iter().zip(out) {
        isa.put(state, out);
    }
}

/// The rounds of the last block of an 80-byte header, `first` its four words that are not padding.
#[inline(always)]
fn rounds_of_header_tail<const N: usize>(isa: ShaNi, states: &mut [State; N], first: &[__m128i; N]) {
    const B: [u32; 16] = HEADER_TAIL;
    four_rounds(isa, states, &plus(isa, first, &known(&B, 0)));
    for i in 1..4 {
        four_rounds(isa, states, &[isa.words(&known(&B, i)); N]);
    }
    let (second, fourth) = (isa.words(&four(&B, 1)), isa.words(&four(&B, 3)));
    let mut rings = [[second; 4]; N];
    for (ring, first) in rings.iter_mut().zip(first) {
        let a = isa.msg2(isa.msg1(*first, second), fourth);
        let b = isa.add(isa.words(&const { partial(&B, 1) }), isa.across(a, fourth));
        *ring = rest_of_ring(isa, a, isa.msg2(b, a), &const { partial(&B, 2) }, fourth);
    }
    last_rounds(isa, states, &mut rings);
}

/// The rounds of the only block of a digest, `first` and `second` its eight words.
#[inline(always)]
fn rounds_of_digest<const N: usize>(isa: ShaNi, states: &mut [State; N], first: &[__m128i; N], second: &[__m128i; N]) {
    const B: [u32; 16] = DIGEST_TAIL;
    four_rounds(isa, states, &plus(isa, first, &known(&B, 0)));
    four_rounds(isa, states, &plus(isa, second, &known(&B, 1)));
    for i in 2..4 {
        four_rounds(isa, states, &[isa.words(&known(&B, i)); N]);
    }
    let (third, fourth) = (isa.words(&four(&B, 2)), isa.words(&four(&B, 3)));
    let mut rings = [[third; 4]; N];
    for (ring, (first, second)) in rings.iter_mut().zip(first.iter().zip(second)) {
        let a = isa.msg2(isa.msg1(*first, *second), fourth);
        let b = isa.add(isa.msg1(*second, third), isa.across(a, fourth));
        *ring = rest_of_ring(isa, a, isa.msg2(b, a), &const { partial(&B, 2) }, fourth);
    }
    last_rounds(isa, states, &mut rings);
}

/// Words 16 to 31 of the schedule from their first eight, and of the block what is left to add.
#[inline(always)]
fn rest_of_ring(isa: ShaNi, a: __m128i, b: __m128i, third_partial: &[u32; 4], fourth: __m128i) -> Ring {
    let c = isa.msg2(isa.add(isa.words(third_partial), isa.across(b, a)), b);
    let d = isa.add(isa.msg1(fourth, a), isa.across(c, b));
    [a, b, c, isa.msg2(d, c)]
}

/// All rounds but the first sixteen.
#[inline(always)]
fn last_rounds<const N: usize>(isa: ShaNi, states: &mut [State; N], rings: &mut [Ring; N]) {
    let (k, _) = K.as_chunks::<16>();
    for k in black_box(&k[1..3]) {
        sixteen::<N, true>(isa, states, rings, k);
    }
    sixteen::<N, false>(isa, states, rings, &k[3]);
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

/// Words 4i to 4i + 3 of a block.
fn four(block: &[u32; 16], i: usize) -> [u32; 4] {
    block.as_chunks().0[i]
}

/// Sixteen rounds, and with `EXTEND` the next sixteen words of the schedule.
#[inline(always)]
fn sixteen<const N: usize, const EXTEND: bool>(
    isa: ShaNi,
    states: &mut [State; N],
    rings: &mut [Ring; N],
    k: &[u32; 16],
) {
    macro_rules! rounds {
        ($($i:literal)*) => { $(
            let mut words = [isa.words(&k.as_chunks().0[$i]); N];
            for (words, ring) in words.iter_mut().zip(&*rings) {
                *words = isa.add(*words, ring[$i]);
            }
            four_rounds(isa, states, &words);
            if EXTEND {
                for w in rings.iter_mut() {
                    let sum = isa.add(isa.msg1(w[$i], w[($i + 1) % 4]), isa.across(w[($i + 3) % 4], w[($i + 2) % 4]));
                    w[$i] = isa.msg2(sum, w[($i + 3) % 4]);
                }
            }
        )* };
    }
    rounds!(0 1 2 3);
}

/// Message words plus round constants.
#[inline(always)]
fn plus<const N: usize>(isa: ShaNi, words: &[__m128i; N], k: &[u32; 4]) -> [__m128i; N] {
    let mut sums = [isa.words(k); N];
    for (sum, words) in sums.iter_mut().zip(words) {
        *sum = isa.add(*sum, *words);
    }
    sums
}

/// Four rounds; `words` are message words plus round constants.
#[inline(always)]
fn four_rounds<const N: usize>(isa: ShaNi, states: &mut [State; N], words: &[__m128i; N]) {
    for (state, words) in states.iter_mut().zip(words) {
        state[1] = isa.two_rounds(state[1], state[0], *words);
    }
    for (state, words) in states.iter_mut().zip(words) {
        state[0] = isa.two_rounds(state[0], state[1], isa.high(*words));
    }
}

#[inline(always)]
fn feed_forward<const N: usize>(isa: ShaNi, states: &mut [State; N], before: &[State; N]) {
    for (state, before) in states.iter_mut().zip(before) {
        *state = [isa.add(state[0], before[0]), isa.add(state[1], before[1])];
    }
}
