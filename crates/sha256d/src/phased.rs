//! Double SHA-256 over lanes, written once for every vector instruction set.
//!
//! A run goes through the three compressions one after the other, all its batches through the first, then all
//! through the second, then all through the third; states wait in a buffer that fits the first-level cache. So the
//! code that is running fits the processor's cache of decoded operations, which is worth a third of the time. For
//! the same reason there is a loop over sixteen rounds rather than all sixty-four in a row.

use std::hint::black_box;

use crate::{
    Hash,
    constants::{DIGEST_TAIL, HEADER_TAIL, INITIAL, K, NODE_TAIL_ROUNDS, small_sigma0, small_sigma1},
    lanes::Lanes,
};

/// The eight words a to h of each message's state.
type State<L> = [<L as Lanes>::Words; 8];

/// Sixteen words of each message's schedule, a ring: word t stands at t modulo 16.
type Ring<L> = [<L as Lanes>::Words; 16];

/// Hashes 80-byte headers, a multiple of the lanes, in runs of `BATCHES` times the lanes.
#[inline(always)]
pub(crate) fn headers<L: Lanes, const BATCHES: usize>(isa: L, rows: &[[u8; 80]], out: &mut [Hash]) {
    let mut parked = [[isa.splat(0); 8]; BATCHES];
    for (rows, out) in rows.chunks(BATCHES * L::LANES).zip(out.chunks_mut(BATCHES * L::LANES)) {
        for (batch, state) in rows.chunks_exact(L::LANES).zip(&mut parked) {
            *state = first(isa, batch);
        }
        for (batch, state) in rows.chunks_exact(L::LANES).zip(&mut parked) {
            if rows.len() == BATCHES * L::LANES {
                prefetch_next(isa, rows.len(), batch);
            }
            compress_padded(isa, state, &isa.load(batch, 64), &HEADER_TAIL);
        }
        digests(isa, &mut parked, out);
    }
}

/// Hashes 64-byte nodes, a multiple of the lanes, in runs of `BATCHES` times the lanes.
#[inline(always)]
pub(crate) fn nodes<L: Lanes, const BATCHES: usize>(isa: L, rows: &[[u8; 64]], out: &mut [Hash]) {
    let mut parked = [[isa.splat(0); 8]; BATCHES];
    for (rows, out) in rows.chunks(BATCHES * L::LANES).zip(out.chunks_mut(BATCHES * L::LANES)) {
        let batches = rows.len() / L::LANES;
        for (batch, state) in rows.chunks_exact(L::LANES).zip(&mut parked) {
            *state = first(isa, batch);
        }
        for state in &mut parked[..batches] {
            compress_known(isa, state);
        }
        digests(isa, &mut parked, out);
    }
}

/// The state after the first 64 bytes of each row.
#[inline(always)]
fn first<L: Lanes, const ROW: usize>(isa: L, batch: &[[u8; ROW]]) -> State<L> {
    let mut state = initial(isa);
    compress(isa, &mut state, batch);
    state
}

/// Asks for what stands `run` rows behind a batch: after a full run there are most often more, in this call or the
/// next, and between its bursts of loads the memory has nothing to do.
#[inline(always)]
fn prefetch_next<L: Lanes, const ROW: usize>(isa: L, run: usize, batch: &[[u8; ROW]]) {
    let next = batch.as_ptr().wrapping_add(run).cast::<u8>();
    for line in (0..batch.len() * ROW).step_by(64) {
        isa.prefetch(next.wrapping_add(line));
    }
}

#[inline(always)]
fn initial<L: Lanes>(isa: L) -> State<L> {
    let mut state = [isa.splat(0); 8];
    for (words, word) in state.iter_mut().zip(INITIAL) {
        *words = isa.splat(word);
    }
    state
}

