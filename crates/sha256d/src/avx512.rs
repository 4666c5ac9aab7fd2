//! AVX-512: 16 messages to a vector, two vectors side by side.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use crate::{
    Hash,
    lanes::{Lanes, Twice},
    phased,
};

/// The proof that the processor has AVX-512 F, BW and VL.
#[derive(Clone, Copy)]
pub(crate) struct Avx512(());

impl Avx512 {
    /// Messages worked on at once by [`Avx512::headers`] and [`Avx512::nodes`].
    pub(crate) const WIDE: usize = 32;
    /// Messages worked on at once by the narrow ones.
    pub(crate) const NARROW: usize = 16;

    pub(crate) fn new() -> Option<Avx512> {
        let has = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vl");
        has.then_some(Avx512(()))
    }

    /// Hashes headers, a multiple of [`Avx512::WIDE`].
    pub(crate) fn headers(self, rows: &[[u8; 80]], out: &mut [Hash]) {
        #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
        fn kernel(isa: Avx512, rows: &[[u8; 80]], out: &mut [Hash]) {
            phased::headers::<_, 16>(Twice(isa), rows, out);
        }
        // SAFETY: `self` exists only where the processor has these features.
        unsafe { kernel(self, rows, out) }
    }

    /// Hashes headers, a multiple of [`Avx512::NARROW`].
    pub(crate) fn headers_narrow(self, rows: &[[u8; 80]], out: &mut [Hash]) {
        #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
        fn kernel(isa: Avx512, rows: &[[u8; 80]], out: &mut [Hash]) {
            phased::headers::<_, 1>(isa, rows, out);
        }
        // SAFETY: `self` exists only where the processor has these features.
        unsafe { kernel(self, rows, out) }
    }

    /// Hashes nodes, a multiple of [`Avx512::WIDE`].
    pub(crate) fn nodes(self, rows: &[[u8; 64]], out: &mut [Hash]) {
        #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
        fn kernel(isa: Avx512, rows: &[[u8; 64]], out: &mut [Hash]) {
            phased::nodes::<_, 16>(Twice(isa), rows, out);
        }
        // SAFETY: `self` exists only where the processor has these features.
        unsafe { kernel(self, rows, out) }
    }

    /// Hashes nodes, a multiple of [`Avx512::NARROW`].
    pub(crate) fn nodes_narrow(self, rows: &[[u8; 64]], out: &mut [Hash]) {
        #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
        fn kernel(isa: Avx512, rows: &[[u8; 64]], out: &mut [Hash]) {
            phased::nodes::<_, 1>(isa, rows, out);
        }
        // SAFETY: `self` exists only where the processor has these features.
        unsafe { kernel(self, rows, out) }
    }

    /// One block further for each of [`Avx512::WIDE`] messages.
    #[cfg(test)]
    pub(crate) fn compress(self, states: &mut [Hash], blocks: &[[u8; 64]]) {
        #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
        fn kernel(isa: Avx512, states: &mut [Hash], blocks: &[[u8; 64]]) {
            phased::step(Twice(isa), states, blocks);
        }
        // SAFETY: `self` exists only where the processor has these features.
        unsafe { kernel(self, states, blocks) }
    }
}

impl Lanes for Avx512 {
    type Words = __m512i;

    const LANES: usize = 16;

    #[inline(always)]
    fn splat(self, word: u32) -> __m512i {
        // SAFETY: `self` exists only where the processor has AVX-512 F.
        unsafe { _mm512_set1_epi32(word.cast_signed()) }
    }

    #[inline(always)]
    fn add(self, a: __m512i, b: __m512i) -> __m512i {
        // SAFETY: `self` exists only where the processor has AVX-512 F.
        unsafe { _mm512_add_epi32(a, b) }
    }

    #[inline(always)]
    fn xor3(self, a: __m512i, b: __m512i, c: __m512i) -> __m512i {
        // SAFETY: `self` exists only where the processor has AVX-512 F.
        unsafe { _mm512_ternarylogic_epi32::<0b1001_0110>(a, b, c) }
    }

    #[inline(always)]
    fn rotate<const RIGHT: i32, const LEFT: i32>(self, a: __m512i) -> __m512i {
        // SAFETY: `self` exists only where the processor has AVX-512 F.
        unsafe { _mm512_ror_epi32::<RIGHT>(a) }
    }

