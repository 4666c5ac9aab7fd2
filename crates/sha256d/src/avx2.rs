//! AVX2: eight messages to a vector.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use crate::{Hash, lanes::Lanes, phased};

/// The proof that the processor has AVX2.
#[derive(Clone, Copy)]
pub(crate) struct Avx2(());

impl Avx2 {
    /// Messages worked on at once.
    pub(crate) const WIDE: usize = 8;

    pub(crate) fn new() -> Option<Avx2> {
        is_x86_feature_detected!("avx2").then_some(Avx2(()))
    }

    /// Hashes headers, a multiple of [`Avx2::WIDE`].
    pub(crate) fn headers(self, rows: &[[u8; 80]], out: &mut [Hash]) {
        #[target_feature(enable = "avx2")]
        fn kernel(isa: Avx2, rows: &[[u8; 80]], out: &mut [Hash]) {
            phased::headers::<_, 16>(isa, rows, out);
        }
        // SAFETY: `self` exists only where the processor has AVX2.
        unsafe { kernel(self, rows, out) }
    }

    /// Hashes nodes, a multiple of [`Avx2::WIDE`].
    pub(crate) fn nodes(self, rows: &[[u8; 64]], out: &mut [Hash]) {
        #[target_feature(enable = "avx2")]
        fn kernel(isa: Avx2, rows: &[[u8; 64]], out: &mut [Hash]) {
            phased::nodes::<_, 16>(isa, rows, out);
        }
        // SAFETY: `self` exists only where the processor has AVX2.
        unsafe { kernel(self, rows, out) }
    }

    /// One block further for each of [`Avx2::WIDE`] messages.
    #[cfg(test)]
    pub(crate) fn compress(self, states: &mut [Hash], blocks: &[[u8; 64]]) {
        #[target_feature(enable = "avx2")]
        fn kernel(isa: Avx2, states: &mut [Hash], blocks: &[[u8; 64]]) {
            phased::step(isa, states, blocks);
        }
        // SAFETY: `self` exists only where the processor has AVX2.
        unsafe { kernel(self, states, blocks) }
    }
}

impl Lanes for Avx2 {
    type Words = __m256i;

    const LANES: usize = 8;

    #[inline(always)]
    fn splat(self, word: u32) -> __m256i {
        // SAFETY: `self` exists only where the processor has AVX2.
        unsafe { _mm256_set1_epi32(word.cast_signed()) }
    }

    #[inline(always)]
    fn add(self, a: __m256i, b: __m256i) -> __m256i {
        // SAFETY: `self` exists only where the processor has AVX2.
        unsafe { _mm256_add_epi32(a, b) }
    }

    #[inline(always)]
    fn xor3(self, a: __m256i, b: __m256i, c: __m256i) -> __m256i {
        // SAFETY: `self` exists only where the processor has AVX2.
        unsafe { _mm256_xor_si256(_mm256_xor_si256(a, b), c) }
    }

    #[inline(always)]
    fn rotate<const RIGHT: i32, const LEFT: i32>(self, a: __m256i) -> __m256i {
        const { assert!(RIGHT + LEFT == 32) };
        // SAFETY: `self` exists only where the processor has AVX2.
        unsafe { _mm256_or_si256(_mm256_srli_epi32::<RIGHT>(a), _mm256_slli_epi32::<LEFT>(a)) }
    }

    #[inline(always)]
    fn shift<const BY: u32>(self, a: __m256i) -> __m256i {
        // SAFETY: `self` exists only where the processor has AVX2.
        unsafe { _mm256_srl_epi32(a, _mm_cvtsi32_si128(BY.cast_signed())) }
    }

    #[inline(always)]
    fn choose(self, e: __m256i, f: __m256i, g: __m256i) -> __m256i {
        // SAFETY: `self` exists only where the processor has AVX2.
        unsafe { _mm256_xor_si256(g, _mm256_and_si256(e, _mm256_xor_si256(f, g))) }
    }