/// Hashes the digests that `parked` holds once more, into `out`.
#[inline(always)]
fn digests<L: Lanes>(isa: L, parked: &mut [State<L>], out: &mut [Hash]) {
    for (out, digest) in out.chunks_exact_mut(L::LANES).zip(parked) {
        let mut state = initial(isa);
        compress_padded(isa, &mut state, digest, &DIGEST_TAIL);
        put(isa, &state, out);
    }
}

/// Writes states as digests.
#[inline(always)]
fn put<L: Lanes>(isa: L, state: &State<L>, out: &mut [Hash]) {
    let [a, b, c, d, e, f, g, h] = *state;
    isa.store([a, b, c, d], out, 0);
    isa.store([e, f, g, h], out, 16);
}

/// One block further for each message; states stand as digests. What tests of any message length are made of.
#[cfg(test)]
#[inline(always)]
pub(crate) fn step<L: Lanes>(isa: L, states: &mut [Hash], blocks: &[[u8; 64]]) {
    let [[a, b, c, d], [e, f, g, h]] = [isa.load(states, 0), isa.load(states, 16)];
    let mut state = [a, b, c, d, e, f, g, h];
    compress(isa, &mut state, blocks);
    put(isa, &state, states);
}

/// Compression of the first 64 bytes of each row.
#[inline(always)]
fn compress<L: Lanes, const ROW: usize>(isa: L, state: &mut State<L>, batch: &[[u8; ROW]]) {
    let [w0, w1, w2, w3] = isa.load(batch, 0);
    let [w4, w5, w6, w7] = isa.load(batch, 16);
    let [w8, w9, w10, w11] = isa.load(batch, 32);
    let [w12, w13, w14, w15] = isa.load(batch, 48);
    let mut ring = [w0, w1, w2, w3, w4, w5, w6, w7, w8, w9, w10, w11, w12, w13, w14, w15];
    let mut s = *state;
    let (k, _) = K.as_chunks::<16>();
    for k in &k[..3] {
        sixteen::<L, true>(isa, &mut s, black_box(&mut ring), k);
    }
    sixteen::<L, false>(isa, &mut s, &mut ring, &k[3]);
    feed_forward(isa, state, s);
}

/// Compression of a block whose words are those of `block` but for the first `FREE`, which differ by message. All that
/// follows from the others alone is worked out by the compiler.
#[inline(always)]
fn compress_padded<L: Lanes, const FREE: usize>(
    isa: L,
    state: &mut State<L>,
    free: &[L::Words; FREE],
    block: &'static [u32; 16],
) {
    let mut ring = [isa.splat(0); 16];
    for (word, free) in ring.iter_mut().zip(free) {
        *word = *free;
    }
    let mut s = *state;
    sixteen_padded::<L, FREE>(isa, &mut s, &mut ring, block);
    let (k, _) = K.as_chunks::<16>();
    for k in &k[1..3] {
        sixteen::<L, true>(isa, &mut s, black_box(&mut ring), k);
    }
    sixteen::<L, false>(isa, &mut s, &mut ring, &k[3]);
    feed_forward(isa, state, s);
}

/// Compression of the block that pads a node: no schedule, for all of it is known.
#[inline(always)]
fn compress_known<L: Lanes>(isa: L, state: &mut State<L>) {
    let mut s = *state;
    for known in NODE_TAIL_ROUNDS.as_chunks::<16>().0 {
        macro_rules! rounds { ($($t:literal)*) => { $( round(isa, &mut s, $t, isa.splat(known[$t])); )* } }
        rounds!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
    }
    feed_forward(isa, state, s);
}

#[inline(always)]
fn feed_forward<L: Lanes>(isa: L, state: &mut State<L>, s: State<L>) {
    for (word, s) in state.iter_mut().zip(s) {
        *word = isa.add(*word, s);
    }
}

