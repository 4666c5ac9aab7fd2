//! SHA-NI: the SHA-256 instructions of x86-64.
#![allow(unsafe_code)]

use std::{
    arch::x86_64::*,
    array::{from_mut, from_ref},
};

use crate::{
    Hash,
    constants::INITIAL,
    streams::{self, Ring, State},
};

/// The proof that the processor has SHA-NI and SSE4.1.
#[derive(Clone, Copy)]
pub(crate) struct ShaNi(());

/// Messages side by side.
const STREAMS: usize = 2;

impl ShaNi {
    pub(crate) fn new() -> Option<ShaNi> {
        let has = is_x86_feature_detected!("sha") && is_x86_feature_detected!("sse4.1");
        has.then_some(ShaNi(()))
    }

    /// Hashes any number of headers.
    pub(crate) fn headers(self, rows: &[[u8; 80]], out: &mut [Hash]) {
        #[target_feature(enable = "sha,sse4.1")]
        fn kernel(isa: ShaNi, rows: &[[u8; 80]], out: &mut [Hash]) {
            let (whole, rest) = rows.as_chunks::<STREAMS>();
            let (whole_out, rest_out) = out.as_chunks_mut();
            whole.iter().zip(whole_out).for_each(|(rows, out)| streams::header(isa, rows, out));
            rest.iter().zip(rest_out).for_each(|(row, out)| streams::header(isa, from_ref(row), from_mut(out)));
        }
        // SAFETY: `self` exists only where the processor has these features.
        unsafe { kernel(self, rows, out) }
    }

    /// Hashes any number of nodes.
    pub(crate) fn nodes(self, rows: &[[u8; 64]], out: &mut [Hash]) {
        #[target_feature(enable = "sha,sse4.1")]
        fn kernel(isa: ShaNi, rows: &[[u8; 64]], out: &mut [Hash]) {
            let (whole, rest) = rows.as_chunks::<STREAMS>();
            let (whole_out, rest_out) = out.as_chunks_mut();
            whole.iter().zip(whole_out).for_each(|(rows, out)| streams::node(isa, rows, out));
            rest.iter().zip(rest_out).for_each(|(row, out)| streams::node(isa, from_ref(row), from_mut(out)));
        }
        // SAFETY: `self` exists only where the processor has these features.
        unsafe { kernel(self, rows, out) }
    }

    /// One block further for each message; states stand as digests. What tests of any message length are made of.
    #[cfg(test)]
    pub(crate) fn compress(self, states: &mut [Hash], blocks: &[[u8; 64]]) {
        #[target_feature(enable = "sha,sse4.1")]
        fn kernel<const N: usize>(isa: ShaNi, digests: &mut [[Hash; N]], rows: &[[[u8; 64]; N]]) {
            for (digests, rows) in digests.iter_mut().zip(rows) {
                let mut states = digests.each_ref().map(|digest| isa.packed(digest));
                streams::compress(isa, &mut states, &mut isa.blocks(rows));
                for (state, out) in states.into_iter().zip(digests) {
                    isa.put(state, out);
                }
            }
        }
        let (whole, rest) = states.as_chunks_mut::<STREAMS>();
        let (whole_rows, rest_rows) = blocks.as_chunks::<STREAMS>();
        // SAFETY: `self` exists only where the processor has these features.
        unsafe {
            kernel(self, whole, whole_rows);
            kernel::<1>(self, rest.as_chunks_mut().0, rest_rows.as_chunks().0);
        }
    }
}

/// The instructions, to be inlined into one of the kernels above.
impl ShaNi {
    #[inline(always)]
    pub(crate) fn add(self, a: __m128i, b: __m128i) -> __m128i {
        // SAFETY: `self` exists only where the processor has these features.
        unsafe { _mm_add_epi32(a, b) }
    }

    /// Two rounds with the two low of `words`; `from` is the half of the state that becomes `to` of the next two.
    #[inline(always)]
    pub(crate) fn two_rounds(self, from: __m128i, other: __m128i, words: __m128i) -> __m128i {
        // SAFETY: `self` exists only where the processor has these features.
        unsafe { _mm_sha256rnds2_epu32(from, other, words) }
    }

    /// Four words plus σ0 of each one's successor, the last of which is in `next`.
    #[inline(always)]
    pub(crate) fn msg1(self, four: __m128i, next: __m128i) -> __m128i {
        // SAFETY: `self` exists only where the processor has these features.
        unsafe { _mm_sha256msg1_epu32(four, next) }
    }