    #[inline(always)]
    fn shift<const BY: u32>(self, a: __m512i) -> __m512i {
        // SAFETY: `self` exists only where the processor has AVX-512 F.
        unsafe { _mm512_srli_epi32::<BY>(a) }
    }

    #[inline(always)]
    fn choose(self, e: __m512i, f: __m512i, g: __m512i) -> __m512i {
        // SAFETY: `self` exists only where the processor has AVX-512 F.
        unsafe { _mm512_ternarylogic_epi32::<0b1100_1010>(e, f, g) }
    }

    #[inline(always)]
    fn majority(self, a: __m512i, b: __m512i, c: __m512i) -> __m512i {
        // SAFETY: `self` exists only where the processor has AVX-512 F.
        unsafe { _mm512_ternarylogic_epi32::<0b1110_1000>(a, b, c) }
    }

    #[inline(always)]
    fn load<const ROW: usize>(self, rows: &[[u8; ROW]], at: usize) -> [__m512i; 4] {
        // SAFETY: `self` exists only where the processor has these features.
        unsafe { load(rows, at) }
    }

    #[inline(always)]
    fn store(self, words: [__m512i; 4], rows: &mut [Hash], at: usize) {
        // SAFETY: `self` exists only where the processor has these features.
        unsafe { store(words, rows, at) }
    }

    #[inline(always)]
    fn prefetch(self, at: *const u8) {
        // SAFETY: a prefetch has no effect that the program could see, whatever the address.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(at.cast()) }
    }
}

/// Four vectors of which 128-bit lane j of vector i is row 4j + i, then transposed within the lanes: loads and
/// shuffles are far cheaper than gathers.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
fn load<const ROW: usize>(rows: &[[u8; ROW]], at: usize) -> [__m512i; 4] {
    let rows: &[[u8; ROW]; 16] = rows.first_chunk().expect("a row for each lane");
    let quarter = |row: usize| {
        let bytes: &[u8; 16] = rows[row][at..].first_chunk().expect("four words in the row");
        // SAFETY: 16 readable bytes; this load asks for no alignment.
        unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
    };
    let across = |i: usize| {
        let low = _mm256_inserti128_si256::<1>(_mm256_castsi128_si256(quarter(i)), quarter(4 + i));
        let high = _mm256_inserti128_si256::<1>(_mm256_castsi128_si256(quarter(8 + i)), quarter(12 + i));
        swapped(_mm512_inserti64x4::<1>(_mm512_castsi256_si512(low), high))
    };
    transposed([across(0), across(1), across(2), across(3)])
}

/// The way of [`load`] backwards.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
fn store(words: [__m512i; 4], rows: &mut [Hash], at: usize) {
    let rows: &mut [Hash; 16] = rows.first_chunk_mut().expect("a row for each lane");
    let mut put = |row: usize, quarter: __m128i| {
        let bytes: &mut [u8; 16] = rows[row][at..].first_chunk_mut().expect("four words in the row");
        // SAFETY: 16 writable bytes; this store asks for no alignment.
        unsafe { _mm_storeu_si128(bytes.as_mut_ptr().cast(), quarter) }
    };
    for (i, across) in transposed(words).into_iter().enumerate() {
        let across = swapped(across);
        put(i, _mm512_extracti32x4_epi32::<0>(across));
        put(4 + i, _mm512_extracti32x4_epi32::<1>(across));
        put(8 + i, _mm512_extracti32x4_epi32::<2>(across));
        put(12 + i, _mm512_extracti32x4_epi32::<3>(across));
    }
}

/// 4 x 4 words, transposed in each 128-bit lane.
#[inline]
#[target_feature(enable = "avx512f")]
fn transposed([a, b, c, d]: [__m512i; 4]) -> [__m512i; 4] {
    let (ab_low, ab_high) = (_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
    let (cd_low, cd_high) = (_mm512_unpacklo_epi32(c, d), _mm512_unpackhi_epi32(c, d));
    [
        _mm512_unpacklo_epi64(ab_low, cd_low),
        _mm512_unpackhi_epi64(ab_low, cd_low),
        _mm512_unpacklo_epi64(ab_high, cd_high),
        _mm512_unpackhi_epi64(ab_high, cd_high),
    ]
}

/// The bytes of each word turned round.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn swapped(words: __m512i) -> __m512i {
    let order = _mm_set_epi64x(0x0c0d_0e0f_0809_0a0b, 0x0405_0607_0001_0203);
    _mm512_shuffle_epi8(words, _mm512_broadcast_i32x4(order))
}