    /// Written so that `b ^ c` is the `a ^ b` of the round before.
    #[inline(always)]
    fn majority(self, a: __m256i, b: __m256i, c: __m256i) -> __m256i {
        // SAFETY: `self` exists only where the processor has AVX2.
        unsafe { _mm256_xor_si256(b, _mm256_and_si256(_mm256_xor_si256(a, b), _mm256_xor_si256(b, c))) }
    }

    #[inline(always)]
    fn load<const ROW: usize>(self, rows: &[[u8; ROW]], at: usize) -> [__m256i; 4] {
        // SAFETY: `self` exists only where the processor has AVX2.
        unsafe { load(rows, at) }
    }

    #[inline(always)]
    fn store(self, words: [__m256i; 4], rows: &mut [Hash], at: usize) {
        // SAFETY: `self` exists only where the processor has AVX2.
        unsafe { store(words, rows, at) }
    }

    #[inline(always)]
    fn prefetch(self, at: *const u8) {
        // SAFETY: a prefetch has no effect that the program could see, whatever the address.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(at.cast()) }
    }
}

/// Four vectors of which 128-bit lane j of vector i is row 4j + i, then transposed within the lanes.
#[inline]
#[target_feature(enable = "avx2")]
fn load<const ROW: usize>(rows: &[[u8; ROW]], at: usize) -> [__m256i; 4] {
    let rows: &[[u8; ROW]; 8] = rows.first_chunk().expect("a row for each lane");
    let quarter = |row: usize| {
        let bytes: &[u8; 16] = rows[row][at..].first_chunk().expect("four words in the row");
        // SAFETY: 16 readable bytes; this load asks for no alignment.
        unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
    };
    let across = |i: usize| swapped(_mm256_inserti128_si256::<1>(_mm256_castsi128_si256(quarter(i)), quarter(4 + i)));
    transposed([across(0), across(1), across(2), across(3)])
}

/// The way of [`load`] backwards.
#[inline]
#[target_feature(enable = "avx2")]
fn store(words: [__m256i; 4], rows: &mut [Hash], at: usize) {
    let rows: &mut [Hash; 8] = rows.first_chunk_mut().expect("a row for each lane");
    let mut put = |row: usize, quarter: __m128i| {
        let bytes: &mut [u8; 16] = rows[row][at..].first_chunk_mut().expect("four words in the row");
        // SAFETY: 16 writable bytes; this store asks for no alignment.
        unsafe { _mm_storeu_si128(bytes.as_mut_ptr().cast(), quarter) }
    };
    for (i, across) in transposed(words).into_iter().enumerate() {
        let across = swapped(across);
        put(i, _mm256_castsi256_si128(across));
        put(4 + i, _mm256_extracti128_si256::<1>(across));
    }
}

/// 4 x 4 words, transposed in each 128-bit lane.
#[inline]
#[target_feature(enable = "avx2")]
fn transposed([a, b, c, d]: [__m256i; 4]) -> [__m256i; 4] {
    let (ab_low, ab_high) = (_mm256_unpacklo_epi32(a, b), _mm256_unpackhi_epi32(a, b));
    let (cd_low, cd_high) = (_mm256_unpacklo_epi32(c, d), _mm256_unpackhi_epi32(c, d));
    [
        _mm256_unpacklo_epi64(ab_low, cd_low),
        _mm256_unpackhi_epi64(ab_low, cd_low),
        _mm256_unpacklo_epi64(ab_high, cd_high),
        _mm256_unpackhi_epi64(ab_high, cd_high),
    ]
}

/// The bytes of each word turned round.
#[inline]
#[target_feature(enable = "avx2")]
fn swapped(words: __m256i) -> __m256i {
    let order = _mm_set_epi64x(0x0c0d_0e0f_0809_0a0b, 0x0405_0607_0001_0203);
    _mm256_shuffle_epi8(words, _mm256_broadcastsi128_si256(order))
}