/// Sixteen rounds, and with `EXTEND` the next sixteen words of the schedule.
#[inline(always)]
fn sixteen<L: Lanes, const EXTEND: bool>(isa: L, s: &mut State<L>, w: &mut Ring<L>, k: &[u32; 16]) {
    macro_rules! rounds {
        ($($t:literal)*) => { $(
            round(isa, s, $t, isa.add(w[$t], isa.splat(k[$t])));
            if EXTEND {
                let sum = isa.add(w[$t], sigma0(isa, w[($t + 1) % 16]));
                w[$t] = isa.add(isa.add(sum, w[($t + 9) % 16]), sigma1(isa, w[($t + 14) % 16]));
            }
        )* };
    }
    rounds!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
}

/// The first sixteen rounds and the next sixteen words of the schedule, of a block known after `FREE` words.
#[inline(always)]
fn sixteen_padded<L: Lanes, const FREE: usize>(isa: L, s: &mut State<L>, w: &mut Ring<L>, block: &'static [u32; 16]) {
    macro_rules! rounds {
        ($($t:literal)*) => { $(
            let word = match $t < FREE {
                true => isa.add(w[$t], isa.splat(K[$t])),
                false => isa.splat(block[$t].wrapping_add(K[$t])),
            };
            round(isa, s, $t, word);
            w[$t] = extended::<L, FREE>(isa, w, block, $t);
        )* };
    }
    rounds!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
}

/// Word 16 + t of the schedule, known parts added up beforehand. The known words of the ring itself are never read.
#[inline(always)]
fn extended<L: Lanes, const FREE: usize>(isa: L, w: &Ring<L>, block: &'static [u32; 16], t: usize) -> L::Words {
    let known = |t: usize| t >= FREE && t < 16;
    let mut sum = 0;
    let mut words = None;
    let mut plus = |word| words = Some(words.map_or(word, |words| isa.add(words, word)));
    match known(t) {
        true => sum = block[t],
        false => plus(w[t]),
    }
    match known(t + 1) {
        true => sum = sum.wrapping_add(small_sigma0(block[t + 1])),
        false => plus(sigma0(isa, w[(t + 1) % 16])),
    }
    match known(t + 9) {
        true => sum = sum.wrapping_add(block[t + 9]),
        false => plus(w[(t + 9) % 16]),
    }
    match known(t + 14) {
        true => sum = sum.wrapping_add(small_sigma1(block[t + 14])),
        false => plus(sigma1(isa, w[(t + 14) % 16])),
    }
    match words {
        Some(words) if sum == 0 => words,
        Some(words) => isa.add(words, isa.splat(sum)),
        None => isa.splat(sum),
    }
}

/// Round `t` of sixteen; `word` is message word plus round constant. Rather than moving eight words along, the
/// places of a to h move: after sixteen rounds they stand where they did.
#[inline(always)]
fn round<L: Lanes>(isa: L, s: &mut State<L>, t: usize, word: L::Words) {
    let place = |letter: usize| (16 + letter - t) % 8;
    let [a, b, c] = [s[place(0)], s[place(1)], s[place(2)]];
    let [e, f, g, h] = [s[place(4)], s[place(5)], s[place(6)], s[place(7)]];
    let big_sigma1 = isa.xor3(isa.rotate::<6, 26>(e), isa.rotate::<11, 21>(e), isa.rotate::<25, 7>(e));
    let big_sigma0 = isa.xor3(isa.rotate::<2, 30>(a), isa.rotate::<13, 19>(a), isa.rotate::<22, 10>(a));
    let t1 = isa.add(isa.add(isa.add(h, word), isa.choose(e, f, g)), big_sigma1);
    s[place(3)] = isa.add(s[place(3)], t1);
    s[place(7)] = isa.add(t1, isa.add(big_sigma0, isa.majority(a, b, c)));
}

#[inline(always)]
fn sigma0<L: Lanes>(isa: L, x: L::Words) -> L::Words {
    isa.xor3(isa.rotate::<7, 25>(x), isa.rotate::<18, 14>(x), isa.shift::<3>(x))
}

#[inline(always)]
fn sigma1<L: Lanes>(isa: L, x: L::Words) -> L::Words {
    isa.xor3(isa.rotate::<17, 15>(x), isa.rotate::<19, 13>(x), isa.shift::<10>(x))
}