    /// Four new words of the schedule: what is summed up of them, and the four before them.
    #[inline(always)]
    pub(crate) fn msg2(self, sums: __m128i, before: __m128i) -> __m128i {
        // SAFETY: `self` exists only where the processor has these features.
        unsafe { _mm_sha256msg2_epu32(sums, before) }
    }

    /// The upper three words of `low` and the lowest of `high`.
    #[inline(always)]
    pub(crate) fn across(self, high: __m128i, low: __m128i) -> __m128i {
        // SAFETY: `self` exists only where the processor has these features.
        unsafe { _mm_alignr_epi8::<4>(high, low) }
    }

    /// The two high words, made the low ones.
    #[inline(always)]
    pub(crate) fn high(self, words: __m128i) -> __m128i {
        // SAFETY: `self` exists only where the processor has these features.
        unsafe { _mm_shuffle_epi32::<0b1110>(words) }
    }

    #[inline(always)]
    pub(crate) fn words(self, four: &[u32; 4]) -> __m128i {
        // SAFETY: 16 readable bytes; this load asks for no alignment.
        unsafe { _mm_loadu_si128(four.as_ptr().cast()) }
    }

    #[inline(always)]
    pub(crate) fn initial(self) -> State {
        let [a, b, c, d, e, f, g, h] = INITIAL;
        [self.words(&[f, e, b, a]), self.words(&[h, g, d, c])]
    }

    /// A digest as a state.
    #[cfg(test)]
    #[inline(always)]
    fn packed(self, digest: &Hash) -> State {
        let (abcd, efgh) = (self.load(digest, 0), self.load(digest, 16));
        // SAFETY: `self` exists only where the processor has these features.
        unsafe {
            let badc = _mm_shuffle_epi32::<0b10_11_00_01>(abcd);
            let hgfe = _mm_shuffle_epi32::<0b00_01_10_11>(efgh);
            [_mm_alignr_epi8::<8>(badc, hgfe), _mm_blend_epi16::<0b1111_0000>(hgfe, badc)]
        }
    }

    /// A state as words a to d and e to h.
    #[inline(always)]
    pub(crate) fn unpacked(self, [feba, hgdc]: State) -> [__m128i; 2] {
        // SAFETY: `self` exists only where the processor has these features.
        unsafe {
            let abef = _mm_shuffle_epi32::<0b00_01_10_11>(feba);
            let ghcd = _mm_shuffle_epi32::<0b10_11_00_01>(hgdc);
            [_mm_blend_epi16::<0b1111_0000>(abef, ghcd), _mm_alignr_epi8::<8>(ghcd, abef)]
        }
    }

    /// The first 64 bytes of each row.
    #[inline(always)]
    pub(crate) fn blocks<const N: usize, const ROW: usize>(self, rows: &[[u8; ROW]; N]) -> [Ring; N] {
        let mut rings = [[self.words(&[0; 4]); 4]; N];
        for (ring, row) in rings.iter_mut().zip(rows) {
            *ring = [self.load(row, 0), self.load(row, 16), self.load(row, 32), self.load(row, 48)];
        }
        rings
    }

    /// Four big-endian words from byte `at` of a row.
    #[inline(always)]
    pub(crate) fn load(self, row: &[u8], at: usize) -> __m128i {
        let bytes: &[u8; 16] = row[at..].first_chunk().expect("four words in the row");
        // SAFETY: 16 readable bytes; this load asks for no alignment.
        self.swapped(unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) })
    }

    /// Writes a state as a digest.
    #[inline(always)]
    pub(crate) fn put(self, state: State, out: &mut Hash) {
        for (four, bytes) in self.unpacked(state).into_iter().zip(out.as_chunks_mut::<16>().0) {
            // SAFETY: 16 writable bytes; this store asks for no alignment.
            unsafe { _mm_storeu_si128(bytes.as_mut_ptr().cast(), self.swapped(four)) }
        }
    }

    /// The bytes of each word turned round.
    #[inline(always)]
    fn swapped(self, words: __m128i) -> __m128i {
        // SAFETY: `self` exists only where the processor has these features.
        unsafe { _mm_shuffle_epi8(words, _mm_set_epi64x(0x0c0d_0e0f_0809_0a0b, 0x0405_0607_0001_0203)) }
    }
}
